//! Where a bench ran, and what its processes used.

use serde::{Deserialize, Serialize};

/// The machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Host {
    /// The processor's name.
    pub cpu: String,
    /// How many cores this program may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Operating system and architecture.
    pub system: String,
}

/// What a process used.
#[derive(Clone, Debug, Serialize)]
pub struct Usage {
    /// Which.
    pub name: String,
    /// Seconds of processor time since it started.
    pub cpu_s: f64,
    /// Resident memory in MiB.
    pub rss_mib: u64,
}

/// What this process holds in memory.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// Resident now, in MiB.
    pub rss_mib: u64,
    /// The most that ever was, in MiB.
    pub peak_mib: u64,
}

/// The memory of this process; zeros where the system does not tell.
#[must_use]
pub fn memory() -> Memory {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mib = |name| kib(&text, name) / 1_024;
    Memory { rss_mib: mib("VmRSS"), peak_mib: mib("VmHWM") }
}

/// What a process holds in memory, in KiB, and of what kind.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Resident {
    /// All of it.
    pub rss_kib: u64,
    /// Its own: what it was handed out, and what of that it gave back but is not taken yet.
    pub anon_kib: u64,
    /// Pages of files, which are those of the program and can be read again at any time.
    pub file_kib: u64,
    /// The most that it ever held.
    pub peak_kib: u64,
}

/// What a process holds in memory; zeros where it is gone or the system does not tell.
#[must_use]
pub fn resident(pid: Option<u32>) -> Resident {
    let path = pid.map(|pid| format!("/proc/{pid}/status")).unwrap_or_default();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    Resident {
        rss_kib: kib(&text, "VmRSS"),
        anon_kib: kib(&text, "RssAnon"),
        file_kib: kib(&text, "RssFile"),
        peak_kib: kib(&text, "VmHWM"),
    }
}

/// The machine's load over one minute and five.
#[must_use]
pub fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|l| l.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str, name: &str) -> u64 {
    let value = field(text, name).unwrap_or_default();
    value.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

impl Host {
    /// This machine, as far as the system tells.
    #[must_use]
    pub fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: kib(&read("/proc/meminfo"), "MemTotal") / 1_024,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// What a process has used so far; zeros when it is gone.
#[must_use]
pub fn usage(name: &str, pid: Option<u32>) -> Usage {
    let read = |file: &str| {
        pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok())
            .unwrap_or_default()
    };
    Usage {
        name: name.to_owned(),
        cpu_s: cpu_seconds(&read("stat")),
        rss_mib: kib(&read("status"), "VmRSS") / 1_024,
    }
}

/// Clock ticks of the kernel's tables a second: 100 on every Linux.
const TICKS: f64 = 100.0;

/// User and system time of `/proc/PID/stat`: fields 14 and 15.
fn cpu_seconds(stat: &str) -> f64 {
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}
