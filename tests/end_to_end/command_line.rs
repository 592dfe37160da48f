//! Manners of the command line that belong to no single command.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::support::root;

#[test]
fn a_reader_that_goes_away_is_no_reason_to_panic() {
    let film = "tests/data/samples/intact.dcm";
    let mut child = Command::new(env!("CARGO_BIN_EXE_spinetriage"))
        .args(["analyze", "--json", "--bundle", "bundles/demo", "--onnxruntime"])
        .args(["vendor/onnxruntime/libonnxruntime.so", film, film])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let status = child.wait().unwrap();
    assert!(!said.contains("panicked"), "{said}");
    assert!(!status.success(), "the second answer was written to nobody");
}
