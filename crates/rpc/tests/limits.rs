//! What clients may take: connections, time, bytes of an answer. Real sockets.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that can't go on fails")]

use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weft_rpc::{Backend, Health, Kind, Limits, Method, RpcError, Server, ServerConfig, Written};

async fn start_with(limits: Limits, backend: impl Backend) -> Server {
    let address = "127.0.0.1:0".parse().unwrap();
    let config = ServerConfig { address, public: false, body_bytes: 1 << 20, limits };
    Server::start(config, backend).await.unwrap()
}

async fn rpc(server: &Server, body: &str) -> Option<Value> {
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let head = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    (!text.is_empty()).then(|| serde_json::from_str(text).unwrap())
}

/// Answers with as many letters as the method's name is long, times a thousand.
struct Wordy;

impl Backend for Wordy {
    async fn call(&self, _: IpAddr, method: Method, _: Value) -> Result<Written, RpcError> {
        Ok(json!("x".repeat(1_000 * method.name().len())).into())
    }
    fn lives(&self) -> bool {
        true
    }
    async fn health(&self) -> Health {
        Health::default()
    }
    async fn metrics(&self) -> String {
        String::new()
    }
}

#[tokio::test]
async fn answers_are_bounded_alone_and_in_a_batch() {
    let server = start_with(Limits { answer_bytes: 30_000, ..Limits::default() }, Wordy).await;
    let call = |id: u32| format!(r#"{{"jsonrpc":"2.0","method":"chain_status","id":{id}}}"#);
    assert!(rpc(&server, &call(1)).await.unwrap()["result"].is_string());
    let batch = format!("[{},{},{},{}]", call(1), call(2), call(3), call(4));
    let answers = rpc(&server, &batch).await.unwrap();
    let names: Vec<_> = (0..4).map(|n| &answers[n]["error"]["data"]["name"]).collect();
    let large = json!("AnswerTooLarge");
    assert_eq!(names, [&Value::Null, &Value::Null, &large, &large], "12 kB each, 30 kB in all");
    assert_eq!(answers[3]["id"], json!(4), "each call has its answer");
    assert_eq!(answers[3]["error"]["data"]["kind"], json!("limit_exceeded"));
    let server = start_with(Limits { answer_bytes: 5_000, ..Limits::default() }, Wordy).await;
    let answer = rpc(&server, &call(7)).await.unwrap();
    assert_eq!((&answer["id"], &answer["error"]["data"]["name"]), (&json!(7), &large));
}

/// Says how long to wait.
struct Tired;

impl Backend for Tired {
    async fn call(&self, from: IpAddr, _: Method, params: Value) -> Result<Written, RpcError> {
        assert!(from.is_loopback(), "{from}");
        match params["height"].as_u64() {
            Some(seconds) => Err(RpcError::new(Kind::RateLimited, "TooFast", "wait")
                .context(json!({ "got": 1 }))
                .retry_after(seconds)),
            None => Ok(json!(1).into()),
        }
    }
    fn lives(&self) -> bool {
        true
    }
    async fn health(&self) -> Health {
        Health::default()
    }
    async fn metrics(&self) -> String {
        String::new()
    }
}

/// A7
#[tokio::test]
async fn who_must_wait_is_told_how_long_in_the_error_and_in_the_header() {
    let server = start_with(Limits::default(), Tired).await;
    let call = |params: &str| {
        format!(r#"{{"jsonrpc":"2.0","method":"chain_getBlock","params":{params},"id":1}}"#)
    };
    let (three, nine, good) = (call(r#"{"height":3}"#), call(r#"{"height":9}"#), call("{}"));
    for (body, wait) in [
        (three.clone(), Some("retry-after: 3")),
        (format!("[{three},{nine},{good}]"), Some("retry-after: 9")),
        (good.clone(), None),
    ] {
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        let head = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await.unwrap();
        let answer = until_closed(&mut socket).await;
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let said = head.lines().find(|line| line.starts_with("retry-after"));
        assert_eq!(said, wait, "{answer}");
        assert_eq!(text.contains(r#""got":1,"retry_after_s":"#), wait.is_some(), "{text}");
    }
}

/// A test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What comes until the server hangs up.
async fn until_closed(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let end = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    if let Err(error) = end.expect("the server hangs up") {
        eprintln!("the connection broke: {error}");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// One request on a connection that stays open.
async fn is_alive(socket: &mut TcpStream) -> bool {
    let get = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut answer = [0; 1_024];
    let count = match socket.write_all(get).await {
        Ok(()) => tokio::time::timeout(PATIENCE, socket.read(&mut answer)).await.unwrap(),
        Err(error) => Err(error),
    };
    count.is_ok_and(|count| answer[..count].starts_with(b"HTTP/1.1 200"))
}

#[tokio::test]
async fn a_client_that_sends_half_a_header_is_cut_off_and_others_go_on() {
    let header_time = Duration::from_millis(100);
    let server = start_with(Limits { header_time, ..Limits::default() }, Wordy).await;
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(b"POST / HTTP/1.1\r\nHost: local").await.unwrap();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert!(!until_closed(&mut half).await.contains("200 OK"));
    assert_eq!(until_closed(&mut silent).await, "", "who says nothing is cut off too");
    let mut good = TcpStream::connect(server.address).await.unwrap();
    assert!(is_alive(&mut good).await);
}

#[tokio::test]
async fn one_connection_too_many_is_refused_and_the_others_go_on() {
    let server = start_with(Limits { connections: 2, ..Limits::default() }, Wordy).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert!(is_alive(&mut first).await && is_alive(&mut second).await);
    let mut third = TcpStream::connect(server.address).await.unwrap();
    let refusal = until_closed(&mut third).await;
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
    assert!(body.starts_with("too many connections"), "{refusal}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{refusal}");
    assert!(is_alive(&mut first).await && is_alive(&mut second).await);
    drop(second);
    let again = async {
        loop {
            let mut next = TcpStream::connect(server.address).await.unwrap();
            if is_alive(&mut next).await {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("a place that is free is given");
}

#[tokio::test]
async fn a_connection_that_lasted_long_enough_is_closed() {
    let (connection_time, header_time) = (Duration::from_millis(100), 10 * PATIENCE);
    let limits = Limits { connection_time, header_time, ..Limits::default() };
    let server = start_with(limits, Wordy).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    assert!(is_alive(&mut socket).await);
    assert_eq!(until_closed(&mut socket).await, "");
}
