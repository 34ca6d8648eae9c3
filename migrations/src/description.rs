//! The file that describes a deployment. TOML or JSON, with a format name and a version.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kzte_client::{Address, Bic, state::Role};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Documents, HandOver};

const FORMAT: &str = "kzte-deployment";
const VERSION: u32 = 1;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentFile {
    #[serde(flatten)]
    pub description: Description,
    /// Its table `hand_over`; absent: nothing.
    pub hand_over: HandOver,
    /// Its table `metadata`; absent: nothing.
    pub metadata: MetadataFiles,
}

/// The table `[metadata]`: documents about the program that belong on the chain. Paths are those beside the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetadataFiles {
    /// The program's IDL, as the build writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idl: Option<PathBuf>,
    /// The security contact, JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<PathBuf>,
}

/// A deployment: everything that `initialize` and `register_issuer` are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// `kzte-deployment`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The Token-2022 mint; created by step 0002 unless it exists.
    #[serde(with = "text")]
    pub mint: Address,
    /// The program's first upgrade authority, who signs steps 0001 and 0002.
    #[serde(with = "text")]
    pub upgrade_authority: Address,
    pub token: Token,
    pub roles: Roles,
    pub policy: Policy,
    /// 1 to 8, by seat.
    pub attestors: Vec<Attestor>,
    /// Votes that carry a statement.
    pub threshold: u8,
    /// The partner banks.
    #[serde(default)]
    pub issuers: Vec<IssuerDescription>,
}

/// Metadata of the token. The symbol is fixed by the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// 1 to 200 bytes.
    pub name: String,
    /// 1 to 200 bytes.
    pub uri: String,
}

/// Who holds which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    #[serde(with = "text")]
    pub authority: Address,
    #[serde(with = "text")]
    pub issuer_manager: Address,
    #[serde(with = "text")]
    pub pauser: Address,
    #[serde(with = "text")]
    pub compliance: Address,
    #[serde(with = "text")]
    pub court_officer: Address,
    #[serde(with = "text")]
    pub enforcer: Address,
}

/// The six roles by the names that files give them.
pub(crate) const ROLES: [(&str, Role); 6] = [
    ("authority", Role::Authority),
    ("issuer_manager", Role::IssuerManager),
    ("pauser", Role::Pauser),
    ("compliance", Role::Compliance),
    ("court_officer", Role::CourtOfficer),
    ("enforcer", Role::Enforcer),
];

impl Roles {
    /// The holder of a role.
    pub fn holder(&self, role: Role) -> Address {
        match role {
            Role::Authority => self.authority,
            Role::IssuerManager => self.issuer_manager,
            Role::Pauser => self.pauser,
            Role::Compliance => self.compliance,
            Role::CourtOfficer => self.court_officer,
            Role::Enforcer => self.enforcer,
        }
    }
}

/// The policy of the central bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Oldest statement that still mints, seconds, 1 to 31 days.
    pub max_statement_age: i64,
    /// Term of a redemption, seconds, 1 to 31 days.
    pub redemption_sla: i64,
}

/// One seat of the attestor set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestor {
    /// For people; not on the chain.
    pub name: String,
    #[serde(with = "text")]
    pub address: Address,
    /// Whether no statement is carried without it.
    #[serde(default)]
    pub mandatory: bool,
}

/// One partner bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerDescription {
    /// For people; not on the chain.
    pub name: String,
    pub bic: Bic,
    /// Cold key.
    #[serde(with = "text")]
    pub admin: Address,
    /// Hot key.
    #[serde(with = "text")]
    pub operator: Address,
    /// Most that may be outstanding, tiyn.
    pub quota: u64,
    /// Most that may be minted within a window, tiyn; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_limit: Option<u64>,
    /// Length of the window, seconds, at least 1.
    pub window_seconds: i64,
}

/// A file that describes no deployment.
#[derive(Debug, Error)]
pub enum DescriptionError {
    #[error("{path}: the file cannot be read ({source})")]
    Read { path: String, source: std::io::Error },
    #[error("{path}: {reason}")]
    Parse { path: String, reason: String },
    #[error(
        "{path}: format «{format}» version {version} is not read here, only «{FORMAT}» version {VERSION}"
    )]
    Version {
        path: String,
        format: String,
        version: u32,
    },
    #[error("{path}: the bank {bic} stands twice")]
    Twice { path: String, bic: Bic },
    #[error("{path}: {count} attestors; a set has 1 to 8 seats")]
    Seats { path: String, count: usize },
    #[error("{path}: [hand_over] names the bank {bic}, which is not among the issuers of the file")]
    UnknownBank { path: String, bic: Bic },
}

/// One key in two roles: the program refuses that.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{first} and {second} are the same address {address}: roles are distinct")]
pub struct RoleConflict {
    /// Where the file names it first.
    pub first: String,
    /// Where it names it again.
    pub second: String,
    pub address: Address,
}

/// A file as it is read: the fields of a [`Description`], and the hand-over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    format: String,
    version: u32,
    #[serde(with = "text")]
    mint: Address,
    #[serde(with = "text")]
    upgrade_authority: Address,
    token: Token,
    roles: Roles,
    policy: Policy,
    attestors: Vec<Attestor>,
    threshold: u8,
    #[serde(default)]
    issuers: Vec<IssuerDescription>,
    #[serde(default)]
    hand_over: HandOver,
    #[serde(default)]
    metadata: MetadataFiles,
}

