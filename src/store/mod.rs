//! Store: queue and audit in SQLite.
