//! What each of those who take part in a scene sends.
//!
//! In an epoch of ten blocks new miners register first; rows that were promised are
//! revealed when seven blocks are left, judges write when six are left, and copiers when
//! three are left, so that they see all there is to see.

use super::people::{People, Scores};
use super::rows;
use super::scene::{Group, Habit, Play, Work};
use crate::launch::chain::{Chain, NETUID};
use weft_dice::Dice;
use weft_ledger::query;
use weft_types::tx::Consent;
use weft_types::{Call, Commitment, Rao, Reveal, Tx};

/// Blocks that are left of an epoch when things are done.
const ARRIVES: u64 = 9;
const REVEALS: u64 = 7;
const JUDGES: u64 = 6;
const COPIES: u64 = 3;

/// What a registration pays for its bytes.
const FEE: Rao = Rao(10_000);

/// Where in an epoch the next block stands.
#[derive(Clone, Copy)]
struct Moment {
    /// Blocks up to the one of the epoch, itself counted.
    left: u64,
    epoch: u64,
}

impl People {
    /// What everybody sends for the next block.
    pub(super) fn act(&mut self, chain: &Chain, dice: &mut Dice) -> Vec<Tx> {
        let Some(net) = query::subnet(&chain.state(), NETUID) else { return Vec::new() };
        let left = net.next_epoch.0.saturating_sub(chain.height.0);
        let moment = Moment { left, epoch: net.epochs };
        let is_time = moment.left == ARRIVES && net.epochs > 0;
        let change = self.scene.weather.change;
        if is_time && change > 0 && net.epochs.is_multiple_of(change) {
            let miners = |g: &Group| g.honest && g.strategy.stake().is_none();
            if let Some(group) = self.scene.groups.iter().position(miners) {
                self.join(group, None, dice);
            }
        }
        let mut txs: Vec<Tx> = self.registration(chain).into_iter().collect();
        for at in 0..self.list.len() {
            let seated = self.list.get(at).filter(|p| p.uid.is_some());
            txs.extend(match seated.map(|p| p.plays) {
                Some(Play::Validates(_, habit)) => self.validate(at, habit, (chain, moment), dice),
                Some(Play::Mines(Work { votes: true, .. })) => self.intrude(at, chain, moment),
                _ => None,
            });
        }
        txs
    }

    /// Who waits for a uid burns for it, one in a block.
    fn registration(&self, chain: &Chain) -> Option<Tx> {
        let player = self.list.iter().find(|p| p.waits)?;
        let (said, consent) = chain.consent(&player.hot, player.coldkey);
        let Consent { coldkey, hotkey, netuid, height: consent_height } = said;
        let nonce = query::account(&chain.state(), &coldkey).nonce;
        let max_burn = Rao::MAX;
        let call = Call::Register { netuid, hotkey, max_burn, consent, consent_height };
        Some(chain.tx(coldkey, (nonce, FEE), call))
    }

    /// A validator's calls for the next block.
    fn validate(
        &mut self,
        at: usize,
        habit: Habit,
        (chain, moment): (&Chain, Moment),
        dice: &mut Dice,
    ) -> Option<Tx> {
        let habit = if self.over < self.scene.warm_up { Habit::Judges } else { habit };
        if moment.left == REVEALS {
            return self.reveal(at, chain, moment);
        }
        let player = self.list.get(at)?;
        let scores = match (habit, moment.left) {
            (Habit::Judges, JUDGES) => rows::judged(self, dice),
            (Habit::Feeds(own), JUDGES) => rows::fed(self, own),
            (Habit::Repeats, JUDGES) => player.last.clone(),
            (Habit::CopiesConsensus, COPIES) => rows::consensus(chain),
            (Habit::CopiesRows, COPIES) => rows::median(chain, player.uid?),
            _ => return None,
        };
        (!scores.is_empty()).then(|| self.write(at, scores, (chain, moment), dice))?
    }

    /// Sends a row, or promises it where rows are hidden.
    fn write(
        &mut self,
        at: usize,
        scores: Scores,
        (chain, moment): (&Chain, Moment),
        dice: &mut Dice,
    ) -> Option<Tx> {
        let numbers = &self.scene.numbers;
        let player = self.list.get_mut(at)?;
        player.last.clone_from(&scores);
        if !numbers.commit_reveal {
            return Some(chain.row(player.hot.public(), scores));
        }
        let mut half = || u128::from(dice.below(u64::MAX));
        let salt = (half() | (half() << 64)).to_le_bytes();
        let (uids, values) = scores.into_iter().unzip();
        let reveal = Reveal { netuid: NETUID, uids, values, salt, version_key: 0 };
        let hash = reveal.commitment(&player.hot.public());
        player.promised = Some((moment.epoch + u64::from(numbers.commit_reveal_period), reveal));
        let commitment = Commitment { netuid: NETUID, hash, at: chain.height };
        Some(chain.free(player.hot.public(), Call::CommitWeights { commitment }))
    }

    /// Reveals what is due.
    fn reveal(&mut self, at: usize, chain: &Chain, moment: Moment) -> Option<Tx> {
        let player = self.list.get_mut(at)?;
        let (_, reveal) = player.promised.take_if(|(due, _)| *due <= moment.epoch)?;
        Some(chain.free(player.hot.public(), Call::RevealWeights { reveal }))
    }

    /// A miner without stake asks for a permit, and then sends rows all the same.
    fn intrude(&mut self, at: usize, chain: &Chain, moment: Moment) -> Option<Tx> {
        if moment.left != JUDGES {
            return None;
        }
        let player = self.list.get(at)?;
        let others = self.of(player.group).filter_map(|p| p.uid).filter(|u| Some(*u) != player.uid);
        let mut scores: Scores = others.map(|uid| (uid, u16::MAX)).collect();
        scores.sort_unstable();
        let player = self.list.get_mut(at)?;
        if std::mem::replace(&mut player.asked, true) {
            return Some(chain.row(player.hot.public(), scores));
        }
        let call = Call::SeekPermit { netuid: NETUID, seek: true, at: chain.height };
        Some(chain.free(player.hot.public(), call))
    }
}
