//! Plan, apply, verify.

use std::{
    thread,
    time::{Duration, Instant},
};

use kzte_client::{
    Address, Chain, ChainError, Keypair, Limit, PROGRAM_ID, Receipt, SendOptions, Signer,
    constants::CONFIG_VERSION,
};

use crate::{
    Action, Description, Documents, HandOver, Ledger, MigrationError, Proposal, STEPS, State, Stop, Waiting,
    config_layout, deploy,
    error::list,
    loader::{self, Program},
    placeholder,
    step::{Act, Hands, Item, Step, View},
};

/// Clock account: its first field is the slot.
const CLOCK: Address = solana_sdk_ids::sysvar::clock::ID;
/// The program of Squads v4, whose multisig accounts are taken for vaults by mistake.
const SQUADS: Address = Address::from_str_const("SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf");
/// How long a node may need to show what it has confirmed.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);
/// Compute units of a chunk's transaction: the loader takes 2,370 and each limit 150.
const CHUNK_UNITS: u32 = 5_000;
/// What it loads beside the buffer's bytes, with room.
const CHUNK_LOADS: u32 = 128 * 1024;

/// What a deployment is to be brought to.
#[derive(Clone, Debug)]
pub struct Migration<'a> {
    pub description: &'a Description,
    /// Who holds what in the end.
    pub hand_over: HandOver,
    /// The program's file, for step 0001; `None`: the program is left as it is.
    pub program: Option<&'a [u8]>,
    /// Its documents on the chain, for step 0007; none: they are left as they are.
    pub metadata: Documents,
    /// The program's address. With another than the build's own, which rehearsals use, there is only step 0001.
    pub program_id: Address,
    /// Where the chain is, which says whether it is a local one; see [`is_local`](crate::is_local).
    pub url: Option<&'a str>,
    /// The last step to look at, by its number or name; `None`: all.
    pub through: Option<&'a str>,
}

/// A transaction that [`Migration::apply`] sent, or a row of them.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Name of the step.
    pub step: &'static str,
    /// What it is about.
    pub subject: String,
    /// What was done.
    pub act: String,
    /// How many transactions it took.
    pub transactions: usize,
    /// Of the last transaction.
    pub receipt: Receipt,
}

/// What [`Migration::apply`] came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub applied: Vec<Applied>,
    /// What others must sign; nothing: the chain is as the file says.
    pub waiting: Vec<Waiting>,
}

