//! What people do for money: the ledger alone, from zero coins over months ([`launch`]), and what
//! strategies of validators and miners earn ([`incentive`]).
//!
//! Blocks are run one after another by the node's own ledger, under a number for a clock; the same
//! plan gives the same end on any machine.
//!
//! Not here: consensus, network and faults (`sim`).

pub mod incentive;
pub mod launch;
