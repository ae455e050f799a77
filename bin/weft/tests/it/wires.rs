//! F2: what breaks once a transaction is on the wire leaves its outcome open, and the same
//! bytes sent again are paid once.

use crate::support::Home;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a door does with a request that submits a transaction, and with those after it.
#[derive(Clone, Copy)]
enum Door {
    /// Hands it on, and hangs up instead of handing back the answer.
    HangsUpAfter,
    /// Hangs up without handing it on.
    HangsUpBefore,
    /// Hands it on, and answers with what is no JSON.
    Babbles,
    /// Hands it on and back, and is too busy for everything after it.
    GetsBusy,
}

/// A whole HTTP message: its head, and as many bytes as that says.
fn message(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut all, mut bytes) = (Vec::new(), [0; 4_096]);
    loop {
        let got = socket.read(&mut bytes).ok().filter(|n| *n > 0)?;
        all.extend_from_slice(&bytes[..got]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        if all.len() >= head.len() + 4 + length.unwrap_or(0) {
            return Some(all);
        }
    }
}

/// What the door answers; nothing when it hangs up.
fn answer(
    node: &str,
    request: &[u8],
    (kind, submits, is_busy): (Door, bool, bool),
) -> Option<Vec<u8>> {
    let said = |head: &str| Some(head.as_bytes().to_vec());
    match kind {
        Door::HangsUpBefore if submits => return None,
        Door::GetsBusy if is_busy => return said("HTTP/1.1 503 S\r\nContent-Length: 0\r\n\r\n"),
        _ => {}
    }
    let mut way = TcpStream::connect(node).expect("the node listens");
    way.write_all(request).expect("the node reads");
    let answer = message(&mut way).expect("the node answers");
    match kind {
        Door::HangsUpAfter if submits => None,
        Door::Babbles if submits => said("HTTP/1.1 200 S\r\nContent-Length: 2\r\n\r\nhm"),
        _ => Some(answer),
    }
}

/// A door in front of a node; its URL.
fn door(node: &str, kind: Door) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let node = node.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        let is_busy = Arc::new(AtomicBool::new(false));
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let (node, is_busy) = (node.clone(), Arc::clone(&is_busy));
            // A command may keep one connection and open another.
            std::thread::spawn(move || {
                while let Some(request) = message(&mut socket) {
                    let submits = String::from_utf8_lossy(&request).contains("\"tx_submit\"");
                    let busy = is_busy.load(Ordering::SeqCst);
                    let answer = answer(&node, &request, (kind, submits, busy));
                    is_busy.fetch_or(submits, Ordering::SeqCst);
                    match answer {
                        Some(answer) => drop(socket.write_all(&answer)),
                        None => break,
                    }
                }
            });
        }
    });
    url
}

fn free(home: &Home, who: &str) -> u64 {
    let account = home.data(&["query", "account", who]);
    account["free"].as_str().and_then(|t| t.parse().ok()).expect("an amount")
}

#[test]
fn a_transaction_whose_answer_was_lost_is_sent_again_and_paid_once() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "1", "--slot-ms", "250"]);
    let node = up["nodes"][0]["rpc"].as_str().expect("a node has a URL").to_owned();
    let kinds = [Door::HangsUpAfter, Door::HangsUpBefore, Door::Babbles, Door::GetsBusy];
    for kind in kinds {
        let before = free(&home, "carol");
        let url = door(&node, kind);
        let send = ["transfer", "carol", "3", "-w", "alice"];
        let through = ["--network", &url, "--timeout", "20"];
        let (code, lost) = home.json(&[&send[..], &through].concat());
        assert_eq!((code, &lost["error"]["name"]), (6, &json!("OutcomeUnknown")), "{lost}");
        let id = lost["error"]["context"]["tx"].as_str().expect("the id").to_owned();
        // Another command than the one that made it is refused.
        let other = ["transfer", "bob", "3", "-w", "alice", "--resume", &id];
        assert_eq!(home.error(&other, 2), "OtherTransaction");
        let more = ["transfer", "carol", "4", "-w", "alice", "--resume", &id];
        assert_eq!(home.error(&more, 2), "OtherTransaction");
        let again = home.data(&[&send[..], &["--resume", &id]].concat());
        let found = (&again["tx"], &again["status"]);
        assert_eq!(found, (&json!(id), &json!("finalized")), "{again}");
        assert_eq!(free(&home, "carol") - before, 3_000_000_000, "paid once");
        // What is final is kept no more.
        assert_eq!(home.error(&[&send[..], &["--resume", &id]].concat(), 3), "NotKept");
    }
    // Before anything is on the wire, nothing is unknown.
    home.data(&["testnet", "kill", "0"]);
    let send = ["transfer", "carol", "3", "-w", "alice", "--network", &node];
    let (code, refused) = home.json(&send);
    assert_eq!((code, &refused["error"]["name"]), (4, &json!("CannotConnect")));
    assert_eq!(refused["error"]["context"]["tx"], Value::Null);
}
