//! Every state that a row can be in, as the database names it.
//!
//! Rust code uses the enums, which SQLite stores by their names; statements use the constants, so that a word that is
//! no state does not compile. That the schema knows the same words is a test.

use super::audit_words::EventKind;
use super::by_name::stored_by_name;

stored_by_name! {
    /// Where a received image is.
    ImageState {
        /// Waits for its analysis.
        Queued = "queued" IMAGE_QUEUED,
        /// Is not analysed, or not reported; its reason says why.
        Skipped = "skipped" IMAGE_SKIPPED,
        /// Has findings that wait for their report to be delivered.
        Analysed = "analysed" IMAGE_ANALYSED,
        /// Its report is delivered.
        Reported = "reported" IMAGE_REPORTED,
        /// Waits for a person; its reason says why.
        Failed = "failed" IMAGE_FAILED,
    }
}

stored_by_name! {
    /// What a job is about.
    JobKind {
        /// An image is to be analysed.
        Analyse = "analyse" JOB_ANALYSE,
        /// A study's report is to be written.
        Report = "report",
    }
}

stored_by_name! {
    /// Where a job is.
    JobState {
        /// Waits for a worker.
        Queued = "queued" JOB_QUEUED,
        /// A worker has it, by a lease.
        Running = "running" JOB_RUNNING,
        /// Is done.
        Done = "done" JOB_DONE,
        /// Waits for a person.
        Failed = "failed" JOB_FAILED,
        /// An operator took it out of the queue.
        Cancelled = "cancelled" JOB_CANCELLED,
    }
}

stored_by_name! {
    /// Where a delivery is.
    DeliveryState {
        /// Is tried until the destination has it or the time is over.
        Pending = "pending" DELIVERY_PENDING,
        /// The destination has said that it has it.
        Delivered = "delivered" DELIVERED,
        /// Waits for a person.
        Failed = "failed" DELIVERY_FAILED,
        /// An operator gave it up.
        GivenUp = "given-up" DELIVERY_GIVEN_UP,
    }
}

stored_by_name! {
    /// Where the storage commitment of a delivery is.
    CommitmentState {
        /// The destination is not asked for it.
        None = "" NO_COMMITMENT,
        /// Is to be asked for.
        Due = "due" COMMITMENT_DUE,
        /// Is asked for.
        Requested = "requested" COMMITMENT_REQUESTED,
        /// The destination has committed itself.
        Committed = "committed" COMMITTED,
        /// It will not; waits for a person.
        Failed = "failed" COMMITMENT_FAILED,
        /// An operator gave it up.
        GivenUp = "given-up" COMMITMENT_GIVEN_UP,
    }
}

stored_by_name! {
    /// What lasts.
    ConditionKind {
        /// A destination takes nothing.
        Destination = "destination",
        /// There is less free space than `minimum_free_gib`: images are refused.
        Storage = "storage",
        /// An operator has paused the queue.
        Paused = "paused" QUEUE_IS_PAUSED,
        /// The database refuses a change of one study, job or delivery.
        Refused = "refused",
    }
}

impl ConditionKind {
    /// What the audit calls its begin and its end.
    pub(super) fn event(self) -> EventKind {
        match self {
            Self::Destination => EventKind::Destination,
            Self::Storage => EventKind::Storage,
            Self::Paused => EventKind::Paused,
            Self::Refused => EventKind::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::Store;

    /// The words that the schema allows in a column.
    fn allowed(schema: &str, column: &str) -> Vec<String> {
        let check = format!("CHECK ({column} IN (");
        let at = schema.find(&check).unwrap_or_else(|| panic!("{column} has no list in {schema}")) + check.len();
        let list = &schema[at..at + schema[at..].find(')').unwrap()];
        list.split(", ").map(|word| word.trim_matches('\'').to_owned()).collect()
    }

    #[tokio::test]
    async fn the_schema_knows_the_same_words() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        Store::open(&database).unwrap().close().await;
        let connection = Connection::open(&database).unwrap();
        let of = |table: &str, column: &str| {
            let schema: String = connection
                .query_row("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1", [table], |row| {
                    row.get(0)
                })
                .unwrap();
            allowed(&schema, column)
        };
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words
        };
        macro_rules! same {
            ($type:ident, $table:literal, $column:literal) => {
                let known = $type::ALL.iter().map(|state| state.name().to_owned()).collect();
                assert_eq!(sorted(of($table, $column)), sorted(known), "{}.{}", $table, $column);
            };
        }
        same!(ImageState, "instances", "state");
        same!(JobState, "jobs", "state");
        same!(JobKind, "jobs", "kind");
        same!(DeliveryState, "deliveries", "state");
        same!(CommitmentState, "deliveries", "commitment");
        same!(ConditionKind, "conditions", "what");
    }

    #[test]
    fn states_are_read_by_the_names_they_are_written_by() {
        let connection = Connection::open_in_memory().unwrap();
        for state in CommitmentState::ALL {
            let read: CommitmentState = connection.query_row("SELECT ?1", [state], |row| row.get(0)).unwrap();
            assert_eq!(read, *state);
        }
        let unknown = connection.query_row("SELECT 'lost'", [], |row| row.get::<_, CommitmentState>(0));
        assert!(unknown.unwrap_err().to_string().contains("\"lost\" is no CommitmentState"));
    }
}
