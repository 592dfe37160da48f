//! Wake-ups for those who wait for work: none is lost, and nobody has to remember to send one.
//!
//! SQLite tells the writer which tables a change touched; when the change is durable, whoever waits for one of these
//! is woken. A waiter that looks and then waits hears of everything after its look began, for a [`Changes`] remembers
//! what it has seen. What another process changes (a command of an operator) is noticed by [`super::notice`] and wakes
//! everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use rusqlite::Connection;
use tokio::sync::watch;

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// A job may have become due.
    Jobs = 1,
    /// A delivery, or its commitment, may have become due.
    Deliveries = 2,
    /// A study may have settled.
    Studies = 4,
}

const EVERYTHING: u8 = Topic::Jobs as u8 | Topic::Deliveries as u8 | Topic::Studies as u8;
/// That anything was changed but the time itself.
const ANYTHING: u8 = 8;

/// What a change of a table is about.
fn topics_of(table: &str) -> u8 {
    let topics = match table {
        // A study settles when its last image is analysed, and waits for its report's job.
        "jobs" => Topic::Jobs as u8 | Topic::Studies as u8,
        "deliveries" => Topic::Deliveries as u8,
        "studies" | "instances" => Topic::Studies as u8,
        // A pause.
        "conditions" => EVERYTHING,
        "service_clock" => return 0,
        _ => 0,
    };
    topics | ANYTHING
}

/// Wakes the waiters of a database.
#[derive(Debug, Clone, Default)]
pub(super) struct Wakes {
    jobs: watch::Sender<()>,
    deliveries: watch::Sender<()>,
    studies: watch::Sender<()>,
    /// Topics of what was changed and is not durable yet.
    touched: Arc<AtomicU8>,
    /// Groups of changes that are durable.
    groups: Arc<AtomicU64>,
}

impl Wakes {
    /// Notes from now on what `connection` changes.
    pub fn follow(&self, connection: &Connection) -> rusqlite::Result<()> {
        let touched = self.touched.clone();
        connection.update_hook(Some(move |_, _: &str, table: &str, _| {
            touched.fetch_or(topics_of(table), Ordering::Relaxed);
        }))
    }

    /// What was changed is durable: wakes those it is about. Undone, it is forgotten.
    pub fn concluded(&self, is_durable: bool) {
        let touched = self.touched.swap(0, Ordering::Relaxed);
        if is_durable && touched != 0 {
            self.groups.fetch_add(1, Ordering::Relaxed);
            self.wake(touched);
        }
    }

    /// How many groups of changes have become durable, beside writing down the time.
    pub fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Wakes everybody.
    pub fn all(&self) {
        self.wake(EVERYTHING);
    }

    fn wake(&self, topics: u8) {
        for topic in [Topic::Jobs, Topic::Deliveries, Topic::Studies] {
            if topics & topic as u8 != 0 {
                self.sender(topic).send_replace(());
            }
        }
    }

    pub fn changes(&self, topic: Topic) -> Changes {
        Changes(self.sender(topic).subscribe())
    }

    fn sender(&self, topic: Topic) -> &watch::Sender<()> {
        match topic {
            Topic::Jobs => &self.jobs,
            Topic::Deliveries => &self.deliveries,
            Topic::Studies => &self.studies,
        }
    }
}

/// Changes of what somebody waits for.
#[derive(Debug, Clone)]
pub struct Changes(watch::Receiver<()>);

impl Changes {
    /// What came before this is seen: to be called before a look.
    pub fn begin_look(&mut self) {
        self.0.mark_unchanged();
    }

    /// Waits for a change since [`Self::begin_look`]; returns at once where there was one already.
    pub async fn since_look(&mut self) {
        if self.0.changed().await.is_err() {
            // The database is closed: nothing will come any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ConditionKind, Store};

    async fn is_woken(changes: &mut Changes) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(5), changes.since_look()).await.is_ok()
    }

    #[tokio::test]
    async fn a_change_between_look_and_wait_is_not_lost_and_wakes_whom_it_is_about() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("db.sqlite")).unwrap();
        let (mut jobs, mut deliveries, mut studies) =
            (store.changes(Topic::Jobs), store.changes(Topic::Deliveries), store.changes(Topic::Studies));
        for changes in [&mut jobs, &mut deliveries, &mut studies] {
            changes.begin_look();
        }
        store
            .write(|c| {
                Ok(c.execute(
                    "INSERT INTO studies (id, study_instance_uid, patient_number, patient_id) VALUES (1, '1.2', 1, '')",
                    [],
                )?)
            })
            .await
            .unwrap();
        assert!(is_woken(&mut studies).await && !is_woken(&mut jobs).await && !is_woken(&mut deliveries).await);
        store.begin_condition(ConditionKind::Paused, "", "").await.unwrap();
        assert!(is_woken(&mut studies).await && is_woken(&mut jobs).await && is_woken(&mut deliveries).await);
        assert!(!is_woken(&mut jobs).await, "once");
    }

    #[tokio::test]
    async fn what_is_undone_wakes_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("db.sqlite")).unwrap();
        let mut studies = store.changes(Topic::Studies);
        studies.begin_look();
        let undone = store.write(|c| {
            c.execute_batch("UPDATE service_clock SET at = ''; ROLLBACK")?;
            Ok(())
        });
        assert!(undone.await.is_err());
        assert!(!is_woken(&mut studies).await);
    }
}
