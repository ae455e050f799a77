//! Addresses: how they are written in a configuration, what their names mean, and where a
//! connected peer can be dialled by others.
//!
//! An address is `/ip4/A/tcp/P` or `/ip6/A/tcp/P`; of a peer also `/dns/NAME/tcp/P` (`dns4`,
//! `dns6` for one kind), with `/p2p/<peer name>` behind or not. Names are looked up before
//! every dial, since what they mean may change.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use crate::GossipError;

/// Ports of one peer that are kept: an honest node listens on one or two.
const PORTS: usize = 2;

/// The most characters of an address: the longest host name, a port and a peer behind it.
pub const ADDRESS_CHARS: usize = 384;

/// The most addresses of peers that a configuration names: each is dialled again for ever.
pub const MOST_PEERS: usize = 256;

/// The most addresses to listen on.
pub const MOST_LISTEN: usize = 16;

/// The most characters of a host name, and of a part of it between dots (RFC 1035).
const NAME_CHARS: usize = 253;
const LABEL_CHARS: usize = 63;

/// The socket an address stands for; `None` when it begins with a name or with nothing that
/// we could dial.
pub(crate) fn socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::from(ip),
        Protocol::Ip6(ip) => IpAddr::from(ip),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// The host name and port an address begins with, if it does.
pub(crate) fn name(address: &Multiaddr) -> Option<(String, u16)> {
    let mut parts = address.iter();
    let name = match parts.next()? {
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => name.into_owned(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some((name, port)),
        _ => None,
    }
}

/// The peer that an address ends with, if it names one.
pub(crate) fn peer(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

/// Whether a text can be the name of a host: labels of 1 to 63 letters, digits, `-` or `_`,
/// 253 characters in all, with the dot of the root behind it or not.
#[must_use]
pub fn is_host_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label =
        |label: &str| (1..=LABEL_CHARS).contains(&label.len()) && label.bytes().all(is_plain);
    let name = text.strip_suffix('.').unwrap_or(text);
    name.len() <= NAME_CHARS && name.split('.').all(is_label)
}

fn read(text: &str) -> Result<Multiaddr, GossipError> {
    if text.len() > ADDRESS_CHARS {
        let why = format!("it has {} characters, {ADDRESS_CHARS} may be", text.len());
        let address = text.chars().take(NAME_CHARS).chain(['…']).collect();
        return Err(GossipError::Address { address, why });
    }
    let refused = |why: String| GossipError::Address { address: text.to_owned(), why };
    text.parse().map_err(|why: libp2p::multiaddr::Error| {
        refused(spelled(text).map_or_else(|| why.to_string(), |good| format!("write {good}")))
    })
}

/// How `host:port` is written here.
fn spelled(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(ip)) => Some(format!("/ip4/{ip}/tcp/{port}")),
        Ok(IpAddr::V6(ip)) => Some(format!("/ip6/{ip}/tcp/{port}")),
        Err(_) => Some(format!("/dns/{host}/tcp/{port}")),
    }
}

/// What may follow behind host and port: nothing, or the name of the peer.
fn ends_well(address: &Multiaddr) -> bool {
    let mut rest = address.iter().skip(2);
    match rest.next() {
        None => true,
        Some(Protocol::P2p(_)) => rest.next().is_none(),
        Some(_) => false,
    }
}

/// Reads an address to listen on.
///
/// # Errors
/// [`GossipError::Address`] says how it is written.
pub fn listen_address(text: &str) -> Result<Multiaddr, GossipError> {
    let address = read(text)?;
    if socket(&address).is_some() && ends_well(&address) {
        return Ok(address);
    }
    let why = "to listen on it must be /ip4/ADDRESS/tcp/PORT or /ip6/ADDRESS/tcp/PORT".to_owned();
    Err(GossipError::Address { address: text.to_owned(), why })
}

