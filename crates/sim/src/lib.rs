//! The simulator: many voters, each the engine that a node drives, under one seeded clock and
//! network (protocol, section 12).
//!
//! Nothing here waits, sleeps or reads a clock: time is a number, every message and
//! timer is an event in one ordered queue, and everything that chance decides comes
//! from one generator. The same [`Plan`] gives the same run, to the last message, on
//! any machine; [`Report::trace_hash`] says so.
//!
//! # What happens, in order
//!
//! 1. A [`profiles`] entry makes a [`plan`] of a seed, or a person writes one ([`scenario`]).
//! 2. A small chain is made (`world`): voters whose power and trust the plan says, nodes
//!    that join later, miners, rich accounts, an emission that halves while the run lasts.
//! 3. Events are taken in the order of their times (`agenda`): messages arrive, late, twice
//!    or never (`net`), cores wake, nodes crash in the middle of what they do and start
//!    from what their `disk` holds, people submit transfers, move stake and write rows.
//! 4. What an engine wants done is done in its order, as a node does it: blocks are logged, votes
//!    synced before they leave, what was accepted is forwarded once. A crash cuts the list.
//! 5. Byzantine voters act together: they hold their keys and sign what they like. So do former
//!    voters whose stake is out, and show another past to who slept (`former`).
//!    Strangers without stake lie, withhold, ask for everything or say nothing (`strangers`).
//! 6. After every message, block and effect the observer, who sees all nodes, looks for a
//!    broken promise (`watch`).
//! 7. At the end faults stop, and all honest nodes must make a new block final within a bound,
//!    and go on to do so while Byzantine voters go on ([`run`](fn@run)).
//!
//! [`hunt`] plays many seeds, [`twins`] voters whose keys run on two nodes each.
//!
//! Not here: what people do for money on the ledger alone (`economics`); bugs that the simulator
//! must find, which are planted in a copy of the sources by a test (`tests/planted.rs`).

mod after;
mod agenda;
mod asleep;
mod cabal;
mod checker;
mod checking;
mod checkpoint;
mod crashes;
mod disk;
mod effects;
mod faults;
mod first_state;
mod former;
mod gossip;
pub mod hunt;
mod judged;
mod load;
mod names;
mod net;
mod node;
mod other_past;
pub mod plan;
mod powers;
pub mod profiles;
mod report;
mod reveals;
mod run;
pub mod scenario;
mod seals;
mod slots;
mod strange;
mod strangers;
mod trace;
pub mod twins;
mod watch;
mod world;

pub use faults::Faults;
pub use plan::Plan;
pub use report::Report;
pub use run::run;
