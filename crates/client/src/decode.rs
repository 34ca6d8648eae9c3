//! Account bytes to typed values. Every function checks what the bytes say they are; who owns the account is checked
//! by [`fetch`](crate::fetch).

use anchor_lang::Discriminator;
use borsh::BorshDeserialize;
use kzte::state::{Config, Issuer, Order, Redemption, Statement};
use kzte_ledger::bitmap_len;
use solana_address::Address;
use spl_token_2022_interface::{
    extension::{
        BaseStateWithExtensions, ExtensionType, StateWithExtensions, cpi_guard::CpiGuard,
        default_account_state::DefaultAccountState, pausable::PausableConfig,
        permanent_delegate::PermanentDelegate,
    },
    state::{Account, AccountState, Mint},
};
use spl_token_metadata_interface::state::TokenMetadata;
use thiserror::Error;

/// Bytes that are not the account they were taken for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("these bytes are no {what}: {reason}")]
pub struct DecodeError {
    /// The account that was expected.
    pub what: &'static str,
    /// The fact that speaks against it.
    pub reason: String,
}

/// Result of decoding.
pub type Result<T> = std::result::Result<T, DecodeError>;

/// A statement with its consumed-bits.
#[derive(Clone, Debug)]
pub struct StatementAccount {
    /// The fields.
    pub header: Statement,
    /// One bit an entry, least significant first.
    pub bitmap: Vec<u8>,
}

impl StatementAccount {
    /// Whether the entry at `index` has been consumed; `None`: the statement has no such entry.
    pub fn is_consumed(&self, index: u32) -> Option<bool> {
        if index >= self.header.entry_count {
            return None;
        }
        kzte_ledger::is_consumed(&self.bitmap, index).ok()
    }
}

/// A token account under Token-2022.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAccount {
    pub mint: Address,
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
    pub frozen: bool,
    pub delegate: Option<Address>,
    /// Tiyn that the delegate may still move.
    pub delegated_amount: u64,
    pub close_authority: Option<Address>,
    /// Whether CPI Guard is on.
    pub cpi_guard: bool,
}

/// A mint under Token-2022.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintInfo {
    /// Tiyn.
    pub supply: u64,
    pub decimals: u8,
    pub mint_authority: Option<Address>,
    pub freeze_authority: Option<Address>,
    /// Whether the token program refuses transfers, mints and burns.
    pub paused: bool,
    pub pause_authority: Option<Address>,
    pub permanent_delegate: Option<Address>,
    /// Whether token accounts are born frozen.
    pub born_frozen: bool,
    pub metadata: Option<MintMetadata>,
    /// Names of all extensions, in their order in the account.
    pub extensions: Vec<String>,
}

/// Name, symbol and link of a mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintMetadata {
    pub update_authority: Option<Address>,
    pub name: String,
    pub symbol: String,
    pub uri: String,
}

/// Reads a configuration.
pub fn config(data: &[u8]) -> Result<Config> {
    exact("configuration", data)
}

/// Reads an issuer.
pub fn issuer(data: &[u8]) -> Result<Issuer> {
    exact("issuer", data)
}

/// Reads a redemption.
pub fn redemption(data: &[u8]) -> Result<Redemption> {
    exact("redemption", data)
}

/// Reads an [`Order`].
pub fn order(data: &[u8]) -> Result<Order> {
    exact("order", data)
}

/// Reads a statement with its bitmap.
pub fn statement(data: &[u8]) -> Result<StatementAccount> {
    const WHAT: &str = "statement";
    let (header, bitmap) = head::<Statement>(WHAT, data)?;
    let expected = bitmap_len(header.entry_count);
    if bitmap.len() != expected {
        return Err(DecodeError {
            what: WHAT,
            reason: format!(
                "{} entries need a bitmap of {expected} bytes, there are {}",
                header.entry_count,
                bitmap.len()
            ),
        });
    }
    Ok(StatementAccount {
        header,
        bitmap: bitmap.to_vec(),
    })
}

