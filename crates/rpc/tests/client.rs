//! The client's errors: each way to get no answer has its name.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use weft_rpc::client::{Client, ClientError};

/// A server that answers every request with this status and body.
async fn parrot(status: u16, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            assert!(socket.read(&mut request).await.unwrap() > 0);
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n\r\n");
            socket.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn an_answer_that_is_no_json_rpc_is_a_named_error() {
    for body in ["[]", "7", "\"hello\"", "true", "null", "{}", "[{\"result\":1}]", "<html>"] {
        let url = parrot(200, body).await;
        let client = Client::new(&url, Duration::from_secs(5)).unwrap();
        let answer = client.call::<_, Value>("chain_status", &json!({})).await;
        assert!(matches!(answer, Err(ClientError::NotRpc { .. })), "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn an_error_that_is_not_what_it_should_be_is_named_and_gets_no_defaults() {
    let ask = async |error: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#);
        let url = parrot(200, body.leak()).await;
        let client = Client::new(&url, Duration::from_secs(5)).unwrap();
        client.call::<_, Value>("chain_status", &json!({})).await.unwrap_err()
    };
    // JSON-RPC lets `data` be absent, and ours may come without help or context.
    for (error, kind, name) in [
        (r#"{"code":-1,"message":"m"}"#, "internal", "RpcError"),
        (r#"{"code":-1,"message":"m","data":{"kind":"not_ready","name":"N"}}"#, "not_ready", "N"),
    ] {
        match ask(error).await {
            ClientError::Application(said) => {
                assert_eq!((said.kind.as_str(), said.name.as_str(), said.code), (kind, name, -1));
            }
            other => panic!("{error}: {other:?}"),
        }
    }
    for (error, what) in [
        ("7", "message"),
        (r#"{"message":"m"}"#, "code"),
        (r#"{"code":"-1","message":"m"}"#, "code"),
        (r#"{"code":-1,"message":null}"#, "message"),
        (r#"{"code":-1,"message":"m","data":"d"}"#, "data"),
        (r#"{"code":-1,"message":"m","data":{"name":"N"}}"#, "kind"),
        (r#"{"code":-1,"message":"m","data":{"kind":"odd","name":"N"}}"#, "kind"),
        (r#"{"code":-1,"message":"m","data":{"kind":"not_ready","name":7}}"#, "name"),
        (r#"{"code":-1,"message":"m","data":{"kind":"not_ready","name":"N","help":7}}"#, "help"),
        (
            r#"{"code":-1,"message":"m","data":{"kind":"not_ready","name":"N","context":7}}"#,
            "context",
        ),
    ] {
        match ask(error).await {
            ClientError::NotRpc { reason, .. } => {
                assert!(reason.contains(what), "{error}: {reason}")
            }
            other => panic!("{error}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_method_is_read_as_text() {
    let client = Client::new(&parrot(200, "weft_p2p_peers 3\n").await, Duration::from_secs(5));
    assert_eq!(client.unwrap().text("/metrics").await.unwrap(), "weft_p2p_peers 3\n");
    let client = Client::new(&parrot(503, "not now").await, Duration::from_secs(5)).unwrap();
    let refused = client.text("/health").await;
    assert!(matches!(refused, Err(ClientError::Status { status: 503, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_refusal_by_the_server_has_its_status() {
    for refused in [403, 408, 413, 503] {
        let url = parrot(refused, "not now\n").await;
        let client = Client::new(&url, Duration::from_secs(5)).unwrap();
        match client.call::<_, Value>("chain_status", &json!({})).await {
            Err(ClientError::Status { status, text, .. }) => {
                assert_eq!((status, text.as_str()), (refused, "not now"));
            }
            other => panic!("{refused}: {other:?}"),
        }
    }
}

/// A server that reads a request and hangs up.
async fn hangs_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            assert!(socket.read(&mut [0; 4_096]).await.unwrap() > 0);
        }
    });
    url
}

/// F2: what was not sent is told from what may have been done.
#[tokio::test]
async fn only_a_refusal_or_a_closed_door_is_certain() {
    let ask = async |url: &str| {
        let client = Client::new(url, Duration::from_secs(5)).unwrap();
        client.call::<_, Value>("tx_submit", &json!({})).await.unwrap_err()
    };
    let closed = ask("http://127.0.0.1:1").await;
    assert!(matches!(closed, ClientError::Connect { .. }) && closed.is_certain(), "{closed:?}");
    let lost = ask(&hangs_up().await).await;
    assert!(matches!(lost, ClientError::Lost { .. }) && !lost.is_certain(), "{lost:?}");
    for (status, body, is_certain) in [
        (503, "", false),
        (408, "", false),
        (413, "", true),
        (200, "hm", false),
        (
            200,
            r#"{"error":{"code":-32006,"message":"","data":{"kind":"rate_limited","name":"CheckerBusy"}}}"#,
            true,
        ),
        (
            200,
            r#"{"error":{"code":-32603,"message":"","data":{"kind":"internal","name":"Task"}}}"#,
            false,
        ),
        // What is no error as it should be says nothing of what was done.
        (200, r#"{"error":{"data":{"kind":"rate_limited","name":"CheckerBusy"}}}"#, false),
    ] {
        let error = ask(&parrot(status, body).await).await;
        assert_eq!(error.is_certain(), is_certain, "{error:?}");
    }
}
