//! 0001: the program behind the upgradeable loader, with the bytes of a file and with the upgrade authority of the
//! description.
//!
//! A missing program is deployed, other bytes are replaced by an upgrade. Both go through a buffer, whose address follows
//! from the payer and the program's hash: so a run that was cut finds what it has written, and writes what is missing.
//!
//! | act | signed by (beside the payer) |
//! | --- | --- |
//! | create the buffer | – |
//! | write the chunks that do not stand in it | – |
//! | make the program data larger, where the new program does not fit | – |
//! | give the buffer to the upgrade authority: the loader takes it from nobody else | the upgrade authority, where its key is here |
//! | deploy | the program's key, the upgrade authority |
//! | upgrade | the upgrade authority, or a multisig by a proposal |

use kzte_client::{Address, Instruction};
use solana_loader_v3_interface::{instruction::MINIMUM_EXTEND_PROGRAM_BYTES, state::UpgradeableLoaderState};
use solana_system_interface::instruction as system;

use crate::{
    Difference, Signatory, State, Stop,
    loader::{self, BUFFER_HEADER, Buffer, LOADER_ID, PROGRAM_LEN, Program, ProgramData},
    step::{Act, Comparison, Hands, Item, View},
};

pub(crate) const NAME: &str = "0001_deploy";
const SUBJECT: &str = "program";

/// Room behind a program, bytes, for what its upgrades add: some six instructions, 0.46 SOL of rent. Where there is none,
/// an upgrade takes two transactions in different slots (`ExtendProgram` and then the upgrade), and the first of them
/// halts the program for a slot.
pub const ROOM: usize = 64 * 1024;
/// Bytes of a chunk. A transaction of 1,232 bytes has 964 left beside one signature, four addresses and its limits.
const CHUNK: usize = 960;
/// Most bytes of an account.
const MAX_ACCOUNT: usize = 10 * 1024 * 1024;
/// Bytes that every ELF file begins with.
const ELF: &[u8] = b"\x7fELF";
/// Lamports of a transaction with up to three signatures: the base fee.
const FEE: u64 = 3 * 5_000;

/// The program of a migration, and what the chain has of it.
struct Target<'a> {
    program: Address,
    file: &'a [u8],
    first: Address,
    /// The first upgrade authority, and the one that it is handed over to.
    authorities: Vec<Address>,
}

impl<'a> Target<'a> {
    fn of(view: &View<'a>) -> Result<Option<Self>, Stop> {
        let migration = view.migration;
        let Some(file) = migration.program else {
            return Ok(None);
        };
        let target = Self {
            program: migration.program_id,
            file,
            first: migration.description.upgrade_authority,
            authorities: std::iter::once(migration.description.upgrade_authority)
                .chain(migration.hand_over.upgrade_authority.map(|last| last.address))
                .collect(),
        };
        if !target.file.starts_with(ELF) {
            return Err(target.stop("its file is no ELF file, as the build writes one"));
        }
        if UpgradeableLoaderState::size_of_programdata(target.max_len()) > MAX_ACCOUNT {
            return Err(target.stop("its file does not fit into an account of 10 MiB"));
        }
        Ok(Some(target))
    }

    fn stop(&self, reason: impl Into<String>) -> Stop {
        Stop::Program {
            program: self.program,
            reason: reason.into(),
        }
    }

    /// Length of a new program data account's room.
    fn max_len(&self) -> usize {
        self.file.len().saturating_add(ROOM)
    }

    fn hash(&self) -> String {
        loader::program_hash(self.file)
    }

    /// Seed of the buffer: half of the program's hash, as text, which is as long as a seed may be.
    fn seed(&self) -> String {
        self.hash().chars().take(32).collect()
    }

    fn buffer(&self, payer: &Address) -> Result<Address, Stop> {
        Address::create_with_seed(payer, &self.seed(), &LOADER_ID)
            .map_err(|error| self.stop(format!("its buffer has no address under {payer}: {error}")))
    }