/// Reads a Token-2022 token account.
pub fn token_account(data: &[u8]) -> Result<TokenAccount> {
    let state = StateWithExtensions::<Account>::unpack(data).map_err(|error| DecodeError {
        what: "token account",
        reason: error.to_string(),
    })?;
    let base = &state.base;
    Ok(TokenAccount {
        mint: base.mint,
        owner: base.owner,
        amount: base.amount,
        frozen: base.state == AccountState::Frozen,
        delegate: base.delegate.into(),
        delegated_amount: base.delegated_amount,
        close_authority: base.close_authority.into(),
        cpi_guard: state
            .get_extension::<CpiGuard>()
            .is_ok_and(|guard| guard.lock_cpi.into()),
    })
}

/// Reads a Token-2022 mint.
pub fn mint(data: &[u8]) -> Result<MintInfo> {
    let refuse = |error: String| DecodeError {
        what: "mint",
        reason: error,
    };
    let state = StateWithExtensions::<Mint>::unpack(data).map_err(|error| refuse(error.to_string()))?;
    let extensions: Vec<ExtensionType> = state
        .get_extension_types()
        .map_err(|error| refuse(error.to_string()))?;
    let pausable = state.get_extension::<PausableConfig>().ok();
    let metadata = state.get_variable_len_extension::<TokenMetadata>().ok();
    Ok(MintInfo {
        supply: state.base.supply,
        decimals: state.base.decimals,
        mint_authority: state.base.mint_authority.into(),
        freeze_authority: state.base.freeze_authority.into(),
        paused: pausable.is_some_and(|config| config.paused.into()),
        pause_authority: pausable.and_then(|config| config.authority.into()),
        permanent_delegate: state
            .get_extension::<PermanentDelegate>()
            .ok()
            .and_then(|extension| extension.delegate.into()),
        born_frozen: state
            .get_extension::<DefaultAccountState>()
            .is_ok_and(|extension| extension.state == AccountState::Frozen as u8),
        metadata: metadata.map(|text| MintMetadata {
            update_authority: text.update_authority.into(),
            name: text.name,
            symbol: text.symbol,
            uri: text.uri,
        }),
        extensions: extensions
            .iter()
            .map(|extension| format!("{extension:?}"))
            .collect(),
    })
}

/// Checks the discriminator, reads the fields, and returns the bytes behind them.
fn head<'a, T: Discriminator + BorshDeserialize>(
    what: &'static str,
    data: &'a [u8],
) -> Result<(T, &'a [u8])> {
    let mut rest = data.strip_prefix(T::DISCRIMINATOR).ok_or_else(|| DecodeError {
        what,
        reason: format!(
            "they begin with {}, not with {}",
            hex::encode(data.get(..T::DISCRIMINATOR.len()).unwrap_or(data)),
            hex::encode(T::DISCRIMINATOR)
        ),
    })?;
    let value = T::deserialize(&mut rest).map_err(|error| DecodeError {
        what,
        reason: format!("{} bytes: {error}", data.len()),
    })?;
    Ok((value, rest))
}

