//! The simulator: many voters of the real consensus core, ledger and mempool under one
//! seeded clock and network (protocol, section 12).
//!
//! Nothing here waits, sleeps or reads a clock: time is a number, every message and
//! timer is an event in one ordered queue, and everything that chance decides comes
//! from one generator. The same [`Plan`] gives the same run, to the last message, on
//! any machine; [`Report::trace_hash`] says so.
//!
//! # What happens, in order
//!
//! 1. A small chain is made ([`world`]): N voters of equal power, miners, rich accounts.
//! 2. Events are taken in the order of their times ([`agenda`]): messages arrive, cores
//!    wake, nodes crash in the middle of what they do and start from what their disk
//!    holds ([`disk`], [`faults`]), people submit transfers, voters queue rows ([`load`]).
//! 3. What a core wants done is done as a node would ([`effects`]): blocks are logged,
//!    votes synced before they leave, what was accepted is forwarded once ([`net`]).
//! 4. After every message, block and effect the observer, who sees all nodes, looks for
//!    a broken promise ([`watch`]).
//! 5. At the end faults stop, and all nodes must make a new block final within a bound.
//!
//! [`launch`] is an instrument of its own: the ledger alone, from zero coins over months.
//! [`incentive`] is another: what attackers of the reward rules earn, epoch after epoch.
//!
//! A planted bug ([`Planted`]) is the harness's own behaviour: it misuses a key or loses
//! a file. It shows that the observer can see what it looks for.

pub mod agenda;
mod cabal;
mod crashes;
pub mod dice;
pub mod disk;
mod effects;
pub mod faults;
mod first_state;
mod gossip;
pub mod hunt;
pub mod incentive;
pub mod launch;
mod load;
pub mod net;
pub mod node;
pub mod plan;
pub mod profiles;
pub mod report;
mod run;
pub mod scenario;
pub mod seals;
pub mod trace;
pub mod twins;
pub mod watch;
pub mod world;

pub use plan::Plan;
pub use report::Report;
pub use run::run;
