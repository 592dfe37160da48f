//! What both test binaries begin with: files, programs and ports. Each takes it in once, by its path, in its `main.rs`;
//! what only one of them needs stands with that one.

pub mod bundles;
pub mod features;
pub mod npy;
pub mod ports;
pub mod programs;
pub mod samples;

use std::path::Path;

use spinetriage::store::{self, Store};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A number of a daemon's database by the path of another process.
pub fn count(database: &Path, query: &str) -> i64 {
    store::open_existing(database).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
}

/// Statements of another process on the database of `store`, beside its daemon, as one change.
pub fn change(store: &Store, statements: &str) {
    let whole = format!("BEGIN IMMEDIATE; {statements}; COMMIT");
    store::open_existing(store.path()).unwrap().execute_batch(&whole).unwrap();
}
