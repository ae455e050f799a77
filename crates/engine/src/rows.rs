//! The voter's rows, from its operator, offered to the core so that the shares
//! of this node carry work.
//!
//! Where rows are plain, once a tempo. Where they are committed, once an epoch: the
//! commitment of this epoch's row, and the reveal of an earlier one whose epoch has come.
//! What clients hand in and what is committed to is written before it is acknowledged or leaves
//! ([`Kept`]), so that a node that was restarted knows both. A commitment's salt is derived from
//! the voter's key, the subnet, the epoch and the row: the same row gives the same commitment.

use crate::kept::Kept;
use std::collections::{BTreeMap, BTreeSet};
use weft_ledger::query::market::RowDesk;
use weft_ledger::rules::CallError;
use weft_types::hash::{Domain, Hash};
use weft_types::{Canonical, Commitment, Height, Item, Netuid, PublicKey, Reveal, WeightRow};

/// The most rows of a file.
const ROWS: usize = 256;

/// The most reveals that are remembered.
const REVEALS: usize = 4_096;

/// Rows and when they were last offered.
#[derive(Default)]
pub struct Rows {
    /// One for each subnet, from the file or, newer, from a client.
    file: Vec<WeightRow>,
    /// Those of which a client handed the row in.
    handed: BTreeSet<Netuid>,
    /// The rows of the file.
    digest: Hash,
    offered: Option<Height>,
    /// Whose they are.
    voter: PublicKey,
    /// What salts are derived from.
    secret: Hash,
    /// Why rows can't count.
    faults: BTreeMap<Netuid, String>,
    /// The epochs whose commitment or reveal was offered.
    committed: BTreeMap<Netuid, u64>,
    revealed: BTreeMap<Netuid, u64>,
    /// What was committed to, by hash, and in which epoch.
    reveals: BTreeMap<Hash, (u64, Reveal)>,
    /// Whether what is kept has changed.
    has_news: bool,
}

/// Why rows are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// There are too many.
    #[error("{rows} rows, {ROWS} are allowed")]
    TooMany {
        /// How many there are.
        rows: usize,
    },
    /// One can never count.
    #[error("the row of subnet {netuid}: {}: {fault}", fault.name())]
    Row {
        /// Its subnet.
        netuid: Netuid,
        /// Why.
        fault: CallError,
    },
}

/// What can be said of a row without any state.
fn shape(row: &WeightRow) -> Result<(), CallError> {
    let (uids, values) = (row.uids.len(), row.values.len());
    if uids != values {
        return Err(CallError::WeightVecNotEqualSize { uids, values });
    }
    let falls = row.uids.iter().zip(row.uids.iter().skip(1)).find(|(a, b)| a >= b);
    falls.map_or(Ok(()), |(_, uid)| Err(CallError::DuplicateUids { uid: *uid }))
}

impl Rows {
    /// Rows of a voter. `seed` is its key's.
    ///
    /// # Errors
    /// [`RowFault`] names the row that can never count.
    pub fn of(file: Vec<WeightRow>, seed: &[u8; 32]) -> Result<Self, RowFault> {
        let secret = Hash::of(Domain::Commitment, seed);
        if file.len() > ROWS {
            return Err(RowFault::TooMany { rows: file.len() });
        }
        let bad = file.iter().find_map(|row| Some((row.netuid, shape(row).err()?)));
        match bad {
            Some((netuid, fault)) => Err(RowFault::Row { netuid, fault }),
            None => {
                let bytes: Vec<u8> = file.iter().flat_map(Canonical::to_bytes).collect();
                let digest = Hash::of(Domain::Commitment, &bytes);
                Ok(Self { file, secret, digest, ..Self::default() })
            }
        }
    }

