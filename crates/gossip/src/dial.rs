//! Whom to dial, and when: each configured address is dialled until its peer is
//! connected, and again when that peer is lost. A pure table; time is an argument.
//!
//! An address is due, being looked up, being dialled, or linked to a connected peer. It
//! falls back to due when its dial fails or its peer goes, after a wait that doubles each
//! time from [`FIRST_WAIT`] to [`LAST_WAIT`]. Only a peer that came up resets the wait: a
//! node that lets us in and throws us out again must not be dialled in a hot loop.
//!
//! What an operator should hear of an address is told once: that [`SILENT`] dials in a row
//! have failed, or that a peer of another chain is there. It is told anew when the peer was
//! up in between.

use std::time::Duration;

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use crate::address;

/// The wait before the second dial.
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait between two dials.
pub(crate) const LAST_WAIT: Duration = Duration::from_secs(5);

/// So many dials in a row without a connection are worth a word.
const SILENT: u32 = 4;

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
    /// Dials in a row that found nobody.
    unheard: u32,
    /// Whether its trouble was told.
    told: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Due(Instant),
    LookedUp,
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

    /// Its address, when its trouble has not been told yet.
    fn tell(&mut self) -> Option<&Multiaddr> {
        (!std::mem::replace(&mut self.told, true)).then_some(&self.address)
    }

    /// Nobody was there. Its address, when that is worth a word.
    fn unheard(&mut self, now: Instant) -> Option<&Multiaddr> {
        self.again(now);
        self.unheard = self.unheard.saturating_add(1);
        if self.unheard == SILENT { self.tell() } else { None }
    }
}

impl Dialer {
    /// All addresses, due now.
    pub(crate) fn new(addresses: Vec<Multiaddr>, local: PeerId, now: Instant) -> Self {
        let target = |address: Multiaddr| {
            let peer = address::peer(&address);
            let state = if peer == Some(local) { State::Myself } else { State::Due(now) };
            Target { address, peer, state, wait: FIRST_WAIT, unheard: 0, told: false }
        };
        Self { targets: addresses.into_iter().map(target).collect() }
    }

    /// The peers that addresses name.
    pub(crate) fn named(&self) -> Vec<PeerId> {
        self.targets.iter().filter_map(|target| target.peer).collect()
    }

    /// One address to dial now; call [`Dialer::looked_up`], [`Dialer::dialling`] or
    /// [`Dialer::failed`] for it.
    pub(crate) fn due(&self, now: Instant) -> Option<(usize, Multiaddr)> {
        let ready = |target: &Target| matches!(target.state, State::Due(at) if at <= now);
        let place = self.targets.iter().position(ready)?;
        Some((place, self.targets[place].address.clone()))
    }

    /// The name in the address is being looked up.
    pub(crate) fn looked_up(&mut self, place: usize) {
        self.targets[place].state = State::LookedUp;
    }

    /// The dial has begun.
    pub(crate) fn dialling(&mut self, place: usize, connection: ConnectionId) {
        self.targets[place].state = State::Dialling(connection);
    }

    /// The dial could not even begin. The address, when that is worth a word.
    pub(crate) fn failed(&mut self, place: usize, now: Instant) -> Option<&Multiaddr> {
        self.targets[place].unheard(now)
    }

    /// The dial has ended without a connection. The address, when that is worth a word.
    pub(crate) fn unreached(
        &mut self,
        connection: ConnectionId,
        now: Instant,
    ) -> Option<&Multiaddr> {
        self.dialled(connection)?.unheard(now)
    }

    /// The peer is of another chain. The addresses where it was dialled, when that is worth
    /// a word.
    pub(crate) fn stranger(&mut self, peer: PeerId) -> Vec<Multiaddr> {
        self.of(peer).filter_map(|target| target.tell().cloned()).collect()
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
            target.unheard = 0;
        }
    }

    /// A peer is up, whoever dialled: no need to dial it, and its wait starts anew.
    pub(crate) fn up(&mut self, peer: PeerId) {
        for target in self.of(peer) {
            target.wait = FIRST_WAIT;
            (target.unheard, target.told) = (0, false);
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

    #[test]
    fn f20_an_address_where_nobody_answers_is_told_once_until_its_peer_was_up() {
        let (mut now, peer) = (Instant::now(), PeerId::random());
        let mut dialer = one(&format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}"), now);
        let mut told = |dialer: &mut Dialer, dials: usize| {
            (0..dials)
                .filter(|_| {
                    now += LAST_WAIT;
                    dialer.dialling(0, connection(1));
                    dialer.unreached(connection(1), now).is_some()
                })
                .count()
        };
        assert_eq!(told(&mut dialer, 3), 0, "a node that starts later than we is no news");
        assert_eq!(told(&mut dialer, 1), 1);
        assert_eq!(told(&mut dialer, 9), 0, "once is enough");
        dialer.up(peer);
        dialer.down(peer, Instant::now());
        assert_eq!(told(&mut dialer, 9), 1);
    }

    #[test]
    fn f20_a_peer_of_another_chain_is_told_with_the_address_it_was_dialled_at() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut dialer = one("/ip4/127.0.0.1/tcp/1", now);
        assert!(dialer.stranger(peer).is_empty(), "it was not dialled");
        dialer.dialling(0, connection(1));
        dialer.reached(connection(1), peer);
        assert_eq!(dialer.stranger(peer), ["/ip4/127.0.0.1/tcp/1".parse::<Multiaddr>().unwrap()]);
        assert!(dialer.stranger(peer).is_empty(), "once is enough");
    }

    #[test]
    fn an_address_that_is_looked_up_is_not_looked_up_twice() {
        let now = Instant::now();
        let mut dialer = one("/dns/localhost/tcp/1", now);
        dialer.looked_up(0);
        assert!(dialer.due(now + LAST_WAIT).is_none());
        dialer.failed(0, now);
        assert!(dialer.due(now + LAST_WAIT).is_some());
    }
}
