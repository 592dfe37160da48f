//! What can go wrong with the database.

use std::path::PathBuf;

use super::row_ids::JobId;

/// Each message says what failed and, where a person can help, how.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or brought to this version's schema.
    #[error("the database {} cannot be opened: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        reason: String,
    },
    /// A newer version of this program has written the database; nothing of it was changed.
    #[error(
        "the database {} has schema {found} and this version knows none above {known}: a newer version has written it. \
         Install that version again, or restore a backup that was made before the upgrade (docs/operation.md, \"Going back\")",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// This version's.
        known: i64,
    },
    /// A command was called before the daemon of its version was started for the first time.
    #[error(
        "the database {} has schema {found} and this command needs schema {needed}: restart the daemon in this version, \
         which brings the database up to date",
        path.display()
    )]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// This version's.
        needed: i64,
    },
    /// What the file holds is no sound database.
    #[error(
        "the database {} is damaged ({problem}): stop the daemon, move the file and those beside it that end in -wal and \
         -shm to another place, copy the newest backup here under its name, and start the daemon \
         (docs/operation.md, \"Restore\")",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found first.
        problem: String,
    },
    /// The write-ahead log beside the database belongs to another database; nothing of either was changed.
    #[error(
        "beside the database {} lies a log that is not its own ({reason}): SQLite would write its pages over the database. Move {} \
         and the file that ends in -shm to another place, and start again (docs/operation.md, \"Restore\")",
        path.display(), log.display()
    )]
    StrayLog {
        /// The database.
        path: PathBuf,
        /// The log.
        log: PathBuf,
        /// How it is known.
        reason: String,
    },
    /// No backup was made; what was there before is as it was.
    #[error("the backup {} was not made: {reason}", path.display())]
    Backup {
        /// The file it was to be.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// SQLite refused a statement.
    #[error("the database refused a change: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value in the database is not what this version writes.
    #[error("the database holds something unexpected: {0}")]
    Unexpected(String),
    /// The transaction was not committed; nothing of it is kept.
    #[error("the database could not make a change durable: {0}")]
    Commit(Undone),
    /// A worker answered after its job had been given to another, or to itself in a newer attempt.
    #[error("{worker} answered too late: attempt {attempt} of job {job} was given up, what it says is dropped")]
    TooLate {
        /// Row of the job.
        job: JobId,
        /// Who had it.
        worker: String,
        /// In which attempt.
        attempt: u32,
    },
    /// The writing thread has ended.
    #[error("the database is closed")]
    Closed,
    /// A person named something that is not there.
    #[error("{0}")]
    NotFound(String),
}

/// Why a transaction was undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Undone {
    reason: String,
    code: Option<rusqlite::ErrorCode>,
}

impl Undone {
    /// By SQLite's refusal.
    pub(super) fn by(error: &rusqlite::Error) -> Self {
        Self { reason: error.to_string(), code: error.sqlite_error_code() }
    }

    /// With a change that failed in it.
    pub(super) fn with(error: &StoreError) -> Self {
        let code = match error {
            StoreError::Sqlite(error) => error.sqlite_error_code(),
            StoreError::Commit(undone) => undone.code,
            _ => None,
        };
        Self { reason: error.to_string(), code }
    }

    /// By SQLite, which did not say why.
    pub(super) fn by_sqlite() -> Self {
        Self { reason: "SQLite has ended the transaction".to_owned(), code: None }
    }
}

impl StoreError {
    /// Whether it says something about one thing only, which can be left alone while everything else goes on: not
    /// that the database is busy, full, damaged or closed.
    pub fn concerns_one(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::Sqlite(error) => {
                !self.may_heal() && !matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
            }
            Self::Unexpected(_) | Self::NotFound(_) => true,
            _ => false,
        }
    }

    /// Whether it may be over by itself: a full disk, a device that failed once, a database that was busy.
    pub fn may_heal(&self) -> bool {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, SystemIoFailure,
        };
        match self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(DiskFull | SystemIoFailure | DatabaseBusy | DatabaseLocked | CannotOpen)
            ),
            // A damaged file, which no waiting repairs.
            Self::Commit(undone) => !matches!(undone.code, Some(DatabaseCorrupt | NotADatabase)),
            _ => false,
        }
    }
}
