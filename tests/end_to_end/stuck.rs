//! A worker that cannot be killed: it reads from a file server that does not answer.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Command;

use crate::daemon::{Options, Site, signal};
use crate::films::film;
use crate::support::root;
use crate::tools::wait_for;

/// Such a worker took its slot with it, its job's lease ran out, and the next slot's worker was lost in the same way.
#[test]
fn a_worker_that_cannot_be_killed_took_one_slot_after_the_other() {
    let mut site = Site::new(&Options { timeout_seconds: 2, ..Options::default() });
    let folder = site.folder.path().join("hanging");
    let pid_file = site.folder.path().join("hanging.pid");
    fs::create_dir(&folder).unwrap();
    // Who is not root is root in a user namespace.
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new("unshare");
    command
        .arg(if is_root { "-m" } else { "-rm" })
        .args(["python3", root().join("tests/end_to_end/stuck/hanging_file.py").to_str().unwrap()])
        .args([&folder, &pid_file])
        .arg(env!("CARGO_BIN_EXE_spinetriage"));
    site.start_by(command);

    // The first film lies on the server that does not answer.
    assert!(site.command(&["queue", "pause"]).status.success());
    let films: Vec<_> = (0..3).map(|_| film(site.folder.path(), "no_spine/hand")).collect();
    films.iter().for_each(|film| site.send(&[film]));
    let spooled = site.state().join(site.sql("SELECT file FROM instances WHERE id = 1"));
    let aside = site.folder.path().join("aside.dcm");
    fs::rename(&spooled, &aside).unwrap();
    symlink(folder.join("film"), &spooled).unwrap();
    assert!(site.command(&["queue", "resume"]).status.success());

    // Its worker is killed and does not end: the one slot goes on with another, and nobody else gets that film.
    site.wait_sql(
        60,
        "SELECT worker FROM jobs WHERE instance_id = 1 AND state = 'running'",
        "worker-1 that does not end",
    );
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE id > 1 AND state = 'analysed'", "2");
    assert_eq!(site.sql("SELECT state || ' ' || attempts FROM jobs WHERE instance_id = 1"), "running 1");

    // The file server answers again, and the film is where it was.
    fs::remove_file(&spooled).unwrap();
    fs::rename(&aside, &spooled).unwrap();
    let server: u32 =
        wait_for(10, "the server has said who it is", || fs::read_to_string(&pid_file).ok()?.parse().ok());
    signal(server, "KILL");
    site.wait_sql(60, "SELECT state FROM instances WHERE id = 1", "analysed");
    let told = site.sql("SELECT detail FROM audit_trail WHERE what = 'attempt' AND outcome = 'will retry'");
    assert!(told.contains("does not end"), "{told}");
    site.stop();
}
