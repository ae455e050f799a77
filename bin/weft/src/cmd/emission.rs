//! `weft emission`: every halving, the supply of every year, and the end.

use crate::args::EmissionArgs;
use crate::output::{Answer, Exit, Failure, note, table};
use crate::svg::{Chart, Series};
use serde_json::json;
use weft_ledger::query::schedule::{Schedule, YEAR_BLOCKS, emission_at, schedule};
use weft_types::Rao;
use weft_types::units::SUPPLY_CAP;

/// Runs the command.
pub fn run(args: &EmissionArgs) -> Result<Answer, Failure> {
    if let Some(text) = &args.at {
        let issued = issuance(text)?;
        let emission = emission_at(issued);
        let said = format!("{} TAO = {emission} rao a block", emission.as_tao());
        return Answer::new(&json!({ "issuance": issued, "block_emission": emission }), said);
    }
    let all = schedule();
    if let Some(path) = &args.svg {
        let fault = |e| Failure::new(Exit::Failed, "Io", format!("{}: {e}", path.display()));
        std::fs::write(path, chart(&all).svg()).map_err(fault)?;
        note(&format!("plot      {}", path.display()));
    }
    Answer::new(&all, text(&all))
}

/// An amount: TAO unless a unit stands behind it (F15). More than can exist is allowed in rao:
/// there nothing is emitted.
fn issuance(text: &str) -> Result<Rao, Failure> {
    if let Some(Ok(rao)) = text.strip_suffix("rao").map(str::parse) {
        return Ok(Rao(rao));
    }
    Rao::parse(text).map_err(|e| Failure::new(Exit::Usage, "BadAmount", e))
}

fn text(all: &Schedule) -> String {
    let head = ["halving", "at issuance (TAO)", "block emission (TAO)", "first block"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    for halving in &all.halvings {
        rows.push(vec![
            halving.n.to_string(),
            halving.issuance.as_tao(),
            halving.emission_after.as_tao(),
            halving.height.to_string(),
        ]);
    }
    let head = ["year", "supply (TAO)", "block emission (TAO)"];
    let mut years = vec![head.map(ToOwned::to_owned).to_vec()];
    for year in &all.years {
        years.push(vec![year.year.to_string(), year.issued.as_tao(), year.emission.as_tao()]);
    }
    format!(
        "{}\n\n{}\n\nfinal supply {} TAO, last emission in block {}",
        table(&rows),
        table(&years),
        all.final_supply.as_tao(),
        all.last_emission_height
    )
}

#[expect(clippy::cast_precision_loss, reason = "a plot shows a few digits")]
fn chart(all: &Schedule) -> Chart {
    let tao = |rao: Rao| rao.0 as f64 / 1e9;
    let year = |height: u64| height as f64 / YEAR_BLOCKS as f64;
    let points = all.years.iter().map(|y| (y.year as f64, tao(y.issued)));
    let marks = all.halvings.iter().take(8);
    Chart {
        title: "Supply, if nothing is recycled".to_owned(),
        x: "years of 2 629 800 blocks, 12 s each".to_owned(),
        y: "TAO".to_owned(),
        series: vec![Series {
            name: "supply in TAO".to_owned(),
            points: std::iter::once((0.0, 0.0)).chain(points.take(48)).collect(),
        }],
        marks: marks.map(|h| (year(h.height), format!("halving {}", h.n))).collect(),
        levels: vec![(tao(SUPPLY_CAP), "21 million: more there will never be".to_owned())],
        from_zero: true,
    }
}
