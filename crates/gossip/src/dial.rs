//! Whom to dial, and when: each configured address is dialled until its peer is
//! connected, and again when that peer is lost. A pure table; time is an argument.
//!
//! An address is due, being dialled, or linked to a connected peer. It falls back to
//! due when its dial fails or its peer goes, after a wait that doubles each time from
//! [`FIRST_WAIT`] to [`LAST_WAIT`]. Only a peer that came up resets the wait: a node
//! that lets us in and throws us out again must not be dialled in a hot loop.

use std::time::Duration;

use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

/// The wait before the second dial.
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait between two dials.
pub(crate) const LAST_WAIT: Duration = Duration::from_secs(5);

/// The configured addresses.
#[derive(Debug)]
pub(crate) struct Dialer {
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    address: Multiaddr,
    /// Who is there, when the address says so or a dial has shown it.
    peer: Option<PeerId>,
    state: State,
    wait: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Due(Instant),
    Dialling(ConnectionId),
    Linked,
    /// The address is our own.
    Myself,
}

impl Target {
    fn again(&mut self, now: Instant) {
        self.state = State::Due(now + self.wait);
        self.wait = (self.wait * 2).min(LAST_WAIT);
    }
}

impl Dialer {
    /// All addresses, due now.
    pub(crate) fn new(addresses: Vec<Multiaddr>, local: PeerId, now: Instant) -> Self {
        let target = |address: Multiaddr| {
            let peer = named_peer(&address);
            let state = if peer == Some(local) { State::Myself } else { State::Due(now) };
            Target { address, peer, state, wait: FIRST_WAIT }
        };
        Self { targets: addresses.into_iter().map(target).collect() }
    }

    /// One address to dial now; call [`Dialer::dialling`] or [`Dialer::failed`] for it.
    pub(crate) fn due(&self, now: Instant) -> Option<(usize, Multiaddr)> {
        let ready = |target: &Target| matches!(target.state, State::Due(at) if at <= now);
        let place = self.targets.iter().position(ready)?;
        Some((place, self.targets[place].address.clone()))
    }

    /// The dial has begun.
    pub(crate) fn dialling(&mut self, place: usize, connection: ConnectionId) {
        self.targets[place].state = State::Dialling(connection);
    }

    /// The dial could not even begin.
    pub(crate) fn failed(&mut self, place: usize, now: Instant) {
        self.targets[place].again(now);
    }

    /// The dial has ended without a connection.
    pub(crate) fn unreached(&mut self, connection: ConnectionId, now: Instant) {
        if let Some(target) = self.dialled(connection) {
            target.again(now);
        }
    }

    /// The dial has reached ourselves: never again.
    pub(crate) fn reached_myself(&mut self, connection: ConnectionId) {
        if let Some(target) = self.dialled(connection) {
            target.state = State::Myself;
        }
    }

    /// The dial has reached a peer.
    pub(crate) fn reached(&mut self, connection: ConnectionId, peer: PeerId) {
        if let Some(target) = self.dialled(connection) {
            target.state = State::Linked;
            target.peer = Some(peer);
        }
    }

    /// A peer is up, whoever dialled: no need to dial it, and its wait starts anew.
    pub(crate) fn up(&mut self, peer: PeerId) {
        for target in self.of(peer) {
            target.wait = FIRST_WAIT;
            if matches!(target.state, State::Due(_)) {
                target.state = State::Linked;
            }
        }
    }

    /// A peer has no connection left.
    pub(crate) fn down(&mut self, peer: PeerId, now: Instant) {
        for target in self.of(peer).filter(|target| target.state == State::Linked) {
            target.again(now);
        }
    }

    /// Do not dial this peer before `until`.
    pub(crate) fn postpone(&mut self, peer: PeerId, until: Instant) {
        for target in self.of(peer) {
            if let State::Due(at) = &mut target.state {
                *at = until.max(*at);
            }
        }
    }

    fn of(&mut self, peer: PeerId) -> impl Iterator<Item = &mut Target> {
        self.targets.iter_mut().filter(move |target| target.peer == Some(peer))
    }

    fn dialled(&mut self, connection: ConnectionId) -> Option<&mut Target> {
        self.targets.iter_mut().find(|target| target.state == State::Dialling(connection))
    }
}

fn named_peer(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use libp2p::swarm::ConnectionId;
    use libp2p::{Multiaddr, PeerId};
    use tokio::time::Instant;

    use super::{Dialer, FIRST_WAIT, LAST_WAIT};

    fn one(address: &str, now: Instant) -> Dialer {
        Dialer::new(vec![address.parse::<Multiaddr>().unwrap()], PeerId::random(), now)
    }

    fn connection(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    #[test]
    fn the_first_dial_is_due_at_once_and_only_once() {
        let now = Instant::now();
        let mut dialer = one("/ip4/127.0.0.1/tcp/1", now);
        assert_eq!(dialer.due(now).map(|(place, _)| place), Some(0));
        dialer.dialling(0, connection(1));
        assert!(dialer.due(now + LAST_WAIT).is_none());
    }

    #[test]
    fn the_wait_doubles_from_200_ms_to_5_s() {
        let mut now = Instant::now();
        let mut dialer = one("/ip4/127.0.0.1/tcp/1", now);
        for wait_ms in [200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
            let wait = Duration::from_millis(wait_ms);
            dialer.dialling(0, connection(1));
            dialer.unreached(connection(1), now);
            assert!(dialer.due(now + wait - Duration::from_millis(1)).is_none());
            assert!(dialer.due(now + wait).is_some());
            now += wait;
        }
    }

    #[test]
    fn only_a_peer_that_came_up_resets_the_wait() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut dialer = one("/ip4/127.0.0.1/tcp/1", now);
        dialer.failed(0, now);
        dialer.dialling(0, connection(2));
        dialer.reached(connection(2), peer);
        dialer.down(peer, now);
        assert!(dialer.due(now + FIRST_WAIT).is_none(), "thrown out before it was up");

        dialer.dialling(0, connection(3));
        dialer.reached(connection(3), peer);
        dialer.up(peer);
        dialer.down(peer, now);
        assert!(dialer.due(now + FIRST_WAIT).is_some());
    }

    #[test]
    fn a_named_peer_that_dialled_us_is_not_dialled() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut dialer = one(&format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}"), now);
        dialer.up(peer);
        assert!(dialer.due(now + LAST_WAIT).is_none());
        dialer.down(peer, now);
        assert!(dialer.due(now + FIRST_WAIT).is_some());
    }

    #[test]
    fn our_own_address_is_left_alone() {
        let (now, local) = (Instant::now(), PeerId::random());
        let named = format!("/ip4/127.0.0.1/tcp/1/p2p/{local}").parse().unwrap();
        let bare = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        let mut dialer = Dialer::new(vec![named, bare], local, now);
        let (place, _) = dialer.due(now).unwrap();
        assert_eq!(place, 1);
        dialer.dialling(1, connection(1));
        dialer.reached_myself(connection(1));
        assert!(dialer.due(now + LAST_WAIT).is_none());
    }

    #[test]
    fn a_postponed_peer_is_dialled_when_its_time_has_come() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut dialer = one(&format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}"), now);
        let until = now + Duration::from_secs(60);
        dialer.postpone(peer, until);
        assert!(dialer.due(until - Duration::from_millis(1)).is_none());
        assert!(dialer.due(until).is_some());
    }
}
