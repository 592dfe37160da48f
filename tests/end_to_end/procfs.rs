//! What /proc says of a process (proc(5)).

use std::fs;

/// A number of /proc/PID/status; nothing when the process is gone.
fn status(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn of_running(pid: u32, field: &str) -> u64 {
    status(pid, field).unwrap_or_else(|| panic!("process {pid} has no {field}: it has ended"))
}

/// Largest resident set so far, KiB.
pub fn peak_kib(pid: u32) -> u64 {
    of_running(pid, "VmHWM")
}

/// Resident set, KiB.
pub fn resident_kib(pid: u32) -> u64 {
    of_running(pid, "VmRSS")
}

/// Resident set in KiB of a process that may have ended.
pub fn resident_kib_if_running(pid: u32) -> Option<u64> {
    status(pid, "VmRSS")
}

/// Number of threads.
pub fn threads(pid: u32) -> u64 {
    of_running(pid, "Threads")
}

/// Number of open file descriptors.
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap_or_else(|e| panic!("descriptors of process {pid}: {e}")).count()
}
