//! Live news over a websocket that says, keeps silent, repeats itself and breaks as the test wants it.

mod common;

use std::{
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use common::{
    Answer::{self, Is},
    Requests, asked, custom, landed, node,
};
use kzte_client::{Address, ChainError, Commitment, Follower, RpcChain, Signature};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Long enough for whatever must come.
const SOON: Duration = Duration::from_secs(20);
/// Long enough to see that nothing comes.
const WHILE: Duration = Duration::from_millis(60);

fn address() -> Address {
    Address::new_from_array([9; 32])
}

fn signature(number: u16) -> Signature {
    let mut bytes = [7; 64];
    bytes[..2].copy_from_slice(&number.to_le_bytes());
    Signature::from(bytes)
}

/// Three transactions a slot.
fn slot(number: u16) -> u64 {
    1_000 + u64::from(number) / 3
}

/// From this number on, signatures are in no history.
const UNLISTED: u16 = 60_000;

/// A row of the history, by the number of its signature.
#[derive(Clone, Copy)]
struct Row {
    number: u16,
    failed: bool,
    recorded: bool,
}

/// What the node knows, oldest first.
type Ledger = Arc<Mutex<Vec<Row>>>;

fn land(ledger: &Ledger, number: u16) {
    ledger.lock().unwrap().push(Row {
        number,
        failed: false,
        recorded: true,
    });
}

/// `getSignaturesForAddress` and `getTransaction` over a ledger.
fn answer(ledger: &Ledger, method: &str, params: &Value) -> Answer {
    let rows = ledger.lock().unwrap().clone();
    let name = |row: &Row| signature(row.number).to_string();
    match method {
        "getSignaturesForAddress" => {
            assert_eq!(params[0], address().to_string());
            let limit = usize::try_from(params[1]["limit"].as_u64().unwrap()).unwrap();
            let bound = |name: &str| params[1][name].as_str().unwrap_or_default().to_owned();
            let (before, until) = (bound("before"), bound("until"));
            let listed: Vec<&Row> = rows.iter().rev().filter(|row| row.number < UNLISTED).collect();
            let start = listed.iter().position(|row| name(row) == before);
            let older = listed.iter().skip(start.map_or(0, |place| place + 1));
            let news = older.take_while(|row| name(row) != until).take(limit);
            let answer = news.map(|row| {
                let error = if row.failed { custom(6000) } else { Value::Null };
                json!({ "signature": name(row), "err": error, "slot": slot(row.number) })
            });
            Is(answer.collect())
        }
        "getTransaction" => {
            let row = rows.iter().find(|row| params[0] == name(row));
            Is(match row {
                Some(row) if row.failed => json!({ "slot": 1, "meta": { "err": custom(6000) } }),
                Some(row) if row.recorded => {
                    let mut record = landed();
                    record["slot"] = json!(slot(row.number));
                    record
                }
                _ => Value::Null,
            })
        }
        other => panic!("{other}"),
    }
}

/// What the websocket does next.
enum Order {
    /// Tells that a transaction was confirmed, and whether it failed.
    Tell(u16, bool),
    /// Breaks the connection; the next order comes on the next one.
    Break,
}

/// A websocket that answers a subscription with `reply` and then obeys. Returns its URL, its master and the
/// subscriptions.
fn websocket(reply: Value) -> (String, Sender<Order>, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/access-key", listener.local_addr().unwrap());
    let (orders, obey) = mpsc::channel();
    let subscriptions: Arc<Mutex<Vec<Value>>> = Arc::default();
    let seen = Arc::clone(&subscriptions);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut web) = tungstenite::accept(stream.unwrap()) else {
                continue;
            };
            let Ok(Message::Text(request)) = web.read() else {
                continue;
            };
            seen.lock().unwrap().push(serde_json::from_str(&request).unwrap());
            let _ = web.send(Message::text(reply.to_string()));
            if !serve(&mut web, &obey) {
                return;
            }
        }
    });
    (url, orders, subscriptions)
}

