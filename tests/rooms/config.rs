//! The configuration as an administrator meets it: mistakes, the sample, edits of a running file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use spinetriage::config::{self, Overlay, Problems, Reload, Settings, SettingsHandle, Watching};
use spinetriage::findings::SopClass;

const SAMPLE: &str = include_str!("../../config/spinetriage.toml");
const PAGE: &str = include_str!("../../docs/configuration.md");
const MINIMAL: &str = "[[destination]]\nname = \"pacs\"\nae_title = \"PACS\"\naddress = \"127.0.0.1:104\"\n";

fn problems(text: &str) -> Problems {
    config::parse(text, "spinetriage.toml").expect_err("the text has mistakes")
}

/// `line:column key` of every problem.
fn places(problems: &Problems) -> Vec<String> {
    let place = |p: &config::Problem| match p.position {
        Some(at) => format!("{}:{} {}", at.line, at.column, p.key),
        None => format!("- {}", p.key),
    };
    problems.list().iter().map(place).collect()
}

#[test]
fn the_smallest_file_is_one_destination() {
    let settings = config::parse(MINIMAL, "spinetriage.toml").unwrap();
    assert_eq!(settings.server.ae_title.as_str(), "SPINETRIAGE");
    assert_eq!(settings.report.send_to, ["pacs"]);
    assert_eq!(settings.analysis.attempts, 3);
    assert!(settings.senders.is_empty());
    let empty = problems("");
    assert_eq!(places(&empty), ["- destination"]);
}

#[test]
fn every_key_reaches_the_settings() {
    let text = r#"
        [server]
        ae_title = " SPINE "
        listen = ["127.0.0.1:0", "[::1]:0"]
        max_associations = 1_000
        idle_timeout_seconds = 1.5
        [[sender]]
        ae_title = "DX1"
        hosts = ["10.20.3.4/16", "192.168.0.1"]
        [[destination]]
        name = "pacs"
        ae_title = "PACS"
        address = "pacs:104"
        storage_commitment = true
        give_up_after_hours = 1
        retry_after_seconds = 0.5
        retry_at_most_seconds = 60
        associations = 4
        fallback_sop_class = "comprehensive-3d-sr"
        [[destination]]
        name = "archive"
        ae_title = "PACS"
        address = "[::1]:104"
        [[forward]]
        from = ["DX1"]
        send_to = ["pacs", "archive"]
        [select]
        modalities = ["DX"]
        body_parts = []
        description_matches = "spine"
        [analysis]
        bundle = "bundles/x"
        workers = 0x4
        timeout_seconds = 10
        attempts = 5
        settle_seconds = 0
        settle_at_most_seconds = 0.25
        onnxruntime = "/opt/libonnxruntime.so"
        [report]
        sop_class = "comprehensive-sr"
        overlay = "none"
        send_to = ["archive"]
        [storage]
        state_dir = "/srv/state"
        keep_days = 0
        minimum_free_gib = 0.5
    "#;
    let settings = config::parse(text, Path::new("/etc/spinetriage/spinetriage.toml")).unwrap();
    assert_eq!(settings.server.ae_title.as_str(), "SPINE");
    assert_eq!(settings.server.listen.len(), 2);
    assert_eq!(settings.server.max_associations, 1000);
    assert_eq!(settings.server.idle_timeout, Duration::from_millis(1500));
    let hosts: Vec<String> = settings.senders[0].hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["10.20.0.0/16", "192.168.0.1/32"]);
    assert_eq!(settings.destinations[0].give_up_after, Duration::from_secs(3600));
    assert_eq!(settings.destinations[1].give_up_after, Duration::from_secs(72 * 3600));
    let [pacs, archive] = &settings.destinations[..] else { panic!("two destinations") };
    assert_eq!((pacs.retry.after, pacs.retry.at_most), (Duration::from_millis(500), Duration::from_secs(60)));
    assert_eq!((archive.retry.after, archive.retry.at_most), (Duration::from_secs(2), Duration::from_secs(600)));
    assert_eq!((pacs.associations, archive.associations), (4, 1));
    assert_eq!((pacs.storage_commitment, archive.storage_commitment), (true, false));
    assert_eq!((pacs.fallback_sop_class, archive.fallback_sop_class), (Some(SopClass::Comprehensive3dSr), None));
    let forwarded = |sender| settings.forward_destinations(sender).map(|d| d.name.as_str()).collect::<Vec<_>>();
    assert_eq!(forwarded("DX1"), ["pacs", "archive"]);
    assert!(forwarded("DX2").is_empty());
    assert_eq!(settings.select.modalities, ["DX"]);
    assert!(settings.select.body_parts.is_empty());
    assert_eq!(settings.select.description_matches.unwrap().as_str(), "spine");
    assert_eq!(settings.analysis.bundle, Path::new("/etc/spinetriage/bundles/x"), "relative to the file");
    assert_eq!(settings.analysis.workers, 4);
    assert_eq!(settings.analysis.timeout, Duration::from_secs(10));
    assert_eq!(settings.analysis.attempts, 5);
    assert_eq!(settings.analysis.settle, Duration::ZERO);
    assert_eq!(settings.analysis.settle_at_most, Duration::from_millis(250));
    assert_eq!(settings.analysis.onnxruntime, Some(PathBuf::from("/opt/libonnxruntime.so")));
    assert_eq!((settings.report.sop_class, settings.report.overlay), (SopClass::ComprehensiveSr, Overlay::None));
    assert_eq!(settings.report.send_to, ["archive"]);
    assert_eq!(settings.storage.state_dir, Path::new("/srv/state"));
    assert_eq!((settings.storage.keep_days, settings.storage.minimum_free_bytes), (0, 1 << 29));
}

