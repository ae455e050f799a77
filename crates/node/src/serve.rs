//! Blocks for peers, read by a worker: how many of those that the engine names one answer
//! holds.
//!
//! A block that can't be read from the log is answered as if we did not have it: a
//! peer's question never stops the node, and another peer has the block.

use crate::event::Event;
use prometheus_client::metrics::counter::Counter;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, mpsc};
use weft_consensus::PeerId;
use weft_engine::io::Places;
use weft_engine::serve::ANSWER_BYTES;
use weft_engine::wire::{Answer, Kind, pack};
use weft_gossip::Command;
use weft_reads::Reads;
use weft_reads::metrics::Metrics;
use weft_store::{Reader, StoreError, Stored};
use weft_types::{BlockHash, Canonical, Height};

/// Answers of a kind that are read at once: single blocks don't wait for chains.
const AT_ONCE: usize = 2;

/// Who reads. A peer has one answer of each kind at a time: no honest one asks for two, and
/// nobody takes the places of others.
pub(crate) struct Workers {
    singles: Arc<Semaphore>,
    chains: Arc<Semaphore>,
    under_way: Arc<Mutex<BTreeSet<(PeerId, Reading)>>>,
    log: Reader,
    metrics: Arc<Metrics>,
    commands: mpsc::Sender<Command>,
    events: mpsc::Sender<Event>,
}

/// What an answer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    Block,
    Chain,
}

impl Workers {
    /// Readers of this log that answer by these commands, and say here what they sent.
    pub(crate) fn new(
        reads: &Reads,
        commands: mpsc::Sender<Command>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let turns = || Arc::new(Semaphore::new(AT_ONCE));
        let (log, metrics) = (reads.log.clone(), Arc::clone(&reads.metrics));
        let (singles, chains) = (turns(), turns());
        Self { singles, chains, under_way: Arc::default(), log, metrics, commands, events }
    }

    /// Lets a worker find blocks in the log, read them and answer.
    pub(crate) fn serve(&self, to: PeerId, ticket: u64, places: Places) {
        let (kind, turns) = match places {
            Places::Block(_) => (Reading::Block, &self.singles),
            Places::Chain { .. } => (Reading::Chain, &self.chains),
        };
        let Some(place) = self.place(to, kind) else {
            return command(&self.commands, &self.metrics, Command::Busy { ticket });
        };
        let (log, turns, metrics) =
            (self.log.clone(), Arc::clone(turns), Arc::clone(&self.metrics));
        let (commands, events) = (self.commands.clone(), self.events.clone());
        tokio::spawn(async move {
            let data = read(log, places, turns, &metrics.unread).await;
            drop(place);
            let bytes = data.as_ref().map_or(0, Vec::len).try_into().unwrap_or(u64::MAX);
            command(&commands, &metrics, Command::Respond { ticket, data });
            // When the node is that far behind, the peer has these bytes for nothing.
            drop(events.try_send(Event::Engine(weft_engine::Event::Served { to, bytes })));
        });
    }

    /// A place for an answer, unless the peer has one of its kind under way.
    fn place(&self, to: PeerId, kind: Reading) -> Option<Place> {
        let under_way = Arc::clone(&self.under_way);
        let is_new = held(&under_way).insert((to, kind));
        is_new.then_some(Place { under_way, at: (to, kind) })
    }
}

/// An answer that is under way, until this is dropped.
struct Place {
    under_way: Arc<Mutex<BTreeSet<(PeerId, Reading)>>>,
    at: (PeerId, Reading),
}

impl Drop for Place {
    fn drop(&mut self) {
        held(&self.under_way).remove(&self.at);
    }
}

/// Nothing is done while it is held that could fail.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What gossip has no room for is lost, as any message on a network may be.
fn command(commands: &mpsc::Sender<Command>, metrics: &Metrics, command: Command) {
    if commands.try_send(command).is_err() {
        metrics.commands_lost.inc();
    }
}

