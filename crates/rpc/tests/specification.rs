//! The examples of the JSON-RPC 2.0 specification, on a real socket.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use serde_json::{Value, json};
use std::net::IpAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weft_rpc::{Backend, Health, Limits, Method, RpcError, Server, ServerConfig, Written};

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

/// The methods of the specification's examples, under names that the server knows.
struct Examples;

impl Backend for Examples {
    async fn call(&self, _: IpAddr, method: Method, params: Value) -> Result<Written, RpcError> {
        let number = |name: &str| params[name].as_i64();
        match (method, number("netuid"), number("uid"), params["at"].as_str()) {
            // "head" stands for the 4 of the sum.
            (Method::SubnetWeights, Some(a), Some(b), Some("head")) => Ok(json!(a + b + 4).into()),
            (Method::SubnetWeights, Some(a), Some(b), None) => Ok(json!(a - b).into()),
            _ => Ok(json!(["hello", 5]).into()),
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

/// An answer without what the specification leaves open: `data`, and the order of a batch.
fn bare(answer: Value) -> Value {
    match answer {
        Value::Array(list) => {
            let mut list: Vec<_> = list.into_iter().map(bare).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        mut one => {
            if let Some(error) = one["error"].as_object_mut() {
                error.remove("data");
            } else if let Some(object) = one.as_object_mut() {
                object.remove("error");
            }
            one
        }
    }
}

#[tokio::test]
async fn the_examples_of_the_specification_are_answered_to_the_letter() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/vectors/external/jsonrpc2_spec_examples.json"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is absent");
        return;
    };
    let server = start_with(Limits::default(), Examples).await;
    let file: Value = serde_json::from_str(&text).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 15, "{} cases", cases.len());
    for case in cases {
        let mut request = case["request"].as_str().unwrap().to_owned();
        for (theirs, ours) in [
            ("\"subtract\"", "\"subnet_weights\""),
            ("\"sum\"", "\"subnet_weights\""),
            ("\"get_data\"", "\"chain_status\""),
            ("\"minuend\"", "\"netuid\""),
            ("\"subtrahend\"", "\"uid\""),
            ("[1,2,4]", "[1,2,\"head\"]"),
        ] {
            request = request.replace(theirs, ours);
        }
        let answer = rpc(&server, &request).await;
        let want = match request.as_str() {
            // The transcription drops the list around this one; the specification has it.
            "[1]" => json!([case["response"]]),
            _ => case["response"].clone(),
        };
        match answer {
            None => assert_eq!(want, Value::Null, "{request}"),
            Some(answer) => assert_eq!(bare(answer), bare(want), "{request}"),
        }
    }
}