/// What [`Migration::apply`] tells while it works.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// `done` of `all` transactions of an act are confirmed.
    At { act: &'a str, done: usize, all: usize },
    /// An act is on the chain.
    Applied(&'a Applied),
}

impl<'a> Migration<'a> {
    /// To what a description says: no program, no hand-over, no documents.
    pub fn of(description: &'a Description) -> Self {
        Self {
            description,
            hand_over: HandOver::default(),
            program: None,
            metadata: Documents::default(),
            program_id: PROGRAM_ID,
            url: None,
            through: None,
        }
    }

    /// The steps that it goes through.
    fn steps(&self) -> Result<&'static [Step], Stop> {
        let through = match (self.through, self.program_id == PROGRAM_ID) {
            (Some(name), _) => name,
            (None, false) => deploy::NAME,
            (None, true) => return Ok(STEPS),
        };
        let is_named = |step: &Step| {
            step.name
                .strip_prefix(through)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        let last = STEPS.iter().position(is_named);
        last.and_then(|last| STEPS.get(..=last))
            .ok_or_else(|| Stop::NoSuchStep {
                name: through.to_owned(),
                steps: crate::step_names().join(", "),
            })
    }

    /// What is missing and what differs, step by step. Sends nothing. `payer`: who would pay, where it is known; it
    /// tells how far the buffer of a program is written. `keys`: who can sign; with none given everybody is taken to,
    /// but for vaults.
    ///
    /// Errors: [`MigrationError::RoleConflict`], [`Stop::Placeholder`], [`Stop::NotAVault`].
    pub fn plan(
        &self,
        chain: &dyn Chain,
        payer: Option<Address>,
        keys: &[Address],
    ) -> Result<Vec<Action>, Stop> {
        self.guard(chain, payer, keys)?;
        let view = self.view(chain, payer);
        let holds = |address: &Address| {
            address.is_on_curve()
                && (keys.is_empty() || keys.contains(address) || payer.as_ref() == Some(address))
        };
        let mut actions = Vec::new();
        // What somebody else must sign can be said only once everything before it is on the chain.
        let mut is_complete = true;
        for step in self.steps()? {
            let items = (step.plan)(&view)?;
            let was_complete = is_complete;
            for item in items {
                let is_missing = matches!(item.state, State::Missing { .. });
                is_complete &= item.state == State::Done;
                let waiting = if is_missing && was_complete {
                    self.waiting(&view, step, &item, &holds)?
                } else {
                    None
                };
                if item.quiet && item.state == State::Done {
                    continue;
                }
                actions.push(Action {
                    step: step.name,
                    subject: item.subject,
                    state: item.state,
                    changes: item.changes,
                    waiting,
                });
            }
        }
        Ok(actions)
    }

    /// Succeeds when the chain is as the file says; returns how many things were compared.
    pub fn verify(&self, chain: &dyn Chain) -> Result<usize, Stop> {
        let actions = self.plan(chain, None, &[])?;
        let Some(action) = actions.iter().find(|action| action.state != State::Done) else {
            return Ok(actions.len());
        };
        let (step, subject) = (action.step, action.subject.clone());
        refuse_difference(step, &subject, &action.state)?;
        if let Some(waiting) = &action.waiting {
            let waiting = Box::new(waiting.clone());
            return Err(Stop::Waiting {
                step,
                subject,
                waiting,
            });
        }
        let reason = if action.changes.is_empty() {
            "not on the chain".to_owned()
        } else {
            list(&action.changes)
        };
        Err(MigrationError::NotApplied {
            step,
            subject,
            reason,
        }
        .into())
    }

    /// Brings about what is missing, in order, then verifies. `payer` pays; `keys`: whatever else signs, found by
    /// address. Every confirmed act is written into the ledger, and told to `watch`.
    ///
    /// Errors: a difference that no step owns stops it before anything is sent; so does a key that is not there, unless
    /// it may sign later or is nobody's but a vault's.
    pub fn apply(
        &self,
        chain: &mut dyn Chain,
        payer: &Keypair,
        keys: &[&Keypair],
        ledger: Option<&mut Ledger>,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, Stop> {
        let addresses: Vec<Address> = std::iter::once(payer)
            .chain(keys.iter().copied())
            .map(Keypair::pubkey)
            .collect();
        self.guard(chain, Some(payer.pubkey()), &addresses)?;
        let holds = |address: &Address| addresses.contains(address);
        let steps = self.steps()?;
        let view = self.view(chain, Some(payer.pubkey()));
        for step in steps {
            for item in (step.plan)(&view)? {
                refuse_difference(step.name, &item.subject, &item.state)?;
                require_keys(step.name, &item, payer, &holds)?;
            }
        }

        let mut run = Run {
            migration: self,
            chain,
            payer,
            keys,
            ledger,
            outcome: Outcome::default(),
            program_hash: None,
        };
        for step in steps {
            run.step(step, &holds, watch)?;
            if !run.outcome.waiting.is_empty() {
                return Ok(run.outcome);
            }
        }
        let outcome = run.outcome;
        self.verify(chain)?;
        Ok(outcome)
    }

    fn view<'v>(&'v self, chain: &'v dyn Chain, payer: Option<Address>) -> View<'v> {
        View {
            chain,
            migration: self,
            payer,
        }
    }

    /// Refuses what must not come to any chain, or not to this one.
    fn guard(&self, chain: &dyn Chain, payer: Option<Address>, keys: &[Address]) -> Result<(), Stop> {
        let (description, hand_over) = (self.description, &self.hand_over);
        let config = config_layout::configuration(chain, &description.deployment())?;
        if config.is_none_or(|config| config.version == CONFIG_VERSION) {
            description.distinct_roles()?;
            hand_over.distinct_from(description)?;
        }
        let payer = payer.into_iter().map(|payer| ("payer", payer));
        let signers = keys.iter().map(|key| ("keypair", *key));
        let signers: Vec<_> = payer.chain(signers).collect();
        placeholder::refuse(
            &chain.cluster()?,
            self.url,
            &self.program_id,
            description,
            hand_over,
            &self.metadata,
            &signers,
        )?;
        for (field, address) in hand_over.named() {
            if chain
                .account(&address)?
                .is_some_and(|account| account.owner == SQUADS)
            {
                let seeds = [b"multisig", address.as_ref(), b"vault", &[0]];
                let (vault, _) = Address::find_program_address(&seeds, &SQUADS);
                return Err(Stop::NotAVault {
                    field,
                    address,
                    vault,
                });
            }
        }
        Ok(())
    }

    /// What somebody else must do before `item` can go on; `None`: nothing.
    fn waiting(
        &self,
        view: &View,
        step: &Step,
        item: &Item,
        holds: &dyn Fn(&Address) -> bool,
    ) -> Result<Option<Waiting>, Stop> {
        let told = |signers, reason, proposal| Waiting {
            step: step.name,
            subject: item.subject.clone(),
            signers,
            reason,
            proposal,
        };
        if let Some(reason) = &item.waits_for {
            return Ok(Some(told(Vec::new(), reason.clone(), None)));
        }
        let payer = view.payer.unwrap_or_default();
        let Ok(act) = (step.act)(view, &item.subject, &Hands { payer, holds }) else {
            // What stops the act is told when it is to be sent.
            return Ok(None);
        };
        let absent: Vec<_> = act
            .signers
            .iter()
            .filter(|signer| !holds(&signer.address))
            .cloned()
            .collect();
        let may_wait = item.others_sign || absent.iter().any(|signer| !signer.address.is_on_curve());
        let Some(first) = absent.first().filter(|_| may_wait).map(|signer| signer.address) else {
            return Ok(None);
        };
        // Whoever signs by a proposal pays as well: a vault brings no second signature.
        let act = (step.act)(view, &item.subject, &Hands { payer: first, holds })?;
        let names: Vec<String> = absent
            .iter()
            .map(|signer| format!("the {} {}", signer.role, signer.address))
            .collect();
        let reason = format!(
            "{} must be signed by {}{}",
            act.what,
            names.join(" and "),
            act.note
        );
        let instruction = act.transactions.into_iter().flatten().next();
        let proposal = instruction.map(|instruction| Proposal::of(instruction, &first));
        Ok(Some(told(absent, reason, proposal)))
    }
}

/// One run of `apply`.
struct Run<'r, 'a> {
    migration: &'r Migration<'a>,
    chain: &'r mut dyn Chain,
    payer: &'r Keypair,
    keys: &'r [&'r Keypair],
    ledger: Option<&'r mut Ledger>,
    outcome: Outcome,
    /// Hash of the program on the chain, for the ledger; `None`: not read since it changed.
    program_hash: Option<Option<String>>,
}

impl Run<'_, '_> {
    fn step(
        &mut self,
        step: &Step,
        holds: &dyn Fn(&Address) -> bool,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<(), Stop> {
        let subjects: Vec<String> = self.items(step)?.into_iter().map(|item| item.subject).collect();
        for subject in subjects {
            self.drive(step, &subject, holds, watch)?;
        }
        Ok(())
    }

    /// Act after act, until the item is done or somebody else has to sign.
    fn drive(
        &mut self,
        step: &Step,
        subject: &str,
        holds: &dyn Fn(&Address) -> bool,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<(), Stop> {
        let payer = self.payer.pubkey();
        let mut last: Option<(Act, Instant)> = None;
        while let Some(item) = self.items(step)?.into_iter().find(|item| item.subject == subject) {
            refuse_difference(step.name, subject, &item.state)?;
            if item.state == State::Done {
                return self.found(step, &item);
            }
            let view = self.migration.view(&*self.chain, Some(payer));
            if let Some(waiting) = self.migration.waiting(&view, step, &item, holds)? {
                self.outcome.waiting.push(waiting);
                return Ok(());
            }
            let act = (step.act)(&view, subject, &Hands { payer, holds })?;
            if let Some((sent, at)) = &last
                && *sent == act
            {
                // A node may need a moment to show what it has confirmed.
                if self.is_in_process()? || at.elapsed() >= PATIENCE {
                    return Err(MigrationError::NotApplied {
                        step: step.name,
                        subject: subject.to_owned(),
                        reason: format!("«{}» was confirmed and has changed nothing", act.what),
                    }
                    .into());
                }
                thread::sleep(POLL);
                continue;
            }
            self.send(step, &item, &act, watch)?;
            last = Some((act, Instant::now()));
        }
        Ok(())
    }

    fn items(&self, step: &Step) -> Result<Vec<Item>, Stop> {
        (step.plan)(&self.migration.view(&*self.chain, Some(self.payer.pubkey())))
    }

    fn send(
        &mut self,
        step: &Step,
        item: &Item,
        act: &Act,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<(), Stop> {
        let all = act.transactions.len();
        let receipt = match act.transactions.as_slice() {
            [single] => Some(self.chain.send(single, self.payer, self.keys)?),
            many => {
                // They all do the same: no trial run for each of some hundred.
                let file = self.migration.program.map_or(0, <[u8]>::len);
                let chunks = SendOptions {
                    compute_units: Limit::Fixed(CHUNK_UNITS),
                    loaded_data: Limit::Fixed(
                        u32::try_from(file)
                            .unwrap_or(u32::MAX)
                            .saturating_add(CHUNK_LOADS),
                    ),
                    preflight: false,
                };
                let options = if act.measured {
                    self.chain.options()
                } else {
                    chunks
                };
                let mut done = |done| {
                    watch(Progress::At {
                        act: &act.what,
                        done,
                        all,
                    })
                };
                let receipts = self
                    .chain
                    .send_batch(many, self.payer, self.keys, options, &mut done)?;
                receipts.into_iter().next_back()
            }
        };
        let Some(receipt) = receipt else {
            return Ok(());
        };
        if act.changes_program {
            self.program_hash = None;
            self.await_next_slot()?;
        }
        let applied = Applied {
            step: step.name,
            subject: item.subject.clone(),
            act: act.what.clone(),
            transactions: all,
            receipt,
        };
        let hash = self.hash_for_ledger()?;
        let now = self.chain.now()?;
        if let Some(ledger) = self.ledger.as_deref_mut() {
            ledger.applied(&applied, &item.target, now, hash)?;
        }
        watch(Progress::Applied(&applied));
        self.outcome.applied.push(applied);
        Ok(())
    }

    /// Records what is done and has no entry: before this ledger, or by a run that was cut before it wrote it down.
    fn found(&mut self, step: &Step, item: &Item) -> Result<(), Stop> {
        let Some(ledger) = self.ledger.as_deref() else {
            return Ok(());
        };
        if ledger.knows(step.name, &item.subject, &item.target) {
            return Ok(());
        }
        let hash = self.hash_for_ledger()?;
        let now = self.chain.now()?;
        if let Some(ledger) = self.ledger.as_deref_mut() {
            ledger.found(step.name, &item.subject, &item.target, now, hash)?;
        }
        Ok(())
    }

    fn hash_for_ledger(&mut self) -> Result<Option<String>, Stop> {
        if self.ledger.is_none() {
            return Ok(None);
        }
        if let Some(hash) = &self.program_hash {
            return Ok(hash.clone());
        }
        let hash = match loader::program(&*self.chain, &self.migration.program_id)? {
            Program::Missing { .. } => None,
            Program::Deployed(data) => Some(loader::program_hash(&data.bytes)),
        };
        self.program_hash = Some(hash.clone());
        Ok(hash)
    }

    fn is_in_process(&self) -> Result<bool, Stop> {
        // A chain in this process shows everything at once, and its slots pass with its transactions only.
        Ok(self.chain.cluster()? == "in-process")
    }

    /// A program that changed runs, and can be changed again, from the next slot on.
    fn await_next_slot(&self) -> Result<(), Stop> {
        if self.is_in_process()? {
            return Ok(());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let clock = self.chain.account(&CLOCK)?;
            let slot = clock.and_then(|clock| clock.data.first_chunk().copied().map(u64::from_le_bytes));
            let changed = match loader::program(&*self.chain, &self.migration.program_id)? {
                Program::Missing { .. } => None,
                Program::Deployed(data) => Some(data.slot),
            };
            if let (Some(slot), Some(changed)) = (slot, changed)
                && slot > changed
            {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(ChainError::Transport(
                    "the program was changed, and the chain shows no slot after that".to_owned(),
                )
                .into());
            }
            thread::sleep(POLL);
        }
    }
}

fn refuse_difference(step: &'static str, subject: &str, state: &State) -> Result<(), Stop> {
    match state {
        State::Differs { fields } => Err(MigrationError::Differs {
            step,
            subject: subject.to_owned(),
            fields: fields.clone(),
        }
        .into()),
        State::Done | State::Missing { .. } => Ok(()),
    }
}

/// Before anything is sent: whoever must sign and can sign nowhere but here, is here.
fn require_keys(
    step: &'static str,
    item: &Item,
    payer: &Keypair,
    holds: &dyn Fn(&Address) -> bool,
) -> Result<(), Stop> {
    let State::Missing { signers } = &item.state else {
        return Ok(());
    };
    for signer in signers {
        let (subject, role, address) = (item.subject.clone(), signer.role, signer.address);
        if payer.pubkey() == address && (role == "mint" || role == "program") {
            return Err(MigrationError::PayerHasRole {
                step,
                subject,
                role,
                address,
            }
            .into());
        }
        if !holds(&address) && address.is_on_curve() && !item.others_sign {
            return Err(MigrationError::MissingKey {
                step,
                subject,
                role,
                address,
            }
            .into());
        }
    }
    Ok(())
}
