//! When a report has reached everybody it is for, or nobody waits for it any more: its images' last state.

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::now;

/// Ends the images of a report once nothing of it waits or has failed: `reported` where a destination has all of it,
/// and where it is for nobody; `failed` where an operator gave it up for everybody.
pub(super) fn complete(c: &Connection, report: i64) -> Result<(), StoreError> {
    let open = "SELECT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id
                               WHERE o.report_id = ?1 AND d.state IN ('pending', 'failed'))";
    if c.query_row(open, [report], |row| row.get(0))? {
        return Ok(());
    }
    let given_up = given_up_for(c, report)?;
    let has_it =
        "SELECT NOT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id WHERE o.report_id = ?1)
                      OR EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id WHERE o.report_id = ?1
                                 GROUP BY d.destination HAVING min(d.state = 'delivered'))";
    let is_reported: bool = c.query_row(has_it, [report], |row| row.get(0))?;
    let reason =
        if given_up.is_empty() { String::new() } else { format!("the operator gave its report up for {given_up}") };
    let state = if is_reported { "reported" } else { "failed" };
    c.execute(
        "UPDATE instances SET state = ?2, reason = ?3, reported_at = iif(?2 = 'reported', ?4, reported_at) WHERE state = 'analysed'
           AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
        params![report, state, reason, now()],
    )?;
    Ok(())
}

/// The destinations that do not get all of it, because an operator said so.
fn given_up_for(c: &Connection, report: i64) -> Result<String, StoreError> {
    let names = "SELECT coalesce(group_concat(destination, ', '), '') FROM (
                     SELECT DISTINCT d.destination FROM deliveries d JOIN objects o ON o.id = d.object_id
                     WHERE o.report_id = ?1 AND d.state = 'given-up' ORDER BY 1)";
    Ok(c.query_row(names, [report], |row| row.get(0))?)
}
