//! The life of an issuer: Active and Suspended to and fro, then WindDown, then Closed for ever.

use crate::Violation;

/// Where an issuer stands in its life. The numbers are the bytes in its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum IssuerStatus {
    /// Everything is open.
    Active = 0,
    /// No minting; everything else goes on.
    Suspended = 1,
    /// Redeem only, on the way to closing.
    WindDown = 2,
    /// Nothing outstanding, never reopened.
    Closed = 3,
}

impl IssuerStatus {
    /// The status of that number.
    ///
    /// # Errors
    /// [`Violation::StatusUnknown`].
    pub fn from_number(number: u8) -> Result<Self, Violation> {
        match number {
            0 => Ok(Self::Active),
            1 => Ok(Self::Suspended),
            2 => Ok(Self::WindDown),
            3 => Ok(Self::Closed),
            _ => Err(Violation::StatusUnknown),
        }
    }
}

/// Checks that an issuer may go from one status to another. An issuer closes only when nothing is left to redeem: no
/// tiyn `outstanding`, no redemption `pending`.
///
/// # Errors
/// [`Violation::StatusTransition`], [`Violation::IssuerNotEmpty`].
pub fn check_transition(
    from: IssuerStatus,
    to: IssuerStatus,
    outstanding: u64,
    pending: u32,
) -> Result<(), Violation> {
    use IssuerStatus::{Active, Closed, Suspended, WindDown};
    match (from, to) {
        (Active, Suspended | WindDown) | (Suspended, Active | WindDown) => Ok(()),
        (WindDown, Closed) if outstanding == 0 && pending == 0 => Ok(()),
        (WindDown, Closed) => Err(Violation::IssuerNotEmpty),
        _ => Err(Violation::StatusTransition),
    }
}

#[cfg(test)]
mod tests {
    use super::IssuerStatus::{Active, Closed, Suspended, WindDown};
    use super::*;

    const ALL: [IssuerStatus; 4] = [Active, Suspended, WindDown, Closed];

    #[test]
    fn the_table_of_transitions() {
        for from in ALL {
            for to in ALL {
                let allowed = matches!(
                    (from, to),
                    (Active, Suspended)
                        | (Suspended, Active)
                        | (Active, WindDown)
                        | (Suspended, WindDown)
                        | (WindDown, Closed)
                );
                let expected = if allowed {
                    Ok(())
                } else {
                    Err(Violation::StatusTransition)
                };
                assert_eq!(check_transition(from, to, 0, 0), expected, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn closing_with_liabilities_rejects() {
        assert_eq!(
            check_transition(WindDown, Closed, 1, 0),
            Err(Violation::IssuerNotEmpty)
        );
        assert_eq!(
            check_transition(WindDown, Closed, 0, 1),
            Err(Violation::IssuerNotEmpty)
        );
        // The rest of the life does not look at them.
        assert_eq!(check_transition(Active, WindDown, u64::MAX, u32::MAX), Ok(()));
    }

    #[test]
    fn numbers_are_those_of_the_account() {
        for status in ALL {
            assert_eq!(IssuerStatus::from_number(status as u8), Ok(status));
        }
        assert_eq!(IssuerStatus::from_number(4), Err(Violation::StatusUnknown));
    }
}
