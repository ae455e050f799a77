//! Where the scores of a row come from.

use super::market::NETUID;
use super::people::{People, Player, Scores};
use super::scene::WHOLE;
use crate::dice::Dice;
use crate::launch::chain::Chain;
use std::collections::BTreeMap;
use weft_ledger::query;
use weft_types::Uid;

/// A row's parts are of this.
const ONE: u128 = 1 << 32;

/// Scores a miner's work, seen with an error.
pub(super) fn judged(people: &People, judge: &Player, dice: &mut Dice) -> Scores {
    let error = people.error();
    let mut scores = Scores::new();
    for player in people.list.iter().filter(|p| p.quality > 0 && p.hotkey != judge.hotkey) {
        let Some(uid) = player.uid else { continue };
        let seen = player.quality * dice.between(1_000 - error, 1_000 + error) / 1_000;
        // The best that can be seen still fits.
        scores.push((uid, narrow(u128::from(seen), u128::from(2 * WHOLE))));
    }
    scores.sort_unstable();
    scores
}

/// So many millionths for the miners who are not honest, the rest for the others, each
/// miner of a side alike.
pub(super) fn fed(people: &People, own: u64) -> Scores {
    let own = own.min(WHOLE);
    let miners = || people.list.iter().filter(|p| people.mines(p) && p.uid.is_some());
    let count = |honest| miners().filter(|p| people.is_honest(p) == honest).count().max(1) as u64;
    let (ours, theirs) = (own * WHOLE / count(false), (WHOLE - own) * WHOLE / count(true));
    let most = u128::from(ours.max(theirs));
    let mut scores = Scores::new();
    for player in miners() {
        let score = if people.is_honest(player) { theirs } else { ours };
        if let (Some(uid), true) = (player.uid, score > 0) {
            scores.push((uid, narrow(u128::from(score), most)));
        }
    }
    scores.sort_unstable();
    scores
}

/// What the last epoch agreed on.
pub(super) fn consensus(chain: &Chain) -> Scores {
    let neurons = query::metagraph(&chain.state(), NETUID).unwrap_or_default();
    neurons.into_iter().filter(|n| n.consensus > 0).map(|n| (n.uid, n.consensus)).collect()
}

/// The score that half of the stake of the others supports, column by column.
pub(super) fn median(chain: &Chain, me: Uid) -> Scores {
    let state = chain.state();
    let neurons = query::metagraph(&state, NETUID).unwrap_or_default();
    let stake = |uid| neurons.iter().find(|n| n.uid == uid && n.permit).map_or(0, |n| n.stake.0);
    let (mut columns, mut all) = (BTreeMap::<Uid, Vec<(u128, u64)>>::new(), 0);
    for (from, row) in query::rows(&state, NETUID) {
        let stake = stake(from);
        let sum: u128 = row.iter().map(|(_, value)| u128::from(*value)).sum();
        if from == me || stake == 0 || sum == 0 {
            continue;
        }
        all += stake;
        for (uid, value) in row {
            let part = u128::from(value) * ONE / sum;
            columns.entry(uid).or_default().push((part, stake));
        }
    }
    let supported = |mut column: Vec<(u128, u64)>| {
        column.sort_unstable_by(|a, b| b.cmp(a));
        let mut behind = 0;
        let reaches = |(_, stake): &&(u128, u64)| {
            behind += stake;
            behind > all / 2
        };
        column.iter().find(reaches).map_or(0, |(part, _)| *part)
    };
    let agreed: Vec<_> = columns.into_iter().map(|(uid, c)| (uid, supported(c))).collect();
    let most = agreed.iter().map(|(_, part)| *part).max().unwrap_or(0);
    let scores = agreed.into_iter().map(|(uid, part)| (uid, narrow(part, most)));
    scores.filter(|(_, score)| *score > 0).collect()
}

/// A score of the range of rows.
fn narrow(score: u128, most: u128) -> u16 {
    let scaled = (score * u128::from(u16::MAX)).checked_div(most).unwrap_or(0);
    u16::try_from(scaled).unwrap_or(u16::MAX)
}
