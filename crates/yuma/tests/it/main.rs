//! What the crate promises, asked from outside: golden epochs of the live chain, the
//! scenarios of its own tests, a plain oracle in floats, properties, and case files.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that can't draw its subnet or read its file fails, and one that skips says so"
)]

mod case;
mod draw;
mod edges;
mod golden;
mod oracle;
mod properties;
mod scenarios;
mod shape;
