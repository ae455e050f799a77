//! `weft emission`: the live chain's numbers to the rao, and a plot.

use crate::support::{Home, shared};
use serde_json::{Value, json};

fn golden(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(shared(name)?).expect("the golden file can be read");
    Some(serde_json::from_str(&text).expect("the golden file is JSON"))
}

fn text(number: &Value) -> Value {
    json!(number.to_string())
}

#[test]
fn thirty_halvings_and_the_end_are_those_of_the_live_chain() {
    let Some(golden) = golden("vectors/emission/emission_chain.json") else { return };
    let said = Home::new().data(&["emission"]);
    let halvings = said["halvings"].as_array().unwrap();
    let thresholds = golden["thresholds"].as_array().unwrap();
    let runs = golden["simulated_from_zero_issuance"].as_array().unwrap();
    assert_eq!((halvings.len(), thresholds.len(), runs.len()), (30, 30, 31));
    for ((halving, threshold), run) in halvings.iter().zip(thresholds).zip(&runs[1..]) {
        assert_eq!(halving["n"], threshold["halving"]);
        assert_eq!(halving["issuance"], text(&threshold["threshold_rao"]));
        assert_eq!(halving["emission_before"], text(&threshold["emission_below"]));
        assert_eq!(halving["emission_after"], text(&threshold["emission_at"]));
        assert_eq!(halving["issuance_at_height"], text(&run["issuance_rao"]));
        // Blocks count from 1 here, from 0 there.
        assert_eq!(halving["height"].as_u64(), run["from_block_index"].as_u64().map(|i| i + 1));
    }
    assert_eq!(said["final_supply"], text(&runs[30]["issuance_rao"]));
    assert_eq!(said["last_emission_height"], runs[30]["from_block_index"]);
}

#[test]
fn a_block_emits_what_the_live_chain_does_one_rao_around_every_threshold() {
    let Some(golden) = golden("vectors/emission/emission_chain.json") else { return };
    let home = Home::new();
    let rows = golden["table"].as_array().unwrap();
    assert!(rows.len() > 50);
    for row in rows.iter().filter(|row| row["error"].is_null()) {
        let issuance = format!("{}rao", row["issuance_rao"]);
        let said = home.data(&["emission", "--at", &issuance]);
        assert_eq!(said["block_emission"], text(&row["block_emission_rao"]), "{}", row["label"]);
    }
}

#[test]
fn an_issuance_has_the_units_it_says() {
    let home = Home::new();
    let at = |text: &str| home.data(&["emission", "--at", text])["block_emission"].clone();
    // F15: TAO unless a unit stands behind it.
    for text in ["10500000tao", "10500000.0", "10500000000000000rao", "10500000"] {
        assert_eq!(at(text), json!("500000000"), "{text}");
    }
    for text in ["10499999.999999999", "10499999999999999rao", "0", "0tao"] {
        assert_eq!(at(text), json!("1000000000"), "{text}");
    }
    for text in
        ["1.0000000001", "+1", "x", "22000000tao", "22000000", "1.5rao", "18446744073709551616rao"]
    {
        assert_eq!(home.error(&["emission", "--at", text], 2), "BadAmount", "{text}");
    }
}

#[test]
fn the_table_and_the_plot_are_for_people() {
    let home = Home::new();
    let plot = home.path().join("supply.svg");
    let out = home.weft(&["emission", "--svg", plot.to_str().unwrap()]);
    assert!(out.status.success());
    let table = String::from_utf8(out.stdout).unwrap();
    assert!(table.contains("10500000  ") && table.contains("final supply 20999999.980442226 TAO"));
    let svg = std::fs::read_to_string(&plot).expect("the plot was written");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("<polyline"));
    assert!(svg.contains(">TAO<") && svg.contains("years of 2 629 800 blocks"), "axes have units");
    assert!((1..=8).all(|n| svg.contains(&format!(">halving {n}<"))));
    let nowhere = home.path().join("no/such/dir.svg");
    assert_eq!(home.error(&["emission", "--svg", nowhere.to_str().unwrap()], 1), "Io");
}
