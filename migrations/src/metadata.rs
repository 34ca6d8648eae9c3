//! 0007: the IDL and the security contact on the chain, where explorers and wallets look for them: documents of the
//! Program Metadata program, written by the upgrade authority. Only where the file has a table `[metadata]`.
//!
//! No package registry has the program's binary. The bytes are compared with those of its official client, and the tests
//! drive this step against a stand-in that follows its interface; with the program's file they do the same against the
//! real one. ADR 0014 says what was run.
//!
//! A document is taken for done when what it unpacks to is the file's text, whoever packed it. A short one is written
//! in one instruction. A long one goes through a buffer that the payer writes and whose address follows from the payer and
//! the packed document, so a run that was cut finds it again; the upgrade authority only signs the end:
//!
//! | act | signed by (beside the payer) |
//! | --- | --- |
//! | create the buffer, write the chunks that do not stand in it | – |
//! | give it to the upgrade authority, where its key is not here | – |
//! | pay the document's rent | – |
//! | write the document, and close the buffer | the upgrade authority |
//!
//! A multisig is asked for one instruction after the other: one for a change, five for the IDL of today where there is none. The
//! buffer is then its own, and so is the rent in it.

use kzte_client::{Address, Instruction};
use serde_json::Value;
use sha2::{Digest, Sha256};
use solana_system_interface::instruction as system;

use crate::{
    Difference, Signatory, State, Stop,
    loader::{self, Program},
    program_metadata::{self as interface, From, GROWTH, HEADER, Hand, JSON, Stored},
    step::{Act, Hands, Item, View},
    upgrade_authority,
};

pub(crate) const NAME: &str = "0007_metadata";
/// Most bytes of a packed document that one instruction carries beside two signatures, eight addresses and the limits.
const INLINE: usize = 700;
/// Bytes of a chunk, as in step 0001: here 974 would fit.
const CHUNK: usize = 960;
/// Most that a document unpacks to.
const MOST: usize = 10 * 1024 * 1024;
/// How hard to pack: the hardest of zlib.
const LEVEL: u8 = 9;
/// What a security document is of no use without.
const CONTACT: [&str; 4] = ["name", "project_url", "contacts", "policy"];

/// The documents of a migration, as the files have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    pub idl: Option<Vec<u8>>,
    pub security: Option<Vec<u8>>,
}

/// One of them.
struct Document<'a> {
    subject: &'static str,
    seed: [u8; 16],
    program: Address,
    address: Address,
    text: &'a [u8],
}

impl<'a> Document<'a> {
    /// Those that are asked for. Errors: a file that is not what it must be.
    fn all(view: &View<'a>) -> Result<Vec<Self>, Stop> {
        let migration = view.migration;
        let program = migration.program_id;
        let files = [
            ("idl", &migration.metadata.idl),
            ("security", &migration.metadata.security),
        ];
        let mut all = Vec::new();
        for (subject, text) in files {
            let Some(text) = text else { continue };
            let seed = interface::seed(subject);
            let document = Self {
                subject,
                seed,
                program,
                address: interface::canonical(&program, &seed),
                text,
            };
            document.check()?;
            all.push(document);
        }
        Ok(all)
    }

