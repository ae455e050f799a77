//! Offences that this node saw, taken to the chain (R17).
//!
//! What the core reports as evidence waits here, one for each offence of a hotkey. While a
//! voter runs on this node it signs a free call for each. What the last final state would never
//! take, because somebody's report was sooner or it shows no offence of a voter, is dropped; what
//! only the head refuses waits, since the head may yet be another. A lost one is sent again. Of
//! one hotkey few wait, so that many offences of one with little power leave room for those of
//! others.
//!
//! What waits is kept over a restart: a voter that dies with what it saw may have been the only one
//! that saw it.
//!
//! Not here: how they are sent (`own`), what an offence is (consensus), and what it costs (the
//! ledger).

use crate::kept::Offences;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use weft_types::{Evidence, Height, Offence, PublicKey};

/// The most that wait; a newer one is left out, other nodes see it too.
const MOST: usize = 1_024;

/// The most of one hotkey that wait.
const MOST_OF_ONE: usize = 4;

/// After so many blocks a report that is not in the state yet is sent again.
const AGAIN: u64 = 4;

/// What shows an offence, and when it was last sent or seen to be in the chain of the head.
struct Report {
    evidence: Evidence,
    tried: Option<Height>,
}

/// What waits to be reported, and by whom.
#[derive(Default)]
pub struct Reports {
    /// Who reports.
    key: Option<PublicKey>,
    waiting: BTreeMap<(PublicKey, Offence), Report>,
    /// Whether others wait than were kept last.
    has_news: bool,
}

impl Reports {
    /// Those of a voter; a node without one reports nothing.
    #[must_use]
    pub const fn new(key: Option<PublicKey>) -> Self {
        Self { key, waiting: BTreeMap::new(), has_news: false }
    }

    /// How many wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Takes evidence in. Nobody reports itself: an offence of our own key is somebody's who
    /// has it too.
    pub fn add(&mut self, evidence: Evidence) {
        let Ok(offence) = evidence.offence() else { return };
        let offender = evidence.offender();
        let is_own = self.key == Some(offender);
        if self.key.is_none() || is_own || self.waiting.len() >= MOST {
            return;
        }
        let name = (offender, offence);
        let Entry::Vacant(place) = self.waiting.entry(name) else { return };
        place.insert(Report { evidence, tried: None });
        // Of one hotkey the earliest stay: what names a round to come can't be reported yet.
        let mut of_one = self.waiting.keys().filter(|(key, _)| *key == offender);
        let last = of_one.clone().nth(MOST_OF_ONE).and(of_one.next_back()).copied();
        if let Some(last) = &last {
            self.waiting.remove(last);
        }
        self.has_news |= last != Some(name);
    }

    /// Those that waited when the node died.
    pub fn recall(&mut self, kept: Offences) {
        kept.0.into_iter().for_each(|evidence| self.add(evidence));
        self.has_news = false;
    }

    /// What is to be kept, when it has changed.
    pub fn news(&mut self) -> Option<Offences> {
        let all = || self.waiting.values().map(|report| report.evidence.clone()).collect();
        std::mem::take(&mut self.has_news).then(|| Offences(all()))
    }

    /// Those that are due at this height: never tried, or so long ago that it is looked at again.
    pub(crate) fn due(&self, head: Height) -> Vec<((PublicKey, Offence), Evidence)> {
        let is_due = |report: &&Report| report.tried.is_none_or(|tried| head.since(tried) >= AGAIN);
        let due = self.waiting.iter().filter(|(_, report)| is_due(report));
        due.map(|(name, report)| (*name, report.evidence.clone())).collect()
    }

    /// One was sent at this height, or is to wait for what becomes final.
    pub(crate) fn tried(&mut self, name: &(PublicKey, Offence), head: Height) {
        if let Some(report) = self.waiting.get_mut(name) {
            report.tried = Some(head);
        }
    }

    /// One is not to be sent any more.
    pub(crate) fn forget(&mut self, name: &(PublicKey, Offence)) {
        self.has_news |= self.waiting.remove(name).is_some();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{ChainId, Checkpoint, Hash, Round, SecretKey, SignedVote, Vote};

    fn vote(key: &SecretKey, round: u64, hash: u8) -> Box<SignedVote> {
        let at = |round, hash| Checkpoint { round: Round(round), hash: Hash([hash; 32]) };
        let (source, target) = (at(0, 0), at(round, hash));
        let vote = Vote { voter: key.public(), source, target, items: Hash::ZERO };
        Box::new(vote.sign(key, &ChainId::ZERO))
    }

    /// A1: offences of one hotkey, and many pairs that show one offence, keep no other out.
    #[test]
    fn a_small_offender_leaves_room_for_the_offences_of_others() {
        let mut reports = Reports::new(Some(SecretKey::from_seed([9; 32]).public()));
        let small = SecretKey::from_seed([1; 32]);
        for round in 1..200 {
            for hash in 2..5 {
                reports.add(Evidence::Votes(vote(&small, round, 1), vote(&small, round, hash)));
            }
        }
        assert_eq!(reports.waiting.len(), MOST_OF_ONE);
        for seed in 10..90 {
            let key = SecretKey::from_seed([seed; 32]);
            reports.add(Evidence::Votes(vote(&key, 7, 1), vote(&key, 7, 2)));
        }
        assert_eq!(reports.waiting.len(), MOST_OF_ONE + 80);
        assert_eq!(reports.due(Height(1)).len(), MOST_OF_ONE + 80, "all go at once");
        let kept = reports.news().unwrap();
        assert!(reports.news().is_none(), "once");
        reports.add(Evidence::Votes(vote(&small, 500, 1), vote(&small, 500, 2)));
        assert!(reports.news().is_none(), "what is left out at once is no news");
        let mut again = Reports::new(reports.key);
        again.recall(kept);
        assert!(again.waiting.keys().eq(reports.waiting.keys()), "a restart forgets none");
        // Nobody reports itself.
        let own = SecretKey::from_seed([9; 32]);
        reports.add(Evidence::Votes(vote(&own, 7, 1), vote(&own, 7, 2)));
        assert_eq!(reports.waiting.len(), MOST_OF_ONE + 80);
    }
}
