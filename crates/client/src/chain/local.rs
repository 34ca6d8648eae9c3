//! The in-process chain: LiteSVM with the compiled program. Deterministic: no clock but its own, no random keys.

use std::collections::HashMap;

use litesvm::{LiteSVM, types::TransactionMetadata};
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, inner_instruction::InnerInstructionsList};
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_signature::Signature;

use super::{Chain, Inner, Receipt, SendOptions, Used, calls_of};
use crate::{
    ChainError, PROGRAM_ID, SYSTEM_PROGRAM_ID, address,
    event::{LOG_TRUNCATED, events_of},
    transaction::{Signed, build},
};

/// Time of a new chain: 2026-11-16 03:00:00 UTC, Unix seconds.
pub const GENESIS_TIME: i64 = 1_794_798_000;

/// Program data account: tag, slot, then the option byte and the upgrade authority.
const AUTHORITY_OPTION_OFFSET: usize = 4 + 8;
/// Length of that header, bytes; the program's file follows.
const PROGRAM_DATA_HEADER: usize = AUTHORITY_OPTION_OFFSET + 1 + 32;
/// Tag of a program account, which names its program data account behind it.
const PROGRAM_TAG: [u8; 4] = [2, 0, 0, 0];
/// What every loaded account counts beside its data (SIMD-0186), bytes.
const LOADED_ACCOUNT_OVERHEAD: u64 = 64;

/// LiteSVM with the program at its address, Token-2022, the associated-token program and the system program.
#[derive(Clone)]
pub struct LocalChain {
    svm: LiteSVM,
    options: SendOptions,
    receipts: HashMap<Signature, Receipt>,
    history: HashMap<Address, Vec<Signature>>,
}

impl LocalChain {
    /// A new chain at [`GENESIS_TIME`] with the program deployed as the upgradeable loader would: a program account,
    /// and a program data account that names `upgrade_authority`. `so`: the compiled program.
    ///
    /// Errors: [`ChainError::Local`] when `so` is no program that the runtime loads.
    pub fn new(so: &[u8], upgrade_authority: &Address) -> Result<Self, ChainError> {
        let mut svm = LiteSVM::new();
        svm.add_program(PROGRAM_ID, so)
            .map_err(|error| ChainError::Local { step: "the program", reason: error.to_string() })?;
        let mut chain =
            Self { svm, options: SendOptions::default(), receipts: HashMap::new(), history: HashMap::new() };
        chain.warp_to(GENESIS_TIME);
        chain.set_upgrade_authority(Some(upgrade_authority))?;
        Ok(chain)
    }

    /// The same chain with other options for [`Chain::send`].
    pub fn with_options(mut self, options: SendOptions) -> Self {
        self.options = options;
        self
    }

    /// Writes the upgrade authority into the program data account; `None`: the program is frozen for ever.
    ///
    /// Errors: [`ChainError::Missing`] when the account has been taken away.
    pub fn set_upgrade_authority(&mut self, authority: Option<&Address>) -> Result<(), ChainError> {
        let address = address::program_data();
        let missing = ChainError::Missing { what: "program data account", address };
        let Some(mut account) = self.svm.get_account(&address) else { return Err(missing) };
        let Some(field) = account.data.get_mut(AUTHORITY_OPTION_OFFSET..PROGRAM_DATA_HEADER) else {
            return Err(missing);
        };
        field.fill(0);
        if let (Some(authority), Some((option, key))) = (authority, field.split_first_mut()) {
            *option = 1;
            key.copy_from_slice(authority.as_ref());
        }
        self.set_account(&address, account)
    }

    /// Sets the time, Unix seconds; also back.
    pub fn warp_to(&mut self, unix: i64) {
        let mut clock: Clock = self.svm.get_sysvar();
        clock.unix_timestamp = unix;
        self.svm.set_sysvar(&clock);
    }

    /// Lets time pass.
    pub fn advance(&mut self, seconds: i64) {
        self.warp_to(self.time().saturating_add(seconds));
    }