    fn check(&self) -> Result<(), Stop> {
        let json: Value = serde_json::from_slice(self.text)
            .map_err(|error| self.stop(format!("the file is no JSON ({error})")))?;
        let has = |field: &str| match json.get(field) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(list)) => !list.is_empty(),
            _ => false,
        };
        if self.subject == "security" {
            return match CONTACT.iter().find(|field| !has(field)) {
                None => Ok(()),
                Some(field) => Err(self.stop(format!("the file has no «{field}»"))),
            };
        }
        match json.get("address").and_then(Value::as_str) {
            Some(address) if address == self.program.to_string() => Ok(()),
            other => Err(self.stop(format!(
                "the file is the IDL of {}: build it anew with the program",
                other.unwrap_or("no program")
            ))),
        }
    }

    fn stop(&self, reason: impl std::fmt::Display) -> Stop {
        Stop::Program {
            program: self.program,
            reason: format!("[metadata] {}: {reason}", self.subject),
        }
    }

    /// What stands at its address, and its lamports.
    fn stored(&self, view: &View) -> Result<(Stored, u64), Stop> {
        stored_at(view, &self.address)
    }

    fn is_done(&self, stored: &Stored) -> bool {
        let Stored::Metadata { kind, data, .. } = stored else {
            return false;
        };
        let packing = kind.compression;
        let is_text = *kind
            == interface::Kind {
                compression: packing,
                ..JSON
            };
        is_text && unpacked(packing, data).is_some_and(|text| text == self.text)
    }

    /// What the chain has, in a few words.
    fn told(stored: &Stored) -> String {
        match stored {
            Stored::Missing => "none".to_owned(),
            Stored::Buffer { data, .. } => format!("a buffer with {} bytes", data.len()),
            Stored::Metadata { kind, data, .. } => unpacked(kind.compression, data).map_or_else(
                || "something that is not read here".to_owned(),
                |text| hash(&text),
            ),
            Stored::Other => "something else".to_owned(),
        }
    }
}

fn stored_at(view: &View, address: &Address) -> Result<(Stored, u64), Stop> {
    let account = view.chain.account(address)?;
    let lamports = account.as_ref().map_or(0, |account| account.lamports);
    Ok((Stored::of(account.as_ref()), lamports))
}

fn packed(text: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(text, LEVEL)
}

/// `None`: packed in a way that is not read here, or broken.
fn unpacked(compression: u8, data: &[u8]) -> Option<Vec<u8>> {
    if compression == interface::PLAIN {
        return Some(data.to_vec());
    }
    (compression == JSON.compression)
        .then(|| miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(data, MOST).ok())
        .flatten()
}

fn hash(text: &[u8]) -> String {
    format!("SHA-256 {}", hex::encode(Sha256::digest(text)))
}

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let documents = Document::all(view)?;
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let is_here = matches!(loader::program(view.chain, &interface::ID)?, Program::Deployed(_));
    let authority = upgrade_authority::holder(view)?;
    let mut items = Vec::new();
    for document in documents {
        let (stored, _) = document.stored(view)?;
        let target = hash(document.text);
        let change = |field: &str, chain: String| Difference {
            field: field.to_owned(),
            file: target.clone(),
            chain,
        };
        let differs = |field: &str, file: &str, chain: &str| State::Differs {
            fields: vec![Difference {
                field: field.to_owned(),
                file: file.to_owned(),
                chain: chain.to_owned(),
            }],
        };
        let state = match (&stored, authority) {
            _ if document.is_done(&stored) => State::Done,
            _ if !is_here => differs(
                &format!("the Program Metadata program {}", interface::ID),
                "needed by [metadata] (take the table out for a cluster without it)",
                "not there",
            ),
            (
                Stored::Metadata {
                    is_mutable: false, ..
                },
                _,
            ) => differs(
                "what can be changed of the document",
                "all of it",
                "nothing, for ever",
            ),
            (Stored::Other, _) => differs("the address of the document", "a document", "something else"),
            (_, None) => differs("upgrade authority", "needed by [metadata]", "none, for ever"),
            (_, Some(holder)) => State::Missing {
                signers: vec![Signatory::new("upgrade authority", holder)],
            },
        };
        let mut item = Item::new(document.subject, state, target.clone());
        if matches!(item.state, State::Missing { .. }) {
            item.changes.push(change("document", Document::told(&stored)));
        }
        // Before the hand-over it is a key of the first deployment; afterwards somebody else's.
        item.others_sign = authority != Some(view.migration.description.upgrade_authority);
        items.push(item);
    }
    Ok(items)
}

