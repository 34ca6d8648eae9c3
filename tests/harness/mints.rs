//! Mints that somebody made before `initialize` adopts them: the one of the design, and each deviation from it, made by
//! Token-2022 itself wherever that is possible.

use kzte_client::{Address, Chain, Instruction, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address};
use spl_token_2022_interface::{
    extension::{
        ExtensionType, default_account_state, group_member_pointer, group_pointer, interest_bearing_mint,
        metadata_pointer, pausable, scaled_ui_amount, transfer_fee, transfer_hook,
    },
    instruction::{self as token, AuthorityType},
    state::{AccountState, Mint},
};
use spl_token_metadata_interface::{instruction as metadata, state::Field};

use crate::{Key, World};

/// How a mint is made. [`Plan::of_design`] is what `initialize` adopts; a test changes one field.
#[derive(Clone, Debug)]
pub struct Plan {
    pub decimals: u8,
    /// `None`: the authority is given up.
    pub mint_authority: Option<Address>,
    pub freeze_authority: Option<Address>,
    /// `None`: without the extension.
    pub permanent_delegate: Option<Address>,
    /// `None`: without the extension.
    pub pause_authority: Option<Address>,
    pub paused: bool,
    /// Authority and address; `None`: without the extension.
    pub pointer: Option<(Address, Address)>,
    /// `None`: without the extension.
    pub default_state: Option<AccountState>,
    /// `None`: without the extension.
    pub metadata: Option<Metadata>,
    /// Extensions that the design leaves off.
    pub extras: Vec<ExtensionType>,
    /// Tiyn minted before the authority is handed over.
    pub supply: u64,
}

/// Metadata of a mint.
#[derive(Clone, Debug)]
pub struct Metadata {
    pub update_authority: Option<Address>,
    pub name: String,
    pub symbol: String,
    pub uri: String,
    /// A field beside the three.
    pub additional: bool,
}

impl Plan {
    /// The mint of the design for the world's deployment.
    pub fn of_design(world: &World) -> Self {
        let config = &world.deployment.config;
        let authority = address::mint_authority(config);
        Self {
            decimals: kzte_client::constants::DECIMALS,
            mint_authority: Some(authority),
            freeze_authority: Some(address::freeze_authority(config)),
            permanent_delegate: Some(address::permanent_delegate(config)),
            pause_authority: Some(address::pause_authority(config)),
            paused: false,
            pointer: Some((authority, world.deployment.mint)),
            default_state: Some(AccountState::Initialized),
            metadata: Some(Metadata {
                update_authority: Some(authority),
                name: "Digital Tenge".to_owned(),
                symbol: kzte_client::constants::SYMBOL.to_owned(),
                uri: "https://kzte.example/kzte.json".to_owned(),
                additional: false,
            }),
            extras: Vec::new(),
            supply: 0,
        }
    }

    /// Makes the mint at the address of the world's deployment, then hands its authorities over.
    pub fn make(&self, world: &mut World) {
        let maker = world.keys.payer;
        let (mint, own) = (world.deployment.mint, maker.address());
        let key = world.mint_key;

        let mut kinds = self.extras.clone();
        kinds.extend(self.permanent_delegate.map(|_| ExtensionType::PermanentDelegate));
        kinds.extend(self.pause_authority.map(|_| ExtensionType::Pausable));
        kinds.extend(self.pointer.map(|_| ExtensionType::MetadataPointer));
        kinds.extend(self.default_state.map(|_| ExtensionType::DefaultAccountState));
        let space = ExtensionType::try_calculate_account_len::<Mint>(&kinds).expect("a length");

        let mut steps = vec![create_account(&own, &mint, space)];
        steps.extend(self.extras.iter().map(|kind| extra(*kind, &mint, &own)));
        if let Some(delegate) = &self.permanent_delegate {
            steps.push(built(token::initialize_permanent_delegate(
                &TOKEN_PROGRAM_ID,
                &mint,
                delegate,
            )));
        }
        if self.pause_authority.is_some() {
            steps.push(built(pausable::instruction::initialize(
                &TOKEN_PROGRAM_ID,
                &mint,
                &own,
            )));
        }
        if let Some((authority, target)) = self.pointer {
            steps.push(built(metadata_pointer::instruction::initialize(
                &TOKEN_PROGRAM_ID,
                &mint,
                Some(authority),
                Some(target),
            )));
        }
        if let Some(state) = &self.default_state {
            steps.push(built(
                default_account_state::instruction::initialize_default_account_state(
                    &TOKEN_PROGRAM_ID,
                    &mint,
                    state,
                ),
            ));
        }
        // A mint that is born frozen needs a freeze authority from the start; it is taken away below.
        steps.push(built(token::initialize_mint2(
            &TOKEN_PROGRAM_ID,
            &mint,
            &own,
            Some(&own),
            self.decimals,
        )));
        world.must(&steps, &[maker, key]);

        let mut steps = Vec::new();
        if let Some(text) = &self.metadata {
            steps.push(metadata::initialize(
                &TOKEN_PROGRAM_ID,
                &mint,
                &own,
                &mint,
                &own,
                text.name.clone(),
                text.symbol.clone(),
                text.uri.clone(),
            ));
            if text.additional {
                steps.push(metadata::update_field(
                    &TOKEN_PROGRAM_ID,
                    &mint,
                    &own,
                    Field::Key("regulator".to_owned()),
                    "none".to_owned(),
                ));
            }
            steps.push(metadata::update_authority(
                &TOKEN_PROGRAM_ID,
                &mint,
                &own,
                text.update_authority.try_into().expect("an authority"),
            ));
        }
        if self.supply > 0 {
            let holder = Key::named("early holder").address();
            let account = world.deployment.token_account(&holder);
            steps.push(kzte_client::instruction::create_associated_token(
                &world.deployment,
                own,
                holder,
            ));
            let mint_to = token::mint_to(&TOKEN_PROGRAM_ID, &mint, &account, &own, &[], self.supply);
            steps.push(built(mint_to));
        }
        if self.pause_authority.is_some() {
            if self.paused {
                steps.push(built(pausable::instruction::pause(
                    &TOKEN_PROGRAM_ID,
                    &mint,
                    &own,
                    &[],
                )));
            }
            steps.push(hand_over(&mint, &own, AuthorityType::Pause, self.pause_authority));
        }
        steps.push(hand_over(
            &mint,
            &own,
            AuthorityType::FreezeAccount,
            self.freeze_authority,
        ));
        steps.push(hand_over(
            &mint,
            &own,
            AuthorityType::MintTokens,
            self.mint_authority,
        ));
        world.must(&steps, &[maker]);
    }
}

