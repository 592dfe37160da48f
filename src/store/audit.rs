//! The audit: append-only rows, each carrying the hash of the one before.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::audit_words::{EventKind, Outcome};
use super::clock::now;
use super::error::StoreError;

/// Something that happened, in words an auditor reads.
#[derive(Debug, Clone)]
pub struct Event {
    /// What.
    pub event: EventKind,
    /// Who or what did it: an AE title with its address, a worker, `configuration`...
    pub actor: String,
    /// Study Instance UID, where one is concerned.
    pub study: String,
    /// SOP Instance UID, where one is concerned.
    pub image: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The rest in plain words.
    pub detail: String,
}

impl Event {
    /// An event of which nothing more is known.
    pub fn of(event: EventKind, outcome: Outcome) -> Self {
        let nothing = String::new;
        Self { event, actor: nothing(), study: nothing(), image: nothing(), outcome, detail: nothing() }
    }
}

/// Hash of the row before the first.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Appends an event; the caller's transaction makes it durable together with what it tells of.
pub(super) fn append(connection: &Connection, event: &Event) -> Result<(), StoreError> {
    let last = connection
        .prepare_cached("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let (id, previous) = last.map_or((1, GENESIS.to_owned()), |(id, hash)| (id + 1, hash));
    let at = now();
    let e = event;
    let hash = chain(&previous, id, &[&at, e.event.name(), &e.actor, &e.study, &e.image, e.outcome.name(), &e.detail]);
    connection
        .prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![id, at, e.event, e.actor, e.study, e.image, e.outcome, e.detail, hash])?;
    Ok(())
}

/// SHA-256 over the previous hash, the number and each field with its length, so that no two
/// different rows have the same text.
fn chain(previous: &str, id: i64, fields: &[&str; 7]) -> String {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(id.to_be_bytes());
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    format!("{:x}", hash.finalize())
}

/// Where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// Rows are missing.
    #[error("row {0} is missing")]
    Missing(i64),
    /// A row's content, or its place, is not what its hash says.
    #[error("row {0} was changed, or a row before it was replaced")]
    Changed(i64),
}

/// Walks the whole chain: the number of rows, or the first place where it is broken. Rows cut off at
/// the end leave a valid chain; compare the last hash with one kept elsewhere.
pub(super) fn walk(connection: &Connection) -> Result<Result<u64, Break>, StoreError> {
    let mut statement = connection.prepare("SELECT * FROM audit ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut previous = GENESIS.to_owned();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if id != count + 1 {
            return Ok(Err(Break::Missing(count + 1)));
        }
        let fields: Vec<String> = (1..=7).map(|i| row.get(i)).collect::<Result<_, _>>()?;
        let fields: [&str; 7] = std::array::from_fn(|i| fields[i].as_str());
        let stored: String = row.get(8)?;
        if chain(&previous, id, &fields) != stored {
            return Ok(Err(Break::Changed(id)));
        }
        previous = stored;
        count = id;
    }
    Ok(Ok(count as u64))
}