#[test]
fn three_mistakes_are_three_problems_at_their_lines() {
    let text =
        format!("{MINIMAL}[server]\nae_titel = \"X\"\n[analysis]\nworkers = \"two\"\n[report]\nsend_to = [\"pcas\"]\n");
    let found = problems(&text);
    assert_eq!(places(&found), ["6:1 server.ae_titel", "8:11 analysis.workers", "10:12 report.send_to"]);
    let shown = found.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "spinetriage.toml:6:1: server.ae_titel: unknown key: did you mean \"ae_title\"?");
    assert!(lines[1].contains("string") && lines[1].contains("whole number"), "{}", lines[1]);
    assert!(lines[2].contains("did you mean \"pacs\"?"), "{}", lines[2]);
}

/// Each mistake, appended to a good file from line 5 on, and where it is noted.
#[test]
fn every_kind_of_mistake_is_found_at_its_place() {
    let sender = "[[sender]]\nae_title = 'A'\nhosts = ['10.0.0.1']\n";
    let cases = [
        ("[server]\nae_title = 'MORE_THAN_SIXTEEN'", "6:12 server.ae_title"),
        ("[server]\nlisten = ['127.0.0.1']", "6:11 server.listen"),
        ("[server]\nlisten = '127.0.0.1:104'", "6:10 server.listen"),
        ("[server]\nlisten = []", "6:10 server.listen"),
        ("[server]\nlisten = ['[::]:104', '[::]:104']", "6:23 server.listen"),
        ("[server]\nlisten = ['127.0.0.1:65536']", "6:11 server.listen"),
        ("[server]\nmax_associations = 0", "6:20 server.max_associations"),
        ("[server]\nmax_associations = 99999999999999999999", "6:20 server.max_associations"),
        ("[server]\nidle_timeout_seconds = nan", "6:24 server.idle_timeout_seconds"),
        ("[server]\ntls = { required = true }", "6:7 server.tls"),
        ("[sender]\nae_title = 'A'", "5:1 sender"),
        ("sender = [1]", "5:1 destination.sender"),
        ("[[sender]]\nae_title = 'A'", "5:1 sender.hosts"),
        ("[[sender]]\nhosts = ['::1']", "5:1 sender.ae_title"),
        ("[[sender]]\nae_title = 'A'\nhosts = ['10.0.0.0/33']", "7:10 sender.hosts"),
        ("[[destination]]\nname = 'pacs'\nae_title = 'B'\naddress = 'b:1'", "6:8 destination.name"),
        ("[[destination]]\nname = 'b'\nae_title = 'B'\naddress = 'b'", "8:11 destination.address"),
        ("storage_commitment = 1", "5:22 destination.storage_commitment"),
        ("associations = 0", "5:16 destination.associations"),
        ("retry_at_most_seconds = 1", "5:25 destination.retry_at_most_seconds"),
        (
            "sop_class = 'comprehensive-sr'\nfallback_sop_class = 'comprehensive-sr'",
            "6:22 destination.fallback_sop_class",
        ),
        ("[[forward]]\nsend_to = ['pacs']", "5:1 forward.from"),
        ("[[forward]]\nfrom = ['DX9']\nsend_to = ['pacs']", "6:9 forward.from"),
        ("[status_page]\nlisten = '127.0.0.1:8470'", "5:1 status_page"),
        ("[storage]\ninbox = '/x'", "6:9 storage.inbox"),
        ("[storage]\nminimum_free_gib = -1", "6:20 storage.minimum_free_gib"),
        ("[storage]\nstate_dir = ''", "6:13 storage.state_dir"),
        ("[select]\ndescription_matches = '(spine'", "6:23 select.description_matches"),
        ("[select]\nmodalities = ['cr']", "6:15 select.modalities"),
        ("[select]\nbody_parts = []\ndescription_matches = ''", "6:14 select.body_parts"),
        ("[analysis]\nsettle_seconds = 61", "5:1 analysis.settle_at_most_seconds"),
        ("[report]\nsop_class = 'basic-text'", "6:13 report.sop_class"),
        ("[report]\noverlay = false", "6:11 report.overlay"),
        ("[report]\nsend_to = []", "6:11 report.send_to"),
        ("[reprot]\n", "5:2 reprot"),
    ];
    for (mistake, place) in cases {
        let found = problems(&format!("{MINIMAL}{mistake}"));
        assert_eq!(places(&found), [place], "{mistake}\n{found}");
    }
    let found = problems(&format!("sender = [1]\n{MINIMAL}"));
    assert_eq!(places(&found), ["1:11 sender"], "{found}");
    let found = problems(&format!("{MINIMAL}{sender}{sender}"));
    assert_eq!(places(&found), ["9:12 sender.ae_title"], "{found}");
}

