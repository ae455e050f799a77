//! Whether this node is ready, why not, and what its operator should know: the one place
//! that collects it, for `/health`, `chain_status` and the log.
//!
//! A *reason* says why others should not rely on what this node answers now; with one it
//! is not ready (503). A *note* says what its operator should look at; it stays ready.
//! Each is a function of the moment in one of the two lists below, that answers a sentence
//! or nothing. The node logs what newly comes, and once more when it has gone.

use crate::look::Look;
use std::time::Duration;
use weft_consensus::trust::Awaited;
use weft_ledger::query::voters::{self, OfferLacks};
use weft_ledger::query::{self, Fullness};
use weft_rpc::Health;
use weft_types::{Height, Slot};

/// Slots without a final block after which a node says that it is not ready.
const STALE_SLOTS: u64 = 16;

/// The loop leaves what it sees every half second; a full block or a slow disk takes some more.
const STALLED: Duration = Duration::from_secs(10);

/// Slots that a head may be ahead of the clock: clocks are a little off.
const AHEAD: u64 = 2;

/// Something that may have to be said.
type Watch = fn(&Look<'_>) -> Option<String>;

/// Why a node is not ready.
const REASONS: &[(&str, Watch)] = &[
    ("stalled", |look| stalled(look.reads.board.age()?)),
    ("unknown_rules", |look| look.stop_reason()),
    ("awaiting", awaiting),
    ("stale", stale),
    ("clock", clock),
    ("behind", behind),
    ("key_twice", key_twice),
];

/// What an operator should know of a node that is ready.
const NOTES: &[(&str, Watch)] = &[
    ("state_half_full", half_full),
    ("state_nearly_full", nearly_full),
    ("not_a_voter", not_a_voter),
    ("listens", listens),
    ("rows", rows),
    ("not_offered", |look| look.offer_note()),
    ("unknown_rules_signalled", |look| look.signal_note()),
    ("unknown_rules_locked_in", |look| look.change_note()),
];

/// The loop has left nothing for a while: all that is read is as old.
pub(crate) fn stalled(age: Duration) -> Option<String> {
    (age >= STALLED).then(|| {
        format!(
            "the loop of this node has done nothing for {} s: its disk or its machine hangs",
            age.as_secs()
        )
    })
}

/// The last final block is too old.
fn stale(look: &Look<'_>) -> Option<String> {
    let lag = look.final_lag_slots()?;
    (lag > STALE_SLOTS).then(|| format!("the last final block is {lag} slots old"))
}

/// A trusted block is awaited (R16).
fn awaiting(look: &Look<'_>) -> Option<String> {
    let Awaited { height, hash } = look.seen.awaited?;
    let last = look.seen.known;
    Some(if last < height {
        format!(
            "the trusted checkpoint {height} {hash} is not reached, the chain here is at {last}: nothing is final before it is"
        )
    } else {
        format!(
            "the trusted checkpoint {height} {hash} was reached when it was too old to say anything: start again with --trusted-checkpoint and a newer block"
        )
    })
}

/// The head is of a slot that the clock has not reached.
fn clock(look: &Look<'_>) -> Option<String> {
    before_its_head(look.seen.header.slot, look.slot())
}

fn before_its_head(head: Slot, now: Slot) -> Option<String> {
    (head.0 > now.0.saturating_add(AHEAD)).then(|| {
        format!(
            "the clock here shows slot {now} and the head is of slot {head}: set the clock right, \
             nothing moves before it gets there"
        )
    })
}

/// Most peers are far ahead: this node catches up, or its clock is behind theirs.
fn behind(look: &Look<'_>) -> Option<String> {
    below_its_peers(look.seen.header.height, look.seen.peers_at?)
}

fn below_its_peers(height: Height, theirs: Height) -> Option<String> {
    (theirs.since(height) > STALE_SLOTS).then(|| {
        format!(
            "half of the peers are at height {theirs} or above, the head here is at {height}: this \
             node catches up, or its clock is behind"
        )
    })
}

/// The key of the voter runs elsewhere too.
fn key_twice(look: &Look<'_>) -> Option<String> {
    let seen = look.seen.voter.as_ref()?.foreign.as_ref()?;
    Some(format!(
        "the voter's key signed {seen}, which this node did not: it runs elsewhere too, and signs \
         nothing more here; stop one of the two, then start this one again"
    ))
}

/// The voter's key votes nowhere.
fn not_a_voter(look: &Look<'_>) -> Option<String> {
    let voter = look.seen.voter.as_ref()?;
    (!voter.votes).then(|| {
        let address = look.reads.chain.address(voter.key);
        format!("voter.key is {address}, not a voter of this chain: it signs nothing before it is elected")
    })
}

/// Rows of the voter that can't count as they are.
fn rows(look: &Look<'_>) -> Option<String> {
    let faults = &look.seen.voter.as_ref()?.faults;
    let (netuid, fault) = faults.first_key_value()?;
    let more = match faults.len() {
        1 => String::new(),
        all => format!("; {all} rows in all can't count"),
    };
    Some(format!("the voter's row of subnet {netuid} is not sent: {fault}{more}"))
}

/// What to do about what a voter lacks. One that votes hands its row to its node, whose shares
/// carry it; before that a row goes as a transaction.
fn to_be_offered(lacks: OfferLacks, votes: bool) -> String {
    let text = "the voter is not offered for the next rotation";
    match lacks {
        OfferLacks::Seat => format!(
            "{text}: its hotkey is a neuron of no subnet; register it: weft register NETUID"
        ),
        OfferLacks::Permit { netuid, uid } => format!(
            "{text}: uid {uid} of subnet {netuid} has no validator permit; ask for one, weft permit \
             {netuid}, and have the stake for it"
        ),
        OfferLacks::Row { netuid, uid } => {
            let line = if votes { "voter row" } else { "weights set" };
            format!(
                "{text}: uid {uid} of subnet {netuid} has a permit and no row there; write one: weft \
                 {line} {netuid} --set UID=SCORE,..."
            )
        }
        OfferLacks::Fresh { netuid, uid, written, cutoff, rotation } => {
            let line = if votes { "voter row" } else { "weights set" };
            format!(
                "the voter will not be taken at block {rotation}: the row of uid {uid} in subnet \
                 {netuid} is of block {written}, {cutoff} blocks old may it be; write it anew: weft \
                 {line} {netuid} --set UID=SCORE,..."
            )
        }
        OfferLacks::Freedom { until } => {
            format!(
                "the voter is jailed for an offence: in no set that is taken before block {until}"
            )
        }
    }
}

/// The voter only listens so far.
fn listens(look: &Look<'_>) -> Option<String> {
    let (until, now) = (look.seen.voter.as_ref()?.listens_until?, look.slot());
    (now <= until).then(|| {
        format!(
            "the voter listens up to slot {until} whether its key runs elsewhere, and signs nothing \
             before; it is slot {now} (--no-wait skips that)"
        )
    })
}

/// The state of the head is half full.
fn half_full(look: &Look<'_>) -> Option<String> {
    fuller(&look.fullness(), 5)
}

/// It is nine tenths full.
fn nearly_full(look: &Look<'_>) -> Option<String> {
    fuller(&look.fullness(), 9)
}

/// What to say of a state that is so many tenths full or more.
fn fuller(full: &Fullness, tenths: u64) -> Option<String> {
    let (values, capacity) = (full.values, full.capacity);
    let reached = u128::from(values).saturating_mul(10)
        >= u128::from(capacity).saturating_mul(u128::from(tenths));
    let deposit = full.account_deposit.map_or_else(
        || "no account can be opened".to_owned(),
        |deposit| format!("opening an account costs {deposit:#} TAO"),
    );
    reached.then(|| {
        format!(
            "the state holds {values} of the {capacity} values it is meant for, over {tenths} \
             tenths: see that memory and disk have room; {deposit}"
        )
    })
}

fn said(look: &Look<'_>, list: &[(&'static str, Watch)]) -> Vec<(&'static str, String)> {
    list.iter().filter_map(|(name, watch)| Some((*name, watch(look)?))).collect()
}