fn built<E: std::fmt::Debug>(instruction: Result<Instruction, E>) -> Instruction {
    instruction.expect("an instruction")
}

fn hand_over(mint: &Address, from: &Address, kind: AuthorityType, to: Option<Address>) -> Instruction {
    built(token::set_authority(
        &TOKEN_PROGRAM_ID,
        mint,
        to.as_ref(),
        kind,
        from,
        &[],
    ))
}

/// An extension that the design leaves off, held by `own`.
fn extra(kind: ExtensionType, mint: &Address, own: &Address) -> Instruction {
    let program = &TOKEN_PROGRAM_ID;
    let own = *own;
    built(match kind {
        ExtensionType::MintCloseAuthority => {
            token::initialize_mint_close_authority(program, mint, Some(&own))
        }
        ExtensionType::TransferFeeConfig => transfer_fee::instruction::initialize_transfer_fee_config(
            program,
            mint,
            Some(&own),
            Some(&own),
            100,
            u64::MAX,
        ),
        ExtensionType::TransferHook => {
            transfer_hook::instruction::initialize(program, mint, Some(own), Some(own))
        }
        ExtensionType::NonTransferable => token::initialize_non_transferable_mint(program, mint),
        ExtensionType::InterestBearingConfig => {
            interest_bearing_mint::instruction::initialize(program, mint, Some(own), 500)
        }
        ExtensionType::ScaledUiAmount => {
            scaled_ui_amount::instruction::initialize(program, mint, Some(own), 2.0)
        }
        ExtensionType::GroupPointer => {
            group_pointer::instruction::initialize(program, mint, Some(own), Some(own))
        }
        ExtensionType::GroupMemberPointer => {
            group_member_pointer::instruction::initialize(program, mint, Some(own), Some(own))
        }
        ExtensionType::ConfidentialTransferMint => {
            spl_token_2022_interface::extension::confidential_transfer::instruction::initialize_mint(
                program,
                mint,
                Some(own),
                true,
                None,
            )
        }
        other => panic!("no instruction for {other:?}"),
    })
}

/// System program `CreateAccount` for Token-2022, with lamports for whatever the account grows to.
fn create_account(payer: &Address, account: &Address, space: usize) -> Instruction {
    const LAMPORTS: u64 = 50_000_000;
    let mut data = 0u32.to_le_bytes().to_vec();
    data.extend(LAMPORTS.to_le_bytes());
    data.extend((space as u64).to_le_bytes());
    data.extend(TOKEN_PROGRAM_ID.as_array());
    Instruction {
        program_id: SYSTEM_PROGRAM_ID,
        accounts: vec![
            kzte_client::AccountMeta::new(*payer, true),
            kzte_client::AccountMeta::new(*account, true),
        ],
        data,
    }
}

/// Appends an extension of any number to the mint of the world's deployment, past every program: for extensions that
/// today's Token-2022 does not know or does not add to an existing mint.
pub fn append_extension(world: &mut World, kind: u16, value: &[u8]) {
    world.tamper(world.deployment.mint, |account| {
        account.data.extend(kind.to_le_bytes());
        account
            .data
            .extend(u16::try_from(value.len()).expect("a length").to_le_bytes());
        account.data.extend(value);
    });
    let space = world.expect_account(&world.deployment.mint).data.len();
    let rent = world.chain.minimum_balance(space).expect("rent");
    world.tamper(world.deployment.mint, |account| {
        account.lamports = account.lamports.max(rent)
    });
}
