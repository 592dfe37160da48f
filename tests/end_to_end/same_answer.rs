//! The same file gives the same answer.

use crate::support::programs::{onnxruntime, spinetriage, text};
use crate::support::root;
use crate::support::samples::sample;

#[test]
fn one_and_four_threads_give_the_same_json() {
    let analyze = |threads: &str| {
        let (bundle, library) = (root().join("bundles/demo"), onnxruntime());
        let files = ["intact", "compression", "burst"].map(sample);
        let mut arguments: Vec<&std::ffi::OsStr> =
            vec!["analyze".as_ref(), "--json".as_ref(), "--threads".as_ref(), threads.as_ref()];
        arguments.extend(["--bundle".as_ref(), bundle.as_os_str(), "--onnxruntime".as_ref(), library.as_os_str()]);
        arguments.extend(files.iter().map(|f| f.as_os_str()));
        let output = spinetriage(root(), arguments);
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let once = analyze("1");
    assert_eq!(once.lines().count(), 3);
    for line in once.lines() {
        let findings: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(findings["vertebrae"].as_array().unwrap().len() >= 5, "{line}");
        assert_eq!(findings["notice"], "Research use only, not for diagnosis");
    }
    assert_eq!(once, analyze("1"), "twice with one thread");
    assert_eq!(once, analyze("4"), "with one and with four threads");
}
