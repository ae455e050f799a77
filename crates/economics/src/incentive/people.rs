//! Who takes part in a scene: how good their work is, which uids they have, and how that changes.
//!
//! Not here: what they send (`acts`).

use super::scene::{Play, Scene, WHOLE, Work};
use crate::launch::chain::seats;
use std::collections::BTreeMap;
use weft_dice::Dice;
use weft_ledger::rules::Receipts;
use weft_types::key::derive_test_key;
use weft_types::{PublicKey, Reveal, SecretKey, Uid};

/// Scores of uids.
pub(super) type Scores = Vec<(Uid, u16)>;

/// A hotkey and what it does.
pub(super) struct Player {
    pub(super) hot: SecretKey,
    pub(super) coldkey: PublicKey,
    /// Its place in the scene's groups.
    pub(super) group: usize,
    /// What that group does, and whether it is one of the honest.
    pub(super) plays: Play,
    pub(super) honest: bool,
    pub(super) uid: Option<Uid>,
    /// What its work is worth, in millionths.
    pub(super) quality: u64,
    /// Whether it is about to register.
    pub(super) waits: bool,
    pub(super) asked: bool,
    /// Its last row.
    pub(super) last: Scores,
    /// A row that is to be revealed in an epoch.
    pub(super) promised: Option<(u64, Reveal)>,
}

/// All of them.
pub(super) struct People {
    pub(super) scene: Scene,
    seed: String,
    pub(super) list: Vec<Player>,
    /// Each group is one operator's.
    pub(super) coldkeys: Vec<PublicKey>,
    places: BTreeMap<PublicKey, usize>,
    /// How many epochs are over.
    pub(super) over: u64,
}

impl People {
    /// The people of a scene; how good their work is follows the seed.
    pub(super) fn new(scene: &Scene, seed: u64, dice: &mut Dice) -> Self {
        let seed = format!("incentive {seed}");
        let cold = |name: &str| derive_test_key(&seed, &format!("{name}/cold")).public();
        let coldkeys = scene.groups.iter().map(|group| cold(group.name)).collect();
        let (list, places) = (Vec::new(), BTreeMap::new());
        let mut people = Self { scene: scene.clone(), seed, list, coldkeys, places, over: 0 };
        let mut uids = (0..=u16::MAX).map(Uid);
        for (at, group) in scene.groups.iter().enumerate() {
            let is_late = matches!(group.strategy, Play::Mines(Work { comes_later: true, .. }));
            for _ in 0..group.count {
                let uid = if is_late { None } else { uids.next() };
                people.join(at, uid, dice);
            }
        }
        people
    }

    /// One more of a group; without a uid it will register.
    pub(super) fn join(&mut self, group: usize, uid: Option<Uid>, dice: &mut Dice) {
        let Some(about) = self.scene.groups.get(group) else { return };
        let at = self.list.len();
        let hot = derive_test_key(&self.seed, &format!("{}/{at}", about.name));
        let quality = match about.strategy {
            Play::Mines(work) => dice.between(work.low, work.high),
            Play::Validates(..) => 0,
        };
        self.places.insert(hot.public(), at);
        self.list.push(Player {
            hot,
            coldkey: self.coldkeys.get(group).copied().unwrap_or_default(),
            group,
            plays: about.strategy,
            honest: about.honest,
            uid,
            quality,
            waits: uid.is_none(),
            asked: false,
            last: Scores::new(),
            promised: None,
        });
    }

    /// Those of one group.
    pub(super) fn of(&self, group: usize) -> impl Iterator<Item = &Player> {
        self.list.iter().filter(move |p| p.group == group)
    }

    /// Who got a uid, and who lost one.
    pub(super) fn learn(&mut self, receipts: &Receipts) {
        for (key, uid) in seats(receipts) {
            if let Some(player) = self.places.get(key).and_then(|at| self.list.get_mut(*at)) {
                (player.uid, player.waits, player.promised) = (uid, false, None);
            }
        }
    }

    /// An epoch is over: work gets better or worse.
    pub(super) fn drift(&mut self, dice: &mut Dice) {
        self.over += 1;
        let most = self.scene.weather.drift;
        if most == 0 {
            return;
        }
        for player in self.list.iter_mut().filter(|p| p.uid.is_some() && p.quality > 0) {
            let factor = dice.between(1_000 - most.min(1_000), 1_000 + most);
            player.quality = (player.quality * factor / 1_000).clamp(WHOLE / 5, WHOLE);
        }
    }
}
