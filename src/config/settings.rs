//! The settings as the program uses them: checked, typed, with defaults filled in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use regex::Regex;

use crate::findings::{Language, SopClass};
use crate::identifiers::AeTitle;
use crate::retry::Retry;

/// A whole configuration. Rooms hold an `Arc<Settings>` for the length of one decision (an
/// association, a job), so each decision sees one consistent snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `[server]`.
    pub server: Server,
    /// `[[sender]]`: who may send; nobody else is accepted.
    pub senders: Vec<Sender>,
    /// `[[destination]]`: where reports and images can go.
    pub destinations: Vec<Destination>,
    /// `[[forward]]`: whose images are passed on to whom.
    pub forwards: Vec<Forward>,
    /// `[select]`: which images are spine X-rays.
    pub select: Select,
    /// `[analysis]`.
    pub analysis: Analysis,
    /// `[report]`.
    pub report: Report,
    /// `[storage]`.
    pub storage: Storage,
    /// `[log]`.
    pub log: Log,
}

impl Settings {
    /// The destinations that reports go to.
    pub fn report_destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.iter().filter(|destination| self.report.send_to.contains(&destination.name))
    }

    /// The destination of this name.
    pub fn destination(&self, name: &str) -> Option<&Destination> {
        self.destinations.iter().find(|destination| destination.name == name)
    }

    /// The destinations that the images of `sender` are passed on to, each once.
    pub fn forward_destinations<'a>(&'a self, sender: &'a str) -> impl Iterator<Item = &'a Destination> {
        let names = |d: &Destination| self.forwards_from(sender).any(|forward| forward.send_to.contains(&d.name));
        self.destinations.iter().filter(move |destination| names(destination))
    }

    /// The rules for the images of `sender`.
    fn forwards_from<'a>(&'a self, sender: &'a str) -> impl Iterator<Item = &'a Forward> {
        self.forwards.iter().filter(move |forward| forward.from.iter().any(|title| title.as_str() == sender))
    }

    /// SOP class of the structured report that `destination` gets.
    pub fn sop_class_for(&self, destination: &Destination) -> SopClass {
        destination.sop_class.unwrap_or(self.report.sop_class)
    }
}

/// The DICOM listener.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Our AE title, as called by senders and as calling to destinations.
    pub ae_title: AeTitle,
    /// Addresses to listen on; port 0 picks a free one.
    pub listen: Vec<SocketAddr>,
    /// Associations served at the same time; one more is rejected as transient congestion.
    pub max_associations: usize,
    /// Longest silence on an association.
    pub idle_timeout: Duration,
}

/// A peer that may send.
#[derive(Debug, Clone, PartialEq)]
pub struct Sender {
    /// Its calling AE title.
    pub ae_title: AeTitle,
    /// Networks it may call from.
    pub hosts: Vec<IpNet>,
}

/// A peer that receives reports and images.
#[derive(Debug, Clone, PartialEq)]
pub struct Destination {
    /// Name used in `send_to` and in the audit.
    pub name: String,
    /// Its AE title.
    pub ae_title: AeTitle,
    /// `host:port`, resolved at each connection.
    pub address: String,
    /// After this long without success a delivery waits as `failed`.
    pub give_up_after: Duration,
    /// The pauses between two attempts.
    pub retry: Retry,
    /// Associations at the same time.
    pub associations: usize,
    /// Whether it is asked for storage commitment of what it took.
    pub storage_commitment: bool,
    /// SOP class of the structured report it gets; `None`: the one of `[report]`.
    pub sop_class: Option<SopClass>,
    /// SOP class of the report it gets instead when it refuses that one.
    pub fallback_sop_class: Option<SopClass>,
}

/// Images that are passed on unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    /// Calling AE titles of the senders.
    pub from: Vec<AeTitle>,
    /// Names of destinations.
    pub send_to: Vec<String>,
}

/// Which images are spine X-rays.
#[derive(Debug, Clone)]
pub struct Select {
    /// Accepted values of Modality.
    pub modalities: Vec<String>,
    /// Accepted values of Body Part Examined.
    pub body_parts: Vec<String>,
    /// Matched against Study, Series and Protocol descriptions when the body part is absent.
    pub description_matches: Option<Regex>,
}

impl PartialEq for Select {
    fn eq(&self, other: &Self) -> bool {
        let pattern = |s: &Self| s.description_matches.as_ref().map(|r| r.as_str().to_owned());
        self.modalities == other.modalities && self.body_parts == other.body_parts && pattern(self) == pattern(other)
    }
}

/// The analysis workers.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Folder of the model bundle.
    pub bundle: PathBuf,
    /// Worker processes.
    pub workers: usize,
    /// A job that takes longer is killed and costs one attempt.
    pub timeout: Duration,
    /// Attempts before a job is `failed`.
    pub attempts: u32,
    /// A study is reported when no image came for this long.
    pub settle: Duration,
    /// And at the latest this long after its first unreported image.
    pub settle_at_most: Duration,
    /// ONNX Runtime's library; `None`: the places `docs/configuration.md` lists.
    pub onnxruntime: Option<PathBuf>,
}

/// The report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// SOP class of the structured report.
    pub sop_class: SopClass,
    /// How the findings are drawn for a viewer.
    pub overlay: Overlay,
    /// Whether a Key Object Selection marks the images with a finding.
    pub key_object: bool,
    /// Language of the texts.
    pub language: Language,
    /// Whether a study without any vertebra gets a report that says so.
    pub no_vertebra_found: bool,
    /// Whether images whose analysis failed are reported as such.
    pub analysis_failed: bool,
    /// Names of destinations.
    pub send_to: Vec<String>,
}

/// What goes to the PACS beside the report, so that the findings are seen on the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// A Secondary Capture image with the findings drawn in, in a series of its own.
    SecondaryCapture,
    /// A Grayscale Softcopy Presentation State, which a viewer lays over the film itself.
    PresentationState,
    /// Both.
    Both,
    /// Neither.
    None,
}

impl Overlay {
    /// Whether a Secondary Capture image is written.
    pub fn has_picture(self) -> bool {
        matches!(self, Self::SecondaryCapture | Self::Both)
    }

    /// Whether a presentation state is written.
    pub fn has_presentation_state(self) -> bool {
        matches!(self, Self::PresentationState | Self::Both)
    }
}

/// Durable state.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// Folder of the spool and of the database.
    pub state_dir: PathBuf,
    /// Days an image and its report stay after everything about it is done.
    pub keep_days: u32,
    /// Below this much free space new images are refused (A700).
    pub minimum_free_bytes: u64,
}

/// The log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// What is less important is not said.
    pub level: LogLevel,
}

/// How important a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Something was lost, or a person must act.
    Error,
    /// Something went wrong, and nothing was lost.
    Warn,
    /// What happened.
    Info,
    /// How it happened.
    Debug,
    /// Every step.
    Trace,
}

impl LogLevel {
    /// As the file has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}