/// An answer, when it is its turn; none when it could not be made.
async fn read(
    log: Reader,
    places: Places,
    turns: Arc<Semaphore>,
    unread: &Counter,
) -> Option<Vec<u8>> {
    let _turn = turns.acquire().await.ok()?;
    let read = tokio::task::spawn_blocking(move || gather(&find(&log, &places))).await;
    let (blocks, damage) = match read {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(%error, "reading blocks for a peer ended; it was told that they are not here");
            return None;
        }
    };
    if let Some(error) = damage {
        unread.inc();
        tracing::error!(%error, "a block in the log can't be read; a peer was told that it is not here");
    }
    Some(packed(blocks))
}

fn packed(blocks: Vec<Vec<u8>>) -> Vec<u8> {
    pack(Kind::Answer, &Answer::Blocks(blocks).to_bytes())
}

/// Where the named blocks are in the log, up to the first that is not there.
fn find(log: &Reader, places: &Places) -> Vec<Stored> {
    let (from, to) = places.finals();
    let finals = (from.0..to.0).map_while(|height| log.final_hash(Height(height)));
    let hashes: Vec<BlockHash> = finals.chain(places.blocks().iter().copied()).collect();
    hashes.iter().map_while(|hash| log.stored(hash)).collect()
}

/// The first of these blocks that fit into an answer, up to one that can't be read; why not is
/// said.
fn gather(found: &[Stored]) -> (Vec<Vec<u8>>, Option<StoreError>) {
    let (mut blocks, mut bytes) = (Vec::new(), 0_usize);
    for stored in found {
        match stored.bytes() {
            Ok(block) => {
                bytes = bytes.saturating_add(block.len());
                if bytes > ANSWER_BYTES && !blocks.is_empty() {
                    break;
                }
                blocks.push(block);
            }
            Err(error) => return (blocks, Some(error)),
        }
    }
    (blocks, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_store::Store;
    use weft_types::check::seal_block;
    use weft_types::{
        Block, ChainId, CheckedBlock, Hash, Header, PublicKey, Round, SecretKey, Slot, Work,
    };

    const CHAIN: ChainId = Hash([7; 32]);

    fn hash_of(block: &[u8]) -> BlockHash {
        Block::from_bytes(block).unwrap().hash()
    }

    fn line(count: u64) -> Vec<CheckedBlock> {
        let mut parent = CHAIN;
        let mut block = |height: u64| {
            let header = Header {
                version: 1,
                signal: weft_types::RulesId::NONE,
                slot: Slot(height),
                round: Round(height),
                height: Height(height),
                parent,
                proposer: PublicKey([3; 32]),
                txs_root: Hash::ZERO,
                proof_root: Hash::ZERO,
                state_root: Hash::ZERO,
                work: Work::ZERO,
            };
            let key = SecretKey::from_seed([1; 32]);
            let block = seal_block(header, (&key, &CHAIN), vec![], None, vec![]);
            parent = block.hash();
            block
        };
        (1..=count).map(&mut block).collect()
    }

    #[test]
    fn a_damaged_block_is_absent_for_a_peer_and_stops_nothing() {
        use std::os::unix::fs::FileExt as _;
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("data");
        Store::init(&dir, CHAIN, b"never voted").unwrap();
        let mut store = Store::open(&dir, CHAIN).unwrap().0;
        let blocks = line(3);
        blocks.iter().for_each(|block| store.append(block).unwrap());
        store.sync().unwrap();
        let log = std::fs::File::options().write(true).open(dir.join("blocks.log")).unwrap();
        let end = log.metadata().unwrap().len();
        log.write_all_at(&[0xff; 8], end - 8).unwrap();
        let hashes: Vec<_> = blocks.iter().map(CheckedBlock::hash).collect();
        // The first is final and named by its height; one that is not here ends the answer.
        store.mark_final(&hashes[0]).unwrap();
        let named = vec![hashes[1], hashes[2], Hash([9; 32])];
        let places = Places::Chain { finals: (Height(1), Height(2)), blocks: named };
        let found = find(store.reader(), &places);
        assert_eq!(found.len(), 3);
        let (read, damage) = gather(&found);
        assert_eq!(read.iter().map(|b| hash_of(b)).collect::<Vec<_>>(), hashes[..2]);
        let error = damage.expect("the damage is said");
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
    }
}
