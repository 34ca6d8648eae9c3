//! Minting against credit entries, burning own stock.

use kzte::{accounts, instruction as data, instructions::RunEntry};
use kzte_ledger::Entry;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::{Bic, Deployment, TOKEN_PROGRAM_ID, address};

/// Who receives a mint, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The party of the entry; its block is passed along.
    pub wallet: Address,
    /// A token account of that wallet.
    pub token_account: Address,
}

impl Recipient {
    /// A wallet and its associated token account.
    pub fn of(wallet: Address, mint: &Address) -> Self {
        Self {
            wallet,
            token_account: address::associated_token(&wallet, mint),
        }
    }
}

/// `mint`: one credit entry of statement `number` becomes tokens. Signer: the operator.
///
/// `proof` is [`StatementFile::proof`](crate::reserve::StatementFile::proof) of the entry's index. The program reads
/// the entry as a credit, whatever `entry.kind` says.
pub fn mint(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    number: u64,
    recipient: Recipient,
    entry: &Entry,
    proof: &[[u8; 32]],
) -> Instruction {
    data::Mint {
        index: entry.index,
        amount: entry.amount,
        reference_hash: &entry.reference_hash,
        party: &entry.party,
        proof,
    }
    .to_instruction(accounts::Mint {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, number),
        mint: deployment.mint,
        recipient: recipient.token_account,
        block: deployment.block(&recipient.wallet),
        mint_authority: address::mint_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
    })
}

/// `mint_many`: a run of neighbouring credit entries of statement `number` becomes tokens. Signer: the operator.
///
/// `proof` is [`StatementFile::run_proof`](crate::reserve::StatementFile::run_proof). The run starts at the index of
/// its first entry; the program takes the others to follow it one by one, and their parties from the owners of the
/// token accounts.
pub fn mint_many(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    number: u64,
    run: &[(Recipient, Entry)],
    proof: &[[u8; 32]],
) -> Instruction {
    let start = run.first().map_or(0, |(_, entry)| entry.index);
    let entries = run
        .iter()
        .map(|(_, entry)| RunEntry {
            amount: entry.amount,
            reference_hash: entry.reference_hash,
        })
        .collect();
    let mut instruction = data::MintMany {
        start,
        entries,
        proof: proof.to_vec(),
    }
    .to_instruction(accounts::MintMany {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, number),
        mint: deployment.mint,
        mint_authority: address::mint_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
    });
    for (recipient, _) in run {
        instruction
            .accounts
            .push(AccountMeta::new(recipient.token_account, false));
        instruction.accounts.push(AccountMeta::new_readonly(
            deployment.block(&recipient.wallet),
            false,
        ));
    }
    instruction
}

/// `burn`: a bank destroys `amount` tiyn of its own stock. `reference_hash`: hash of its record. Signer: the operator,
/// who owns `token_account`.
pub fn burn(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    token_account: Address,
    amount: u64,
    reference_hash: [u8; 32],
) -> Instruction {
    data::Burn {
        amount,
        reference_hash,
    }
    .to_instruction(accounts::Burn {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        mint: deployment.mint,
        token_account,
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
    })
}
