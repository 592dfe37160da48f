//! From the text of the file to [`Settings`]: one function a section, all problems in one answer.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::defaults::GIB;
use super::lists::{refuse_empty, refuse_repeated, values};
use super::peers::{read_destinations, read_forwards, read_senders, send_to};
use super::problems::Collector;
use super::section::{SECOND, Section};
use super::{Analysis, Destination, Forward, Log, Problems, Report, Select, Server, Settings, Storage, checks};

/// A configuration is a page or two; what is larger is some other file.
const LARGEST_FILE: u64 = 1 << 20;

/// Reads and checks the file at `path`.
///
/// # Errors
/// Every problem of the file; one problem when it cannot be read.
pub fn load(path: &Path) -> Result<Settings, Problems> {
    let text = read_text(path).map_err(|message| Problems::whole_file(path, message))?;
    parse(&text, path)
}

/// The text of the file at `path`, or why there is none.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| {
        format!("the configuration cannot be read ({error}): check the path, its permissions and that it is UTF-8 text")
    };
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(format!("the file is larger than {LARGEST_FILE} bytes, no configuration is: check the path"));
    }
    Ok(text)
}

/// Checks the text of a configuration. `origin` is the file it came from: its name stands in every
/// problem, and relative paths in the text start at its folder.
///
/// # Errors
/// Every problem of the text. A TOML syntax error is one problem, since what follows it is unclear.
pub fn parse(text: &str, origin: impl AsRef<Path>) -> Result<Settings, Problems> {
    let origin = origin.as_ref();
    let collector = Collector::new(text);
    let tree = match DeTable::parse(text) {
        Ok(tree) => tree,
        Err(error) => {
            let reason = error.message().lines().collect::<Vec<_>>().join("; ");
            collector.report(error.span().as_ref(), "", format!("is no TOML ({reason}): correct this line"));
            return Err(Problems::new(origin, collector.into_list()));
        }
    };
    let settings = read_settings(Section::root(&collector, tree.get_ref()), origin.parent().unwrap_or(Path::new("")));
    let problems = collector.into_list();
    if problems.is_empty() { Ok(settings) } else { Err(Problems::new(origin, problems)) }
}

/// Where a problem was noted, the default stands in: the caller then throws the settings away.
fn read_settings(root: Section, folder: &Path) -> Settings {
    let server = read_server(root.section("server"));
    let senders = read_senders(root.sections("sender"));
    let destinations = read_destinations(&root);
    let forwards = read_forwards(root.sections("forward"), &senders, &destinations);
    let select = read_select(root.section("select"));
    let analysis = read_analysis(root.section("analysis"), folder);
    let report = read_report(root.section("report"), &destinations, &forwards);
    let storage = read_storage(root.section("storage"), folder);
    let log = read_log(root.section("log"));
    root.not_yet("status_page", "serve a status page");
    root.finish();
    Settings { server, senders, destinations, forwards, select, analysis, report, storage, log }
}

fn read_server(section: Section) -> Server {
    let default = Server::default();
    let listen = section.texts("listen", checks::listen_address);
    if let Some(addresses) = &listen {
        refuse_empty(&section, "listen", addresses, "write at least one address, as in [\"0.0.0.0:11112\"]");
        // Port 0 may stand twice: each is another free port.
        let numbered = |address: &std::net::SocketAddr| (address.port() != 0).then_some(*address);
        refuse_repeated(&section, "listen", addresses, numbered);
    }
    let server = Server {
        ae_title: section.text("ae_title", checks::ae_title).unwrap_or(default.ae_title),
        listen: listen.map_or(default.listen, values),
        max_associations: section
            .integer("max_associations", 1..=10_000)
            .map_or(default.max_associations, |n| n as usize),
        idle_timeout: section.duration("idle_timeout_seconds", SECOND, 1.0..=3600.0).unwrap_or(default.idle_timeout),
    };
    section.not_yet("tls", "speak TLS");
    section.finish();
    server
}

