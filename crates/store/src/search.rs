//! Is there a whole record behind a bad one?
//!
//! A log that was torn by a crash has nothing whole behind the tear. One that has was
//! damaged where it stands: what follows was acknowledged, and must not be cut off with
//! the bad record. The length of a bad record can't be trusted, so every byte behind it
//! is tried; what does not look like a record (a length, a header) costs no checksum.

use crate::record::{self, At, Bad};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use weft_types::ChainId;

/// Bytes that are looked through at once.
const WINDOW: usize = 1 << 20;

/// The offset of the first whole record that begins behind `bad`, in a log that ends at
/// `end`.
pub fn whole_behind(file: &File, chain: &ChainId, bad: u64, end: u64) -> io::Result<Option<u64>> {
    let mut window = vec![0; WINDOW];
    let mut start = bad.saturating_add(1);
    loop {
        let left = end.saturating_sub(start);
        let count = usize::try_from(left).unwrap_or(WINDOW).min(WINDOW);
        let Some(places) = count.checked_sub(record::LEAST) else { return Ok(None) };
        let bytes = window.get_mut(..count).unwrap_or_default();
        file.read_exact_at(bytes, start)?;
        for (begin, head) in (start..).zip(bytes.windows(record::LEAST)) {
            if record::may_begin(head, end.saturating_sub(begin)) && is_whole(file, chain, begin)? {
                return Ok(Some(begin));
            }
        }
        start = start.saturating_add(u64::try_from(places).unwrap_or(u64::MAX)).saturating_add(1);
    }
}

fn is_whole(file: &File, chain: &ChainId, offset: u64) -> io::Result<bool> {
    match record::read(&mut At { file, offset }, chain, offset) {
        Ok(_) => Ok(true),
        Err(Bad::Record(_)) => Ok(false),
        Err(Bad::Io(e)) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{
        Canonical as _, Hash, Header, Height, PublicKey, Round, SecretKey, Slot, Work,
        check::seal_block,
    };

    const CHAIN: ChainId = Hash([7; 32]);

    fn block() -> Vec<u8> {
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(1),
            round: Round(1),
            height: Height(1),
            parent: CHAIN,
            proposer: PublicKey::default(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        let key = SecretKey::from_seed([1; 32]);
        seal_block(header, (&key, &CHAIN), vec![], None, vec![]).block().to_bytes()
    }

    #[test]
    fn a_whole_record_is_found_wherever_the_window_ends() {
        let block = block();
        let least = record::LEAST;
        for at in [2, WINDOW - least, WINDOW - least + 1, WINDOW - 1, WINDOW, 3 * WINDOW + 7] {
            let mut bytes = vec![0x11; at];
            let offset = u64::try_from(at).unwrap();
            bytes.extend(record::of(&CHAIN, offset, &block));
            let whole = u64::try_from(bytes.len()).unwrap();
            let file = tempfile::tempfile().unwrap();
            file.write_all_at(&bytes, 0).unwrap();
            assert_eq!(whole_behind(&file, &CHAIN, 0, whole).unwrap(), Some(offset), "{at}");
            // One byte short, or of another place, it is no record of this log.
            assert_eq!(whole_behind(&file, &CHAIN, 0, whole - 1).unwrap(), None, "{at}");
            file.write_all_at(&record::of(&CHAIN, offset + 1, &block), offset).unwrap();
            assert_eq!(whole_behind(&file, &CHAIN, 0, whole).unwrap(), None, "{at}");
        }
    }
}
