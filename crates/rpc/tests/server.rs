//! The server on a real socket: JSON-RPC by the letter, limits and manners; and the
//! client's errors.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that can't go on fails")]

use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weft_rpc::client::{Client, ClientError};
use weft_rpc::{
    Backend, Health, Kind, Limits, Method, RpcError, Server, ServerConfig, ServerError, Written,
};

/// Answers with what it was asked; knows no transaction.
struct Echo;

impl Backend for Echo {
    async fn call(&self, _: IpAddr, method: Method, params: Value) -> Result<Written, RpcError> {
        match method {
            Method::TxGet => Err(RpcError::new(Kind::NotFound, "NoSuchTx", "it is not known")
                .help("look again later")
                .context(json!({ "id": params["id"] }))),
            _ => Ok(json!({ "method": method.name(), "params": params }).into()),
        }
    }
    fn lives(&self) -> bool {
        true
    }
    async fn health(&self) -> Health {
        let text = |t: &str| vec![t.to_owned()];
        Health { reasons: text("no block is final yet"), notes: text("the state is half full") }
    }
    async fn metrics(&self) -> String {
        "weft_consensus_height 7\n".to_owned()
    }
}

async fn start() -> Server {
    start_with(Limits::default(), Echo).await
}

async fn start_with(limits: Limits, backend: impl Backend) -> Server {
    let address = "127.0.0.1:0".parse().unwrap();
    let config = ServerConfig { address, public: false, body_bytes: 1 << 20, limits };
    Server::start(config, backend).await.unwrap()
}

/// Sends raw bytes and reads the whole answer: status and body.
async fn raw(server: &Server, request: &[u8]) -> (u16, String) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    // The server may hang up on a request that is too large before all is sent.
    if let Err(error) = socket.write_all(request).await {
        eprintln!("the server hung up early: {error}");
    }
    let mut answer = Vec::new();
    if let Err(error) = socket.read_to_end(&mut answer).await {
        eprintln!("the answer broke off: {error}");
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    (status, text.split_once("\r\n\r\n").map_or_else(String::new, |(_, b)| b.to_owned()))
}

async fn post(server: &Server, host: &str, kind: &str, body: &str) -> (u16, String) {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    raw(server, [head.as_bytes(), body.as_bytes()].concat().as_slice()).await
}

async fn rpc(server: &Server, body: &str) -> Option<Value> {
    let (status, text) = post(server, "localhost", "application/json", body).await;
    assert!(status == 200 || status == 204, "{status} {text}");
    (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap())
}

fn code(answer: Option<Value>) -> i64 {
    answer.unwrap()["error"]["code"].as_i64().unwrap()
}

#[tokio::test]
async fn calls_by_name_by_position_in_batches_and_as_notifications() {
    let server = start().await;
    let call = r#"{"jsonrpc":"2.0","method":"account_get","params":{"key":"k"},"id":3}"#;
    let answer = rpc(&server, call).await.unwrap();
    assert_eq!((&answer["id"], &answer["result"]["params"]["key"]), (&json!(3), &json!("k")));
    let call = r#"{"jsonrpc":"2.0","method":"account_get","params":["k","head"],"id":"x"}"#;
    let answer = rpc(&server, call).await.unwrap();
    assert_eq!(answer["result"]["params"], json!({ "key": "k", "at": "head" }));
    let quiet = r#"{"jsonrpc":"2.0","method":"chain_status"}"#;
    assert_eq!(rpc(&server, quiet).await, None);
    let batch = format!("[{call},{quiet},1]");
    let answers = rpc(&server, &batch).await.unwrap();
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
    assert_eq!(answers[1]["error"]["code"], json!(-32_600));
}

