//! One mint and its configuration.

use solana_address::Address;

use crate::{Bic, address};

/// Which KZTE this is about: the program is fixed, the mint names the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The Token-2022 mint.
    pub mint: Address,
    /// The configuration of that mint.
    pub config: Address,
}

impl Deployment {
    /// The deployment of `mint`.
    pub fn of(mint: Address) -> Self {
        Self {
            mint,
            config: address::config(&mint),
        }
    }

    /// The issuer account of a bank.
    pub fn issuer(&self, bic: &Bic) -> Address {
        address::issuer(&self.config, bic)
    }

    /// The escrow of a bank.
    pub fn escrow(&self, bic: &Bic) -> Address {
        address::escrow(&self.issuer(bic))
    }

    /// A statement of a bank.
    pub fn statement(&self, bic: &Bic, number: u64) -> Address {
        address::statement(&self.issuer(bic), number)
    }

    /// A redemption of `owner` at a bank.
    pub fn redemption(&self, bic: &Bic, owner: &Address, nonce: u64) -> Address {
        address::redemption(&self.issuer(bic), owner, nonce)
    }

    /// The seizure order of a case.
    pub fn order(&self, case_hash: &[u8; 32]) -> Address {
        address::order(&self.config, case_hash)
    }

    /// The block of a wallet.
    pub fn block(&self, wallet: &Address) -> Address {
        address::block(&self.config, wallet)
    }

    /// The associated token account of a wallet.
    pub fn token_account(&self, wallet: &Address) -> Address {
        address::associated_token(wallet, &self.mint)
    }
}
