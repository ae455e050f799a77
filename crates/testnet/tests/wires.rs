//! The wires as whoever asks them sees them: a request is one line, and a cut ends.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use weft_testnet::net::free_ports;
use weft_testnet::switch;
use weft_testnet::wires::Wires;
use weft_testnet::{Net, NetError, Node, State};

const PATIENCE: Duration = Duration::from_secs(20);

/// A network of two nodes that only listen.
async fn net(dir: &Path) -> (Net, Vec<TcpListener>) {
    let (mut nodes, mut listeners) = (Vec::new(), Vec::new());
    for number in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        nodes.push(Node {
            name: format!("node{number}"),
            home: dir.join(format!("node{number}")),
            pid: None,
            rpc: "http://127.0.0.1:1".to_owned(),
            listen: format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port()),
        });
        listeners.push(listener);
    }
    let wires = Wires::on(&free_ports(&vec![0; Wires::ports(2)]).unwrap(), 2);
    let (dir, seed) = (dir.to_owned(), "weft".to_owned());
    let net = Net { dir, state: State::Up, seed, nodes, wires };
    net.save().unwrap();
    (net, listeners)
}

/// Runs the wires; returns when they answer.
async fn run(net: &Net) {
    let dir = net.dir.clone();
    tokio::spawn(async move { switch::run(&dir).await });
    let ready = async {
        while switch::ask(net, "state").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
}

async fn refused(net: &Net, request: &str) -> String {
    match switch::ask(net, request).await {
        Err(NetError::WiresRefused { reason }) => reason,
        other => panic!("{request}: {other:?}"),
    }
}

#[tokio::test]
async fn a_cut_stalls_its_pairs_and_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (net, listeners) = net(dir.path()).await;
    run(&net).await;
    let port = net.wires.as_ref().unwrap().wires.iter().find(|w| w.from == 0).unwrap().port;
    assert_eq!(switch::ask(&net, "cut 0/1 400").await.unwrap(), "0/1");
    let mut near = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    near.write_all(b"hello").await.unwrap();
    assert_eq!(switch::ask(&net, "state").await.unwrap(), "0/1");
    // Nobody heals it.
    let arrives = tokio::time::timeout(PATIENCE, listeners[1].accept());
    let (mut there, _) = arrives.await.unwrap().unwrap();
    let mut heard = [0; 5];
    there.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    assert_eq!(switch::ask(&net, "state").await.unwrap(), "whole");
}

#[tokio::test]
async fn what_the_wires_do_not_do_is_refused_by_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let (net, _listeners) = net(dir.path()).await;
    assert!(matches!(switch::ask(&net, "state").await, Err(NetError::NoneRuns { .. })));
    run(&net).await;
    // Of a line that is too long the end is not read, so the answer may not arrive.
    assert!(switch::ask(&net, &"x".repeat(5_000)).await.is_err());
    for request in ["", "cut", "cut 0/1", "heal now", "HEAL"] {
        assert_eq!(refused(&net, request).await, "no such request", "{request}");
    }
    for request in ["cut 0/1 soon", "cut 0/1 -1", "cut 0/1 99999999999"] {
        assert_eq!(refused(&net, request).await, "no such time", "{request}");
    }
    assert!(refused(&net, "cut 0/1/2 5").await.contains("there is no node 2"));
    assert_eq!(switch::ask(&net, "cut 0/1 60000").await.unwrap(), "0/1");
    assert!(refused(&net, "cut 1/0 5").await.contains("cut already: 0/1"));
    assert_eq!(switch::ask(&net, "heal").await.unwrap(), "whole");
    assert_eq!(switch::ask(&net, "heal").await.unwrap(), "whole");
}

#[tokio::test]
async fn a_network_that_dials_directly_has_nothing_to_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (net, _listeners) = net(dir.path()).await;
    let net = Net { wires: None, ..net };
    assert!(matches!(switch::ask(&net, "state").await, Err(NetError::NoWires { .. })));
}