#[tokio::test]
async fn what_is_no_request_has_the_codes_of_the_specification() {
    let server = start().await;
    assert_eq!(code(rpc(&server, "{\"jsonrpc\": \"2.0\", \"method\": \"foobar, ").await), -32_700);
    assert_eq!(code(rpc(&server, &"[".repeat(100_000)).await), -32_700);
    assert_eq!(code(rpc(&server, "[]").await), -32_600);
    assert_eq!(code(rpc(&server, r#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#).await), -32_600);
    let answer = rpc(&server, r#"{"jsonrpc":"2.0","method":"chain_getblock","id":"1"}"#).await;
    let help = answer.as_ref().unwrap()["error"]["data"]["help"].to_string();
    assert!(help.contains("chain_getBlock"), "{help}");
    assert_eq!(code(answer), -32_601);
    let answer = rpc(&server, r#"{"jsonrpc":"2.0","method":"tx_get","params":{},"id":1}"#).await;
    assert_eq!(answer.unwrap()["error"]["data"]["name"], json!("MissingParameter"));
    let stray = r#"{"jsonrpc":"2.0","method":"tx_get","params":{"id":"1","x":2},"id":1}"#;
    let answer = rpc(&server, stray).await;
    assert_eq!(answer.unwrap()["error"]["data"]["name"], json!("UnknownParameter"));
    let one = r#"{"jsonrpc":"2.0","method":"chain_status","id":1}"#;
    let full = format!("[{}]", vec![one; 101].join(","));
    assert_eq!(code(rpc(&server, &full).await), -32_600);
    assert!(rpc(&server, one).await.unwrap()["result"].is_object(), "the server lives on");
}

#[tokio::test]
async fn strange_hosts_bodies_and_types_are_turned_away() {
    let server = start().await;
    let body = r#"{"jsonrpc":"2.0","method":"chain_status","id":1}"#;
    assert_eq!(post(&server, "evil.example", "application/json", body).await.0, 403);
    assert_eq!(post(&server, "127.0.0.1:9944", "application/json", body).await.0, 200);
    assert_eq!(post(&server, "localhost", "text/plain", body).await.0, 415);
    let large = "x".repeat(2 << 20);
    let (status, _) = post(&server, "localhost", "application/json", &large).await;
    assert!(status == 413 || status == 0, "{status}");
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(&server, get("/health/live").as_bytes()).await.0, 200);
    let (status, text) = raw(&server, get("/health").as_bytes()).await;
    let said: Value = serde_json::from_str(&text).unwrap();
    let right = json!({
        "ready": false,
        "reasons": ["no block is final yet"],
        "notes": ["the state is half full"],
    });
    assert_eq!((status, &said), (503, &right));
    assert_eq!(raw(&server, get("/health/ready").as_bytes()).await, (503, text));
    assert!(raw(&server, get("/metrics").as_bytes()).await.1.contains("weft_consensus_height"));
}

#[tokio::test]
async fn an_address_open_to_others_must_be_asked_for() {
    let address = "0.0.0.0:0".parse().unwrap();
    let config =
        ServerConfig { address, public: false, body_bytes: 1_024, limits: Limits::default() };
    assert!(matches!(Server::start(config, Echo).await, Err(ServerError::NotLoopback(_))));
}

#[tokio::test]
async fn the_client_tells_refusal_silence_and_absence_apart() {
    let server = start().await;
    let client = |url: &str| Client::new(url, Duration::from_secs(5)).unwrap();
    let url = format!("http://{}", server.address);
    let found = client(&url).call::<_, Value>("chain_status", &json!({})).await.unwrap();
    assert_eq!(found["method"], json!("chain_status"));
    match client(&url).call::<_, Value>("tx_get", &json!({ "id": "9" })).await {
        Err(ClientError::Application(e)) => {
            assert_eq!((e.name.as_str(), e.kind.as_str()), ("NoSuchTx", "not_found"));
            assert_eq!(e.context["id"], json!("9"));
        }
        other => panic!("{other:?}"),
    }
    let gone = client("http://127.0.0.1:1").call::<_, Value>("chain_status", &json!({})).await;
    assert!(matches!(gone, Err(ClientError::Connect { .. })), "{gone:?}");
    assert!(matches!(Client::new("ftp://x", Duration::ZERO), Err(ClientError::Url { .. })));
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let client = Client::new(&url, Duration::from_millis(200)).unwrap();
    let answer = client.call::<_, Value>("chain_status", &json!({})).await;
    assert!(matches!(answer, Err(ClientError::Timeout { .. })), "{answer:?}");
}

#[test]
fn every_method_is_in_the_documentation_and_the_other_way_round() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rpc.md");
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let name = line.strip_prefix("| `")?.split('`').next()?;
        (name.contains('_') && !name.starts_with("weft_") || name == "rpc.discover")
            .then(|| name.to_owned())
    };
    let mut documented: Vec<_> = text.lines().filter_map(row).collect();
    let mut known: Vec<_> = Method::ALL.iter().map(|m| m.name().to_owned()).collect();
    documented.retain(|name| name.contains('_') || name == "rpc.discover");
    documented.sort();
    known.sort();
    let documented: Vec<_> =
        documented.into_iter().filter(|n| !n.starts_with("invalid_")).collect();
    assert_eq!(documented, known);
}

/// F17: an id goes back byte for byte, as it was written.
#[tokio::test]
async fn an_id_comes_back_as_it_was_sent() {
    let server = start().await;
    for id in [
        "1.0",
        "1e2",
        "-0",
        "0.10",
        "123456789012345678901234567890",
        r#""a\u0062\/""#,
        "\"\"",
        "null",
        "9007199254740993",
    ] {
        for method in ["chain_status", "no_such_method", "tx_get"] {
            let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","id":{id}}}"#);
            let (_, text) = post(&server, "localhost", "application/json", &body).await;
            assert!(text.contains(&format!(r#""id":{id}}}"#)), "{id}: {text}");
            let many = format!("[{body}, {body}]");
            let (_, text) = post(&server, "localhost", "application/json", &many).await;
            assert_eq!(text.matches(&format!(r#""id":{id}}}"#)).count(), 2, "{id}: {text}");
        }
    }
    for id in ["true", "[1]", "{}"] {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"chain_status","id":{id}}}"#);
        let (_, text) = post(&server, "localhost", "application/json", &body).await;
        assert!(text.contains("-32600") && text.contains(r#""id":null"#), "{id}: {text}");
    }
}

/// F17: every parameter that is no such thing is -32602, with its name.
#[tokio::test]
async fn a_parameter_that_is_no_such_thing_is_refused_with_its_name() {
    let server = start().await;
    for (method, params, name) in [
        ("tx_submitMany", r#"{"raws":"0x00"}"#, json!("raws")),
        ("chain_getSupply", r#"{"audit":"yes"}"#, json!("audit")),
        ("chain_getBlock", r#"{"height":1,"txs":5}"#, json!("txs")),
        ("chain_getBlock", r#"{"height":-1}"#, json!("height")),
        ("account_get", r#"{"key":"k","at":5}"#, json!("at")),
        ("subnet_metagraph", "[65536]", json!("netuid")),
        ("subnet_list", r#"["head",1]"#, json!(1)),
        ("net_peers", "[1]", json!(0)),
        ("tx_get", r#"{"id":"1","x":2}"#, json!("x")),
        ("tx_get", "[null]", json!("id")),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":1}}"#);
        let answer = rpc(&server, &body).await.unwrap();
        let error = &answer["error"];
        assert_eq!(error["code"], json!(-32_602), "{answer}");
        assert_eq!(error["data"]["context"]["parameter"], name, "{answer}");
    }
}

/// F25: the same host in another spelling is the same, and one that can't be told is none.
#[tokio::test]
async fn a_host_is_known_in_any_spelling_and_two_are_none() {
    let server = start().await;
    let get = |version: &str, hosts: &str| {
        format!("GET /health/live HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n")
    };
    for (version, hosts, status) in [
        ("1.1", "Host: Localhost\r\n", 200),
        ("1.1", "Host: localhost.\r\n", 200),
        ("1.1", "Host: LOCALHOST.:19944\r\n", 200),
        ("1.0", "", 200),
        ("1.0", "Host: evil.example\r\n", 403),
        ("1.1", "Host: evil.example.\r\n", 403),
        ("1.1", "Host: localhost\r\nHost: localhost\r\n", 400),
        ("1.1", "Host: localhost\r\nHost: evil.example\r\n", 400),
        ("1.1", "", 400),
    ] {
        let got = raw(&server, get(version, hosts).as_bytes()).await.0;
        assert_eq!(got, status, "HTTP/{version} {hosts}");
    }
    let other = "GET http://evil.example/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&server, other.as_bytes()).await.0, 403, "what is asked for counts too");
}

/// F30: a port that is none never ends as another.
#[test]
fn a_url_with_a_port_that_is_none_is_refused() {
    for bad in
        ["http://127.0.0.1:99999", "http://127.0.0.1:0", "http://h:", "http://h:x", "http://"]
    {
        let client = Client::new(bad, Duration::ZERO);
        assert!(matches!(client, Err(ClientError::Url { .. })), "{bad}");
    }
    for good in ["http://127.0.0.1:65535", "http://[::1]:1", "http://node"] {
        assert!(Client::new(good, Duration::ZERO).is_ok(), "{good}");
    }
}
