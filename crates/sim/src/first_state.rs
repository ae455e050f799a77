//! The first state of a simulated chain: that of its genesis, or one in which voters have
//! trust, which a genesis can't say.

use crate::plan::Trust;
use std::collections::BTreeSet;
use weft_dice::Dice;
use weft_ledger::forks::Forks;
use weft_ledger::state::{Base, Entry, Key, Seed, Value};
use weft_types::{Genesis, Hash, PublicKey};

/// Chains of a simulation have no enemies who choose keys: any seed of the map will do.
pub const SEED: Seed = Seed([7; 4]);

/// How a state is made, once for every node and start.
pub struct FirstState(Option<(Vec<Entry>, Hash)>);

impl FirstState {
    /// The first state of a chain whose voters are trusted so.
    pub fn new(
        genesis: &Genesis,
        trust: Trust,
        byzantine: &BTreeSet<PublicKey>,
        dice: &mut Dice,
    ) -> Self {
        if trust == Trust::None {
            return Self(None);
        }
        let mut entries = entries(&plain(genesis));
        for entry in &mut entries {
            let Value::Chain(chain) = &mut entry.value else { continue };
            for voter in &mut chain.voters.current.voters {
                let most = u64::from(u16::MAX);
                let lot = u16::try_from(dice.between(0, most)).unwrap_or(u16::MAX);
                voter.trust = match trust {
                    Trust::Gamed | Trust::Uneven if byzantine.contains(&voter.key) => u16::MAX,
                    Trust::Gamed => 0,
                    _ => lot,
                };
            }
        }
        let base = Base::restore(entries.iter().cloned(), SEED).expect("a state's own entries");
        let root = base.view(Vec::new()).root();
        Self(Some((entries, root)))
    }

    /// All its values.
    pub fn entries(&self, genesis: &Genesis) -> Vec<Entry> {
        self.0.as_ref().map_or_else(|| entries(&plain(genesis)), |(entries, _)| entries.clone())
    }

    /// The state, with nothing upon it.
    pub fn forks(&self, genesis: &Genesis) -> Forks {
        let Some((entries, root)) = &self.0 else { return plain(genesis) };
        let at = (genesis.block_hash(), *root);
        Forks::restore(genesis, at, entries.iter().cloned(), SEED).expect("a state's own entries")
    }
}

fn entries(forks: &Forks) -> Vec<Entry> {
    let entry =
        |(key, slot, value): (&Key, u32, &Value)| Entry { key: *key, slot, value: value.clone() };
    forks.entries().map(entry).collect()
}

fn plain(genesis: &Genesis) -> Forks {
    Forks::new(genesis, SEED).expect("the genesis made here is good")
}
