//! Messages and verdicts.

use std::time::{Duration, Instant};

use weft_gossip::{Command, Event, Limits, Topic, Verdict};

use crate::harness::{Node, config, line, pair};

const SHARES: usize = Topic::Shares.index();

#[tokio::test]
async fn a_message_reaches_a_peer_that_is_up() {
    let (mut one, two) = pair(&config(1, &[]), &config(2, &[])).await;
    for topic in Topic::ALL {
        two.publish(topic, topic.as_str().as_bytes()).await;
        let event = one.next().await;
        let Event::Message { topic: about, from, data, .. } = event else {
            unreachable!("a message was due, not {event:?}");
        };
        assert_eq!((about, from, data), (topic, two.name(), topic.as_str().as_bytes().to_vec()));
    }
    two.counted(|counters| counters.topics[SHARES].published_bytes == 6).await;
    assert_eq!(one.counters().topics[SHARES].received_bytes, 6);
    assert_eq!((one.counters().peers, two.counters().peers), (1, 1));
}

#[tokio::test]
async fn a_message_is_forwarded_after_accept_and_not_before() {
    let (left, mut middle, mut right) = line(&config(1, &[])).await;
    left.publish(Topic::Shares, b"from the left").await;
    let (name, from) = middle.hear(b"from the left").await;
    assert_eq!(from, left.name());

    // Had it been forwarded already, it would stand before this one in the same queue.
    middle.publish(Topic::Shares, b"from the middle").await;
    right.hear(b"from the middle").await;

    middle.judge(name, Verdict::Accept).await;
    let (again, from) = right.hear(b"from the left").await;
    assert_eq!((again, from), (name, middle.name()));
    assert_eq!(middle.counters().topics[SHARES].accepted, 1);
}

#[tokio::test]
async fn a_rejected_or_ignored_message_is_not_forwarded() {
    let (left, mut middle, mut right) = line(&config(1, &[])).await;
    for (data, verdict) in [
        (b"rejected".as_slice(), Verdict::Reject),
        (b"ignored", Verdict::Ignore),
        (b"accepted", Verdict::Accept),
    ] {
        left.publish(Topic::Shares, data).await;
        let (name, _) = middle.hear(data).await;
        middle.judge(name, verdict).await;
    }
    right.hear(b"accepted").await;
    assert_eq!(right.counters().topics[SHARES].received, 1);
    let seen = middle.counters().topics[SHARES];
    assert_eq!((seen.rejected, seen.ignored, seen.accepted), (1, 1, 1));
}

#[tokio::test]
async fn silence_is_ignore_after_the_deadline() {
    let mut patient = config(1, &[]);
    patient.limits = Limits { verdict_ms: 200, ..Limits::default() };
    let (left, mut middle, mut right) = line(&patient).await;
    left.publish(Topic::Headers, b"never answered").await;
    let (name, _) = middle.hear(b"never answered").await;
    middle.counted(|counters| counters.unanswered == 1).await;

    middle.judge(name, Verdict::Accept).await;
    middle.publish(Topic::Headers, b"next").await;
    right.hear(b"next").await;
    assert_eq!(middle.counters().late_verdicts, 1);
    assert_eq!(right.counters().topics[Topic::Headers.index()].received, 1);
}

#[tokio::test]
async fn a_sender_of_three_rejected_messages_is_sent_away() {
    let (mut judge, mut liar) = pair(&config(1, &[]), &config(2, &[])).await;
    for lie in [b"lie 1", b"lie 2", b"lie 3"] {
        liar.publish(Topic::Transactions, lie).await;
        let (name, _) = judge.hear(lie).await;
        assert_eq!(judge.counters().banned, 0);
        judge.judge(name, Verdict::Reject).await;
    }
    judge.down(liar.name()).await;
    liar.down(judge.name()).await;
    assert_eq!(judge.counters().banned, 1);
}

#[tokio::test]
async fn a_punished_peer_stays_away_until_its_time_is_over() {
    let mut strict = config(1, &[]);
    strict.limits = Limits { ban_ms: 2_000, ..Limits::default() };
    let (mut judge, mut offender) = pair(&strict, &config(2, &[])).await;
    let punished = Instant::now();
    let reason = "the test says so".to_owned();
    judge.send(Command::Punish { peer: offender.name(), reason }).await;
    judge.down(offender.name()).await;
    offender.down(judge.name()).await;

    // The offender dials again from now on; nothing else happens in between.
    judge.up(offender.name()).await;
    assert!(punished.elapsed() >= Duration::from_secs(2));
    offender.up(judge.name()).await;
}

#[tokio::test]
async fn large_messages_back_to_back_all_arrive() {
    let (mut one, two) = pair(&config(1, &[]), &config(2, &[])).await;
    let data = |number: u8| vec![number; 64 * 1_024];
    for number in 0..100 {
        two.publish(Topic::Transactions, &data(number)).await;
    }
    for number in 0..100 {
        let (name, _, received) = one.message().await;
        assert!(received == data(number), "message {number} is another or came out of order");
        one.judge(name, Verdict::Accept).await;
    }
    assert_eq!(two.counters().dropped, 0);
}

#[tokio::test]
async fn what_cannot_be_published_is_counted_and_forgotten() {
    let alone = Node::new(1, &[]).await;
    alone.publish(Topic::Shares, b"nobody hears this").await;
    alone.counted(|counters| counters.unheard == 1).await;

    let (mut one, two) = pair(&config(1, &[]), &config(2, &[])).await;
    two.publish(Topic::Shares, &vec![0; 64 * 1_024 + 1]).await;
    two.counted(|counters| counters.dropped == 1).await;
    two.publish(Topic::Shares, b"twice").await;
    two.publish(Topic::Shares, b"twice").await;
    two.counted(|counters| counters.duplicates == 1).await;
    one.hear(b"twice").await;
    assert_eq!(one.counters().topics[SHARES].received, 1);
}

#[tokio::test]
async fn a_message_over_our_limit_is_rejected_for_us() {
    let mut small = config(1, &[]);
    small.limits = Limits { message_bytes: 1_000, ..Limits::default() };
    let (mut one, two) = pair(&small, &config(2, &[])).await;
    two.publish(Topic::Shares, &[7; 1_001]).await;
    two.publish(Topic::Shares, &[7; 1_000]).await;
    let (_, _, data) = one.message().await;
    assert_eq!(data.len(), 1_000);
    assert_eq!(one.counters().topics[SHARES].rejected, 1);
}

#[tokio::test]
async fn a_slow_node_loses_no_event_and_can_still_command() {
    let (mut slow, fast) = pair(&config(1, &[]), &config(2, &[])).await;
    // More than all queues for events hold; nobody reads them yet.
    const COUNT: u32 = 1_500;
    for number in 0..COUNT {
        fast.publish(Topic::Transactions, &number.to_le_bytes()).await;
    }
    // More than the queue for commands holds: they are taken all the same.
    for number in 0..COUNT {
        slow.publish(Topic::Shares, &number.to_le_bytes()).await;
    }
    for number in 0..COUNT {
        let (_, _, data) = slow.message().await;
        assert_eq!(data, number.to_le_bytes());
    }
}
