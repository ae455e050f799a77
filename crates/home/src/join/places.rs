//! Which addresses of peers are taken from a node that is asked, and how they read from here.
//!
//! A node says its own addresses and those of its peers, all of numbers: it listens on numbers
//! and is connected from numbers. What begins with a name is therefore no node's word, and a
//! name may mean this machine tomorrow; it is left out. So is a number where no peer of a
//! stranger can be: an address may not reach less far than the node that said it. A node on
//! this machine may name peers on this machine and in its network; one in the network, peers
//! in the network and beyond; one beyond, peers beyond. Otherwise whoever runs a node could
//! have everybody who joins through it dial what stands behind their own walls.
//!
//! Its own addresses that do not reach us are replaced by the host in the URL, which the person
//! at the keyboard chose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::time::timeout;
use weft_gossip::{ADDRESS_CHARS, peer_address};

/// From how far an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// From this machine.
    Here,
    /// From a network that is somebody's own.
    Near,
    /// From everywhere.
    Far,
}

/// Where the node that is asked is, as seen from here.
#[derive(Debug)]
pub(super) struct Seat {
    /// The address or name in the URL, without brackets.
    host: String,
    reach: Reach,
}

impl Seat {
    /// Where a host of a URL is; a name is as far as the farthest of its addresses, for the
    /// connection may have taken that one.
    pub(super) async fn of(host: &str, patience: Duration) -> Self {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let ips: Vec<IpAddr> = match host.parse() {
            Ok(ip) => vec![ip],
            Err(_) => match timeout(patience, tokio::net::lookup_host((host.as_str(), 0))).await {
                Ok(Ok(found)) => found.map(|socket| socket.ip()).collect(),
                // Who can't be looked up any more counts as a stranger.
                Ok(Err(_)) | Err(_) => Vec::new(),
            },
        };
        let reach = ips.into_iter().map(|ip| match ip.to_canonical() {
            ip if ip.is_unspecified() => Reach::Here,
            ip => reach(ip).unwrap_or(Reach::Far),
        });
        let reach = reach.max().unwrap_or(Reach::Far);
        Self { host, reach }
    }

    /// An address that the node says, as it is dialled from here; none when it is left out.
    pub(super) fn seen(&self, address: &str, is_own: bool) -> Option<String> {
        if address.len() > ADDRESS_CHARS {
            return None;
        }
        let mut parts = address.strip_prefix('/')?.splitn(3, '/');
        let (kind, number, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let ip = match kind {
            "ip4" => IpAddr::V4(number.parse().ok()?),
            "ip6" => IpAddr::V6(number.parse().ok()?),
            _ => return None,
        };
        let ip = ip.to_canonical();
        let host = if reach(ip).is_some_and(|reach| reach >= self.reach) {
            written(ip)
        } else if is_own {
            self.host.parse().map_or_else(|_| format!("/dns/{}", self.host), written)
        } else {
            return None;
        };
        let seen = format!("{host}/{rest}");
        peer_address(&seen).is_ok().then_some(seen)
    }
}

fn written(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("/ip4/{ip}"),
        IpAddr::V6(ip) => format!("/ip6/{ip}"),
    }
}

/// From how far an address can be reached; none when no node listens there: multicast, what is
/// of one link, documentation, and what is kept for other uses (RFC 6890 and the registries of
/// IANA that it began).
fn reach(ip: IpAddr) -> Option<Reach> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    }
}

fn reach_v4(ip: Ipv4Addr) -> Option<Reach> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (127, ..) => Some(Reach::Here),
        // Private, and shared behind a carrier.
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Some(Reach::Near),
        // This network, one link, protocols, documentation, old relays, benchmarks, multicast,
        // reserved, broadcast.
        (0 | 224..=255, ..)
        | (169, 254, _)
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113) => None,
        _ => Some(Reach::Far),
    }
}

