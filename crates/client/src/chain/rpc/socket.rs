//! One websocket connection with one subscription.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::ServerName};
use serde_json::{Value, json};
use solana_address::Address;
use solana_signature::Signature;
use tungstenite::{HandshakeError, Message, WebSocket, http::Uri, protocol::WebSocketConfig};

use super::{
    Commitment,
    wire::{host_of, malformed, refusal_of},
};
use crate::ChainError;

/// Longest time for each step of opening a connection.
const OPENING: Duration = Duration::from_secs(10);
/// A connection on which nothing was heard for so long is asked for a sign of life, and given up after as long again.
const SILENCE: Duration = Duration::from_secs(20);
/// Longest message that is read, bytes: the logs of a transaction have 10,000 bytes as a rule.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
const METHOD: &str = "logsSubscribe";

/// Plain, or encrypted.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// Tells the signatures of transactions that name an address.
pub(super) struct Socket {
    web: WebSocket<Box<dyn Stream>>,
    /// The same connection beneath, to bound the time of reading.
    tcp: TcpStream,
    url: String,
    heard: Instant,
    asked: Option<Instant>,
}

impl Socket {
    /// Connects and subscribes.
    pub fn open(url: &str, address: &Address, commitment: Commitment) -> Result<Self, ChainError> {
        let failed = |reason: String| ChainError::Transport(format!("{}: {reason}", host_of(url)));
        let uri: Uri = url
            .parse()
            .map_err(|_| failed("this is no URL of a websocket".to_owned()))?;
        let encrypted = match uri.scheme_str() {
            Some("ws") => false,
            Some("wss") => true,
            _ => {
                return Err(failed(
                    "the URL of a websocket begins with ws:// or wss://".to_owned(),
                ));
            }
        };
        let host = uri
            .host()
            .ok_or_else(|| failed("the URL names no host".to_owned()))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });

        let tcp = connect(&host, port).map_err(|error| failed(error.to_string()))?;
        let stream = tcp
            .try_clone()
            .and_then(|stream| {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(OPENING))?;
                stream.set_write_timeout(Some(OPENING))?;
                if encrypted {
                    secured(stream, host)
                } else {
                    Ok(Box::new(stream))
                }
            })
            .map_err(|error| failed(error.to_string()))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let (web, _) =
            tungstenite::client::client_with_config(uri, stream, Some(config)).map_err(|error| {
                failed(match error {
                    HandshakeError::Failure(error) => error.to_string(),
                    HandshakeError::Interrupted(_) => "no answer in time".to_owned(),
                })
            })?;
        let mut socket = Self {
            web,
            tcp,
            url: url.to_owned(),
            heard: Instant::now(),
            asked: None,
        };
        socket.subscribe(address, commitment)?;
        Ok(socket)
    }

    fn subscribe(&mut self, address: &Address, commitment: Commitment) -> Result<(), ChainError> {
        let request = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": METHOD,
            "params": [{ "mentions": [address.to_string()] }, { "commitment": commitment.name() }]
        });
        self.web
            .send(Message::text(request.to_string()))
            .map_err(|error| self.broken(&error))?;
        let deadline = Instant::now() + OPENING;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(answer) = self.hear(left)? else {
                if left.is_zero() {
                    return Err(self.failed("no answer to the subscription in time"));
                }
                continue;
            };
            if let Some(refused) = refusal_of(&answer) {
                return Err(refused.into_chain_error(METHOD));
            }
            if answer.get("id").is_some() && answer.get("result").is_some() {
                return Ok(());
            }
        }
    }

    /// The next successful transaction; `None`: nothing within that time, or something else.
    pub fn next(&mut self, within: Duration) -> Result<Option<Signature>, ChainError> {
        let Some(message) = self.hear(within)? else {
            return Ok(None);
        };
        let Some(told) = message.pointer("/params/result/value") else {
            return Ok(None);
        };
        if told.get("err").is_some_and(|error| !error.is_null()) {
            return Ok(None);
        }
        let signature = told.get("signature").and_then(Value::as_str);
        let signature = signature.and_then(|text| text.parse().ok());
        signature
            .map(Some)
            .ok_or_else(|| malformed("logsNotification", "signature"))
    }

    /// The next message that is JSON.
    fn hear(&mut self, within: Duration) -> Result<Option<Value>, ChainError> {
        // A timeout of zero would mean none.
        let within = within.max(Duration::from_millis(1));
        self.tcp
            .set_read_timeout(Some(within))
            .map_err(|error| self.failed(&error.to_string()))?;
        let message = match self.web.read() {
            Ok(message) => message,
            Err(tungstenite::Error::Io(error)) if is_timeout(&error) => {
                self.ask_for_life()?;
                return Ok(None);
            }
            Err(error) => return Err(self.broken(&error)),
        };
        (self.heard, self.asked) = (Instant::now(), None);
        match message {
            Message::Text(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|_| self.failed("a message that is not JSON")),
            Message::Close(_) => Err(self.failed("the node has closed the connection")),
            _ => Ok(None),
        }
    }

    /// A connection can die without a word; so a silent one must answer.
    fn ask_for_life(&mut self) -> Result<(), ChainError> {
        match self.asked {
            Some(asked) if asked.elapsed() > SILENCE => Err(self.failed("the node has fallen silent")),
            None if self.heard.elapsed() > SILENCE => {
                self.asked = Some(Instant::now());
                self.web
                    .send(Message::Ping(Vec::new().into()))
                    .map_err(|error| self.broken(&error))
            }
            _ => Ok(()),
        }
    }

    fn broken(&self, error: &tungstenite::Error) -> ChainError {
        self.failed(&error.to_string())
    }

    fn failed(&self, reason: &str) -> ChainError {
        ChainError::Transport(format!("{}: {reason}", host_of(&self.url)))
    }
}

/// Unix reports a read that has timed out as one that would block.
fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// The first address of the host that answers.
fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, OPENING) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// TLS against the roots that browsers trust. The provider is named, because other crates of a program may bring a
/// second one, and then there is no default.
fn secured(stream: TcpStream, host: String) -> io::Result<Box<dyn Stream>> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    Ok(Box::new(StreamOwned::new(connection, stream)))
}
