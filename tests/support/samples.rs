//! The sample films, and what is known of them.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::root;

/// The columns of [`cases_of`].
pub const CASES_HEADER: &str = "path,x0,y0,x1,y1,level,class,set,patient";

/// A sample by name.
pub fn sample(name: &str) -> PathBuf {
    root().join(format!("tests/data/samples/{name}.dcm"))
}

/// The labelled bodies of a sample film as cases, from above.
pub fn cases_of(name: &str, set: &str, patient: &str) -> Vec<String> {
    let truth = fs::read(root().join("tests/data/samples/truth.json")).unwrap();
    let truth: Value = serde_json::from_slice(&truth).unwrap();
    let row = |body: &Value| {
        let sides: Vec<String> = body["box"].as_array().unwrap().iter().map(Value::to_string).collect();
        let (film, level) = (sample(name), body["level"].as_str().unwrap());
        format!("{},{},{level},{},{set},{patient}", film.display(), sides.join(","), body["class"])
    };
    truth[format!("{name}.dcm")].as_array().unwrap().iter().map(row).collect()
}
