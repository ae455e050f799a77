//! The written scenarios make sense, and a few seeds of each come to what they expect.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use weft_sim::scenario::{Case, Scenario, ScenarioError};

/// So many cases of a file are played here.
const CASES: usize = 6;

/// And for so many slots at the most.
const MOST_SLOTS: u64 = 300;

fn scenarios() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let read = Scenario::read(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, read)
        })
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

#[test]
fn every_scenario_makes_sense_and_says_what_it_shows() {
    let all = scenarios();
    assert!(all.len() >= 15);
    for (name, scenario) in all {
        assert!(!scenario.about.is_empty(), "{name}");
        let mut names: Vec<_> = scenario.cases.iter().map(|case| &case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), scenario.cases.len(), "{name}: two cases of one name");
    }
}

/// Some places in a list, such that none of the lists it was made of stays at one place.
fn spread(len: usize) -> impl Iterator<Item = usize> {
    let is_prime_to =
        |step: &usize| (2..=*step).all(|n| !step.is_multiple_of(n) || !len.is_multiple_of(n));
    let step = (len / CASES + 1..).find(is_prime_to).unwrap();
    (0..CASES.min(len)).map(move |n| n * step % len)
}

#[test]
fn a_few_cases_of_each_scenario_come_to_what_they_expect() {
    for (name, scenario) in scenarios() {
        // The largest take minutes; weft sim scenario plays them, and as long as they last.
        let small = |case: &&Case| case.plan.as_ref().is_none_or(|plan| plan.voters <= 16);
        let small: Vec<&Case> = scenario.cases.iter().filter(small).collect();
        for at in spread(small.len()) {
            let mut case = small[at].clone();
            case.seeds[1] = case.seeds[0] + 2;
            if let Some(plan) = &mut case.plan {
                plan.slots = plan.slots.min(MOST_SLOTS);
            }
            case.expect.conflicts = case.expect.conflicts.map(|least| least.min(1));
            let played = case.play(2, |_| true);
            assert!(played.ok, "{name}, {}: {:?}", case.name, played.failures);
        }
    }
}

#[test]
fn a_scenario_that_expects_too_much_says_what_is_missing() {
    let text = r#"
        about = "nothing goes wrong"
        seeds = [3, 5]
        profile = "fair"
        [expect]
        conflicts = 1
        healing_max = 0
    "#;
    let scenario = Scenario::read(text).unwrap();
    let [case] = scenario.cases.as_slice() else { panic!("{scenario:?}") };
    let played = case.play(1, |_| true);
    assert!(!played.ok);
    assert_eq!(played.failures.len(), 2, "{:?}", played.failures);
    assert!(played.failures[0].starts_with("slots to heal"), "{:?}", played.failures);
}

#[test]
fn a_case_is_made_of_every_choice_from_each_list() {
    let text = r#"
        about = "sizes and strategies"
        vary = [
            [{ name = "4", plan.voters = 4 }, { name = "7", plan.voters = 7, seeds = [0, 3] }],
            [{ name = "a", plan.cabal.strategy = "silent" }, { name = "b", plan.cabal.strategy = "wild" }],
        ]
        [plan]
        slots = 9
        cabal = { members = 1, strategy = "forge" }
    "#;
    let scenario = Scenario::read(text).unwrap();
    let cases: Vec<_> = scenario
        .cases
        .iter()
        .map(|case| {
            let plan = case.plan.clone().unwrap();
            let cabal = plan.cabal.unwrap();
            assert_eq!((plan.slots, cabal.members), (9, 1));
            (case.name.clone(), plan.voters, cabal.strategy.profile(), case.seeds[1])
        })
        .collect();
    let expected = [
        ("4, a", 4, "byzantine-silent", 1),
        ("4, b", 4, "byzantine-wild", 1),
        ("7, a", 7, "byzantine-silent", 3),
        ("7, b", 7, "byzantine-wild", 3),
    ];
    assert_eq!(cases, expected.map(|(name, n, how, end)| (name.to_owned(), n, how, end)));
}

#[test]
fn what_is_wrong_with_a_scenario_is_said_by_name() {
    let error = |text: &str| Scenario::read(text).unwrap_err();
    assert!(matches!(error("about = "), ScenarioError::Unreadable(_)));
    assert!(matches!(error("about = \"x\"\nhealing = 1"), ScenarioError::Case { .. }));
    assert_eq!(error("profile = \"fair\""), ScenarioError::NoAbout);
    assert_eq!(error("about = \"x\"\nvary = [[]]\nprofile = \"fair\""), ScenarioError::Cases(0));
    let list = "[{}, {}, {}, {}, {}, {}, {}, {}, {}, {}]";
    let many = format!("about = \"x\"\nvary = [{list}, {list}, {list}, {list}]");
    assert_eq!(error(&many), ScenarioError::Cases(10_000));
    let long = format!("about = \"x\"\nvary = [{list}, {list}]\n# {}", "x".repeat(1 << 20));
    assert!(matches!(error(&long), ScenarioError::TooLong { cases: 100, .. }));
    let nameless = "about = \"x\"\nvary = [[{}, {}]]\nprofile = \"fair\"";
    assert_eq!(error(nameless), ScenarioError::Nameless(2));
    let same = "about = \"x\"\nvary = [[{ name = \"a\" }, { name = \"a\" }]]\nprofile = \"fair\"";
    assert_eq!(error(same), ScenarioError::Twice("a".to_owned()));
    for (text, why) in [
        ("", "neither a profile nor a plan"),
        ("profile = \"fair\"\nplan.voters = 4", "a profile and a plan"),
        ("profile = \"unheard-of\"", "no profile unheard-of"),
        ("seeds = [3, 3]\nprofile = \"fair\"", "seeds 3 to 3"),
        ("plan.voters = 0", "0 voters"),
        ("plan.twin_power_ppm = 400000", "0 voters with a twin"),
        ("plan.twins = [0]\nplan.twin_power_ppm = 900001", "1 to 900000"),
        ("plan.rotation.blocks = 0", "every 0 blocks"),
        ("plan.rotation.blocks = 4000000000000000000", "16 to 1000000 may be with 4"),
        ("plan.twins = [1, 1]", "more than one twin"),
        ("plan = { voters = 9223372036854775807, joiners = 9223372036854775807 }", "voters on"),
        ("plan.skew_ms = 9223372036854775807", "up to 10000 may be"),
        ("plan.links.late_slots = 9223372036854775807", "late slots"),
        ("plan.links.loss_ppm = 1000001", "1000001 of a million"),
        ("plan.downs = [{ node = 0, from = 3, until = 3 }]", "from slot 3 until 3"),
        ("seeds = [0, 1000001]\nprofile = \"fair\"", "seeds 0 to 1000001"),
        ("plan.cuts = [{ from = 1, until = 2, sides = [0] }]", "names 1 sides"),
    ] {
        let error = error(&format!("about = \"x\"\n{text}")).to_string();
        assert!(error.contains(why), "{error}");
    }
}
