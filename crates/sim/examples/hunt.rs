//! scratch
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (from, to): (u64, u64) = (a[2].parse().unwrap(), a[3].parse().unwrap());
    let t = std::time::Instant::now();
    let name = a[1].clone();
    let mut shown = 0;
    let mut bad: std::collections::BTreeMap<String, (u64, String)> = Default::default();
    let mut heal: std::collections::BTreeMap<String, Vec<(u64, u64, u64)>> = Default::default();
    let h = weft_sim::hunt::hunt(
        from..to,
        2,
        |seed| {
            if name == "any" {
                weft_sim::profiles::any(seed)
            } else {
                weft_sim::profiles::plan(&name, seed).unwrap()
            }
        },
        |r| {
            heal.entry(r.profile.clone()).or_default().push((
                r.slots_to_final_after_healing,
                r.healing_bound,
                r.seed,
            ));
            if !r.ok {
                let e = bad
                    .entry(r.profile.clone())
                    .or_insert((0, format!("seed {} {:?}", r.seed, r.violations.first())));
                e.0 += 1;
                if shown < 5 {
                    shown += 1;
                    println!("{} {} {:?} {:?}", r.profile, r.seed, r.violations, r.faults);
                }
            }
            true
        },
    );
    for (p, v) in heal {
        let worst = v.iter().max().unwrap();
        println!(
            "{p:28} n {:5} heal {:?} worst {:?}",
            v.len(),
            weft_sim::hunt::Spread::of(v.iter().map(|x| x.0).collect()),
            worst
        );
    }
    for (p, b) in bad {
        println!("BAD {p:28} {} {}", b.0, b.1);
    }
    println!("{h:?} {:.1}/s", h.seeds as f64 / t.elapsed().as_secs_f64());
}
