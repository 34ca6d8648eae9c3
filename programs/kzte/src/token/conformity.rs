//! What a mint must look like: exactly the extensions, authorities and decimals of the design (ADR 0002).
//!
//! Token-2022 lays a mint out as base part (82 bytes), padding, account type at 165, then extensions as type (u16 LE),
//! length (u16 LE), value. The layout is frozen; tests compare this reader with the interface crate's.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    constants::{DECIMALS, SYMBOL},
    errors::KzteError,
};

/// The authorities that the mint must name.
pub struct MintAuthorities {
    pub mint: Address,
    pub freeze: Address,
    pub permanent_delegate: Address,
    pub pause: Address,
}

const ACCOUNT_TYPE_OFFSET: usize = 165;
const ACCOUNT_TYPE_MINT: u8 = 1;
const SUPPLY_OFFSET: usize = 36;
/// `COption::Some` in the base part, u32 little endian.
const SOME: [u8; 4] = [1, 0, 0, 0];
const STATE_INITIALIZED: u8 = 1;

/// Extension types, as Token-2022 numbers them.
const DEFAULT_ACCOUNT_STATE: u16 = 6;
const PERMANENT_DELEGATE: u16 = 12;
const METADATA_POINTER: u16 = 18;
const TOKEN_METADATA: u16 = 19;
const PAUSABLE: u16 = 26;

/// Refuses a mint that is not exactly the design's: extensions, decimals, authorities, metadata held by the mint
/// itself under the mint authority, not paused, accounts born thawed, no supply.
///
/// `MintCloseAuthority` above all would let somebody close the mint and create another at its address.
///
/// Errors: `MintNotConforming`, `MintHasSupply`.
pub fn require_conforming(view: &AccountView, authorities: &MintAuthorities) -> Result<()> {
    require!(view.owned_by(&Token2022::id()), KzteError::MintNotConforming);
    let data = view.try_borrow()?;
    require!(
        is_conforming(&data, view.address(), authorities),
        KzteError::MintNotConforming
    );
    require!(
        data.get(SUPPLY_OFFSET..).and_then(|rest| rest.first_chunk::<8>()) == Some(&[0; 8]),
        KzteError::MintHasSupply
    );
    Ok(())
}

/// Whether `data` is a mint of the design; its supply aside.
pub fn is_conforming(data: &[u8], address: &Address, authorities: &MintAuthorities) -> bool {
    let mut base = Reader(data);
    if !(base.is(&SOME) && base.is(authorities.mint.as_array())) {
        return false;
    }
    base.skip(8);
    if !(base.is(&[DECIMALS, 1]) && base.is(&SOME) && base.is(authorities.freeze.as_array())) {
        return false;
    }

    let mut rest = Reader(data);
    rest.skip(ACCOUNT_TYPE_OFFSET);
    if !rest.is(&[ACCOUNT_TYPE_MINT]) {
        return false;
    }
    // Each known extension may come once, none may be missing, any other ends it.
    let mut seen = 0u8;
    while let Some((kind, value)) = rest.extension() {
        let mut value = Reader(value);
        let (bit, good) = match kind {
            METADATA_POINTER => (
                1u8,
                value.is(authorities.mint.as_array()) && value.is(address.as_array()),
            ),
            PERMANENT_DELEGATE => (2, value.is(authorities.permanent_delegate.as_array())),
            DEFAULT_ACCOUNT_STATE => (4, value.is(&[STATE_INITIALIZED])),
            PAUSABLE => (8, value.is(authorities.pause.as_array()) && value.is(&[0])),
            TOKEN_METADATA => (16, is_metadata(&mut value, address, authorities)),
            _ => return false,
        };
        if !good || !value.0.is_empty() || seen & bit != 0 {
            return false;
        }
        seen |= bit;
    }
    seen == 31 && rest.0.is_empty()
}

/// Update authority, mint, name, symbol, URI, and no additional fields.
fn is_metadata(value: &mut Reader<'_>, address: &Address, authorities: &MintAuthorities) -> bool {
    value.is(authorities.mint.as_array())
        && value.is(address.as_array())
        && value.text().is_some()
        && value.text() == Some(SYMBOL.as_bytes())
        && value.text().is_some()
        && value.is(&[0; 4])
}

/// A cursor that runs dry instead of failing: whatever is missing compares unequal.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    fn skip(&mut self, length: usize) {
        if self.take(length).is_none() {
            self.0 = &[];
        }
    }

    fn is(&mut self, expected: &[u8]) -> bool {
        self.take(expected.len()) == Some(expected)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(*self.take(4)?.first_chunk()?);
        self.take(usize::try_from(length).ok()?)
    }

    fn extension(&mut self) -> Option<(u16, &'a [u8])> {
        let kind = u16::from_le_bytes(*self.take(2)?.first_chunk()?);
        let length = u16::from_le_bytes(*self.take(2)?.first_chunk()?);
        Some((kind, self.take(usize::from(length))?))
    }
}
