//! One instruction with its signers. A test takes the valid case and bends one thing.

use kzte_client::{AccountMeta, Address, Bic, Deployment, Instruction, instruction::beside_all_banks};

use crate::{Key, roster};

/// An instruction of the program and the keys that sign it (beside the payer of the fee).
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the instruction: finds the account names in [`roster`].
    pub name: &'static str,
    pub instruction: Instruction,
    pub signers: Vec<Key>,
}

impl Case {
    /// A case; panics when the instruction has another number of accounts than [`roster`] lists.
    pub fn new(name: &'static str, instruction: Instruction, signers: &[Key]) -> Self {
        let case = Self {
            name,
            instruction,
            signers: signers.to_vec(),
        };
        let spec = roster::of(name);
        let fixed = spec.accounts.len();
        let rest = case.instruction.accounts.len().checked_sub(fixed);
        let fits = match (rest, spec.remaining.len()) {
            (Some(rest), 0) => rest == 0,
            (Some(rest), group) => rest.is_multiple_of(group),
            (None, _) => false,
        };
        assert!(
            fits,
            "{name} has {} accounts, the roster lists {fixed}",
            case.instruction.accounts.len()
        );
        case
    }

    /// Place of an account by its name. Accounts of a repeated group are `recipient` or `recipient.0`, `recipient.1`…
    pub fn place(&self, account: &str) -> usize {
        let spec = roster::of(self.name);
        if let Some(place) = spec
            .accounts
            .iter()
            .position(|candidate| candidate.name == account)
        {
            return place;
        }
        let (name, number) = account.split_once('.').unwrap_or((account, "0"));
        let number: usize = number.parse().expect("a group number behind the point");
        let within = spec.remaining.iter().position(|candidate| candidate.name == name);
        let within = within.unwrap_or_else(|| panic!("{} has no account '{account}'", self.name));
        spec.accounts.len() + number * spec.remaining.len() + within
    }

    /// The account of that name.
    pub fn meta(&mut self, account: &str) -> &mut AccountMeta {
        let place = self.place(account);
        &mut self.instruction.accounts[place]
    }

    /// Address of the account of that name.
    pub fn address(&self, account: &str) -> Address {
        self.instruction.accounts[self.place(account)].pubkey
    }

    /// Another address in place of an account; its flags stay.
    pub fn replace(mut self, account: &str, address: Address) -> Self {
        self.meta(account).pubkey = address;
        self
    }

    /// Without the signature of an account: no flag, no key.
    pub fn unsigned(mut self, account: &str) -> Self {
        let meta = self.meta(account);
        assert!(meta.is_signer, "'{account}' signs in no case");
        meta.is_signer = false;
        let address = meta.pubkey;
        self.signers.retain(|key| key.address() != address);
        self
    }

    /// Signed by another key in place of an account.
    pub fn signed_by(mut self, account: &str, key: Key) -> Self {
        let meta = self.meta(account);
        assert!(meta.is_signer, "'{account}' signs in no case");
        let old = std::mem::replace(&mut meta.pubkey, key.address());
        // The old key stays when another account still needs it.
        if !self
            .instruction
            .accounts
            .iter()
            .any(|meta| meta.is_signer && meta.pubkey == old)
        {
            self.signers.retain(|candidate| candidate.address() != old);
        }
        self.signers.push(key);
        self
    }

    /// Without the writable flag of an account.
    pub fn readonly(mut self, account: &str) -> Self {
        let meta = self.meta(account);
        assert!(meta.is_writable, "'{account}' is written in no case");
        meta.is_writable = false;
        self
    }

    /// The account `of` once more, in place of `account`.
    pub fn duplicate(self, account: &str, of: &str) -> Self {
        let address = self.address(of);
        self.replace(account, address)
    }

    /// With the issuers of these banks as remaining accounts, which `freeze` and `open_order` ask for beside an account that
    /// owns itself.
    pub fn beside(mut self, deployment: &Deployment, banks: &[Bic]) -> Self {
        self.instruction = beside_all_banks(deployment, self.instruction, banks);
        self
    }

    /// Instruction data that ends a byte early.
    pub fn cut(self) -> Self {
        self.data(|data| data.truncate(data.len() - 1))
    }

    /// Other instruction data.
    pub fn data(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.instruction.data);
        self
    }
}
