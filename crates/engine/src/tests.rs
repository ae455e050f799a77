//! Tests of the engine as a whole: an engine that stands alone, and what it makes of what comes.

mod alone;
mod answers;
mod asks;
mod sent;
mod strange;