    /// Takes back what was kept. Of a subnet whose row stands in a file that was changed since,
    /// the file's counts.
    pub fn recall(&mut self, kept: Kept, voter: &PublicKey) {
        self.voter = *voter;
        if kept.voter != *voter {
            return; // Another's, or nothing was kept.
        }
        let is_same = kept.file == self.digest;
        for row in kept.rows {
            let is_in_file = self.file.iter().any(|old| old.netuid == row.netuid);
            if is_same || !is_in_file {
                self.set(row);
            }
        }
        let reveals = kept.reveals.into_iter();
        self.reveals = reveals.map(|(at, r)| (r.commitment(voter), (at, r))).collect();
        // Of a file that was changed the rows before are never to come back.
        self.has_news = !is_same;
    }

    /// What is to be kept, when it has changed.
    pub fn news(&mut self) -> Option<Kept> {
        std::mem::take(&mut self.has_news).then(|| Kept {
            voter: self.voter,
            file: self.digest,
            rows: self.file.iter().filter(|r| self.handed.contains(&r.netuid)).cloned().collect(),
            reveals: self.reveals.values().cloned().collect(),
        })
    }

    /// Why rows can't count in the state of the head as they are, by subnet.
    #[must_use]
    pub const fn faults(&self) -> &BTreeMap<Netuid, String> {
        &self.faults
    }

    /// Looks at all rows on a state; those that can't count there are not offered. Says what is
    /// new.
    pub fn look(&mut self, fits: impl Fn(&WeightRow) -> Result<(), CallError>) {
        let fault = |row: &WeightRow| {
            let fault = fits(row).err()?;
            Some((row.netuid, format!("{}: {fault}", fault.name())))
        };
        self.faults = self.file.iter().filter_map(fault).collect();
    }

    /// Takes a row in place of the one for its subnet; it is offered at once.
    pub fn set(&mut self, row: WeightRow) {
        self.file.retain(|old| old.netuid != row.netuid);
        self.handed.insert(row.netuid);
        self.file.push(row);
        if self.file.len() > ROWS {
            let gone = self.file.remove(0);
            self.handed.remove(&gone.netuid);
        }
        (self.offered, self.has_news) = (None, true);
    }

    /// The subnets of which the voter's shares carry a row, as far as it can count.
    #[must_use]
    pub fn carried(&self) -> BTreeSet<Netuid> {
        let all = self.file.iter().map(|row| row.netuid);
        all.filter(|netuid| !self.faults.contains_key(netuid)).collect()
    }

