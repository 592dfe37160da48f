//! A daemon under test, with its configuration and state in a temporary folder.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output};

use tempfile::TempDir;

use crate::films::Film;
use crate::support::ports::free_port;
use crate::support::programs::{onnxruntime, run, text};
use crate::support::root;
use crate::tools::{storescu, wait_for};

pub const AE_TITLE: &str = "SPINETRIAGE";
pub const SENDER: &str = "DX_ROOM1";

/// A place to run a daemon at; it can be killed and started again.
pub struct Site {
    pub folder: TempDir,
    pub port: u16,
    /// The configuration but for its [[sender]] tables.
    base: String,
    child: Option<Child>,
    /// What a program is run by to see the files that the daemon sees; empty where it sees them anyhow.
    pub enter: Vec<String>,
    /// Length of the log when the daemon was started last.
    log_before: usize,
}

/// What a test chooses.
pub struct Options {
    pub pacs_port: u16,
    pub workers: usize,
    pub timeout_seconds: u64,
    pub overlay: &'static str,
    /// More lines of [analysis].
    pub analysis: &'static str,
    /// More lines of [report].
    pub report: &'static str,
    /// More lines of the PACS's [[destination]].
    pub pacs: &'static str,
    /// [[destination]] tables beside the PACS's.
    pub destinations: String,
    pub minimum_free_gib: f64,
    pub bundle: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        // Port 9 is the discard service: nothing answers there.
        Self {
            pacs_port: 9,
            workers: 1,
            timeout_seconds: 60,
            overlay: "none",
            analysis: "",
            report: "",
            pacs: "",
            destinations: String::new(),
            minimum_free_gib: 1.0,
            bundle: root().join("bundles/demo"),
        }
    }
}

/// A [[sender]] table.
pub fn sender(ae_title: &str, hosts: &str) -> String {
    format!("\n[[sender]]\nae_title = \"{ae_title}\"\nhosts = [\"{hosts}\"]\n")
}

/// A [[destination]] table with more lines.
pub fn destination(name: &str, port: u16, more: &str) -> String {
    format!("\n[[destination]]\nname = \"{name}\"\nae_title = \"PACS\"\naddress = \"127.0.0.1:{port}\"\n{more}\n")
}

/// A [[forward]] table from the usual sender.
pub fn forward(names: &[&str]) -> String {
    format!("\n[[forward]]\nfrom = [\"{SENDER}\"]\nsend_to = {names:?}\n")
}

impl Site {
    pub fn new(options: &Options) -> Self {
        Self::at(free_port(), options)
    }