/// Obeys until the connection is to break; false: the test is over.
fn serve(web: &mut WebSocket<TcpStream>, obey: &Receiver<Order>) -> bool {
    for order in obey {
        let Order::Tell(number, failed) = order else {
            return true;
        };
        let error = if failed { custom(6000) } else { Value::Null };
        let told = json!({
            "jsonrpc": "2.0",
            "method": "logsNotification",
            "params": { "subscription": 24, "result": {
                "context": { "slot": 1 },
                "value": { "signature": signature(number).to_string(), "err": error, "logs": [] }
            } }
        });
        let _ = web.send(Message::text(told.to_string()));
    }
    false
}

struct Scene {
    ledger: Ledger,
    orders: Sender<Order>,
    subscriptions: Arc<Mutex<Vec<Value>>>,
    requests: Requests,
    chain: RpcChain,
    websocket: String,
}

impl Scene {
    /// A node that knows some transactions already.
    fn new(known: &[u16]) -> Self {
        Self::with_poll(known, Duration::from_millis(4))
    }

    /// The same; history and record may come as late as 25 times `poll`.
    fn with_poll(known: &[u16], poll: Duration) -> Self {
        let ledger = Ledger::default();
        known.iter().for_each(|number| land(&ledger, *number));
        let behind = Arc::clone(&ledger);
        let (url, requests) = node(move |method, params, _| answer(&behind, method, params));
        let (websocket, orders, subscriptions) =
            websocket(json!({ "jsonrpc": "2.0", "result": 24, "id": 1 }));
        Self {
            ledger,
            orders,
            subscriptions,
            requests,
            chain: RpcChain::new(url).with_timing(poll, poll, SOON),
            websocket,
        }
    }

    fn follow(&self) -> Follower {
        self.chain.follow(&self.websocket, &address()).unwrap()
    }

    fn land(&self, number: u16) {
        land(&self.ledger, number);
    }

    fn tell(&self, number: u16) {
        self.orders.send(Order::Tell(number, false)).unwrap();
    }
}

#[track_caller]
fn expect(follower: &mut Follower, number: u16) {
    let receipt = follower.next_within(SOON);
    let receipt = receipt.unwrap_or_else(|| panic!("nothing came: {:?}", follower.trouble()));
    assert_eq!(receipt.signature, signature(number));
    assert_eq!((receipt.slot, receipt.events.len()), (slot(number), 1));
}

#[track_caller]
fn expect_nothing(follower: &mut Follower) {
    let told = follower.next_within(WHILE).map(|receipt| receipt.signature);
    assert_eq!(told, None);
}

#[test]
fn what_happens_from_now_on_is_told_once() {
    let scene = Scene::new(&[1, 2]);
    let mut follower = scene.follow();
    expect_nothing(&mut follower);
    scene.land(3);
    scene.tell(3);
    expect(&mut follower, 3);
    // Repeated, and told of what was there before.
    scene.tell(3);
    scene.tell(2);
    expect_nothing(&mut follower);
    // Two at once come in the order of the chain.
    scene.land(4);
    scene.land(5);
    scene.tell(5);
    scene.tell(4);
    expect(&mut follower, 4);
    expect(&mut follower, 5);
    expect_nothing(&mut follower);
    assert!(follower.trouble().is_none());

    let subscriptions = scene.subscriptions.lock().unwrap();
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0]["method"], "logsSubscribe");
    assert_eq!(
        subscriptions[0]["params"],
        json!([{ "mentions": [address().to_string()] }, { "commitment": "confirmed" }])
    );
}

#[test]
fn the_commitment_is_the_chains() {
    let mut scene = Scene::new(&[]);
    scene.chain = scene.chain.clone().with_commitment(Commitment::Finalized);
    let _follower = scene.follow();
    let subscriptions = scene.subscriptions.lock().unwrap();
    assert_eq!(subscriptions[0]["params"][1]["commitment"], "finalized");
}

