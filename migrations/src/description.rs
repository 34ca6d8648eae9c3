//! The file that describes a deployment. TOML or JSON, with a format name and a version.

use std::{fs, path::Path};

use kzte_client::{Address, Bic};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const FORMAT: &str = "kzte-deployment";
const VERSION: u32 = 1;

/// A deployment: everything that `initialize` and `register_issuer` are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// `kzte-deployment`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The Token-2022 mint; created by step 0001 unless it exists.
    #[serde(with = "text")]
    pub mint: Address,
    /// The program's upgrade authority, who signs step 0001.
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

impl Description {
    /// Reads a file: JSON when its name ends in `.json`, else TOML.
    pub fn read(path: &Path) -> Result<Self, DescriptionError> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| DescriptionError::Read {
            path: shown.clone(),
            source,
        })?;
        let parsed = if path.extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str(&text).map_err(|error| error.to_string())
        } else {
            toml::from_str(&text).map_err(|error| error.to_string())
        };
        let description: Self = parsed.map_err(|reason| DescriptionError::Parse {
            path: shown.clone(),
            reason,
        })?;
        description.check(&shown)?;
        Ok(description)
    }

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
        codes.sort_unstable();
        let twice = codes.windows(2).find_map(|pair| match pair {
            [first, second] if first == second => Some(*first),
            _ => None,
        });
        twice.map_or(Ok(()), |bic| Err(DescriptionError::Twice { path, bic }))
    }

    /// Checks that nobody holds two roles: the six of the configuration and the attestors are all distinct; a bank's
    /// admin and operator are two, and hold none of them. Two banks may share a key.
    pub fn distinct_roles(&self) -> Result<(), RoleConflict> {
        let roles = &self.roles;
        let mut taken: Vec<(String, Address)> = Vec::new();
        let of_roles = [
            ("roles.authority", roles.authority),
            ("roles.issuer_manager", roles.issuer_manager),
            ("roles.pauser", roles.pauser),
            ("roles.compliance", roles.compliance),
            ("roles.court_officer", roles.court_officer),
            ("roles.enforcer", roles.enforcer),
        ]
        .map(|(name, address)| (name.to_owned(), address));
        let of_attestors = self
            .attestors
            .iter()
            .enumerate()
            .map(|(seat, attestor)| (format!("attestors[{seat}] ({})", attestor.name), attestor.address));
        for (name, address) in of_roles.into_iter().chain(of_attestors) {
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

fn refuse_taken(taken: &[(String, Address)], name: &str, address: &Address) -> Result<(), RoleConflict> {
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
mod text {
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
