//! Limits of a transaction: what it may compute and load. Tight limits make a transaction cheaper to schedule.

use solana_address::Address;
use solana_instruction::Instruction;

/// The compute-budget program.
pub const COMPUTE_BUDGET_PROGRAM_ID: Address = solana_sdk_ids::compute_budget::ID;

const SET_COMPUTE_UNIT_LIMIT: u8 = 2;
const SET_LOADED_ACCOUNTS_DATA_SIZE_LIMIT: u8 = 4;

/// The two limits of a transaction: `compute_units`, and bytes of account data that may be loaded.
///
/// [`Chain::send`](crate::Chain::send) puts them in front by itself, unless the instructions it is given have some.
pub fn compute_budget(compute_units: u32, loaded_data: u32) -> [Instruction; 2] {
    [
        limit(SET_COMPUTE_UNIT_LIMIT, compute_units),
        limit(SET_LOADED_ACCOUNTS_DATA_SIZE_LIMIT, loaded_data),
    ]
}

fn limit(tag: u8, value: u32) -> Instruction {
    let mut data = vec![tag];
    data.extend_from_slice(&value.to_le_bytes());
    Instruction {
        program_id: COMPUTE_BUDGET_PROGRAM_ID,
        accounts: Vec::new(),
        data,
    }
}
