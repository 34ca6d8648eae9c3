//! `kzte watch` as a person runs it, beside a node and its websocket.

mod common;

use std::{
    io::{BufRead, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Sender},
    thread,
};

use common::desk::{ALTN, Desk};
use serde_json::{Value, json};
use tungstenite::Message;

/// A websocket that tells the signatures it is given. It ends with the test process.
fn websocket() -> (String, Sender<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut web = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        web.read().unwrap();
        let mut say = |value: Value| web.send(Message::text(value.to_string())).unwrap();
        say(json!({ "jsonrpc": "2.0", "result": 1, "id": 1 }));
        for signature in told {
            let value = json!({ "signature": signature, "err": null, "logs": [] });
            say(json!({ "method": "logsNotification", "params": { "result": { "value": value } } }));
        }
    });
    (url, tell)
}

/// A running `kzte watch`, ended with the test.
struct Watch {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kzte"))
            .env_clear()
            .env("HOME", desk.folder.path())
            .args(["--url", desk.node(), "--mint", &desk.address("mint"), "watch"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("it goes on").unwrap()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_happened_and_what_happens_is_told_in_order() {
    let desk = Desk::deployed();
    desk.first_day();

    let (url, tell) = websocket();
    let output = ["--websocket", &url, "--from-start", "--output", "json"];
    let mut watch = Watch::start(&desk, &output);
    let next = |watch: &mut Watch| -> Value { serde_json::from_str(&watch.line()).unwrap() };
    // Both banks, one statement, two votes, and each deposit.
    let begin = [
        "Initialized",
        "AttestorsSet",
        "IssuerRegistered",
        "IssuerRegistered",
        "StatementPosted",
        "StatementAttested",
        "StatementAttested",
        "Minted",
    ];
    for name in begin {
        let event = next(&mut watch);
        assert_eq!(event["event"], name, "{event}");
        let of_a_bank = !["Initialized", "AttestorsSet"].contains(&name);
        assert_eq!(event["bank"].is_string(), of_a_bank, "{event}");
        if name.starts_with("Statement") || name == "Minted" {
            assert_eq!(event["bank"], ALTN, "{event}");
        }
    }
    let minted = desk.json("stranger", &["show", "statement", ALTN, "1"]);
    for _ in 1..minted["consumed_count"].as_u64().unwrap() {
        assert_eq!(next(&mut watch)["event"], "Minted");
    }

    let paused = desk.json("pauser", &["pause", "mint"]);
    let signature = paused["steps"][0]["signature"].as_str().unwrap();
    // Told twice, it is told on once.
    for _ in 0..2 {
        tell.send(signature.to_owned()).unwrap();
    }
    let event = next(&mut watch);
    assert_eq!(
        (&event["event"], &event["transaction"], &event["flags"]),
        (&json!("Paused"), &json!(signature), &json!(1))
    );
    let resumed = desk.json("authority", &["resume", "mint"]);
    let signature = resumed["steps"][0]["signature"].as_str().unwrap();
    tell.send(signature.to_owned()).unwrap();
    assert_eq!(next(&mut watch)["transaction"], signature);
}

#[test]
fn people_read_one_line_an_event() {
    let desk = Desk::deployed();
    let (url, tell) = websocket();
    let mut watch = Watch::start(&desk, &["--websocket", &url, "--from-start"]);
    let lines = [
        format!(
            "the deployment of mint {} exists; a statement mints for 3 d, a redemption has 2 d",
            desk.address("mint")
        ),
        "attestor set 1: 2 of 3 attestors carry a statement".to_owned(),
        format!(
            "{ALTN}: registered; quota 100\u{a0}000\u{a0}000,00\u{a0}₸ (10000000000 tiyn), no limit of minting within a window"
        ),
    ];
    for expected in lines {
        let line = watch.line();
        assert!(
            line.starts_with("2026-11-16 08:00:00 (UTC+05)  ") && line.contains(&expected),
            "{line}"
        );
    }
    watch.line();
    let paused = desk.json("pauser", &["pause", "transfer"]);
    let signature = paused["steps"][0]["signature"].as_str().unwrap();
    tell.send(signature.to_owned()).unwrap();
    assert_eq!(
        watch.line(),
        format!(
            "2026-11-16 18:40:00 (UTC+05)  paused transfers; now paused: transfers  {}…",
            &signature[..8]
        )
    );
}

#[test]
fn what_cannot_be_watched_is_said_at_once() {
    let mut desk = Desk::deployed();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("ws://{nobody}/access-key");
    let (code, error) = desk.fails("stranger", &["watch", "--websocket", &url]);
    let message = error.to_string();
    assert!(
        code == 5 && message.contains("ws://127.0.0.1") && !message.contains("access-key"),
        "{code}: {message}"
    );
    // Another mint has no deployment.
    let stranger = desk.address("auditor");
    let (code, error) = desk.fails("stranger", &["watch", "--websocket", &url, "--mint", &stranger]);
    assert_eq!(code, 4, "{error}");
    // No port follows the last one.
    desk.url = Some("http://127.0.0.1:65535".to_owned());
    let (code, error) = desk.fails("stranger", &["watch"]);
    assert!(
        code == 2 && error.to_string().contains("--websocket"),
        "{code}: {error}"
    );
}
