//! Running programs, waiting, ports.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

pub use crate::ports::free_port;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where scripts/fetch-onnxruntime puts the library.
pub fn onnxruntime() -> PathBuf {
    let library = root().join("vendor/onnxruntime/libonnxruntime.so");
    assert!(library.exists(), "{} is missing: run scripts/fetch-onnxruntime", library.display());
    library
}

/// A whole number from the environment, where a longer run of a test is asked for.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

/// Runs a program to its end; a missing program is a failure that names it.
pub fn run<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Output {
    let outcome = Command::new(program).args(arguments).env("TCP_NODELAY", "1").output();
    outcome.unwrap_or_else(|e| panic!("{program} cannot be run ({e}): scripts/test installs it"))
}

/// Both outputs as text.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs our own binary.
pub fn spinetriage<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    run(env!("CARGO_BIN_EXE_spinetriage"), arguments)
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