#[test]
fn failed_transactions_are_no_news() {
    let scene = Scene::new(&[]);
    let mut follower = scene.follow();
    scene.ledger.lock().unwrap().push(Row {
        number: 1,
        failed: true,
        recorded: true,
    });
    scene.orders.send(Order::Tell(1, true)).unwrap();
    expect_nothing(&mut follower);
    scene.land(2);
    scene.tell(2);
    expect(&mut follower, 2);
    expect_nothing(&mut follower);
}

#[test]
fn a_connection_that_breaks_loses_nothing_and_repeats_nothing() {
    let scene = Scene::new(&[1]);
    let mut follower = scene.follow();
    scene.land(2);
    scene.tell(2);
    expect(&mut follower, 2);
    for round in 0..2 {
        let first = 3 + 3 * round;
        // The last of the old connection comes with its end.
        scene.land(first);
        scene.tell(first);
        scene.orders.send(Order::Break).unwrap();
        expect(&mut follower, first);
        // Nobody listens.
        scene.land(first + 1);
        scene.land(first + 2);
        expect(&mut follower, first + 1);
        expect(&mut follower, first + 2);
        assert!(follower.trouble().is_none());
        // The new connection tells what has been told.
        scene.tell(first + 2);
        expect_nothing(&mut follower);
    }
    assert_eq!(scene.subscriptions.lock().unwrap().len(), 3);
}

#[test]
fn a_broken_connection_is_reported_without_the_access_key() {
    let scene = Scene::new(&[]);
    let mut follower = scene.follow();
    scene.orders.send(Order::Break).unwrap();
    let deadline = Instant::now() + SOON;
    while follower.trouble().is_none() {
        assert!(Instant::now() < deadline);
        expect_nothing(&mut follower);
    }
    let trouble = follower.trouble().unwrap().to_string();
    assert!(
        trouble.contains("ws://127.0.0.1") && !trouble.contains("access-key"),
        "{trouble}"
    );
    scene.land(1);
    expect(&mut follower, 1);
    assert!(follower.trouble().is_none());
}

#[test]
fn from_the_start_everything_comes_first() {
    // Two pages of the history, and more than is remembered for comparison.
    let known: Vec<u16> = (0..1_300).collect();
    let scene = Scene::new(&known);
    let mut follower = scene.follow().from_start();
    for number in 0..1_300 {
        expect(&mut follower, number);
    }
    expect_nothing(&mut follower);
    scene.land(1_300);
    scene.tell(1_300);
    expect(&mut follower, 1_300);
    scene.orders.send(Order::Break).unwrap();
    scene.land(1_301);
    expect(&mut follower, 1_301);
    expect_nothing(&mut follower);
    // The websocket is late with what is remembered no more, and nothing waits for that.
    scene.tell(3);
    scene.land(1_302);
    scene.tell(1_302);
    expect(&mut follower, 1_302);
    expect_nothing(&mut follower);
    // Since the start only the end of the history has been read.
    let questions = asked(&scene.requests, "getSignaturesForAddress");
    let bounds = questions
        .iter()
        .map(|params| (params[1].get("before").is_some(), params[1]["until"].as_str()));
    let newest = signature(1_300 - 256).to_string();
    let expected = [
        // Where it begins, which is then put aside; two pages; then what follows.
        (false, None),
        (false, None),
        (true, None),
        (false, Some(newest.as_str())),
    ];
    assert_eq!(bounds.take(4).collect::<Vec<_>>(), expected);
    assert!(questions[4..].iter().all(|params| params[1]["until"].is_string()));
}

#[test]
fn what_a_late_websocket_tells_of_the_time_before_is_no_news() {
    let known: Vec<u16> = (0..400).collect();
    let scene = Scene::with_poll(&known, Duration::from_millis(200));
    let mut follower = scene.follow();
    scene.tell(2);
    scene.land(400);
    scene.tell(400);
    expect(&mut follower, 400);
    expect_nothing(&mut follower);
}

