//! The step against a stand-in for the Program Metadata program, which does what its published interface says and no more.
//!
//! Where `KZTE_PROGRAM_METADATA` names the program's file (`solana program dump` writes it), the real program runs every
//! transaction as well, on the same accounts, and must leave the same bytes and lamports.

use std::collections::BTreeMap;

use kzte_client::{
    Account, Chain, ChainError, Fate, Keypair, Letter, LocalChain, PROGRAM_ID, Receipt, SYSTEM_PROGRAM_ID,
    SendOptions, Signature, address,
};
use solana_message::Message;

use super::*;
use crate::{DeploymentFile, Migration};

const PAYER: Address = Address::new_from_array([7; 32]);

/// Accounts, and nothing that runs.
#[derive(Clone, Default)]
struct Accounts(BTreeMap<Address, Account>);

impl Chain for Accounts {
    fn cluster(&self) -> Result<String, ChainError> {
        Ok("in-process".to_owned())
    }
    fn now(&self) -> Result<i64, ChainError> {
        Ok(0)
    }
    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        Ok(self.0.get(address).cloned())
    }
    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        Ok((data_len as u64 + 128) * 6_960)
    }
    fn options(&self) -> SendOptions {
        SendOptions::default()
    }
    fn sign(
        &mut self,
        _: &[Instruction],
        _: &Keypair,
        _: &[&Keypair],
        _: SendOptions,
    ) -> Result<Letter, ChainError> {
        unreachable!("nothing is sent")
    }
    fn dispatch(&mut self, _: &Letter) -> Result<Receipt, ChainError> {
        unreachable!("nothing is sent")
    }
    fn fate(&self, _: &Letter) -> Result<Fate, ChainError> {
        unreachable!("nothing is sent")
    }
    fn fund(&mut self, _: &Address, _: u64) -> Result<(), ChainError> {
        unreachable!("nothing is sent")
    }
    fn history(&self, _: &Address) -> Result<Vec<Signature>, ChainError> {
        Ok(Vec::new())
    }
    fn receipt(&self, _: &Signature) -> Result<Option<Receipt>, ChainError> {
        Ok(None)
    }
}

impl Accounts {
    /// Both programs behind the loader, the upgrade authority, a payer.
    fn with(authority: Address) -> Self {
        let mut chain = Self::default();
        chain.deploy(&PROGRAM_ID, &authority);
        chain.deploy(&interface::ID, &SYSTEM_PROGRAM_ID);
        chain.put(PAYER, SYSTEM_PROGRAM_ID, Vec::new()).lamports = 1_000_000_000;
        chain
    }

    fn deploy(&mut self, program: &Address, authority: &Address) {
        let data = address::program_data_of(program);
        self.put(
            *program,
            loader::LOADER_ID,
            [&[2, 0, 0, 0], data.as_ref()].concat(),
        );
        let header = [&[3, 0, 0, 0][..], &[0; 8], &[1], authority.as_ref()].concat();
        self.put(data, loader::LOADER_ID, header);
    }

    fn put(&mut self, address: Address, owner: Address, data: Vec<u8>) -> &mut Account {
        let account = Account {
            lamports: 1,
            data,
            owner,
            ..Account::default()
        };
        self.0.insert(address, account);
        self.0.get_mut(&address).unwrap()
    }

    fn upgrade_authority(&self, program: &Address) -> Address {
        let data = &self.0[&address::program_data_of(program)].data;
        Address::new_from_array(data[13..45].try_into().unwrap())
    }

    /// One transaction: all of it or nothing.
    fn run(&mut self, transaction: &[Instruction], signers: &[Address]) {
        let mut next = self.clone();
        for instruction in transaction {
            for meta in &instruction.accounts {
                let signs = !meta.is_signer || signers.contains(&meta.pubkey);
                assert!(signs, "{} does not sign", meta.pubkey);
            }
            if instruction.program_id == SYSTEM_PROGRAM_ID {
                next.transfer(instruction);
            } else {
                assert_eq!(instruction.program_id, interface::ID);
                next.metadata(instruction);
            }
        }
        for account in next.0.values().filter(|account| account.owner == interface::ID) {
            let rent = self.minimum_balance(account.data.len()).unwrap();
            assert!(account.lamports >= rent, "less than the rent");
        }
        if let Some(file) = std::env::var_os("KZTE_PROGRAM_METADATA") {
            let program = std::fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let real = self.run_for_real(&program, transaction);
            let differ: Vec<&Address> = real
                .0
                .keys()
                .chain(next.0.keys())
                .filter(|address| real.0.get(address) != next.0.get(address))
                .collect();
            assert!(
                differ.is_empty(),
                "the real program leaves something else at {differ:?}"
            );
        }
        *self = next;
    }

