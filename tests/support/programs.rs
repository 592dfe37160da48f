//! Running programs, ours and others'. One that is missing is a failure that says what installs it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use serde_json::Value;

use super::root;

/// Where scripts/fetch-onnxruntime puts the library.
pub fn onnxruntime() -> PathBuf {
    let library = root().join("vendor/onnxruntime/libonnxruntime.so");
    assert!(library.exists(), "{} is missing: run scripts/fetch-onnxruntime", library.display());
    library
}

/// Runs a program to its end.
pub fn run<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) -> Output {
    run_in(root(), program, arguments)
}

/// Runs a program in a folder to its end.
pub fn run_in<S: AsRef<OsStr>>(
    folder: &Path,
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Output {
    let program = program.as_ref();
    let outcome = Command::new(program).args(arguments).current_dir(folder).env("TCP_NODELAY", "1").output();
    outcome.unwrap_or_else(|e| panic!("{} cannot be run ({e}): scripts/test installs it", program.display()))
}

/// Runs our own binary in a folder.
pub fn spinetriage<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Output {
    run_in(folder, env!("CARGO_BIN_EXE_spinetriage"), arguments)
}

/// Both outputs as text.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Starts Orthanc, with its configuration and its log in the folder.
pub fn start_orthanc(folder: &Path, configuration: &Value) -> Child {
    let file = folder.join("orthanc.json");
    fs::write(&file, configuration.to_string()).unwrap();
    let log = File::create(folder.join("log")).unwrap();
    let program = if Path::new("/usr/sbin/Orthanc").exists() { "/usr/sbin/Orthanc" } else { "Orthanc" };
    let mut command = Command::new(program);
    command.arg(&file).env("TCP_NODELAY", "1").stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap_or_else(|e| panic!("Orthanc cannot be run ({e}): scripts/test installs it"))
}
