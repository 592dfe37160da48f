//! Store: queue, reports, deliveries and audit in one SQLite file.
//!
//! Owns: the schema (`migrations/`), every state and every change of state, the audit's hash chain.
//! In: what happened. Out: jobs, deliveries, answers for people, and a copy of the file where one is asked for.
//! Never: touches another file, or the network. Every change of state writes its audit
//! row in the same transaction; callers get their answer after the commit.

// From the ground upwards: each group uses its own and those above it in this list.

// Words and values.
mod audit_words;
mod by_name;
mod error;
mod new_instance;
mod patient;
mod row_ids;
mod states;
mod terms;

// What statements are made of.
mod aside;
mod audit;
mod clock;
mod conditions;
mod reported;
mod savepoint;
mod studies;

// The file and its connections.
mod connection;
mod integrity;
mod readers;
mod stray_log;
mod wakes;
mod wal;
mod writer;

// Changes of state, by what they are about.
mod commitments;
mod deliveries;
mod delivery_attempt;
mod destinations;
mod due;
mod housekeeping;
mod instances;
mod jobs;
mod leasing;
mod log_size;
mod notice;
mod noting;
mod planning;
mod recovery;
mod refused;
mod reports;

// For commands, beside a daemon or without one.
mod backup;
mod examination;
mod giving_up;
mod lasting;
pub mod queue;
mod trail;

pub use audit::{Break, Event};
pub use audit_words::{EventKind, Outcome};
pub use backup::{Backup, backup};
pub use clock::{Timestamp, now};
pub use commitments::{Commitment, Verdict};
pub use connection::{Store, open_existing};
pub use deliveries::{Delivery, Duplicate, Share};
pub use delivery_attempt::DeliveryOutcome;
pub use error::StoreError;
pub use examination::check as check_integrity;
pub use giving_up::{GivenUp, Stranded, give_up, stranded};
pub use housekeeping::{Expired, ExpiredRow};
pub use jobs::{Job, Work};
pub use lasting::{Condition, lasting as lasting_conditions};
pub use new_instance::{NewInstance, Recipient, Recorded};
pub use notice::Noticing;
pub use patient::Patient;
pub use planning::Settling;
pub use recovery::{KnownFile, Owner, known_files};
pub use refused::RefusedInstance;
pub use reports::{Addressee, FailedSource, NewObject, ObjectFile, ReportInput, ReportPlan, SourceImage};
pub use row_ids::{DeliveryId, InstanceId, JobId, ObjectId, ReportId, StudyId};
pub use states::{CommitmentState, ConditionKind, DeliveryState, ImageState, JobState};
pub use stray_log::knows_nothing;
pub use terms::Terms;
pub use trail::{TrailRow, trail, verify as verify_audit};
pub use wakes::Changes;
pub use wal::LARGE as LARGE_WAL;