    /// The same transaction by the real program. Signatures are not looked at: a vault has no key, and who must sign was
    /// compared above.
    fn run_for_real(&self, program: &[u8], transaction: &[Instruction]) -> Self {
        // Of our own program only its loader's accounts count: any file does.
        let mut chain = LocalChain::new(program, &self.upgrade_authority(&PROGRAM_ID)).unwrap();
        let svm = chain.svm_mut();
        *svm = std::mem::take(svm).with_sigverify(false);
        svm.add_program(interface::ID, program).unwrap();
        let written = |account: &Account| account.owner != loader::LOADER_ID;
        for (address, account) in self.0.iter().filter(|(_, account)| written(account)) {
            svm.set_account(*address, account.clone()).unwrap();
        }
        let message = Message::new_with_blockhash(transaction, Some(&PAYER), &svm.latest_blockhash());
        let signatures = message.header.num_required_signatures;
        let letter = Letter {
            signature: Signature::default(),
            bytes: [
                &[signatures][..],
                &vec![0; size_of::<Signature>() * usize::from(signatures)],
                &message.serialize(),
            ]
            .concat(),
            last_valid: 0,
            preflight: false,
        };
        let done = svm
            .send_transaction(letter.transaction().unwrap())
            .unwrap_or_else(|failed| panic!("{}: {:#?}", failed.err, failed.meta.logs));
        println!("{} compute units", done.compute_units_consumed);
        let mut after = self.clone();
        for address in &message.account_keys {
            let Some(account) = svm.get_account(address).filter(|account| account.lamports > 0) else {
                after.0.remove(address);
                continue;
            };
            if written(&account) && account.owner != solana_sdk_ids::native_loader::ID {
                after.0.insert(
                    *address,
                    Account {
                        rent_epoch: 0,
                        ..account
                    },
                );
            }
        }
        // The stand-in takes no fee.
        after.0.get_mut(&PAYER).unwrap().lamports += 5_000 * u64::from(signatures);
        after
    }

    fn transfer(&mut self, instruction: &Instruction) {
        let (tag, lamports) = instruction.data.split_first_chunk::<4>().unwrap();
        assert_eq!(*tag, [2, 0, 0, 0], "a transfer");
        let lamports = u64::from_le_bytes(lamports.try_into().unwrap());
        let [from, to] = [0, 1].map(|index| instruction.accounts[index].pubkey);
        self.0.get_mut(&from).unwrap().lamports -= lamports;
        self.0.entry(to).or_default().lamports += lamports;
    }

