//! The vote file (R7): what a voter last signed, on disk before the signature leaves.
//!
//! ```text
//! preface, to 4096 | slot 0: record, the same record again | slot 1: likewise
//! record = sequence u64 | length u32 | bytes | checksum 32, to 4096
//! ```
//!
//! A record with sequence n goes to slot n mod 2 in one write and is synced before the
//! call returns, so a write that a crash tears leaves the record before it whole; that
//! one was the last whose signature can have left. Each record stands twice in its
//! slot, so one rotten page does not bring back an older vote either. What remains: both
//! copies of the newest record rotten at once look like a torn write.
//!
//! A voter without its file must not act as if it had never voted, so an absent or
//! unreadable file is [`VoteState::Lost`] until the owner records again.

use crate::error::StoreError;
use crate::preface::{self, Kind};
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use weft_types::{ChainId, Domain, Hash};

const PAGE: usize = 4_096;
const SLOT: usize = 2 * PAGE;
const FILE: usize = PAGE + 2 * SLOT;

/// The most bytes that one vote record may have.
pub const MAX_VOTE_BYTES: usize = PAGE - 8 - 4 - 32;

/// What the vote file said when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VoteState {
    /// The record that the directory was initialised with: nothing was ever signed.
    Fresh(Vec<u8>),
    /// The last record.
    Known(Vec<u8>),
    /// The file is missing or unreadable, for this reason: what was signed is not known
    /// (R7 says what a voter may do then).
    Lost(String),
}

/// The open vote file.
#[derive(Debug)]
pub struct VoteFile {
    path: PathBuf,
    chain: ChainId,
    /// `None` while the file is lost.
    file: Option<File>,
    sequence: u64,
}

fn checksum(chain: &ChainId, record: &[u8]) -> Hash {
    let mut bytes = chain.0.to_vec();
    bytes.extend_from_slice(record);
    Hash::of(Domain::Record, &bytes)
}

/// One slot: the record twice.
fn slot(chain: &ChainId, sequence: u64, vote: &[u8]) -> Vec<u8> {
    let length = u32::try_from(vote.len()).expect("a record is shorter than a page");
    let mut page = Vec::with_capacity(SLOT);
    page.extend_from_slice(&sequence.to_le_bytes());
    page.extend_from_slice(&length.to_le_bytes());
    page.extend_from_slice(vote);
    let sum = checksum(chain, &page);
    page.extend_from_slice(sum.as_bytes());
    page.resize(PAGE, 0);
    page.extend_from_within(..);
    page
}

fn slot_offset(sequence: u64) -> u64 {
    let slots = if sequence.is_multiple_of(2) { 0 } else { SLOT };
    u64::try_from(PAGE.saturating_add(slots)).expect("the file has five pages")
}

/// The record in a page, when it is whole.
fn read_page(chain: &ChainId, page: &[u8]) -> Option<(u64, Vec<u8>)> {
    let (sequence, rest) = page.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let vote = rest.get(..length)?;
    let sum = rest.get(length..length.checked_add(32)?)?;
    let summed = page.get(..length.checked_add(12)?)?;
    (checksum(chain, summed).as_bytes() == sum)
        .then(|| (u64::from_le_bytes(*sequence), vote.to_vec()))
}

/// A whole file that holds one record.
fn image(chain: &ChainId, sequence: u64, vote: &[u8]) -> Vec<u8> {
    let mut bytes = preface::of(Kind::Votes, chain);
    bytes.resize(FILE, 0);
    let at = usize::try_from(slot_offset(sequence)).expect("the file has five pages");
    let slot = slot(chain, sequence, vote);
    bytes.splice(at..at.saturating_add(SLOT), slot);
    bytes
}

fn fits(vote: &[u8]) -> Result<(), StoreError> {
    let (got, limit) = (vote.len(), MAX_VOTE_BYTES);
    if got > limit { Err(StoreError::VoteTooLong { got, limit }) } else { Ok(()) }
}

impl VoteFile {
    /// Writes the file of a voter that never voted.
    pub fn create(path: &Path, chain: &ChainId, first: &[u8]) -> Result<(), StoreError> {
        fits(first)?;
        preface::create(path, &image(chain, 0, first))
    }