    fn chunks(&self) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        (0..).step_by(CHUNK).zip(self.file.chunks(CHUNK))
    }

    /// Chunks that do not stand in the buffer.
    fn missing<'b>(&'b self, written: &'b [u8]) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a, 'b> {
        self.chunks()
            .filter(move |(offset, chunk)| written.get(*offset..).is_none_or(|rest| !rest.starts_with(chunk)))
    }
}

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let Some(target) = Target::of(view)? else {
        return Ok(Vec::new());
    };
    let hash = target.hash();
    let (state, mut changes) = match loader::program(view.chain, &target.program)? {
        Program::Missing { .. } => {
            if !target.first.is_on_curve() {
                return Err(target.stop(format!(
                    "its first upgrade authority {} is a vault, which cannot sign the deployment: deploy with a key, and name the vault in [hand_over]",
                    target.first
                )));
            }
            let signers = vec![
                Signatory::new("program", target.program),
                Signatory::new("upgrade authority", target.first),
            ];
            let fresh = [
                ("program hash", hash.clone()),
                ("length", target.file.len().to_string()),
            ];
            let changes = fresh.map(|(field, file)| Difference {
                field: field.to_owned(),
                file,
                chain: "none".to_owned(),
            });
            (State::Missing { signers }, Vec::from(changes))
        }
        Program::Deployed(data) => compare(&target, &data),
    };
    if !changes.is_empty()
        && let Some(payer) = view.payer
        && let Buffer::Open { bytes, .. } = loader::buffer(view.chain, &target.buffer(&payer)?)?
    {
        let all = target.chunks().count();
        changes.push(Difference {
            field: format!("chunks in the buffer {}", target.buffer(&payer)?),
            file: all.to_string(),
            chain: all.saturating_sub(target.missing(&bytes).count()).to_string(),
        });
    }
    let mut item = Item::new(SUBJECT, state, hash);
    item.changes = changes;
    // A vault that may upgrade signs by a proposal. A missing program is nobody's yet: its keys are here, or nowhere.
    item.others_sign = matches!(
        loader::program(view.chain, &target.program)?,
        Program::Deployed(_)
    );
    Ok(vec![item])
}

fn compare(target: &Target, data: &ProgramData) -> (State, Vec<Difference>) {
    let mut authority = Comparison::default();
    match data.authority {
        Some(chain) if target.authorities.contains(&chain) => {}
        chain => authority.field(
            "upgrade authority",
            target.first.to_string(),
            chain.map_or_else(|| "none, for ever".to_owned(), |chain| chain.to_string()),
        ),
    }
    let mut program = Comparison::default();
    program.field("program hash", target.hash(), loader::program_hash(&data.bytes));
    if !program.0.is_empty() {
        program.field("length", target.file.len(), loader::trimmed(&data.bytes).len());
        program.field(
            "room for it",
            target.file.len().max(data.bytes.len()),
            data.bytes.len(),
        );
    }
    match (authority.state(), data.authority, program.0.is_empty()) {
        (State::Done, Some(holder), false) => {
            let signers = vec![Signatory::new("upgrade authority", holder)];
            (State::Missing { signers }, program.0)
        }
        (State::Done, _, _) => (State::Done, Vec::new()),
        (differs, _, _) => (differs, program.0),
    }
}

