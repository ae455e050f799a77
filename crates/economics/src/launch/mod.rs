//! A launch from zero coins: who ends up with what.
//!
//! The real ledger runs block after block on the real state, with the numbers of the main
//! preset: a genesis that allocates nothing, voters with virtual stake, one subnet without
//! an owner, and people who register by stamp, mine, score, seek permits and offer
//! themselves as voters. Some of the miners are one attacker's.
//!
//! # What happens in a block
//!
//! 1. Whoever has no uid tries stamps (`people`): a core makes one scaled hash a block;
//!    chance decides in how many blocks one is found, and then a real one is searched for.
//! 2. Validators set their rows once a tempo, ask for permits and offer themselves.
//! 3. The block runs (`chain`): epochs pay, the virtual stake may fade.
//! 4. After each day the books are summed up, and what everybody has is noted (`day`).
//!
//! # What is simpler than the chain will be
//!
//! Nobody misses a slot, rows are plain rather than committed and revealed, difficulties
//! are divided by [`HASHES`], and transactions go unsigned (the ledger never sees
//! signatures; consents are signed). Every block carries every voter's share.
//!
//! Not here: consensus, networks and faults (`sim`).

pub(crate) mod chain;
pub(crate) mod day;
mod people;
mod plan;

use chain::Chain;
use people::People;
use serde::Serialize;
use weft_dice::Dice;
use weft_types::Hash;

pub use day::Day;
pub use plan::{DAY, HASHES, Launch, Side};

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Launched {
    /// Whether money was conserved on every day.
    pub ok: bool,
    /// What was not, if anything.
    pub violations: Vec<String>,
    /// What was played.
    pub plan: Launch,
    /// Who holds what after each day.
    pub days: Vec<Day>,
    /// The day on which candidates had enough stake and the virtual stake began to fall.
    pub bootstrap_ended: Option<u64>,
    /// The first day at whose end the attacker had a third of the power.
    pub attacker_third: Option<u64>,
    /// Registrations, those of who came again included.
    pub registrations: u64,
    /// Calls that no block took, of those that were sent.
    pub refused: u64,
    /// The root of the last state.
    pub state_root: Hash,
}

/// Plays a launch; tells each day when it is over.
///
/// A plan without a voter says so as its violation.
pub fn launch(plan: &Launch, mut tell: impl FnMut(&Day)) -> Launched {
    if plan.voters == 0 {
        let text = "there is no voter of genesis; name at least one".to_owned();
        return Launched { violations: vec![text], ..Launched::default() };
    }
    let mut dice = Dice::new(plan.seed);
    let mut people = People::new(plan, &mut dice);
    let mut chain = Chain::new(&people.genesis());
    let (mut days, mut violations) = (Vec::new(), Vec::new());
    for _ in 0..plan.days * DAY {
        let txs = people.act(&chain, &mut dice);
        match chain.run(&txs) {
            Ok(receipts) => people.learn(&receipts),
            Err(breach) => {
                violations.push(format!("block {} can't be made: {breach}", chain.height));
                break;
            }
        }
        if chain.height.0.is_multiple_of(DAY) {
            if let Err(error) = chain.audit() {
                violations.push(format!("block {}: {error}", chain.height));
            }
            let day = Day::of(&chain, &people);
            tell(&day);
            days.push(day);
        }
    }
    let third = |day: &&Day| day.attacker_power_ppm >= 333_334;
    Launched {
        ok: violations.is_empty(),
        violations,
        plan: plan.clone(),
        bootstrap_ended: chain.ended().map(|height| height.0 / DAY),
        attacker_third: days.iter().find(third).map(|day| day.day),
        registrations: people.registrations,
        refused: chain.refused,
        state_root: chain.state().root(),
        days,
    }
}
