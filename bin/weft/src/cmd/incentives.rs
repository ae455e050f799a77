//! `weft sim incentives`.

use crate::args::SimIncentives;
use crate::output::{Answer, Exit, Failure, note, table};
use crate::svg::{Chart, Series};
use std::path::{Path, PathBuf};
use weft_economics::incentive::{Incentives, Played, Role, Scene, Strategy, Weather, incentives};
use weft_types::Rao;

/// Runs the command.
pub fn run(args: &SimIncentives) -> Result<Answer, Failure> {
    let mut scenes = chosen(&args.attack)?;
    for scene in &mut scenes {
        change(&mut scene.weather, args)?;
    }
    let done = incentives(&scenes, args.seed, args.epochs, |played| {
        note(&format!("{} is over", played.name));
    });
    if let Some(path) = &args.svg {
        for played in &done.attacks {
            let path = file(path, (scenes.len() > 1).then_some(played.name));
            let fault = |e| Failure::new(Exit::Failed, "Io", format!("{}: {e}", path.display()));
            std::fs::write(&path, chart(played, args.seed).svg()).map_err(fault)?;
            note(&format!("plot      {}", path.display()));
        }
    }
    if done.ok {
        return Answer::new(&done, told(&done));
    }
    let message = done.violations.join("; ");
    let again =
        format!("replay it with: weft sim incentives --seed {} and the same flags", args.seed);
    Err(Failure::new(Exit::CheckFailed, "Violation", message).help(again).data(&done))
}

fn chosen(name: &str) -> Result<Vec<Scene>, Failure> {
    let all = Scene::all();
    if name == "all" {
        return Ok(all);
    }
    let names: Vec<_> = all.iter().map(|scene| scene.name).collect();
    let bad = || {
        let text = format!("--attack {name} is unknown");
        let help = format!("there are all, {}", names.join(", "));
        Failure::new(Exit::Usage, "BadAttack", text).help(help)
    };
    Scene::named(name).map(|scene| vec![scene]).ok_or_else(bad)
}

/// Another weather, as far as one is asked for.
fn change(weather: &mut Weather, args: &SimIncentives) -> Result<(), Failure> {
    let thousandths = |name: &str, part: &str| {
        let bad = || {
            let text = format!("--{name} {part} is not between 0 and 1");
            Failure::new(Exit::Usage, "BadPart", text)
        };
        let ppm = crate::number::parts_per_million(part).ok_or_else(bad)?;
        Ok::<_, Failure>(u64::from(ppm) / 1_000)
    };
    if let Some(part) = &args.error {
        weather.error = thousandths("error", part)?;
    }
    if let Some(part) = &args.drift {
        weather.drift = thousandths("drift", part)?;
    }
    weather.change = args.change.unwrap_or(weather.change);
    Ok(())
}

/// The file of a plot: `lab.svg` becomes `lab-copier.svg`.
fn file(path: &Path, attack: Option<&str>) -> PathBuf {
    let Some(attack) = attack else { return path.to_owned() };
    let part = |part: Option<&std::ffi::OsStr>| part.map(|p| p.to_string_lossy().into_owned());
    let stem = part(path.file_stem()).unwrap_or_default();
    let end = part(path.extension()).unwrap_or_else(|| "svg".to_owned());
    path.with_file_name(format!("{stem}-{attack}.{end}"))
}

fn told(done: &Incentives) -> String {
    let attacks: Vec<_> = done.attacks.iter().map(attack).collect();
    let about = "earned is exact, in TAO; of role: the part of what all validators, or all miners, \
                 earned; beside honest: a validator's for its stake, a miner's for each uid";
    format!("{}\n\n{about}\nseed {}", attacks.join("\n\n"), done.seed)
}

/// An attack as a table, and what it brings in all.
fn attack(played: &Played) -> String {
    let head = [
        played.name,
        "players",
        "stake",
        "earned",
        "of role",
        "of all",
        "for its stake",
        "each",
        "beside honest",
        "spent",
    ];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    rows.extend(played.strategies.iter().map(line));
    let attack = &played.attack;
    format!(
        "{}\n{} epochs, after {} to warm up: with {} of the stake the attack has {} of the \
         validators' part,\n{} of the miners' and {} of all; {} calls were refused\nstate root {}",
        table(&rows),
        played.epochs,
        played.warm_up,
        percent(attack.stake_ppm),
        percent(attack.validators_ppm),
        percent(attack.miners_ppm),
        percent(attack.total_ppm),
        played.refused,
        played.state_root
    )
}

