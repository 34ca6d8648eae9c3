//! A relay in front of a validator's JSON-RPC, for tests that need a bad network: what becomes of a request is theirs to say.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// Status line and body.
pub type Answer = (String, Vec<u8>);

/// How long the validator may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest request that is read, bytes: a transaction in base 64 and some.
const MAX_REQUEST: usize = 64 * 1024;

/// The validator behind a relay.
pub struct Upstream {
    url: String,
    agent: ureq::Agent,
}

/// Starts one; returns its URL. It ends with the process. `handle` answers a request; `None`: the connection is closed.
pub fn start(
    upstream: &str,
    handle: impl Fn(&Upstream, &[u8]) -> Option<Answer> + Send + Sync + 'static,
) -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}", listener.local_addr()?);
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        // A validator that stops waits for connections that are open.
        .max_idle_connections(0)
        .http_status_as_error(false)
        .build()
        .into();
    let upstream = Upstream {
        url: upstream.to_owned(),
        agent,
    };
    let shared = Arc::new((upstream, handle));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve(&stream, |request| (shared.1)(&shared.0, request)));
        }
    });
    Ok(url)
}

/// Whether it is a transaction on its way.
pub fn sends_a_transaction(request: &[u8]) -> bool {
    let name = b"\"sendTransaction\"";
    request.windows(name.len()).any(|window| window == name)
}

impl Upstream {
    /// Its answer to a request.
    pub fn ask(&self, request: &[u8]) -> Option<Answer> {
        let mut response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(request)
            .ok()?;
        let status = response.status().to_string();
        let body = response
            .body_mut()
            .with_config()
            .limit(64 * 1024 * 1024)
            .read_to_vec()
            .ok()?;
        Some((status, body))
    }
}

/// Answers the requests of one connection until either side closes it.
fn serve(stream: &TcpStream, answer: impl Fn(&[u8]) -> Option<Answer>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let Some((status, body)) = answer(&request) else {
            return;
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        let sent = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&body));
        if sent.is_err() {
            return;
        }
    }
}

/// The body of the next request; `None`: there is none, or it is none.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let text = line.trim();
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    if length > MAX_REQUEST {
        return None;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