impl From<Whole> for DeploymentFile {
    fn from(whole: Whole) -> Self {
        Self {
            description: Description {
                format: whole.format,
                version: whole.version,
                mint: whole.mint,
                upgrade_authority: whole.upgrade_authority,
                token: whole.token,
                roles: whole.roles,
                policy: whole.policy,
                attestors: whole.attestors,
                threshold: whole.threshold,
                issuers: whole.issuers,
            },
            hand_over: whole.hand_over,
            metadata: whole.metadata,
        }
    }
}

impl DeploymentFile {
    /// Reads a file: JSON when its name ends in `.json`, else TOML.
    pub fn read(path: &Path) -> Result<Self, DescriptionError> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| DescriptionError::Read {
            path: shown.clone(),
            source,
        })?;
        let parsed: Result<Whole, String> = if path.extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str(&text).map_err(|error| error.to_string())
        } else {
            toml::from_str(&text).map_err(|error| error.to_string())
        };
        let file = Self::from(parsed.map_err(|reason| DescriptionError::Parse {
            path: shown.clone(),
            reason,
        })?);
        file.description.check(&shown)?;
        let mut codes: Vec<Bic> = file.hand_over.banks.iter().map(|bank| bank.bic).collect();
        if let Some(bic) = first_repeated(&mut codes) {
            return Err(DescriptionError::Twice { path: shown, bic });
        }
        let known = |bic: &Bic| file.description.issuers.iter().any(|issuer| issuer.bic == *bic);
        match file.hand_over.banks.iter().find(|bank| !known(&bank.bic)) {
            None => Ok(file),
            Some(bank) => Err(DescriptionError::UnknownBank {
                path: shown,
                bic: bank.bic,
            }),
        }
    }

    /// Reads the documents that the table `[metadata]` names. `path`: that of this file.
    pub fn documents(&self, path: &Path) -> Result<Documents, DescriptionError> {
        let read = |name: &Option<PathBuf>| {
            let path = name.as_ref().map(|name| path.with_file_name("").join(name));
            path.map(|path| {
                fs::read(&path).map_err(|source| DescriptionError::Read {
                    path: path.display().to_string(),
                    source,
                })
            })
            .transpose()
        };
        Ok(Documents {
            idl: read(&self.metadata.idl)?,
            security: read(&self.metadata.security)?,
        })
    }

    /// Checks that nobody holds two roles, neither at first nor after the hand-over nor in between.
    pub fn distinct_roles(&self) -> Result<(), RoleConflict> {
        self.description.distinct_roles()?;
        self.hand_over.distinct_from(&self.description)
    }
}

impl Description {
    fn check(&self, path: &str) -> Result<(), DescriptionError> {
        let path = path.to_owned();
        if self.format != FORMAT || self.version != VERSION {
            let (format, version) = (self.format.clone(), self.version);
            return Err(DescriptionError::Version {
                path,
                format,
                version,
            });
        }
        if !(1..=8).contains(&self.attestors.len()) {
            return Err(DescriptionError::Seats {
                path,
                count: self.attestors.len(),
            });
        }
        let mut codes: Vec<Bic> = self.issuers.iter().map(|issuer| issuer.bic).collect();
        first_repeated(&mut codes).map_or(Ok(()), |bic| Err(DescriptionError::Twice { path, bic }))
    }

    /// Checks that nobody holds two roles: the six of the configuration and the attestors are all distinct; a bank's
    /// admin and operator are two, and hold none of them. Two banks may share a key.
    pub fn distinct_roles(&self) -> Result<(), RoleConflict> {
        let mut taken: Vec<(String, Address)> = Vec::new();
        for (name, address) in self.holders() {
            refuse_taken(&taken, &name, &address)?;
            taken.push((name, address));
        }
        for issuer in &self.issuers {
            let (admin, operator) = (
                format!("admin of {}", issuer.bic),
                format!("operator of {}", issuer.bic),
            );
            refuse_taken(&taken, &admin, &issuer.admin)?;
            refuse_taken(&taken, &operator, &issuer.operator)?;
            refuse_taken(&[(admin, issuer.admin)], &operator, &issuer.operator)?;
        }
        Ok(())
    }

    /// The six roles and the attestors, under the names that they have in the file.
    pub(crate) fn holders(&self) -> Vec<(String, Address)> {
        let of_roles = ROLES.map(|(name, role)| (format!("roles.{name}"), self.roles.holder(role)));
        let of_attestors = self
            .attestors
            .iter()
            .enumerate()
            .map(|(seat, attestor)| (format!("attestors[{seat}] ({})", attestor.name), attestor.address));
        of_roles.into_iter().chain(of_attestors).collect()
    }

    /// The name and version that every file carries.
    pub fn header() -> (String, u32) {
        (FORMAT.to_owned(), VERSION)
    }

    /// Bitmap of the mandatory seats.
    pub fn mandatory(&self) -> u8 {
        let seats = self
            .attestors
            .iter()
            .zip(0u32..)
            .filter(|(attestor, _)| attestor.mandatory);
        seats.fold(0, |bits, (_, seat)| {
            bits | 1u8.checked_shl(seat).unwrap_or_default()
        })
    }
}

fn first_repeated(codes: &mut [Bic]) -> Option<Bic> {
    codes.sort_unstable();
    codes.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(*first),
        _ => None,
    })
}

pub(crate) fn refuse_taken(
    taken: &[(String, Address)],
    name: &str,
    address: &Address,
) -> Result<(), RoleConflict> {
    match taken.iter().find(|(_, holder)| holder == address) {
        None => Ok(()),
        Some((first, _)) => Err(RoleConflict {
            first: first.clone(),
            second: name.to_owned(),
            address: *address,
        }),
    }
}

/// Addresses as base 58.
pub(crate) mod text {
    use kzte_client::Address;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(address)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom(format!("«{text}» is not a base58 address of 32 bytes")))
    }
}