#[test]
fn a_syntax_error_is_one_problem_with_its_line() {
    let found = problems("[server]\nae_title = \"X\nworkers = two\n");
    assert_eq!(found.list().len(), 1, "{found}");
    assert_eq!(found.list()[0].position.unwrap().line, 2, "{found}");
    assert_eq!(found.to_string().lines().count(), 1);
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem_that_names_it() {
    let found = config::load(Path::new("no/such/spinetriage.toml")).unwrap_err();
    assert!(found.to_string().starts_with("no/such/spinetriage.toml: the configuration cannot be read"), "{found}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin1.toml");
    fs::write(&path, b"# caf\xe9\n").unwrap();
    assert!(config::load(&path).unwrap_err().to_string().contains("UTF-8"));
}

/// The sample with every `# key = value` line switched on.
fn uncommented_sample() -> (String, usize) {
    let mut count = 0;
    let switch_on = |line: &str| {
        let is_key = |rest: &&str| {
            let name = rest.split_once(" = ").map_or("", |(name, _)| name);
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        match line.strip_prefix("# ").filter(is_key) {
            Some(key) => {
                count += 1;
                format!("{key}\n")
            }
            None => format!("{line}\n"),
        }
    };
    let text = SAMPLE.lines().map(switch_on).collect();
    (text, count)
}

#[test]
fn the_defaults_stated_in_the_sample_are_the_ones_in_force() {
    let sample = config::parse(SAMPLE, "spinetriage.toml").unwrap();
    let (text, switched_on) = uncommented_sample();
    assert_eq!(switched_on, 29, "every key with a default");
    assert_eq!(config::parse(&text, "spinetriage.toml").unwrap(), sample);
}

#[test]
fn every_key_of_the_sample_is_explained() {
    let (text, _) = uncommented_sample();
    for (name, _) in text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = ")) {
        assert!(PAGE.contains(&format!("| `{name}` |")), "docs/configuration.md does not explain {name}");
    }
}

struct Running {
    folder: tempfile::TempDir,
    path: PathBuf,
    handle: SettingsHandle,
    watching: Watching,
}

fn running(text: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spinetriage.toml");
    fs::write(&path, text).unwrap();
    let handle = SettingsHandle::new(config::load(&path).unwrap());
    let watching = config::watch(path.clone(), handle.clone()).unwrap();
    Running { folder, path, handle, watching }
}

impl Running {
    /// The next outcome, which a person would call immediate.
    async fn outcome(&mut self) -> Reload {
        let limit = Duration::from_secs(2);
        tokio::time::timeout(limit, self.watching.reloads.recv()).await.expect("an outcome in 2 s").unwrap()
    }

    fn settings(&self) -> std::sync::Arc<Settings> {
        self.handle.current()
    }
}

/// Writes over a file where it lies, in one write: a machine that is busy between the truncation and the text of
/// `fs::write` lets the watcher find the file empty for longer than it waits for more.
fn overwrite(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.set_len(text.len() as u64).unwrap();
}

fn with_sender(ae_title: &str) -> String {
    format!("{MINIMAL}[[sender]]\nae_title = \"{ae_title}\"\nhosts = [\"127.0.0.1\"]\n")
}

#[tokio::test]
async fn good_edits_apply_and_broken_ones_change_nothing() {
    let mut daemon = running(MINIMAL);
    let mut subscriber = daemon.handle.subscribe();
    let before = daemon.settings();

    overwrite(&daemon.path, &with_sender("CR_ROOM2"));
    let applied = Reload::Applied { changes: vec!["sender CR_ROOM2 added".to_owned()], needs_restart: vec![] };
    assert_eq!(daemon.outcome().await, applied);
    assert_eq!(daemon.settings().senders[0].ae_title.as_str(), "CR_ROOM2");
    assert!(subscriber.has_changed().unwrap());
    assert_eq!(subscriber.borrow_and_update().senders.len(), 1);
    assert!(before.senders.is_empty(), "a snapshot never changes");

    overwrite(&daemon.path, &with_sender("TOO_LONG_FOR_AN_AE_TITLE"));
    let Reload::Refused(found) = daemon.outcome().await else { panic!("a broken file was not refused") };
    assert_eq!(found.list()[0].position.unwrap().line, 6);
    assert_eq!(daemon.settings().senders[0].ae_title.as_str(), "CR_ROOM2");
    assert!(!subscriber.has_changed().unwrap());
}

#[tokio::test]
async fn a_file_replaced_by_rename_is_seen_every_time() {
    let mut daemon = running(MINIMAL);
    for title in ["ROOM1", "ROOM2"] {
        let draft = daemon.folder.path().join(".spinetriage.toml.swp");
        fs::write(&draft, with_sender(title)).unwrap();
        fs::rename(&draft, &daemon.path).unwrap();
        assert!(matches!(daemon.outcome().await, Reload::Applied { .. }));
        assert_eq!(daemon.settings().senders[0].ae_title.as_str(), title);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_swapped_symbolic_link_beside_the_file_is_seen() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (version, text) in [("v1", MINIMAL.to_owned()), ("v2", with_sender("ROOM2"))] {
        fs::create_dir(root.join(version)).unwrap();
        fs::write(root.join(version).join("spinetriage.toml"), text).unwrap();
    }
    symlink("v1", root.join("..data")).unwrap();
    symlink("..data/spinetriage.toml", root.join("spinetriage.toml")).unwrap();
    let path = root.join("spinetriage.toml");
    let handle = SettingsHandle::new(config::load(&path).unwrap());
    let mut watching = config::watch(path, handle.clone()).unwrap();

    symlink("v2", root.join("..data_tmp")).unwrap();
    fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(2), watching.reloads.recv()).await.unwrap();
    assert!(matches!(outcome, Some(Reload::Applied { .. })), "{outcome:?}");
    assert_eq!(handle.current().senders.len(), 1);
}

#[tokio::test]
async fn a_request_always_has_an_outcome_and_names_what_waits_for_a_restart() {
    let mut daemon = running(MINIMAL);
    let trigger = daemon.watching.trigger();
    trigger.reload_now();
    assert_eq!(daemon.outcome().await, Reload::Unchanged);

    overwrite(&daemon.path, &format!("{MINIMAL}[analysis]\nworkers = 5\nattempts = 4\n"));
    trigger.reload_now();
    let Reload::Applied { changes, needs_restart } = daemon.outcome().await else { panic!("not applied") };
    assert_eq!(changes, ["analysis.attempts changed from 3 to 4"]);
    assert_eq!(needs_restart, ["analysis.workers changed from 2 to 5"]);
    assert_eq!((daemon.settings().analysis.workers, daemon.settings().analysis.attempts), (2, 4));

    fs::remove_file(&daemon.path).unwrap();
    assert!(matches!(daemon.outcome().await, Reload::Refused(_)));
}

#[tokio::test]
async fn an_edit_between_loading_and_watching_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spinetriage.toml");
    fs::write(&path, MINIMAL).unwrap();
    let handle = SettingsHandle::new(config::load(&path).unwrap());
    fs::write(&path, with_sender("ROOM1")).unwrap();
    let mut watching = config::watch(path, handle.clone()).unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(2), watching.reloads.recv()).await.unwrap();
    assert!(matches!(outcome, Some(Reload::Applied { .. })), "{outcome:?}");
}

