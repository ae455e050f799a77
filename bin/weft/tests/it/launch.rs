//! The script that plays a launch from zero coins, on real nodes and by commands alone.

use std::path::Path;
use std::process::Command;

/// The script under `testnets/`.
fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testnets").join(name)
}

#[test]
fn a_launch_from_zero_coins_pays_rotates_and_conserves() {
    let out = Command::new("bash")
        .arg(script("launch.sh"))
        .arg(env!("CARGO_BIN_EXE_weft"))
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&out.stdout);
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "the script failed:\n{said}\n{errors}");
    assert!(said.contains("launch: all steps done"), "{said}");
}
