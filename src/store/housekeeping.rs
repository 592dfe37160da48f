//! What may be deleted: images and reports that everybody is done with. And the bundles' history.

use std::path::Path;
use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, Row, params};

use super::aside::Thing;
use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{ServiceTime, now};
use super::connection::Store;
use super::error::StoreError;
use super::row_ids::{InstanceId, ObjectId};
use super::states::{
    COMMITMENT_DUE, COMMITMENT_FAILED, COMMITMENT_REQUESTED, DELIVERED, DELIVERY_FAILED, DELIVERY_PENDING,
    IMAGE_FAILED, IMAGE_REPORTED, IMAGE_SKIPPED, JOB_QUEUED, JOB_RUNNING,
};
use crate::findings::BundleIdentity;

/// A row whose files nobody needs any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Which.
    pub row: ExpiredRow,
    /// Its files, below the state folder.
    pub files: Vec<String>,
}

/// Where an expired file is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredRow {
    /// A received image.
    Image(InstanceId),
    /// An object of a report.
    Object(ObjectId),
}

/// Most rows of each kind looked up at once.
const MOST: u32 = 1000;

/// A delivery `d` that may still need its file: the destination does not have it, or was asked to commit itself
/// to keep it and has not done so; and no operator has given that up.
const NEEDS_FILE: &str = formatcp!(
    "(d.state IN ({DELIVERY_PENDING}, {DELIVERY_FAILED}) OR (d.state = {DELIVERED} AND d.commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED}, {COMMITMENT_FAILED})))"
);

impl ExpiredRow {
    /// Whether an image `i` has a file and is done with: it is skipped, failed or reported, no report about it is
    /// under way, and everybody it is passed on to has it.
    fn image_is_done() -> String {
        format!(
            "i.file IS NOT NULL AND i.state IN ({IMAGE_SKIPPED}, {IMAGE_FAILED}, {IMAGE_REPORTED})
             AND NOT EXISTS (SELECT 1 FROM report_images m JOIN jobs j ON j.report_id = m.report_id
                             WHERE m.instance_id = i.id AND j.state IN ({JOB_QUEUED}, {JOB_RUNNING}))
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.instance_id = i.id AND {NEEDS_FILE})"
        )
    }

    /// Whether an object `o` has its files and its report is done with. All objects of a report or none: a
    /// destination that refuses one may be sent another instead.
    fn object_is_done() -> String {
        format!(
            "o.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM objects s JOIN deliveries d ON d.object_id = s.id
                                                  WHERE s.report_id = o.report_id AND {NEEDS_FILE})"
        )
    }
}

impl Store {
    /// What is older than `keep` by the service clock and done with, some of it at a time; not what is set aside.
    pub async fn expired(&self, keep: Duration) -> Result<Vec<Expired>, StoreError> {
        let (limit, aside) = (self.clock.before(keep), self.aside.clone());
        self.read(move |c| {
            let mut expired = expired_images(c, limit, &aside.rows(Thing::is_image_file))?;
            expired.extend(expired_objects(c, limit, &aside.rows(Thing::is_object_file))?);
            Ok(expired)
        })
        .await
    }

    /// Takes the files of a row that was found to be expired out of it: they are about to be deleted. Rows and
    /// audit stay. False, and nothing is changed, when the row is needed again: an operator retried it meanwhile;
    /// or when the database refuses it, and it is set aside.
    pub async fn forget_files(&self, row: ExpiredRow) -> Result<bool, StoreError> {
        let aside = self.aside.clone();
        let thing = match row {
            ExpiredRow::Image(id) => Thing::ImageFile(id),
            ExpiredRow::Object(id) => Thing::ObjectFile(id),
        };
        self.write(move |c| Ok(aside.one(c, thing, |c| forget(c, row))?.unwrap_or(false))).await
    }

    /// A bundle has taken over.
    pub async fn record_bundle_live(
        &self,
        bundle: &BundleIdentity,
        path: &Path,
        changed_by: &str,
    ) -> Result<(), StoreError> {
        self.record_bundle(Outcome::Live, bundle.clone(), path, changed_by, String::new()).await
    }

