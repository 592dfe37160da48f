//! What may be deleted: images and reports that everybody is done with. And the bundles' history.

use std::path::Path;
use std::time::Duration;

use rusqlite::params;

use super::audit::{Event, append};
use super::clock::before;
use super::connection::Store;
use super::error::StoreError;
use super::now;
use crate::analysis::BundleIdentity;

/// A file nobody needs any more.
#[derive(Debug, Clone)]
pub struct Expired {
    /// Row of the image.
    pub instance: i64,
    /// The file, below the state folder.
    pub file: String,
}

impl Store {
    /// Images older than `keep` that are skipped, failed, or reported; a report under way keeps its
    /// images. Rows and audit stay.
    pub async fn expired(&self, keep: Duration) -> Result<Vec<Expired>, StoreError> {
        let limit = before(keep);
        self.write(move |c| {
            let mut statement = c.prepare(
                "SELECT id, file FROM instances i WHERE file IS NOT NULL AND received_at < ?1 AND state IN ('skipped', 'failed', 'reported')
                 AND NOT EXISTS (SELECT 1 FROM report_images m JOIN jobs j ON j.report_id = m.report_id
                                 WHERE m.instance_id = i.id AND j.state IN ('queued', 'running')) LIMIT 1000",
            )?;
            let rows = statement.query_map([limit], |row| Ok(Expired { instance: row.get(0)?, file: row.get(1)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The file of an image is about to be deleted.
    pub async fn forget_file(&self, instance: i64) -> Result<(), StoreError> {
        self.write(move |c| {
            c.execute("UPDATE instances SET file = NULL WHERE id = ?1", [instance])?;
            let event = Event {
                event: "retention",
                actor: "housekeeper".into(),
                outcome: "deleted",
                detail: "the image's file is past keep_days".into(),
                ..Event::default()
            };
            append(c, &super::jobs::about_instance(c, instance, event)?)
        })
        .await
    }

    /// A bundle has taken over.
    pub async fn record_bundle_live(
        &self,
        bundle: &BundleIdentity,
        path: &Path,
        changed_by: &str,
    ) -> Result<(), StoreError> {
        self.record_bundle("live", bundle.clone(), path, changed_by, String::new()).await
    }

    /// A bundle was refused; the one before stays.
    pub async fn record_bundle_refused(&self, path: &Path, reason: &str) -> Result<(), StoreError> {
        let unknown = BundleIdentity::default();
        self.record_bundle("refused", unknown, path, "change of the configuration", reason.to_owned()).await
    }

    async fn record_bundle(
        &self,
        outcome: &'static str,
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
            append(c, &Event { event: "bundle", actor: changed_by, outcome, detail, ..Event::default() })
        })
        .await
    }
}
