//! `kzte migrate` against a node: all that `kzte-migrate` does, hand-over, documents and ledger included.

mod common;

use std::{fs, path::Path};

use common::{
    description,
    desk::{Desk, applied, text},
    node,
};
use kzte_cli::demo::Stage;
use kzte_client::{Address, Chain, PROGRAM_ID, RpcChain};
use kzte_migrations::{DeploymentFile, HandOver, MetadataFiles, program_hash};
use serde_json::Value;

const DEVNET: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
/// Who signs before anything is handed over.
const FIRST: [&str; 4] = ["deployer", "mint", "issuer-manager", "authority"];
const LEDGER: &str = "deployment.in-process.ledger.json";

/// A desk with a node on which nothing is deployed, and a file that asks for no more than the deployment.
fn desk() -> (Desk, DeploymentFile) {
    common::program();
    let desk = Desk::new(Some(node::start()));
    let file = DeploymentFile {
        description: description(&desk.cast),
        hand_over: HandOver::default(),
        metadata: MetadataFiles::default(),
    };
    write(&desk, &file);
    (desk, file)
}

fn write(desk: &Desk, file: &DeploymentFile) {
    let text = serde_json::to_string_pretty(file).unwrap();
    fs::write(desk.path("deployment.json"), text).unwrap();
}

fn verb(verb: &str) -> [&str; 4] {
    ["migrate", verb, "--file", "deployment.json"]
}

/// The steps that an answer names, each once.
fn steps(list: &Value) -> Vec<String> {
    let all = list.as_array().unwrap().iter();
    let mut steps: Vec<String> = all.map(|one| one["step"].as_str().unwrap().to_owned()).collect();
    steps.dedup();
    steps
}

fn is_deployed(desk: &Desk, file: &DeploymentFile) -> bool {
    let config = file.description.deployment().config;
    let account = RpcChain::new(desk.node()).account(&config).unwrap();
    account.is_some()
}