    /// A bundle was refused; the one before stays.
    pub async fn record_bundle_refused(&self, path: &Path, reason: &str) -> Result<(), StoreError> {
        let unknown = BundleIdentity::default();
        self.record_bundle(Outcome::Refused, unknown, path, "change of the configuration", reason.to_owned()).await
    }

    async fn record_bundle(
        &self,
        outcome: Outcome,
        b: BundleIdentity,
        path: &Path,
        changed_by: &str,
        reason: String,
    ) -> Result<(), StoreError> {
        let (path, changed_by) = (path.display().to_string(), changed_by.to_owned());
        self.write(move |c| {
            c.execute(
                "INSERT INTO bundles (at, outcome, name, version, digest, path, changed_by, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![now(), outcome, b.name, b.version, b.digest, path, changed_by, reason],
            )?;
            let detail = format!("{path}: {} {} {}{reason}", b.name, b.version, b.digest);
            append(c, &Event { actor: changed_by, detail, ..Event::of(EventKind::Bundle, outcome) })
        })
        .await
    }
}

/// Takes the files out of a row, where it is still done with.
fn forget(c: &Connection, row: ExpiredRow) -> Result<bool, StoreError> {
    let event = |detail: &str| Event {
        actor: "housekeeper".into(),
        detail: detail.into(),
        ..Event::of(EventKind::Retention, Outcome::Deleted)
    };
    let event = match row {
        ExpiredRow::Image(id) => {
            let done = ExpiredRow::image_is_done();
            if c.execute(&format!("UPDATE instances AS i SET file = NULL WHERE id = ?1 AND {done}"), [id])? == 0 {
                return Ok(false);
            }
            super::jobs::about_instance(c, id, event("the image's file is past keep_days"))?
        }
        ExpiredRow::Object(id) => {
            let done = ExpiredRow::object_is_done();
            let forget = format!("UPDATE objects AS o SET removed_at = ?2 WHERE id = ?1 AND {done}");
            if c.execute(&forget, params![id, now()])? == 0 {
                return Ok(false);
            }
            let uids = "SELECT s.study_instance_uid, o.sop_instance_uid FROM objects o
                        JOIN reports r ON r.id = o.report_id JOIN studies s ON s.id = r.study_id WHERE o.id = ?1";
            let (study, image) = c.query_row(uids, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Event { study, image, ..event("the report's file is past keep_days") }
        }
    };
    append(c, &event)?;
    Ok(true)
}

fn expired_images(c: &Connection, limit: ServiceTime, aside: &str) -> Result<Vec<Expired>, StoreError> {
    let done = ExpiredRow::image_is_done();
    let mut statement = c.prepare(&format!(
        "SELECT i.id, i.file FROM instances i WHERE i.received_service_ms < ?1 AND {done}
           AND i.id NOT IN (SELECT value FROM json_each(?3)) LIMIT ?2"
    ))?;
    let image = |row: &Row<'_>| Ok(Expired { row: ExpiredRow::Image(row.get(0)?), files: vec![row.get(1)?] });
    let images = statement.query_map(params![limit, MOST, aside], image)?.collect::<Result<_, _>>()?;
    Ok(images)
}

fn expired_objects(c: &Connection, limit: ServiceTime, aside: &str) -> Result<Vec<Expired>, StoreError> {
    let done = ExpiredRow::object_is_done();
    let mut statement = c.prepare(&format!(
        "SELECT o.id, o.file, o.compressed_file FROM objects o JOIN reports r ON r.id = o.report_id
         WHERE r.written_at IS NOT NULL AND r.written_service_ms < ?1 AND {done}
           AND o.id NOT IN (SELECT value FROM json_each(?3)) LIMIT ?2"
    ))?;
    let object = |row: &Row<'_>| {
        let files = [row.get(1)?, row.get::<_, Option<String>>(2)?];
        Ok(Expired { row: ExpiredRow::Object(row.get(0)?), files: files.into_iter().flatten().collect() })
    };
    let objects = statement.query_map(params![limit, MOST, aside], object)?.collect::<Result<_, _>>()?;
    Ok(objects)
}
