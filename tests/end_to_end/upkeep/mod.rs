//! Looking after the database: backup, damage, schemas of other versions, the size of its log, retention.

mod backup;
mod damage;
mod log_size;
mod retention;
mod schemas;
mod site;