    /// By the interface, with the program's checks.
    fn metadata(&mut self, instruction: &Instruction) {
        let keys: Vec<Address> = instruction.accounts.iter().map(|meta| meta.pubkey).collect();
        let (tag, data) = instruction.data.split_first().unwrap();
        let (target, authority) = (keys[0], keys[1]);
        assert!(instruction.accounts[0].is_writable && instruction.accounts[1].is_signer);
        let before = self.0.get(&target).cloned().unwrap_or_default();
        let mut account = before.clone();
        // Program and program data stand in different places.
        let is_canonical = |at: usize| {
            let (program, program_data) = (keys[at], keys[at + 1]);
            if program_data == interface::ID {
                return false;
            }
            assert_eq!(program_data, address::program_data_of(&program));
            self.upgrade_authority(&program) == authority
        };
        let expected = |at: usize, seed: &[u8; 16]| {
            if is_canonical(at) {
                interface::canonical(&keys[at], seed)
            } else {
                interface::non_canonical(&keys[at], &authority, seed)
            }
        };
        let may_change = |at: usize| {
            let stored = match before.data[0] {
                1 => &before.data[33..65],
                2 => {
                    assert_eq!(before.data[65], 1, "immutable");
                    &before.data[33..65]
                }
                other => panic!("discriminator {other}"),
            };
            let marked = before.data[if before.data[0] == 1 { 65 } else { 66 }] == 1;
            stored == authority.as_ref()
                || (marked && before.data[1..33] == *keys[at].as_ref() && is_canonical(at))
        };
        match tag {
            // Write.
            0 => {
                assert_eq!((before.data[0], &before.data[33..65]), (1, authority.as_ref()));
                let (offset, bytes) = data.split_first_chunk::<4>().unwrap();
                let bytes = if keys[2] == interface::ID {
                    assert!(!bytes.is_empty());
                    bytes.to_vec()
                } else {
                    assert!(bytes.is_empty());
                    let source = &self.0[&keys[2]];
                    assert_eq!((source.owner, source.data[0]), (interface::ID, 1));
                    source.data[HEADER..].to_vec()
                };
                let start = HEADER + u32::from_le_bytes(*offset) as usize;
                let end = start + bytes.len();
                account.data.resize(before.data.len().max(end), 0);
                account.data[start..end].copy_from_slice(&bytes);
            }
            // Initialize.
            1 => {
                let (seed, rest) = data.split_first_chunk::<16>().unwrap();
                let (kind, bytes) = rest.split_first_chunk::<4>().unwrap();
                assert_eq!(target, expected(2, seed));
                if before.data.is_empty() {
                    assert!(!bytes.is_empty() && keys[4] == SYSTEM_PROGRAM_ID);
                    account.data = vec![0; HEADER];
                    account.data.extend(bytes);
                } else {
                    assert!(before.data[0] == 1 && bytes.is_empty());
                }
                account.owner = interface::ID;
                let length = (account.data.len() - HEADER) as u32;
                let header = [
                    &[2][..],
                    keys[2].as_ref(),
                    &[0; 32],
                    &[1, is_canonical(2).into()],
                    seed,
                    kind,
                    &length.to_le_bytes(),
                ]
                .concat();
                account.data[..header.len()].copy_from_slice(&header);
            }
            // SetAuthority.
            2 => {
                assert!(keys.len() == 4 && may_change(2) && data[0] == 1);
                account.data[33..65].copy_from_slice(&data[1..33]);
            }
            // SetData.
            3 => {
                assert!(before.data[0] == 2 && may_change(3));
                let (kind, bytes) = data.split_first_chunk::<4>().unwrap();
                let bytes = if keys[2] == interface::ID {
                    bytes.to_vec()
                } else {
                    assert!(bytes.is_empty() && self.0[&keys[2]].data[0] == 1);
                    self.0[&keys[2]].data[HEADER..].to_vec()
                };
                assert!(!bytes.is_empty());
                account.data.truncate(HEADER);
                account.data[83..87].copy_from_slice(kind);
                account.data[87..91].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
                account.data.extend(bytes);
            }
            // Close.
            6 => {
                assert!(keys.len() == 5 && may_change(2));
                self.0.get_mut(&keys[4]).unwrap().lamports += before.lamports;
                self.0.remove(&target);
                return;
            }
            // Allocate.
            7 => {
                let seed = data.try_into().unwrap();
                assert_eq!(target, expected(2, seed));
                assert!(before.data.is_empty() && before.lamports > 0);
                account.owner = interface::ID;
                account.data = [
                    &[1],
                    keys[2].as_ref(),
                    authority.as_ref(),
                    &[is_canonical(2).into()],
                    seed,
                ]
                .concat();
                account.data.resize(HEADER, 0);
            }
            // Extend.
            8 => {
                assert!(may_change(2));
                let by = u16::from_le_bytes(data.try_into().unwrap());
                account.data.resize(before.data.len() + usize::from(by), 0);
            }
            other => panic!("instruction {other}"),
        }
        assert!(
            account.data.len() <= before.data.len() + GROWTH || *tag == 1,
            "growth"
        );
        self.0.insert(target, account);
    }
}

/// A file, and the documents beside it.
fn example() -> DeploymentFile {
    DeploymentFile::read(&example_path()).unwrap()
}

