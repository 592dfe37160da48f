//! What is looked at while the daemon runs.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::daemon::Site;
use crate::procfs::{descriptors, resident_kib, resident_kib_if_running, threads};

/// The daemon at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Since the traffic began.
    pub seconds: f64,
    /// Resident set of the daemon.
    pub resident_mib: f64,
    /// Resident sets of its workers together.
    pub workers_mib: f64,
    pub descriptors: usize,
    pub threads: u64,
    /// Size of SQLite's write-ahead log.
    pub log_mib: f64,
    /// Files that are arriving, and reports that are being written.
    pub incoming: usize,
}

const HEADINGS: [&str; 7] = ["seconds", "daemon MiB", "workers MiB", "descriptors", "threads", "wal MiB", "incoming"];

impl Sample {
    pub fn take(site: &Site, seconds: f64) -> Self {
        let mib = |kib: u64| kib as f64 / 1024.0;
        let log = site.state().join("spinetriage.sqlite-wal");
        Self {
            seconds,
            resident_mib: mib(resident_kib(site.pid())),
            workers_mib: mib(site.workers().into_iter().filter_map(resident_kib_if_running).sum()),
            descriptors: descriptors(site.pid()),
            threads: threads(site.pid()),
            // There is none before the first commit.
            log_mib: fs::metadata(log).map_or(0.0, |file| file.len() as f64 / 1_048_576.0),
            incoming: fs::read_dir(site.state().join("spool/incoming")).unwrap().count(),
        }
    }

    fn columns(&self) -> [String; HEADINGS.len()] {
        [
            format!("{:.0}", self.seconds),
            format!("{:.2}", self.resident_mib),
            format!("{:.1}", self.workers_mib),
            self.descriptors.to_string(),
            self.threads.to_string(),
            format!("{:.2}", self.log_mib),
            self.incoming.to_string(),
        ]
    }

    /// A line of the table that is printed.
    pub fn line(&self) -> String {
        aligned(&self.columns().each_ref().map(String::as_str))
    }
}

/// The table's first line.
pub fn headings() -> String {
    aligned(&HEADINGS)
}

fn aligned(columns: &[&str]) -> String {
    columns.iter().map(|column| format!("{column:>12}")).collect()
}

/// Writes all samples as comma-separated values.
pub fn write_csv(samples: &[Sample], file: &Path) {
    let mut text = HEADINGS.join(",") + "\n";
    for sample in samples {
        writeln!(text, "{}", sample.columns().join(",")).unwrap();
    }
    fs::write(file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}
