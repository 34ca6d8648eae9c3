//! The table `[hand_over]` of a file: who holds a role in the end, normally a multisig's vault.

use kzte_client::{Address, Bic, state::Role};
use serde::{Deserialize, Serialize};

use crate::{
    Description, RoleConflict,
    description::{ROLES, refuse_taken, text},
};

/// The final holders. What is not named stays with its first holder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandOver {
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub authority: Option<Address>,
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub issuer_manager: Option<Address>,
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub pauser: Option<Address>,
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub compliance: Option<Address>,
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub court_officer: Option<Address>,
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub enforcer: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_authority: Option<FinalUpgradeAuthority>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<BankHandOver>,
}

/// Who may upgrade the program in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinalUpgradeAuthority {
    #[serde(with = "text")]
    pub address: Address,
    /// Hand it over without the new holder's signature. A mistake in the address is then for ever: nobody can upgrade
    /// the program again. Only for a vault that cannot sign together with the old key.
    #[serde(default)]
    pub unchecked: bool,
}

/// The final seats of one bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankHandOver {
    /// Among the issuers of the file.
    pub bic: Bic,
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub admin: Option<Address>,
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub operator: Option<Address>,
}

impl HandOver {
    /// The final holder of a role.
    pub fn holder(&self, role: Role) -> Option<Address> {
        match role {
            Role::Authority => self.authority,
            Role::IssuerManager => self.issuer_manager,
            Role::Pauser => self.pauser,
            Role::Compliance => self.compliance,
            Role::CourtOfficer => self.court_officer,
            Role::Enforcer => self.enforcer,
        }
    }

    /// The final seats of a bank.
    pub fn bank(&self, bic: &Bic) -> Option<&BankHandOver> {
        self.banks.iter().find(|bank| bank.bic == *bic)
    }

    /// Every final holder, under the name that it has in the file.
    pub fn named(&self) -> Vec<(String, Address)> {
        let roles = ROLES
            .iter()
            .filter_map(|(name, role)| Some((format!("hand_over.{name}"), self.holder(*role)?)));
        let upgrade = self
            .upgrade_authority
            .map(|last| ("hand_over.upgrade_authority".to_owned(), last.address));
        let banks = self.banks.iter().flat_map(|bank| {
            let seats = [("admin", bank.admin), ("operator", bank.operator)];
            seats.into_iter().filter_map(|(seat, holder)| {
                Some((format!("hand_over.banks ({} {seat})", bank.bic), holder?))
            })
        });
        roles.chain(upgrade).chain(banks).collect()
    }

    /// The program refuses a nominee who holds a role, when he is nominated and when he accepts. So the final holders
    /// must differ from each other and from the first ones, but for a holder who simply stays.
    pub(crate) fn distinct_from(&self, description: &Description) -> Result<(), RoleConflict> {
        let mut taken = description.holders();
        for (name, role) in ROLES {
            if let Some(last) = self.holder(role)
                && last != description.roles.holder(role)
            {
                let name = format!("hand_over.{name}");
                refuse_taken(&taken, &name, &last)?;
                taken.push((name, last));
            }
        }
        for issuer in &description.issuers {
            // The first holders of the seats against the final ones of the roles.
            for (seat, holder) in [("admin", issuer.admin), ("operator", issuer.operator)] {
                refuse_taken(&taken, &format!("{seat} of {}", issuer.bic), &holder)?;
            }
            let Some(bank) = self.bank(&issuer.bic) else {
                continue;
            };
            let mut seats = taken.clone();
            seats.push((format!("admin of {}", issuer.bic), issuer.admin));
            seats.push((format!("operator of {}", issuer.bic), issuer.operator));
            for (seat, first, last) in [
                ("operator", issuer.operator, bank.operator),
                ("admin", issuer.admin, bank.admin),
            ] {
                if let Some(last) = last.filter(|last| *last != first) {
                    let name = format!("hand_over.banks ({} {seat})", issuer.bic);
                    refuse_taken(&seats, &name, &last)?;
                    seats.push((name, last));
                }
            }
        }
        Ok(())
    }
}

/// An address that may be absent.
mod optional {
    use kzte_client::Address;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::description::text;

    #[derive(Deserialize)]
    struct Wrapped(#[serde(with = "text")] Address);

    pub fn serialize<S: Serializer>(address: &Option<Address>, serializer: S) -> Result<S::Ok, S::Error> {
        match address {
            Some(address) => text::serialize(address, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|Wrapped(address)| address))
    }
}
