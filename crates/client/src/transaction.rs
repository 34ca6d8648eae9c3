//! How instructions become signed bytes: legacy messages, the same for both chains.
//!
//! A legacy message is two bytes shorter than a version-0 one, needs no lookup table, and every wallet and explorer
//! reads it.

use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::{
    ChainError,
    instruction::{COMPUTE_BUDGET_PROGRAM_ID, compute_budget},
};

/// Most bytes of a signed transaction: the 1,280-byte packet that IPv6 guarantees, less 48 bytes of headers.
pub const MAX_SIZE: usize = 1232;

/// Most compute units that a transaction can ask for.
pub const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// Most account data that a transaction can ask to load, bytes.
pub const MAX_LOADED_DATA: u32 = 64 * 1024 * 1024;

/// The limits that a transaction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Compute units.
    pub compute_units: u32,
    /// Bytes of account data.
    pub loaded_data: u32,
}

impl Budget {
    /// As much as a transaction can ask for.
    pub const MAX: Self = Self {
        compute_units: MAX_COMPUTE_UNITS,
        loaded_data: MAX_LOADED_DATA,
    };
}

/// A signed transaction and its bytes.
#[derive(Clone, Debug)]
pub struct Signed {
    pub transaction: VersionedTransaction,
    pub signature: Signature,
    /// What goes over the wire.
    pub bytes: Vec<u8>,
}

impl Signed {
    /// The program of each instruction.
    pub fn programs(&self) -> Vec<Address> {
        programs_of(&self.transaction)
    }
}

/// The program of each instruction of a transaction.
pub(crate) fn programs_of(transaction: &VersionedTransaction) -> Vec<Address> {
    let keys = transaction.message.static_account_keys();
    let programs = transaction.message.instructions().iter();
    programs
        .filter_map(|instruction| keys.get(usize::from(instruction.program_id_index)).copied())
        .collect()
}

/// Puts the limits in front of `instructions`, compiles them, signs, and measures.
///
/// Instructions that carry limits of their own get no others. `signers` may name the payer again, and keys that
/// nothing asks for.
///
/// Errors: [`ChainError::MissingSigner`], [`ChainError::TooLarge`].
pub fn build(
    instructions: &[Instruction],
    payer: &Keypair,
    signers: &[&Keypair],
    blockhash: Hash,
    budget: Budget,
) -> Result<Signed, ChainError> {
    let own_limits = instructions
        .iter()
        .any(|instruction| instruction.program_id == COMPUTE_BUDGET_PROGRAM_ID);
    let mut all = Vec::with_capacity(instructions.len() + 2);
    if !own_limits {
        all.extend(compute_budget(budget.compute_units, budget.loaded_data));
    }
    all.extend_from_slice(instructions);

    // More addresses than a packet holds: the message compiler would panic on more than 256 of them.
    let lower_bound = distinct_addresses(&all) * size_of::<Address>();
    if lower_bound > MAX_SIZE {
        return Err(ChainError::TooLarge {
            size: lower_bound,
            limit: MAX_SIZE,
        });
    }

    let message = Message::new_with_blockhash(&all, Some(&payer.pubkey()), &blockhash);
    let signed_bytes = message.serialize();
    let required = usize::from(message.header.num_required_signatures);
    let mut signatures = Vec::with_capacity(required);
    for address in message.account_keys.iter().take(required) {
        let key = std::iter::once(payer)
            .chain(signers.iter().copied())
            .find(|key| key.pubkey() == *address)
            .ok_or(ChainError::MissingSigner(*address))?;
        signatures.push(key.sign_message(&signed_bytes));
    }
    let signature = signatures.first().copied().unwrap_or_default();
    let transaction = VersionedTransaction {
        signatures,
        message: VersionedMessage::Legacy(message),
    };
    let bytes = wincode::serialize(&transaction)
        .map_err(|error| ChainError::Transport(format!("the transaction cannot be serialised: {error}")))?;
    if bytes.len() > MAX_SIZE {
        return Err(ChainError::TooLarge {
            size: bytes.len(),
            limit: MAX_SIZE,
        });
    }
    Ok(Signed {
        transaction,
        signature,
        bytes,
    })
}

