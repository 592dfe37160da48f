//! A disk that is nearly full, and one that is full to the last byte: nothing that was promised is lost.
//!
//! The daemon has a file system of its own, of 64 MiB, in a mount namespace that nobody else is in.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use spinetriage::dicom::Status;

use crate::daemon::{Options, SENDER, Site};
use crate::films::{Film, film};
use crate::modality::Modality;
use crate::scripted_pacs::{Script, ScriptedPacs};
use crate::support::programs::text;

/// Starts the daemon with its state folder on a small file system.
fn start(site: &mut Site) {
    let state = site.folder.path().join("state");
    fs::create_dir(&state).unwrap();
    // Who is not root is root in a user namespace.
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new("unshare");
    command
        .arg(if root { "-m" } else { "-rm" })
        .args(["sh", "-c", "mount -t tmpfs -o size=64m,mode=700 tmpfs \"$0\" && exec \"$@\""])
        .arg(&state)
        .arg(env!("CARGO_BIN_EXE_spinetriage"));
    site.start_by(command);
    let pid = site.pid().to_string();
    let user: &[&str] = if root { &[] } else { &["-U", "--preserve-credentials"] };
    site.enter = [&["nsenter", "-t", &pid, "-m"], user, &["--"]].concat().into_iter().map(str::to_owned).collect();
}

/// Takes up room on the daemon's file system.
struct Filler {
    path: PathBuf,
    file: File,
}

impl Filler {
    fn new(site: &Site) -> Self {
        let state = site.folder.path().join("state/filler");
        let path = PathBuf::from(format!("/proc/{}/root", site.pid())).join(state.strip_prefix("/").unwrap());
        let file = File::create(&path).unwrap();
        Self { path, file }
    }

    /// As many bytes, or what is left.
    fn take(&mut self, bytes: usize) {
        let mut left = bytes;
        let mut size = 1 << 20;
        while left > 0 && size > 0 {
            match self.file.write(&vec![0; size.min(left)]) {
                Ok(written) => left -= written,
                Err(error) if error.kind() == ErrorKind::StorageFull => size /= 2,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn remove(self) {
        fs::remove_file(self.path).unwrap();
    }
}

fn send(site: &Site, film: &Film) -> Status {
    Modality::new(SENDER, site.port).send(&film.file).unwrap()
}

fn state_of(site: &Site, film: &Film) -> String {
    site.sql(&format!("SELECT state FROM instances WHERE sop_instance_uid = '{}' AND state <> 'failed'", film.image))
}

#[test]
fn a_disk_with_too_little_room_takes_no_more() {
    let pacs = ScriptedPacs::start(Script::default());
    let options = Options { pacs_port: pacs.port, minimum_free_gib: 0.03125, ..Options::default() };
    let mut site = Site::new(&options);
    start(&mut site);
    let [early, late] = [(); 2].map(|()| film(site.folder.path(), "intact"));
    assert_eq!(send(&site, &early), Status::SUCCESS);
    let mut filler = Filler::new(&site);
    filler.take(40 << 20);
    assert_eq!(send(&site, &late), Status::OUT_OF_RESOURCES);
    let reason = text(&site.command(&["queue", "show", &late.image]));
    assert!(reason.contains("A700") && reason.contains("minimum_free_gib"), "{reason}");
    site.wait_sql(10, "SELECT what, since <> '', until FROM audit_conditions", "storage|1|");
    // What was taken before is reported all the same.
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state = 'reported'", "1");
    filler.remove();
    assert_eq!(send(&site, &late), Status::SUCCESS);
    site.wait_sql(10, "SELECT what, until > since FROM audit_conditions", "storage|1");
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state = 'reported'", "2");
    assert_eq!(pacs.attempts().len(), 2);
}

#[test]
fn a_disk_that_is_full_to_the_last_byte_loses_nothing() {
    let pacs = ScriptedPacs::start(Script::default());
    let options = Options { pacs_port: pacs.port, minimum_free_gib: 0.0, ..Options::default() };
    let mut site = Site::new(&options);
    start(&mut site);
    let daemon = site.pid();
    let mut films = Vec::new();
    let mut refused = 0;
    // Full while films wait, are analysed, settle, are reported and sent: as many milliseconds after they came.
    for moment in [0, 300, 600, 1000, 1400, 1800] {
        let [first, second, late] = [(); 3].map(|()| film(site.folder.path(), "intact"));
        assert_eq!([send(&site, &first), send(&site, &second)], [Status::SUCCESS; 2]);
        sleep(Duration::from_millis(moment));
        let mut filler = Filler::new(&site);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(3) {
            // What the daemon gives up is taken at once.
            filler.take(usize::MAX);
            assert_eq!(send(&site, &late), Status::OUT_OF_RESOURCES, "there is no room for a film");
            refused += 1;
            sleep(Duration::from_millis(200));
        }
        filler.remove();
        assert_eq!(send(&site, &late), Status::SUCCESS);
        films.extend([first, second, late]);
    }
    let work_that_failed = site.log().lines().filter(|line| line.contains("has failed")).count();
    assert!(work_that_failed > 0, "the daemon's own work was to meet the full disk");
    site.wait_sql(120, "SELECT count(*) FROM instances WHERE state = 'reported'", &films.len().to_string());
    assert_eq!(site.pid(), daemon);
    for film in &films {
        assert_eq!(state_of(&site, film), "reported");
    }
    let mut reports: Vec<String> = pacs.attempts().into_iter().map(|attempt| attempt.sop_instance).collect();
    let sent = reports.len();
    reports.sort_unstable();
    reports.dedup();
    assert_eq!(reports.len(), films.len(), "one report of each film");
    for report in &reports {
        let attempts = pacs.attempts_of(report);
        assert!(attempts.iter().all(|attempt| attempt.dataset == attempts[0].dataset), "sent again as it was");
    }
    assert_eq!(site.sql("PRAGMA integrity_check"), "ok");
    assert!(site.command(&["audit", "verify"]).status.success());
    println!(
        "{refused} films were refused on a full disk, work failed {work_that_failed} times; {} reports, {sent} sent",
        reports.len()
    );
    site.stop();
}
