//! What an event says to people, in one line.

use kzte_client::{
    Address, Event, Receipt,
    state::{ROLE_COUNT, Role},
};
use serde_json::{Value, json};

use crate::{
    answer::{money, violated},
    ops::{
        governance::flag_names,
        hash_text,
        issuers::status_name,
        oversight::violations,
        roles::{ROLES, role_name},
    },
    text::{Moment, plural, short_signature, span},
};

/// Numbers of a bank's seats in events, behind those of [`Role`].
const ADMIN: usize = ROLE_COUNT;
const OPERATOR: usize = ROLE_COUNT + 1;

/// One line for people: when, what, in which transaction. `bank`: the name of the bank whose account that is.
pub fn line(receipt: &Receipt, event: &Event, bank: &dyn Fn(&Address) -> String) -> String {
    let when = receipt.time.map_or_else(
        || format!("slot {}", receipt.slot),
        |time| Moment(time).to_string(),
    );
    format!(
        "{when}  {}  {}",
        sentence(event, bank),
        short_signature(&receipt.signature)
    )
}

/// The same for machines: the event as everywhere, and when, where, and of which bank.
pub fn object(receipt: &Receipt, event: &Event, bank: &dyn Fn(&Address) -> String) -> Value {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("transaction".to_owned(), json!(receipt.signature.to_string()));
        fields.insert("slot".to_owned(), json!(receipt.slot));
        fields.insert("time".to_owned(), json!(receipt.time));
        if let Some(issuer) = event.issuer().filter(|issuer| **issuer != Address::default()) {
            fields.insert("bank".to_owned(), json!(bank(issuer)));
        }
    }
    value
}