fn exact<T: Discriminator + BorshDeserialize>(what: &'static str, data: &[u8]) -> Result<T> {
    let (value, rest) = head(what, data)?;
    if !rest.is_empty() {
        return Err(DecodeError {
            what,
            reason: format!("{} bytes too many", rest.len()),
        });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};
    use sha2::{Digest, Sha256};

    use super::*;

    /// Bytes laid out by hand, field by field.
    struct Layout(Vec<u8>);

    impl Layout {
        /// The framework's tag of an account: the first 8 bytes of a hash of its name.
        fn account(name: &str) -> Self {
            Self(Sha256::digest(format!("account:{name}"))[..8].to_vec())
        }

        fn bytes(mut self, bytes: &[u8]) -> Self {
            self.0.extend_from_slice(bytes);
            self
        }

        fn address(self, byte: u8) -> Self {
            self.bytes(&[byte; 32])
        }

        fn u32(self, value: u32) -> Self {
            self.bytes(&value.to_le_bytes())
        }

        fn u64(self, value: u64) -> Self {
            self.bytes(&value.to_le_bytes())
        }
    }

    fn address(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    fn config_bytes() -> Vec<u8> {
        let mut layout = Layout::account("Config")
            .bytes(&[2, 255, 254, 253, 252, 251, 0b101, 3, 2, 0b001, 0, 0])
            .u32(7)
            .address(10);
        for role in 20..26 {
            layout = layout.address(role);
        }
        for nominee in 30..36 {
            layout = layout.address(nominee);
        }
        for attestor in 40..48 {
            layout = layout.address(attestor);
        }
        layout.u64(86_400).u64(172_800).u32(4).bytes(&[1, 0, 0, 0]).0
    }

    #[test]
    fn a_configuration_is_read_field_by_field() {
        let bytes = config_bytes();
        assert_eq!(bytes.len(), 8 + 16 + 32 + 2 * 192 + 256 + 16 + 8);
        let config = config(&bytes).unwrap();
        assert_eq!(
            (config.version, config.bump, config.mint_authority_bump),
            (2, 255, 254)
        );
        assert_eq!(
            (
                config.freeze_authority_bump,
                config.permanent_delegate_bump,
                config.pause_authority_bump
            ),
            (253, 252, 251)
        );
        assert_eq!(
            (
                config.paused,
                config.attestor_count,
                config.threshold,
                config.mandatory
            ),
            (5, 3, 2, 1)
        );
        assert_eq!((config.attestor_set_version, config.mint), (7, address(10)));
        assert_eq!(config.roles.to_vec(), (20..26).map(address).collect::<Vec<_>>());
        assert_eq!(
            config.nominees.to_vec(),
            (30..36).map(address).collect::<Vec<_>>()
        );
        assert_eq!(
            config.attestors.to_vec(),
            (40..48).map(address).collect::<Vec<_>>()
        );
        assert_eq!(
            (config.max_statement_age, config.redemption_sla),
            (86_400, 172_800)
        );
    }

    #[test]
    fn an_issuer_is_read_field_by_field() {
        let mut layout = Layout::account("Issuer")
            .bytes(&[1, 250, 249, 2])
            .bytes(b"CASPKZKAXXX\0");
        for key in 50..55 {
            layout = layout.address(key);
        }
        for value in 101..111 {
            layout = layout.u64(value);
        }
        let bytes = layout.u32(111).u32(112).u64(113).u64(114).u64(115).0;
        assert_eq!(bytes.len(), 8 + 16 + 160 + 80 + 8 + 24);
        let issuer = issuer(&bytes).unwrap();
        assert_eq!(
            (issuer.version, issuer.bump, issuer.escrow_bump, issuer.status),
            (1, 250, 249, 2)
        );
        assert_eq!(&issuer.bic, b"CASPKZKAXXX");
        assert_eq!(
            [
                issuer.config,
                issuer.admin,
                issuer.operator,
                issuer.admin_nominee,
                issuer.operator_nominee
            ],
            [50, 51, 52, 53, 54].map(address)
        );
        assert_eq!(
            (issuer.quota, issuer.window_limit, issuer.window_seconds),
            (101, 102, 103)
        );
        assert_eq!((issuer.window_start, issuer.window_used), (104, 105));
        assert_eq!(
            (
                issuer.minted,
                issuer.burned,
                issuer.novated_in,
                issuer.novated_out
            ),
            (106, 107, 108, 109)
        );
        assert_eq!(
            (issuer.pending, issuer.pending_count, issuer.overdue_count),
            (110, 111, 112)
        );
        assert_eq!(
            (
                issuer.statement_number,
                issuer.closing_balance,
                issuer.statement_as_of
            ),
            (113, 114, 115)
        );
    }

    fn statement_bytes(entry_count: u32, bitmap: &[u8]) -> Vec<u8> {
        Layout::account("Statement")
            .bytes(&[1, 248, 1, 0b11])
            .u32(7)
            .u32(entry_count)
            .u32(8)
            .u32(2)
            .u32(0)
            .u64(12)
            .address(60)
            .address(61)
            .u64(1000)
            .u64(500)
            .u64(200)
            .u64(1300)
            .u64(1_794_798_000)
            .bytes(&[62; 32])
            .bytes(&[63; 32])
            .u64(300)
            .u64(150)
            .bytes(bitmap)
            .0
    }

    #[test]
    fn a_statement_is_read_with_its_bitmap() {
        let StatementAccount { header, bitmap } =
            statement(&statement_bytes(10, &[0b1000_0001, 0b10])).unwrap();
        assert_eq!(
            (header.version, header.bump, header.status, header.approvals),
            (1, 248, 1, 3)
        );
        assert_eq!((header.attestor_set_version, header.entry_count), (7, 10));
        assert_eq!(
            (header.actionable_count, header.consumed_count, header.number),
            (8, 2, 12)
        );
        assert_eq!((header.issuer, header.payer), (address(60), address(61)));
        assert_eq!(
            (
                header.opening,
                header.credit_total,
                header.debit_total,
                header.closing,
                header.as_of
            ),
            (1000, 500, 200, 1300, 1_794_798_000)
        );
        assert_eq!((header.entries_root, header.source_hash), ([62; 32], [63; 32]));
        assert_eq!((header.minted, header.settled), (300, 150));

        let account = StatementAccount { header, bitmap };
        let consumed: Vec<u32> = (0..10)
            .filter(|index| account.is_consumed(*index) == Some(true))
            .collect();
        assert_eq!(consumed, [0, 7, 9]);
        assert_eq!(account.is_consumed(10), None);
    }

    #[test]
    fn a_bitmap_of_another_length_is_refused() {
        for bitmap in [&[0][..], &[0, 0, 0]] {
            let error = statement(&statement_bytes(10, bitmap)).unwrap_err();
            assert!(
                error.reason.contains("10 entries need a bitmap of 2 bytes"),
                "{error}"
            );
        }
        assert!(statement(&statement_bytes(0, &[])).is_ok());
    }

    #[test]
    fn a_redemption_is_read_field_by_field() {
        let bytes = Layout::account("Redemption")
            .bytes(&[1, 247, 1, 0, 0, 0, 0, 0])
            .address(70)
            .address(71)
            .u64(72)
            .u64(73)
            .bytes(&[74; 32])
            .u64(75)
            .u64(76)
            .0;
        assert_eq!(bytes.len(), 8 + 8 + 64 + 16 + 32 + 16);
        let redemption = redemption(&bytes).unwrap();
        assert_eq!(
            (redemption.version, redemption.bump, redemption.overdue),
            (1, 247, 1)
        );
        assert_eq!((redemption.issuer, redemption.owner), (address(70), address(71)));
        assert_eq!(
            (redemption.nonce, redemption.amount, redemption.payout_hash),
            (72, 73, [74; 32])
        );
        assert_eq!((redemption.requested_at, redemption.due_at), (75, 76));
    }

    #[test]
    fn an_order_is_read_field_by_field() {
        let bytes = Layout::account("Order")
            .bytes(&[1, 254, 1, 0, 0, 0, 0, 0])
            .address(1)
            .address(2)
            .address(3)
            .address(4)
            .u64(900)
            .u64(400)
            .u64(2_000)
            .u64(1_000)
            .0;
        let order = order(&bytes).unwrap();
        assert_eq!((order.version, order.bump, order.status), (1, 254, 1));
        assert_eq!((order.config, order.case_hash), (address(1), [2; 32]));
        assert_eq!((order.subject, order.destination), (address(3), address(4)));
        assert_eq!((order.cap, order.executed), (900, 400));
        assert_eq!((order.expires_at, order.opened_at), (2_000, 1_000));
    }

    #[test]
    fn another_account_and_another_length_are_refused() {
        let bytes = config_bytes();
        let error = issuer(&bytes).unwrap_err();
        assert_eq!(error.what, "issuer");
        assert!(error.reason.starts_with("they begin with "), "{error}");
        assert!(config(&bytes[..bytes.len() - 1]).is_err());
        assert!(config(&[]).is_err());
        let error = config(&[bytes.as_slice(), &[0]].concat()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "these bytes are no configuration: 1 bytes too many"
        );
    }

    /// The base part of a token account: mint, owner, amount, delegate, state, native, delegated, close authority.
    fn token_bytes(state: u8) -> Layout {
        Layout(Vec::new())
            .address(80)
            .address(81)
            .u64(12_345)
            .u32(1)
            .address(82)
            .bytes(&[state])
            .bytes(&[0; 12])
            .u64(99)
            .bytes(&[0; 36])
    }

    #[test]
    fn a_token_account_is_read_with_and_without_extensions() {
        let bare = token_account(&token_bytes(1).0).unwrap();
        assert_eq!(
            bare,
            TokenAccount {
                mint: address(80),
                owner: address(81),
                amount: 12_345,
                frozen: false,
                delegate: Some(address(82)),
                delegated_amount: 99,
                close_authority: None,
                cpi_guard: false,
            }
        );
        // Account type 2; CPI Guard is extension 11 with one byte; the empty pausable account is extension 27.
        let guarded = token_bytes(2).bytes(&[2, 11, 0, 1, 0, 1, 27, 0, 0, 0]).0;
        let guarded = token_account(&guarded).unwrap();
        assert_eq!((guarded.frozen, guarded.cpi_guard), (true, true));
        assert!(
            token_account(&token_bytes(0).0).is_err(),
            "an uninitialised account was read"
        );
        assert!(token_account(&token_bytes(1).0[..164]).is_err());
    }

    #[test]
    fn a_mint_is_read_with_its_extensions() {
        let name = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
        let metadata = [
            vec![90; 32],
            vec![80; 32],
            name("Tenge"),
            name("KZTE"),
            name("https://kzte.example/token.json"),
            vec![0; 4],
        ]
        .concat();
        let mut bytes = Layout(Vec::new())
            .u32(1)
            .address(90)
            .u64(5_000)
            .bytes(&[2, 1])
            .u32(1)
            .address(91)
            .0;
        bytes.resize(165, 0);
        bytes.push(1);
        let extensions: [(u16, Vec<u8>); 5] = [
            (18, [[90; 32], [80; 32]].concat()),
            (12, vec![92; 32]),
            (6, vec![2]),
            (26, [vec![93; 32], vec![1]].concat()),
            (19, metadata),
        ];
        for (kind, value) in extensions {
            bytes.extend(kind.to_le_bytes());
            bytes.extend((value.len() as u16).to_le_bytes());
            bytes.extend(value);
        }
        assert_eq!(
            mint(&bytes).unwrap(),
            MintInfo {
                supply: 5_000,
                decimals: 2,
                mint_authority: Some(address(90)),
                freeze_authority: Some(address(91)),
                paused: true,
                pause_authority: Some(address(93)),
                permanent_delegate: Some(address(92)),
                born_frozen: true,
                metadata: Some(MintMetadata {
                    update_authority: Some(address(90)),
                    name: "Tenge".to_owned(),
                    symbol: "KZTE".to_owned(),
                    uri: "https://kzte.example/token.json".to_owned(),
                }),
                extensions: [
                    "MetadataPointer",
                    "PermanentDelegate",
                    "DefaultAccountState",
                    "Pausable",
                    "TokenMetadata"
                ]
                .map(str::to_owned)
                .to_vec(),
            }
        );
    }

    proptest! {
        // The same cases in every run.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..700), tagged: bool) {
            let bytes = if tagged { [Statement::DISCRIMINATOR, &bytes].concat() } else { bytes };
            let _ = (config(&bytes), issuer(&bytes), redemption(&bytes), statement(&bytes));
            let _ = (token_account(&bytes), mint(&bytes));
        }
    }
}
