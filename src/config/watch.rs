//! Applies edits of the configuration file while the daemon runs.
//!
//! The folder is watched, not the file: editors replace the file by a rename, and Kubernetes swaps
//! a symbolic link beside it. Events only say "look again"; what counts is whether the text differs
//! from the last one seen.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc as reports;

use super::read::read_text;
use super::{Problems, SettingsHandle, compare, parse};

/// An editor's burst of events is over when this long nothing came.
const QUIET: Duration = Duration::from_millis(200);
/// And a folder where something always happens is looked at this often.
const BURST_AT_MOST: Duration = Duration::from_secs(1);
/// How often to look where the system tells nothing.
const POLL: Duration = Duration::from_secs(1);
/// How often to look where it does: it is silent on network file systems, on a link's far target
/// and after the folder itself was replaced.
const SAFETY_POLL: Duration = Duration::from_secs(30);
/// Outcomes kept for a reader that is busy.
const REPORTS: usize = 16;

/// What became of an edit or of a request to reload.
#[derive(Debug, Clone, PartialEq)]
pub enum Reload {
    /// The new settings are in force.
    Applied {
        /// What changed, in words: `sender CR_ROOM2 added`.
        changes: Vec<String>,
        /// What keeps its old value until a restart, in words.
        needs_restart: Vec<String>,
    },
    /// The file has problems; the settings in force stay.
    Refused(Problems),
    /// The file says what is in force already.
    Unchanged,
}

/// Why the file cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// No thread to watch with.
    #[error("cannot start the thread that watches {}: {source}; raise the limit of threads or free memory", path.display())]
    Thread {
        /// The configuration file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// A watched configuration file; dropping it ends the watching.
#[derive(Debug)]
pub struct Watching {
    /// The outcome of every edit and of every [`Trigger::reload_now`], in order.
    pub reloads: reports::Receiver<Reload>,
    trigger: Trigger,
    /// Kept because dropping a watcher ends its events; `None` where only polling works.
    _watcher: Option<RecommendedWatcher>,
}

impl Watching {
    /// A handle that asks for a reload, for a signal handler to keep.
    pub fn trigger(&self) -> Trigger {
        self.trigger.clone()
    }

    /// Asks for a reload now; the outcome comes on [`reloads`](Self::reloads).
    pub fn reload_now(&self) {
        self.trigger.reload_now();
    }
}

/// Asks for a reload, as SIGHUP does.
#[derive(Debug, Clone)]
pub struct Trigger(mpsc::Sender<Look>);

impl Trigger {
    /// Asks for a reload now. There is always an outcome, [`Reload::Unchanged`] included.
    pub fn reload_now(&self) {
        // The thread is gone only when nobody reads the outcomes any more.
        let _ = self.0.send(Look::Requested);
    }
}

/// Why to look at the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Something happened in its folder.
    Event,
    /// Somebody asked, and waits for an outcome.
    Requested,
}

/// Watches the configuration file at `path` and puts every good edit in force through `handle`. An
/// edit made between loading the file and this call is seen too. Needs no async runtime.
///
/// # Errors
/// Only when no thread can be started: where the system cannot watch a folder, the file is looked
/// at every second instead.
pub fn watch(path: PathBuf, handle: SettingsHandle) -> Result<Watching, WatchError> {
    let (looks, incoming) = mpsc::channel();
    let (outcomes, reloads) = reports::channel(REPORTS);
    let watcher = watch_folders(&path, looks.clone())
        .inspect_err(|error| {
            tracing::warn!(path = %path.display(), %error, "The configuration's folder cannot be watched; looking at the file every second instead");
        })
        .ok();
    let poll = if watcher.is_some() { SAFETY_POLL } else { POLL };
    let follower = Follower { path: path.clone(), handle, last_seen: None, outcomes };
    std::thread::Builder::new()
        .name("configuration".to_owned())
        .spawn(move || follower.run(&incoming, poll))
        .map_err(|source| WatchError::Thread { path, source })?;
    Ok(Watching { reloads, trigger: Trigger(looks), _watcher: watcher })
}

/// Watches the folder of `path` and, where `path` is a link, the folder of the file it stands for.
fn watch_folders(path: &Path, looks: mpsc::Sender<Look>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Our own reading makes access events: answering them would never end.
        let is_news = event.map_or(true, |event| match event.kind {
            EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
            _ => true,
        });
        if is_news {
            // The thread is gone only when nobody reads the outcomes any more.
            let _ = looks.send(Look::Event);
        }
    })?;
    let folder = folder_of(path);
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    if let Ok(target) = path.canonicalize()
        && folder.canonicalize().is_ok_and(|folder| folder != folder_of(&target))
    {
        watcher.watch(folder_of(&target), RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The thread's side: looks, compares, applies, tells.
struct Follower {
    path: PathBuf,
    handle: SettingsHandle,
    /// The text last looked at, or why there was none: the same again is no news.
    last_seen: Option<Result<String, String>>,
    outcomes: reports::Sender<Reload>,
}

impl Follower {
    fn run(mut self, looks: &mpsc::Receiver<Look>, poll: Duration) {
        // The first look finds what was edited since the file was loaded, and is silent otherwise.
        let mut why = Look::Event;
        // Nothing is applied that nobody would be told of.
        while !self.outcomes.is_closed() {
            if let Some(outcome) = self.look(why)
                && self.outcomes.blocking_send(outcome).is_err()
            {
                return;
            }
            why = match looks.recv_timeout(poll) {
                Ok(first) => until_quiet(first, looks),
                Err(mpsc::RecvTimeoutError::Timeout) => Look::Event,
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
        }
    }

    /// Reads the file and puts it in force. `None`: nothing new, and nobody asked.
    fn look(&mut self, why: Look) -> Option<Reload> {
        let seen = read_text(&self.path);
        if why == Look::Event && self.last_seen.as_ref() == Some(&seen) {
            return None;
        }
        let is_first = self.last_seen.is_none();
        let outcome = match &seen {
            Ok(text) => self.apply(text),
            Err(message) => Reload::Refused(Problems::whole_file(&self.path, message.clone())),
        };
        self.last_seen = Some(seen);
        let is_silent = is_first && why == Look::Event && outcome == Reload::Unchanged;
        (!is_silent).then_some(outcome)
    }

    fn apply(&self, text: &str) -> Reload {
        let new = match parse(text, &self.path) {
            Ok(new) => new,
            Err(problems) => return Reload::Refused(problems),
        };
        let changes = compare(&self.handle.current(), &new);
        if changes.is_empty() {
            return Reload::Unchanged;
        }
        if !changes.live.is_empty() {
            self.handle.replace(changes.in_force);
        }
        Reload::Applied { changes: changes.live, needs_restart: changes.needs_restart }
    }
}

/// Waits for the end of a burst of events. A request ends the wait at once: somebody who asks has
/// finished writing.
fn until_quiet(first: Look, looks: &mpsc::Receiver<Look>) -> Look {
    let deadline = Instant::now() + BURST_AT_MOST;
    let mut latest = first;
    while latest == Look::Event && Instant::now() < deadline {
        match looks.recv_timeout(QUIET) {
            Ok(next) => latest = next,
            Err(_) => break,
        }
    }
    latest
}
