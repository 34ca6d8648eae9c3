//! 0006: every role goes to its final holder, who is normally a multisig's vault.
//!
//! Two acts each, as the program has it: who may nominates, the nominee accepts. Where a key is not here, its holder is
//! waited for, with the instruction that he must sign.
//!
//! The order follows from what lapses. With a new authority all nominations of the configuration lapse, so it comes last
//! and is not even nominated before: a vault accepts when it likes. With a new admin a bank's nomination of an operator
//! lapses, so the operator comes first.

use kzte_client::{
    Address, Bic, instruction,
    state::{Config, Issuer, IssuerRole, Role},
};

use crate::{
    Difference, MigrationError, Signatory, State, Stop,
    description::ROLES,
    register_issuers,
    step::{Act, Hands, Item, View},
};

pub(crate) const NAME: &str = "0006_hand_over_roles";

/// What changes hands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seat {
    Role(&'static str, Role),
    Bank(Bic, IssuerRole),
}

impl Seat {
    fn subject(&self) -> String {
        match self {
            Self::Role(name, _) => (*name).to_owned(),
            Self::Bank(bic, IssuerRole::Operator) => format!("operator of {bic}"),
            Self::Bank(bic, IssuerRole::Admin) => format!("admin of {bic}"),
        }
    }

    /// In which capacity the final holder signs.
    fn nominee_role(&self) -> &'static str {
        match self {
            Self::Role(_, Role::Authority) => "new authority",
            Self::Role(_, Role::IssuerManager) => "new issuer manager",
            Self::Role(_, Role::Pauser) => "new pauser",
            Self::Role(_, Role::Compliance) => "new compliance desk",
            Self::Role(_, Role::CourtOfficer) => "new court officer",
            Self::Role(_, Role::Enforcer) => "new enforcer",
            Self::Bank(_, IssuerRole::Operator) => "new operator",
            Self::Bank(_, IssuerRole::Admin) => "new admin",
        }
    }
}

/// Where a hand-over stands.
struct Standing {
    seat: Seat,
    last: Address,
    holder: Address,
    nominee: Address,
    nominator: Signatory,
}

impl Standing {
    fn is_done(&self) -> bool {
        self.holder == self.last
    }

    fn is_nominated(&self) -> bool {
        self.nominee == self.last
    }
}

/// Everything that the file hands over, in its order.
fn standings(view: &View) -> Result<Vec<Standing>, Stop> {
    let (description, hand_over) = (view.migration.description, &view.migration.hand_over);
    let config = view.config()?;
    let mut standings = Vec::new();
    let others = ROLES.iter().filter(|(_, role)| *role != Role::Authority);
    for (name, role) in others {
        if let Some(last) = hand_over.holder(*role) {
            standings.push(of_role(view, config.as_ref(), name, *role, last));
        }
    }
    for bank in &hand_over.banks {
        let found = register_issuers::registered(view.chain, &description.deployment(), &bank.bic)?;
        let first = description.issuers.iter().find(|issuer| issuer.bic == bank.bic);
        for (seat, last) in [
            (IssuerRole::Operator, bank.operator),
            (IssuerRole::Admin, bank.admin),
        ] {
            let (Some(last), Some(first)) = (last, first) else {
                continue;
            };
            standings.push(of_bank(
                bank.bic,
                seat,
                last,
                found.as_ref(),
                first.admin,
                first.operator,
            ));
        }
    }
    if let Some(last) = hand_over.authority {
        standings.push(of_role(view, config.as_ref(), "authority", Role::Authority, last));
    }
    Ok(standings)
}

fn of_role(view: &View, config: Option<&Config>, name: &'static str, role: Role, last: Address) -> Standing {
    let roles = &view.migration.description.roles;
    let holder = |role| config.map_or(roles.holder(role), |config| *config.holder(role));
    let nominee = config
        .and_then(|config| config.nominees.get(role as usize))
        .copied();
    Standing {
        seat: Seat::Role(name, role),
        last,
        holder: holder(role),
        nominee: nominee.unwrap_or_default(),
        nominator: Signatory::new("authority", holder(Role::Authority)),
    }
}