fn line(strategy: &Strategy) -> Vec<String> {
    let or_none = |ppm: Option<u64>| ppm.map_or_else(|| "-".to_owned(), percent);
    let is_validator = strategy.role == Role::Validator;
    vec![
        strategy.name.to_owned(),
        strategy.players.to_string(),
        or_none(is_validator.then_some(strategy.stake_ppm)),
        strategy.earned.as_tao(),
        percent(strategy.part_ppm),
        percent(strategy.share_ppm),
        or_none(strategy.per_stake_ppm),
        strategy.per_player.as_tao(),
        or_none(strategy.relative_ppm),
        strategy.spent.as_tao(),
    ]
}

/// Two digits, rounded.
fn percent(ppm: u64) -> String {
    let hundredths = (ppm + 50) / 100;
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// The first of so many parts of the epochs is left out: a few epochs are all chance.
const SETTLING: usize = 10;

/// What each strategy has earned in percent of the honest of its role; where nobody is
/// honest, in TAO.
fn chart(played: &Played, seed: u64) -> Chart {
    let beside: Vec<Series> =
        played.strategies.iter().filter_map(|s| beside_honest(s, &played.strategies)).collect();
    if beside.is_empty() {
        return in_tao(played, seed);
    }
    Chart {
        title: format!("{}: earnings beside the honest, seed {seed}", played.name),
        x: "epochs counted".to_owned(),
        y: "percent of the honest of its role".to_owned(),
        series: beside,
        marks: Vec::new(),
        levels: vec![(100.0, "as much as the honest earn".to_owned())],
        from_zero: false,
    }
}

/// A strategy's earnings so far over those of the honest of its role, a validator's for its
/// stake and a miner's for each player; none of the honest themselves.
#[expect(clippy::cast_precision_loss, reason = "a plot shows a few digits")]
fn beside_honest(strategy: &Strategy, all: &[Strategy]) -> Option<Series> {
    let is_measure = |s: &&Strategy| s.honest && s.role == strategy.role && s.earned.0 > 0;
    let honest = all.iter().find(is_measure).filter(|honest| honest.name != strategy.name)?;
    let size = |s: &Strategy| match s.role {
        Role::Validator => s.stake.0 as f64,
        Role::Miner => s.players as f64,
    };
    let (own, theirs) = (size(strategy), size(honest));
    let skipped = strategy.cumulative.len().div_ceil(SETTLING);
    let epochs = (1_u32..).map(f64::from);
    let pairs = strategy.cumulative.iter().zip(&honest.cumulative);
    let percent = |(own_sum, sum): (&Rao, &Rao)| {
        let part = (own_sum.0 as f64 / own) / (sum.0 as f64 / theirs) * 100.0;
        part.is_finite().then_some(part)
    };
    let points: Vec<(f64, f64)> = epochs
        .zip(pairs.map(percent))
        .skip(skipped)
        .filter_map(|(epoch, part)| Some((epoch, part?)))
        .collect();
    (!points.is_empty()).then(|| Series { name: strategy.name.to_owned(), points })
}

/// What each player has earned.
#[expect(clippy::cast_precision_loss, reason = "a plot shows a few digits")]
fn in_tao(played: &Played, seed: u64) -> Chart {
    let series = |strategy: &Strategy| {
        let players = strategy.players.max(1) as f64;
        let tao = |rao: &Rao| rao.0 as f64 / 1e9 / players;
        let epochs = (1_u32..).map(f64::from);
        let points = epochs.zip(strategy.cumulative.iter().map(tao));
        Series {
            name: strategy.name.to_owned(),
            points: std::iter::once((0.0, 0.0)).chain(points).collect(),
        }
    };
    Chart {
        title: format!("{}: what each player has earned, seed {seed}", played.name),
        x: "epochs".to_owned(),
        y: "TAO".to_owned(),
        series: played.strategies.iter().map(series).collect(),
        marks: Vec::new(),
        levels: Vec::new(),
        from_zero: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attack_has_a_file_of_its_own() {
        let of = |path: &str, attack| file(Path::new(path), attack).display().to_string();
        assert_eq!(of("a/lab.svg", None), "a/lab.svg");
        assert_eq!(of("a/lab.svg", Some("lazy")), "a/lab-lazy.svg");
        assert_eq!(of("lab", Some("lazy")), "lab-lazy.svg");
    }
}
