//! What a mint must look like: exactly the extensions, authorities and decimals of the design (ADR 0002).

use anchor_lang::{prelude::*, programs::Token2022};
use anchor_spl::token_2022::spl_token_2022::{
    extension::{
        BaseStateWithExtensions, ExtensionType, StateWithExtensions, default_account_state::DefaultAccountState,
        metadata_pointer::MetadataPointer, pausable::PausableConfig, permanent_delegate::PermanentDelegate,
    },
    state::{AccountState, Mint},
};
use anchor_spl::token_2022_extensions::spl_token_metadata_interface::state::TokenMetadata;

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

/// The extensions of fixed length, in the order in which `initialize` creates them. With the metadata, which comes
/// last and varies in length, they are all the extensions of the mint.
pub const FIXED_EXTENSIONS: [ExtensionType; 4] = [
    ExtensionType::MetadataPointer,
    ExtensionType::PermanentDelegate,
    ExtensionType::DefaultAccountState,
    ExtensionType::Pausable,
];

/// Refuses a mint that is not exactly the design's: extensions, decimals, authorities, metadata held by the mint
/// itself under the mint authority, not paused, accounts born thawed, no supply.
///
/// `MintCloseAuthority` above all would let somebody close the mint and create another at its address.
///
/// Errors: `MintNotConforming`, `MintHasSupply`.
pub fn require_conforming(view: &AccountView, authorities: &MintAuthorities) -> Result<()> {
    require!(view.owned_by(&Token2022::id()), KzteError::MintNotConforming);
    let data = view.try_borrow()?;
    let mint = StateWithExtensions::<Mint>::unpack(&data).map_err(|_| KzteError::MintNotConforming)?;
    require!(
        has_exact_extensions(&mint) && is_conforming(&mint, view.address(), authorities).unwrap_or(false),
        KzteError::MintNotConforming
    );
    require!(mint.base.supply == 0, KzteError::MintHasSupply);
    Ok(())
}

fn has_exact_extensions(mint: &StateWithExtensions<'_, Mint>) -> bool {
    let Ok(present) = mint.get_extension_types() else { return false };
    let expected = FIXED_EXTENSIONS.iter().chain([&ExtensionType::TokenMetadata]);
    present.len() == FIXED_EXTENSIONS.len().saturating_add(1) && expected.into_iter().all(|e| present.contains(e))
}

/// `None`: an extension cannot be read.
fn is_conforming(
    mint: &StateWithExtensions<'_, Mint>,
    address: &Address,
    authorities: &MintAuthorities,
) -> Option<bool> {
    let pointer = mint.get_extension::<MetadataPointer>().ok()?;
    let delegate = mint.get_extension::<PermanentDelegate>().ok()?;
    let default_state = mint.get_extension::<DefaultAccountState>().ok()?;
    let pausable = mint.get_extension::<PausableConfig>().ok()?;
    let metadata = mint.get_variable_len_extension::<TokenMetadata>().ok()?;
    Some(
        mint.base.decimals == DECIMALS
            && Option::<Address>::from(mint.base.mint_authority) == Some(authorities.mint)
            && Option::<Address>::from(mint.base.freeze_authority) == Some(authorities.freeze)
            && Option::<Address>::from(pointer.authority) == Some(authorities.mint)
            && Option::<Address>::from(pointer.metadata_address) == Some(*address)
            && Option::<Address>::from(delegate.delegate) == Some(authorities.permanent_delegate)
            && default_state.state == AccountState::Initialized as u8
            && Option::<Address>::from(pausable.authority) == Some(authorities.pause)
            && !bool::from(pausable.paused)
            && Option::<Address>::from(metadata.update_authority) == Some(authorities.mint)
            && metadata.mint == *address
            && metadata.symbol == SYMBOL
            && metadata.additional_metadata.is_empty(),
    )
}