fn distinct_addresses(instructions: &[Instruction]) -> usize {
    let mut addresses = std::collections::HashSet::new();
    for instruction in instructions {
        addresses.insert(instruction.program_id);
        addresses.extend(instruction.accounts.iter().map(|meta| meta.pubkey));
    }
    addresses.len()
}

#[cfg(test)]
mod tests {
    use solana_instruction::AccountMeta;

    use super::*;

    fn key(byte: u8) -> Keypair {
        Keypair::new_from_array([byte; 32])
    }

    fn instruction(data: usize, accounts: Vec<AccountMeta>) -> Instruction {
        Instruction {
            program_id: crate::PROGRAM_ID,
            accounts,
            data: vec![7; data],
        }
    }

    fn build_one(instruction: Instruction, signers: &[&Keypair]) -> Result<Signed, ChainError> {
        build(
            &[instruction],
            &key(1),
            signers,
            Hash::new_from_array([5; 32]),
            Budget::MAX,
        )
    }

    #[test]
    fn the_bytes_are_the_wire_format() {
        let signed = build_one(instruction(3, Vec::new()), &[]).unwrap();
        // 1 signature; header; 3 keys (payer, compute budget, program); blockhash; 3 instructions.
        assert_eq!(
            signed.bytes.len(),
            1 + 64 + 3 + 1 + 3 * 32 + 32 + 1 + (3 + 5) + (3 + 5) + (3 + 3)
        );
        assert_eq!(signed.bytes[0], 1);
        assert_eq!(&signed.bytes[1..65], signed.signature.as_ref());
        assert_eq!(&signed.bytes[65..69], [1, 0, 2, 3]);
        let back: VersionedTransaction = wincode::deserialize(&signed.bytes).unwrap();
        assert_eq!(back, signed.transaction);
        assert!(
            signed
                .signature
                .verify(key(1).pubkey().as_ref(), &signed.bytes[65..])
        );
        assert_eq!(
            signed.programs(),
            [
                COMPUTE_BUDGET_PROGRAM_ID,
                COMPUTE_BUDGET_PROGRAM_ID,
                crate::PROGRAM_ID
            ]
        );
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let one = build_one(instruction(9, Vec::new()), &[]).unwrap();
        let two = build_one(instruction(9, Vec::new()), &[&key(1), &key(2)]).unwrap();
        assert_eq!(one.bytes, two.bytes);
    }

    #[test]
    fn a_packet_is_filled_to_the_last_byte_and_not_beyond() {
        let empty = build_one(instruction(0, Vec::new()), &[]).unwrap().bytes.len();
        // A length above 127 takes two bytes instead of one.
        let room = MAX_SIZE - empty - 1;
        assert_eq!(
            build_one(instruction(room, Vec::new()), &[]).unwrap().bytes.len(),
            MAX_SIZE
        );
        let error = build_one(instruction(room + 1, Vec::new()), &[]).unwrap_err();
        assert!(
            matches!(
                error,
                ChainError::TooLarge {
                    size: 1233,
                    limit: 1232
                }
            ),
            "{error:?}"
        );
    }

    #[test]
    fn hundreds_of_accounts_are_refused_and_do_not_panic() {
        let metas = (0..400u16)
            .map(|number| {
                let mut bytes = [0; 32];
                bytes[..2].copy_from_slice(&number.to_le_bytes());
                AccountMeta::new(Address::new_from_array(bytes), false)
            })
            .collect();
        let error = build_one(instruction(0, metas), &[]).unwrap_err();
        assert!(
            matches!(error, ChainError::TooLarge { limit: 1232, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn a_missing_key_is_named() {
        let other = key(2).pubkey();
        let wanted = instruction(0, vec![AccountMeta::new(other, true)]);
        let error = build_one(wanted.clone(), &[]).unwrap_err();
        assert!(
            matches!(error, ChainError::MissingSigner(address) if address == other),
            "{error:?}"
        );
        assert_eq!(
            build_one(wanted, &[&key(2)])
                .unwrap()
                .transaction
                .signatures
                .len(),
            2
        );
    }

    #[test]
    fn limits_that_the_caller_sets_are_left_alone() {
        let [limit, _] = compute_budget(1, 2);
        let signed = build(&[limit], &key(1), &[], Hash::default(), Budget::MAX).unwrap();
        assert_eq!(signed.transaction.message.instructions().len(), 1);
    }
}
