//! When something will be due, so that whoever waits sleeps until then.
//!
//! What becomes due by an event (an image that came, a job that ended, an operator's word) is not told here: that
//! wakes the waiters ([`super::wakes`]).

use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::aside::Thing;
use super::clock::{ServiceTime, millis};
use super::conditions::PAUSED;
use super::connection::Store;
use super::deliveries::Share;
use super::error::StoreError;
use super::planning::Settling;
use super::states::{COMMITMENT_DUE, COMMITMENT_REQUESTED, DELIVERED, DELIVERY_PENDING, JOB_QUEUED, JOB_RUNNING};

impl Store {
    /// How long until the next job is due; `None` while none waits, or the queue is paused.
    pub async fn until_next_job(&self) -> Result<Option<Duration>, StoreError> {
        let aside = self.aside.clone();
        let next = self.read(move |c| next_job(c, &aside.rows(Thing::is_job))).await?;
        Ok(self.soonest(next, Thing::is_job))
    }

    /// How long until the next delivery of a share is due at `destination`; `None` while none waits, or the queue is
    /// paused.
    pub async fn until_next_delivery(&self, destination: &str, share: Share) -> Result<Option<Duration>, StoreError> {
        let (destination, aside) = (destination.to_owned(), self.aside.clone());
        let look = move |c: &Connection| next_delivery(c, &destination, share, &aside.rows(Thing::is_delivery));
        Ok(self.soonest(self.read(look).await?, Thing::is_delivery))
    }

    /// How long until `destination` is to be asked for storage commitment; `None` while nothing waits for that, or the
    /// queue is paused.
    pub async fn until_next_commitment(&self, destination: &str) -> Result<Option<Duration>, StoreError> {
        let (destination, aside) = (destination.to_owned(), self.aside.clone());
        let look = move |c: &Connection| next_commitment(c, &destination, &aside.rows(Thing::is_delivery));
        Ok(self.soonest(self.read(look).await?, Thing::is_delivery))
    }

    /// How long until time alone may make the next report due; `None` while no study waits for that.
    pub async fn until_next_report(&self, settling: Settling) -> Result<Option<Duration>, StoreError> {
        let next = self.read(move |c| next_report(c, &settling)).await?;
        Ok(self.soonest(next, Thing::is_study))
    }

    /// How long until `next`, or until something that was set aside gets its turn again.
    fn soonest(&self, next: Option<ServiceTime>, is_of_kind: fn(&Thing) -> bool) -> Option<Duration> {
        let next = next.map(|then| self.clock.until(then));
        next.into_iter().chain(self.aside.until_next_turn(is_of_kind)).min()
    }
}

fn next_job(c: &Connection, aside: &str) -> Result<Option<ServiceTime>, StoreError> {
    let next = formatcp!(
        "SELECT min(due) FROM (
             SELECT min(lease_until) AS due FROM jobs WHERE state = {JOB_RUNNING} AND id NOT IN (SELECT value FROM json_each(?1))
             UNION ALL SELECT min(not_before) FROM jobs WHERE state = {JOB_QUEUED} AND id NOT IN (SELECT value FROM json_each(?1)))
         WHERE NOT {PAUSED}"
    );
    Ok(c.prepare_cached(next)?.query_row([aside], |row| row.get(0))?)
}

fn next_delivery(
    c: &Connection,
    destination: &str,
    share: Share,
    aside: &str,
) -> Result<Option<ServiceTime>, StoreError> {
    let next = formatcp!(
        "SELECT min(next_attempt_at) FROM deliveries WHERE state = {DELIVERY_PENDING} AND destination = ?1 AND id % ?2 = ?3
           AND id NOT IN (SELECT value FROM json_each(?4)) AND NOT {PAUSED}"
    );
    let of = params![destination, share.of as i64, share.part as i64, aside];
    Ok(c.prepare_cached(next)?.query_row(of, |row| row.get(0))?)
}

