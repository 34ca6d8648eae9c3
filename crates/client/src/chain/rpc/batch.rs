//! Many independent transactions, several at a time.

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::{
    super::{Chain, Receipt, SendOptions, until_landed},
    RpcChain,
};
use crate::ChainError;

/// Transactions under way at once. Public nodes answer a few dozen questions a second to one client.
const THREADS: usize = 8;

/// See [`Chain::send_batch`].
pub(super) fn send(
    chain: &RpcChain,
    batch: &[Vec<Instruction>],
    payer: &Keypair,
    signers: &[&Keypair],
    options: SendOptions,
    done: &mut dyn FnMut(usize),
) -> Result<Vec<Receipt>, ChainError> {
    // The place of the next transaction; beyond the batch, nothing is left to begin.
    let next = AtomicUsize::new(0);
    let mut receipts = vec![None; batch.len()];
    let mut failure = None;
    thread::scope(|scope| {
        let (tell, hear) = mpsc::channel();
        for _ in 0..THREADS.min(batch.len()) {
            let (tell, next, mut chain) = (tell.clone(), &next, chain.clone());
            scope.spawn(move || {
                while let Some((place, instructions)) = take(next, batch) {
                    let outcome = until_landed(|| chain.send_with(instructions, payer, signers, options));
                    if outcome.is_err() {
                        next.store(batch.len(), Ordering::Relaxed);
                    }
                    if tell.send((place, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        let mut confirmed = 0usize;
        for (place, outcome) in hear {
            match outcome {
                Ok(receipt) => {
                    if let Some(slot) = receipts.get_mut(place) {
                        *slot = Some(receipt);
                    }
                    confirmed = confirmed.saturating_add(1);
                    done(confirmed);
                }
                Err(error) => failure = failure.take().or(Some(error)),
            }
        }
    });
    match failure {
        Some(error) => Err(error),
        // Without a failure every place has been taken and has told its receipt.
        None => Ok(receipts.into_iter().flatten().collect()),
    }
}

fn take<'a>(next: &AtomicUsize, batch: &'a [Vec<Instruction>]) -> Option<(usize, &'a [Instruction])> {
    // Beyond the end it stays beyond: each thread asks once more than there is, and then no more.
    let place = next.fetch_add(1, Ordering::Relaxed);
    batch
        .get(place)
        .map(|instructions| (place, instructions.as_slice()))
}
