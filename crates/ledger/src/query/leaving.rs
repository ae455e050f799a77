//! Stake of a coldkey that is on its way back (R15): how much, from behind whom, and when it is
//! free.
//!
//! Such stake stands in lists of a height: below and at that of the state by when it was asked
//! back from behind a voter, above it by when it is free. There is no scan, so a reader looks at
//! a piece of the heights at a time, and goes on where the last one ended.

use crate::rules::{left_now, reads};
use crate::state::Read;
use crate::state::value::{Exit, Release};
use serde::Serialize;
use weft_types::{Height, Params, PublicKey, Rao};

/// The most heights that one answer looks at; a name of the state is looked up in less than a
/// microsecond.
const HEIGHTS: u64 = 8_192;

/// The most requests that one answer looks at, at whole heights.
const REQUESTS: usize = 16_384;

/// A request to take stake back that is not free yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExitSheet {
    /// Behind whom it was, and can still be cut.
    pub hotkey: PublicKey,
    /// What becomes free as things stand.
    pub amount: Rao,
    /// What the offences of its hotkey have cost of it.
    pub lost: Rao,
    /// When it was asked back, where it was from behind a voter.
    pub requested: Option<Height>,
    /// In which block it is free; none while the voters of then still count.
    pub free_at: Option<Height>,
    /// The first block in which it can be free.
    pub not_before: Height,
    /// Whether nobody was taken at the last rotation height, as too few could be elected: its
    /// time does not come nearer while that is so.
    pub frozen: bool,
}

/// A piece of what is on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeavingPage {
    /// The requests, those from behind voters first.
    pub leaving: Vec<ExitSheet>,
    /// Where to go on; none behind the last.
    pub next: Option<Height>,
}

/// What of a coldkey's stake is on its way back, from this height of the lists on.
pub fn page(
    state: &impl Read,
    params: &Params,
    (coldkey, from): (&PublicKey, Height),
) -> LeavingPage {
    let clock = Clock::of(state, params);
    let mut page = LeavingPage { leaving: Vec::new(), next: None };
    let mut looked = 0_usize;
    let first = from.max(clock.first());
    for height in first.0..=clock.last().0 {
        if height.saturating_sub(first.0) >= HEIGHTS || looked >= REQUESTS {
            page.next = Some(Height(height));
            break;
        }
        let height = Height(height);
        let from_voters = height <= clock.now;
        let list = match from_voters {
            true => reads::leaving(state, height),
            false => reads::exits(state, height),
        };
        looked = looked.saturating_add(list.len());
        let time = if from_voters { clock.of_request(height) } else { Time::at(height) };
        let own = list.iter().filter(|exit| exit.coldkey == *coldkey);
        page.leaving.extend(own.map(|exit| {
            let requested = from_voters.then_some(height);
            sheet(state, exit, requested, &time)
        }));
    }
    page
}

fn sheet(state: &impl Read, exit: &Exit, requested: Option<Height>, time: &Time) -> ExitSheet {
    let amount = left_now(state, exit);
    ExitSheet {
        hotkey: exit.hotkey,
        amount,
        lost: Rao(exit.amount.0.saturating_sub(amount.0)),
        requested,
        free_at: time.free_at,
        not_before: time.not_before,
        frozen: time.frozen,
    }
}

/// When something is free.
struct Time {
    free_at: Option<Height>,
    not_before: Height,
    frozen: bool,
}

impl Time {
    const fn at(height: Height) -> Self {
        Self { free_at: Some(height), not_before: height, frozen: false }
    }
}

/// What the state says of times.
struct Clock {
    now: Height,
    /// The last rotation.
    rotated: Height,
    /// Requests up to this height have their time.
    released: Height,
    releases: Vec<Release>,
    rests: bool,
    every: u64,
    window: u64,
    exit_blocks: u64,
}

impl Clock {
    fn of(state: &impl Read, params: &Params) -> Self {
        let record = reads::rotation(state);
        Self {
            now: reads::chain(state).map_or(Height::ZERO, |chain| chain.height),
            rotated: record.height,
            released: record.released,
            releases: reads::releases(state),
            rests: record.rests,
            every: params.rotation_blocks.max(1),
            window: params.unbonding_blocks,
            exit_blocks: params.exit_blocks,
        }
    }

    /// The lowest height that may have a list.
    fn first(&self) -> Height {
        let waiting = self.releases.iter().map(|release| release.next);
        waiting.chain(self.released.next()).min().unwrap_or(Height::ZERO)
    }

    /// The highest: what is asked back in the last block is free then.
    fn last(&self) -> Height {
        let wait = self.window.saturating_add(1).max(self.exit_blocks);
        Height(self.now.0.saturating_add(wait))
    }

    /// When stake is free that was asked back at this height from behind a voter.
    fn of_request(&self, requested: Height) -> Time {
        let covers = |r: &&Release| (r.next..=r.last).contains(&requested);
        if let Some(release) = self.releases.iter().find(covers) {
            let blocks = requested.since(release.next).checked_div(release.per_block).unwrap_or(0);
            let first = release.from.0.max(self.now.0.saturating_add(1));
            return Time::at(Height(first.saturating_add(blocks)));
        }
        // The next voters are taken at a height divisible by `rotation_blocks`, unless they are
        // by now; those before are let go in a block after that, and from there it waits.
        let next = self.now.0.div_euclid(self.every).saturating_add(1).saturating_mul(self.every);
        let taken = if self.rotated >= requested { self.now.0 } else { next };
        let not_before = Height(taken.saturating_add(self.window).saturating_add(2));
        Time { free_at: None, not_before, frozen: self.rests && self.rotated < requested }
    }
}
