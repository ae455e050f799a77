//! The numbers of a chain under each of the rules that this program can run, and by which
//! rules a child of a state is run (R21).

use super::breach::Breach;
use super::reads;
use crate::state::Read;
use crate::state::value::{Chain, Change, RulesRecord};
use weft_types::check::{BlockError, TxError, block_fits_rules, fits_rules};
use weft_types::{ChainId, CheckedBlock, Genesis, Params, Rules, RulesId, TxBody, Version};

/// The constants of a chain, under all of its rules.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The chain's numbers under each of the rules that this program can run, those of
    /// genesis first.
    rules: Vec<(RulesId, Params)>,
    params: Params,
    /// What was checked before any state, by the widest of these.
    widest: Params,
    chain: ChainId,
}

impl Ledger {
    /// Those of a chain, whose genesis was checked.
    pub(super) fn of(genesis: &Genesis) -> Self {
        let params = genesis.params.clone();
        let rules = Rules::on(&genesis.rules).map(|rules| (rules.id(), rules.params(&params)));
        let (rules, chain, widest) = (rules.collect(), genesis.chain_id(), genesis.widest());
        Self { rules, params, widest, chain }
    }

    /// Which chain it is.
    pub(super) const fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// The chain's numbers under these rules; none when this program can't run them (R21).
    #[must_use]
    pub fn numbers(&self, id: &RulesId) -> Option<&Params> {
        self.rules.iter().find(|(known, _)| known == id).map(|(_, params)| params)
    }

    /// The rules of a child of a state, which says of itself to be `parent`, and the chain's
    /// numbers under them (R21): what every rule reads.
    pub(super) fn numbers_after(
        &self,
        state: &dyn Read,
        parent: &Chain,
    ) -> Result<(Version, &Params), Breach> {
        let rules = child_rules(&reads::rules(state), parent);
        let params = self.numbers(&rules.id).ok_or(Breach::UnknownRules(rules))?;
        Ok((rules, params))
    }

    /// The chain's numbers for a child of this state (R21): what is said of a state is said by
    /// them. Those of genesis where this program can't run its rules.
    #[must_use]
    pub fn numbers_of(&self, state: &dyn Read) -> &Params {
        let parent = reads::chain(state);
        let numbers = parent.and_then(|parent| self.numbers_after(state, &parent).ok());
        numbers.map_or(&self.params, |(_, params)| params)
    }

    /// The numbers of these rules, where they are narrower than what was checked before.
    fn narrower(&self, rules: Version) -> Option<&Params> {
        self.numbers(&rules.id).filter(|params| !params.checks_like(&self.widest))
    }

    /// Whether a transaction that was good by the widest numbers of all rules is so by these
    /// (R21).
    ///
    /// # Errors
    /// [`TxError`] says what is wrong with it.
    pub fn permits(&self, rules: Version, body: &TxBody) -> Result<(), TxError> {
        self.narrower(rules).map_or(Ok(()), |params| fits_rules(body, params))
    }

    /// The same of a whole block, with its sizes.
    ///
    /// # Errors
    /// [`BlockError`] says what is wrong with it.
    pub fn permits_block(&self, rules: Version, block: &CheckedBlock) -> Result<(), BlockError> {
        let chain = &self.chain;
        self.narrower(rules).map_or(Ok(()), |params| block_fits_rules(block, (params, chain)))
    }

    /// The chain's numbers as genesis says them.
    #[must_use]
    pub const fn params(&self) -> &Params {
        &self.params
    }
}

/// The rules that a child of a state is run by.
pub fn child_rules(rules: &RulesRecord, state: &Chain) -> Version {
    let now = rules.now;
    match rules.next {
        Some(next) if Some(next.due) == state.height.next() && !is_held(&next, state) => {
            Version { version: now.version.saturating_add(1), id: next.id }
        }
        _ => now,
    }
}

/// Whether a change can't happen after this state: the block that locked it in is not final
/// there, or a rotation waits.
fn is_held(next: &Change, state: &Chain) -> bool {
    state.finality.finalized.round < next.round || state.voters.previous.is_some()
}