fn next_commitment(c: &Connection, destination: &str, aside: &str) -> Result<Option<ServiceTime>, StoreError> {
    let next = formatcp!(
        "SELECT min(commitment_at) FROM deliveries WHERE commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED})
           AND destination = ?1 AND state = {DELIVERED} AND id NOT IN (SELECT value FROM json_each(?2)) AND NOT {PAUSED}"
    );
    Ok(c.prepare_cached(next)?.query_row(params![destination, aside], |row| row.get(0))?)
}

/// The next moment at which a study has been quiet for long enough, or has waited for as long as it may. One that has
/// passed and made no report due is waiting for an event.
fn next_report(c: &Connection, settling: &Settling) -> Result<Option<ServiceTime>, StoreError> {
    let next = "SELECT min(moment) FROM (
             SELECT max(next_report_at, last_image_at + ?1) AS moment FROM studies WHERE report_due
             UNION ALL SELECT max(next_report_at, coalesce(waiting_since, 0) + ?2) FROM studies WHERE report_due)
         WHERE moment > service_now()";
    let of = params![millis(settling.quiet), millis(settling.at_most)];
    Ok(c.prepare_cached(next)?.query_row(of, |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::queue;

    const SETTLING: Settling =
        Settling { quiet: Duration::from_secs(5), at_most: Duration::from_secs(60), no_vertebra_found: true };
    const ALL: Share = Share { part: 0, of: 1 };

    /// Whether `until` is about `seconds`; these tests run for less than ten.
    fn is_about(until: Option<Duration>, seconds: u64) -> bool {
        until.is_some_and(|until| {
            until <= Duration::from_secs(seconds) && until + Duration::from_secs(10) >= Duration::from_secs(seconds)
        })
    }

    #[tokio::test]
    async fn the_next_moment_is_told_and_a_pause_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        let store = Store::open(&database).unwrap();
        assert_eq!(store.until_next_job().await.unwrap(), None);
        assert_eq!(store.until_next_delivery("pacs", ALL).await.unwrap(), None);
        assert_eq!(store.until_next_report(SETTLING).await.unwrap(), None);
        let rows = "INSERT INTO studies (id, study_instance_uid, patient_number, patient_id, report_due, last_image_at, waiting_since, next_report_at)
                VALUES (1, '1.2', 1, '', 1, service_now(), service_now(), 0);
            INSERT INTO reports VALUES (1, 1, 1, '1.3', '1.4', '1.5', '2026', NULL, 0, NULL);
            INSERT INTO jobs (kind, report_id, state, not_before, created_at, first_image) VALUES ('report', 1, 'queued', service_now() + 100000, '', 1);
            INSERT INTO objects (id, report_id, kind, sop_class_uid, sop_instance_uid, file, sha256) VALUES (1, 1, 'overlay', '1.6', '1.7', 'f', '');
            INSERT INTO deliveries (object_id, destination, state, next_attempt_at) VALUES (1, 'pacs', 'pending', service_now() + 200000);
            INSERT INTO deliveries (object_id, destination, state, commitment, commitment_at) VALUES (1, 'archive', 'delivered', 'due', service_now() + 300000)";
        store.write(move |c| Ok(c.execute_batch(rows)?)).await.unwrap();
        assert!(is_about(store.until_next_job().await.unwrap(), 100));
        assert!(is_about(store.until_next_delivery("pacs", ALL).await.unwrap(), 200));
        assert_eq!(
            store.until_next_delivery("pacs", Share { part: 0, of: 2 }).await.unwrap(),
            None,
            "of the other lane"
        );
        assert_eq!(store.until_next_delivery("archive", ALL).await.unwrap(), None);
        assert!(is_about(store.until_next_commitment("archive").await.unwrap(), 300));
        assert!(is_about(store.until_next_report(SETTLING).await.unwrap(), 5));
        store.write(|c| Ok(c.execute("UPDATE studies SET last_image_at = last_image_at - 5000", [])?)).await.unwrap();
        assert!(
            is_about(store.until_next_report(SETTLING).await.unwrap(), 60),
            "it was quiet, so it waits for an event"
        );
        queue::pause(&database).unwrap();
        assert_eq!(store.until_next_job().await.unwrap(), None);
        assert_eq!(store.until_next_delivery("pacs", ALL).await.unwrap(), None);
    }
}
