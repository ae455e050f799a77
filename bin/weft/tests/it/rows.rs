//! Rows of a voter: what can never count is refused where it is handed in.

use crate::support::Home;

/// F5
#[test]
fn rows_that_can_never_count_are_refused_at_once_by_the_ledgers_names() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let row = |netuid: &str, entries: &str| {
        let (code, mut said) = home.json(&["voter", "row", netuid, "--set", entries]);
        assert_ne!(code, 0, "{said}");
        said["error"]["name"].take()
    };
    assert_eq!(row("1", "250=1"), "UidVecContainInvalidOne");
    assert_eq!(row("77", "4=1"), "SubnetNotExists");
    assert_eq!(row("1", "4=1,4=2"), "DuplicateUids");
    assert_eq!(row("1", "4=1,4=1"), "DuplicateUids");
    home.data(&["voter", "row", "1", "--set", "4=1"]);
}
