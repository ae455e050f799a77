//! Who answers for what it signed, and with what: a plain model of R15 and R17.
//!
//! It remembers every set that was let go, and every stake that left with the round until
//! which it counted. Whoever stays is cut for an offence; then nobody may have left whose
//! stake counted when that offence was made.

use crate::model::ratio;
use std::collections::{BTreeMap, BTreeSet};
use weft_types::{Evidence, Genesis, Offence, PublicKey, VoterSet};

/// All of the power, or of a stake, in parts.
const WHOLE: u64 = 1_000_000_000_000;

/// What is left of a stake by offences of its hotkey: how often all was lost, and the part
/// left since in parts of 2^60 (R17).
pub type Kept = (u32, u64);

const ALL: Kept = (0, 1 << 60);

/// Stake on its way out.
pub struct Leaver {
    pub who: PublicKey,
    pub hotkey: PublicKey,
    pub amount: u64,
    /// What was left of the hotkey's stake when it was asked for.
    kept: Kept,
    /// The round in which the last set that counted it was let go; of one that waits 0.
    pub counted_until: u64,
}

/// The largest part of a set's power that a hotkey had, and the height at which the set was
/// let go.
type Had = (u64, u64);

pub struct Answers {
    genesis: BTreeSet<PublicKey>,
    kept: BTreeMap<PublicKey, Kept>,
    /// Of every set that was let go.
    had: BTreeMap<PublicKey, Vec<Had>>,
    /// The round of the block that let the last set of a hotkey go.
    ended: BTreeMap<PublicKey, u64>,
    /// Who was caught: when last, its largest part, and what its last offence cost.
    caught: BTreeMap<PublicKey, (u64, u64, u64)>,
    /// Until which round stake counted that has left, the latest of each hotkey.
    gone: BTreeMap<PublicKey, u64>,
}

impl Answers {
    pub fn of(genesis: &Genesis) -> Self {
        let named = genesis.stakes.iter().map(|s| s.hotkey);
        Self {
            genesis: named.chain(genesis.voters.iter().map(|v| v.hotkey)).collect(),
            kept: BTreeMap::new(),
            had: BTreeMap::new(),
            ended: BTreeMap::new(),
            caught: BTreeMap::new(),
            gone: BTreeMap::new(),
        }
    }

    pub fn is_of_genesis(&self, hotkey: &PublicKey) -> bool {
        self.genesis.contains(hotkey)
    }

    /// The height at which the last set of a hotkey was let go.
    pub fn last_let_go(&self, hotkey: &PublicKey) -> Option<u64> {
        self.had.get(hotkey)?.last().map(|(_, height)| *height)
    }

    pub fn let_go(&mut self, set: &VoterSet, (height, round): (u64, u64)) {
        for voter in &set.voters {
            self.had.entry(voter.key).or_default().push((part(set, &voter.key).unwrap(), height));
            self.ended.insert(voter.key, round);
        }
    }

    /// Stake that is asked back now.
    pub fn leaver(&self, (who, hotkey): (PublicKey, PublicKey), amount: u64) -> Leaver {
        let kept = self.kept.get(&hotkey).copied().unwrap_or(ALL);
        let counted_until = self.ended.get(&hotkey).copied().unwrap_or(0);
        Leaver { who, hotkey, amount, kept, counted_until }
    }

    /// What is left of it.
    pub fn left(&self, leaver: &Leaver) -> u64 {
        let (era, part) = self.kept.get(&leaver.hotkey).copied().unwrap_or(ALL);
        if era != leaver.kept.0 {
            return 0;
        }
        let left = ratio(leaver.amount.into(), part.into(), leaver.kept.1.into(), false);
        u64::try_from(left).unwrap()
    }

    /// It has left.
    pub fn gone(&mut self, leaver: &Leaver) {
        let last = self.gone.entry(leaver.hotkey).or_default();
        *last = leaver.counted_until.max(*last);
    }

    /// Those whose offences are forgotten begin anew, once nothing is on its way out that is
    /// worked out by them. Answers how many.
    pub fn forgotten<'a>(
        &mut self,
        is_known: impl Fn(&PublicKey) -> bool,
        leavers: impl Iterator<Item = &'a Leaver>,
    ) -> usize {
        let gone = self.kept.keys().copied().filter(|hotkey| !is_known(hotkey));
        let gone: BTreeSet<_> = gone.collect();
        self.kept.retain(|hotkey, _| !gone.contains(hotkey));
        for Leaver { hotkey, .. } in leavers {
            assert!(!gone.contains(hotkey), "{hotkey} is forgotten before its stake has left");
        }
        gone.len()
    }

    /// A stake was cut: so is what is left of what was asked back.
    pub fn cut(&mut self, hotkey: PublicKey, (part, of): (u64, u64)) {
        let (era, kept) = self.kept.get(&hotkey).copied().unwrap_or(ALL);
        let left = u128::from(kept) * u128::from(of - part) / u128::from(of);
        let left = u64::try_from(left).unwrap();
        self.kept.insert(hotkey, if left == 0 { (era + 1, ALL.1) } else { (era, left) });
    }

    /// A report that was taken: who is cut by which part of what it has.
    pub fn report(
        &mut self,
        (genesis, evidence): (&Genesis, &Evidence),
        (sets, (height, slot)): (&[VoterSet], (u64, u64)),
    ) -> BTreeMap<PublicKey, (u64, u64)> {
        let (key, params) = (evidence.offender(), &genesis.params);
        let Ok(Offence::Vote(round)) = evidence.offence() else { panic!("no vote") };
        // What no block has come to would be recent for ever.
        assert!(round.0 <= slot, "an offence of round {} is cut in slot {slot}", round.0);
        // A1: who left has lost as much as who stays, or did not count any more.
        let left = self.gone.get(&key).copied().unwrap_or(0);
        assert!(
            round.0 >= left,
            "stake behind {key} left that counted until round {left}; now an offence of round {} is cut, at {height}",
            round.0
        );
        let window = params.unbonding_blocks;
        let now = sets.iter().filter_map(|set| part(set, &key));
        let had = self.had.get(&key).into_iter().flatten();
        let before = had.filter(|(_, at)| height - at <= window).map(|(power, _)| *power);
        let power = now.chain(before).max().expect("a report of one that had no power");
        self.caught.retain(|_, (at, ..)| height - *at <= window);
        let known = self.caught.entry(key).or_insert((height, 0, 0));
        (known.0, known.1) = (height, known.1.max(power));
        let all: u64 = self.caught.values().map(|(_, power, _)| power).sum();
        let cut = all.saturating_mul(3).max(WHOLE / params.slash_divisor).min(WHOLE);
        let mut cuts = BTreeMap::from([(key, (cut, WHOLE))]);
        for (other, (_, _, before)) in &mut self.caught {
            if *other != key && *before < cut {
                cuts.insert(*other, (cut - *before, WHOLE - *before));
            }
            *before = cut.max(*before);
        }
        cuts
    }
}

/// The part of a set's power that a hotkey has, rounded up.
fn part(set: &VoterSet, key: &PublicKey) -> Option<u64> {
    let total: u128 = set.voters.iter().map(|v| u128::from(v.power.0)).sum();
    let power = set.voters.iter().find(|v| v.key == *key)?.power.0;
    Some(u64::try_from((u128::from(power) * u128::from(WHOLE)).div_ceil(total)).unwrap())
}
