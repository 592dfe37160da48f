//! Sending, waiting, settings of longer runs.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::programs::{run, text};

/// A whole number from the environment, where a longer run of a test is asked for.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

/// Sends files by DCMTK's storescu; true when every one was answered Success.
pub fn storescu(calling: &str, called: &str, port: u16, files: &[&PathBuf]) -> (bool, String) {
    let port = port.to_string();
    let mut arguments: Vec<&OsStr> =
        ["-v", "-R", "-aet", calling, "-aec", called, "127.0.0.1", &port].into_iter().map(OsStr::new).collect();
    arguments.extend(files.iter().map(|f| f.as_os_str()));
    let output = run("storescu", arguments);
    let said = text(&output);
    (output.status.success() && said.matches("(Success)").count() == files.len(), said)
}

/// Waits until `what` gives something, at most `seconds`.
pub fn wait_for<T>(seconds: u64, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(seconds), "waited {seconds} s in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
