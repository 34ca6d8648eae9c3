//! Bank statements and the votes on them.

use kzte::{accounts, instruction as data};
use solana_address::Address;
use solana_instruction::Instruction;

use super::StatementArgs;
use crate::{Bic, Deployment, SYSTEM_PROGRAM_ID};

/// `post_statement`: puts a bank's next statement before the attestors; see
/// [`StatementFile::args`](crate::reserve::StatementFile::args). Signer: the operator, who pays the rent.
pub fn post_statement(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    args: StatementArgs,
) -> Instruction {
    data::PostStatement { args }.to_instruction(accounts::PostStatement {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, args.number),
        system_program: SYSTEM_PROGRAM_ID,
    })
}

/// `withdraw_statement`: takes a posted statement back. `payer`: who posted it and gets the rent. Signer: the operator.
pub fn withdraw_statement(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    number: u64,
    payer: Address,
) -> Instruction {
    data::WithdrawStatement {}.to_instruction(accounts::WithdrawStatement {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, number),
        payer,
    })
}

/// `attest_statement`: votes for a statement. `digest`: what the attestor computed from the bank's file, see
/// [`StatementFile::digest`](crate::reserve::StatementFile::digest). Signer: the attestor.
pub fn attest_statement(
    deployment: &Deployment,
    bic: &Bic,
    attestor: Address,
    number: u64,
    digest: [u8; 32],
) -> Instruction {
    data::AttestStatement { digest }.to_instruction(accounts::AttestStatement {
        attestor,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, number),
    })
}

/// `close_statement`: closes an exhausted statement. `payer`: who posted it and gets the rent. Signer: anyone.
pub fn close_statement(
    deployment: &Deployment,
    bic: &Bic,
    caller: Address,
    number: u64,
    payer: Address,
) -> Instruction {
    data::CloseStatement {}.to_instruction(accounts::CloseStatement {
        caller,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, number),
        payer,
    })
}
