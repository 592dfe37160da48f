//! Spool: durable files.
