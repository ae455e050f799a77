//! Where a neuron can be reached: address, transport, port, and the subnet's own number
//! of the protocol spoken there.

use bincode::{Decode, Encode};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An address of the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Host {
    /// Version 4.
    V4([u8; 4]),
    /// Version 6.
    V6([u8; 16]),
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP, which QUIC stands on.
    Udp,
}

/// An endpoint. As text a multiaddr with the protocol behind: `/ip4/1.2.3.4/tcp/8091`,
/// or `/ip4/1.2.3.4/tcp/8091#4` for protocol 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Endpoint {
    /// The address.
    pub host: Host,
    /// The transport.
    pub transport: Transport,
    /// The port, which is not 0.
    pub port: u16,
    /// The subnet's own number of what is spoken there.
    pub protocol: u8,
}

/// Why a text is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no endpoint; write /ip4/1.2.3.4/tcp/8091, or /ip6/…/udp/8091, with #4 behind for protocol 4"
)]
pub struct EndpointError(pub String);

impl Endpoint {
    /// The address as the standard library has it.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        match self.host {
            Host::V4([a, b, c, d]) => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            Host::V6(bytes) => IpAddr::V6(Ipv6Addr::from_bits(u128::from_be_bytes(bytes))),
        }
    }

    /// Whether it could be reached over the internet: a port, and no address that is
    /// private, of this machine or link, of many, of documents, or reserved.
    #[must_use]
    pub fn is_routable(&self) -> bool {
        self.port != 0
            && match self.ip() {
                IpAddr::V4(ip) => is_routable_v4(ip),
                IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(
                    || matches!(ip.segments(), [0x2000..=0x3fff, second, ..] if !is_document(ip, second)),
                    is_routable_v4,
                ),
            }
    }
}

/// 2001:db8::/32 stands in documents only.
fn is_document(ip: Ipv6Addr, second: u16) -> bool {
    ip.segments().first() == Some(&0x2001) && second == 0xdb8
}

const fn is_routable_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let shared = first == 100 && second >= 64 && second <= 127;
    let testing = first == 198 && (second == 18 || second == 19);
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || shared
        || testing
        || first == 0
        || first >= 224)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = if matches!(self.host, Host::V4(_)) { "ip4" } else { "ip6" };
        let transport = if self.transport == Transport::Tcp { "tcp" } else { "udp" };
        write!(f, "/{family}/{}/{transport}/{}", self.ip(), self.port)?;
        if self.protocol == 0 { Ok(()) } else { write!(f, "#{}", self.protocol) }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || EndpointError(text.chars().take(80).collect());
        let (address, protocol) = text.split_once('#').unwrap_or((text, "0"));
        let mut parts = address.split('/');
        let (Some(""), Some(family), Some(host), Some(transport), Some(port), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(error());
        };
        let host = match family {
            "ip4" => Host::V4(host.parse::<Ipv4Addr>().map_err(|_| error())?.octets()),
            "ip6" => Host::V6(host.parse::<Ipv6Addr>().map_err(|_| error())?.octets()),
            _ => return Err(error()),
        };
        let transport = match transport {
            "tcp" => Transport::Tcp,
            "udp" => Transport::Udp,
            _ => return Err(error()),
        };
        let port = port.parse().map_err(|_| error())?;
        let protocol = protocol.parse().map_err(|_| error())?;
        Ok(Self { host, transport, port, protocol })
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_reads_back_as_it_was_written() {
        for text in ["/ip4/1.2.3.4/tcp/8091", "/ip6/2a00::1/udp/1#7"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        for bad in ["", "1.2.3.4:80", "/ip4/1.2.3.4/tcp", "/ip4/1.2.3.4/tcp/1/x", "/dns/a/tcp/1"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_nobody_can_reach_is_not_routable() {
        let routable = |text: &str| text.parse::<Endpoint>().unwrap().is_routable();
        assert!(routable("/ip4/1.2.3.4/tcp/1") && routable("/ip6/2a00::1/tcp/1"));
        for bad in [
            "/ip4/1.2.3.4/tcp/0",
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.0.0.1/tcp/1",
            "/ip4/172.16.0.1/tcp/1",
            "/ip4/192.168.0.1/tcp/1",
            "/ip4/169.254.0.1/tcp/1",
            "/ip4/100.64.0.1/tcp/1",
            "/ip4/203.0.113.7/tcp/1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/224.0.0.1/tcp/1",
            "/ip4/255.255.255.255/tcp/1",
            "/ip6/::1/tcp/1",
            "/ip6/fe80::1/tcp/1",
            "/ip6/fc00::1/tcp/1",
            "/ip6/2001:db8::1/tcp/1",
            "/ip6/::ffff:127.0.0.1/tcp/1",
        ] {
            assert!(!routable(bad), "{bad}");
        }
    }
}