fn reach_v6(ip: Ipv6Addr) -> Option<Reach> {
    let [a, b, ..] = ip.segments();
    match (a, b) {
        _ if ip.is_loopback() => Some(Reach::Here),
        (0xfc00..=0xfdff, _) => Some(Reach::Near),
        // Protocols, documentation twice, and addresses that hold one of IPv4.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff) => None,
        (0x2000..=0x3fff, _) => Some(Reach::Far),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seat(host: &str) -> Seat {
        Seat::of(host, Duration::from_secs(10)).await
    }

    /// What a stranger must not have us dial.
    const HOSTILE: [&str; 24] = [
        "/ip4/127.0.0.1/tcp/5",
        "/ip4/127.9.9.9/tcp/5",
        "/ip4/10.0.0.7/tcp/5",
        "/ip4/172.31.0.7/tcp/5",
        "/ip4/192.168.1.1/tcp/5",
        "/ip4/100.64.0.1/tcp/5",
        "/ip6/::1/tcp/5",
        "/ip6/::ffff:127.0.0.1/tcp/5",
        "/ip6/::ffff:192.168.1.1/tcp/5",
        "/ip6/fd00::1/tcp/5",
        "/ip4/0.0.0.0/tcp/5",
        "/ip6/::/tcp/5",
        "/ip6/::ffff:0.0.0.0/tcp/5",
        "/ip4/169.254.169.254/tcp/5",
        "/ip6/fe80::1/tcp/5",
        "/ip4/224.0.0.1/tcp/5",
        "/ip6/ff02::1/tcp/5",
        "/ip4/255.255.255.255/tcp/5",
        "/ip4/203.0.113.7/tcp/5",
        "/ip6/2001:db8::1/tcp/5",
        "/ip6/64:ff9b::7f00:1/tcp/5",
        "/ip6/2002:7f00:1::/tcp/5",
        "/ip6/::127.0.0.1/tcp/5",
        "/ip4/198.18.0.1/tcp/5",
    ];

    #[tokio::test]
    async fn of_a_host_beyond_no_address_is_taken_that_is_behind_our_own_walls() {
        for host in ["8.8.8.8", "[2606:4700::1111]", "no-such-host.invalid"] {
            let seat = seat(host).await;
            for address in HOSTILE {
                assert_eq!(seat.seen(address, false), None, "{address} of {host}");
            }
            for far in ["/ip4/9.9.9.9/tcp/5", "/ip6/2a00:1450::8a/tcp/5"] {
                assert_eq!(seat.seen(far, false).as_deref(), Some(far));
            }
        }
    }

    #[tokio::test]
    async fn names_and_what_is_no_address_are_left_out_whoever_says_them() {
        let long = format!("/ip4/9.9.9.9/tcp/5/p2p/{}", "1".repeat(400));
        for host in ["8.8.8.8", "127.0.0.1", "10.0.0.1"] {
            let seat = seat(host).await;
            for address in [
                "/dns/localhost/tcp/5",
                "/dns4/LOCALHOST./tcp/5",
                "/dns/router.local/tcp/5",
                "/dns/intranet/tcp/5",
                "/dns/127.0.0.1/tcp/5",
                "/dns/node.example/tcp/5",
                "/ip4/localhost/tcp/5",
                "/ip4/::1/tcp/5",
                "/ip4/9.9.9.9/udp/5",
                "/ip4/9.9.9.9/tcp/0",
                "/ip4/9.9.9.9/tcp/5/ws",
                "ip4/9.9.9.9/tcp/5",
                "garbage",
                "",
                &long,
            ] {
                for is_own in [false, true] {
                    assert_eq!(seat.seen(address, is_own), None, "{address} of {host}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_host_on_this_machine_names_peers_on_it_and_one_in_our_network_peers_in_it() {
        let (here, near) = ("/ip4/127.0.0.1/tcp/5", "/ip4/10.0.0.7/tcp/5");
        let far = "/ip4/9.9.9.9/tcp/5";
        let said = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"];
        for host in said {
            let seat = seat(host).await;
            for address in [here, near, far] {
                assert_eq!(seat.seen(address, false).as_deref(), Some(address), "{host}");
            }
            assert_eq!(seat.seen("/ip4/169.254.169.254/tcp/5", false), None);
        }
        for host in ["10.0.0.1", "192.168.0.1", "[fd00::1]", "[::ffff:10.0.0.1]"] {
            let seat = seat(host).await;
            assert_eq!(seat.seen(here, false), None, "whose loopback that is nobody knows");
            for address in [near, far] {
                assert_eq!(seat.seen(address, false).as_deref(), Some(address), "{host}");
            }
        }
        let mapped = "/ip6/::ffff:10.0.0.7/tcp/5";
        assert_eq!(seat("10.0.0.1").await.seen(mapped, false).as_deref(), Some(near));
    }

    #[tokio::test]
    async fn an_own_address_that_does_not_reach_us_is_dialled_at_the_host_of_the_url() {
        let local = "/ip4/127.0.0.1/tcp/5";
        for (host, want) in [
            ("10.0.0.1", "/ip4/10.0.0.1/tcp/5"),
            ("[2001:db8::1]", "/ip6/2001:db8::1/tcp/5"),
            ("node.invalid", "/dns/node.invalid/tcp/5"),
            ("127.0.0.1", local),
        ] {
            assert_eq!(seat(host).await.seen(local, true).as_deref(), Some(want));
        }
        // Behind a wall of its own that lets its port through.
        let seat = seat("9.9.9.9").await;
        assert_eq!(seat.seen("/ip4/172.31.5.5/tcp/5", true).as_deref(), Some("/ip4/9.9.9.9/tcp/5"));
        assert_eq!(seat.seen("/ip4/8.8.8.8/tcp/5", true).as_deref(), Some("/ip4/8.8.8.8/tcp/5"));
    }
}