/// Reads the address of a peer.
///
/// # Errors
/// [`GossipError::Address`] says how it is written.
pub fn peer_address(text: &str) -> Result<Multiaddr, GossipError> {
    let address = read(text)?;
    let named = name(&address);
    if let Some((host, _)) = named.as_ref().filter(|(host, _)| !is_host_name(host)) {
        let why = format!(
            "\"{host}\" names no host: {NAME_CHARS} characters may be, between dots 1 to \
             {LABEL_CHARS} letters, digits, - or _"
        );
        return Err(GossipError::Address { address: text.to_owned(), why });
    }
    let port = socket(&address).map(|s| s.port()).or(named.map(|(_, port)| port));
    if port.is_some_and(|port| port > 0) && ends_well(&address) {
        return Ok(address);
    }
    let why = "a peer's address must be /ip4/ADDRESS/tcp/PORT, /ip6/ADDRESS/tcp/PORT or \
               /dns/NAME/tcp/PORT, with /p2p/PEER behind it or not";
    Err(GossipError::Address { address: text.to_owned(), why: why.to_owned() })
}

/// An address of numbers for one that begins with a name.
///
/// # Errors
/// What the system says when it does not know the name.
pub(crate) async fn resolve(address: Multiaddr) -> io::Result<Multiaddr> {
    let Some((host, port)) = name(&address) else { return Ok(address) };
    let wants = |found: &SocketAddr| match address.iter().next() {
        Some(Protocol::Dns4(_)) => found.is_ipv4(),
        Some(Protocol::Dns6(_)) => found.is_ipv6(),
        _ => true,
    };
    let found = tokio::net::lookup_host((host.as_str(), port)).await?.find(wants);
    let found = found.ok_or_else(|| io::Error::other(format!("\"{host}\" has no address")))?;
    Ok(address.iter().skip(2).fold(at(found.ip(), port), Multiaddr::with))
}

fn at(ip: IpAddr, port: u16) -> Multiaddr {
    Multiaddr::from(ip).with(Protocol::Tcp(port))
}

/// Where the connected peers can be dialled by others. A peer says on which ports it
/// listens; the host is the one it is connected from, so nobody can point others at a third.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<PeerId, Place>);

#[derive(Debug)]
struct Place {
    ip: IpAddr,
    dialled: Option<u16>,
    ports: Vec<u16>,
}

impl Places {
    /// A connection exists; `we_dialled` when its far end is where the peer listens.
    pub(crate) fn connected(&mut self, peer: PeerId, remote: &Multiaddr, we_dialled: bool) {
        let Some(far) = socket(remote) else { return };
        let fresh = Place { ip: far.ip(), dialled: None, ports: Vec::new() };
        let place = self.0.entry(peer).or_insert(fresh);
        if we_dialled {
            (place.ip, place.dialled) = (far.ip(), Some(far.port()));
        }
    }

    /// The peer said where it listens.
    pub(crate) fn listens(&mut self, peer: PeerId, addresses: &[Multiaddr]) {
        let Some(place) = self.0.get_mut(&peer) else { return };
        place.ports.clear();
        for port in addresses.iter().filter_map(socket).map(|s| s.port()).filter(|p| *p > 0) {
            if place.ports.len() < PORTS && !place.ports.contains(&port) {
                place.ports.push(port);
            }
        }
    }

    /// The last connection has closed.
    pub(crate) fn gone(&mut self, peer: PeerId) {
        self.0.remove(&peer);
    }

