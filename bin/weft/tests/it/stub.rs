//! A server that answers as a node would, or as a test wants it to.

use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use weft_node::clock::now;
use weft_reads::genesis_pages::GenesisPages;
use weft_types::{Genesis, Millis, Network};

/// A chain that nobody runs.
pub fn genesis() -> Genesis {
    plan(1_000).genesis
}

/// The plan of a chain of one voter that began a minute ago, with slots of this length.
pub fn plan(slot_ms: u64) -> weft_testnet::Plan {
    weft_testnet::Plan::small(&weft_testnet::Choice {
        nodes: 1,
        slot_ms,
        seed: "stub".to_owned(),
        genesis_time: Millis(now().0 - 60_000),
        network: Network::Local,
        senders: 0,
    })
}

/// What an honest node of a chain answers; null to what it does not know.
pub fn honest(genesis: &Genesis, method: &str, params: &Value) -> Value {
    let chain = genesis.chain_id();
    match method {
        "chain_status" => json!({
            "chain_id": chain, "height": 5, "final_height": 4, "final_hash": chain,
            "time": now(), "ready": true, "reasons": [],
        }),
        "chain_genesis" => GenesisPages::of(genesis).page(params).expect("a page"),
        "net_peers" => json!({
            "local": { "name": "x", "addresses": ["/ip4/127.0.0.1/tcp/1"] }, "peers": [],
        }),
        _ => Value::Null,
    }
}

/// Serves JSON-RPC by a function of method and parameters; its URL.
pub fn serve(answer: impl Fn(&str, &Value) -> Value + Send + 'static) -> String {
    raw(move |request| {
        let call: Value = serde_json::from_str(request).unwrap_or_default();
        let result = answer(call["method"].as_str().unwrap_or_default(), &call["params"]);
        Some(json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string())
    })
}

/// Serves bodies by a function of the request's body, one connection at a time; nothing at
/// all, on a connection that stays open, where it gives none.
pub fn raw(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for socket in listener.incoming().flatten() {
            held.extend(one(socket, &answer));
        }
    });
    url
}

/// Answers one request; the socket, when it is to stay open.
fn one(mut socket: TcpStream, answer: &impl Fn(&str) -> Option<String>) -> Option<TcpStream> {
    let request = read(&mut socket)?;
    let Some(body) = answer(&request) else { return Some(socket) };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    // A client that has heard enough hangs up.
    drop(socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(body.as_bytes())));
    None
}

/// The body of a request.
fn read(socket: &mut TcpStream) -> Option<String> {
    let (mut got, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let read = socket.read(&mut part).ok().filter(|read| *read > 0)?;
        got.extend_from_slice(part.get(..read)?);
        let text = String::from_utf8_lossy(&got).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(body.to_owned());
        }
    }
}
