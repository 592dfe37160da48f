//! Deliveries after a change of the configuration: destinations that are gone, or may answer now.

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::aside::Thing;
use super::audit_words::{EventKind, Outcome};
use super::clock::AT_ONCE;
use super::connection::Store;
use super::deliveries::pending;
use super::delivery_attempt::Row;
use super::error::StoreError;
use super::row_ids::DeliveryId;
use super::states::{COMMITMENT_DUE, COMMITMENT_FAILED, COMMITMENT_REQUESTED, DELIVERY_PENDING, NO_COMMITMENT};

impl Store {
    /// Fails what waits for a destination that the configuration does not name (any more), and stops waiting for the
    /// commitment of one that is not asked for it.
    pub async fn settle_with_destinations(
        &self,
        names: Vec<String>,
        committing: Vec<String>,
    ) -> Result<(), StoreError> {
        let list =
            |names: Vec<String>| serde_json::to_string(&names).map_err(|e| StoreError::Unexpected(e.to_string()));
        let (names, committing, aside) = (list(names)?, list(committing)?, self.aside.clone());
        let of = (names.clone(), committing.clone());
        if !self.read(move |c| has_strangers(c, &of.0, &of.1)).await? {
            return Ok(());
        }
        self.write(move |c| {
            let lost = pending(c, "destination NOT IN (SELECT value FROM json_each(?1))", &[&names])?;
            aside.each(c, Thing::Delivery, lost, |c, id| {
                let row = Row::read(c, id)?;
                let error = format!(
                    "there is no [[destination]] \"{}\" any more: add it and run spinetriage queue retry, or run spinetriage queue give-up",
                    row.destination
                );
                row.failed(c, "", &error)
            })?;
            let uncommitting = formatcp!("SELECT id FROM deliveries WHERE commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED}, {COMMITMENT_FAILED})
                                  AND destination NOT IN (SELECT value FROM json_each(?1))");
            let uncommitting: Vec<DeliveryId> =
                c.prepare_cached(uncommitting)?.query_map([&committing], |row| row.get(0))?.collect::<Result<_, _>>()?;
            aside.each(c, Thing::Delivery, uncommitting, |c, id| {
                c.execute(formatcp!("UPDATE deliveries SET commitment = {NO_COMMITMENT} WHERE id = ?1"), [id])?;
                Row::read(c, id)?.audit(c, EventKind::Commitment, Outcome::NotAskedFor, "the destination is not asked for storage commitment any more".into())
            })
        })
        .await
    }

    /// Makes everything that waits due at once: the configuration has changed, perhaps for that reason.
    pub async fn hurry_deliveries(&self) -> Result<(), StoreError> {
        let aside = self.aside.clone();
        self.write(move |c| {
            let waiting = pending(c, "next_attempt_at > service_now()", &[])?;
            aside.each(c, Thing::Delivery, waiting, |c, id| {
                c.prepare_cached("UPDATE deliveries SET next_attempt_at = ?2 WHERE id = ?1")?
                    .execute(params![id, AT_ONCE])?;
                Ok(())
            })
        })
        .await
    }
}

/// Whether something waits for a destination that is not in `names`, or for the commitment of one that is not in
/// `committing`; both are JSON arrays.
fn has_strangers(c: &Connection, names: &str, committing: &str) -> Result<bool, StoreError> {
    let strangers = formatcp!(
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE state = {DELIVERY_PENDING} AND destination NOT IN (SELECT value FROM json_each(?1)))
             OR EXISTS (SELECT 1 FROM deliveries WHERE commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED}, {COMMITMENT_FAILED})
                        AND destination NOT IN (SELECT value FROM json_each(?2)))"
    );
    Ok(c.prepare_cached(strangers)?.query_row(params![names, committing], |row| row.get(0))?)
}
