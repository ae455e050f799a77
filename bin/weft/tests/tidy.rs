//! The house rules, held by machine. Each test reads the whole workspace as text
//! and prints every place that breaks its rule, with file and line.
//!
//! - [`arrows`]: I1, who may import whom; the lints of every package.
//! - [`purity`]: I2, what the pure rooms do without.
//! - [`channels`]: I3, bounds, and that only `node` joins rooms.
//! - [`circles`]: I7, files of a room that take from each other.
//! - [`sizes`]: files, functions and headers.
//! - [`manners`]: unwrap, unfinished work, traces of a machine.
//! - [`cited`]: the tests and files that the page on testing names are there, and the functions
//!   that the page on architecture does.
//! - [`rules`]: the protocol's built rules have code and a test.
//! - [`supply`]: libraries, their records, floors and sources.
//!
//! Beside each check stands a test that plants an offence and wants it caught. The
//! checks use nothing but std, so that they never fail for a reason of their own.

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/channels.rs"]
mod channels;
#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/cited.rs"]
mod cited;
#[path = "tidy/lexer.rs"]
mod lexer;
#[path = "tidy/manners.rs"]
mod manners;
#[path = "tidy/purity.rs"]
mod purity;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/supply.rs"]
mod supply;
#[path = "tidy/tree.rs"]
mod tree;

use tree::{Offence, Tree};

/// Runs one check over the workspace and shows all it found.
fn holds(check: fn(&Tree) -> Vec<Offence>) {
    let found: Vec<String> = check(&Tree::workspace()).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} found:\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn arrows_only_go_down_the_picture() {
    holds(arrows::upward_arrows);
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    holds(arrows::packages_without_lints);
}

#[test]
fn pure_rooms_have_no_async_clock_disk_thread_dice_hash_order_or_float() {
    holds(purity::impurities);
}

#[test]
fn every_channel_is_bounded() {
    holds(channels::unbounded_channels);
}

#[test]
fn only_node_holds_a_channel_between_rooms() {
    holds(channels::channels_between_rooms);
}

#[test]
fn files_of_a_room_do_not_take_from_each_other_in_a_circle() {
    holds(circles::circles);
}

#[test]
fn no_production_file_is_longer_than_its_budget() {
    holds(sizes::long_files);
}

#[test]
fn no_function_is_longer_than_its_budget() {
    holds(sizes::long_functions);
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    holds(sizes::files_without_a_header);
}

#[test]
fn nothing_that_ships_unwraps() {
    holds(manners::unwraps);
}

#[test]
fn no_work_is_left_unfinished_in_a_comment() {
    holds(manners::unfinished);
}

#[test]
fn the_project_names_no_machine_and_no_package_host() {
    holds(manners::traces_of_a_machine);
}

#[test]
fn every_rule_marked_as_built_has_code_and_a_test() {
    holds(rules::rules_without_code_or_test);
}

#[test]
fn every_test_that_the_page_on_testing_names_is_there() {
    holds(cited::cited_and_absent);
}

#[test]
fn every_function_that_the_page_on_architecture_names_is_there() {
    holds(cited::walked_and_absent);
}

#[test]
fn every_library_has_a_decision_record() {
    holds(supply::libraries_without_a_record);
}

#[test]
fn every_decision_record_is_whole_and_in_the_index() {
    holds(supply::odd_records);
}

#[test]
fn no_locked_package_is_banned_or_from_elsewhere() {
    holds(supply::forbidden_packages);
}
