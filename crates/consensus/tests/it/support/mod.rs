//! What the tests share: a toy executor, a language that draws chains, and a network
//! of cores.

pub mod draw;
pub mod net;
pub mod toy;
