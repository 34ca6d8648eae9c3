//! The system on a real validator: what a bank, a scheduler, confirmation levels, limits and a websocket add, which an
//! in-process chain does not have. Each test runs on both engines: Surfpool's embedded network and Agave's own validator.
//!
//! | module | what happens |
//! | --- | --- |
//! | [`metadata`] | the program's documents by the real Program Metadata program, where its file is named |
//! | [`migrations`] | deployment in steps; upgrade and rollback rehearsed with live state |
//! | [`money`] | a business day of both banks; wallets without our client |
//! | [`multisig`] | councils hold the roles: hand-over, quota, halt, upgrade by approvals |
//! | [`node`] | trial runs, limits, commitments, expired and lost transactions, restarts, live news |
//! | [`stage`] | a validator with a deployment on it |
//! | [`wallet`] | a wallet of the JavaScript kit |
//!
//! `cargo xtask test` names the engines' binaries in `KZTE_SURFNET` and `KZTE_VALIDATOR`. Time here is the validator's: a
//! test waits for it by asking the chain, never by sleeping a guessed while.

/// Each function as a test on either engine.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod surfnet {
            $(
                #[test]
                #[ignore = "needs the embedded validator"]
                fn $name() {
                    super::$name(&kzte_harness::validator::Engine::surfnet().expect("KZTE_SURFNET"));
                }
            )+
        }
        mod agave {
            $(
                #[test]
                #[ignore = "needs Agave's validator"]
                fn $name() {
                    super::$name(&kzte_harness::validator::Engine::agave().expect("KZTE_VALIDATOR"));
                }
            )+
        }
    };
}

mod metadata;
mod migrations;
mod money;
mod multisig;
mod node;
mod stage;
mod wallet;
