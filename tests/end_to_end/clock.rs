//! The system's clock is set back an hour and then forward a day, while jobs, retries and deadlines are under way.
//!
//! libfaketime shows the daemon and its workers another clock than everybody else's.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::daemon::{Options, Site, signal};
use crate::films::film;
use crate::scripted_pacs::{Script, ScriptedPacs};
use crate::support::ports::free_port;
use crate::tools::wait_for;

/// A clock that is off by what a file says.
struct Clock {
    file: PathBuf,
}

impl Clock {
    fn new(site: &Site) -> Self {
        let clock = Self { file: site.folder.path().join("clock") };
        clock.set("+0");
        clock
    }

    /// In seconds, with its sign.
    fn set(&self, offset: &str) {
        // It is read at every look at the clock: never half written.
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{offset}\n")).unwrap();
        fs::rename(&new, &self.file).unwrap();
    }

    /// The daemon's program with this clock.
    fn program(&self) -> Command {
        let folders = fs::read_dir("/usr/lib").unwrap().map(|folder| folder.unwrap().path());
        let library = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|file| file.exists());
        let mut command = Command::new(env!("CARGO_BIN_EXE_spinetriage"));
        command
            .env("LD_PRELOAD", library.expect("libfaketime is missing: scripts/test installs it"))
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }
}

/// Every delivery is tried again, though none can succeed.
fn attempts_go_on(site: &Site) {
    let before = site.sql("SELECT max(attempts) FROM audit_deliveries");
    let more = format!("SELECT count(*) FROM audit_deliveries WHERE attempts <= {before}");
    wait_for(30, "every delivery is tried again", || (site.sql(&more) == "0").then_some(()));
}

#[test]
fn setting_the_clock_moves_no_job_no_retry_and_no_deadline() {
    let port = free_port();
    let pacs = "give_up_after_hours = 12\nretry_at_most_seconds = 2\n";
    let mut site = Site::new(&Options { pacs_port: port, pacs, workers: 2, ..Options::default() });
    let clock = Clock::new(&site);
    site.start_by(clock.program());
    let films = [(); 4].map(|()| film(site.folder.path(), "intact"));
    let [before, an_hour_back, at_the_jump, a_day_on] = films.each_ref();
    let states = "SELECT count(*), group_concat(DISTINCT state), min(attempts) > 0 FROM audit_deliveries";
    site.send(&[before]);
    site.wait_sql(60, states, "1|pending|1");

    clock.set("-3600");
    attempts_go_on(&site);
    site.send(&[an_hour_back]);
    site.wait_sql(60, states, "2|pending|1");

    // The jump finds a job under way, in the hands of a worker that takes its time.
    let workers = site.workers();
    workers.iter().for_each(|worker| signal(*worker, "STOP"));
    site.send(&[at_the_jump]);
    site.wait_sql(20, "SELECT count(*) FROM jobs WHERE state = 'running' AND kind = 'analyse'", "1");
    clock.set("+86400");
    attempts_go_on(&site);
    workers.iter().for_each(|worker| signal(*worker, "CONT"));
    site.send(&[a_day_on]);
    site.wait_sql(60, states, "4|pending|1");
    attempts_go_on(&site);
    // The daemon did see another time.
    let hours = |uid: &str| -> f64 {
        let ahead = "24 * (julianday(received_at) - julianday('now'))";
        site.sql(&format!("SELECT {ahead} FROM instances WHERE sop_instance_uid = '{uid}'")).parse().unwrap()
    };
    assert!(hours(&an_hour_back.image) < -0.9 && hours(&a_day_on.image) > 23.0);

    let pacs = ScriptedPacs::at(port, Script::default());
    site.wait_sql(60, states, "4|delivered|1");
    site.wait_sql(10, "SELECT group_concat(DISTINCT state) FROM instances", "reported");
    assert_eq!(pacs.attempts().len(), 4, "one report of each film");
    assert_eq!(site.sql("SELECT count(*), max(attempts) FROM jobs"), "8|1", "the jump cost no job an attempt");
    assert!(site.command(&["audit", "verify"]).status.success());
    site.stop();
}