    /// Where the peer can be dialled, with its name; the port that is known to work first.
    pub(crate) fn of(&self, peer: PeerId) -> Vec<String> {
        let Some(place) = self.0.get(&peer) else { return Vec::new() };
        let others = place.ports.iter().copied().filter(|port| Some(*port) != place.dialled);
        let ports = place.dialled.into_iter().chain(others);
        ports.map(|p| at(place.ip, p).with(Protocol::P2p(peer)).to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use libp2p::{Multiaddr, PeerId};

    use super::{ADDRESS_CHARS, Places, listen_address, peer_address, resolve};

    fn of(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn f31_an_address_that_is_none_is_refused_with_its_right_spelling() {
        let error = |text: &str| peer_address(text).unwrap_err().to_string();
        assert!(error("127.0.0.1:19900").contains("write /ip4/127.0.0.1/tcp/19900"));
        assert!(error("[::1]:5").contains("write /ip6/::1/tcp/5"));
        assert!(error("node.example:5").contains("write /dns/node.example/tcp/5"));
        for bad in ["garbage", "", "/ip4/127.0.0.1", "/ip4/1.2.3.4/udp/5", "/ip4/1.2.3.4/tcp/0"] {
            assert!(peer_address(bad).is_err(), "{bad}");
        }
        for bad in ["garbage", "127.0.0.1:5", "/dns/localhost/tcp/5", "/ip4/1.2.3.4/tcp/5/ws"] {
            assert!(listen_address(bad).is_err(), "{bad}");
        }
        assert!(listen_address("/ip4/0.0.0.0/tcp/0").is_ok());
        let peer = PeerId::random();
        for good in ["/dns/localhost/tcp/5".to_owned(), format!("/ip6/::1/tcp/5/p2p/{peer}")] {
            assert!(peer_address(&good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_host_name_has_253_characters_in_labels_of_63_and_an_address_has_an_end() {
        let dns = |name: &str| peer_address(&format!("/dns/{name}/tcp/5"));
        let label = "a".repeat(63);
        let longest = [&label[..], &label, &label, &label[..61]].join(".");
        assert_eq!(longest.len(), 253);
        for good in [&longest[..], &format!("{longest}."), "a_b-c.example", "localhost"] {
            assert!(dns(good).is_ok(), "{good}");
        }
        let long_label = format!("{label}a.example");
        let too_long = format!("{longest}a");
        for bad in [&too_long[..], &long_label, "a..b", ".a", "a..", "a b", "ä.example", "a\n.b"] {
            let error = dns(bad).unwrap_err().to_string();
            assert!(error.contains("names no host: 253"), "{bad}: {error}");
        }
        let peer = PeerId::random();
        let whole = format!("/dns6/{longest}/tcp/65535/p2p/{peer}");
        assert!(whole.len() <= ADDRESS_CHARS && peer_address(&whole).is_ok(), "{whole}");
        let endless = format!("/dns/{}/tcp/5", "a.".repeat(1 << 20));
        let error = peer_address(&endless).unwrap_err().to_string();
        assert!(error.contains("2097163 characters, 384 may be") && error.len() < 1_000, "{error}");
    }

    #[tokio::test]
    async fn f31_a_host_name_becomes_an_address_and_the_peer_behind_it_stays() {
        let peer = PeerId::random();
        let found = resolve(of(&format!("/dns4/localhost/tcp/5/p2p/{peer}"))).await.unwrap();
        assert_eq!(found, of(&format!("/ip4/127.0.0.1/tcp/5/p2p/{peer}")));
        assert!(resolve(of("/dns/no-such-host.invalid/tcp/5")).await.is_err());
    }

    #[test]
    fn a_peer_is_found_where_it_was_dialled_and_where_it_says_that_it_listens() {
        let (mut places, peer) = (Places::default(), PeerId::random());
        places.connected(peer, &of("/ip4/10.0.0.1/tcp/7"), true);
        places.listens(peer, &[of("/ip4/10.0.0.1/tcp/7"), of("/ip4/192.168.0.9/tcp/8")]);
        let want = [7, 8].map(|port| format!("/ip4/10.0.0.1/tcp/{port}/p2p/{peer}"));
        assert_eq!(places.of(peer), want);
        places.gone(peer);
        assert!(places.of(peer).is_empty());
    }

    #[test]
    fn a_peer_that_dialled_us_can_name_ports_but_no_third_host() {
        let (mut places, peer) = (Places::default(), PeerId::random());
        places.connected(peer, &of("/ip4/10.0.0.1/tcp/51234"), false);
        assert!(places.of(peer).is_empty(), "where it dialled from nobody listens");
        let said: Vec<_> = (1..9).map(|p| of(&format!("/ip4/9.9.9.9/tcp/{p}"))).collect();
        places.listens(peer, &said);
        let want = [1, 2].map(|port| format!("/ip4/10.0.0.1/tcp/{port}/p2p/{peer}"));
        assert_eq!(places.of(peer), want);
    }
}