#[test]
fn a_history_that_lags_behind_the_websocket_is_waited_for() {
    let scene = Scene::with_poll(&[], Duration::from_millis(200));
    let mut follower = scene.follow();
    // The second is in the history already, the first is not: it would be told too late.
    scene.tell(1);
    scene.tell(2);
    scene.land(2);
    expect_nothing(&mut follower);
    scene.ledger.lock().unwrap().insert(
        0,
        Row {
            number: 1,
            failed: false,
            recorded: true,
        },
    );
    expect(&mut follower, 1);
    expect(&mut follower, 2);
    expect_nothing(&mut follower);
}

#[test]
fn what_the_history_never_lists_is_told_by_its_signature() {
    let scene = Scene::new(&[]);
    let mut follower = scene.follow();
    scene.land(UNLISTED);
    scene.tell(UNLISTED);
    expect(&mut follower, UNLISTED);
    scene.tell(UNLISTED);
    expect_nothing(&mut follower);
    // One that nobody knows holds nothing up for long, and is news when it comes after all.
    scene.tell(5);
    scene.land(3);
    scene.tell(3);
    expect(&mut follower, 3);
    expect_nothing(&mut follower);
    scene.land(5);
    scene.tell(5);
    expect(&mut follower, 5);
    expect_nothing(&mut follower);
}

#[test]
fn a_record_that_comes_late_is_waited_for_and_nothing_overtakes_it() {
    let scene = Scene::new(&[]);
    let mut follower = scene.follow();
    scene.ledger.lock().unwrap().push(Row {
        number: 1,
        failed: false,
        recorded: false,
    });
    scene.land(2);
    scene.tell(1);
    // Long without a record: then it is said.
    let deadline = Instant::now() + SOON;
    while follower.trouble().is_none() {
        assert!(Instant::now() < deadline);
        expect_nothing(&mut follower);
    }
    let trouble = follower.trouble().unwrap();
    assert!(
        matches!(trouble, ChainError::Undecided { signature: of, .. } if *of == signature(1)),
        "{trouble:?}"
    );
    scene.ledger.lock().unwrap()[0].recorded = true;
    expect(&mut follower, 1);
    assert!(follower.trouble().is_none());
    expect(&mut follower, 2);
}

#[test]
fn it_ends_when_it_is_stopped() {
    let scene = Scene::new(&[]);
    let follower = scene.follow();
    let stop = follower.stop_handle();
    let listener = thread::spawn(move || follower.map(|receipt| receipt.signature).collect::<Vec<_>>());
    scene.land(1);
    scene.tell(1);
    thread::sleep(Duration::from_millis(300));
    stop.stop();
    assert_eq!(listener.join().unwrap(), [signature(1)]);

    let mut follower = scene.follow_again();
    follower.stop_handle().stop();
    scene.land(2);
    assert_eq!(follower.next(), None);
    assert_eq!(follower.next_within(SOON), None);
}

impl Scene {
    /// Another follower, on a connection of its own.
    fn follow_again(&self) -> Follower {
        self.orders.send(Order::Break).unwrap();
        self.follow()
    }
}

#[test]
fn what_is_no_websocket_is_refused_at_once_and_not_quoted() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (refusing, _orders, _) = websocket(
        json!({ "jsonrpc": "2.0", "error": { "code": -32601, "message": "Method not found" }, "id": 1 }),
    );
    let (no_websocket, _) = node(|_, _, _| Answer::Http(403, "no"));
    let scene = Scene::new(&[]);
    for (url, said) in [
        (format!("ws://{nobody}/access-key"), "refused"),
        (no_websocket.replace("http", "ws"), "Handshake"),
        // Encrypted is asked for, and the other side does not speak it.
        (refusing.replace("ws:", "wss:"), "wss://127.0.0.1"),
        (refusing, "the node refused logsSubscribe: Method not found"),
        ("http://127.0.0.1:1/access-key".to_owned(), "ws://"),
        ("ws:///access-key".to_owned(), "no"),
        ("access-key in spaces".to_owned(), "no URL"),
    ] {
        let Err(error) = scene.chain.follow(&url, &address()) else {
            panic!("{url}")
        };
        let text = error.to_string();
        assert!(text.contains(said), "{url}: {text}");
        assert!(!text.contains("/access-key"), "{text}");
    }
}
