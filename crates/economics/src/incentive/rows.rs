//! Where the scores of a row come from.

use super::people::{People, Player, Scores};
use super::scene::WHOLE;
use crate::launch::chain::{Chain, NETUID};
use std::collections::BTreeMap;
use weft_dice::Dice;
use weft_ledger::query;
use weft_types::Uid;

/// A row's parts are of this.
const ONE: u128 = 1 << 32;

/// Scores a miner's work, seen with an error.
pub(super) fn judged(people: &People, dice: &mut Dice) -> Scores {
    let error = people.scene.weather.error;
    let mut seen = Vec::new();
    for player in people.list.iter().filter(|p| p.quality > 0) {
        let Some(uid) = player.uid else { continue };
        let quality = player.quality * dice.between(1_000 - error.min(1_000), 1_000 + error);
        seen.push((uid, u128::from(quality)));
    }
    scaled(seen)
}

/// So many millionths for the miners who are not honest, the rest for the others, each
/// miner of a side alike.
pub(super) fn fed(people: &People, own: u64) -> Scores {
    let own = own.min(WHOLE);
    let miners = || people.list.iter().filter(|p| p.plays.stake().is_none() && p.uid.is_some());
    let count = |honest| miners().filter(|p| p.honest == honest).count().max(1) as u64;
    let (ours, theirs) = (own * WHOLE / count(false), (WHOLE - own) * WHOLE / count(true));
    let score = |p: &Player| if p.honest { theirs } else { ours };
    scaled(miners().filter_map(|p| Some((p.uid?, u128::from(score(p))))).collect())
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
    scaled(columns.into_iter().map(|(uid, column)| (uid, supported(column))).collect())
}

/// Scores of the range of rows, the largest of which has all of it; zeros are left out.
fn scaled(mut scores: Vec<(Uid, u128)>) -> Scores {
    scores.sort_unstable();
    let most = scores.iter().map(|(_, score)| *score).max().unwrap_or(0);
    let scale = |score: u128| {
        let wide = score * u128::from(u16::MAX) + most / 2;
        u16::try_from(wide.checked_div(most).unwrap_or(0)).unwrap_or(u16::MAX)
    };
    scores.into_iter().map(|(uid, score)| (uid, scale(score))).filter(|(_, s)| *s > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_scaled_to_the_largest_and_ordered_by_uid() {
        let scores = scaled(vec![(Uid(4), 50), (Uid(2), 100), (Uid(3), 0)]);
        assert_eq!(scores, [(Uid(2), 65_535), (Uid(4), 32_768)]);
        assert_eq!(scaled(vec![(Uid(1), 0)]), []);
    }
}
