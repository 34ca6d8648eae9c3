//! `kzte watch`: the events of a deployment as they happen, until the program is ended.

use std::{
    cell::RefCell,
    collections::HashMap,
    io::{self, Write},
    time::Duration,
};

use kzte_client::{
    Address, Bic, Chain, Deployment, Event, Follower, PROGRAM_ID, Receipt, RpcChain, decode, fetch,
};
use serde_json::json;

use crate::{
    args::Output,
    failure::{Failure, Result},
    news,
};

/// How often the state of the connection is looked at.
const ROUND: Duration = Duration::from_secs(1);

/// Tells every event of a deployment from now on, or everything that the node remembers first. Returns when nobody
/// reads on.
///
/// Errors: no such deployment; no websocket at the beginning. One that breaks later is opened again.
pub fn watch(
    node: &RpcChain,
    deployment: &Deployment,
    websocket_url: &str,
    from_start: bool,
    output: Output,
) -> Result<()> {
    // A wrong mint would be silent for ever.
    fetch::config(node, deployment)?;
    let mut follower = node.follow(websocket_url, &deployment.config)?;
    if from_start {
        follower = follower.from_start();
    }
    let mut teller = Teller {
        node,
        config: deployment.config,
        output,
        banks: RefCell::default(),
        trouble: None,
    };
    teller.aside("following the deployment; Ctrl-C ends it");
    loop {
        let receipt = follower.next_within(ROUND);
        teller.connection(&follower);
        if let Some(receipt) = receipt
            && teller.tell(&receipt, &mut io::stdout()).is_err()
        {
            // The pipe is closed: its reader has read enough.
            return Ok(());
        }
    }
}

/// The websocket of the node at an HTTP URL: `ws` for `http`, `wss` for `https`, and the next port where one is given,
/// as Solana's nodes have it.
pub fn websocket_url(url: &str) -> Result<String> {
    let way_out = "Pass the URL of the node's websocket with --websocket.";
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let scheme = match scheme {
        "http" => "ws",
        "https" => "wss",
        _ => return Err(Failure::usage("the URL of the node names no websocket", way_out)),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // The colons of an IPv6 address stand within brackets.
    let host_end = authority
        .rfind(']')
        .or_else(|| authority.rfind('@'))
        .unwrap_or_default();
    let (_, after) = authority.split_at(host_end);
    let Some(colon) = after.rfind(':') else {
        return Ok(format!("{scheme}://{rest}"));
    };
    let (host, port) = authority.split_at(host_end.saturating_add(colon));
    let port = port.trim_start_matches(':').parse::<u16>().ok();
    let next = port
        .and_then(|port| port.checked_add(1))
        .ok_or_else(|| Failure::usage("no port follows that of the node's URL", way_out))?;
    Ok(format!("{scheme}://{host}:{next}{path}"))
}

/// Whoever tells.
struct Teller<'a> {
    node: &'a RpcChain,
    config: Address,
    output: Output,
    /// Names of banks by their accounts.
    banks: RefCell<HashMap<Address, String>>,
    trouble: Option<String>,
}

impl Teller<'_> {
    /// Each event of the deployment on a line.
    fn tell(&self, receipt: &Receipt, out: &mut impl Write) -> io::Result<()> {
        if receipt.truncated {
            self.aside(&format!(
                "the runtime cut the logs of {}: some of its events may be missing",
                receipt.signature
            ));
        }
        for event in receipt
            .events
            .iter()
            .filter(|event| *event.config() == self.config)
        {
            if let Event::IssuerRegistered(event) = event
                && let Ok(bic) = Bic::try_from(event.bic)
            {
                self.banks.borrow_mut().insert(event.issuer, bic.to_string());
            }
            let bank = |address: &Address| self.bank(address);
            match self.output {
                Output::Display => writeln!(out, "{}", news::line(receipt, event, &bank))?,
                Output::Json | Output::JsonCompact => {
                    writeln!(out, "{}", news::object(receipt, event, &bank))?;
                }
            }
        }
        out.flush()
    }

    /// The code of a bank; its account where the node cannot say.
    fn bank(&self, address: &Address) -> String {
        if let Some(name) = self.banks.borrow().get(address) {
            return name.clone();
        }
        let account = self.node.account(address).ok().flatten();
        let bic = account
            .filter(|account| account.owner == PROGRAM_ID)
            .and_then(|account| decode::issuer(&account.data).ok())
            .and_then(|issuer| Bic::try_from(issuer.bic).ok());
        let Some(bic) = bic else {
            return address.to_string();
        };
        self.banks.borrow_mut().insert(*address, bic.to_string());
        bic.to_string()
    }

    /// Says when the connection breaks, and when it is there again.
    fn connection(&mut self, follower: &Follower) {
        let trouble = follower.trouble().map(ToString::to_string);
        match (&self.trouble, &trouble) {
            (before, Some(now)) if before.as_ref() != Some(now) => {
                self.aside(&format!("{now}; trying again, nothing will be left out"));
            }
            (Some(_), None) => self.aside("all is well again"),
            _ => return,
        }
        self.trouble = trouble;
    }

    /// What is no event goes to standard error.
    fn aside(&self, text: &str) {
        let _ = match self.output {
            Output::Display => writeln!(io::stderr(), "{text}"),
            Output::Json | Output::JsonCompact => writeln!(io::stderr(), "{}", json!({ "note": text })),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_websocket_lies_beside_the_node() {
        for (url, expected) in [
            ("http://127.0.0.1:8899", "ws://127.0.0.1:8900"),
            ("http://localhost:8899/", "ws://localhost:8900/"),
            ("https://api.devnet.solana.com", "wss://api.devnet.solana.com"),
            (
                "https://node.example/key?token=a:1",
                "wss://node.example/key?token=a:1",
            ),
            ("https://node.example:443/key", "wss://node.example:444/key"),
            ("http://[::1]:8899", "ws://[::1]:8900"),
            ("http://[::1]", "ws://[::1]"),
            ("http://user:12@node.example", "ws://user:12@node.example"),
            ("http://user:12@node.example:1/x", "ws://user:12@node.example:2/x"),
        ] {
            assert_eq!(websocket_url(url).as_deref(), Ok(expected), "{url}");
        }
        for url in ["http://node:65535", "http://node:", "http://node:secret", "moon"] {
            let failure = websocket_url(url).unwrap_err();
            assert!(failure.way_out.contains("--websocket"), "{failure}");
            assert!(!failure.to_string().contains("secret"), "{failure}");
        }
    }
}
