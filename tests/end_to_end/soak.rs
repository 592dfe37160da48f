//! The daemon under steady traffic, with everything passed on and committed: nothing it holds may grow, and every film
//! ends as it must.
//!
//! `SPINETRIAGE_SOAK_MINUTES` says how long (half a minute, in which this test tries itself rather than the daemon);
//! `scripts/soak` runs it for long. `SPINETRIAGE_SOAK_OUT` is the folder for the samples.

mod sample;
mod traffic;
mod trend;

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::daemon::{AE_TITLE, Options, SENDER, Site, forward, sender};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::tools::{storescu, wait_for};
use sample::Sample;
use traffic::{Sent, Traffic};
use trend::Trend;

/// About ten seconds; no multiple of the senders' pace, so that samples meet a film at every stage.
const SAMPLED_EVERY: Duration = Duration::from_millis(9_700);
/// A short run is sampled more often, for a line needs points.
const SAMPLES_AT_LEAST: u32 = 20;
const LINE_EVERY: Duration = Duration::from_secs(60);
const WORKERS: usize = 2;
/// Films before the first sample.
const WARM_UP: usize = 8;
/// SQLite begins its write-ahead log anew after 1000 pages (4 MiB); one that grows on means that a reader holds it.
const MOST_LOG_MIB: f64 = 16.0;
/// Films of two senders, and of each worker a report and its presentation state.
const MOST_INCOMING: usize = 2 + 2 * WORKERS;

/// How much a quantity may grow in the second half: by one step of its own (see [`Trend::growth`]), and an hour.
struct Bound {
    what: &'static str,
    of: fn(&Sample) -> f64,
    steps: f64,
    per_hour: f64,
}

const BOUNDS: [Bound; 4] = [
    // SQLite's cache of pages fills to 2 MiB (its default) within some three minutes, in a short run all the while.
    Bound { what: "daemon MiB", of: |s| s.resident_mib, steps: 2.0, per_hour: 1.0 },
    // ONNX Runtime and the decoders keep what their largest film needed.
    Bound { what: "workers MiB", of: |s| s.workers_mib, steps: 16.0, per_hour: 4.0 },
    // Connections and files under way: two senders, two destinations at most.
    Bound { what: "descriptors", of: |s| s.descriptors as f64, steps: 4.0, per_hour: 0.1 },
    // Threads for blocking work come when disk or machine stall (ten at once were seen), and stay while there is work
    // to go round.
    Bound { what: "threads", of: |s| s.threads as f64, steps: 16.0, per_hour: 0.1 },
];

/// What runs while the daemon is watched. No pictures: with them a spine takes 5 MB of disk, 10 GB an hour.
fn options(pacs: &Orthanc) -> Options {
    let (pacs_port, pacs) = (pacs.dicom_port, "storage_commitment = true");
    Options { pacs_port, pacs, workers: WORKERS, overlay: "presentation-state", ..Options::default() }
}

fn minutes() -> f64 {
    let text = std::env::var("SPINETRIAGE_SOAK_MINUTES").unwrap_or_else(|_| "0.5".into());
    let minutes: f64 = text.parse().unwrap_or_else(|e| panic!("SPINETRIAGE_SOAK_MINUTES={text}: {e}"));
    assert!(minutes >= 0.25, "SPINETRIAGE_SOAK_MINUTES={text}: a quarter of a minute is the least");
    minutes
}

#[test]
fn nothing_grows_under_steady_traffic() {
    let duration = Duration::from_secs_f64(minutes() * 60.0);
    let folder = std::env::var_os("SPINETRIAGE_SOAK_OUT").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
    let csv = PathBuf::from(folder).join("soak.csv");
    let port = free_port();
    let pacs = Orthanc::start(port, false);
    let mut site = Site::at(port, &options(&pacs));
    site.write_configuration(&format!("{}{}", sender(SENDER, "127.0.0.0/8"), forward(&["pacs"])));
    site.start();
    warm_up(&site);
    let traffic = Traffic::start(site.port, duration);
    let samples = watch(&site, &traffic, duration);
    sample::write_csv(&samples, &csv);
    let sent = traffic.finish();
    every_film_ended_as_it_must(&site, &pacs, &sent);
    println!("{} turns: {sent:?}; every film ended as it must. Samples: {}", sent.turns(), csv.display());
    judge(&samples);
    site.stop();
}

