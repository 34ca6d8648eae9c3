//! The in-process chain: LiteSVM with the compiled program. Deterministic: no clock but its own, no random keys.

use std::collections::HashMap;

use litesvm::{
    LiteSVM,
    types::{FailedTransactionMetadata, TransactionMetadata},
};
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, inner_instruction::InnerInstructionsList};
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_signature::Signature;

use super::{Chain, Fate, Inner, Letter, Receipt, SendOptions, Used, calls_of, prepare};
use crate::{
    ChainError, PROGRAM_ID, SYSTEM_PROGRAM_ID, address,
    event::{LOG_TRUNCATED, events_of},
    transaction::Signed,
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
            .map_err(|error| ChainError::Local {
                step: "the program",
                reason: error.to_string(),
            })?;
        let mut chain = Self {
            svm,
            options: SendOptions::default(),
            receipts: HashMap::new(),
            history: HashMap::new(),
        };
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
        let missing = ChainError::Missing {
            what: "program data account",
            address,
        };
        let Some(mut account) = self.svm.get_account(&address) else {
            return Err(missing);
        };
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
            .map_err(|error| ChainError::Local {
                step: "an account",
                reason: error.to_string(),
            })
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
            .map_err(|failed| {
                ChainError::of_transaction(&failed.err, failed.meta.logs, &signed.programs())
            })?;
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
            (is_program)
                .then(|| address::program_data_of(key))
                .filter(|data| !keys.contains(data))
        });
        let sizes = keys.iter().copied().chain(behind).filter_map(|key| {
            let length = u64::try_from(self.svm.get_account(&key)?.data.len()).ok()?;
            Some(length.saturating_add(LOADED_ACCOUNT_OVERHEAD))
        });
        sizes.fold(0, u64::saturating_add)
    }

    /// What a transaction did that landed in the current slot.
    fn receipt_of(&self, letter: &Letter, message: &VersionedMessage, meta: TransactionMetadata) -> Receipt {
        let clock: Clock = self.svm.get_sysvar();
        let calls = calls_of(message, &[], inner_of(&meta.inner_instructions));
        Receipt {
            signature: letter.signature,
            slot: clock.slot,
            time: Some(clock.unix_timestamp),
            compute_units: meta.compute_units_consumed,
            events: events_of(&meta.logs, &calls),
            truncated: meta.logs.iter().any(|line| line == LOG_TRUNCATED),
            logs: meta.logs,
            size: letter.bytes.len(),
        }
    }

    fn record(&mut self, receipt: &Receipt, message: &VersionedMessage) {
        for key in message.static_account_keys() {
            self.history.entry(*key).or_default().push(receipt.signature);
        }
        self.receipts.insert(receipt.signature, receipt.clone());
    }
}

