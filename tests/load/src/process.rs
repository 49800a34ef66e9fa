//! What a process has used, as the kernel tells it.

use std::fs::read_to_string;
use std::process::Command;
use std::sync::LazyLock;

static TICKS_A_SECOND: LazyLock<f64> = LazyLock::new(|| {
    let output = Command::new("getconf").arg("CLK_TCK").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
});

/// The CPU time of all its threads so far, of the program and of the kernel for it, in microseconds.
pub(crate) fn cpu_micros(id: u32) -> f64 {
    let stat = read_to_string(format!("/proc/{id}/stat")).unwrap();
    // The second field is a name in parentheses, which may have spaces.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().collect();
    let ticks = |field: usize| fields[field - 3].parse::<f64>().unwrap();
    (ticks(14) + ticks(15)) / *TICKS_A_SECOND * 1e6
}

/// Resident memory in bytes; `None` if there is no such process.
pub(crate) fn resident(id: u32) -> Option<u64> {
    let status = read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
