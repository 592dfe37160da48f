//! Giving up deliveries that nobody will make: an operator's word, audited, after which retention may delete.

use std::path::Path;

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::connection::open_to_read;
use super::delivery_attempt::Row;
use super::error::StoreError;
use super::queue::{changed, find};
use super::reported::complete;
use super::row_ids::{DeliveryId, ReportId};
use super::states::{
    COMMITMENT_FAILED, COMMITMENT_GIVEN_UP, COMMITTED, DELIVERED, DELIVERY_FAILED, DELIVERY_GIVEN_UP, DELIVERY_PENDING,
    NO_COMMITMENT,
};

/// Which deliveries are given up.
#[derive(Debug, Clone, Copy)]
pub enum GivenUp<'a> {
    /// Everything undelivered of an image or a study: a row's number, a SOP Instance UID or a Study Instance UID.
    Of(&'a str),
    /// What has failed at a destination, which the configuration need not name any more.
    At(&'a str),
    /// All that has failed.
    Failed,
}

impl GivenUp<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Of(name) | Self::At(name) => name,
            Self::Failed => "",
        }
    }

    /// Which deliveries `d` of images `i` these are; `?1` is the name.
    fn condition(&self) -> &'static str {
        match self {
            Self::Of(_) => {
                formatcp!("(d.state IN ({DELIVERY_PENDING}, {DELIVERY_FAILED}) OR (d.state = {DELIVERED} AND d.commitment NOT IN ({NO_COMMITMENT}, {COMMITTED}, {COMMITMENT_GIVEN_UP})))
                 AND EXISTS (SELECT 1 FROM instances i WHERE (i.id = ?1 OR i.sop_instance_uid = ?1 OR i.study_instance_uid = ?1)
                     AND (d.instance_id = i.id OR d.object_id IN
                         (SELECT o.id FROM objects o JOIN report_images m ON m.report_id = o.report_id WHERE m.instance_id = i.id)))")
            }
            Self::At(_) => {
                formatcp!("(d.state = {DELIVERY_FAILED} OR d.commitment = {COMMITMENT_FAILED}) AND d.destination = ?1")
            }
            Self::Failed => {
                formatcp!("(d.state = {DELIVERY_FAILED} OR d.commitment = {COMMITMENT_FAILED}) AND ?1 = ''")
            }
        }
    }
}

/// Gives deliveries up: nothing is tried for them any more, and their files may be deleted after `keep_days`. What a
/// destination took stays delivered; only its commitment is not waited for. The number given up.
pub fn give_up(database: &Path, which: GivenUp<'_>) -> Result<usize, StoreError> {
    if let GivenUp::Of(name) = which {
        find(database, name)?;
    }
    changed(database, |c| {
        let wanted = format!("SELECT d.id FROM deliveries d WHERE {} ORDER BY d.id", which.condition());
        let ids: Vec<DeliveryId> =
            c.prepare(&wanted)?.query_map([which.name()], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut reports = Vec::new();
        for &id in &ids {
            reports.extend(give_up_one(c, id)?);
        }
        reports.sort_unstable();
        reports.dedup();
        reports.into_iter().try_for_each(|report| complete(c, report))?;
        let of = match which {
            GivenUp::Of(name) => name.to_owned(),
            GivenUp::At(name) => format!("what had failed at {name}"),
            GivenUp::Failed => "everything that had failed".to_owned(),
        };
        let detail = format!("{} deliveries of {of}", ids.len());
        append(c, &Event { actor: "operator".into(), detail, ..Event::of(EventKind::Queue, Outcome::GivenUp) })?;
        Ok(ids.len())
    })
}

/// What has failed at one destination, and so keeps its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranded {
    /// The destination.
    pub destination: String,
    /// How many deliveries and commitments.
    pub deliveries: u64,
}

/// What waits for a person's word: deliveries and commitments that have failed, by destination.
pub fn stranded(database: &Path) -> Result<Vec<Stranded>, StoreError> {
    let connection = open_to_read(database)?;
    let mut statement = connection.prepare(
        formatcp!("SELECT destination, count(*) FROM deliveries WHERE state = {DELIVERY_FAILED} OR commitment = {COMMITMENT_FAILED} GROUP BY destination ORDER BY 1"),
    )?;
    let read =
        |row: &rusqlite::Row<'_>| Ok(Stranded { destination: row.get(0)?, deliveries: row.get::<_, i64>(1)? as u64 });
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

/// Gives one up; the report it is of, if it is of one.
fn give_up_one(c: &Connection, id: DeliveryId) -> Result<Option<ReportId>, StoreError> {
    c.execute(
        formatcp!("UPDATE deliveries SET commitment = iif(commitment IN ({NO_COMMITMENT}, {COMMITTED}), commitment, {COMMITMENT_GIVEN_UP}),
                state = iif(state = {DELIVERED}, state, {DELIVERY_GIVEN_UP}) WHERE id = ?1"),
        params![id],
    )?;
    let row = Row::read(c, id)?;
    row.audit(c, EventKind::Delivery, Outcome::GivenUp, "by the operator: it is not tried any more".into())?;
    Ok(row.report)
}