    /// How many rows there are; the oldest goes when there are too many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.file.len()
    }

    /// The items to offer at this height, given what the voter must know of each subnet:
    /// plain rows all together once a tempo, commitments and reveals once an epoch.
    pub fn due(
        &mut self,
        height: Height,
        voter: &PublicKey,
        desk: impl Fn(Netuid) -> Option<RowDesk>,
    ) -> Vec<Item> {
        let good = |row: &&WeightRow| !self.faults.contains_key(&row.netuid);
        let desks: Vec<_> = self
            .file
            .iter()
            .filter(good)
            .filter_map(|row| Some((row.clone(), desk(row.netuid)?)))
            .collect();
        let (hidden, plain): (Vec<_>, Vec<_>) =
            desks.into_iter().partition(|(_, desk)| desk.commit_reveal);
        let mut items = self.plain(height, &plain);
        let promised = self.reveals.values().map(|(_, reveal)| reveal.netuid);
        let netuids: BTreeSet<_> = promised.chain(hidden.iter().map(|(r, _)| r.netuid)).collect();
        for netuid in netuids {
            let row = hidden.iter().find(|(row, _)| row.netuid == netuid).map(|(row, _)| row);
            let Some(desk) = desk(netuid) else { continue };
            self.forget(netuid, &desk);
            items.extend(self.reveal(netuid, row, &desk, voter));
            items.extend(row.and_then(|row| self.commit(row, &desk, voter)));
        }
        items
    }

    fn plain(&mut self, height: Height, rows: &[(WeightRow, RowDesk)]) -> Vec<Item> {
        let Some(shortest) = rows.iter().map(|(_, desk)| desk.tempo).min() else {
            return Vec::new();
        };
        if self.offered.is_some_and(|last| height.since(last) < shortest) {
            return Vec::new();
        }
        self.offered = Some(height);
        rows.iter().map(|(row, _)| Item::Row(row.clone())).collect()
    }

    /// Forgets what was committed to and does not stand any more: it was revealed, or can't be. A
    /// commitment may land in the epoch after the one that it was made in.
    fn forget(&mut self, netuid: Netuid, desk: &RowDesk) {
        let before = self.reveals.len();
        let stands = |hash: &Hash| desk.live.iter().any(|commit| commit.hash == *hash);
        self.reveals.retain(|hash, (epoch, reveal)| {
            reveal.netuid != netuid || epoch.saturating_add(1) >= desk.epoch || stands(hash)
        });
        self.has_news |= before > self.reveals.len();
    }

    /// The commitment of this epoch, unless it was offered or stands already.
    fn commit(&mut self, row: &WeightRow, desk: &RowDesk, voter: &PublicKey) -> Option<Item> {
        let (netuid, epoch) = (row.netuid, desk.epoch);
        let stands = desk.live.iter().any(|commit| commit.epoch == epoch);
        if stands || self.committed.get(&netuid) == Some(&epoch) {
            return None;
        }
        self.committed.insert(netuid, epoch);
        let reveal = self.hidden(row, epoch);
        let hash = reveal.commitment(voter);
        if self.reveals.len() >= REVEALS {
            let oldest = self.reveals.iter().min_by_key(|(_, (epoch, _))| *epoch);
            let oldest = oldest.map(|(hash, _)| *hash);
            oldest.map(|hash| self.reveals.remove(&hash));
        }
        self.reveals.insert(hash, (epoch, reveal));
        self.has_news = true;
        Some(Item::Commit(Commitment { netuid, hash, at: Height::ZERO }))
    }

    /// What was committed to for this epoch, unless it was offered.
    fn reveal(
        &mut self,
        netuid: Netuid,
        row: Option<&WeightRow>,
        desk: &RowDesk,
        voter: &PublicKey,
    ) -> Option<Item> {
        let epoch = desk.epoch;
        let due = desk.live.iter().find(|commit| commit.reveal_epoch == epoch)?;
        if self.revealed.get(&netuid) == Some(&epoch) {
            return None;
        }
        let known = self.reveals.get(&due.hash).map(|(_, reveal)| reveal.clone());
        // Where nothing was kept: the same row gives the same commitment.
        let again =
            || Some(self.hidden(row?, due.epoch)).filter(|r| r.commitment(voter) == due.hash);
        let reveal = known.or_else(again)?;
        self.revealed.insert(netuid, epoch);
        Some(Item::Reveal(reveal))
    }

    /// A row with its salt for an epoch.
    fn hidden(&self, row: &WeightRow, epoch: u64) -> Reveal {
        let seen = WeightRow { view: Height(epoch), ..row.clone() };
        let mut bytes = self.secret.0.to_vec();
        bytes.extend(seen.to_bytes());
        let salt = Hash::of(Domain::Commitment, &bytes).0.first_chunk().copied();
        let salt = salt.expect("a hash is longer than a salt");
        Reveal {
            netuid: row.netuid,
            uids: row.uids.clone(),
            values: row.values.clone(),
            salt,
            version_key: row.version_key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_ledger::query::market::LiveCommit;
    use weft_types::Uid;

    fn row(netuid: u16) -> WeightRow {
        let (uids, values) = (vec![Uid(0)], vec![1]);
        WeightRow { netuid: Netuid(netuid), uids, values, version_key: 0, view: Height::ZERO }
    }

    const ME: PublicKey = PublicKey([7; 32]);

    fn open(_: Netuid) -> Option<RowDesk> {
        Some(RowDesk { tempo: 20, commit_reveal: false, epoch: 0, live: Vec::new() })
    }

    fn hidden(epoch: u64, live: Vec<LiveCommit>) -> impl Fn(Netuid) -> Option<RowDesk> {
        move |_| Some(RowDesk { tempo: 20, commit_reveal: true, epoch, live: live.clone() })
    }

    #[test]
    fn rows_are_offered_at_once_and_then_once_a_tempo() {
        let mut rows = Rows::default();
        rows.set(row(1));
        rows.set(row(2));
        assert_eq!(rows.due(Height(5), &ME, open).len(), 2);
        assert!(rows.due(Height(24), &ME, open).is_empty());
        assert_eq!(rows.due(Height(25), &ME, open).len(), 2);
        rows.set(row(2));
        assert_eq!(rows.due(Height(26), &ME, open).len(), 2, "a new row goes out at once");
    }

    #[test]
    fn what_was_committed_to_is_revealed_in_its_epoch_also_after_a_restart() {
        let mut rows = Rows::default();
        rows.set(row(1));
        let first = rows.due(Height(5), &ME, hidden(3, Vec::new()));
        let [Item::Commit(commitment)] = first.as_slice() else { panic!("{first:?}") };
        assert!(rows.due(Height(6), &ME, hidden(3, Vec::new())).is_empty(), "once an epoch");
        let live = LiveCommit { hash: commitment.hash, epoch: 3, reveal_epoch: 4 };
        assert!(rows.due(Height(7), &ME, hidden(3, vec![live])).is_empty(), "not its epoch");
        let mut restarted = Rows::default();
        restarted.set(row(1));
        for rows in [&mut rows, &mut restarted] {
            let items = rows.due(Height(25), &ME, hidden(4, vec![live]));
            let [Item::Reveal(reveal), Item::Commit(next)] = items.as_slice() else {
                panic!("{items:?}")
            };
            assert_eq!(reveal.commitment(&ME), commitment.hash);
            assert_ne!(next.hash, commitment.hash, "a salt of its own for each epoch");
        }
    }

    /// A planted bug that this finds: what was committed to is known only while the process lives.
    #[test]
    fn what_was_committed_to_is_revealed_after_a_restart_though_the_row_has_changed() {
        let mut rows = Rows::default();
        rows.recall(Kept::default(), &ME);
        rows.set(row(1));
        let first = rows.due(Height(5), &ME, hidden(3, Vec::new()));
        let [Item::Commit(commitment)] = first.as_slice() else { panic!("{first:?}") };
        rows.set(WeightRow { values: vec![9], ..row(1) });
        let kept = rows.news().expect("it is to be written");
        assert!(rows.news().is_none(), "once");
        let mut restarted = Rows::default();
        restarted.recall(Kept::from_bytes(&kept.to_bytes()).unwrap(), &ME);
        assert!(restarted.news().is_none(), "it stands already");
        let live = LiveCommit { hash: commitment.hash, epoch: 3, reveal_epoch: 4 };
        let items = restarted.due(Height(25), &ME, hidden(4, vec![live]));
        let [Item::Reveal(reveal), Item::Commit(_)] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(reveal.commitment(&ME), commitment.hash);
        assert_eq!(reveal.values, [1], "the row of then");
        let later = restarted.due(Height(65), &ME, hidden(6, Vec::new()));
        assert!(matches!(later.as_slice(), [Item::Commit(_)]), "{later:?}");
        assert_eq!(restarted.news().map(|kept| kept.reveals.len()), Some(1), "old ones are gone");
    }

    /// A commitment that rides into the next epoch stands as that epoch's.
    #[test]
    fn what_lands_an_epoch_later_than_it_was_committed_to_is_revealed_an_epoch_later() {
        let mut rows = Rows::default();
        rows.set(row(1));
        let first = rows.due(Height(5), &ME, hidden(3, Vec::new()));
        let [Item::Commit(commitment)] = first.as_slice() else { panic!("{first:?}") };
        // The next epoch has begun, and it is not there yet; then it is, as that epoch's.
        rows.due(Height(6), &ME, hidden(4, Vec::new()));
        let live = LiveCommit { hash: commitment.hash, epoch: 4, reveal_epoch: 5 };
        let items = rows.due(Height(25), &ME, hidden(5, vec![live]));
        assert!(matches!(items.as_slice(), [Item::Reveal(_), Item::Commit(_)]), "{items:?}");
    }

    #[test]
    fn a_promise_is_kept_though_the_row_of_its_subnet_is_gone() {
        let mut rows = Rows::default();
        rows.recall(Kept::default(), &ME);
        rows.set(row(1));
        let first = rows.due(Height(5), &ME, hidden(3, Vec::new()));
        let [Item::Commit(commitment)] = first.as_slice() else { panic!("{first:?}") };
        let kept = rows.news().unwrap();
        let mut empty = Rows::default();
        empty.recall(Kept { rows: Vec::new(), ..kept.clone() }, &ME);
        let live = LiveCommit { hash: commitment.hash, epoch: 3, reveal_epoch: 4 };
        let items = empty.due(Height(25), &ME, hidden(4, vec![live]));
        assert!(matches!(items.as_slice(), [Item::Reveal(_)]), "{items:?}");
        let mut other = Rows::default();
        other.recall(kept, &PublicKey([8; 32]));
        assert_eq!(other.count(), 0, "another voter's rows");
    }

    #[test]
    fn a_row_of_a_client_outlives_a_restart_and_gives_way_to_a_file_that_was_changed() {
        let file = |value| {
            let row = WeightRow { values: vec![value], ..row(1) };
            Rows::of(vec![row], &[0; 32]).unwrap()
        };
        let mut rows = file(1);
        rows.recall(Kept::default(), &ME);
        rows.set(WeightRow { values: vec![5], ..row(1) });
        rows.set(row(2));
        let kept = rows.news().unwrap();
        for (mut again, value) in [(file(1), 5), (file(2), 2)] {
            again.recall(kept.clone(), &ME);
            let of = |netuid| again.file.iter().find(|r| r.netuid == Netuid(netuid)).unwrap();
            assert_eq!((of(1).values.clone(), of(2).values.clone()), (vec![value], vec![1]));
        }
    }

    /// F5
    #[test]
    fn a_row_that_can_never_count_is_refused_where_it_is_handed_in_and_not_offered() {
        let read = |uids: &[u16], values: &[u16]| {
            let (uids, values) = (uids.iter().map(|u| Uid(*u)).collect(), values.to_vec());
            let row = WeightRow { uids, values, ..row(1) };
            Rows::of(vec![row], &[0; 32]).map(|rows| rows.count()).map_err(|e| e.to_string())
        };
        assert_eq!(read(&[0, 4], &[1, 2]), Ok(1));
        for (uids, values, name) in [
            (&[0, 4][..], &[1][..], "WeightVecNotEqualSize"),
            (&[4, 4], &[1, 2], "DuplicateUids"),
            (&[4, 0], &[1, 2], "DuplicateUids"),
        ] {
            let refused = read(uids, values).unwrap_err();
            assert!(refused.contains(name) && refused.contains("subnet 1"), "{refused}");
        }
        let mut rows = Rows::default();
        rows.set(row(1));
        rows.set(row(77));
        rows.look(|row| match row.netuid {
            Netuid(77) => Err(CallError::SubnetNotExists { netuid: row.netuid }),
            _ => Ok(()),
        });
        assert_eq!(rows.due(Height(5), &ME, open).len(), 1);
        assert!(rows.faults()[&Netuid(77)].starts_with("SubnetNotExists: "));
        rows.look(|_| Ok(()));
        assert!(rows.faults().is_empty());
    }
}
