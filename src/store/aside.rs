//! What the database refused, left alone for a while, so that one bad study, job or delivery costs nobody else.
//!
//! Kept in memory: a start tries everything again. Each is a condition in the database as well, as far as that can
//! be written, so that an operator sees it (`spinetriage check`, `queue list`) and an auditor finds it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::conditions;
use super::error::StoreError;
use super::row_ids::{DeliveryId, InstanceId, JobId, ObjectId, StudyId};
use super::savepoint::in_savepoint;
use super::states::ConditionKind;

/// Pause before the database is asked again, doubled each time it refuses.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3600);

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    /// A study's next report.
    Study(StudyId),
    /// A job.
    Job(JobId),
    /// A delivery.
    Delivery(DeliveryId),
    /// The files of an image.
    ImageFile(InstanceId),
    /// The files of an object of a report.
    ObjectFile(ObjectId),
}

impl Thing {
    pub fn is_study(&self) -> bool {
        matches!(self, Self::Study(_))
    }

    pub fn is_job(&self) -> bool {
        matches!(self, Self::Job(_))
    }

    pub fn is_delivery(&self) -> bool {
        matches!(self, Self::Delivery(_))
    }

    pub fn is_image_file(&self) -> bool {
        matches!(self, Self::ImageFile(_))
    }

    pub fn is_object_file(&self) -> bool {
        matches!(self, Self::ObjectFile(_))
    }

    fn row(self) -> i64 {
        match self {
            Self::Study(id) => id.0,
            Self::Job(id) => id.0,
            Self::Delivery(id) => id.0,
            Self::ImageFile(id) => id.0,
            Self::ObjectFile(id) => id.0,
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Study(id) => write!(f, "report of study {id}"),
            Self::Job(id) => write!(f, "job {id}"),
            Self::Delivery(id) => write!(f, "delivery {id}"),
            Self::ImageFile(id) => write!(f, "file of image {id}"),
            Self::ObjectFile(id) => write!(f, "file of report object {id}"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    long: Duration,
}

/// Everything that was refused, shared by all clones.
#[derive(Debug, Clone, Default)]
pub(super) struct Aside {
    things: Arc<Mutex<HashMap<Thing, Pause>>>,
}

impl Aside {
    /// Does `change` to each of these rows, each by itself. What the database refuses is undone, told and set aside.
    ///
    /// # Errors
    /// One that concerns everything: the disk is full, the database is busy, damaged or closed.
    pub fn each<I: Copy>(
        &self,
        c: &Connection,
        thing: fn(I) -> Thing,
        rows: impl IntoIterator<Item = I>,
        mut change: impl FnMut(&Connection, I) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        rows.into_iter().try_for_each(|row| self.one(c, thing(row), |c| change(c, row)).map(drop))
    }

    /// As [`Self::each`] with one thing: what `change` gave, or `None` when it is set aside.
    pub fn one<T>(
        &self,
        c: &Connection,
        thing: Thing,
        change: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.is_aside(thing) {
            return Ok(None);
        }
        match in_savepoint(c, change) {
            Ok(value) => {
                self.is_well(c, thing)?;
                Ok(Some(value))
            }
            Err(error) if error.concerns_one() && !c.is_autocommit() => {
                self.refused(c, thing, &error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The rows of a kind that are to be left alone for now, as a JSON array for a statement.
    pub fn rows(&self, is_of_kind: fn(&Thing) -> bool) -> String {
        let now = Instant::now();
        let things = self.things();
        let kept = things.iter().filter(|(kept, pause)| pause.until > now && is_of_kind(kept));
        format!("[{}]", kept.map(|(kept, _)| kept.row().to_string()).collect::<Vec<_>>().join(","))
    }

    /// How long until a thing of a kind gets its turn again; `None` where none is set aside.
    pub fn until_next_turn(&self, is_of_kind: fn(&Thing) -> bool) -> Option<Duration> {
        let now = Instant::now();
        let things = self.things();
        let turns = things.iter().filter(|(thing, pause)| is_of_kind(thing) && pause.until > now);
        turns.map(|(_, pause)| pause.until - now).min()
    }

    /// Whether the database has refused the thing and not taken it since.
    pub fn knows(&self, thing: Thing) -> bool {
        self.things().contains_key(&thing)
    }

    /// Whether the thing is to be left alone for now.
    fn is_aside(&self, thing: Thing) -> bool {
        self.things().get(&thing).is_some_and(|pause| pause.until > Instant::now())
    }

    /// The database has refused something: it is left alone, and told as far as that can be written.
    fn refused(&self, c: &Connection, thing: Thing, error: &StoreError) {
        let long = self.things().get(&thing).map_or(FIRST, |pause| (pause.long * 2).min(LONGEST));
        let now = Instant::now();
        let mut things = self.things();
        // What nobody has asked for since is over: what is kept here must not only grow.
        things.retain(|_, pause| pause.until + LONGEST > now);
        things.insert(thing, Pause { until: now + long, long });
        drop(things);
        let minutes = long.as_secs() / 60;
        tracing::error!(%thing, %error, "The database refuses this and nothing else waits for it; it is tried again in {minutes} minutes");
        let detail = format!("{error}; everything else goes on");
        let told =
            in_savepoint(c, |c| conditions::begin(c, ConditionKind::Refused, &thing.to_string(), &detail, "daemon"));
        if let Err(error) = told {
            tracing::error!(%thing, %error, "That could not be audited");
        }
    }

    fn is_well(&self, c: &Connection, thing: Thing) -> Result<(), StoreError> {
        if self.things().remove(&thing).is_some() {
            conditions::end(c, ConditionKind::Refused, &thing.to_string(), "the database has taken it", "daemon")?;
        }
        Ok(())
    }

    fn things(&self) -> MutexGuard<'_, HashMap<Thing, Pause>> {
        // Nothing in here can panic half-way.
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
