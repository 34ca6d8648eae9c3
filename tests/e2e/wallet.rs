//! A wallet that its makers built with Solana's JavaScript kit and the Token-2022 client, and with nothing of ours
//! (`tests/wallet`): it shows the tenge, pays, hears of a payment, and tells its user why it is refused.
//!
//! `cargo xtask test` installs its packages and names Node.js in `KZTE_NODE`.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use kzte_client::{Address, Chain, state::PAUSE_TRANSFER};
use kzte_harness::{
    Key, credit,
    validator::{Engine, Validator},
};
use serde_json::{Value, json};

use crate::stage;

on_both_engines! {
    a_wallet_of_the_kit_shows_pays_and_hears,
    a_wallet_of_the_kit_says_why_it_is_refused,
}

/// Token-2022's errors that a holder of the tenge can meet (`TokenError` of spl-token-2022-interface).
const INSUFFICIENT_FUNDS: u32 = 1;
const ACCOUNT_FROZEN: u32 = 17;
const MINT_PAUSED: u32 = 67;

/// Somebody's wallet: the program of `tests/wallet` with his key.
struct Wallet<'a> {
    validator: &'a Validator,
    mint: Address,
    key: Key,
}

impl Wallet<'_> {
    fn start(&self, command: &str, more: &[&str]) -> Child {
        let node = std::env::var_os("KZTE_NODE").expect("KZTE_NODE names Node.js");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("wallet/wallet.mjs");
        let mut child = Command::new(node)
            .arg(program)
            .arg(command)
            .args(["--url", &self.validator.url()])
            .args(["--websocket-url", &self.validator.websocket_url()])
            .args(["--mint", &self.mint.to_string()])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js");
        let secret = json!(self.key.pair().to_bytes().as_slice());
        let mut input = child.stdin.take().expect("its input");
        input.write_all(secret.to_string().as_bytes()).expect("its key");
        child
    }

    /// Its answer, whatever that is.
    #[track_caller]
    fn run(&self, command: &str, more: &[&str]) -> Value {
        let output = self.start(command, more).wait_with_output().expect("its answer");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn pay(&self, to: &Address, amount: u64) -> Value {
        self.run("pay", &["--to", &to.to_string(), "--amount", &amount.to_string()])
    }

    /// Pays without a trial run, so that a refused transaction lands.
    fn pay_unchecked(&self, to: &Address, amount: u64) -> Value {
        let amount = amount.to_string();
        self.run(
            "pay",
            &["--to", &to.to_string(), "--amount", &amount, "--unchecked"],
        )
    }
}

/// From the first look to a payment to somebody who never had an account, which is heard where it arrives.
fn a_wallet_of_the_kit_shows_pays_and_hears(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "wallet");
    let bank = world.banks[0];
    let [aigerim, daniyar] = ["aigerim", "daniyar"].map(|name| world.holder(name));
    let newcomer = Key::named("newcomer");
    let file = stage::effective(&mut world, &bank, &[credit(50_000, aigerim.address())]);
    world.mint(&bank, &file, 0);
    let mint = world.deployment.mint;
    let wallet = |key| Wallet {
        validator: &validator,
        mint,
        key,
    };

    let seen = wallet(aigerim).run("look", &[]);
    assert_eq!(
        (&seen["name"], &seen["symbol"], &seen["decimals"]),
        (&json!("Digital Tenge"), &json!("KZTE"), &json!(2))
    );
    for extension in [
        "PermanentDelegate",
        "PausableConfig",
        "DefaultAccountState",
        "TokenMetadata",
    ] {
        assert!(
            seen["extensions"]
                .as_array()
                .is_some_and(|all| all.contains(&json!(extension))),
            "{seen}"
        );
    }
    assert_eq!(
        seen["accounts"],
        json!([{
            "address": world.token_account(&aigerim).to_string(),
            "amount": "50000",
            "shown": "500",
            "state": "initialized",
        }])
    );

    let mut listening = wallet(daniyar).start("await", &[]);
    let mut lines = BufReader::new(listening.stdout.take().expect("its output")).lines();
    let mut line = || -> Value {
        let line = lines.next().expect("a line").expect("its output");
        serde_json::from_str(&line).expect("JSON")
    };
    assert_eq!(
        line(),
        json!({ "listening": world.token_account(&daniyar).to_string() })
    );
    let paid = wallet(aigerim).pay(&daniyar.address(), 12_345);
    assert_eq!(paid["left"], "37655", "{paid}");
    assert_eq!(line(), json!({ "holds": "12345" }));
    assert!(listening.wait().expect("its end").success());

    assert!(
        world
            .chain
            .account(&newcomer.address())
            .expect("the chain")
            .is_none()
    );
    let paid = wallet(aigerim).pay(&newcomer.address(), 655);
    assert_eq!(paid["left"], "37000", "{paid}");
    world.auditor.knows_token_account(world.token_account(&newcomer));
    assert_eq!(world.holding(&newcomer), 655);
    assert_eq!(wallet(newcomer).run("look", &[])["accounts"][0]["shown"], "6.55");
    world.check_invariants("paid by a wallet");
}

/// What the desks do reaches the user in words of the token program, before anything is sent and after.
fn a_wallet_of_the_kit_says_why_it_is_refused(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "refused wallet");
    let bank = world.banks[0];
    let [aigerim, daniyar] = ["aigerim", "daniyar"].map(|name| world.holder(name));
    let file = stage::effective(&mut world, &bank, &[credit(1_000, aigerim.address())]);
    world.mint(&bank, &file, 0);
    let to = daniyar.address();
    let wallet = Wallet {
        validator: &validator,
        mint: world.deployment.mint,
        key: aigerim,
    };
    let refused = |answer: Value, code: u32| {
        let refusal = &answer["refused"];
        assert_eq!(
            (
                &refusal["code"],
                &refusal["instruction"],
                &refusal["byTokenProgram"]
            ),
            (&json!(code), &json!(1), &json!(true)),
            "{answer}"
        );
    };

    refused(wallet.pay(&to, 1_001), INSUFFICIENT_FUNDS);
    world.freeze(&aigerim);
    assert_eq!(wallet.run("look", &[])["accounts"][0]["state"], "frozen");
    refused(wallet.pay(&to, 1), ACCOUNT_FROZEN);
    refused(wallet.pay_unchecked(&to, 1), ACCOUNT_FROZEN);
    world.thaw(&aigerim);
    world.pause(PAUSE_TRANSFER);
    refused(wallet.pay(&to, 1), MINT_PAUSED);
    world.resume(PAUSE_TRANSFER);
    world.freeze(&daniyar);
    refused(wallet.pay(&to, 1), ACCOUNT_FROZEN);
    world.thaw(&daniyar);

    assert_eq!(wallet.pay(&to, 1_000)["left"], "0");
    assert_eq!((world.holding(&aigerim), world.holding(&daniyar)), (0, 1_000));
    world.check_invariants("refused, then paid");
}
