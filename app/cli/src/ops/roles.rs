//! Hand-over of roles and of bank seats, in two steps: nominate, accept.

use kzte_client::{
    Address, Bic, Chain, Deployment, Instruction, KzteError, fetch, instruction,
    state::{Config, ISSUER_CLOSED, Issuer, IssuerRole, Role},
};

use super::{Step, issuer, send};
use crate::{
    failure::{Failure, Result},
    keys::Hand,
};

/// The roles of the configuration with their names, in the order of their seats.
pub const ROLES: [(Role, &str); 6] = [
    (Role::Authority, "authority"),
    (Role::IssuerManager, "issuer manager"),
    (Role::Pauser, "pauser"),
    (Role::Compliance, "compliance"),
    (Role::CourtOfficer, "court officer"),
    (Role::Enforcer, "enforcer"),
];

/// Name of a role for people.
pub fn role_name(role: Role) -> &'static str {
    ROLES
        .iter()
        .find(|(known, _)| *known == role)
        .map_or("role", |(_, name)| *name)
}

/// What is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    /// A role of the configuration.
    Deployment(Role),
    /// A seat of a bank.
    Bank(Bic, IssuerRole),
}

impl std::fmt::Display for Title {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deployment(role) => f.write_str(role_name(*role)),
            Self::Bank(bic, IssuerRole::Admin) => write!(f, "admin of {bic}"),
            Self::Bank(bic, IssuerRole::Operator) => write!(f, "operator of {bic}"),
        }
    }
}

impl Title {
    /// The words that name it on the command line.
    fn words(&self) -> String {
        match self {
            Self::Deployment(role) => role_name(*role).replace(' ', "-"),
            Self::Bank(bic, IssuerRole::Admin) => format!("admin --issuer {bic}"),
            Self::Bank(bic, IssuerRole::Operator) => format!("operator --issuer {bic}"),
        }
    }
}

/// The chain's side of a hand-over.
struct Books {
    config: Config,
    /// Where the title is one of a bank.
    bank: Option<(Bic, Issuer)>,
    holder: Address,
    /// `None`: nobody is nominated.
    nominee: Option<Address>,
}

impl Books {
    fn of(chain: &dyn Chain, deployment: &Deployment, title: &Title) -> Result<Self> {
        let config = fetch::config(chain, deployment)?;
        let (bank, holder, nominee) = match title {
            Title::Deployment(role) => {
                let nominee = config.nominees.get(*role as usize).copied();
                (None, *config.holder(*role), nominee.unwrap_or_default())
            }
            Title::Bank(bic, seat) => {
                let issuer = issuer(chain, deployment, bic)?;
                let (holder, nominee) = match seat {
                    IssuerRole::Admin => (issuer.admin, issuer.admin_nominee),
                    IssuerRole::Operator => (issuer.operator, issuer.operator_nominee),
                };
                (Some((*bic, issuer)), holder, nominee)
            }
        };
        Ok(Self {
            config,
            bank,
            holder,
            nominee: (nominee != Address::default()).then_some(nominee),
        })
    }

    /// What `address` holds that keeps it from another title.
    fn held(&self, address: &Address) -> Option<String> {
        let seat = match &self.bank {
            Some((bic, issuer)) if issuer.admin == *address => Some(format!("the admin of {bic}")),
            Some((bic, issuer)) if issuer.operator == *address => Some(format!("the operator of {bic}")),
            _ => None,
        };
        seat.or_else(|| held(&self.config, address))
    }

    fn require_free(&self, address: &Address) -> Result<()> {
        match self.held(address) {
            None => Ok(()),
            Some(role) => Err(Failure::foreseen(
                KzteError::RoleConflict,
                format!("{address} is {role} already"),
            )),
        }
    }

    fn require_open(&self) -> Result<()> {
        match &self.bank {
            Some((bic, issuer)) if issuer.status == ISSUER_CLOSED => Err(Failure::foreseen(
                KzteError::IssuerClosed,
                format!("{bic} is closed: its seats change no more"),
            )
            .but("")),
            _ => Ok(()),
        }
    }

    /// Refuses a hand that may not nominate for `title`.
    fn require_nominator(&self, title: &Title, hand: &Hand) -> Result<()> {
        let authority = self.config.holder(Role::Authority);
        let (may, who) = match (title, &self.bank) {
            (Title::Bank(bic, seat), Some((_, issuer))) => {
                let (admin, recovers) = (issuer.admin, *seat == IssuerRole::Admin);
                let may = admin == hand.address() || (recovers && *authority == hand.address());
                let who = if recovers {
                    format!("the admin of {bic} ({admin}) or the authority ({authority})")
                } else {
                    format!("the admin of {bic} ({admin})")
                };
                (may, who)
            }
            _ => (
                *authority == hand.address(),
                format!("the authority ({authority})"),
            ),
        };
        if may {
            return Ok(());
        }
        Err(Failure::foreseen(
            KzteError::NotAuthorized,
            format!("{} nominates no {title}: {who} does", hand.address()),
        )
        .but("Sign with that key: --keypair."))
    }
}