#[test]
fn a_file_with_hand_over_and_documents_is_planned() {
    let (desk, mut file) = desk();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    file.hand_over.pauser = Some(desk.cast.address("stranger"));
    file.metadata = MetadataFiles {
        idl: Some(here.join("../../idl/kzte.json")),
        security: Some(here.join("../../migrations/security.example.json")),
    };
    write(&desk, &file);
    let plan = desk.json("stranger", &verb("plan"));
    let actions = plan["actions"].as_array().unwrap();
    assert_eq!(
        steps(&plan["actions"]),
        [
            "0002_initialize",
            "0005_register_issuers",
            "0006_hand_over_roles",
            "0007_metadata"
        ]
    );
    let of = |subject: &str| {
        actions
            .iter()
            .find(|action| action["subject"] == subject)
            .unwrap()
    };
    assert_eq!(of("pauser")["state"], "missing");
    // This chain has no Program Metadata program.
    assert_eq!(of("idl")["state"], "differs");
    assert_eq!(of("security")["state"], "differs");
    let (code, error) = desk.try_apply(&FIRST, &[]);
    assert_eq!(code, 4, "{error}");
    assert!(!is_deployed(&desk, &file), "something was sent");

    // Another program's IDL is a file that does not fit.
    fs::write(desk.path("other.json"), r#"{"address": "somebody"}"#).unwrap();
    file.metadata.idl = Some("other.json".into());
    write(&desk, &file);
    let (code, error) = desk.fails("stranger", &verb("plan"));
    assert_eq!(code, 4, "{error}");
    assert!(error.to_string().contains("the IDL of somebody"), "{error}");
}

#[test]
fn a_role_is_handed_over_and_waited_for() {
    let (desk, mut file) = desk();
    file.hand_over.pauser = Some(desk.cast.address("stranger"));
    write(&desk, &file);
    let (code, answer) = desk.try_apply(&FIRST, &[]);
    assert_eq!(code, 6, "{answer}");
    assert_eq!(applied(&answer), 4, "the mint, two banks, the nomination");
    let waiting = &answer["waiting"][0];
    assert_eq!(waiting["subject"], "pauser");
    assert_eq!(waiting["signers"][0]["address"], desk.address("stranger"));
    assert!(waiting["proposal"]["transaction_base64"].is_string(), "{waiting}");
    let (code, error) = desk.fails("treasury", &verb("verify"));
    assert_eq!(code, 4, "{error}");

    // For people: the exit code is the same, and the text says what to do.
    let payer = desk.key_file("treasury").display().to_string();
    let apply = [&verb("apply")[..], &["--payer", &payer]].concat();
    let output = desk.run(&apply);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for part in ["waiting:", "data (base64)", "Run the same command again"] {
        assert!(said.contains(part), "{said}");
    }

    assert_eq!(applied(&desk.apply(&["stranger"])), 1);
    assert_eq!(desk.json("treasury", &verb("verify"))["verified"], true);
    let said = desk.says("treasury", &apply);
    assert!(said.contains("Nothing is missing"), "{said}");

    // What only a vault can sign is waited for by verify as well.
    let (vault, _) = Address::find_program_address(&[b"vault"], &PROGRAM_ID);
    file.hand_over.compliance = Some(vault);
    write(&desk, &file);
    let (code, answer) = desk.try_apply(&["authority"], &[]);
    assert_eq!((code, applied(&answer)), (6, 1), "{answer}");
    let (code, error) = desk.fails("treasury", &verb("verify"));
    assert_eq!((code, error["kind"].as_str()), (6, Some("waiting")), "{error}");

    // The banks of such a file can be checked as well.
    let check = ["check-invariants", "--description", "deployment.json"];
    assert_eq!(desk.json("stranger", &check)["total"]["complete"], true);
}

#[test]
fn through_goes_no_further() {
    let (desk, file) = desk();
    let through = ["--through", "0002"];
    let plan = desk.json("stranger", &[&verb("plan")[..], &through].concat());
    assert_eq!(steps(&plan["actions"]), ["0002_initialize"]);
    let (code, answer) = desk.try_apply(&FIRST, &through);
    assert_eq!((code, applied(&answer)), (0, 1), "{answer}");
    assert!(is_deployed(&desk, &file));
    desk.json("stranger", &[&verb("verify")[..], &through].concat());
    let (code, error) = desk.fails("stranger", &verb("verify"));
    assert_eq!(code, 4, "{error}");
    assert!(error.to_string().contains("0005_register_issuers"), "{error}");

    let unknown = [&verb("plan")[..], &["--through", "0009"]].concat();
    let (code, error) = desk.fails("stranger", &unknown);
    assert_eq!(code, 2, "{error}");
    assert!(error.to_string().contains("0008_upgrade_authority"), "{error}");
}

#[test]
fn the_ledger_is_written_and_status_reads_it() {
    let (desk, _) = desk();
    let status = desk.json("stranger", &verb("status"));
    assert_eq!(status["recorded"].as_array().unwrap().len(), 0);
    let (_, answer) = desk.try_apply(&FIRST, &[]);
    let ledger: Value = serde_json::from_slice(&fs::read(desk.path(LEDGER)).unwrap()).unwrap();
    let recorded = ledger["actions"].as_array().unwrap();
    let signatures = |list: &Value| -> Vec<Value> {
        let all = list.as_array().unwrap().iter();
        all.filter_map(|one| one.get("signature").cloned()).collect()
    };
    assert_eq!(signatures(&ledger["actions"]), signatures(&answer["applied"]));
    assert_eq!(applied(&answer), 3);
    let status = desk.json("stranger", &verb("status"));
    assert_eq!(&status["recorded"], &ledger["actions"]);

    // Where it is named, it lies there; what another ledger has recorded is found.
    let (code, _) = desk.try_apply(&FIRST, &["--ledger", "minutes/ledger.json"]);
    assert_eq!(code, 0);
    let found = fs::read_to_string(desk.path("minutes/ledger.json")).unwrap();
    assert_eq!(found.matches("\"found\"").count(), recorded.len());

    fs::write(desk.path(LEDGER), "no ledger").unwrap();
    let (code, error) = desk.try_apply(&FIRST, &[]);
    assert_eq!(code, 3, "{error}");
    assert!(error.to_string().contains("--ledger"), "{error}");
}

#[test]
fn the_programs_file_is_compared_with_the_chain() {
    let (desk, _) = desk();
    let program = Stage::of_this_checkout().program;
    let of_program = ["--program", program.to_str().unwrap(), "--through", "0001"];
    let verify = desk.json("stranger", &[&verb("verify")[..], &of_program].concat());
    let hash = program_hash(&common::program());
    assert_eq!(verify["deployment"]["program_hash"], hash.as_str());

    let mut later = common::program();
    later.push(1);
    fs::write(desk.path("later.so"), &later).unwrap();
    let of_later = ["--program", "later.so", "--through", "0001"];
    let plan = desk.json("stranger", &[&verb("plan")[..], &of_later].concat());
    assert_eq!(plan["actions"][0]["state"], "missing", "{plan}");
    assert_eq!(plan["actions"][0]["changes"][0]["chain"], hash.as_str(), "{plan}");
}

#[test]
fn placeholders_are_refused_on_a_public_cluster() {
    let (desk, file) = desk();
    node::pretend(desk.node(), DEVNET);
    for one in ["plan", "verify", "status"] {
        let (code, error) = desk.fails("stranger", &verb(one));
        assert_eq!((code, error["kind"].as_str()), (3, Some("input")), "{error}");
        assert!(error.to_string().contains("address of your own"), "{error}");
    }
    let (code, error) = desk.try_apply(&FIRST, &[]);
    assert_eq!(code, 3, "{error}");
    assert!(!is_deployed(&desk, &file));
}