/// The error of a letter that the virtual machine refused, with names.
fn failure_of(letter: &Letter, failed: &FailedTransactionMetadata) -> Result<ChainError, ChainError> {
    let logs = failed.meta.logs.clone();
    Ok(ChainError::of_transaction(&failed.err, logs, &letter.programs()?))
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
    fn cluster(&self) -> Result<String, ChainError> {
        Ok("in-process".to_owned())
    }

    fn now(&self) -> Result<i64, ChainError> {
        Ok(self.time())
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        // An account without lamports does not exist on a chain; LiteSVM keeps its empty shell.
        Ok(self
            .svm
            .get_account(address)
            .filter(|account| account.lamports > 0))
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        Ok(self.svm.minimum_balance_for_rent_exemption(data_len))
    }

    fn options(&self) -> SendOptions {
        self.options
    }

    /// Every letter gets a fresh blockhash and a new slot, so the same instructions can be signed twice; letters that
    /// were signed before and not sent can no longer land.
    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError> {
        self.svm.expire_blockhash();
        let mut clock: Clock = self.svm.get_sysvar();
        clock.slot = clock.slot.saturating_add(1);
        self.svm.set_sysvar(&clock);

        let blockhash = self.svm.latest_blockhash();
        let signed = prepare(instructions, payer, signers, blockhash, options, |trial| {
            self.try_out(trial)
        })?;
        // The blockhash alone decides until when it can land: this chain counts no blocks.
        Ok(Letter::of(signed, 0, options.preflight))
    }

    /// No node stands before this chain: a letter is tried out when it is signed, and here it is carried out.
    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        match self.fate(letter)? {
            Fate::Landed(receipt) => return Ok(*receipt),
            Fate::Failed(error) => return Err(error),
            Fate::Expired => {
                return Err(ChainError::Expired {
                    signature: letter.signature,
                });
            }
            Fate::Open => {}
        }
        let transaction = letter.transaction()?;
        let message = transaction.message.clone();
        match self.svm.send_transaction(transaction) {
            Ok(meta) => {
                let receipt = self.receipt_of(letter, &message, meta);
                self.record(&receipt, &message);
                Ok(receipt)
            }
            Err(failed) => Err(failure_of(letter, &failed)?),
        }
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        if let Some(receipt) = self.receipts.get(&letter.signature) {
            return Ok(Fate::Landed(Box::new(receipt.clone())));
        }
        let message = letter.transaction()?.message;
        Ok(match self.svm.get_transaction(&letter.signature) {
            // Sent past this chain, to the virtual machine itself.
            Some(Ok(meta)) => Fate::Landed(Box::new(self.receipt_of(letter, &message, meta.clone()))),
            Some(Err(failed)) => Fate::Failed(failure_of(letter, failed)?),
            None if *message.recent_blockhash() == self.svm.latest_blockhash() => Fate::Open,
            None => Fate::Expired,
        })
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        let mut account = self
            .svm
            .get_account(address)
            .unwrap_or_else(|| Account::new(0, 0, &SYSTEM_PROGRAM_ID));
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

#[cfg(test)]
mod tests {
    use kzte_ledger::{Entry, EntryKind};
    use solana_signer::Signer;

    use super::*;
    use crate::{TOKEN_PROGRAM_ID, chain::Limit, instruction::MintSource};

    const SOL: u64 = 1_000_000_000;

    fn key(byte: u8) -> Keypair {
        Keypair::new_from_array([byte; 32])
    }

    /// Any program will do here: the Token-2022 file that LiteSVM brings along, put at our address.
    fn stand_in() -> Vec<u8> {
        let account = LiteSVM::new()
            .get_account(&address::program_data_of(&TOKEN_PROGRAM_ID))
            .unwrap();
        account.data[PROGRAM_DATA_HEADER..].to_vec()
    }

    fn chain() -> LocalChain {
        let mut chain = LocalChain::new(&stand_in(), &key(9).pubkey()).unwrap();
        chain.fund(&key(1).pubkey(), 10 * SOL).unwrap();
        chain
    }

    fn transfer(lamports: u64) -> Instruction {
        solana_system_interface::instruction::transfer(&key(1).pubkey(), &key(2).pubkey(), lamports)
    }

    fn balance(chain: &LocalChain, byte: u8) -> u64 {
        chain
            .account(&key(byte).pubkey())
            .unwrap()
            .map_or(0, |account| account.lamports)
    }

    #[test]
    fn the_program_is_laid_out_as_the_loader_would() {
        let mut chain = chain();
        let program = chain.account(&PROGRAM_ID).unwrap().unwrap();
        assert_eq!(
            (program.executable, program.owner),
            (true, bpf_loader_upgradeable::ID)
        );
        assert_eq!(
            program.data,
            [&PROGRAM_TAG[..], address::program_data().as_ref()].concat()
        );

        let data = chain.account(&address::program_data()).unwrap().unwrap();
        assert_eq!(data.owner, bpf_loader_upgradeable::ID);
        assert_eq!(data.data[..4], [3, 0, 0, 0]);
        assert_eq!(data.data[12], 1);
        assert_eq!(data.data[13..45], *key(9).pubkey().as_array());
        assert_eq!(data.data[45..], stand_in());

        chain.set_upgrade_authority(None).unwrap();
        let data = chain.account(&address::program_data()).unwrap().unwrap();
        assert_eq!(data.data[12..45], [0; 33]);
    }

    #[test]
    fn a_file_that_is_no_program_is_refused() {
        let error = LocalChain::new(b"no ELF", &key(9).pubkey()).err().unwrap();
        assert!(
            matches!(
                error,
                ChainError::Local {
                    step: "the program",
                    ..
                }
            ),
            "{error:?}"
        );
    }

    #[test]
    fn the_clock_stands_until_it_is_moved() {
        let mut chain = chain();
        assert_eq!(chain.now().unwrap(), 1_794_798_000);
        chain.send(&[transfer(SOL)], &key(1), &[]).unwrap();
        assert_eq!(chain.now().unwrap(), GENESIS_TIME);
        chain.advance(86_400);
        assert_eq!(chain.now().unwrap(), GENESIS_TIME + 86_400);
        chain.warp_to(5);
        assert_eq!(chain.now().unwrap(), 5);
    }

    #[test]
    fn identical_transactions_can_be_sent_twice() {
        let mut chain = chain();
        let one = chain.send(&[transfer(SOL)], &key(1), &[]).unwrap();
        let two = chain.send(&[transfer(SOL)], &key(1), &[]).unwrap();
        assert_ne!(one.signature, two.signature);
        assert!(two.slot > one.slot);
        assert_eq!(balance(&chain, 2), 2 * SOL);
        assert_eq!(
            chain.history(&key(2).pubkey()).unwrap(),
            [one.signature, two.signature]
        );
        assert_eq!(chain.receipt(&two.signature).unwrap(), Some(two));
        assert_eq!(chain.receipt(&Signature::default()).unwrap(), None);
    }

    #[test]
    fn a_letter_lands_once_however_often_it_is_sent() {
        let mut chain = chain();
        let options = chain.options();
        let letter = chain.sign(&[transfer(SOL)], &key(1), &[], options).unwrap();
        assert_eq!(balance(&chain, 2), 0, "signing sends nothing");
        assert!(matches!(chain.fate(&letter), Ok(Fate::Open)));
        let receipt = chain.dispatch(&letter).unwrap();
        assert_eq!(receipt.signature, letter.signature);
        assert_eq!(chain.dispatch(&letter).unwrap(), receipt);
        assert_eq!(balance(&chain, 2), SOL);
        assert_eq!(chain.history(&key(2).pubkey()).unwrap(), [letter.signature]);
        // Also when its time is over.
        chain.send(&[transfer(SOL)], &key(1), &[]).unwrap();
        let Ok(Fate::Landed(found)) = chain.fate(&letter) else {
            panic!("it has landed")
        };
        assert_eq!(*found, receipt);
    }

    #[test]
    fn a_letter_whose_time_is_over_never_lands() {
        let mut chain = chain();
        let options = chain.options();
        let first = chain.sign(&[transfer(SOL)], &key(1), &[], options).unwrap();
        let second = chain.sign(&[transfer(SOL)], &key(1), &[], options).unwrap();
        assert_ne!(first.signature, second.signature);
        assert!(matches!(chain.fate(&first), Ok(Fate::Expired)));
        let error = chain.dispatch(&first).unwrap_err();
        assert!(
            matches!(error, ChainError::Expired { signature } if signature == first.signature),
            "{error:?}"
        );
        chain.dispatch(&second).unwrap();
        assert_eq!(balance(&chain, 2), SOL);
    }

    #[test]
    fn a_letter_that_failed_has_failed_for_ever() {
        let mut chain = chain();
        let letter = chain
            .sign(&[transfer(11 * SOL)], &key(1), &[], SendOptions::UNCHECKED)
            .unwrap();
        for _ in 0..2 {
            let error = chain.dispatch(&letter).unwrap_err();
            assert!(matches!(error, ChainError::Program { code: 1, .. }), "{error:?}");
        }
        assert!(matches!(
            chain.fate(&letter),
            Ok(Fate::Failed(ChainError::Program { code: 1, .. }))
        ));
        assert_eq!(balance(&chain, 1), 10 * SOL - 5_000, "the fee was paid twice");
    }

    #[test]
    fn a_batch_is_sent_one_after_the_other_until_an_error() {
        let mut chain = chain();
        let mut heard = Vec::new();
        let batch = [1, 2, 20, 3].map(|sol| vec![transfer(sol * SOL)]);
        let options = chain.options();
        let receipts = chain
            .send_batch(&batch[..2], &key(1), &[], options, &mut |done| heard.push(done))
            .unwrap();
        assert_eq!((receipts.len(), &heard[..]), (2, &[1, 2][..]));
        assert_eq!(
            chain.history(&key(2).pubkey()).unwrap(),
            [receipts[0].signature, receipts[1].signature]
        );
        let error = chain
            .send_batch(&batch, &key(1), &[], options, &mut |done| heard.push(done))
            .unwrap_err();
        assert_eq!(error.name(), Some("ResultWithNegativeLamports"), "{error:?}");
        assert_eq!(heard, [1, 2, 1, 2]);
        assert_eq!(balance(&chain, 2), 6 * SOL);
    }

    #[test]
    fn two_chains_with_the_same_steps_are_the_same() {
        let run = || {
            let mut chain = chain();
            (
                chain.send(&[transfer(7 * SOL / 2)], &key(1), &[]).unwrap(),
                balance(&chain, 1),
            )
        };
        assert_eq!(run(), run());
    }

    #[test]
    fn a_receipt_tells_units_and_size() {
        let mut chain = chain();
        let receipt = chain.send(&[transfer(SOL)], &key(1), &[]).unwrap();
        // 150 for the transfer and for each of the two limits.
        assert_eq!(receipt.compute_units, 450);
        let keys = 4 * 32;
        assert_eq!(
            receipt.size,
            1 + 64 + 3 + 1 + keys + 32 + 1 + (3 + 5) + (3 + 5) + (3 + 2 + 12)
        );
        assert_eq!((receipt.time, receipt.truncated), (Some(GENESIS_TIME), false));
        assert_eq!(receipt.events, []);
    }

    #[test]
    fn measured_limits_are_tight_and_enough() {
        let mut chain = chain();
        let (deployment, payer) = (crate::Deployment::of(key(4).pubkey()), key(1));
        let create =
            crate::instruction::create_associated_token(&deployment, payer.pubkey(), key(2).pubkey());
        let signed = prepare(
            &[create],
            &payer,
            &[],
            chain.svm.latest_blockhash(),
            SendOptions {
                preflight: false,
                ..SendOptions::default()
            },
            |trial| {
                Ok(Used {
                    compute_units: Some(1),
                    loaded_data: Some(chain.loaded_data(&trial.transaction.message)),
                })
            },
        )
        .unwrap();
        let limit = &signed.transaction.message.instructions()[1].data;
        let loaded = u32::from_le_bytes(limit[1..].try_into().unwrap());
        // The Token-2022 and associated-token files make up nearly all of it.
        assert!((700_000..900_000).contains(&loaded), "{loaded}");

        let options = SendOptions {
            loaded_data: Limit::Fixed(1),
            ..SendOptions::UNCHECKED
        };
        let error = chain
            .send_with(&[transfer(SOL)], &payer, &[], options)
            .unwrap_err();
        assert_eq!(
            error.name(),
            Some("MaxLoadedAccountsDataSizeExceeded"),
            "{error:?}"
        );
        let options = SendOptions {
            compute_units: Limit::Fixed(449),
            ..SendOptions::UNCHECKED
        };
        let error = chain
            .send_with(&[transfer(SOL)], &payer, &[], options)
            .unwrap_err();
        assert_eq!(error.name(), Some("ComputationalBudgetExceeded"), "{error:?}");
        chain.send(&[transfer(SOL)], &payer, &[]).unwrap();
    }

    #[test]
    fn only_an_unchecked_failure_costs_its_fee() {
        let mut chain = chain();
        let too_much = transfer(11 * SOL);
        let error = chain
            .send(std::slice::from_ref(&too_much), &key(1), &[])
            .unwrap_err();
        assert_eq!(error.name(), Some("ResultWithNegativeLamports"), "{error:?}");
        assert_eq!(balance(&chain, 1), 10 * SOL);
        let error = chain
            .send_with(&[too_much], &key(1), &[], SendOptions::UNCHECKED)
            .unwrap_err();
        let ChainError::Program { program, code, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((program, code), (SYSTEM_PROGRAM_ID, 1));
        assert_eq!(balance(&chain, 1), 10 * SOL - 5_000);
        assert_eq!(chain.history(&key(2).pubkey()).unwrap(), []);
    }

    #[test]
    fn a_transaction_beyond_a_packet_is_refused_although_litesvm_would_take_it() {
        let mut chain = chain();
        let deployment = crate::Deployment::of(key(4).pubkey());
        let entry = Entry {
            kind: EntryKind::Credit,
            index: 0,
            amount: 1,
            reference_hash: [1; 32],
            party: [2; 32],
        };
        let recipient = crate::instruction::Recipient::of(key(2).pubkey(), &deployment.mint);
        let bic = "CASPKZKA".parse().unwrap();
        let mint = |proof: usize| {
            crate::instruction::mint(
                &deployment,
                &bic,
                key(1).pubkey(),
                1,
                recipient,
                &entry,
                &vec![[0; 32]; proof],
            )
        };
        let error = chain.send(&[mint(16), mint(16)], &key(1), &[]).unwrap_err();
        assert!(
            matches!(error, ChainError::TooLarge { limit: 1232, .. }),
            "{error:?}"
        );
        // One mint with the longest proof fits.
        let hash = chain.svm.latest_blockhash();
        let budget = crate::transaction::Budget::MAX;
        let signed = crate::transaction::build(&[mint(16)], &key(1), &[], hash, budget).unwrap();
        assert!(signed.bytes.len() <= 1232);
    }

    #[test]
    fn a_new_mints_key_signs_only_when_it_is_created() {
        let deployment = crate::Deployment::of(key(4).pubkey());
        let args = || crate::instruction::InitializeArgs {
            roles: [key(5).pubkey(); 6],
            attestors: vec![key(6).pubkey()],
            threshold: 1,
            mandatory: 1,
            max_statement_age: 1,
            redemption_sla: 1,
            name: "Tenge".to_owned(),
            uri: "https://kzte.example/token.json".to_owned(),
        };
        for (source, signs) in [(MintSource::Create, true), (MintSource::Adopt, false)] {
            let payer = key(1).pubkey();
            let instruction =
                crate::instruction::initialize(&deployment, payer, key(9).pubkey(), source, args());
            let meta = instruction
                .accounts
                .iter()
                .find(|meta| meta.pubkey == deployment.mint)
                .unwrap();
            assert_eq!((meta.is_signer, meta.is_writable), (signs, true));
        }
    }

    #[test]
    fn an_account_without_lamports_is_gone() {
        let mut chain = chain();
        let address = key(3).pubkey();
        assert_eq!(chain.account(&address).unwrap(), None);
        chain.fund(&address, SOL).unwrap();
        chain.fund(&address, SOL).unwrap();
        assert_eq!(chain.account(&address).unwrap().unwrap().lamports, 2 * SOL);
        chain.set_account(&address, Account::default()).unwrap();
        assert_eq!(chain.account(&address).unwrap(), None);
    }
}
