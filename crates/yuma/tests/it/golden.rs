//! Every golden epoch of the live chain comes out equal, bit by bit.

use serde_json::Value;
use std::path::{Path, PathBuf};
use weft_yuma::case::{Case, compare, has_results, run};

/// The golden cases, none when the folder is absent.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/yuma");
    if !folder.is_dir() {
        eprintln!("skipped: the golden cases are absent ({})", folder.display());
        return Vec::new();
    }
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    assert!(files.len() >= 80, "only {} cases were found", files.len());
    files
}

#[test]
fn every_golden_epoch_is_equal() {
    let (files, mut wrong) = (files(), Vec::new());
    for file in &files {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert!(has_results(&case), "{} holds no results", case.name);
        let outcomes = run(&case).unwrap();
        if let Some(difference) = compare(&case, &outcomes) {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// The comparison of cases allows liquid alpha a little; it needs nothing of it. Here the
/// files are read as plain JSON, so what reads cases can't hide a difference either.
#[test]
fn every_golden_epoch_is_equal_without_any_tolerance() {
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let (case, plain): (Case, Value) =
            (serde_json::from_str(&text).unwrap(), serde_json::from_str(&text).unwrap());
        for (number, outcome) in run(&case).unwrap().into_iter().enumerate() {
            let got = serde_json::to_value(outcome).unwrap();
            let want = &plain["epochs"][number]["out"];
            for (field, got) in got.as_object().unwrap().iter().filter(|(f, _)| *f != "fx") {
                assert_eq!(got, &want[field], "{}, epoch {number}: {field}", case.name);
            }
            for (field, got) in got["fx"].as_object().unwrap() {
                assert_eq!(got, &want["fx"][field], "{}, epoch {number}: fx.{field}", case.name);
            }
        }
    }
}
