//! The daemon's memory does not grow with what is sent.

use std::fs;
use std::path::Path;
use std::thread;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::big_chest;
use crate::tools::storescu;

const SENDERS: usize = 4;
const EACH: usize = 50;
const LIMIT_KIB: u64 = 64 * 1024;

/// Peak resident set of a process, KiB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Gives the file a SOP Instance UID of its own: its last digits are replaced in place.
fn renumber(file: &Path, uid: &str, number: usize) -> String {
    let new = format!("{}{number:04}", &uid[..uid.len() - 4]);
    let mut bytes = fs::read(file).unwrap();
    let places: Vec<usize> = (0..4096).filter(|i| bytes[*i..].starts_with(uid.as_bytes())).collect();
    assert_eq!(places.len(), 2, "in the header and in the data set");
    for place in places {
        bytes[place..place + uid.len()].copy_from_slice(new.as_bytes());
    }
    fs::write(file, bytes).unwrap();
    new
}

#[test]
fn four_senders_push_two_hundred_films_of_15_mb() {
    let mut site = Site::new(&Options::default());
    site.start();
    let port = site.port;
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| big_chest(site.folder.path()))
        .map(|film| {
            thread::spawn(move || {
                let mut uid = film.image.clone();
                for number in 0..EACH {
                    uid = renumber(&film.file, &uid, number);
                    let (sent, said) = storescu(SENDER, AE_TITLE, port, &[&film.file]);
                    assert!(sent, "{said}");
                }
            })
        })
        .collect();
    senders.into_iter().for_each(|s| s.join().unwrap());
    assert_eq!(site.sql("SELECT count(*), min(bytes) > 15000000 FROM instances WHERE state = 'skipped'"), "200|1");
    let peak = peak(site.pid());
    println!(
        "peak resident set {:.1} MiB after {} films of 15.7 MB from {SENDERS} senders",
        peak as f64 / 1024.0,
        SENDERS * EACH
    );
    assert!(peak < LIMIT_KIB, "the daemon's peak resident set is {peak} KiB");
}
