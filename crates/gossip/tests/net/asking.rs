//! Requests and responses.

use weft_gossip::{Command, Config, Event, Limits, PeerName, RequestFailure};

use crate::harness::{Node, config, pair};

async fn ask(node: &Node, peer: PeerName, id: u64, data: Vec<u8>) {
    node.send(Command::Request { peer, id, data }).await;
}

async fn answer(node: &Node, ticket: u64, data: Option<Vec<u8>>) {
    node.send(Command::Respond { ticket, data }).await;
}

async fn asked(node: &mut Node) -> (u64, Vec<u8>) {
    node.until(|event| match event {
        Event::Request { ticket, data, .. } => Some((ticket, data)),
        _ => None,
    })
    .await
}

async fn failure(node: &mut Node) -> (u64, RequestFailure) {
    node.until(|event| match event {
        Event::RequestFailed { id, reason, .. } => Some((id, reason)),
        _ => None,
    })
    .await
}

fn with(seed: u8, limits: Limits) -> Config {
    Config { limits, ..config(seed, &[]) }
}

#[tokio::test]
async fn a_request_and_a_response_of_a_mebibyte_go_round() {
    let (mut server, mut client) = pair(&config(1, &[]), &config(2, &[])).await;
    let request: Vec<u8> = (0..60_000_u32).flat_map(u32::to_le_bytes).take(64 * 1_024).collect();
    let response: Vec<u8> = (0..262_144_u32).flat_map(u32::to_be_bytes).collect();
    ask(&client, server.name(), 42, request.clone()).await;
    let (ticket, data) = asked(&mut server).await;
    assert!(data == request);
    answer(&server, ticket, Some(response.clone())).await;
    let expected = Event::Response { from: server.name(), id: 42, data: response };
    assert!(client.next().await == expected);
    assert_eq!((client.counters().requests_sent, server.counters().requests_received), (1, 1));
}

#[tokio::test]
async fn responses_find_their_requests_in_any_order() {
    let (mut server, mut client) = pair(&config(1, &[]), &config(2, &[])).await;
    for id in 0..4_u8 {
        ask(&client, server.name(), u64::from(id), vec![id]).await;
    }
    let mut tickets = Vec::new();
    for _ in 0..4 {
        tickets.push(asked(&mut server).await);
    }
    for (ticket, data) in tickets.into_iter().rev() {
        answer(&server, ticket, Some(data)).await;
    }
    let mut got = Vec::new();
    for _ in 0..4 {
        got.push(
            client
                .until(|event| match event {
                    Event::Response { id, data, .. } => Some((id, data)),
                    _ => None,
                })
                .await,
        );
    }
    got.sort_unstable();
    assert_eq!(got, [(0, vec![0]), (1, vec![1]), (2, vec![2]), (3, vec![3])]);
}

#[tokio::test]
async fn a_largest_response_passes() {
    let (mut server, mut client) = pair(&config(1, &[]), &config(2, &[])).await;
    let response = vec![5; Limits::default().response_bytes];
    ask(&client, server.name(), 1, vec![]).await;
    let (ticket, _) = asked(&mut server).await;
    answer(&server, ticket, Some(response.clone())).await;
    let expected = Event::Response { from: server.name(), id: 1, data: response };
    assert!(client.next().await == expected);
}

#[tokio::test]
async fn an_oversized_request_is_refused_by_name() {
    let (server, mut client) = pair(&config(1, &[]), &config(2, &[])).await;
    let limit = Limits::default().request_bytes;
    ask(&client, server.name(), 7, vec![0; limit + 1]).await;
    let reason = RequestFailure::RequestTooLarge { bytes: limit + 1, limit };
    assert_eq!(failure(&mut client).await, (7, reason));
    assert_eq!(client.counters().requests_sent, 0);
}

#[tokio::test]
async fn a_request_over_the_receivers_limit_never_reaches_its_node() {
    let small = Limits { request_bytes: 1_000, ..Limits::default() };
    let (mut server, mut client) = pair(&with(1, small), &config(2, &[])).await;
    ask(&client, server.name(), 7, vec![0; 1_001]).await;
    let (id, reason) = failure(&mut client).await;
    assert_eq!(id, 7);
    assert!(matches!(reason, RequestFailure::Broken { .. }), "{reason}");
    assert_eq!(server.waiting(), []);
}

