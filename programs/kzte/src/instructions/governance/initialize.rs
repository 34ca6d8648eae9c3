//! `initialize`: creates the configuration, and creates or adopts the Token-2022 mint.
//!
//! May call: the upgrade authority of this program, so that nobody can front-run the deployment. Event:
//! [`Initialized`] and [`AttestorsSet`]. Invariants: 1 (an adopted mint has no supply), 9.

use alloc::{string::String, vec::Vec};

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    constants::{CONFIG_VERSION, MAX_METADATA_TEXT},
    cpi::emit_by_call,
    errors::KzteError,
    events::{AttestorsSet, Initialized},
    seeds::{
        CONFIG_SEED, FREEZE_AUTHORITY_SEED, MINT_AUTHORITY_SEED, PAUSE_AUTHORITY_SEED,
        PERMANENT_DELEGATE_SEED,
    },
    state::{Config, ROLE_COUNT},
    token::{self, MintAuthorities},
};

/// The loader that owns the program data account.
const UPGRADEABLE_LOADER: Address = anchor_lang::address!("BPFLoaderUpgradeab1e11111111111111111111111");
/// Tag of a program data account (u32 little endian).
const PROGRAM_DATA_TAG: [u8; 4] = [3, 0, 0, 0];
/// Offset of the upgrade authority in a program data account: tag, slot, option byte.
const UPGRADE_AUTHORITY_OFFSET: usize = 4 + 8 + 1;

#[event_cpi]
#[derive(Accounts)]
pub struct Initialize {
    /// Pays for both accounts. May hold the role as well: only its lamports change.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Checked against `program_data` in the handler.
    pub upgrade_authority: Signer,
    /// Address and content checked in the handler.
    pub program_data: UncheckedAccount,
    #[account(init, payer = payer, space = Config::SPACE, seeds = [CONFIG_SEED, mint], bump)]
    pub config: Account<Config>,
    /// Created when it is an empty account that signs; adopted when it is a Token-2022 mint, which
    /// `require_conforming` then checks whole in either case.
    #[account(mut)]
    pub mint: UncheckedAccount,
    /// Signs the metadata call; the runtime checks the address by the seeds.
    pub mint_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
    pub system_program: Program<System>,
}

/// Arguments of `initialize`.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct InitializeArgs {
    /// Role holders in the order of [`crate::state::Role`]; none may be zero, each is somebody else.
    pub roles: [Address; ROLE_COUNT],
    /// 1 to 8 attestors by seat.
    pub attestors: Vec<Address>,
    /// Votes that carry a statement.
    pub threshold: u8,
    /// Bitmap of seats that must be among the votes.
    pub mandatory: u8,
    /// Oldest statement that still mints, seconds, 1 to 31 days.
    pub max_statement_age: i64,
    /// Term of a redemption, seconds, 1 to 31 days.
    pub redemption_sla: i64,
    /// Name in the token metadata, 1 to 200 bytes. Ignored when a mint is adopted.
    pub name: String,
    /// URI in the token metadata, 1 to 200 bytes. Ignored when a mint is adopted.
    pub uri: String,
}