pub(crate) fn act(view: &View, _subject: &str, hands: &Hands) -> Result<Act, Stop> {
    let target = Target::of(view)?.ok_or_else(|| Stop::Program {
        program: view.migration.program_id,
        reason: "no file of it is given".to_owned(),
    })?;
    // The buffer is the payer's own, also in a proposal for somebody else.
    let payer = view.payer.unwrap_or(hands.payer);
    let deployed = loader::program(view.chain, &target.program)?;
    let authority = match &deployed {
        Program::Missing { .. } => target.first,
        Program::Deployed(data) => data
            .authority
            .ok_or_else(|| target.stop("nobody can upgrade it"))?,
    };
    let address = target.buffer(&payer)?;
    let (owner, written) = match loader::buffer(view.chain, &address)? {
        Buffer::Missing { lamports } => return create_buffer(view, &target, &payer, &address, lamports),
        Buffer::Other(owner) => {
            return Err(target.stop(format!(
                "its buffer {address} belongs to {owner}: pay with another key"
            )));
        }
        Buffer::Open { authority, bytes } => (authority, bytes),
    };
    if written.len() != target.file.len() {
        return Err(target.stop(format!(
            "its buffer {address} has another length: close it, or pay with another key"
        )));
    }
    let writes: Vec<Vec<Instruction>> = target
        .missing(&written)
        .map(|(offset, chunk)| {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            vec![loader::instruction::write(
                &address,
                &payer,
                offset,
                chunk.to_vec(),
            )]
        })
        .collect();
    if !writes.is_empty() {
        if owner != Some(payer) {
            return Err(target.stop(format!(
                "its buffer {address} is not complete, and only {} can write it: close it, or pay with another key",
                owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string())
            )));
        }
        let what = format!("write {} of {} chunks", writes.len(), target.chunks().count());
        return Ok(Act::unsigned(what, writes));
    }
    if let Program::Deployed(data) = &deployed
        && let Some(more) = target
            .file
            .len()
            .checked_sub(data.bytes.len())
            .filter(|more| *more > 0)
    {
        return extend(&target, more, &payer);
    }
    if owner != Some(authority) {
        return give_buffer(&target, &address, owner, authority, &payer, hands);
    }
    match deployed {
        Program::Missing { lamports } => deploy(view, &target, &address, &payer, lamports),
        Program::Deployed(_) => {
            let upgrade = loader::instruction::upgrade(&target.program, &address, &authority, &payer);
            let signers = vec![Signatory::new("upgrade authority", authority)];
            Ok(Act {
                changes_program: true,
                note: format!(
                    "; the buffer {address} holds the program of hash {}",
                    target.hash()
                ),
                ..Act::one("upgrade", upgrade, signers)
            })
        }
    }
}

fn create_buffer(
    view: &View,
    target: &Target,
    payer: &Address,
    buffer: &Address,
    lamports: u64,
) -> Result<Act, Stop> {
    let len = BUFFER_HEADER.saturating_add(target.file.len());
    let rent = view.chain.minimum_balance(len)?;
    require_funds(view, target, payer, rent)?;
    let (seed, space) = (target.seed(), u64::try_from(len).unwrap_or(u64::MAX));
    let mut instructions = if lamports == 0 {
        vec![system::create_account_with_seed(
            payer, buffer, payer, &seed, rent, space, &LOADER_ID,
        )]
    } else {
        // Somebody sent lamports ahead, which the ordinary instruction takes for an account that exists.
        vec![
            system::transfer(payer, buffer, rent.saturating_sub(lamports)),
            system::allocate_with_seed(buffer, payer, &seed, space, &LOADER_ID),
            system::assign_with_seed(buffer, payer, &seed, &LOADER_ID),
        ]
    };
    // The loader's own function creates at addresses with keys only; this is its second half.
    let [_, initialize] = <[Instruction; 2]>::try_from(
        loader::instruction::create_buffer(payer, buffer, payer, rent, target.file.len())
            .map_err(|error| target.stop(format!("no instruction for its buffer: {error}")))?,
    )
    .map_err(|_| target.stop("no instruction for its buffer"))?;
    instructions.push(initialize);
    Ok(Act::unsigned(
        format!("create the buffer {buffer}"),
        vec![instructions],
    ))
}