#[tokio::test]
async fn a_response_over_the_askers_limit_is_refused_by_name() {
    let small = Limits { response_bytes: 1_000, ..Limits::default() };
    let (mut server, mut client) = pair(&config(1, &[]), &with(2, small)).await;
    ask(&client, server.name(), 7, vec![1]).await;
    let (ticket, _) = asked(&mut server).await;
    answer(&server, ticket, Some(vec![0; 1_001])).await;
    let reason = RequestFailure::ResponseTooLarge { bytes: 1_001, limit: 1_000 };
    assert_eq!(failure(&mut client).await, (7, reason));
}

#[tokio::test]
async fn a_peer_that_cannot_serve_says_so() {
    let small = Limits { response_bytes: 1_000, ..Limits::default() };
    let (mut server, mut client) = pair(&with(1, small), &config(2, &[])).await;
    for (id, data) in [(1, None), (2, Some(vec![0; 1_001]))] {
        ask(&client, server.name(), id, vec![1]).await;
        let (ticket, _) = asked(&mut server).await;
        answer(&server, ticket, data).await;
        assert_eq!(failure(&mut client).await, (id, RequestFailure::Unavailable));
    }
}

#[tokio::test]
async fn a_request_that_nobody_answers_fails() {
    let hasty = Limits { request_timeout_ms: 300, ..Limits::default() };
    let (mut server, mut client) = pair(&config(1, &[]), &with(2, hasty)).await;
    ask(&client, server.name(), 7, vec![1]).await;
    let (ticket, _) = asked(&mut server).await;
    let reason = RequestFailure::TimedOut { after_ms: 300 };
    assert_eq!(failure(&mut client).await, (7, reason));
    // Too late, and of no consequence: the next one is served.
    answer(&server, ticket, Some(vec![2])).await;
    ask(&client, server.name(), 8, vec![3]).await;
    let (ticket, _) = asked(&mut server).await;
    answer(&server, ticket, Some(vec![4])).await;
    let expected = Event::Response { from: server.name(), id: 8, data: vec![4] };
    assert_eq!(client.next().await, expected);
}

#[tokio::test]
async fn a_request_to_somebody_not_connected_fails_at_once() {
    let mut node = Node::new(1, &[]).await;
    let nobody = PeerName::of_key(&[5; 32]).unwrap();
    ask(&node, nobody, 7, vec![1]).await;
    assert_eq!(failure(&mut node).await, (7, RequestFailure::NotConnected));
}

#[tokio::test]
async fn a_request_fails_when_the_peer_goes() {
    let (mut server, mut client) = pair(&config(1, &[]), &config(2, &[])).await;
    ask(&client, server.name(), 7, vec![1]).await;
    asked(&mut server).await;
    server.die().await;
    let (id, reason) = failure(&mut client).await;
    assert_eq!(id, 7);
    // Which of the two depends on what closes first, the stream or the connection.
    let gone = matches!(reason, RequestFailure::Disconnected | RequestFailure::Broken { .. });
    assert!(gone, "{reason}");
}

#[tokio::test]
async fn more_requests_than_allowed_fail_here_without_being_sent() {
    let few = Limits { outbound_per_peer: 2, ..Limits::default() };
    let (server, mut client) = pair(&config(1, &[]), &with(2, few)).await;
    for id in 0..3 {
        ask(&client, server.name(), id, vec![1]).await;
    }
    let reason = RequestFailure::TooManyOpen { open: 2, limit: 2 };
    assert_eq!(failure(&mut client).await, (2, reason));
    assert_eq!(client.counters().requests_sent, 2);
}

#[tokio::test]
async fn a_peer_that_is_asked_too_much_is_busy() {
    let few = Limits { inbound_per_peer: 2, ..Limits::default() };
    let (mut server, mut client) = pair(&with(1, few), &config(2, &[])).await;
    for id in 0..3 {
        ask(&client, server.name(), id, vec![1]).await;
    }
    let (_, reason) = failure(&mut client).await;
    assert_eq!(reason, RequestFailure::Busy);
    // The other two are open, and one answer makes room for one more.
    let (ticket, _) = asked(&mut server).await;
    answer(&server, ticket, None).await;
    let (_, reason) = failure(&mut client).await;
    assert_eq!(reason, RequestFailure::Unavailable);
    assert_eq!(server.counters().requests_refused, 1);
}