    /// The time, Unix seconds.
    pub fn time(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// Writes an account as it is, past every program: for hostile set-ups. No lamports: the account is gone.
    pub fn set_account(&mut self, address: &Address, account: Account) -> Result<(), ChainError> {
        self.svm
            .set_account(*address, account)
            .map_err(|error| ChainError::Local { step: "an account", reason: error.to_string() })
    }

    /// The virtual machine itself.
    pub fn svm(&self) -> &LiteSVM {
        &self.svm
    }

    /// The virtual machine itself, to change it.
    pub fn svm_mut(&mut self) -> &mut LiteSVM {
        &mut self.svm
    }

    /// Runs a transaction without keeping what it does.
    fn try_out(&self, signed: &Signed) -> Result<Used, ChainError> {
        let info = self
            .svm
            .simulate_transaction(signed.transaction.clone())
            .map_err(|failed| ChainError::of_transaction(&failed.err, failed.meta.logs, &signed.programs()))?;
        Ok(Used {
            compute_units: Some(info.meta.compute_units_consumed),
            loaded_data: Some(self.loaded_data(&signed.transaction.message)),
        })
    }

    /// Account data that the runtime loads for a message, bytes: every account with its overhead, and the program
    /// data account behind every upgradeable program.
    fn loaded_data(&self, message: &VersionedMessage) -> u64 {
        let keys = message.static_account_keys();
        let behind = keys.iter().filter_map(|key| {
            let account = self.svm.get_account(key)?;
            let is_program =
                account.owner == bpf_loader_upgradeable::ID && account.data.starts_with(&PROGRAM_TAG);
            (is_program).then(|| address::program_data_of(key)).filter(|data| !keys.contains(data))
        });
        let sizes = keys.iter().copied().chain(behind).filter_map(|key| {
            let length = u64::try_from(self.svm.get_account(&key)?.data.len()).ok()?;
            Some(length.saturating_add(LOADED_ACCOUNT_OVERHEAD))
        });
        sizes.fold(0, u64::saturating_add)
    }

    fn record(&mut self, signed: &Signed, meta: TransactionMetadata) -> Receipt {
        let message = &signed.transaction.message;
        let clock: Clock = self.svm.get_sysvar();
        let calls = calls_of(message, &[], inner_of(&meta.inner_instructions));
        let receipt = Receipt {
            signature: signed.signature,
            slot: clock.slot,
            time: Some(clock.unix_timestamp),
            compute_units: meta.compute_units_consumed,
            events: events_of(&meta.logs, &calls),
            truncated: meta.logs.iter().any(|line| line == LOG_TRUNCATED),
            logs: meta.logs,
            size: signed.bytes.len(),
        };
        for key in message.static_account_keys() {
            self.history.entry(*key).or_default().push(signed.signature);
        }
        self.receipts.insert(signed.signature, receipt.clone());
        receipt
    }
}

fn inner_of(lists: &InnerInstructionsList) -> Vec<Vec<Inner>> {
    lists
        .iter()
        .map(|list| {
            list.iter()
                .map(|inner| Inner {
                    height: usize::from(inner.stack_height),
                    program_index: usize::from(inner.instruction.program_id_index),
                    data: inner.instruction.data.clone(),
                })
                .collect()
        })
        .collect()
}

impl Chain for LocalChain {
    fn now(&self) -> Result<i64, ChainError> {
        Ok(self.time())
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        // An account without lamports does not exist on a chain; LiteSVM keeps its empty shell.
        Ok(self.svm.get_account(address).filter(|account| account.lamports > 0))
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        Ok(self.svm.minimum_balance_for_rent_exemption(data_len))
    }

    fn options(&self) -> SendOptions {
        self.options
    }

    /// Every transaction gets a fresh blockhash and a new slot, so the same instructions can be sent twice.
    fn send_with(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Receipt, ChainError> {
        self.svm.expire_blockhash();
        let mut clock: Clock = self.svm.get_sysvar();
        clock.slot = clock.slot.saturating_add(1);
        self.svm.set_sysvar(&clock);

        let blockhash = self.svm.latest_blockhash();
        let used = if options.needs_trial() {
            let trial = build(instructions, payer, signers, blockhash, options.budget(Used::default()))?;
            match self.try_out(&trial) {
                Ok(used) => used,
                Err(error) if options.preflight => return Err(error),
                Err(_) => Used::default(),
            }
        } else {
            Used::default()
        };
        let signed = build(instructions, payer, signers, blockhash, options.budget(used))?;
        match self.svm.send_transaction(signed.transaction.clone()) {
            Ok(meta) => Ok(self.record(&signed, meta)),
            Err(failed) => Err(ChainError::of_transaction(&failed.err, failed.meta.logs, &signed.programs())),
        }
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        let mut account = self.svm.get_account(address).unwrap_or_else(|| Account::new(0, 0, &SYSTEM_PROGRAM_ID));
        account.lamports = account.lamports.saturating_add(lamports);
        self.set_account(address, account)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        Ok(self.history.get(address).cloned().unwrap_or_default())
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        Ok(self.receipts.get(signature).cloned())
    }
}
