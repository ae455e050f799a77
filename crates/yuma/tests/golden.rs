//! Every golden epoch of the live chain comes out equal, bit by bit.
#![expect(clippy::unwrap_used, reason = "a test that can't read its case fails")]

use std::path::Path;
use weft_yuma::case::{Case, compare, has_results, run};

#[test]
fn every_golden_epoch_is_equal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/yuma");
    if !folder.is_dir() {
        eprintln!("skipped: the golden cases are absent ({})", folder.display());
        return;
    }
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in &files {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert!(has_results(&case), "{} holds no results", case.name);
        let outcomes = run(&case).unwrap();
        if let Some(difference) = compare(&case, &outcomes) {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    assert!(files.len() >= 80, "only {} cases were found", files.len());
}
