//! Why what a client handed in was not taken.

use weft_consensus::Stopped;
use weft_ledger::rules::{Breach, CallError};
use weft_mempool::PoolError;
use weft_types::Call;
use weft_types::check::TxError;

/// Why a transaction or a row of a client was not taken.
#[derive(Clone, Debug)]
pub enum Refused {
    /// By rules that are not known here nothing can be said of it (R21).
    Stopped(Stopped),
    /// It is wrong in itself.
    Tx(TxError),
    /// No block could carry it.
    Never(Box<Breach>, Box<Call>),
    /// It would fail.
    Call(CallError),
    /// The pool does not take it.
    Pool(PoolError),
    /// The state on which it was to be tried is not kept; nothing is taken for good untried.
    NoState,
}