/// What `address` holds: a role of the configuration, or a seat of the attestor set.
pub(crate) fn held(config: &Config, address: &Address) -> Option<String> {
    if let Some((_, name)) = ROLES.iter().find(|(role, _)| config.holder(*role) == address) {
        return Some(format!("the {name}"));
    }
    config
        .seat_of(address)
        .ok()
        .map(|seat| format!("attestor {seat}"))
}

/// Refuses a hand that does not hold a role.
pub(crate) fn require_role(config: &Config, role: Role, hand: &Hand) -> Result<()> {
    let holder = config.holder(role);
    if *holder == hand.address() {
        return Ok(());
    }
    Err(Failure::foreseen(
        KzteError::NotAuthorized,
        format!("{} is not the {}: {holder} is", hand.address(), role_name(role)),
    )
    .but("Sign with that key: --keypair."))
}

/// Offers a role or a seat to a nominee, who takes the place of an older one; the holder stays until the nominee
/// accepts. Signer: the authority; for a bank's seats its admin.
pub fn nominate(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    nominator: &Hand,
    title: &Title,
    nominee: &Address,
) -> Result<Step> {
    const ACTION: &str = "nominate";
    let books = Books::of(chain, deployment, title)?;
    if books.holder == *nominee {
        return Ok(Step::already(ACTION, format!("{nominee} is {title} already")));
    }
    if books.nominee == Some(*nominee) {
        let note = format!("{nominee} is nominated as {title} already, and has not accepted yet");
        return Ok(Step::already(ACTION, note));
    }
    books.require_open()?;
    books.require_nominator(title, nominator)?;
    books.require_free(nominee)?;
    let signer = nominator.address();
    let instruction = match title {
        Title::Deployment(role) => instruction::nominate_role(deployment, signer, *role, *nominee),
        Title::Bank(bic, seat) => instruction::nominate_issuer_role(deployment, bic, signer, *seat, *nominee),
    };
    let receipt = send(chain, &[instruction], nominator)?;
    let replaced = books
        .nominee
        .map(|older| format!(", in the place of {older}"))
        .unwrap_or_default();
    let note = format!(
        "{nominee} as {title}{replaced}; {} stays until the nominee runs `kzte role accept {}`",
        books.holder,
        title.words()
    );
    Ok(Step::done(ACTION, note, &receipt))
}

/// The nominee takes the role or the seat over. Signer: the nominee.
pub fn accept(chain: &mut dyn Chain, deployment: &Deployment, nominee: &Hand, title: &Title) -> Result<Step> {
    const ACTION: &str = "accept";
    let books = Books::of(chain, deployment, title)?;
    let address = nominee.address();
    if books.holder == address {
        return Ok(Step::already(ACTION, format!("{address} is {title} already")));
    }
    books.require_open()?;
    if books.nominee != Some(address) {
        let fact = match books.nominee {
            Some(other) => format!("{other} is nominated as {title}, not {address}"),
            None => format!("nobody is nominated as {title}"),
        };
        return Err(Failure::foreseen(KzteError::NotNominated, fact));
    }
    books.require_free(&address)?;
    let instruction = match title {
        Title::Deployment(role) => instruction::accept_role(deployment, address, *role),
        Title::Bank(bic, seat) => instruction::accept_issuer_role(deployment, bic, address, *seat),
    };
    let receipt = send(chain, &[instruction], nominee)?;
    let note = format!("{address} is {title}, in the place of {}", books.holder);
    Ok(Step::done(ACTION, note, &receipt))
}

/// Takes a nomination back. Signer: whoever may nominate.
pub fn cancel(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    nominator: &Hand,
    title: &Title,
) -> Result<Step> {
    const ACTION: &str = "cancel-nomination";
    let books = Books::of(chain, deployment, title)?;
    let Some(nominee) = books.nominee else {
        let note = format!("nobody is nominated as {title}; {} is", books.holder);
        return Ok(Step::already(ACTION, note));
    };
    books.require_open()?;
    books.require_nominator(title, nominator)?;
    let signer = nominator.address();
    let instruction: Instruction = match title {
        Title::Deployment(role) => instruction::cancel_nomination(deployment, signer, *role),
        Title::Bank(bic, seat) => instruction::cancel_issuer_nomination(deployment, bic, signer, *seat),
    };
    let receipt = send(chain, &[instruction], nominator)?;
    let note = format!("{nominee} will not become {title}; {} stays", books.holder);
    Ok(Step::done(ACTION, note, &receipt))
}
