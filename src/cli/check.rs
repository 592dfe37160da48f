//! `spinetriage check`: would the daemon work with this configuration?

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::configuration_file::{ConfigurationFile, database_of};
use super::outcome::{COULD_NOT_RUN, FOUND_PROBLEMS, Outcome};
use crate::config::{Settings, Storage};
use crate::model::{Bundle, Model};
use crate::spool::Spool;
use crate::store;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// Also send a C-ECHO to every destination
    #[arg(long)]
    online: bool,
}

/// Prints one line a check. Exit code 2 when the configuration itself is broken (every problem with
/// its line), 1 when something it names is.
pub fn run(arguments: &Arguments) -> Outcome {
    let settings = match arguments.configuration.load() {
        Ok(settings) => settings,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(ExitCode::from(COULD_NOT_RUN));
        }
    };
    println!("configuration: {} is valid", arguments.configuration.path.display());
    let mut all_good = true;
    let mut report = |what: &str, outcome: Result<String, String>| match outcome {
        Ok(fact) => println!("{what}: {fact}"),
        Err(problem) => {
            all_good = false;
            println!("{what}: PROBLEM: {problem}");
        }
    };
    report("bundle", check_bundle(&settings));
    report("storage", check_storage(&settings.storage));
    let database = database_of(&settings);
    report("database", check_database(&database));
    report("spool", check_spool(&settings.storage, &database));
    report("queue", check_queue(&database));
    report("deliveries", check_deliveries(&database));
    if arguments.online {
        all_good &= super::runtime::runtime()?.block_on(super::echo::echo_each(&settings, &[]));
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(FOUND_PROBLEMS) })
}

fn check_bundle(settings: &Settings) -> Result<String, String> {
    let open = || Model::open(Bundle::load(&settings.analysis.bundle)?, settings.analysis.onnxruntime.as_deref(), 1);
    let model = open().map_err(|e| e.to_string())?;
    let bundle = model.identity();
    Ok(format!("{} {} passes its self-test", bundle.name, bundle.version))
}

fn check_storage(storage: &Storage) -> Result<String, String> {
    let folder = &storage.state_dir;
    if !folder.is_dir() {
        return Err(format!("{} is no folder: create it and give it to the user the daemon runs as", folder.display()));
    }
    // Looked at, not opened: a daemon may be receiving into it.
    let spool = Spool::at(folder);
    spool.examine().map_err(|e| format!("{e}; does the check run as the user the daemon runs as?"))?;
    let free = spool.free_bytes().map_err(|e| e.to_string())?;
    let (free_gib, needed_gib) = (free as f64 / GIB, storage.minimum_free_bytes as f64 / GIB);
    if free < storage.minimum_free_bytes {
        return Err(format!(
            "{free_gib:.1} GiB free in {}, [storage] minimum_free_gib asks for {needed_gib:.1}",
            folder.display()
        ));
    }
    Ok(format!("{} has {free_gib:.1} GiB free", folder.display()))
}

const GIB: f64 = (1u64 << 30) as f64;

fn check_database(file: &Path) -> Result<String, String> {
    if !file.exists() {
        return Ok(format!("{} will be made at the first start", file.display()));
    }
    store::check_integrity(file).map_err(|e| e.to_string())?;
    match store::verify_audit(file).map_err(|e| e.to_string())? {
        Ok(rows) => Ok(format!("sound, and the audit of {rows} rows is unbroken")),
        Err(broken) => Err(format!("the audit is broken: {broken}")),
    }
}

/// So old a file that no row names must be: a younger one may be of an image that is being recorded.
const BEING_RECORDED: Duration = Duration::from_secs(60);

/// Whether database and spool speak of the same files. A database that was lost, or replaced by an older one, may be
/// sound and know nothing of what is there.
fn check_spool(storage: &Storage, database: &Path) -> Result<String, String> {
    let spool = Spool::at(&storage.state_dir);
    if !database.exists() && spool.count() == 0 {
        return Ok("nothing is in it".into());
    }
    let known = if database.exists() { store::known_files(database).map_err(|e| e.to_string())? } else { Vec::new() };
    let missing = known.iter().filter(|known| matches!(spool.path(&known.file).try_exists(), Ok(false))).count();
    let names: Vec<String> = known.into_iter().map(|known| known.file).collect();
    let is_old = |file: &String| {
        if !database.exists() {
            return true;
        }
        let age =
            spool.path(file).metadata().and_then(|file| file.modified()).map(|at| at.elapsed().unwrap_or_default());
        age.is_ok_and(|age| age > BEING_RECORDED)
    };
    let unknown = spool.orphans(&names).map_err(|e| e.to_string())?.iter().filter(|file| is_old(file)).count();
    match (missing, unknown) {
        (0, 0) => Ok(format!("{} files, each with its row", names.len())),
        (0, unknown) => Err(format!(
            "{unknown} files belong to no row of the database, and the next start deletes them: was the database lost or replaced \
             by an older one? Then stop the daemon and restore a backup (docs/operation.md, \"Restore\")"
        )),
        (missing, unknown) => Err(format!(
            "{missing} files that the database names are not there, and {unknown} that it does not name are: the next start fails \
             or reports anew what needs the missing ones"
        )),
    }
}

/// Deliveries that nobody tries any more, and whose files are kept for that.
fn check_deliveries(database: &Path) -> Result<String, String> {
    let stranded = if database.exists() { store::stranded(database).map_err(|e| e.to_string())? } else { Vec::new() };
    if stranded.is_empty() {
        return Ok("none has failed".into());
    }
    let each = stranded.iter().map(|s| format!("{} to {}", s.deliveries, s.destination)).collect::<Vec<_>>().join(", ");
    Err(format!(
        "{each} have failed, and their files are kept: spinetriage queue retry --failed, or spinetriage queue give-up --destination NAME"
    ))
}

/// What keeps the queue from moving: an outage, a pause, a thing the database refuses.
fn check_queue(database: &Path) -> Result<String, String> {
    if !database.exists() {
        return Ok("nothing was ever queued".into());
    }
    let lasting = store::lasting_conditions(database).map_err(|e| e.to_string())?;
    if lasting.is_empty() {
        return Ok("nothing keeps it from moving".into());
    }
    Err(lasting.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn storage_in(state_dir: &Path) -> Storage {
        Storage { state_dir: state_dir.to_owned(), minimum_free_bytes: 0, ..Storage::default() }
    }

    /// `check` opened the spool as the daemon does, and so deleted what a running daemon was receiving.
    #[test]
    fn a_check_beside_a_running_daemon_deleted_the_images_that_were_arriving() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Spool::open(folder.path()).unwrap();
        let mut arriving = daemon.begin(b"header").unwrap();
        check_storage(&storage_in(folder.path())).unwrap();
        arriving.write(b"data set").unwrap();
        let spooled = arriving.commit(&daemon).unwrap();
        assert_eq!(fs::read(daemon.path(&spooled.file)).unwrap(), b"headerdata set");
    }

    /// `check` made the spool's folders: run by an administrator, they were not the daemon's to write to.
    #[test]
    fn a_check_before_the_first_start_made_the_folders_itself() {
        let folder = tempfile::tempdir().unwrap();
        check_storage(&storage_in(folder.path())).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