/// Has both workers do what they will be doing, so that what is loaded once is loaded before anything is measured.
fn warm_up(site: &Site) {
    let ready = || site.log().matches("A worker is ready").count();
    wait_for(60, "both workers are ready", || (ready() >= WORKERS).then_some(()));
    let films: Vec<_> = (0..WARM_UP).map(|_| film(site.folder.path(), "study/lateral").file).collect();
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &films.iter().collect::<Vec<_>>());
    assert!(sent, "{said}");
    site.wait_sql(120, "SELECT count(*) FROM instances WHERE state = 'reported'", &WARM_UP.to_string());
}

/// Samples while the traffic goes on, and prints a line a minute.
fn watch(site: &Site, traffic: &Traffic, duration: Duration) -> Vec<Sample> {
    let pause = SAMPLED_EVERY.min(duration / SAMPLES_AT_LEAST);
    let begun = Instant::now();
    let mut samples = Vec::new();
    let mut next_line = Duration::ZERO;
    println!("{}", sample::headings());
    while begun.elapsed() < duration {
        assert!(!traffic.has_ended(), "a sender ended before its time");
        let sample = Sample::take(site, begun.elapsed().as_secs_f64());
        if begun.elapsed() >= next_line {
            println!("{}", sample.line());
            next_line += LINE_EVERY;
        }
        samples.push(sample);
        sleep((pause * samples.len() as u32).saturating_sub(begun.elapsed()));
    }
    samples
}

/// The queue drains, and holds what was sent; so does the PACS.
fn every_film_ended_as_it_must(site: &Site, pacs: &Orthanc, sent: &Sent) {
    let states = "SELECT group_concat(n, ' ') FROM
                    (SELECT state || ' ' || count(*) AS n FROM instances GROUP BY state ORDER BY state)";
    let spines = sent.spines + WARM_UP;
    let expected = [("failed", sent.truncated + sent.blind), ("reported", spines), ("skipped", sent.chests)];
    let expected: Vec<_> = expected.iter().filter(|(_, n)| *n > 0).map(|(state, n)| format!("{state} {n}")).collect();
    site.wait_sql(120, states, &expected.join(" "));
    assert_eq!(pacs.instances("", "SR").len(), spines, "reports at the PACS");
    let uncommitted = "SELECT count(*) FROM audit_deliveries WHERE committed = ''";
    site.wait_sql(120, uncommitted, "0");
    let forwarded = site.sql("SELECT count(*) FROM audit_deliveries WHERE kind = 'image'");
    assert_eq!(forwarded, (spines + sent.chests + sent.blind).to_string(), "images passed on");
    let duplicates = site.sql("SELECT count(*) FROM audit_trail WHERE outcome = 'duplicate'");
    assert_eq!(duplicates, sent.again.to_string(), "films sent again");
    assert_eq!(site.sql("SELECT count(*) FROM audit_rejections"), sent.strangers.to_string(), "strangers");
    let left: Vec<_> = std::fs::read_dir(site.state().join("spool/incoming")).unwrap().collect();
    assert!(left.is_empty(), "left in spool/incoming: {left:?}");
}

/// Prints how each quantity went in the second half, then says what grew.
fn judge(samples: &[Sample]) {
    println!("{:>12}{:>10}{:>10}{:>12}{:>10}{:>10}{:>10}", "", "least", "most", "per hour", "+-", "growth", "bound");
    let mut grown = Vec::new();
    for Bound { what, of, steps, per_hour } in &BOUNDS {
        let values: Vec<(f64, f64)> = samples.iter().map(|s| (s.seconds, of(s))).collect();
        let trend = Trend::of_second_half(&values);
        let (growth, bound) = (trend.growth(), steps + per_hour * trend.hours);
        let judged = values[values.len() / 2..].iter().map(|v| v.1);
        let (least, most) = (judged.clone().fold(f64::INFINITY, f64::min), judged.fold(0.0, f64::max));
        println!(
            "{what:>12}{least:>10.1}{most:>10.1}{:>12.2}{:>10.2}{growth:>10.2}{bound:>10.2}",
            trend.per_hour, trend.standard_error
        );
        if growth > bound {
            grown.push(format!("{what} grew by {growth:.2} in {:.2} hours, {bound:.2} is allowed", trend.hours));
        }
    }
    assert!(grown.is_empty(), "{grown:#?}");
    let most_log = samples.iter().map(|s| s.log_mib).fold(0.0, f64::max);
    let most_incoming = samples.iter().map(|s| s.incoming).max().unwrap_or_default();
    println!("write-ahead log {most_log:.1} MiB at most, {most_incoming} files arriving at most");
    assert!(most_log < MOST_LOG_MIB, "the write-ahead log grew to {most_log:.1} MiB");
    assert!(most_incoming <= MOST_INCOMING, "{most_incoming} files in spool/incoming at the same time");
}
