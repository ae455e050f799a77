//! Bugs are planted in a copy of the sources, and the simulator must find each.
//!
//! A bug is a text that stands once in a file and what stands there instead: production
//! code knows nothing of it. The copy is built apart from all other build results, one bug
//! after the other, and hunted with the example `hunt`.
//!
//! `cargo test --release -p weft-sim --test planted -- --ignored --nocapture every` plants
//! all and prints the table of docs/testing.md; `WEFT_PLANTS=name,name` chooses some.

#![expect(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A bug: where, what stands there, what stands there instead.
struct Plant {
    name: &'static str,
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// The profile in which it is found, and up to which seed it is looked for.
    profile: &'static str,
}

const SHARE: &str = "crates/types/src/share.rs";
const VOTER: &str = "crates/consensus/src/voter.rs";
const FORKS: &str = "crates/consensus/src/forks.rs";
const ROUND: &str = "crates/consensus/src/round.rs";

/// Every bug must be found in fewer seeds than this.
const SEEDS: u64 = 1_000;

const CHANGE: &str = "crates/ledger/src/rules/change.rs";

const PLANTS: &[Plant] = &[
    Plant {
        name: "a change of rules by two thirds at once",
        edits: &[(
            CHANGE,
            "    if !named.is_plenty() && times < PATIENT {\n        return;\n    }\n",
            "",
        )],
        profile: "upgrade-few",
    },
    Plant {
        name: "a change of rules while a rotation waits",
        edits: &[(
            "crates/ledger/src/rules/ledger.rs",
            " || state.voters.previous.is_some()\n",
            "\n",
        )],
        profile: "upgrade-rotation",
    },
    Plant {
        name: "a node stops because of a header",
        edits: &[(
            "crates/consensus/src/core/arrivals.rs",
            "        let hash = signed.header.hash();\n",
            "        let hash = signed.header.hash();\n        if signed.header.version > self.rules().version {\n            self.program = self.program.clone().limited_to(&[]);\n        }\n",
        )],
        profile: "byzantine-forge",
    },
    Plant {
        name: "an old node runs rules it does not know",
        edits: &[
            (
                "crates/consensus/src/core/rules.rs",
                "        if !self.program.runs(&want.id) {\n",
                "        if want.version == 0 {\n",
            ),
            // Headers and bodies of such rules are not even looked at.
            (
                "crates/consensus/src/core/rules.rs",
                "            Some(_) => now.version.saturating_sub(1),\n        };\n        version <= highest\n",
                "            Some(_) => now.version.saturating_add(later),\n        };\n        version <= highest\n",
            ),
        ],
        profile: "upgrade",
    },
    Plant {
        name: "final said of a log that is not synced",
        edits: &[(
            "crates/engine/src/keep.rs",
            "        self.out(Io::Sync);\n        if let Some(chain) = self.core().executor().chain(&hash) {\n",
            "        if let Some(chain) = self.core().executor().chain(&hash) {\n",
        )],
        profile: "any",
    },
    Plant {
        name: "a vote that is not recorded",
        edits: &[(
            "crates/engine/src/effects.rs",
            "        self.out(Io::Vote(record.clone()));\n",
            "",
        )],
        profile: "any",
    },
    Plant {
        name: "quorum at one half",
        edits: &[(
            SHARE,
            "u128::from(power.0).saturating_mul(3) > u128::from(self.total().0).saturating_mul(2)",
            "u128::from(power.0).saturating_mul(2) > u128::from(self.total().0)",
        )],
        profile: "any",
    },
    Plant {
        name: "a lost vote lock",
        edits: &[(VOTER, "        && source >= record.last_source.round\n", "")],
        profile: "any",
    },
    Plant {
        name: "a lost vote file ignored",
        edits: &[(
            VOTER,
            "VoteFile::Lost => (VoteRecord::default(), true)",
            "VoteFile::Lost => (VoteRecord::default(), false)",
        )],
        profile: "any",
    },
    Plant {
        name: "no equivocation check",
        edits: &[
            (
                "crates/consensus/src/shares.rs",
                "let other = votes.find(|other| offence(&signed.vote, &other.vote).is_some())?;",
                "let other = votes.find(|other| offence(&signed.vote, &other.vote).is_none())?;",
            ),
            (
                "crates/consensus/src/shares.rs",
                "        Some(Evidence::Votes(Box::new(*other), Box::new(*signed)))\n",
                "        let _both = Evidence::Votes(Box::new(*other), Box::new(*signed));\n        None\n",
            ),
        ],
        profile: "any",
    },
    Plant {
        name: "single instead of joint quorum at rotation",
        edits: &[(
            "crates/consensus/src/tally.rs",
            "            && sets.previous.as_ref().is_none_or(|set| set.is_quorum(self.previous))\n",
            "",
        )],
        profile: "any",
    },
    Plant {
        name: "no catch-up proof",
        edits: &[(
            "crates/consensus/src/propose.rs",
            "        if rank(&lifted) > rank(&best.1) {",
            "        if rank(&lifted) > rank(&best.1) && rank(&lifted) == (0, 0) {",
        )],
        profile: "any",
    },
    Plant {
        name: "heights instead of rounds",
        edits: &[
            (
                ROUND,
                "    round.0 == slot.0 || (has_quorum && parent.next() == Some(round))\n",
                "    slot.0 > 0 && (has_quorum || !has_quorum) && parent.next() == Some(round)\n",
            ),
            (
                ROUND,
                "        Some(next) if has_quorum && !seen_above && lag <= MAX_LAG => next,\n",
                "        Some(next) if has_quorum || !seen_above || lag <= MAX_LAG || lag > 0 => next,\n",
            ),
        ],
        profile: "any",
    },
    Plant {
        name: "ties by lower slot",
        edits: &[(
            FORKS,
            "(work, tip.header().slot, Reverse(tip.standing.hash))",
            "(work, Reverse(tip.header().slot), Reverse(tip.standing.hash))",
        )],
        profile: "any",
    },
    Plant {
        name: "no timely block",
        edits: &[(
            FORKS,
            ".map_or(Work::ZERO, |block| set_work(&block.standing.sets.current));",
            ".map_or(Work::ZERO, |block| Work(set_work(&block.standing.sets.current).0.min(0)));",
        )],
        profile: "any",
    },
    Plant {
        name: "any round up to the slot",
        edits: &[(
            ROUND,
            "    round.0 == slot.0 || (has_quorum && parent.next() == Some(round))\n",
            "    round.0 <= slot.0 && (has_quorum || round > parent)\n",
        )],
        profile: "any",
    },
    Plant {
        name: "the voted chain not kept",
        edits: &[(
            "crates/consensus/src/core/blocks.rs",
            "                out.insert(at, Effect::Append(Arc::clone(block)));\n",
            "                let _here = at;\n",
        )],
        profile: "any",
    },
    Plant {
        name: "emission off by one at a halving",
        edits: &[(
            "crates/ledger/src/rules/issuance.rs",
            ".take_while(|h| left << h <= cap)",
            ".take_while(|h| left << h < cap)",
        )],
        profile: "any",
    },
    Plant {
        name: "a forgotten sync before a share",
        edits: &[(
            "crates/consensus/src/core/settle.rs",
            "        out.push(Effect::Record(voter.record().clone()));\n        out.push(Effect::SendShare(share.share().clone()));\n",
            "        out.push(Effect::SendShare(share.share().clone()));\n        out.push(Effect::Record(voter.record().clone()));\n",
        )],
        profile: "any",
    },
    Plant {
        name: "fork choice that ignores justification",
        edits: &[(
            FORKS,
            "let root = self.tree.get(&self.justified.hash).filter(|n| self.tree.is_open(n));",
            "let root = self.tree.get(&base.standing.hash).filter(|n| self.tree.is_open(n));",
        )],
        profile: "any",
    },
    Plant {
        name: "shares counted for blocks that are no tip",
        edits: &[(
            FORKS,
            "        let seen = self.shares.tally(&tip.standing).work;\n",
            "        let chain = self.tree.chain(&tip.standing.hash);\n        let seen = Work(chain.map(|n| self.shares.tally(&n.standing).work.0).sum());\n",
        )],
        profile: "any",
    },
];

