//! `spinetriage demo`: the daemon, a small PACS and sample X-rays on this machine.

mod pacs;

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::analyze::{in_a_line, vertebra_columns, vertebra_row};
use super::outcome::{FOUND_PROBLEMS, Outcome};
use super::{fresh, table};
use crate::RESEARCH_USE_ONLY;
use crate::config::{self, Settings};
use crate::daemon::{DATABASE, Daemon};
use crate::dicom::part10::FileHeader;
use crate::dimse::{self, Peer, ProposedContext, StoreAssociation, Timeouts};
use crate::findings::{Findings, Language};
use crate::identifiers::{AeTitle, Uid};
use crate::imaging::decode;
use crate::model::Bundle;
use crate::report::overlay;
use crate::store;
use pacs::Pacs;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the bundle
    #[arg(long, default_value = "bundles/demo")]
    bundle: PathBuf,
    /// Folder of DICOM files to send
    #[arg(long, default_value = "tests/data/samples")]
    samples: PathBuf,
    /// Folder for reports, pictures and audit rows: an empty one, or one that is not there [default: the first of
    /// spinetriage-demo, spinetriage-demo-2, ... that is not there]
    #[arg(long)]
    out: Option<PathBuf>,
    /// ONNX Runtime's library
    #[arg(long)]
    onnxruntime: Option<PathBuf>,
    /// Seconds to wait for the reports
    #[arg(long, default_value_t = 120)]
    patience: u64,
}

/// The folder that is taken when none is given, with a number where it is there.
const FOLDER: &str = "spinetriage-demo";

type Problem = Box<dyn Error + Send + Sync>;

/// A sample on its way.
struct Sample {
    file: PathBuf,
    sop_instance_uid: Uid,
    sent: Instant,
}

/// Sends each sample, waits for its report and shows what came back; exit code 1 when a report is
/// missing or a sample has no findings.
pub fn run(arguments: &Arguments) -> Outcome {
    crate::logging::start(false, "warn");
    if let Some(out) = &arguments.out {
        fresh::empty_folder(out, "--out")?;
    }
    // What is wrong with these is said before there is a folder that the next run could not take.
    let films = films(&arguments.samples)?;
    Bundle::load(&arguments.bundle)?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => fresh::first_free_folder(FOLDER)?,
    };
    println!("All that the demo writes goes to {}.", out.display());
    super::runtime::runtime()?.block_on(show(arguments, &out, films))
}

