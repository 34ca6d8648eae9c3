//! The file that describes a deployment: the example is read, and what is wrong with another one is named.

use std::{fs, path::Path};

use kzte_migrations::{DeploymentFile, DescriptionError, HandOver, MetadataFiles};

fn example() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deployment.example.toml")).unwrap()
}

fn read(name: &str, text: &str) -> Result<DeploymentFile, DescriptionError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    DeploymentFile::read(&path)
}

#[test]
fn the_example_is_read_the_same_as_toml_and_as_json() {
    let file = read("deployment.toml", &example()).unwrap();
    let toml = &file.description;
    assert_eq!(toml.attestors.len(), 3);
    assert_eq!(toml.mandatory(), 0b001);
    assert_eq!(toml.issuers[0].bic.to_string(), "ALTNKZKAXXX");
    assert_eq!(toml.issuers[0].window_limit, Some(6_000_000_000));
    let last = &file.hand_over;
    assert_eq!(
        last.named().len(),
        9,
        "every role, the upgrade authority, two seats"
    );
    assert!(!last.upgrade_authority.unwrap().unchecked);
    let json = serde_json::to_string(&file).unwrap();
    assert_eq!(read("deployment.json", &json).unwrap(), file);
}

#[test]
fn a_file_without_hand_over_and_documents_has_none() {
    let example = example();
    let (alone, _) = example.split_once("[metadata]").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployment.toml");
    fs::write(&path, alone).unwrap();
    let file = DeploymentFile::read(&path).unwrap();
    assert_eq!(file.hand_over, HandOver::default());
    assert_eq!(file.metadata, MetadataFiles::default());
    let none = file.documents(&path).unwrap();
    assert!(none.idl.is_none() && none.security.is_none());
}

#[test]
fn what_is_wrong_is_named() {
    let good = example();
    let issuers = good.split_once("[[issuers]]").unwrap().1;
    let (issuers, _) = issuers.split_once("\n# ").unwrap();
    let banks = good.split_once("[[hand_over.banks]]").unwrap().1;
    let cases = [
        ("version", good.replace("version = 1", "version = 2"), "version 2"),
        (
            "format",
            good.replace("kzte-deployment", "something"),
            "«something»",
        ),
        (
            "an address",
            good.replacen("mint = \"", "mint = \"0", 1),
            "not a base58 address",
        ),
        ("a BIC", good.replace("ALTNKZKAXXX", "bank"), "ISO 9362"),
        (
            "an unknown field",
            good.replace("threshold = 2", "threshold = 2\nextra = 1"),
            "extra",
        ),
        (
            "a missing field",
            good.replace("threshold = 2\n", ""),
            "threshold",
        ),
        (
            "a bank twice",
            format!("{good}\n[[issuers]]{issuers}"),
            "ALTNKZKAXXX stands twice",
        ),
        (
            "a bank handed over twice",
            format!("{good}\n[[hand_over.banks]]{banks}"),
            "ALTNKZKAXXX stands twice",
        ),
        (
            "a bank handed over that is not in the file",
            good.replace(
                "[[hand_over.banks]]\nbic = \"ALTN",
                "[[hand_over.banks]]\nbic = \"SARY",
            ),
            "SARYKZKAXXX, which is not among the issuers",
        ),
        (
            "a role that there is not",
            good.replace("[hand_over]\n", "[hand_over]\nemperor = \"nobody\"\n"),
            "emperor",
        ),
        (
            "a final holder that is no address",
            good.replace("[hand_over]\nauthority = \"", "[hand_over]\nauthority = \"0"),
            "not a base58 address",
        ),
        (
            "a document that there is not",
            good.replace("[metadata]\n", "[metadata]\nlogo = \"logo.svg\"\n"),
            "logo",
        ),
        (
            "a negative quota",
            good.replace("quota = 10000000000", "quota = -1"),
            "quota",
        ),
    ];
    for (what, text, fact) in cases {
        assert_ne!(text, good, "«{what}» changes nothing");
        let error = read("deployment.toml", &text).unwrap_err().to_string();
        assert!(error.contains(fact), "{what}: {error}");
    }
    let mut attestors = good.clone();
    for seat in 0..6 {
        let address = kzte_client::Address::new_from_array([seat + 1; 32]);
        attestors.push_str(&format!(
            "\n[[attestors]]\nname = \"{seat}\"\naddress = \"{address}\"\n"
        ));
    }
    let error = read("deployment.toml", &attestors).unwrap_err().to_string();
    assert!(error.contains("9 attestors"), "{error}");
}

#[test]
fn one_key_in_two_roles_is_named_by_both() {
    let good = read("deployment.toml", &example()).unwrap();
    good.distinct_roles().unwrap();
    let good = good.description;
    let mut attestor = good.clone();
    attestor.attestors[1].address = attestor.attestors[0].address;
    let mut operator = good.clone();
    operator.issuers[0].operator = operator.roles.enforcer;
    let mut admin = good.clone();
    admin.issuers[0].admin = admin.issuers[0].operator;
    for (file, first, second) in [
        (
            attestor,
            "attestors[0] (Central bank)",
            "attestors[1] (Custodian)",
        ),
        (operator, "roles.enforcer", "operator of ALTNKZKAXXX"),
        (admin, "admin of ALTNKZKAXXX", "operator of ALTNKZKAXXX"),
    ] {
        let conflict = file.distinct_roles().unwrap_err();
        assert_eq!(
            (conflict.first.as_str(), conflict.second.as_str()),
            (first, second)
        );
        assert!(conflict.to_string().contains(&conflict.address.to_string()));
    }
    // Nobody but the program's upgrade authority is free to hold a role as well, and two banks may share a key.
    let mut shared = good.clone();
    shared.upgrade_authority = shared.roles.authority;
    let mut second = shared.issuers[0].clone();
    second.bic = "SARYKZ2AXXX".parse().unwrap();
    shared.issuers.push(second);
    shared.distinct_roles().unwrap();
}

/// Documents lie beside the file that names them, wherever the command is run.
#[test]
fn documents_are_read_from_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployment.toml");
    fs::write(&path, example()).unwrap();
    let file = DeploymentFile::read(&path).unwrap();
    let error = file.documents(&path).unwrap_err().to_string();
    assert!(error.contains("kzte.json"), "{error}");
    fs::write(folder.path().join("security.example.json"), "{}").unwrap();
    let mut file = file;
    file.metadata.idl = None;
    assert_eq!(file.documents(&path).unwrap().security.unwrap(), b"{}");
}