/// Found wanting when the simulator was reviewed, and found since.
const MORE: &[Plant] = &[
    Plant {
        name: "finality without consecutive rounds",
        edits: &[(
            "crates/consensus/src/finality.rs",
            "let consecutive = self.source.round.next() == Some(self.target.round);",
            "let consecutive = self.source.round < self.target.round;",
        )],
        profile: "any",
    },
    Plant {
        name: "the set before let go when a rotation is justified",
        edits: &[(
            "crates/ledger/src/rules/rotation.rs",
            "work.finality.finalized.round >= record.round",
            "work.finality.justified.round >= record.round",
        )],
        profile: "any",
    },
    Plant {
        name: "a catch-up proof without a quorum",
        edits: &[(
            "crates/consensus/src/judge.rs",
            "if !tally.is_quorum(&target.sets) {",
            "if tally.current == weft_types::Power::ZERO {",
        )],
        profile: "any",
    },
    Plant {
        name: "shares from a wrong source counted",
        edits: &[(
            "crates/consensus/src/shares.rs",
            "    if vote.source != want {",
            "    if vote.source.round < want.round {",
        )],
        profile: "any",
    },
    Plant {
        name: "a block announced before its slot is recorded",
        edits: &[(
            "crates/consensus/src/core/seal.rs",
            "        out.push(Effect::Record(voter.record().clone()));\n        out.push(Effect::Announce(block.block().signed.clone()));\n",
            "        out.push(Effect::Announce(block.block().signed.clone()));\n        out.push(Effect::Record(voter.record().clone()));\n",
        )],
        profile: "any",
    },
];

