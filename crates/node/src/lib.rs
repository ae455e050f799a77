//! The node: the one room that knows them all.
//!
//! One loop ([`engine`]) owns consensus, ledger, mempool and store. Peers, clients and
//! the checker send it events; it calls the core, and carries out what the core wants.
//! Nothing is decided here that a rule decides: this room only moves things.

pub mod backend;
pub mod blocks;
pub mod chain;
pub mod checker;
pub mod config;
pub mod engine;
pub mod entropy;
pub mod error;
pub mod event;
pub mod final_record;
pub mod genesis_pages;
pub mod health;
pub mod join;
pub mod metrics;
pub mod offers;
pub mod peers;
pub mod reference;
pub mod relay;
pub mod remembered;
pub mod replay;
pub mod reports;
pub mod rows;
pub mod rules;
pub mod serve;
pub mod start;
pub mod trust;
pub mod turns;
pub mod watch;
pub mod wire;

mod answer;
mod inbound;
mod keep;
mod markets;
mod outbound;
mod restore;
mod submit;
mod told;
mod trial;
