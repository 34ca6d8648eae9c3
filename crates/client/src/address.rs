//! Where every account lies. Seeds come from the program; nothing is spelled twice.

use kzte::seeds::{
    CONFIG_SEED, ESCROW_SEED, FREEZE_AUTHORITY_SEED, ISSUER_SEED, MINT_AUTHORITY_SEED, ORDER_SEED,
    PAUSE_AUTHORITY_SEED, PERMANENT_DELEGATE_SEED, REDEMPTION_SEED, STATEMENT_SEED,
};
use solana_address::Address;

use crate::{ASSOCIATED_TOKEN_PROGRAM_ID, Bic, PROGRAM_ID, TOKEN_PROGRAM_ID};

/// Seed of the address that signs self-CPI events, fixed by the framework.
const EVENT_AUTHORITY_SEED: &[u8] = b"__event_authority";

fn derive(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &PROGRAM_ID).0
}

/// `["config", mint]`
pub fn config(mint: &Address) -> Address {
    derive(&[CONFIG_SEED, mint.as_ref()])
}

/// `["issuer", config, bic]`
pub fn issuer(config: &Address, bic: &Bic) -> Address {
    derive(&[ISSUER_SEED, config.as_ref(), bic.as_bytes()])
}

/// `["statement", issuer, number]`
pub fn statement(issuer: &Address, number: u64) -> Address {
    derive(&[STATEMENT_SEED, issuer.as_ref(), &number.to_le_bytes()])
}

/// `["redemption", issuer, owner, nonce]`
pub fn redemption(issuer: &Address, owner: &Address, nonce: u64) -> Address {
    derive(&[
        REDEMPTION_SEED,
        issuer.as_ref(),
        owner.as_ref(),
        &nonce.to_le_bytes(),
    ])
}

/// `["escrow", issuer]`
pub fn escrow(issuer: &Address) -> Address {
    derive(&[ESCROW_SEED, issuer.as_ref()])
}

/// `["order", config, case_hash]`
pub fn order(config: &Address, case_hash: &[u8; 32]) -> Address {
    derive(&[ORDER_SEED, config.as_ref(), case_hash])
}

/// The block of a wallet: no program address but one with a seed, see ADR 0005.
pub fn block(config: &Address, wallet: &Address) -> Address {
    kzte::state::block_address(config, wallet)
}

/// `["mint-authority", config]`
pub fn mint_authority(config: &Address) -> Address {
    derive(&[MINT_AUTHORITY_SEED, config.as_ref()])
}

/// `["freeze-authority", config]`
pub fn freeze_authority(config: &Address) -> Address {
    derive(&[FREEZE_AUTHORITY_SEED, config.as_ref()])
}

/// `["permanent-delegate", config]`
pub fn permanent_delegate(config: &Address) -> Address {
    derive(&[PERMANENT_DELEGATE_SEED, config.as_ref()])
}

/// `["pause-authority", config]`
pub fn pause_authority(config: &Address) -> Address {
    derive(&[PAUSE_AUTHORITY_SEED, config.as_ref()])
}

/// `["__event_authority"]`: signs self-CPI events.
pub fn event_authority() -> Address {
    derive(&[EVENT_AUTHORITY_SEED])
}

/// The program data account of the program: names its upgrade authority.
pub fn program_data() -> Address {
    program_data_of(&PROGRAM_ID)
}

/// The program data account of any upgradeable program.
pub fn program_data_of(program: &Address) -> Address {
    Address::find_program_address(&[program.as_ref()], &solana_sdk_ids::bpf_loader_upgradeable::ID).0
}

/// The associated token account of a wallet under Token-2022.
pub fn associated_token(wallet: &Address, mint: &Address) -> Address {
    Address::find_program_address(
        &[wallet.as_ref(), TOKEN_PROGRAM_ID.as_ref(), mint.as_ref()],
        &ASSOCIATED_TOKEN_PROGRAM_ID,
    )
    .0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    #[test]
    fn a_block_is_the_seeded_address_of_the_configuration() {
        let (config, wallet) = (
            fixed(3),
            Address::new_from_array(core::array::from_fn(|i| 0xf0 ^ i as u8)),
        );
        // The wallet without the top bit of each byte: text, as a seed must be.
        let seed = String::from_utf8(wallet.as_array().iter().map(|byte| byte & 0x7f).collect()).unwrap();
        assert_eq!(&seed.as_bytes()[..4], [0x70, 0x71, 0x72, 0x73]);
        let seeded = Address::create_with_seed(&config, &seed, &PROGRAM_ID).unwrap();
        assert_eq!(block(&config, &wallet), seeded);
        assert_ne!(block(&config, &fixed(9)), seeded);
        assert_ne!(block(&fixed(4), &wallet), seeded);
    }

    #[test]
    fn every_address_has_the_seeds_of_the_design() {
        let mint = fixed(1);
        let config = config(&mint);
        let bic: Bic = "CASPKZKA".parse().unwrap();
        let issuer = issuer(&config, &bic);
        let owner = fixed(2);
        let cases: [(Address, Vec<&[u8]>); 10] = [
            (config, vec![b"config", mint.as_ref()]),
            (issuer, vec![b"issuer", config.as_ref(), b"CASPKZKAXXX"]),
            (
                statement(&issuer, 0x0102),
                vec![b"statement", issuer.as_ref(), &[2, 1, 0, 0, 0, 0, 0, 0]],
            ),
            (
                redemption(&issuer, &owner, 7),
                vec![
                    b"redemption",
                    issuer.as_ref(),
                    owner.as_ref(),
                    &[7, 0, 0, 0, 0, 0, 0, 0],
                ],
            ),
            (
                order(&config, &[5; 32]),
                vec![b"order", config.as_ref(), &[5; 32]],
            ),
            (escrow(&issuer), vec![b"escrow", issuer.as_ref()]),
            (mint_authority(&config), vec![b"mint-authority", config.as_ref()]),
            (
                freeze_authority(&config),
                vec![b"freeze-authority", config.as_ref()],
            ),
            (
                permanent_delegate(&config),
                vec![b"permanent-delegate", config.as_ref()],
            ),
            (
                pause_authority(&config),
                vec![b"pause-authority", config.as_ref()],
            ),
        ];
        let mut seen = std::collections::HashSet::new();
        for (address, seeds) in cases {
            assert_eq!(address, Address::find_program_address(&seeds, &PROGRAM_ID).0);
            assert!(seen.insert(address), "two accounts share an address");
        }
    }
}