async fn show(arguments: &Arguments, out: &Path, films: Vec<PathBuf>) -> Outcome {
    let reports = out.join("reports");
    let pacs_at = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let pacs_address = pacs_at.local_addr()?;
    let pacs = Pacs::new(&reports)?;
    let (stop_pacs, pacs_stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(dimse::serve(vec![pacs_at], pacs.clone(), async {
        let _ = pacs_stopped.await;
    }));

    let daemon = Daemon::prepare(settings(arguments, out, pacs_address)?).await?;
    let address = daemon.addresses()?[0];
    println!("The daemon SPINETRIAGE listens on {address}, the PACS {} on {pacs_address}.", pacs::AE_TITLE);
    let (stop_daemon, daemon_stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(daemon.serve(None, async {
        let _ = daemon_stopped.await;
    }));

    let samples = send(films, address).await?;
    let missing = wait_for_reports(&pacs, &samples, Duration::from_secs(arguments.patience)).await;
    let seconds: Vec<f64> = samples.iter().map(|s| pacs.seconds_until(&s.sop_instance_uid, s.sent)).collect();

    // The daemon first: it finishes what it is sending.
    drop(stop_daemon);
    running.await??;
    drop(stop_pacs);
    serving.await??;
    conclude(out, &samples, &seconds, missing)
}

/// Prints the table, writes pictures and audit rows.
fn conclude(out: &Path, samples: &[Sample], seconds: &[f64], missing: usize) -> Outcome {
    let database = out.join("state").join(DATABASE);
    let (mut results, mut rows) = (Vec::new(), Vec::new());
    let mut without_findings = 0;
    let of_sample = |sample: &Sample| findings_of(&database, &sample.sop_instance_uid);
    let all: Vec<Findings> = samples.iter().map(of_sample).collect::<Result<_, _>>()?;
    let measured = all.iter().flat_map(|f| &f.vertebrae).any(|v| v.morphometry.is_some());
    for ((sample, seconds), findings) in samples.iter().zip(seconds).zip(&all) {
        let (radiograph, _) = decode::read(&sample.file)?;
        let name = sample.file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let picture = overlay::draw(&radiograph, findings, &[findings], Language::English);
        fs::write(out.join(format!("{name}.png")), picture.png())?;
        without_findings += usize::from(findings.vertebrae.is_empty());
        results.push(vec![name.clone(), in_a_line(findings)]);
        for vertebra in &findings.vertebrae {
            let mut row = vec![name.clone()];
            row.extend(vertebra_row(findings, vertebra, measured));
            row.push(format!("{seconds:.1}"));
            rows.push(row);
        }
    }
    let mut columns = vec!["image"];
    columns.extend(vertebra_columns(measured));
    columns.push("seconds");
    println!("\n{}", table::format(&["study", "result"], &results));
    println!("\n{}\n\n{RESEARCH_USE_ONLY}.\n", table::format(&columns, &rows));

    let trail = store::trail(&database, None)?;
    let lines: Vec<String> = trail.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    fs::write(out.join("audit.jsonl"), lines.join("\n") + "\n")?;
    println!("{}: structured reports and overlay pictures as the PACS got them", out.join("reports").display());
    println!("{}: the findings drawn in", out.join("*.png").display());
    println!(
        "{}: {} audit rows; the database is {}",
        out.join("audit.jsonl").display(),
        trail.len(),
        database.display()
    );
    if missing + without_findings > 0 {
        println!("PROBLEM: {missing} reports did not come, {without_findings} samples have no findings");
        return Ok(ExitCode::from(FOUND_PROBLEMS));
    }
    Ok(ExitCode::SUCCESS)
}

/// The daemon's settings: written as a configuration file, so that the demo shows one too.
fn settings(arguments: &Arguments, out: &Path, pacs: SocketAddr) -> Result<Settings, Problem> {
    let quoted = |path: &Path| -> Result<String, Problem> {
        Ok(toml::Value::String(fs::canonicalize(path)?.display().to_string()).to_string())
    };
    let state = out.join("state");
    fs::create_dir_all(&state)?;
    let runtime = match &arguments.onnxruntime {
        Some(library) => format!("onnxruntime = {}\n", quoted(library)?),
        None => String::new(),
    };
    let text = format!(
        "[server]\nae_title = \"SPINETRIAGE\"\nlisten = [\"127.0.0.1:0\"]\n\n[[sender]]\nae_title = \"{SENDER}\"\nhosts = [\"127.0.0.0/8\"]\n\n\
         [[destination]]\nname = \"pacs\"\nae_title = \"{}\"\naddress = \"{pacs}\"\n\n[analysis]\nbundle = {}\nworkers = 2\nsettle_seconds = 1\n{runtime}\n\
         [report]\nsend_to = [\"pacs\"]\n\n[storage]\nstate_dir = {}\nminimum_free_gib = 0\n",
        pacs::AE_TITLE,
        quoted(&arguments.bundle)?,
        quoted(&state)?
    );
    let file = out.join("spinetriage.toml");
    fs::write(&file, text)?;
    Ok(config::load(&file)?)
}

/// AE title of the sending side.
const SENDER: &str = "DEMO_MODALITY";

/// The DICOM files of the folder.
fn films(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "dcm"));
    files.sort();
    if files.is_empty() {
        return Err(format!("{} holds no .dcm file", folder.display()).into());
    }
    Ok(files)
}

/// Sends every file by C-STORE.
async fn send(files: Vec<PathBuf>, daemon: SocketAddr) -> Result<Vec<Sample>, Problem> {
    let peer = Peer { ae_title: AeTitle::new("SPINETRIAGE")?, address: daemon.to_string() };
    let mut samples = Vec::new();
    for file in files {
        let header = FileHeader::read(fs::File::open(&file)?)?;
        let uid = |text: &Option<String>| Uid::new(text.as_deref().unwrap_or(""));
        let (class, instance) = (uid(&header.sop_class_uid)?, uid(&header.sop_instance_uid)?);
        let context =
            ProposedContext { sop_class_uid: class.to_string(), transfer_syntax: header.transfer_syntax.clone() };
        let mut association =
            StoreAssociation::open(&peer, &AeTitle::new(SENDER)?, &[context], Timeouts::default()).await?;
        let answer = association.store(&file, &class, &instance).await?;
        println!("Sent {}: {} {}", file.display(), answer.status, answer.comment);
        association.release().await?;
        samples.push(Sample { file, sop_instance_uid: instance, sent: Instant::now() });
    }
    Ok(samples)
}

/// Waits until the PACS holds a report of every sample, at most `patience`; the number that is missing.
async fn wait_for_reports(pacs: &Pacs, samples: &[Sample], patience: Duration) -> usize {
    let bar = ProgressBar::new(samples.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("Waiting for reports {bar:30} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    let begun = Instant::now();
    loop {
        let missing = samples.iter().filter(|s| !pacs.has_report_of(&s.sop_instance_uid)).count();
        bar.set_position((samples.len() - missing) as u64);
        if missing == 0 || begun.elapsed() > patience {
            bar.finish();
            return missing;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the daemon found, from its database as an auditor would read it.
fn findings_of(database: &Path, image: &Uid) -> Result<Findings, Problem> {
    let connection = store::open_existing(database)?;
    let sql = "SELECT coalesce(findings, ''), reason FROM instances WHERE sop_instance_uid = ?1 ORDER BY revision DESC LIMIT 1";
    let (json, reason): (String, String) =
        connection.query_row(sql, [image.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if json.is_empty() {
        return Err(format!("{image} has no findings: {reason}").into());
    }
    Ok(serde_json::from_str(&json)?)
}
