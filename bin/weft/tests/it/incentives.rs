//! Attacks on incentives, by command.

use crate::support::Home;
use serde_json::json;

#[test]
fn attacks_on_incentives_are_played_told_and_drawn() {
    let home = Home::new();
    let file = |name: &str| home.path().join(name);
    let svg = file("lab.svg");
    let all = ["sim", "incentives", "--epochs", "2", "--svg", svg.to_str().unwrap()];
    let said = home.data(&all);
    let attacks = said["attacks"].as_array().unwrap();
    assert_eq!((&said["ok"], &said["seed"], attacks.len()), (&json!(true), &json!(1), 12));
    for attack in attacks {
        let name = attack["name"].as_str().unwrap();
        let plot = std::fs::read_to_string(file(&format!("lab-{name}.svg"))).unwrap();
        assert!(plot.contains("<polyline") && plot.contains(name));
    }
    let one = [&all[..], &["--attack", "lazy"]].concat();
    let lazy = home.data(&one);
    assert!(svg.exists(), "a single attack's plot has the name that was asked for");
    let same = attacks.iter().find(|attack| attack["name"] == "lazy").unwrap();
    assert_eq!(lazy["attacks"], json!([same]));
    let moved = home.data(&[&one[..], &["--drift", "0.2", "--error", "0"]].concat());
    assert_ne!(moved["attacks"][0]["state_root"], same["state_root"]);
    assert_eq!(home.error(&["sim", "incentives", "--attack", "none"], 2), "BadAttack");
    assert_eq!(home.error(&["sim", "incentives", "--drift", "2"], 2), "BadPart");
}