pub(crate) fn act(view: &View, subject: &str, hands: &Hands) -> Result<Act, Stop> {
    let document = Document::all(view)?
        .into_iter()
        .find(|document| document.subject == subject)
        .ok_or_else(|| Stop::Program {
            program: view.migration.program_id,
            reason: format!("[metadata] has no «{subject}»"),
        })?;
    let authority = upgrade_authority::holder(view)?
        .ok_or_else(|| document.stop("nobody can upgrade the program, so nobody can write it"))?;
    let (stored, lamports) = document.stored(view)?;
    let writer = Writer {
        packed: packed(document.text),
        // The buffer is the payer's own, also in a proposal for somebody else.
        payer: view.payer.unwrap_or(hands.payer),
        authority,
        holds: (hands.holds)(&authority),
        document,
    };
    let mut rest = writer.rest(&stored)?;
    let mut note = String::new();
    let buffer = writer.buffer();
    let uses_buffer = rest
        .iter()
        .any(|instruction| instruction.accounts.iter().any(|meta| meta.pubkey == buffer));
    if uses_buffer {
        let owner = match writer.prepare_buffer(view)? {
            Buffer::Needs(act) => return Ok(act),
            Buffer::Ready(owner) => owner,
        };
        note = format!("; the buffer {buffer} holds it packed, {}", hash(&writer.packed));
        if writer.holds {
            rest.push(writer.own(owner).close(&buffer, &writer.payer));
        }
    }
    let rent = view.chain.minimum_balance(writer.account_len())?;
    if lamports < rent {
        let pay = system::transfer(
            &writer.payer,
            &writer.document.address,
            rent.saturating_sub(lamports),
        );
        let what = format!("pay the rent of {}", writer.document.address);
        return Ok(Act::unsigned(what, vec![vec![pay]]));
    }
    if !writer.holds {
        // Whoever signs by a proposal signs one instruction.
        rest.truncate(1);
    }
    Ok(Act {
        signers: vec![Signatory::new("upgrade authority", authority)],
        note,
        ..Act::unsigned(
            format!("write {} as {}", writer.document.subject, writer.document.address),
            vec![rest],
        )
    })
}

/// How far the buffer is.
enum Buffer {
    Needs(Act),
    /// Holds the packed document, in the hand of the payer or of the upgrade authority.
    Ready(Address),
}

struct Writer<'a> {
    document: Document<'a>,
    packed: Vec<u8>,
    payer: Address,
    authority: Address,
    /// Whether the upgrade authority's key is here.
    holds: bool,
}

