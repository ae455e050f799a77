//! Attacks on incentives, played: what each strategy earns.
//!
//! The real ledger runs block after block on the real state, as in a launch: a subnet of the
//! main preset whose times are divided by [`SHRINK`] and whose rules and amounts are as they
//! are, with a dozen validators and two dozen miners. Rows reach it by `set_weights`, or by
//! `commit_weights` and `reveal_weights`; epochs pay as everywhere.
//!
//! # What happens, in order
//!
//! 1. A scene is set (`scene`): groups of one strategy each, and the weather: how fast the
//!    true worth of miners' work moves, how often a new miner takes the place of the worst,
//!    and how far a judge errs.
//! 2. While the scene warms up everybody judges, so that all have the same bonds; cabals
//!    have no such time. Then the attack and the counting begin.
//! 3. Blocks run; in each everybody sends what it does at that place of an epoch (`people`,
//!    `rows`).
//! 4. After each epoch the whole state is summed up, and what the groups earned must be what
//!    the epoch paid (`tally`).
//!
//! # What is simpler than the chain will be
//!
//! Nobody misses a slot, transactions go unsigned (the ledger never sees signatures;
//! consents are signed), and the voters are bystanders without a uid, so that what votes
//! earn is nobody's strategy. All hotkeys of a group have one coldkey.

mod acts;
mod market;
mod numbers;
mod people;
mod rows;
mod scene;
mod tally;

use crate::launch::chain::Chain;
use people::People;
use serde::Serialize;
use tally::Tally;
use weft_dice::Dice;
use weft_types::{Hash, Rao};

pub use numbers::SHRINK;
pub use scene::{Group, Habit, Play, STAKE, Scene, Weather, Work};
pub use tally::{Loot, Role, Strategy};

/// What became of a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Played {
    /// Its name.
    pub name: &'static str,
    /// How many epochs were counted.
    pub epochs: u64,
    /// How many came before.
    pub warm_up: u64,
    /// What each strategy earned.
    pub strategies: Vec<Strategy>,
    /// What the attackers got in all.
    pub attack: Loot,
    /// What was recycled: burns, the part of the owner that there is none of, and epochs in
    /// which nobody had incentive.
    pub recycled: Rao,
    /// Calls that no block took, of those that were sent.
    pub refused: u64,
    /// What was not as it must be, if anything.
    pub violations: Vec<String>,
    /// The root of the last state.
    pub state_root: Hash,
}

/// What became of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incentives {
    /// Whether money was conserved in all of them.
    pub ok: bool,
    /// What was not as it must be, if anything.
    pub violations: Vec<String>,
    /// Where all chance came from.
    pub seed: u64,
    /// Each of them.
    pub attacks: Vec<Played>,
}

/// Plays scenes, each from the same seed, and counts so many epochs of each; tells each when
/// it is over.
pub fn incentives(
    scenes: &[Scene],
    seed: u64,
    epochs: u64,
    mut tell: impl FnMut(&Played),
) -> Incentives {
    let mut attacks = Vec::new();
    for scene in scenes {
        let played = play(scene, seed, epochs);
        tell(&played);
        attacks.push(played);
    }
    let named = |played: &Played| {
        let name = played.name;
        played.violations.iter().map(move |text| format!("{name}: {text}")).collect::<Vec<_>>()
    };
    let violations: Vec<String> = attacks.iter().flat_map(named).collect();
    Incentives { ok: violations.is_empty(), violations, seed, attacks }
}

/// Plays a scene.
#[must_use]
pub fn play(scene: &Scene, seed: u64, epochs: u64) -> Played {
    let mut dice = Dice::new(seed);
    let mut people = People::new(scene, seed, &mut dice);
    let mut chain = Chain::new(&market::genesis(&people));
    let mut tally = Tally::begin(&chain, &people);
    let (mut violations, mut over) = (Vec::new(), 0);
    // Whoever is paid before the counting begins is not counted, so one tally replaces the other.
    while tally.epochs() < epochs || over < scene.warm_up {
        let receipts = match chain.run(&people.act(&chain, &mut dice)) {
            Ok(receipts) => receipts,
            Err(breach) => {
                let height = chain.height.0 + 1;
                violations.push(format!("block {height} can't be made: {breach}"));
                break;
            }
        };
        people.learn(&receipts);
        let Some(paid) = receipts.epochs.first() else { continue };
        over += 1;
        people.drift(&mut dice);
        violations.extend(tally.note((&chain, &people), paid).err());
        if let Err(error) = chain.audit() {
            violations.push(format!("block {}: {error}", chain.height));
        }
        if over == scene.warm_up {
            tally = Tally::begin(&chain, &people);
        }
    }
    let strategies = tally.close(&chain, &people);
    let recycled = weft_ledger::query::supply(&chain.state()).map_or(Rao::ZERO, |s| s.recycled);
    Played {
        name: scene.name,
        epochs: tally.epochs(),
        warm_up: scene.warm_up,
        attack: Loot::of(&strategies),
        recycled,
        refused: chain.refused,
        violations,
        state_root: chain.state().root(),
        strategies,
    }
}
