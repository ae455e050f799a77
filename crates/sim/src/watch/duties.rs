//! The voter's own work: offences that an honest voter saw are reported (R17), and its offer to vote
//! lands when it is due (R13), also when nodes were restarted in between.

use crate::disk::WRITTEN_MS;
use std::collections::{BTreeMap, BTreeSet};
use weft_ledger::forks::FinalBlock;
use weft_types::{Call, CheckedBlock, Evidence, Offence, PublicKey};

/// The most offences of one hotkey of which each must be reported: as many wait in a node and in a
/// pool. Of more the earliest go first, and what finds no room is seen by others or never.
const FEW: usize = 4;

/// An offence, as R17 names it.
pub type Name = (PublicKey, Offence);

/// An offence that was seen.
#[derive(Clone, Debug)]
pub struct Offended {
    /// By which nodes, and when.
    pub by: BTreeMap<usize, u64>,
    /// What shows it.
    pub evidence: Evidence,
}

/// What voters have to do.
#[derive(Debug, Default)]
pub struct Duties {
    /// Offences that were seen.
    pub seen: BTreeMap<Name, Offended>,
    /// Those that final blocks report.
    pub reported: BTreeSet<Name>,
    /// Since which slot the offer of a node is due.
    pub due: BTreeMap<usize, u64>,
}

impl Duties {
    /// The node of an honest voter sees an offence.
    pub fn saw(&mut self, node: usize, time: u64, evidence: &Evidence) {
        let Ok(offence) = evidence.offence() else { return };
        let name = (evidence.offender(), offence);
        let new = || Offended { by: BTreeMap::new(), evidence: evidence.clone() };
        self.seen.entry(name).or_insert_with(new).by.entry(node).or_insert(time);
    }

    /// A node dies: what it saw just now is nowhere.
    pub fn died(&mut self, node: usize, now: u64) {
        for seen in self.seen.values_mut() {
            if seen.by.get(&node).is_some_and(|time| time + WRITTEN_MS > now) {
                seen.by.remove(&node);
            }
        }
        self.seen.retain(|_, seen| !seen.by.is_empty());
    }

    /// A node has lost all that it had.
    pub fn forgot(&mut self, node: usize) {
        self.seen.values_mut().for_each(|seen| seen.by.retain(|by, _| *by != node));
        self.seen.retain(|_, seen| !seen.by.is_empty());
    }

    /// A block became final, for the first time.
    pub fn settled(&mut self, known: &CheckedBlock, block: &FinalBlock) {
        for (tx, receipt) in known.block().txs.iter().zip(&block.receipts.txs) {
            if let Call::ReportEvidence { evidence } = &tx.body.call
                && receipt.result.is_ok()
                && let Ok(offence) = evidence.offence()
            {
                self.reported.insert((evidence.offender(), offence));
            }
        }
    }

    /// What was seen before a time, of hotkeys of which few were, and is in no final block.
    pub fn open(&self, before: u64) -> impl Iterator<Item = &Offended> {
        let mut counts: BTreeMap<PublicKey, usize> = BTreeMap::new();
        for (offender, _) in self.seen.keys() {
            *counts.entry(*offender).or_default() += 1;
        }
        let open = self.seen.iter().filter(|(name, _)| !self.reported.contains(*name));
        let open = open.filter(move |(name, _)| counts.get(&name.0).is_none_or(|n| *n <= FEW));
        open.map(|(_, seen)| seen).filter(move |seen| seen.by.values().any(|time| *time < before))
    }
}