const TRUST: &str = "crates/consensus/src/trust.rs";

/// What a node that was away may believe (R16), and why the past of former voters stays
/// worthless within the window (R15).
const AWAY: &[Plant] = &[
    Plant {
        name: "the window not looked at when a node starts",
        edits: &[(
            TRUST,
            "if awaited.is_none() && word.is_none() && away > window {",
            "if awaited.is_none() && word.is_none() && away > u64::MAX - window {",
        )],
        profile: "former-voters",
    },
    Plant {
        name: "the wake of a suspended process not noticed",
        edits: &[(
            TRUST,
            "if self.paused <= self.window {",
            "if self.paused <= u64::MAX - self.window {",
        )],
        profile: "former-voters",
    },
    Plant {
        name: "called final while another block is awaited",
        edits: &[(
            TRUST,
            "    pub const fn says_final(&self) -> bool {\n        self.awaited.is_none()\n",
            "    pub const fn says_final(&self) -> bool {\n        self.awaited.is_none() || self.window > 0\n",
        )],
        profile: "former-voters",
    },
    Plant {
        name: "the hash of the trusted block not compared",
        edits: &[(TRUST, "if want.hash != block.hash {", "if want.hash == Hash::ZERO {")],
        profile: "former-voters",
    },
    Plant {
        name: "what is awaited forgotten at a restart",
        edits: &[(
            TRUST,
            "            None => stored,\n",
            "            None => stored.filter(|_| away > window),\n",
        )],
        profile: "former-voters",
    },
    Plant {
        name: "stake behind voters free as any other",
        edits: &[
            (
                "crates/ledger/src/rules/unstake.rs",
                "    if books.is_voter(hotkey) {\n",
                "    if books.is_voter(hotkey) && books.params.exit_blocks == 0 {\n",
            ),
            (
                "crates/ledger/src/rules/unstake.rs",
                "    let wait = if evidence::answers(books, hotkey) {\n",
                "    let wait = if evidence::answers(books, hotkey) && books.params.exit_blocks == 0 {\n",
            ),
        ],
        profile: "former-voters",
    },
];

const ASKS: &str = "crates/engine/src/asks.rs";
const FETCH: &str = "crates/engine/src/fetch.rs";

/// In what the engine decides around the core: found by strangers.
const SHELL: &[Plant] = &[
    Plant {
        name: "one pool of places for all that is asked",
        edits: &[(
            "crates/engine/src/questions.rs",
            "        if self.since(peer, question).is_some() {\n",
            "        if self.since(peer, question).is_some() || self.open.len() >= 16 {\n",
        )],
        profile: "strangers-silent",
    },
    Plant {
        name: "a second source never asked",
        edits: &[(
            ASKS,
            "            return Some(Step { peer: Some(peer), ms: quarter });\n",
            "            return Some(Step { peer: Some(peer), ms: 1 << 40 });\n",
        )],
        profile: "strangers-withhold",
    },
    Plant {
        name: "an ask without answer kept for ever",
        edits: &[(
            FETCH,
            "            NoAnswer::TimedOut | NoAnswer::Gone => Outcome::Silence,\n",
            "            NoAnswer::TimedOut => return,\n            NoAnswer::Gone => Outcome::Silence,\n",
        )],
        profile: "lossy",
    },
    Plant {
        name: "bodies verified before it is looked at whether they were asked for",
        edits: &[(
            FETCH,
            "        match fit(self.core().forks().tree(), &want, blocks) {\n",
            "        match Ok::<_, Misfit>(blocks) {\n",
        )],
        profile: "strangers-lie",
    },
    Plant {
        name: "what was committed to known only while the process lives",
        edits: &[(
            "crates/engine/src/rows.rs",
            "        self.reveals = reveals.map(|(at, r)| (r.commitment(voter), (at, r))).collect();\n",
            "        drop(reveals.map(|(_, r)| r.commitment(voter)));\n",
        )],
        profile: "veiled",
    },
    Plant {
        name: "an answer that the checker had no room for not told",
        edits: &[(
            "crates/engine/src/hear.rs",
            "                self.end_ask(from, &want, Outcome::NoRoom);\n",
            "                let _nobody_hears = (want, Outcome::NoRoom);\n",
        )],
        profile: "checker-full",
    },
    Plant {
        name: "offences that wait to be reported forgotten at a restart",
        edits: &[(
            "crates/engine/src/reports.rs",
            "        kept.0.into_iter().for_each(|evidence| self.add(evidence));\n",
            "        drop(kept);\n",
        )],
        profile: "offences",
    },
    Plant {
        name: "an offer to vote said once only",
        edits: &[(
            "crates/engine/src/offers.rs",
            "        self.is_on && self.sent.is_none_or(|sent| head.since(sent) >= AGAIN)\n",
            "        self.is_on && self.sent.is_none_or(|sent| head.since(sent) < AGAIN && AGAIN == 0)\n",
        )],
        profile: "rotation",
    },
    Plant {
        name: "an answer of which all is known taken for the end of a chain",
        edits: &[(FETCH, "            self.asks.known(from, height);\n", "")],
        profile: "chaos",
    },
];