pub fn initialize(ctx: &mut Context<Initialize>, args: InitializeArgs) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require_upgrade_authority(
        accounts.program_data.account(),
        accounts.upgrade_authority.address(),
    )?;
    require!(
        args.roles.iter().all(|holder| *holder != Address::default()),
        KzteError::ZeroAddress
    );
    require!(are_distinct(&args.roles), KzteError::RoleConflict);
    require!(
        [&args.name, &args.uri]
            .iter()
            .all(|text| (1..=MAX_METADATA_TEXT).contains(&text.len())),
        KzteError::MetadataText
    );

    let config_address = *accounts.config.address();
    let mut authority = Derived::default();
    authority.derive(MINT_AUTHORITY_SEED, &config_address);
    let (mint_authority, mint_authority_bump) = (authority.address, authority.bump);
    authority.derive(FREEZE_AUTHORITY_SEED, &config_address);
    let (freeze_authority, freeze_authority_bump) = (authority.address, authority.bump);
    authority.derive(PERMANENT_DELEGATE_SEED, &config_address);
    let (permanent_delegate, permanent_delegate_bump) = (authority.address, authority.bump);
    authority.derive(PAUSE_AUTHORITY_SEED, &config_address);
    let (pause_authority, pause_authority_bump) = (authority.address, authority.bump);

    let mint = *accounts.mint.address();
    let config = &mut accounts.config;
    config.version = CONFIG_VERSION;
    config.bump = ctx.bumps.config;
    config.mint_authority_bump = mint_authority_bump;
    config.freeze_authority_bump = freeze_authority_bump;
    config.permanent_delegate_bump = permanent_delegate_bump;
    config.pause_authority_bump = pause_authority_bump;
    config.mint = mint;
    config.roles = args.roles;
    config.set_policy(args.max_statement_age, args.redemption_sla)?;
    config.set_attestors(&args.attestors, args.threshold, args.mandatory)?;

    let authorities = MintAuthorities {
        mint: mint_authority,
        freeze: freeze_authority,
        permanent_delegate,
        pause: pause_authority,
    };
    if accounts.mint.account().data_len() == 0 {
        let creation = token::Creation {
            payer: accounts.payer.account(),
            mint: accounts.mint.account(),
            mint_authority: accounts.mint_authority.account(),
            authority_seeds: &[
                MINT_AUTHORITY_SEED,
                config_address.as_ref(),
                &[mint_authority_bump],
            ],
        };
        token::create_mint(&creation, &authorities, &args.name, &args.uri)?;
    }
    token::require_conforming(accounts.mint.account(), &authorities)?;

    let actor = *accounts.upgrade_authority.address();
    let config = &accounts.config;
    let initialized = Initialized {
        config: config_address,
        actor,
        mint,
        roles: config.roles,
        max_statement_age: config.max_statement_age,
        redemption_sla: config.redemption_sla,
    };
    let attestors_set = AttestorsSet::of(&config_address, &actor, config);
    emit_by_call(
        initialized,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    emit_by_call(
        attestors_set,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}

/// Whether every role has a holder of its own (invariant 9).
fn are_distinct(roles: &[Address; ROLE_COUNT]) -> bool {
    let mut rest = roles.iter();
    while let Some(holder) = rest.next() {
        if rest.as_slice().contains(holder) {
            return false;
        }
    }
    true
}

/// A program address with its canonical bump.
#[derive(Default)]
struct Derived {
    address: Address,
    bump: u8,
}

impl Derived {
    // One copy of the bump search in the binary.
    #[inline(never)]
    fn derive(&mut self, seed: &[u8], config: &Address) {
        (self.address, self.bump) = anchor_lang::find_program_address(&[seed, config.as_ref()], &crate::ID);
    }
}

/// Errors: `WrongProgramData`, `NotUpgradeAuthority` (also for a program that is frozen for ever).
fn require_upgrade_authority(program_data: &AccountView, signer: &Address) -> Result<()> {
    let (expected, _) = anchor_lang::find_program_address(&[crate::ID.as_ref()], &UPGRADEABLE_LOADER);
    require!(
        anchor_lang::address_eq(program_data.address(), &expected)
            && program_data.owned_by(&UPGRADEABLE_LOADER),
        KzteError::WrongProgramData
    );
    let data = program_data.try_borrow()?;
    require!(
        data.first_chunk() == Some(&PROGRAM_DATA_TAG),
        KzteError::WrongProgramData
    );
    let has_authority = data.get(UPGRADE_AUTHORITY_OFFSET.saturating_sub(1)) == Some(&1);
    let authority = data
        .get(UPGRADE_AUTHORITY_OFFSET..)
        .and_then(|rest| rest.first_chunk::<32>());
    require!(
        has_authority && authority == Some(signer.as_array()),
        KzteError::NotUpgradeAuthority
    );
    Ok(())
}