#[tokio::test]
async fn the_watching_ends_with_its_owner() {
    let mut daemon = running(MINIMAL);
    daemon.watching.reload_now();
    assert_eq!(daemon.outcome().await, Reload::Unchanged);
    let Running { folder: _folder, path, watching, handle } = daemon;
    let trigger = watching.trigger();
    drop(watching);
    fs::write(&path, with_sender("ROOM1")).unwrap();
    trigger.reload_now();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(handle.current().senders.is_empty(), "an edit was applied although nobody would have been told");
}

proptest! {
    /// Whatever the text, there is an answer, and its problems can be gone to in an editor.
    #[test]
    fn problems_lie_inside_the_text(text in texts()) {
        if let Err(found) = config::parse(&text, "spinetriage.toml") {
            prop_assert!(!found.list().is_empty());
            prop_assert_eq!(found.to_string().lines().count(), found.list().len(), "one line a problem");
            for position in found.list().iter().filter_map(|problem| problem.position) {
                let line = text.split('\n').nth(position.line - 1);
                prop_assert!(line.is_some_and(|line| position.column <= line.chars().count() + 1), "{:?}", position);
            }
        }
    }
}

/// Arbitrary texts, and shuffled lines of a real file, which get past the TOML parser.
fn texts() -> impl Strategy<Value = String> {
    let lines: Vec<String> = uncommented_sample().0.lines().map(str::to_owned).collect();
    let written = prop::sample::select(lines);
    let line = prop_oneof![4 => written, 1 => "[a-z_]{1,9} = [0-9\"'\\[\\]a-z.]{1,9}", 1 => "\\PC{0,20}"];
    prop_oneof![any::<String>(), prop::collection::vec(line, 0..20).prop_map(|lines| lines.join("\n"))]
}