/// All of them.
fn plants() -> impl Iterator<Item = &'static Plant> {
    PLANTS.iter().chain(MORE).chain(AWAY).chain(SHELL)
}

/// One at a time: all build in one place.
static PLACE: Mutex<()> = Mutex::new(());

fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().and_then(Path::parent).expect("a crate stands two folders deep").to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The file with the text exchanged, which must stand there once.
fn exchanged(plant: &Plant, file: &str, text: &str, old: &str, new: &str) -> String {
    let times = text.matches(old).count();
    assert_eq!(times, 1, "{}: in {file} this stands {times} times:\n{old}", plant.name);
    text.replace(old, new)
}

#[test]
fn every_bug_that_is_planted_still_has_its_place() {
    for plant in plants() {
        for (file, old, new) in plant.edits {
            exchanged(plant, file, &read(&workspace().join(file)), old, new);
        }
    }
}

/// The folder of build results that this test was built in, and its profile.
fn target() -> (PathBuf, bool) {
    let exe = std::env::current_exe().unwrap();
    let profile = exe.parent().and_then(Path::parent).unwrap();
    (profile.parent().unwrap().to_owned(), profile.ends_with("release"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "target" && name != ".git" {
                copy(&path, &to.join(name));
            }
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Plants a bug in the copy, hunts it, and takes it out again; answers what was found.
fn hunted(copy: &Path, plant: &Plant) -> String {
    let mut before = Vec::new();
    for (file, old, new) in plant.edits {
        let path = copy.join(file);
        let text = read(&path);
        std::fs::write(&path, exchanged(plant, file, &text, old, new)).unwrap();
        before.push((path, text));
    }
    let found = hunt(copy, plant);
    // Two edits of one file: the first text is the whole one.
    before.into_iter().rev().for_each(|(path, text)| std::fs::write(path, text).unwrap());
    found
}

fn hunt(copy: &Path, plant: &Plant) -> String {
    let (target, is_release) = target();
    let mut cargo = Command::new(env!("CARGO"));
    // Its own place: crates of the copy have the names of ours among the build results, and
    // what is built next here would be made of planted ones.
    cargo.current_dir(copy).env("CARGO_TARGET_DIR", target.join("planted-build"));
    cargo.args(["run", "--quiet", "--locked", "-p", "weft-sim", "--example", "hunt"]);
    if is_release {
        cargo.arg("--release");
    }
    let out = cargo.args(["--", plant.profile, "0", &SEEDS.to_string()]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    assert!(out.status.success(), "{}: {}", plant.name, String::from_utf8_lossy(&out.stderr));
    text
}

fn plant_those(wanted: impl Fn(&str) -> bool) {
    let _one = PLACE.lock().unwrap();
    let place = target().0.join("planted");
    if place.exists() {
        std::fs::remove_dir_all(&place).unwrap();
    }
    copy(&workspace(), &place);
    let mut missed = Vec::new();
    for plant in plants().filter(|plant| wanted(plant.name)) {
        let found = hunted(&place, plant);
        println!("| {} | {found} |", plant.name);
        // A fault that did not happen is the profile's failure, no find.
        if !found.starts_with("seed ") || found.contains("no faults") {
            missed.push(plant.name);
        }
    }
    assert_eq!(missed, Vec::<&str>::new(), "not found in {SEEDS} seeds");
}

/// What CI plants: two whose sources are small to build anew.
#[test]
fn planted_bugs_are_found_a_share_of_them() {
    plant_those(|name| ["a forgotten sync before a share", "ties by lower slot"].contains(&name));
}

#[test]
#[ignore = "builds the core once for each bug: ten minutes"]
fn every_planted_bug_is_found() {
    let chosen = std::env::var("WEFT_PLANTS").unwrap_or_default();
    let names: Vec<&str> = chosen.split(',').filter(|name| !name.is_empty()).collect();
    plant_those(|name| names.is_empty() || names.iter().any(|part| name.contains(part)));
}
