//! The plan of the house: which room of `src/` may use which. This table is the one place that says so; the picture in
//! `docs/architecture.md` is drawn from it.
//!
//! A room is a file or a folder of `src/`. Each may use those named beside it, which stand above it in this list, so
//! that no circle can be. Tests inside `src/` count as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground upwards: a room, and what it may use.
const ROOMS: &[(&str, &str)] = &[
    ("causes", ""),
    ("guard", "causes"),
    ("logging", ""),
    ("identifiers", ""),
    ("parallel", ""),
    ("retry", ""),
    ("endure", ""),
    ("unfinished", ""),
    ("findings", "identifiers"),
    ("dicom", "identifiers"),
    ("spool", ""),
    ("radiomics", "parallel"),
    ("statistics", ""),
    ("classifier", ""),
    ("config", "identifiers retry findings"),
    ("evaluation", "findings statistics"),
    ("imaging", "guard identifiers findings dicom"),
    ("radiomics_files", "radiomics dicom imaging"),
    ("dimse", "causes identifiers dicom"),
    ("store", "identifiers retry unfinished findings dicom"),
    ("model", "findings radiomics classifier imaging"),
    ("report", "guard identifiers findings dicom imaging"),
    ("intake", "identifiers dicom spool config dimse store"),
    ("delivery", "identifiers endure retry dicom spool config dimse store"),
    ("analysis", "identifiers findings imaging model"),
    ("training", "guard parallel unfinished findings statistics classifier evaluation imaging model analysis"),
    ("worker", "identifiers findings imaging model report analysis"),
];
/// Above all others.
const DAEMON: &str = "identifiers endure logging findings spool config dicom dimse store intake delivery worker";

fn rooms() -> Vec<(&'static str, BTreeSet<&'static str>)> {
    let named = |(room, may_use): (&'static str, &'static str)| (room, may_use.split_whitespace().collect());
    ROOMS.iter().copied().chain([("daemon", DAEMON)]).map(named).collect()
}

fn source(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The room of a file: the folder or the file right below `src/`.
fn room_of(file: &Path, src: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a text of Rust names after `crate::`, in comments too where they are links that a reader follows
/// upwards: those begin with `//` and do not count.
fn used(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect();
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => top_level(group),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            rooms.insert(name);
        }
    }
    rooms
}

/// The items of `use crate::{...}`, each from its start.
fn top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn arrows_run_downwards_only() {
    let mut below = BTreeSet::new();
    for (room, may_use) in rooms() {
        assert!(
            may_use.is_subset(&below),
            "{room} may use {:?}, which do not stand below it",
            may_use.difference(&below)
        );
        assert!(below.insert(room), "{room} is listed twice");
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source(&src, &mut files);
    let allowed: BTreeMap<_, _> = rooms().into_iter().collect();
    let (mut found, mut against): (BTreeMap<String, BTreeSet<String>>, Vec<String>) = Default::default();
    for file in &files {
        let room = room_of(file, &src);
        // Arguments: they may use whatever there is.
        if ["main", "lib", "cli"].contains(&room.as_str()) {
            continue;
        }
        let may_use = allowed.get(room.as_str()).unwrap_or_else(|| panic!("{room} is in no row of ROOMS: add one"));
        for other in used(&fs::read_to_string(file).unwrap()) {
            if other == room || other == "RESEARCH_USE_ONLY" {
                continue;
            }
            if !may_use.contains(other.as_str()) {
                against.push(format!("{} uses {other}, which {room} may not", file.display()));
            }
            found.entry(room.clone()).or_default().insert(other);
        }
    }
    assert!(against.is_empty(), "arrows against the plan in tests/house.rs:\n{}", against.join("\n"));
    for (room, may_use) in &allowed {
        let uses = found.remove(*room).unwrap_or_default();
        let idle: Vec<_> = may_use.iter().filter(|other| !uses.contains(**other)).collect();
        assert!(idle.is_empty(), "{room} uses {idle:?} no more: take them from its row");
    }
}

/// The small files at the very bottom, which are not drawn.
const NOT_DRAWN: [&str; 8] = ["causes", "guard", "identifiers", "logging", "parallel", "retry", "endure", "unfinished"];

/// The rooms as a Mermaid graph: an arrow where no other way leads there.
fn picture() -> String {
    let mut below: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut lines = vec!["graph TD".to_owned()];
    for (room, may_use) in rooms() {
        let direct: Vec<&str> = may_use.iter().copied().filter(|other| !NOT_DRAWN.contains(other)).collect();
        let through: BTreeSet<&str> = direct.iter().flat_map(|other| &below[other]).copied().collect();
        let drawn = direct.iter().filter(|other| !through.contains(*other));
        lines.extend(drawn.map(|other| format!("    {room} --> {other}")));
        below.insert(room, direct.iter().copied().chain(through.iter().copied()).collect());
    }
    lines.join("\n")
}

#[test]
fn the_picture_is_drawn_from_the_table() {
    let page = include_str!("../docs/architecture.md");
    assert!(
        page.contains(&picture()),
        "docs/architecture.md draws another house than tests/house.rs has:\n{}",
        picture()
    );
}

#[test]
fn imports_are_read_in_every_form() {
    let text = "use crate::store::{Store, x};\nuse crate::{spool, dimse::{a, b}, Uid};\n// crate::daemon\nlet x = crate::model::y;\nmycrate::no";
    assert_eq!(used(text).into_iter().collect::<Vec<_>>(), ["Uid", "dimse", "model", "spool", "store"]);
}
