//! The daemon's memory does not grow with what is sent.

use std::thread;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::big_chest;
use crate::procfs::peak_kib;
use crate::tools::storescu;

const SENDERS: usize = 4;
const EACH: usize = 50;
const LIMIT_KIB: u64 = 64 * 1024;

#[test]
fn four_senders_push_two_hundred_films_of_15_mb() {
    let mut site = Site::new(&Options::default());
    site.start();
    let port = site.port;
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| big_chest(site.folder.path()))
        .map(|mut film| {
            thread::spawn(move || {
                for number in 0..EACH {
                    film.renumber(number);
                    let (sent, said) = storescu(SENDER, AE_TITLE, port, &[&film.file]);
                    assert!(sent, "{said}");
                }
            })
        })
        .collect();
    senders.into_iter().for_each(|s| s.join().unwrap());
    assert_eq!(site.sql("SELECT count(*), min(bytes) > 15000000 FROM instances WHERE state = 'skipped'"), "200|1");
    let peak = peak_kib(site.pid());
    println!(
        "peak resident set {:.1} MiB after {} films of 15.7 MB from {SENDERS} senders",
        peak as f64 / 1024.0,
        SENDERS * EACH
    );
    assert!(peak < LIMIT_KIB, "the daemon's peak resident set is {peak} KiB");
}