impl Look<'_> {
    /// Why the voter is not offered, or would not be taken at the next rotation (R13), where it is
    /// meant to be. A row that its shares carry is on its way.
    pub(crate) fn offer_note(&self) -> Option<String> {
        let voter = self.seen.voter.as_ref().filter(|voter| voter.offers)?;
        let (view, ledger) = (self.seen.head.view(), self.seen.head.ledger());
        let lacks = voters::offer_lacks(&view, ledger.numbers_of(&view), &voter.key)?;
        let carried = |netuid| voter.votes && voter.carries.contains(&netuid);
        let is_coming = match lacks {
            OfferLacks::Row { netuid, .. } | OfferLacks::Fresh { netuid, .. } => carried(netuid),
            OfferLacks::Seat | OfferLacks::Permit { .. } | OfferLacks::Freedom { .. } => false,
        };
        (!is_coming).then(|| to_be_offered(lacks, voter.votes))
    }

    /// How full the state of the head is.
    pub(crate) fn fullness(&self) -> Fullness {
        let (view, ledger) = (self.seen.head.view(), self.seen.head.ledger());
        query::fullness(&view, ledger.numbers_of(&view))
    }

    /// Slots since the last block that this node calls final, if it calls one so.
    pub(crate) fn final_lag_slots(&self) -> Option<u64> {
        Some(self.slot().0.saturating_sub(self.seen.said.as_ref()?.slot.0))
    }

    /// Why this node is not ready, and what its operator should know.
    pub(crate) fn health(&self) -> Health {
        let words = |list| said(self, list).into_iter().map(|(_, text)| text).collect();
        Health { reasons: words(REASONS), notes: words(NOTES) }
    }

    /// All of it, by its names.
    pub(crate) fn words(&self) -> Vec<(&'static str, String)> {
        [REASONS, NOTES].into_iter().flat_map(|list| said(self, list)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Netuid, Rao, Uid};

    /// F7: a clock that was an hour ahead and is right again stands before the head's slot, and
    /// nothing moves; one that is behind its peers' is as stuck and sees nothing stale.
    #[test]
    fn a_clock_behind_the_head_and_a_head_far_below_its_peers_are_reasons_with_their_numbers() {
        assert_eq!(before_its_head(Slot(102), Slot(100)), None, "clocks are a little off");
        let text = before_its_head(Slot(7_300), Slot(100)).unwrap();
        assert!(text.contains("slot 100") && text.contains("slot 7300"), "{text}");
        assert_eq!(below_its_peers(Height(84), Height(100)), None);
        assert_eq!(below_its_peers(Height(100), Height(84)), None);
        let text = below_its_peers(Height(83), Height(100)).unwrap();
        assert!(text.contains("height 100") && text.contains("at 83"), "{text}");
    }

    #[test]
    fn a_voter_that_is_not_offered_hears_what_it_lacks_and_the_line_that_gives_it() {
        let (netuid, uid) = (Netuid(7), Uid(3));
        let (written, rotation) = (Height(21), Height(7_200));
        let old = OfferLacks::Fresh { netuid, uid, written, cutoff: 5_000, rotation };
        for (lacks, votes, what, line) in [
            (OfferLacks::Seat, false, "no subnet", "weft register NETUID"),
            (OfferLacks::Permit { netuid, uid }, false, "uid 3 of subnet 7", "weft permit 7"),
            (OfferLacks::Row { netuid, uid }, false, "no row", "weft weights set 7 --set"),
            (OfferLacks::Row { netuid, uid }, true, "no row", "weft voter row 7 --set"),
            (old, false, "at block 7200: the row of uid 3", "weft weights set 7 --set"),
            (old, true, "is of block 21, 5000 blocks old", "weft voter row 7 --set"),
            (OfferLacks::Freedom { until: Height(9) }, true, "jailed", "before block 9"),
        ] {
            let said = to_be_offered(lacks, votes);
            assert!(said.contains(what) && said.contains(line), "{said}");
        }
    }

    #[test]
    fn a_loop_that_has_left_nothing_for_a_while_is_a_reason_with_its_seconds() {
        assert_eq!(stalled(Duration::from_millis(9_900)), None);
        assert!(stalled(Duration::from_secs(12)).unwrap().contains("nothing for 12 s"));
    }

    /// A3: at half and at nine tenths, and not before.
    #[test]
    fn a_state_that_fills_is_noted_at_half_and_at_nine_tenths() {
        let full = |values, deposit| Fullness { values, capacity: 1_001, account_deposit: deposit };
        let notes =
            |values| [5, 9].map(|tenths| fuller(&full(values, Some(Rao(7))), tenths).is_some());
        assert_eq!((notes(500), notes(501)), ([false, false], [true, false]));
        assert_eq!((notes(900), notes(901)), ([true, false], [true, true]));
        let text = fuller(&full(501, Some(Rao(7))), 5).unwrap();
        assert!(
            text.contains("501 of the 1001 values") && text.contains("costs 0.000000007 TAO"),
            "{text}"
        );
        assert!(fuller(&full(1_001, None), 9).unwrap().contains("no account can be opened"));
    }
}