fn read_select(section: Section) -> Select {
    let default = Select::default();
    let modalities = section.texts("modalities", checks::coded_string);
    if let Some(modalities) = &modalities {
        refuse_empty(&section, "modalities", modalities, "write at least one, as in [\"CR\", \"DX\"]");
    }
    let select = Select {
        modalities: modalities.map_or(default.modalities, values),
        body_parts: section.texts("body_parts", checks::coded_string).map_or(default.body_parts, values),
        description_matches: section
            .text("description_matches", checks::pattern)
            .unwrap_or(default.description_matches),
    };
    if select.body_parts.is_empty() && select.description_matches.is_none() {
        section.report("body_parts", "nothing would be selected: write body_parts or description_matches");
    }
    section.finish();
    select
}

fn read_analysis(section: Section, folder: &Path) -> Analysis {
    let default = Analysis::default();
    let analysis = Analysis {
        bundle: path(&section, "bundle", folder).unwrap_or(default.bundle),
        workers: section.integer("workers", 1..=64).map_or(default.workers, |n| n as usize),
        timeout: section.duration("timeout_seconds", SECOND, 1.0..=3600.0).unwrap_or(default.timeout),
        attempts: section.integer("attempts", 1..=100).unwrap_or(default.attempts),
        settle: section.duration("settle_seconds", SECOND, 0.0..=3600.0).unwrap_or(default.settle),
        settle_at_most: section
            .duration("settle_at_most_seconds", SECOND, 0.0..=86_400.0)
            .unwrap_or(default.settle_at_most),
        onnxruntime: path(&section, "onnxruntime", folder),
    };
    if analysis.settle_at_most < analysis.settle {
        let message = format!(
            "a study cannot wait at most {:?} and at least {:?}: write settle_seconds or more",
            analysis.settle_at_most, analysis.settle
        );
        section.report("settle_at_most_seconds", &message);
    }
    section.finish();
    analysis
}

fn read_report(section: Section, destinations: &[Destination], forwards: &[Forward]) -> Report {
    let default = Report::default();
    // A daemon that only passes images on has nobody to report to.
    let nobody = "name a destination, or remove the key to send to all of them";
    let send_to = send_to(&section, destinations, forwards.is_empty().then_some(nobody));
    let report = Report {
        sop_class: section.text("sop_class", checks::sop_class).unwrap_or(default.sop_class),
        overlay: section.text("overlay", checks::overlay).unwrap_or(default.overlay),
        key_object: section.flag("key_object").unwrap_or(default.key_object),
        language: section.text("language", checks::language).unwrap_or(default.language),
        no_vertebra_found: section.flag("no_vertebra_found").unwrap_or(default.no_vertebra_found),
        analysis_failed: section.flag("analysis_failed").unwrap_or(default.analysis_failed),
        send_to: send_to.unwrap_or_else(|| destinations.iter().map(|d| d.name.clone()).collect()),
    };
    section.finish();
    report
}

fn read_storage(section: Section, folder: &Path) -> Storage {
    let default = Storage::default();
    let storage = Storage {
        state_dir: path(&section, "state_dir", folder).unwrap_or(default.state_dir),
        keep_days: section.integer("keep_days", 0..=36_500).unwrap_or(default.keep_days),
        minimum_free_bytes: section
            .number("minimum_free_gib", 0.0..=1_048_576.0)
            .map_or(default.minimum_free_bytes, |gib| (gib * GIB) as u64),
    };
    section.not_yet("inbox", "read images from a folder");
    section.finish();
    storage
}

fn read_log(section: Section) -> Log {
    let log = Log { level: section.text("level", checks::log_level).unwrap_or(Log::default().level) };
    section.finish();
    log
}

/// A path; a relative one starts at `folder`, since a daemon's working directory is `/`.
fn path(section: &Section, key: &'static str, folder: &Path) -> Option<PathBuf> {
    section.text(key, checks::path).map(|path| folder.join(path))
}