/// What happened. Every event has a sentence of its own.
fn sentence(event: &Event, bank: &dyn Fn(&Address) -> String) -> String {
    match event {
        Event::Initialized(e) => format!(
            "the deployment of mint {} exists; a statement mints for {}, a redemption has {}",
            e.mint,
            span(e.max_statement_age),
            span(e.redemption_sla)
        ),
        Event::AttestorsSet(e) => format!(
            "attestor set {}: {} of {} carry a statement",
            e.version,
            e.threshold,
            plural(u64::from(e.count), "attestor", "attestors")
        ),
        Event::IssuerRegistered(e) => format!(
            "{}: registered; quota {}, {}",
            bank(&e.issuer),
            money(e.quota),
            window(e.window_limit, e.window_seconds)
        ),
        Event::IssuerConfigured(e) => format!(
            "{}: quota {}, {}",
            bank(&e.issuer),
            money(e.quota),
            window(e.window_limit, e.window_seconds)
        ),
        Event::IssuerStatusChanged(e) => format!(
            "{}: {}, until now {}",
            bank(&e.issuer),
            status_name(e.to),
            status_name(e.from)
        ),
        Event::Paused(e) => format!(
            "paused {}; now paused: {}",
            flag_names(e.flags),
            flag_names(e.paused)
        ),
        Event::Resumed(e) => format!(
            "resumed {}; still paused: {}",
            flag_names(e.flags),
            flag_names(e.paused)
        ),
        Event::RoleNominated(e) => {
            format!("{}: {} is nominated", title(e.role, &e.issuer, bank), e.nominee)
        }
        Event::RoleAccepted(e) => format!(
            "{}: {} took over from {}",
            title(e.role, &e.issuer, bank),
            e.actor,
            e.previous
        ),
        Event::NominationCancelled(e) => format!(
            "{}: {} is nominated no more",
            title(e.role, &e.issuer, bank),
            e.nominee
        ),
        Event::PolicySet(e) => format!(
            "policy: a statement mints for {}, a redemption has {}",
            span(e.max_statement_age),
            span(e.redemption_sla)
        ),
        Event::DefaultAccountStateSet(e) => {
            let born = if e.frozen == 1 { "frozen" } else { "open" };
            format!("token accounts are born {born}")
        }
        Event::MetadataUpdated(e) => {
            let field = if e.field == 0 { "name" } else { "link" };
            format!("the token has another {field}")
        }
        Event::ConfigMigrated(e) => format!(
            "the configuration has layout {}, with {}",
            e.version,
            plural(u64::from(e.issuer_count), "bank", "banks")
        ),
        Event::AccountFrozen(e) => format!("token account {} frozen", e.token_account),
        Event::AccountThawed(e) => format!("token account {} thawed", e.token_account),
        Event::WalletBlocked(e) => format!("wallet {} blocked", e.wallet),
        Event::WalletUnblocked(e) => format!("wallet {} open again", e.wallet),
        Event::HolderAdmitted(e) => format!("{}: wallet {} admitted", bank(&e.issuer), e.owner),
        Event::StatementPosted(e) => format!(
            "{}: statement {} posted, as of {}, {}, closing balance {}",
            bank(&e.issuer),
            e.number,
            Moment(e.as_of),
            plural(u64::from(e.entry_count), "entry", "entries"),
            money(e.closing)
        ),
        Event::StatementWithdrawn(e) => {
            format!("{}: statement {} withdrawn", bank(&e.issuer), e.number)
        }
        Event::StatementAttested(e) => format!(
            "{}: statement {} attested by {}, {}{}",
            bank(&e.issuer),
            e.number,
            e.actor,
            plural(u64::from(e.approvals.count_ones()), "vote", "votes"),
            if e.effective == 1 { "; now effective" } else { "" }
        ),
        Event::StatementClosed(e) => format!(
            "{}: statement {} closed, {} minted, {} settled",
            bank(&e.issuer),
            e.number,
            money(e.minted),
            money(e.settled)
        ),
        Event::Minted(e) => format!(
            "{}: minted {}, entry {} of statement {}",
            bank(&e.issuer),
            money(e.amount),
            e.index,
            e.number
        ),
        Event::Burned(e) => format!("{}: burned {} of its stock", bank(&e.issuer), money(e.amount)),
        Event::RedemptionRequested(e) => format!(
            "{}: redemption {} of {} requested by {}, due {}",
            bank(&e.issuer),
            e.redemption,
            money(e.amount),
            e.owner,
            Moment(e.due_at)
        ),
        Event::RedemptionSettled(e) => format!(
            "{}: redemption {} of {} settled, entry {} of statement {}",
            bank(&e.issuer),
            e.redemption,
            money(e.amount),
            e.index,
            e.number
        ),
        Event::RedemptionRejected(e) => format!(
            "{}: redemption {} of {} rejected, reason {}",
            bank(&e.issuer),
            e.redemption,
            money(e.amount),
            e.reason
        ),
        Event::RedemptionCancelled(e) => format!(
            "{}: redemption {} of {} cancelled by its holder",
            bank(&e.issuer),
            e.redemption,
            money(e.amount)
        ),
        Event::RedemptionFlagged(e) => format!(
            "{}: redemption {} of {} is overdue since {}",
            bank(&e.issuer),
            e.redemption,
            money(e.amount),
            Moment(e.due_at)
        ),
        Event::Novated(e) => format!(
            "{}: {} moved to {}",
            bank(&e.issuer),
            money(e.amount),
            bank(&e.taker)
        ),
        Event::OrderOpened(e) => format!(
            "case {} opened: up to {} from {} to {} until {}",
            hash_text(&e.reference_hash),
            money(e.cap),
            e.subject,
            e.destination,
            Moment(e.expires_at)
        ),
        Event::OrderExecuted(e) => format!(
            "case {}: {} seized from {}, {} so far",
            hash_text(&e.reference_hash),
            money(e.amount),
            e.subject,
            money(e.executed)
        ),
        Event::OrderClosed(e) => format!(
            "case {} closed, {} seized",
            hash_text(&e.reference_hash),
            money(e.executed)
        ),
        Event::IssuerChecked(e) => format!(
            "{}: checked; outstanding {}, reserve {}, violations: {}",
            bank(&e.issuer),
            money(e.outstanding),
            money(e.closing),
            violated(&violations(e.violations))
        ),
        Event::InvariantsChecked(e) => format!(
            "{} of {} checked; supply {}, violations: {}",
            e.banks_given,
            plural(u64::from(e.banks_registered), "bank", "banks"),
            money(e.supply),
            violated(&violations(e.violations))
        ),
    }
}

