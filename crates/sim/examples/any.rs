//! Temporary.
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (from, to): (u64, u64) = (a[1].parse().unwrap(), a[2].parse().unwrap());
    for seed in from..to {
        let plan = weft_sim::profiles::any(seed);
        let t = std::time::Instant::now();
        let r = weft_sim::run(&plan);
        println!(
            "{seed} {} ok {} {:?} heal {}/{} gap {} final {} {:?}",
            r.profile,
            r.ok,
            r.violations,
            r.slots_to_final_after_healing,
            r.healing_bound,
            r.longest_gap,
            r.final_height,
            t.elapsed()
        );
    }
}
