//! One record of the block log.
//!
//! ```text
//! record = length u32 | checksum 32 | canonical block
//! ```
//!
//! The checksum covers chain, offset, length and block, so that a record left over from
//! elsewhere is not read as one of this log.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt as _;
use weft_types::{Block, Canonical, ChainId, Domain, Hash, Header, SignedHeader};

/// Length and checksum before each block.
const HEAD: usize = 36;

/// A block begins with its signed header, which always takes as many bytes.
const SIGNED_HEADER_BYTES: usize = 274;

/// How many bytes a block may have.
const LENGTHS: RangeInclusive<usize> = SIGNED_HEADER_BYTES..=Block::MAX_BYTES;

/// Why a record can't be read.
pub enum Bad {
    /// It is torn or changed.
    Record(&'static str),
    /// The disk failed.
    Io(io::Error),
}

impl From<io::Error> for Bad {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            ErrorKind::UnexpectedEof => Self::Record("it breaks off"),
            _ => Self::Io(e),
        }
    }
}

fn checksum(chain: &ChainId, offset: u64, block: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(Domain::Record.key());
    hasher.update(chain.as_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(&u64::try_from(block.len()).unwrap_or(u64::MAX).to_le_bytes());
    hasher.update(block);
    Hash(hasher.finalize().into())
}

/// The record of an encoded block that stands at `offset`.
pub fn of(chain: &ChainId, offset: u64, block: &[u8]) -> Vec<u8> {
    let length = u32::try_from(block.len()).expect("a block has at most 5 MiB");
    let mut record = Vec::with_capacity(HEAD.saturating_add(block.len()));
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(checksum(chain, offset, block).as_bytes());
    record.extend_from_slice(block);
    record
}

/// How many bytes the record of an encoded block has.
pub fn bytes(block: &[u8]) -> u64 {
    u64::try_from(HEAD.saturating_add(block.len())).unwrap_or(u64::MAX)
}

/// Reads the block whose record begins at `offset`, where the reader stands.
pub fn read(from: &mut impl Read, chain: &ChainId, offset: u64) -> Result<Vec<u8>, Bad> {
    let mut head = [0; HEAD];
    from.read_exact(&mut head)?;
    let (length, sum) = head.split_at(4);
    let length = u32::from_le_bytes(length.try_into().expect("four bytes were split off"));
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if !LENGTHS.contains(&length) {
        return Err(Bad::Record("no block has its length"));
    }
    let mut block = vec![0; length];
    from.read_exact(&mut block)?;
    if checksum(chain, offset, &block).as_bytes() != sum {
        return Err(Bad::Record("it does not have its checksum"));
    }
    Ok(block)
}

/// The fewest bytes of a record.
pub const LEAST: usize = HEAD + SIGNED_HEADER_BYTES;

/// Whether a record could begin with these [`LEAST`] bytes, when so many are left.
pub fn may_begin(head: &[u8], left: u64) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<4>() else { return false };
    let length = u32::from_le_bytes(*length);
    let fits = u64::from(length).saturating_add(HEAD as u64) <= left;
    let is_block = usize::try_from(length).is_ok_and(|n| LENGTHS.contains(&n));
    // No chain of ours is ever that high; random bytes nearly always are.
    let low = |header: Header| header.version < 1 << 8 && header.height.0 < 1 << 32;
    fits && is_block && rest.get(HEAD - 4..).and_then(header_of).is_some_and(low)
}

/// The header of an encoded block, without a look at the rest.
pub fn header_of(block: &[u8]) -> Option<Header> {
    SignedHeader::from_bytes(block.get(..SIGNED_HEADER_BYTES)?).ok().map(|s| s.header)
}

/// Reads at a position of its own, so that readers don't disturb each other.
pub struct At<'a> {
    /// The file.
    pub file: &'a File,
    /// Where it reads next.
    pub offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(into, self.offset)?;
        self.offset = self.offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}