/// `12 000,00 ₸ (1200000 tiyn) within 1 d`.
fn window(limit: u64, seconds: i64) -> String {
    match limit {
        u64::MAX => "no limit of minting within a window".to_owned(),
        limit => format!("minting up to {} within {}", money(limit), span(seconds)),
    }
}

/// The role of a number in an event.
fn title(role: u8, issuer: &Address, bank: &dyn Fn(&Address) -> String) -> String {
    let known = |(known, _): &&(Role, &str)| *known as u8 == role;
    match usize::from(role) {
        ADMIN => format!("admin of {}", bank(issuer)),
        OPERATOR => format!("operator of {}", bank(issuer)),
        _ => ROLES
            .iter()
            .find(known)
            .map_or_else(|| format!("role {role}"), |(role, _)| role_name(*role).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use kzte_client::{
        Signature,
        events::{
            InvariantsChecked, IssuerRegistered, Minted, Novated, OrderExecuted, Paused, RedemptionRequested,
            RoleAccepted, StatementAttested,
        },
    };

    use super::*;

    fn at(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    /// Two banks, by their accounts.
    fn bank(address: &Address) -> String {
        let names = [(at(10), "ALTNKZKAXXX"), (at(11), "SARYKZ2AXXX")];
        names
            .iter()
            .find(|(known, _)| known == address)
            .map_or_else(|| address.to_string(), |(_, name)| (*name).to_owned())
    }

    fn receipt(time: Option<i64>) -> Receipt {
        Receipt {
            signature: Signature::from([3; 64]),
            slot: 77,
            time,
            compute_units: 1,
            logs: Vec::new(),
            events: Vec::new(),
            truncated: false,
            size: 1,
        }
    }

    fn minted() -> Event {
        Event::from(Minted {
            config: at(1),
            issuer: at(10),
            actor: at(2),
            reference_hash: [4; 32],
            number: 7,
            amount: 123_456_789,
            index: 3,
            reserved: 0,
        })
    }

    #[test]
    fn a_line_says_when_what_and_in_which_transaction() {
        let signature = Signature::from([3; 64]).to_string();
        assert_eq!(
            line(&receipt(Some(1_794_798_000)), &minted(), &bank),
            format!(
                "2026-11-16 08:00:00 (UTC+05)  ALTNKZKAXXX: minted 1\u{a0}234\u{a0}567,89\u{a0}₸ (123456789 tiyn), \
                 entry 3 of statement 7  {}…",
                &signature[..8]
            )
        );
        assert!(line(&receipt(None), &minted(), &bank).starts_with("slot 77  ALTNKZKAXXX: "));
    }

    #[test]
    fn an_object_holds_the_event_and_where_it_happened() {
        let value = object(&receipt(Some(1_794_798_000)), &minted(), &bank);
        assert_eq!(
            value,
            json!({
                "event": "Minted",
                "bank": "ALTNKZKAXXX",
                "config": at(1).to_string(),
                "issuer": at(10).to_string(),
                "actor": at(2).to_string(),
                "reference_hash": "04".repeat(32),
                "number": "7",
                "amount": "123456789",
                "index": 3,
                "transaction": Signature::from([3; 64]).to_string(),
                "slot": 77,
                "time": 1_794_798_000,
            })
        );
        // Of no bank.
        let paused = Event::from(Paused {
            config: at(1),
            actor: at(2),
            flags: 1,
            paused: 5,
            reserved: [0; 6],
        });
        assert_eq!(object(&receipt(None), &paused, &bank).get("bank"), None);
        let handed = Event::from(RoleAccepted {
            config: at(1),
            issuer: Address::default(),
            actor: at(2),
            previous: at(3),
            role: 2,
            reserved: [0; 7],
        });
        assert_eq!(object(&receipt(None), &handed, &bank).get("bank"), None);
    }

    #[test]
    fn sentences() {
        let says = |event: Event| sentence(&event, &bank);
        let (actor, other) = (at(2), at(3));
        assert_eq!(
            says(Event::from(IssuerRegistered {
                config: at(1),
                issuer: at(10),
                actor,
                admin: at(4),
                operator: at(5),
                quota: 100,
                window_limit: u64::MAX,
                window_seconds: 86_400,
                bic: *b"ALTNKZKAXXX",
                reserved: [0; 5],
            })),
            "ALTNKZKAXXX: registered; quota 1,00\u{a0}₸ (100 tiyn), no limit of minting within a window"
        );
        assert_eq!(
            says(Event::from(Paused {
                config: at(1),
                actor,
                flags: 1,
                paused: 5,
                reserved: [0; 6],
            })),
            "paused minting; now paused: minting, transfers"
        );
        for (role, issuer, name) in [
            (2, Address::default(), "pauser"),
            (6, at(10), "admin of ALTNKZKAXXX"),
            (7, at(11), "operator of SARYKZ2AXXX"),
            (99, Address::default(), "role 99"),
        ] {
            assert_eq!(
                says(Event::from(RoleAccepted {
                    config: at(1),
                    issuer,
                    actor,
                    previous: other,
                    role,
                    reserved: [0; 7],
                })),
                format!("{name}: {actor} took over from {other}")
            );
        }
        let vote = |approvals, effective| {
            says(Event::from(StatementAttested {
                config: at(1),
                issuer: at(10),
                actor,
                reference_hash: [4; 32],
                number: 7,
                closing: 5,
                attestor_set_version: 1,
                approvals,
                effective,
                reserved: [0; 2],
            }))
        };
        assert_eq!(
            [vote(0b100, 0), vote(0b101, 1)],
            [
                format!("ALTNKZKAXXX: statement 7 attested by {actor}, 1 vote"),
                format!("ALTNKZKAXXX: statement 7 attested by {actor}, 2 votes; now effective"),
            ]
        );
        assert_eq!(
            says(Event::from(RedemptionRequested {
                config: at(1),
                issuer: at(10),
                actor,
                reference_hash: [4; 32],
                redemption: at(6),
                owner: actor,
                nonce: 1,
                amount: 5,
                due_at: 1_794_798_000,
            })),
            format!(
                "ALTNKZKAXXX: redemption {} of 0,05\u{a0}₸ (5 tiyn) requested by {actor}, \
                 due 2026-11-16 08:00:00 (UTC+05)",
                at(6)
            )
        );
        assert_eq!(
            says(Event::from(Novated {
                config: at(1),
                issuer: at(10),
                taker: at(11),
                actor,
                taker_actor: other,
                reference_hash: [4; 32],
                amount: 250,
            })),
            "ALTNKZKAXXX: 2,50\u{a0}₸ (250 tiyn) moved to SARYKZ2AXXX"
        );
        assert_eq!(
            says(Event::from(OrderExecuted {
                config: at(1),
                actor,
                reference_hash: [0xab; 32],
                order: at(7),
                subject: at(8),
                destination: at(9),
                amount: 1,
                executed: 3,
            })),
            format!(
                "case {}: 0,01\u{a0}₸ (1 tiyn) seized from {}, 0,03\u{a0}₸ (3 tiyn) so far",
                "ab".repeat(32),
                at(8)
            )
        );
        let checked = |violations| {
            says(Event::from(InvariantsChecked {
                config: at(1),
                actor,
                supply: 9,
                outstanding: 9,
                closing: 9,
                pending: 0,
                escrow: 0,
                checked_at: 1,
                banks_given: 1,
                banks_registered: 2,
                violations,
                reserved: [0; 7],
            }))
        };
        assert_eq!(
            [checked(0), checked(0b10_0001)],
            [
                "1 of 2 banks checked; supply 0,09\u{a0}₸ (9 tiyn), violations: none",
                "1 of 2 banks checked; supply 0,09\u{a0}₸ (9 tiyn), violations: invariant 1, invariant 6",
            ]
        );
    }
}
