//! When a report has reached everybody it is for, or nobody waits for it any more: its images' last state.

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::clock::now;
use super::error::StoreError;
use super::row_ids::ReportId;
use super::states::{
    DELIVERED, DELIVERY_FAILED, DELIVERY_GIVEN_UP, DELIVERY_PENDING, IMAGE_ANALYSED, IMAGE_REPORTED, ImageState,
};

/// Ends the images of a report once nothing of it waits or has failed: `reported` where a destination has all of it,
/// and where it is for nobody; `failed` where an operator gave it up for everybody.
pub(super) fn complete(c: &Connection, report: ReportId) -> Result<(), StoreError> {
    let open = formatcp!(
        "SELECT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id
                               WHERE o.report_id = ?1 AND d.state IN ({DELIVERY_PENDING}, {DELIVERY_FAILED}))"
    );
    if c.query_row(open, [report], |row| row.get(0))? {
        return Ok(());
    }
    let given_up = given_up_for(c, report)?;
    let has_it = formatcp!(
        "SELECT NOT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id WHERE o.report_id = ?1)
                      OR EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id WHERE o.report_id = ?1
                                 GROUP BY d.destination HAVING min(d.state = {DELIVERED}))"
    );
    let is_reported: bool = c.query_row(has_it, [report], |row| row.get(0))?;
    let reason =
        if given_up.is_empty() { String::new() } else { format!("the operator gave its report up for {given_up}") };
    let state = if is_reported { ImageState::Reported } else { ImageState::Failed };
    c.execute(
        formatcp!("UPDATE instances SET state = ?2, reason = ?3, reported_at = iif(?2 = {IMAGE_REPORTED}, ?4, reported_at) WHERE state = {IMAGE_ANALYSED}
           AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)"),
        params![report, state, reason, now()],
    )?;
    Ok(())
}

/// The destinations that do not get all of it, because an operator said so.
fn given_up_for(c: &Connection, report: ReportId) -> Result<String, StoreError> {
    let names = formatcp!(
        "SELECT coalesce(group_concat(destination, ', '), '') FROM (
                     SELECT DISTINCT d.destination FROM deliveries d JOIN objects o ON o.id = d.object_id
                     WHERE o.report_id = ?1 AND d.state = {DELIVERY_GIVEN_UP} ORDER BY 1)"
    );
    Ok(c.query_row(names, [report], |row| row.get(0))?)
}
