//! The node: IO around the engine, and the room that knows them all.
//!
//! One loop ([`node`]) gives the engine what happens (peers, clients, the checker, time) and
//! carries out what it wants. Nothing is decided here that a rule or the engine decides: this
//! room only moves things.

pub mod backend;
pub mod blocks;
pub mod chain;
pub mod checker;
pub mod clock;
pub mod config;
pub mod entropy;
pub mod error;
pub mod event;
pub mod genesis_pages;
pub mod health;
pub mod join;
pub mod metrics;
pub mod node;
pub mod record;
pub mod reference;
pub mod replay;
pub mod rules;
pub mod start;
pub mod trust;
pub mod turns;
pub mod watch;

mod answer;
mod clients;
mod disk;
mod markets;
mod network;
mod notes;
mod restore;
mod serve;
mod submit;
mod told;
mod trial;
