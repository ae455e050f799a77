//! The state room: names, values, reading and writing, the tree over all of it, and
//! the unfinal blocks as layers.
//!
//! Not here: any rule about what may be written; that is `rules`.

pub mod changes;
pub mod key;
pub mod value;

pub use changes::{Changes, Read, Scratch};
pub use key::Key;
pub use value::Value;

/// Fixed-width little-endian bincode (R2), private to this room.
fn encode<T: bincode::Encode>(value: &T) -> Vec<u8> {
    let config = bincode::config::standard().with_little_endian().with_fixed_int_encoding();
    bincode::encode_to_vec(value, config)
        .expect("writing to memory fails for no type that is encoded here")
}