fn example_path() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deployment.example.toml")
}

/// Text that packs to more than `bytes`.
fn long_idl(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut noise = String::new();
    // Each number of 16 digits holds 8 bytes that nothing packs.
    while noise.len() < bytes * 2 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        noise.push_str(&hex::encode(Sha256::digest(state.to_le_bytes())));
    }
    let text = format!("{{\"address\":\"{PROGRAM_ID}\",\"noise\":\"{noise}\"}}").into_bytes();
    assert!(packed(&text).len() > bytes);
    text
}

fn migration<'a>(file: &'a DeploymentFile, idl: Option<Vec<u8>>, security: Option<Vec<u8>>) -> Migration<'a> {
    Migration {
        metadata: Documents { idl, security },
        ..Migration::of(&file.description)
    }
}

fn items(chain: &Accounts, migration: &Migration) -> Vec<Item> {
    let view = View {
        chain,
        migration,
        payer: Some(PAYER),
    };
    plan(&view).unwrap()
}

/// Acts until the document is done; returns what was done. `keys`: who signs here; `breaks`: how many transactions of a
/// row land before it breaks.
fn drive(
    chain: &mut Accounts,
    migration: &Migration,
    subject: &str,
    keys: &[Address],
    breaks: usize,
) -> Vec<(String, usize)> {
    let mut done = Vec::new();
    while items(chain, migration)
        .iter()
        .any(|item| item.subject == subject && item.state != State::Done)
    {
        assert!(done.len() < 40, "no end: {done:?}");
        let view = View {
            chain: &*chain,
            migration,
            payer: Some(PAYER),
        };
        let holds = |address: &Address| keys.contains(address);
        let hands = Hands {
            payer: PAYER,
            holds: &holds,
        };
        let act = act(&view, subject, &hands).unwrap();
        let mut signers = vec![PAYER];
        // Whoever is not here signs the proposal.
        signers.extend(act.signers.iter().map(|signer| signer.address));
        if !act.signers.is_empty() && !holds(&act.signers[0].address) {
            assert_eq!(act.transactions[0].len(), 1, "a proposal holds one instruction");
            assert!(
                act.transactions[0][0]
                    .accounts
                    .iter()
                    .all(|meta| !meta.is_signer || meta.pubkey == act.signers[0].address),
                "nobody else signs it"
            );
        }
        for transaction in act.transactions.iter().take(breaks) {
            chain.run(transaction, &signers);
        }
        done.push((act.what, act.transactions.len()));
    }
    done
}

