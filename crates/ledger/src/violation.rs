//! Every refusal of this crate.

use core::fmt;

/// Writes the enum, its list and its sentences from one table, so that none of them can miss a variant.
macro_rules! violations {
    ($($variant:ident = $sentence:literal,)*) => {
        /// The one fact that does not hold. One variant a fact, so that a caller can map each to an error number of
        /// its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Violation {
            $(#[doc = $sentence] $variant,)*
        }

        impl Violation {
            /// Every variant, in order, so that an error table can be tested for gaps.
            pub const ALL: &'static [Violation] = &[$(Self::$variant),*];

            /// The fact as a sentence; what `Display` prints.
            // Inlined: a returned slice is a pair, which a BPF function cannot return.
            #[inline(always)]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                }
            }
        }
    };
}

violations! {
    // Entries and proofs.
    EntryLength = "An entry is exactly 77 bytes long.",
    EntryKindUnknown = "An entry is either a credit (0) or a debit (1).",
    TooManyEntries = "A statement holds at most 65,536 entries; split the period.",
    IndexOutOfRange = "The entry index is not below the statement's entry count.",
    RunEmpty = "A run holds at least one entry.",
    RunOutOfRange = "The run ends beyond the statement's entry count.",
    ProofTooShort = "The proof lacks a node for this position.",
    ProofTooLong = "The proof has more nodes than this position needs.",
    RootMismatch = "The proof does not lead from the entries to the statement's root.",
    AlreadyConsumed = "The entry was consumed before; an entry counts once.",

    // The chain of statements (invariant 5).
    NumberNotNext = "The statement's number is not the last effective number plus one.",
    OpeningMismatch = "The opening balance is not the last effective closing balance.",
    BalanceOverflow = "Opening balance plus credits does not fit 64 bits of tiyn.",
    BalanceNegative = "Debits exceed opening balance plus credits: the account is overdrawn.",
    ClosingMismatch = "The closing balance is not opening plus credits minus debits.",
    AsOfNotLater = "The statement's time is not later than that of the last effective one.",
    AsOfInFuture = "The statement's time lies in the future.",
    ActionableAboveEntries = "The statement counts more actionable entries than entries.",
    TotalsWithoutEntries = "A statement without entries cannot have credit or debit totals.",

    // Amounts and limits (invariant 3).
    AmountZero = "The amount is zero.",
    StatementStale = "The statement is older than the policy allows; post a newer one.",
    QuotaExceeded = "Outstanding plus this amount exceeds the issuer's quota.",
    ReserveExceeded = "Outstanding plus this amount exceeds the last closing balance.",
    WindowNotPositive = "A rate window lasts at least one second.",
    WindowExceeded = "The amount exceeds what is left in the issuer's rate window.",
    CreditTotalExceeded = "Mints against this statement would exceed its credit total.",
    DebitTotalExceeded = "Settlements against this statement would exceed its debit total.",

    // Attestor sets and votes.
    NoAttestors = "The attestor set is empty.",
    TooManyAttestors = "The attestor set holds more than eight keys.",
    AttestorKeyZero = "An attestor key is all zero.",
    AttestorKeyRepeated = "Two attestor keys are equal; each attestor has one seat.",
    ThresholdOutOfRange = "The threshold is not between one and the number of attestors.",
    MandatoryOutsideSet = "A mandatory seat has no attestor.",
    NoMandatoryAttestor = "No attestor is mandatory.",
    MandatoryAboveThreshold = "There are more mandatory attestors than the threshold asks for.",
    NoSuchSeat = "There is no such attestor seat.",
    AlreadyVoted = "This attestor has voted already.",

    // Positions (invariant 2).
    PositionOverflow = "A running total of the issuer does not fit 64 bits of tiyn.",
    OutstandingNegative = "The issuer's outstanding amount is below zero.",
    BurnAboveOutstanding = "The burn exceeds what the issuer has outstanding.",
    NovationAboveOutstanding = "The novation exceeds what the issuer that gives it away has outstanding.",
    TakeoverNotNeeded = "A bank that is not in good standing takes over no more than its open redemptions need.",

    // The life of an issuer.
    StatusUnknown = "There is no issuer status of that number.",
    StatusTransition = "An issuer's status cannot change in this way.",
    IssuerNotEmpty = "The issuer still has tokens outstanding or redemptions open.",

    // Identity.
    BicMalformed = "A BIC is four letters, two letters, then two and three letters or digits, in upper case.",
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl core::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::string::ToString;

    use super::*;
    use crate::{ENTRY_LEN, MAX_ATTESTORS, MAX_ENTRIES};

    #[test]
    fn every_variant_has_a_sentence_of_its_own() {
        let sentences: BTreeSet<_> = Violation::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(sentences.len(), Violation::ALL.len());
        for sentence in &sentences {
            assert!(
                sentence.ends_with('.') && sentence.starts_with(char::is_uppercase),
                "{sentence}"
            );
        }
    }

    #[test]
    fn list_is_in_declaration_order() {
        for (number, violation) in Violation::ALL.iter().enumerate() {
            assert_eq!(usize::from(*violation as u8), number, "{violation:?}");
        }
    }

    /// A sentence that states a limit states the one that is enforced.
    #[test]
    fn sentences_name_the_true_limits() {
        assert_eq!(ENTRY_LEN, 77);
        assert!(Violation::EntryLength.sentence().contains("exactly 77 bytes"));
        assert_eq!(MAX_ENTRIES, 65_536);
        assert!(
            Violation::TooManyEntries
                .sentence()
                .contains("at most 65,536 entries")
        );
        assert_eq!(MAX_ATTESTORS, 8);
        assert!(
            Violation::TooManyAttestors
                .sentence()
                .contains("more than eight keys")
        );
    }
}
