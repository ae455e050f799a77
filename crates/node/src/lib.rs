//! The node: IO around the engine, and the room that knows them all.
//!
//! One loop ([`node`]) gives the engine what happens (peers, clients, the checker, time) and
//! carries out what it wants. Nothing is decided here that a rule or the engine decides: this
//! room only moves things.

pub mod backend;
pub mod checker;
pub mod clock;
pub mod entropy;
pub mod error;
pub mod event;
pub mod node;
pub mod replay;
pub mod rules;
pub mod start;
pub mod trust;
pub mod turns;
pub mod watch;

mod clients;
mod disk;
mod health;
mod network;
mod notes;
mod restore;
mod serve;
mod show;
