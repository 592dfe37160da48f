//! Success means durable, seen from outside: the order of the daemon's system calls for each image it receives.

mod steps;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::tools::{storescu, wait_for};
use crate::trace;
use steps::Image;

const SENDERS: usize = 3;
const EACH: usize = 4;

/// strace attached to a process, its trace in a file.
struct Tracer(Child);

impl Tracer {
    /// Traces all threads of a process, the ones to come included. Every sync begins 20 ms later than it would: an
    /// answer that did not wait for one would be seen to leave before it.
    fn attach(pid: u32, trace: &Path) -> Self {
        let calls = "trace=sendto,sendmsg,write,writev,pwrite64,fdatasync,fsync,rename,renameat,renameat2";
        let mut child = Command::new("strace")
            .args(["-f", "-y", "-tt", "-xx", "-s", "8192", "-e", calls])
            .args(["-e", "inject=fdatasync,fsync:delay_enter=20000", "-o"])
            .arg(trace)
            .args(["-p", &pid.to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("strace cannot be run ({e}): scripts/test installs it"));
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = said.next().expect("strace says that it is attached").unwrap();
        assert!(first.contains("attached"), "strace cannot trace a process here (it needs ptrace): {first}");
        // It goes on to name the threads that come.
        thread::spawn(move || said.for_each(drop));
        Self(child)
    }

    /// Waits for the traced process to be gone, and strace with it.
    fn finish(mut self) {
        wait_for(30, "strace ends with the daemon", || self.0.try_wait().unwrap());
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn success_leaves_after_file_name_and_row_are_synced() {
    let mut site = Site::new(&Options::default());
    site.start();
    let trace = site.folder.path().join("trace");
    let tracer = Tracer::attach(site.pid(), &trace);
    let port = site.port;
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| (0..EACH).map(|_| film(site.folder.path(), "no_spine/hand").file).collect::<Vec<_>>())
        .map(|files| thread::spawn(move || storescu(SENDER, AE_TITLE, port, &files.iter().collect::<Vec<_>>())))
        .collect();
    for sender in senders {
        let (sent, said) = sender.join().unwrap();
        assert!(sent, "{said}");
    }
    let rows = site.sql("SELECT sop_instance_uid, file FROM instances");
    site.stop();
    tracer.finish();

    let images: Vec<Image> = rows
        .lines()
        .map(|row| row.split_once('|').unwrap())
        .map(|(uid, file)| Image::new(&site.state(), uid, file))
        .collect();
    assert_eq!(images.len(), SENDERS * EACH);
    let calls = trace::parse(&fs::read_to_string(&trace).unwrap());
    for image in &images {
        if let Err(why) = image.check(&calls) {
            // For a person to look at.
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("order.trace");
            fs::copy(&trace, &kept).unwrap();
            panic!("{}: {why}; the trace is {}", image.sop_instance_uid, kept.display());
        }
    }
    let overtaken = calls.iter().filter(|call| call.returned > call.begun).count();
    println!(
        "{} images from {SENDERS} senders in order; {} system calls, {overtaken} of them with another one's in between",
        images.len(),
        calls.len()
    );
}