    /// A site whose daemon listens on `port`.
    pub fn at(port: u16, options: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Options {
            pacs_port,
            workers,
            timeout_seconds,
            overlay,
            analysis,
            report,
            pacs,
            destinations,
            minimum_free_gib,
            bundle,
        } = options;
        let base = format!(
            "[server]\nae_title = \"{AE_TITLE}\"\nlisten = [\"127.0.0.1:{port}\"]\n\n\
             [[destination]]\nname = \"pacs\"\nae_title = \"ORTHANC\"\naddress = \"127.0.0.1:{pacs_port}\"\n{pacs}\n{destinations}\n\
             [analysis]\nbundle = {:?}\nonnxruntime = {:?}\nworkers = {workers}\ntimeout_seconds = {timeout_seconds}\nsettle_seconds = 1\n{analysis}\n\
             [report]\noverlay = \"{overlay}\"\n{report}\n[storage]\nstate_dir = {:?}\nminimum_free_gib = {minimum_free_gib}\n",
            bundle,
            onnxruntime(),
            folder.path().join("state"),
        );
        let site = Self { folder, port, base, child: None, log_before: 0, enter: Vec::new() };
        site.write_configuration(&sender(SENDER, "127.0.0.0/8"));
        site
    }

    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("spinetriage.toml")
    }

    /// Writes the configuration with these [[sender]] tables at its end.
    pub fn write_configuration(&self, senders: &str) {
        fs::write(self.configuration(), format!("{}{senders}", self.base)).unwrap();
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn database(&self) -> PathBuf {
        self.state().join("spinetriage.sqlite")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Starts the daemon and waits until it accepts images.
    pub fn start(&mut self) {
        self.start_by(Command::new(env!("CARGO_BIN_EXE_spinetriage")));
    }

    /// The same by a command that lacks the daemon's arguments yet.
    pub fn start_by(&mut self, command: Command) {
        self.launch_by(command);
        self.wait_until_ready();
    }

    /// Starts the daemon and does not wait for anything.
    pub fn launch(&mut self) {
        self.launch_by(Command::new(env!("CARGO_BIN_EXE_spinetriage")));
    }

    fn launch_by(&mut self, mut command: Command) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        self.log_before = log.metadata().unwrap().len() as usize;
        let child = command.args(["serve", "--config"]).arg(self.configuration()).stderr(log).spawn().unwrap();
        self.child = Some(child);
    }

    /// Waits until the daemon that was started last accepts images.
    pub fn wait_until_ready(&mut self) {
        wait_for(60, "the daemon accepts images", || {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the daemon ended: {}", self.log());
            self.log().get(self.log_before..)?.contains("Images are accepted").then_some(())
        });
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// `kill -9`, which must be what ends it.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "the daemon had ended by itself, {status}: {}", self.log());
    }

    /// SIGTERM; the daemon must end by itself and well.
    pub fn stop(&mut self) {
        signal(self.pid(), "TERM");
        let mut child = self.child.take().unwrap();
        let status = wait_for(40, "the daemon stops", || child.try_wait().unwrap());
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Process ids of its workers.
    pub fn workers(&self) -> Vec<u32> {
        let pid = self.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let of_all_threads = || {
            let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
            threads
                .map(|t| fs::read_to_string(t.unwrap().path().join("children")).unwrap_or_default())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let all = if children.is_empty() { of_all_threads() } else { format!("{children} {}", of_all_threads()) };
        let mut ids: Vec<u32> = all.split_whitespace().map(|p| p.parse().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Sends films as the modality does; each is answered Success.
    pub fn send(&self, films: &[&Film]) {
        let files: Vec<_> = films.iter().map(|film| &film.file).collect();
        let (sent, said) = storescu(SENDER, AE_TITLE, self.port, &files);
        assert!(sent, "{said}");
    }

    /// Runs a program where it sees the daemon's files.
    pub fn run_inside(&self, program: &str, arguments: &[&str]) -> Output {
        let mut words = self.enter.iter().map(String::as_str).chain([program]);
        let first = words.next().unwrap();
        run(first, words.chain(arguments.iter().copied()))
    }

    /// One query by the sqlite3 command, as an auditor would; a line a row, `|` between columns.
    pub fn sql(&self, query: &str) -> String {
        let database = self.database();
        let output = self.run_inside("sqlite3", &["-cmd", ".timeout 10000", database.to_str().unwrap(), query]);
        assert!(output.status.success(), "{query}: {}", text(&output));
        let lines = text(&output);
        lines.trim_end().to_owned()
    }

    /// Waits until the query gives this.
    pub fn wait_sql(&self, seconds: u64, query: &str, expected: &str) {
        let mut last = String::new();
        let matched = |last: &mut String| {
            *last = self.sql(query);
            (last == expected).then_some(())
        };
        let begun = std::time::Instant::now();
        while matched(&mut last).is_none() {
            if begun.elapsed().as_secs() > seconds {
                panic!("{query} gives {last:?} and not {expected:?} after {seconds} s; log:\n{}", self.log());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    /// The `spinetriage` command with this site's configuration.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let configuration = self.configuration();
        let all = [arguments, &["--config", configuration.to_str().unwrap()]].concat();
        self.run_inside(env!("CARGO_BIN_EXE_spinetriage"), &all)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("log of the daemon:\n{}", self.log());
        }
    }
}

/// Sends a signal by name.
pub fn signal(pid: u32, name: &str) {
    let output = run("kill", [format!("-{name}"), pid.to_string()]);
    assert!(output.status.success(), "{}", text(&output));
}

/// Sends a signal by name to a process that may have ended meanwhile; false when it has.
pub fn signal_if_there(pid: u32, name: &str) -> bool {
    run("kill", [format!("-{name}"), pid.to_string()]).status.success()
}