impl Writer<'_> {
    fn canonical(&self) -> Hand {
        Hand {
            program: self.document.program,
            authority: self.authority,
            is_canonical: true,
        }
    }

    /// Somebody who signs for what is his own.
    fn own(&self, authority: Address) -> Hand {
        Hand {
            program: self.document.program,
            authority,
            is_canonical: false,
        }
    }

    /// 64 bits of the packed document's hash, as text.
    fn buffer_seed(&self) -> [u8; 16] {
        interface::seed(&hex::encode(Sha256::digest(&self.packed)))
    }

    fn buffer(&self) -> Address {
        interface::non_canonical(&self.document.program, &self.payer, &self.buffer_seed())
    }

    fn account_len(&self) -> usize {
        HEADER.saturating_add(self.packed.len())
    }

    fn chunks(&self) -> impl Iterator<Item = (usize, &[u8])> {
        (0..).step_by(CHUNK).zip(self.packed.chunks(CHUNK))
    }

    /// What the upgrade authority still has to sign, in order, once the buffer is ready and the rent is paid.
    fn rest(&self, stored: &Stored) -> Result<Vec<Instruction>, Stop> {
        let (hand, address, seed) = (self.canonical(), &self.document.address, &self.document.seed);
        let is_inline = self.packed.len() <= INLINE;
        let from_buffer = |has: usize, is_written: bool| {
            let mut rest = extends(&hand, address, self.packed.len().saturating_sub(has));
            if !is_written {
                rest.push(hand.copy(address, &self.buffer()));
            }
            rest.push(hand.initialize(address, seed, JSON, None));
            rest
        };
        Ok(match stored {
            Stored::Missing if is_inline => {
                vec![hand.initialize(address, seed, JSON, Some(&self.packed))]
            }
            Stored::Missing => {
                let mut rest = vec![hand.allocate(address, seed)];
                rest.extend(from_buffer(0, false));
                rest
            }
            // A remainder of another document or of another authority: only the old one could write it.
            Stored::Buffer { authority, data }
                if is_inline || *authority != self.authority || data.len() > self.packed.len() =>
            {
                vec![hand.close(address, &self.payer)]
            }
            Stored::Buffer { data, .. } => from_buffer(data.len(), *data == self.packed),
            Stored::Metadata { .. } if is_inline => {
                vec![hand.set_data(address, JSON, From::Bytes(&self.packed))]
            }
            Stored::Metadata { room, .. } => {
                // The last of the growth is the instruction's own.
                let more = self.packed.len().saturating_sub(*room).saturating_sub(GROWTH);
                let mut rest = extends(&hand, address, more);
                rest.push(hand.set_data(address, JSON, From::Buffer(self.buffer())));
                rest
            }
            Stored::Other => return Err(self.document.stop(format!("{address} holds something else"))),
        })
    }

    fn prepare_buffer(&self, view: &View) -> Result<Buffer, Stop> {
        let (address, own) = (self.buffer(), self.own(self.payer));
        let (stored, lamports) = stored_at(view, &address)?;
        let (owner, written) = match stored {
            Stored::Missing => {
                let rent = view.chain.minimum_balance(self.account_len())?;
                let mut create = Vec::new();
                if lamports < rent {
                    create.push(system::transfer(
                        &self.payer,
                        &address,
                        rent.saturating_sub(lamports),
                    ));
                }
                create.push(own.allocate(&address, &self.buffer_seed()));
                create.extend(extends(&own, &address, self.packed.len()));
                let what = format!("create the buffer {address}");
                return Ok(Buffer::Needs(Act::unsigned(what, vec![create])));
            }
            Stored::Buffer { authority, data } => (authority, data),
            Stored::Metadata { .. } | Stored::Other => {
                return Err(self.document.stop(format!(
                    "its buffer {address} holds something else: pay with another key"
                )));
            }
        };
        if written == self.packed {
            return Ok(
                if owner == self.authority || (owner == self.payer && self.holds) {
                    Buffer::Ready(owner)
                } else if owner == self.payer {
                    let what = format!("give the buffer {address} to {}", self.authority);
                    let give = own.set_authority(&address, &self.authority);
                    Buffer::Needs(Act::unsigned(what, vec![vec![give]]))
                } else {
                    return Err(self.in_other_hands(&address, &owner));
                },
            );
        }
        if owner != self.payer {
            return Err(self.in_other_hands(&address, &owner));
        }
        if written.len() != self.packed.len() {
            let what = format!("close the buffer {address}, which has another length");
            let close = own.close(&address, &self.payer);
            return Ok(Buffer::Needs(Act::unsigned(what, vec![vec![close]])));
        }
        let writes: Vec<Vec<Instruction>> = self
            .chunks()
            .filter(|(offset, chunk)| written.get(*offset..).is_none_or(|rest| !rest.starts_with(chunk)))
            .map(|(offset, chunk)| {
                let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                vec![own.write(&address, offset, chunk)]
            })
            .collect();
        let what = format!("write {} of {} chunks", writes.len(), self.chunks().count());
        Ok(Buffer::Needs(Act {
            measured: true,
            ..Act::unsigned(what, writes)
        }))
    }

    fn in_other_hands(&self, buffer: &Address, owner: &Address) -> Stop {
        self.document.stop(format!(
            "its buffer {buffer} is in the hand of {owner}, and not complete or neither the payer's nor the upgrade authority's: close it, or pay with another key"
        ))
    }
}

fn extends(hand: &Hand, address: &Address, more: usize) -> Vec<Instruction> {
    let mut left = more;
    let mut all = Vec::new();
    while left > 0 {
        let by = left.min(GROWTH);
        // GROWTH fits.
        all.push(hand.extend(address, u16::try_from(by).unwrap_or(u16::MAX)));
        left = left.saturating_sub(by);
    }
    all
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