fn text_on(chain: &Accounts, subject: &str) -> Vec<u8> {
    let address = interface::canonical(&PROGRAM_ID, &interface::seed(subject));
    match Stored::of(chain.0.get(&address)) {
        Stored::Metadata { kind, data, .. } => unpacked(kind.compression, &data).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn buffers(chain: &Accounts) -> usize {
    let is_buffer = |account: &&Account| matches!(Stored::of(Some(account)), Stored::Buffer { .. });
    chain.0.values().filter(is_buffer).count()
}

#[test]
fn the_documents_of_the_example_are_written_and_found_again() {
    let file = example();
    let documents = file.documents(&example_path()).unwrap();
    let authority = file.description.upgrade_authority;
    let migration = migration(&file, documents.idl.clone(), documents.security.clone());
    let mut chain = Accounts::with(authority);
    let states = items(&chain, &migration);
    assert_eq!(states.len(), 2);
    for item in &states {
        let signers = vec![Signatory::new("upgrade authority", authority)];
        assert_eq!(item.state, State::Missing { signers });
        assert!(!item.others_sign, "the first deployment's key is here or nowhere");
        assert_eq!(item.changes[0].chain, "none");
    }
    let idl = drive(&mut chain, &migration, "idl", &[authority], usize::MAX);
    assert_eq!(idl.len(), 4, "create, write, pay, write as: {idl:?}");
    assert!(idl[1].0.starts_with("write 1") && idl[1].1 > 10, "{idl:?}");
    let security = drive(&mut chain, &migration, "security", &[authority], usize::MAX);
    assert_eq!(security.len(), 2, "pay, write: {security:?}");
    assert_eq!(text_on(&chain, "idl"), documents.idl.unwrap());
    assert_eq!(text_on(&chain, "security"), documents.security.unwrap());
    assert_eq!(buffers(&chain), 0, "closed");
    assert!(
        items(&chain, &migration)
            .iter()
            .all(|item| item.state == State::Done)
    );
}

#[test]
fn a_run_that_is_cut_writes_only_what_is_missing() {
    let file = example();
    let authority = file.description.upgrade_authority;
    let idl = long_idl(30_000);
    let migration = migration(&file, Some(idl.clone()), None);
    let mut chain = Accounts::with(authority);
    let done = drive(&mut chain, &migration, "idl", &[authority], 9);
    let writes: Vec<usize> = done
        .iter()
        .filter(|(what, _)| what.contains("chunks"))
        .map(|(_, count)| *count)
        .collect();
    assert!(
        writes.len() > 2 && writes.windows(2).all(|pair| pair[0] == pair[1] + 9),
        "{writes:?}"
    );
    assert_eq!(text_on(&chain, "idl"), idl);
}

#[test]
fn a_change_replaces_long_by_short_and_short_by_long() {
    let file = example();
    let authority = file.description.upgrade_authority;
    let short = format!("{{\"address\":\"{PROGRAM_ID}\"}}").into_bytes();
    let mut chain = Accounts::with(authority);
    // 45,000 from 30,000 bytes is more than one instruction grows by.
    for idl in [short.clone(), long_idl(30_000), long_idl(45_000), short] {
        let migration = migration(&file, Some(idl.clone()), None);
        drive(&mut chain, &migration, "idl", &[authority], usize::MAX);
        assert_eq!(text_on(&chain, "idl"), idl);
        assert_eq!(buffers(&chain), 0);
    }
}

/// The upgrade authority is a vault: the payer writes and gives, the vault signs one instruction at a time.
#[test]
fn a_vault_signs_single_instructions() {
    let file = example();
    let vault = Address::find_program_address(&[b"vault"], &PROGRAM_ID).0;
    let mut chain = Accounts::with(vault);
    let first = long_idl(30_000);
    let new = migration(&file, Some(first.clone()), None);
    assert!(items(&chain, &new)[0].others_sign);
    let done = drive(&mut chain, &new, "idl", &[], usize::MAX);
    let count = |done: &[(String, usize)]| {
        done.iter()
            .filter(|(what, _)| what.starts_with("write idl"))
            .count()
    };
    assert_eq!(count(&done), 7, "allocate, four times extend, copy, initialize");
    assert_eq!(text_on(&chain, "idl"), first);
    let second = long_idl(31_000);
    let change = migration(&file, Some(second.clone()), None);
    let done = drive(&mut chain, &change, "idl", &[], usize::MAX);
    assert_eq!(count(&done), 1, "set_data");
    assert_eq!(text_on(&chain, "idl"), second);
    assert_eq!(buffers(&chain), 2, "the vault's own now");
}

#[test]
fn a_remainder_at_the_address_is_taken_away_first() {
    let file = example();
    let authority = file.description.upgrade_authority;
    let mut chain = Accounts::with(authority);
    let seed = interface::seed("idl");
    let address = interface::canonical(&PROGRAM_ID, &seed);
    let old = Address::new_from_array([9; 32]);
    let mut data = [&[1], PROGRAM_ID.as_ref(), old.as_ref(), &[1], &seed[..]].concat();
    data.resize(HEADER + 100, 3);
    chain.put(address, interface::ID, data).lamports = 10_000_000;
    let idl = long_idl(2_000);
    let migration = migration(&file, Some(idl.clone()), None);
    assert_eq!(
        items(&chain, &migration)[0].changes[0].chain,
        "a buffer with 100 bytes"
    );
    drive(&mut chain, &migration, "idl", &[authority], usize::MAX);
    assert_eq!(text_on(&chain, "idl"), idl);
}

#[test]
fn a_document_of_another_packing_is_done_and_another_kind_is_not() {
    let file = example();
    let authority = file.description.upgrade_authority;
    let idl = format!("{{\"address\":\"{PROGRAM_ID}\"}}").into_bytes();
    let migration = migration(&file, Some(idl.clone()), None);
    let seed = interface::seed("idl");
    let address = interface::canonical(&PROGRAM_ID, &seed);
    let with = |kind: [u8; 4], data: &[u8], is_mutable: u8| {
        let mut chain = Accounts::with(authority);
        let length = (data.len() as u32).to_le_bytes();
        let header = [
            &[2][..],
            PROGRAM_ID.as_ref(),
            &[0; 32],
            &[is_mutable, 1],
            &seed,
            &kind,
            &length,
            &[0; 5],
        ];
        // Five bytes more than the document: an extended account.
        let account = [&header.concat(), data, &[1; 5]].concat();
        chain.put(address, interface::ID, account);
        items(&chain, &migration).remove(0).state
    };
    let fast = miniz_oxide::deflate::compress_to_vec_zlib(&idl, 1);
    assert_eq!(with([1, 2, 1, 0], &fast, 1), State::Done);
    assert_eq!(with([1, 0, 1, 0], &idl, 1), State::Done);
    assert_eq!(with([1, 0, 1, 0], &idl, 0), State::Done, "nothing to change");
    for (kind, data) in [
        ([1, 2, 2, 0], fast.as_slice()), // YAML
        ([1, 2, 1, 1], &fast),           // a URL
        ([1, 2, 1, 0], &fast[1..]),      // broken
        ([1, 1, 1, 0], &fast),           // gzip
        ([1, 0, 1, 0], &idl[1..]),
    ] {
        assert!(matches!(with(kind, data, 1), State::Missing { .. }), "{kind:?}");
        let State::Differs { fields } = with(kind, data, 0) else {
            panic!("an immutable document is changed")
        };
        assert!(fields[0].to_string().contains("for ever"));
    }
}

#[test]
fn a_cluster_without_the_program_is_named() {
    let file = example();
    let mut chain = Accounts::with(file.description.upgrade_authority);
    chain.0.remove(&interface::ID);
    let idl = format!("{{\"address\":\"{PROGRAM_ID}\"}}").into_bytes();
    let asked = migration(&file, Some(idl), None);
    let State::Differs { fields } = &items(&chain, &asked)[0].state else {
        panic!("nothing differs")
    };
    let told = fields[0].to_string();
    assert!(
        told.contains("ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S") && told.contains("take the table out"),
        "{told}"
    );
    // In the whole plan as well, and only where the file asks.
    let actions = asked.plan(&chain, None, &[]).unwrap();
    assert!(
        actions
            .iter()
            .any(|action| action.step == NAME && matches!(action.state, State::Differs { .. }))
    );
    let actions = migration(&file, None, None).plan(&chain, None, &[]).unwrap();
    assert!(actions.iter().all(|action| action.step != NAME));
}

#[test]
fn files_that_are_something_else_are_refused() {
    let file = example();
    let chain = Accounts::with(file.description.upgrade_authority);
    let refused = |idl: Option<&str>, security: Option<&str>| {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        let migration = migration(&file, bytes(idl), bytes(security));
        let view = View {
            chain: &chain,
            migration: &migration,
            payer: None,
        };
        plan(&view).err().unwrap().to_string()
    };
    assert!(refused(Some("{"), None).contains("no JSON"));
    assert!(refused(Some("{}"), None).contains("the IDL of no program"));
    assert!(refused(Some("{\"address\":\"another\"}"), None).contains("the IDL of another"));
    let missing = refused(
        None,
        Some("{\"name\":\"KZTE\",\"project_url\":\"x\",\"contacts\":[]}"),
    );
    assert!(missing.contains("no «contacts»"), "{missing}");
}

#[test]
fn a_program_that_nobody_can_upgrade_gets_no_document() {
    let file = example();
    let mut chain = Accounts::with(file.description.upgrade_authority);
    let data = address::program_data();
    chain.0.get_mut(&data).unwrap().data[12] = 0;
    let idl = format!("{{\"address\":\"{PROGRAM_ID}\"}}").into_bytes();
    let State::Differs { fields } = &items(&chain, &migration(&file, Some(idl), None))[0].state else {
        panic!("nothing differs")
    };
    assert_eq!(fields[0].chain, "none, for ever");
}
