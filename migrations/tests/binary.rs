//! `kzte-migrate` before it reaches a chain: what is wrong is named, with the exit code that scripts rely on.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kzte-migrate"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("KZTE_URL")
        .output()
        .expect("kzte-migrate")
}

/// Nothing listens there: port 9 is the discard service, which no machine runs today.
const NOWHERE: &str = "http://127.0.0.1:9";

#[test]
fn exit_codes_and_messages() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("deployment.example.toml");
    let example = example.to_str().unwrap();
    fs::write(folder.path().join("key.json"), "[1, 2, 3]").unwrap();
    fs::write(folder.path().join("bad.toml"), "format = 1").unwrap();
    let cases: [(&[&str], i32, &str); 11] = [
        (&["plan", "--url", NOWHERE], 2, "--file"),
        (
            &["plan", "--url", "moon", "--file", example],
            2,
            "neither a URL nor a moniker",
        ),
        (&["plan", "--file", example], 2, "--url"),
        (&["apply", "--url", NOWHERE, "--file", example], 2, "--payer"),
        (
            &[
                "apply", "--url", NOWHERE, "--file", example, "--payer", "key.json",
            ],
            3,
            "key.json: not a key file",
        ),
        (
            &[
                "plan",
                "--url",
                NOWHERE,
                "--file",
                example,
                "--keypair",
                "none.json",
            ],
            3,
            "none.json",
        ),
        (&["plan", "--url", NOWHERE, "--file", "none.toml"], 3, "none.toml"),
        (&["verify", "--url", NOWHERE, "--file", "bad.toml"], 3, "bad.toml"),
        (
            &[
                "plan",
                "--url",
                NOWHERE,
                "--file",
                example,
                "--program",
                "none.so",
            ],
            3,
            "none.so",
        ),
        (&["plan", "--url", NOWHERE, "--file", example], 5, "127.0.0.1:9"),
        (
            &[
                "plan",
                "--url",
                NOWHERE,
                "--file",
                example,
                "--program-id",
                "11111111111111111111111111111112",
            ],
            2,
            "--program",
        ),
    ];
    for (arguments, code, fact) in cases {
        let output = run(folder.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(fact), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty());
    }
    let output = run(
        folder.path(),
        &[
            "verify",
            "--url",
            NOWHERE,
            "--file",
            "none.toml",
            "--output",
            "json",
        ],
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(json["exit_code"], 3);
    assert_eq!(json["error"]["kind"], "input");
}

/// Where the chain is and how it is answered may stand before the verb and behind it.
#[test]
fn general_options_stand_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let before = ["--url", NOWHERE, "--output", "json-compact", "verify"];
    let output = run(folder.path(), &[&before[..], &["--file", "none.toml"]].concat());
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stderr.iter().filter(|byte| **byte == b'\n').count(), 1);
}
