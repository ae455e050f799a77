//! How many reports of offences each client of the RPC may hand in.
//!
//! A report is free, and two more signatures are looked at for it than for another
//! transaction, so who sends many makes the checker work for nothing: anybody can sign two
//! votes of a key that never voted. Some may come at once, then one more each half second.
//! A client is an address; of IPv6 the half that an operator is given. What is kept is
//! bounded: beyond so many clients the others share one account until some are forgotten.
//!
//! Not here: a node's own reports (they come by no door) and those that peers gossip.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;
use tokio::time::Instant;

/// Reports that a client may hand in at once.
pub const AT_ONCE: u32 = 32;

/// After how long one more may come.
pub const EACH: Duration = Duration::from_millis(500);

/// How many clients have an account of their own.
const CLIENTS: usize = 4_096;

/// When each client may again hand in all that it may at once.
#[derive(Debug, Default)]
pub struct Turns {
    clients: BTreeMap<IpAddr, Instant>,
    others: Option<Instant>,
}

impl Turns {
    /// Counts reports of a client.
    ///
    /// # Errors
    /// How long to wait, when they are too many by now; nothing is counted then.
    pub fn take(&mut self, client: IpAddr, reports: u32, now: Instant) -> Result<(), Duration> {
        let client = account(client);
        if self.clients.len() >= CLIENTS {
            self.clients.retain(|_, rested| *rested > now);
        }
        let has_place = self.clients.len() < CLIENTS || self.clients.contains_key(&client);
        let rested = if has_place { self.clients.get(&client).copied() } else { self.others };
        let then = rested.unwrap_or(now).max(now) + EACH.saturating_mul(reports);
        let most = now + EACH.saturating_mul(AT_ONCE);
        if then > most {
            return Err(then - most);
        }
        if has_place {
            self.clients.insert(client, then);
        } else {
            self.others = Some(then);
        }
        Ok(())
    }
}

/// Whose account it is.
fn account(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// A7
    #[test]
    fn a_client_hands_in_so_many_reports_at_once_and_then_one_each_while() {
        let (mut turns, now, client) = (Turns::default(), Instant::now(), ip("10.0.0.1"));
        assert_eq!(turns.take(client, AT_ONCE, now), Ok(()));
        assert_eq!(turns.take(client, 1, now), Err(EACH));
        assert_eq!(turns.take(client, 3, now), Err(3 * EACH), "what is refused is not counted");
        assert_eq!(turns.take(client, 1, now + EACH), Ok(()));
        assert_eq!(turns.take(client, 1, now + EACH), Err(EACH));
        assert_eq!(turns.take(ip("10.0.0.2"), AT_ONCE, now), Ok(()), "another has its own");
        let rested = now + 4 * AT_ONCE * EACH;
        assert_eq!(turns.take(client, AT_ONCE, rested), Ok(()));
        assert_eq!(turns.take(client, 1, rested), Err(EACH), "a long rest saves nothing up");
    }

    /// A7
    #[test]
    fn one_network_of_ipv6_is_one_client_and_so_is_an_address_in_either_spelling() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        for (one, same) in
            [("2001:db8:1:2::1", "2001:db8:1:2::ffff"), ("::ffff:1.2.3.4", "1.2.3.4")]
        {
            assert_eq!(turns.take(ip(one), AT_ONCE, now), Ok(()));
            assert_eq!(turns.take(ip(same), 1, now), Err(EACH));
        }
        assert_eq!(turns.take(ip("2001:db8:1:3::1"), 1, now), Ok(()));
    }

    /// A4, A7
    #[test]
    fn clients_without_number_are_kept_up_to_a_bound_and_share_an_account_beyond_it() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        let most = u32::try_from(CLIENTS).unwrap();
        let client = |n: u32| IpAddr::from((0x0b00_0000 + n).to_be_bytes());
        for n in 0..most {
            assert_eq!(turns.take(client(n), 1, now), Ok(()));
        }
        assert_eq!(turns.take(client(most), AT_ONCE, now), Ok(()));
        assert_eq!(turns.take(client(most + 1), 1, now), Err(EACH), "they share one");
        assert_eq!(turns.take(client(0), AT_ONCE - 1, now), Ok(()), "who has one keeps it");
        assert_eq!(turns.clients.len(), CLIENTS);
        assert_eq!(turns.take(client(most + 2), 1, now + EACH), Ok(()), "who rested is forgotten");
        assert_eq!(turns.clients.len(), 2);
    }
}
