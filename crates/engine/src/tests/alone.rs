//! An engine for tests: one that is a chain of its own, with a peer that is up.

use crate::io::{Io, Note};
use crate::rows::Rows;
use crate::trust::Word;
use crate::{Engine, Event, Setup};
use weft_consensus::trust::{Awaited, Trust};
use weft_consensus::{Base, Config, Core, PeerId, VoteFile, VoteRecord};
use weft_ledger::forks::Forks;
use weft_ledger::state::Seed;
use weft_mempool::Bounds;
use weft_types::key::derive_test_key;
use weft_types::{Genesis, Millis, Network};

/// When slot 0 began.
pub const BEGAN: Millis = Millis(1_000_000);

/// The peer that is up.
pub const PEER: PeerId = PeerId(1);

/// An engine, its genesis, and what it wanted since it was last looked at.
pub struct Alone {
    pub engine: Engine,
    pub genesis: Genesis,
    pub now: Millis,
    pub charged: u64,
}

impl Alone {
    pub fn new() -> Self {
        Self::of(1, None)
    }

    /// The first of so many voters; it may await a block.
    pub fn of(voters: usize, awaited: Option<Awaited>) -> Self {
        Self::with(voters, awaited, |_| {})
    }

    /// The same, on a chain with other numbers.
    pub fn with(
        voters: usize,
        awaited: Option<Awaited>,
        change: impl FnOnce(&mut Genesis),
    ) -> Self {
        let key = derive_test_key("alone", "voter");
        let coldkey = derive_test_key("alone", "cold").public();
        let others = (1..voters).map(|n| derive_test_key("alone", &n.to_string()).public());
        let hotkeys = [key.public()].into_iter().chain(others);
        let hotkeys: Vec<_> = hotkeys.map(|hotkey| (hotkey, coldkey)).collect();
        let mut genesis = Genesis::fair(Network::Local, "alone", BEGAN, &hotkeys);
        change(&mut genesis);
        let forks = Forks::new(&genesis, Seed([0; 4])).unwrap();
        let base = Base::genesis(&genesis, forks.executed(&genesis.block_hash()).unwrap());
        let vote = VoteFile::Known(VoteRecord::default());
        let core = Core::new(Config::new(&genesis, Some(key.clone()), vote), forks, &base);
        let setup = Setup {
            core,
            key: Some(key),
            offers: true,
            rows: Rows::default(),
            pool: Bounds::default(),
            name: "me".to_owned(),
        };
        let mut engine = Engine::new(&genesis, setup);
        let now = Millis(BEGAN.0 + 1);
        let word = Word { stored: None, word: awaited.map(Trust::Block) };
        engine.start(now, word, |_| None).unwrap();
        let mut alone = Self { engine, genesis, now, charged: 0 };
        alone.step(Event::PeerUp { peer: PEER, name: "one".to_owned() });
        alone
    }

    /// One step at the same time as the last.
    pub fn step(&mut self, event: Event) -> Vec<Io> {
        let list = self.engine.step(self.now, event);
        for io in &list {
            if let Io::Note(Note::Unreadable { bytes, .. }) = io {
                self.charged += bytes;
            }
        }
        list
    }
}

/// Dice that decide nothing.
pub fn dice() -> rand_chacha::ChaCha8Rng {
    rand_core::SeedableRng::seed_from_u64(1)
}

/// What of it leaves for the network: judgements, answers, what becomes of a peer.
pub fn told(list: &[Io]) -> Vec<String> {
    let text = |io: &Io| match io {
        Io::Judge { judgement, .. } => Some(format!("{judgement:?}")),
        Io::Answer { data, .. } => Some(format!("answer {}", data.is_some())),
        Io::Punish { .. } => Some("punish".to_owned()),
        Io::Disconnect { why, .. } => Some(format!("disconnect {why}")),
        _ => None,
    };
    list.iter().filter_map(text).collect()
}