fn of_bank(
    bic: Bic,
    seat: IssuerRole,
    last: Address,
    found: Option<&Issuer>,
    admin: Address,
    operator: Address,
) -> Standing {
    let admin = found.map_or(admin, |issuer| issuer.admin);
    let operator = found.map_or(operator, |issuer| issuer.operator);
    let (holder, nominee) = match seat {
        IssuerRole::Admin => (admin, found.map(|issuer| issuer.admin_nominee)),
        IssuerRole::Operator => (operator, found.map(|issuer| issuer.operator_nominee)),
    };
    Standing {
        seat: Seat::Bank(bic, seat),
        last,
        holder,
        nominee: nominee.unwrap_or_default(),
        nominator: Signatory::new("admin of the bank", admin),
    }
}

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let standings = standings(view)?;
    Ok(standings
        .iter()
        .map(|standing| item(standing, &standings))
        .collect())
}

fn item(standing: &Standing, all: &[Standing]) -> Item {
    let subject = standing.seat.subject();
    if standing.is_done() {
        return Item::new(subject, State::Done, standing.last.to_string());
    }
    let mut signers = Vec::new();
    if !standing.is_nominated() {
        signers.push(standing.nominator.clone());
    }
    signers.push(Signatory::new(standing.seat.nominee_role(), standing.last));
    let mut item = Item::new(subject, State::Missing { signers }, standing.last.to_string());
    item.changes.push(Difference {
        field: "holder".to_owned(),
        file: standing.last.to_string(),
        chain: standing.holder.to_string(),
    });
    item.others_sign = true;
    item.waits_for = all
        .iter()
        .find(|other| !other.is_done() && comes_before(&other.seat, &standing.seat))
        .map(|other| {
            format!(
                "{} must be handed over first: its nomination would lapse",
                other.seat.subject()
            )
        });
    item
}

/// Whether handing `second` over makes the nomination for `first` lapse.
fn comes_before(first: &Seat, second: &Seat) -> bool {
    match (first, second) {
        (Seat::Role(_, first), Seat::Role(_, Role::Authority)) => *first != Role::Authority,
        (Seat::Bank(bank, IssuerRole::Operator), Seat::Bank(other, IssuerRole::Admin)) => bank == other,
        _ => false,
    }
}

pub(crate) fn act(view: &View, subject: &str, _hands: &Hands) -> Result<Act, Stop> {
    let deployment = view.migration.description.deployment();
    let standings = standings(view)?;
    let standing = standings
        .iter()
        .find(|standing| standing.seat.subject() == subject)
        .ok_or_else(|| MigrationError::NotApplied {
            step: NAME,
            subject: subject.to_owned(),
            reason: "not in the file".to_owned(),
        })?;
    let (last, nominator) = (standing.last, standing.nominator.address);
    let accepts = vec![Signatory::new(standing.seat.nominee_role(), last)];
    let nominates = vec![standing.nominator.clone()];
    Ok(match (standing.seat, standing.is_nominated()) {
        (Seat::Role(_, role), true) => Act::one(
            "accept_role",
            instruction::accept_role(&deployment, last, role),
            accepts,
        ),
        (Seat::Role(_, role), false) => Act::one(
            "nominate_role",
            instruction::nominate_role(&deployment, nominator, role, last),
            nominates,
        ),
        (Seat::Bank(bic, seat), true) => Act::one(
            "accept_issuer_role",
            instruction::accept_issuer_role(&deployment, &bic, last, seat),
            accepts,
        ),
        (Seat::Bank(bic, seat), false) => Act::one(
            "nominate_issuer_role",
            instruction::nominate_issuer_role(&deployment, &bic, nominator, seat, last),
            nominates,
        ),
    })
}