    /// Opens the file and reads the last record.
    pub fn open(path: &Path, chain: ChainId) -> Result<(Self, VoteState), StoreError> {
        let path = path.to_owned();
        let lost = |path, reason: String| {
            tracing::error!(reason, "the vote file is lost");
            Ok((Self { path, chain, file: None, sequence: 0 }, VoteState::Lost(reason)))
        };
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return lost(path, "there is no vote file".to_owned());
            }
            Err(e) => return Err(StoreError::io("open", &path, e)),
        };
        match preface::check(&file, &path, Kind::Votes, &chain) {
            Err(e @ StoreError::Damaged { .. }) => return lost(path, e.to_string()),
            other => other?,
        }
        let bytes = fs::read(&path).map_err(|e| StoreError::io("read", &path, e))?;
        let pages = bytes.get(PAGE..).unwrap_or_default().chunks(PAGE);
        let last = pages.filter_map(|p| read_page(&chain, p)).max_by_key(|(sequence, _)| *sequence);
        let Some((sequence, vote)) = last else {
            return lost(path, "no record in the vote file has its checksum".to_owned());
        };
        let state = if sequence == 0 { VoteState::Fresh(vote) } else { VoteState::Known(vote) };
        Ok((Self { path, chain, file: Some(file), sequence }, state))
    }

    /// Writes a record and returns when it is on disk.
    pub fn record(&mut self, vote: &[u8]) -> Result<(), StoreError> {
        fits(vote)?;
        let sequence = self.sequence.checked_add(1).ok_or(StoreError::Stopped)?;
        let io = |doing, path: &Path| {
            let path = path.to_owned();
            move |e| StoreError::io(doing, &path, e)
        };
        if let Some(file) = &self.file {
            let slot = slot(&self.chain, sequence, vote);
            file.write_all_at(&slot, slot_offset(sequence)).map_err(io("write", &self.path))?;
            file.sync_data().map_err(io("sync", &self.path))?;
        } else {
            self.begin_again(sequence, vote)?;
        }
        self.sequence = sequence;
        Ok(())
    }

    /// Puts a new file in the place of a lost one, which is kept beside it.
    fn begin_again(&mut self, sequence: u64, vote: &[u8]) -> Result<(), StoreError> {
        if self.path.exists() {
            let aside = self.path.with_extension("damaged");
            fs::rename(&self.path, aside).map_err(|e| StoreError::io("rename", &self.path, e))?;
        }
        preface::create(&self.path, &image(&self.chain, sequence, vote))?;
        let file = OpenOptions::new().read(true).write(true).open(&self.path);
        self.file = Some(file.map_err(|e| StoreError::io("open", &self.path, e))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHAIN: ChainId = Hash([7; 32]);

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            VoteFile::create(&place.path(), &CHAIN, b"first").unwrap();
            place
        }
        fn path(&self) -> PathBuf {
            self.0.path().join("votes")
        }
        fn open(&self) -> (VoteFile, VoteState) {
            VoteFile::open(&self.path(), CHAIN).unwrap()
        }
        fn bytes(&self) -> Vec<u8> {
            fs::read(self.path()).unwrap()
        }
        /// What a node finds whose file has these bytes.
        fn found(&self, bytes: &[u8]) -> VoteState {
            fs::write(self.path(), bytes).unwrap();
            self.open().1
        }
    }

    fn vote(n: u64) -> Vec<u8> {
        format!("vote {n} {}", "x".repeat(usize::try_from(n % 5).unwrap() * 700)).into_bytes()
    }

    fn recorded(place: &Place, count: u64) -> Vec<u8> {
        let mut file = place.open().0;
        (1..=count).for_each(|n| file.record(&vote(n)).unwrap());
        place.bytes()
    }

    #[test]
    fn the_last_record_is_read_back_and_the_first_is_told_apart() {
        let place = Place::new();
        assert_eq!(place.open().1, VoteState::Fresh(b"first".to_vec()));
        for n in 1..=9 {
            place.open().0.record(&vote(n)).unwrap();
            assert_eq!(place.open().1, VoteState::Known(vote(n)));
        }
    }

    #[test]
    fn a_write_torn_anywhere_leaves_the_earlier_or_the_later_record() {
        for count in 1..=4 {
            let place = Place::new();
            let before = recorded(&place, count);
            let after = recorded(&place, count + 1);
            let (earlier, later) = (place.found(&before), place.found(&after));
            assert_ne!(earlier, later);
            for torn in (0..=FILE).step_by(61) {
                let front = [&after[..torn], &before[torn..]].concat();
                let back = [&before[..torn], &after[torn..]].concat();
                for bytes in [front, back] {
                    let found = place.found(&bytes);
                    assert!(found == earlier || found == later, "{count} {torn} {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_write_torn_within_its_first_bytes_or_between_sectors_is_never_garbage() {
        let place = Place::new();
        let before = recorded(&place, 2);
        let after = recorded(&place, 3);
        let (earlier, later) = (place.found(&before), place.found(&after));
        let at = usize::try_from(slot_offset(3)).unwrap();
        for torn in (at..at + 64).chain((at..at + SLOT).step_by(512)) {
            let found = place.found(&[&after[..torn], &before[torn..]].concat());
            assert!(found == earlier || found == later, "{torn} {found:?}");
        }
    }

    /// What a sector holds after a write that was torn.
    #[derive(Clone, Copy, Debug)]
    enum Sector {
        Old,
        New,
        Junk,
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_write_whose_sectors_land_in_any_order_leaves_the_earlier_or_the_later_record(
            count in 1_u64..4,
            sectors in proptest::collection::vec(
                prop_oneof![Just(Sector::Old), Just(Sector::New), Just(Sector::Junk)],
                SLOT / 512,
            ),
        ) {
            let place = Place::new();
            let before = recorded(&place, count);
            place.open().0.record(&vote(count + 1)).unwrap();
            let mut bytes = place.bytes();
            let (earlier, later) = (VoteState::Known(vote(count)), VoteState::Known(vote(count + 1)));
            let start = usize::try_from(slot_offset(count + 1)).unwrap();
            for (at, sector) in (start..).step_by(512).zip(sectors) {
                match sector {
                    Sector::Old => bytes[at..at + 512].copy_from_slice(&before[at..at + 512]),
                    Sector::New => {}
                    Sector::Junk => bytes[at..at + 512].fill(0xa5),
                }
            }
            let found = place.found(&bytes);
            prop_assert!(found == earlier || found == later, "{:?}", found);
        }
    }

    #[test]
    fn a_truncated_file_is_known_or_lost_but_never_garbage() {
        let place = Place::new();
        let whole = recorded(&place, 4);
        let (mut known, mut lost) = (0, 0);
        for length in (0..whole.len()).step_by(29) {
            match place.found(&whole[..length]) {
                VoteState::Known(found) => {
                    assert!(found == vote(3) || found == vote(4));
                    known += 1;
                }
                VoteState::Lost(_) => lost += 1,
                VoteState::Fresh(_) => panic!("a voter that voted looks fresh"),
            }
        }
        assert!(known > 0 && lost > 0, "{known} {lost}");
    }

    #[test]
    fn one_rotten_page_does_not_bring_back_an_older_vote() {
        let place = Place::new();
        let whole = recorded(&place, 4);
        for page in 1..5 {
            let mut rotten = whole.clone();
            rotten[page * PAGE..(page + 1) * PAGE].fill(0x55);
            assert_eq!(place.found(&rotten), VoteState::Known(vote(4)), "page {page}");
        }
    }

    #[test]
    fn a_missing_file_stays_lost_until_something_is_recorded() {
        let place = Place::new();
        fs::remove_file(place.path()).unwrap();
        assert!(matches!(place.open().1, VoteState::Lost(_)));
        assert!(matches!(place.open().1, VoteState::Lost(_)));
        place.open().0.record(b"again").unwrap();
        assert_eq!(place.open().1, VoteState::Known(b"again".to_vec()));
    }

    #[test]
    fn the_votes_of_another_chain_are_refused_and_not_taken_for_lost() {
        let place = Place::new();
        let other = VoteFile::open(&place.path(), Hash([8; 32]));
        assert!(matches!(other, Err(StoreError::OtherChain { .. })));
    }

    #[test]
    fn a_record_that_does_not_fit_is_refused_by_name() {
        let place = Place::new();
        let mut file = place.open().0;
        file.record(&vec![1; MAX_VOTE_BYTES]).unwrap();
        assert_eq!(place.open().1, VoteState::Known(vec![1; MAX_VOTE_BYTES]));
        let refused = file.record(&vec![1; MAX_VOTE_BYTES + 1]);
        assert!(matches!(refused, Err(StoreError::VoteTooLong { got: 4053, limit: 4052 })));
    }
}