/// Refuses before the first transaction what would end half-way for lack of lamports. The buffer's rent comes back.
fn require_funds(view: &View, target: &Target, payer: &Address, buffer_rent: u64) -> Result<(), Stop> {
    let has = view.chain.account(payer)?.map_or(0, |account| account.lamports);
    let chunks = u64::try_from(target.chunks().count()).unwrap_or(u64::MAX);
    let fees = FEE.saturating_mul(chunks.saturating_add(4));
    let data_rent = match loader::program(view.chain, &target.program)? {
        Program::Missing { .. } => {
            let data = UpgradeableLoaderState::size_of_programdata(target.max_len());
            // The buffer is drained before the program data is paid for.
            let data = view.chain.minimum_balance(data)?.saturating_sub(buffer_rent);
            data.saturating_add(view.chain.minimum_balance(PROGRAM_LEN)?)
        }
        Program::Deployed(data) if data.bytes.len() < target.file.len() => {
            let new = UpgradeableLoaderState::size_of_programdata(target.max_len());
            let old = UpgradeableLoaderState::size_of_programdata(data.bytes.len());
            let rent = view.chain.minimum_balance(new)?;
            rent.saturating_sub(view.chain.minimum_balance(old)?)
        }
        Program::Deployed(_) => 0,
    };
    let needs = buffer_rent.saturating_add(data_rent).saturating_add(fees);
    if has < needs {
        return Err(Stop::Funds {
            payer: *payer,
            has,
            needs,
        });
    }
    Ok(())
}

/// The loader extends by 10 KiB at least.
const _: () = assert!(ROOM >= MINIMUM_EXTEND_PROGRAM_BYTES as usize);

/// `more`: bytes that are missing.
fn extend(target: &Target, more: usize, payer: &Address) -> Result<Act, Stop> {
    let by = u32::try_from(more.saturating_add(ROOM)).unwrap_or(u32::MAX);
    let instruction = loader::instruction::extend_program(&target.program, Some(payer), by);
    let what = format!("extend the program data by {by} bytes");
    Ok(Act {
        changes_program: true,
        ..Act::unsigned(what, vec![vec![instruction]])
    })
}

/// The loader upgrades from a buffer of the upgrade authority only. From here on nobody else can change a byte of it, so
/// what a multisig's members compare with their build is what they approve.
fn give_buffer(
    target: &Target,
    buffer: &Address,
    owner: Option<Address>,
    authority: Address,
    payer: &Address,
    hands: &Hands,
) -> Result<Act, Stop> {
    if owner != Some(*payer) {
        return Err(target.stop(format!(
            "its buffer {buffer} is in the hand of {}, neither the payer nor the upgrade authority: close it, or pay with another key",
            owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string())
        )));
    }
    let what = format!("give the buffer to {authority}");
    Ok(if (hands.holds)(&authority) {
        let instruction = loader::instruction::set_buffer_authority_checked(buffer, payer, &authority);
        Act::one(
            what,
            instruction,
            vec![Signatory::new("upgrade authority", authority)],
        )
    } else {
        // The address is the one that the loader itself names as upgrade authority: no mistake to check for.
        let instruction = loader::instruction::set_buffer_authority(buffer, payer, &authority);
        Act::unsigned(what, vec![vec![instruction]])
    })
}

fn deploy(
    view: &View,
    target: &Target,
    buffer: &Address,
    payer: &Address,
    lamports: u64,
) -> Result<Act, Stop> {
    let rent = view.chain.minimum_balance(PROGRAM_LEN)?;
    let instructions = loader::instruction::deploy_with_max_program_len(
        payer,
        &target.program,
        buffer,
        &target.first,
        rent,
        target.max_len(),
    )
    .map_err(|error| target.stop(format!("no instruction to deploy it: {error}")))?;
    let instructions = if lamports == 0 {
        instructions
    } else {
        // As for a buffer that was sent lamports.
        let space = u64::try_from(PROGRAM_LEN).unwrap_or(u64::MAX);
        let top_up = rent.saturating_sub(lamports);
        let mut prepared = vec![
            system::transfer(payer, &target.program, top_up),
            system::allocate(&target.program, space),
            system::assign(&target.program, &LOADER_ID),
        ];
        prepared.extend(instructions.into_iter().skip(1));
        prepared
    };
    Ok(Act {
        signers: vec![
            Signatory::new("program", target.program),
            Signatory::new("upgrade authority", target.first),
        ],
        changes_program: true,
        ..Act::unsigned("deploy", vec![instructions])
    })
}
