//! The words of the audit: what happened, and how it ended. An auditor reads them in `audit_trail`, so that none is ever
//! renamed (`docs/audit.md`).

use super::by_name::stored_by_name;

stored_by_name! {
    /// What happened.
    EventKind {
        /// An object came, or was refused.
        Received = "received",
        /// Selection has decided on an image.
        Selected = "selected",
        /// An image has findings.
        Analysed = "analysed",
        /// An attempt at a job has ended otherwise.
        Attempt = "attempt",
        /// A report is planned, written or not wanted.
        Report = "report",
        /// An object is sent to a destination.
        Delivery = "delivery",
        /// A destination is asked to commit itself to keep what it took.
        Commitment = "commitment",
        /// An association was not accepted.
        Association = "association",
        /// An operator has steered the queue.
        Queue = "queue",
        /// A file past `keep_days` is deleted.
        Retention = "retention",
        /// A start has put something in order.
        Recovery = "recovery",
        /// An upgrade has put something right.
        Upgrade = "upgrade",
        /// The daemon has started.
        Daemon = "daemon",
        /// A bundle has taken over, or was refused.
        Bundle = "bundle",
        /// The configuration file has changed.
        Configuration = "configuration",
        /// A destination takes nothing, or takes objects again.
        Destination = "destination",
        /// There is too little free space, or enough again.
        Storage = "storage",
        /// The queue is paused, or goes on.
        Paused = "paused",
        /// The database refuses a change, or takes it again.
        Refused = "refused",
    }
}

stored_by_name! {
    /// How it ended.
    Outcome {
        /// It has succeeded.
        Success = "success",
        /// The same content was here already.
        Duplicate = "duplicate",
        /// It contradicts what was known.
        Conflict = "conflict",
        /// It was answered with a failure.
        Refused = "refused",
        /// The association was rejected.
        Rejected = "rejected",
        /// A row of before is over.
        Closed = "closed",
        /// Nothing is done with it.
        Skipped = "skipped",
        /// It is to be written.
        Planned = "planned",
        /// Its objects are durable.
        Written = "written",
        /// It is tried again.
        WillRetry = "will retry",
        /// It waits for a person.
        Failed = "failed",
        /// Another SOP class is sent instead.
        Fallback = "fallback",
        /// It is sent once more.
        SentAgain = "sent again",
        /// It is waited for no more.
        NotAskedFor = "not asked for",
        /// An operator gave it up.
        GivenUp = "given up",
        /// An operator has it tried again.
        Retry = "retry",
        /// An operator took it out.
        Cancelled = "cancelled",
        /// It has begun.
        Begun = "begun",
        /// It is over.
        Over = "over",
        /// It has started.
        Started = "started",
        /// It is right now.
        PutRight = "put right",
        /// A file was removed.
        Removed = "removed",
        /// A file is not there.
        FileMissing = "file missing",
        /// A file was deleted.
        Deleted = "deleted",
        /// It is in use.
        Live = "live",
        /// It is in force.
        Applied = "applied",
        /// It takes effect at the next start.
        NeedsRestart = "needs restart",
    }
}
