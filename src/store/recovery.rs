//! What a start finds after a crash, and how it is put right: interrupted jobs, times of a clock that was set,
//! rows whose file is gone. Each is audited.

use rusqlite::{Connection, params};

use super::audit::{Event, append};
use super::clock::{AT_ONCE, due_now};
use super::conditions::end_those_of_an_earlier_run;
use super::connection::Store;
use super::deliveries::Row;
use super::error::StoreError;
use super::jobs::{FILE_GONE, about_instance, fail};
use super::now;

/// A file that a row names.
#[derive(Debug, Clone)]
pub struct KnownFile {
    /// Below the state folder.
    pub file: String,
    /// Whose it is.
    pub owner: Owner,
}

/// The row that names a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A received image.
    Image(i64),
    /// An object of a report.
    Object(i64),
    /// The compressed form of an object: the object can do without it.
    Compressed,
}

impl Store {
    /// After a crash of the daemon nobody works on anything: running jobs are queued again at no cost, and
    /// whatever waits is due now, since the clock it waits by may have been set meanwhile.
    pub async fn recover_after_restart(&self) -> Result<usize, StoreError> {
        self.write(|c| {
            let count = c.execute("UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_until = NULL, worker = NULL WHERE state = 'running'", [])?;
            c.execute("UPDATE jobs SET not_before = ?1 WHERE state = 'queued'", [AT_ONCE])?;
            c.execute("UPDATE deliveries SET next_attempt_at = ?1 WHERE state = 'pending'", [AT_ONCE])?;
            c.execute("UPDATE deliveries SET commitment_at = ?1 WHERE commitment IN ('due', 'requested')", [AT_ONCE])?;
            c.execute("UPDATE instances SET queued_at = ?1 WHERE queued_at > ?1", [due_now()])?;
            end_those_of_an_earlier_run(c)?;
            append(c, &Event { event: "daemon", actor: "daemon".into(), outcome: "started", detail: format!("{count} interrupted jobs queued again"), ..Event::default() })?;
            Ok(count)
        })
        .await
    }

    /// Whether nothing was ever written down in this database.
    pub async fn is_new(&self) -> Result<bool, StoreError> {
        let nothing = "SELECT NOT EXISTS (SELECT 1 FROM audit) AND NOT EXISTS (SELECT 1 FROM instances) AND NOT EXISTS (SELECT 1 FROM objects)";
        self.write(|c| Ok(c.query_row(nothing, [], |row| row.get(0))?)).await
    }

    /// The files that rows name: everything else in the spool is a left-over.
    pub async fn known_files(&self) -> Result<Vec<KnownFile>, StoreError> {
        self.write(|c| {
            let mut statement = c.prepare(
                "SELECT file, 'image', id FROM instances WHERE file IS NOT NULL
                 UNION ALL SELECT file, 'object', id FROM objects WHERE removed_at IS NULL
                 UNION ALL SELECT compressed_file, 'compressed', id FROM objects WHERE removed_at IS NULL AND compressed_file IS NOT NULL",
            )?;
            let read = |row: &rusqlite::Row<'_>| {
                let id = row.get(2)?;
                let owner = match row.get_ref(1)?.as_str()? {
                    "image" => Owner::Image(id),
                    "object" => Owner::Object(id),
                    _ => Owner::Compressed,
                };
                Ok(KnownFile { file: row.get(0)?, owner })
            };
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// A file that a row names is not there: what needs it fails with the remedy, or is made anew.
    pub async fn file_is_gone(&self, known: KnownFile) -> Result<(), StoreError> {
        self.write(move |c| match known.owner {
            Owner::Image(id) => image_is_gone(c, id, &known.file),
            Owner::Object(id) => object_is_gone(c, id, &known.file),
            Owner::Compressed => Ok(()),
        })
        .await
    }

    /// Files that were arriving, and files without a row, were removed: their senders were never answered with Success.
    pub async fn record_left_overs(&self, arriving: usize, orphans: Vec<String>) -> Result<(), StoreError> {
        let arriving = (arriving > 0).then(|| format!("{arriving} files that were still arriving were removed"));
        let orphans = orphans.into_iter().map(|file| format!("{file} belonged to nothing and was removed"));
        let details: Vec<String> = arriving.into_iter().chain(orphans).collect();
        self.write(move |c| {
            details.into_iter().try_for_each(|detail| {
                let (event, actor, outcome) = ("recovery", "daemon".into(), "removed");
                append(c, &Event { event, actor, outcome, detail, ..Event::default() })
            })
        })
        .await
    }
}

fn image_is_gone(c: &Connection, instance: i64, file: &str) -> Result<(), StoreError> {
    let event = |detail: String| Event {
        event: "recovery",
        actor: "daemon".into(),
        outcome: "file missing",
        detail,
        ..Event::default()
    };
    append(c, &about_instance(c, instance, event(format!("{file} is not in the spool any more")))?)?;
    c.execute("UPDATE instances SET file = NULL WHERE id = ?1", [instance])?;
    let mut jobs = c.prepare("SELECT id FROM jobs WHERE instance_id = ?1 AND state = 'queued'")?;
    let jobs: Vec<i64> = jobs.query_map([instance], |row| row.get(0))?.collect::<Result<_, _>>()?;
    jobs.into_iter().try_for_each(|job| fail(c, job, FILE_GONE, event(FILE_GONE.to_owned())))?;
    // A report that is still to be written copies patient and study from the image.
    c.execute(
        "UPDATE instances SET state = 'failed', reason = ?2 WHERE id = ?1 AND state = 'analysed'
           AND NOT EXISTS (SELECT 1 FROM report_images m JOIN reports r ON r.id = m.report_id WHERE m.instance_id = ?1 AND r.written_at IS NOT NULL)",
        params![instance, FILE_GONE],
    )?;
    fail_pending(c, "d.instance_id = ?1", instance, FILE_GONE)
}

fn object_is_gone(c: &Connection, object: i64, file: &str) -> Result<(), StoreError> {
    let (report, study, uid): (i64, String, String) = c.query_row(
        "SELECT r.id, r.study_instance_uid, o.sop_instance_uid FROM objects o JOIN reports r ON r.id = o.report_id WHERE o.id = ?1",
        [object],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    c.execute("UPDATE objects SET removed_at = ?2 WHERE id = ?1", params![object, now()])?;
    let waited: bool = c.query_row(
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE object_id = ?1 AND state = 'pending')",
        [object],
        |row| row.get(0),
    )?;
    let detail = if waited { "a new version of the report is written" } else { "it was delivered" };
    let (actor, detail) = ("daemon".into(), format!("{file} is not in the spool any more; {detail}"));
    append(c, &Event { event: "recovery", actor, study, image: uid, outcome: "file missing", detail })?;
    if waited {
        fail_pending(c, "d.object_id = ?1", object, "the report's file is gone: a new version is written")?;
        // Images that no report tells of are reported anew.
        c.execute("UPDATE instances SET state = 'analysed' WHERE state = 'reported' AND file IS NOT NULL AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)", [report])?;
        c.execute("DELETE FROM report_images WHERE report_id = ?1 AND instance_id IN (SELECT id FROM instances WHERE file IS NOT NULL)", [report])?;
    }
    Ok(())
}

fn fail_pending(c: &Connection, which: &str, id: i64, error: &str) -> Result<(), StoreError> {
    let mut statement = c.prepare(&format!("SELECT d.id FROM deliveries d WHERE d.state = 'pending' AND {which}"))?;
    let pending: Vec<i64> = statement.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    pending.into_iter().try_for_each(|delivery| Row::read(c, delivery)?.failed(c, "", error))
}
