//! Store: queue, reports, deliveries and audit in one SQLite file.
//!
//! Owns: the schema (`migrations/`), every state and every change of state, the audit's hash chain.
//! In: what happened. Out: jobs, deliveries, answers for people, and a copy of the file where one is asked for.
//! Never: touches another file, or the network. Every change of state writes its audit
//! row in the same transaction; callers get their answer after the commit.

mod aside;
mod audit;
mod audit_words;
mod backup;
mod by_name;
mod clock;
mod commitments;
mod conditions;
mod connection;
mod deliveries;
mod delivery_attempt;
mod destinations;
mod due;
mod error;
mod examination;
mod giving_up;
mod housekeeping;
mod instances;
mod integrity;
mod jobs;
mod lasting;
mod leasing;
mod log_size;
mod new_instance;
mod notice;
mod noting;
mod patient;
mod planning;
pub mod queue;
mod readers;
mod recovery;
mod refused;
mod reported;
mod reports;
mod row_ids;
mod states;
mod stray_log;
mod studies;
mod terms;
mod trail;
mod wakes;
mod wal;
mod writer;

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
