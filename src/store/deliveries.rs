//! Deliveries: each object of a report to each destination, until the destination says it has it.

use std::time::Duration;

use rusqlite::params;

use super::audit::{Event, append};
use super::clock::{after, parse};
use super::connection::Store;
use super::error::StoreError;
use super::now;
use crate::identifiers::Uid;

/// One object that is due at one destination.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its row.
    pub id: i64,
    /// Attempts made before.
    pub attempts: u32,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// The file, below the state folder.
    pub file: String,
    /// The same image losslessly compressed, for a destination that takes it.
    pub compressed_file: Option<String>,
}

/// What the destination said.
#[derive(Debug, Clone)]
pub enum DeliveryOutcome {
    /// It has the object; the status it answered.
    Delivered {
        /// Hexadecimal.
        status: String,
    },
    /// It does not have it; another attempt follows until the deadline.
    NotDelivered {
        /// Hexadecimal; empty when there was no answer.
        status: String,
        /// Why.
        error: String,
    },
}

const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Pause after the `attempt`th attempt (1 the first): doubles from 2 s to 10 min, and `jitter` (0 to
/// 1) takes up to a quarter off, so that a PACS that comes back is not met by everybody at once.
pub fn backoff(attempt: u32, jitter: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0))
}

impl Store {
    /// The oldest objects due at `destination`.
    pub async fn due_deliveries(&self, destination: &str, most: u32) -> Result<Vec<Delivery>, StoreError> {
        let destination = destination.to_owned();
        self.write(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT d.id, d.attempts, o.sop_class_uid, o.sop_instance_uid, o.file, o.compressed_file FROM deliveries d JOIN objects o ON o.id = d.object_id
                 WHERE d.state = 'pending' AND d.destination = ?1 AND d.next_attempt_at <= ?2 ORDER BY d.id LIMIT ?3",
            )?;
            let rows = statement.query_map(params![destination, now(), most], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?, row.get(4)?, row.get(5)?))
            })?;
            let uid = |text: String| Uid::new(&text).map_err(|e| StoreError::Unexpected(e.to_string()));
            rows.map(|row| {
                let (id, attempts, class, instance, file, compressed_file) = row?;
                Ok(Delivery { id, attempts, sop_class_uid: uid(class)?, sop_instance_uid: uid(instance)?, file, compressed_file })
            })
            .collect()
        })
        .await
    }

    /// Writes down one attempt. A report that is delivered everywhere makes its images `reported`;
    /// one past its deadline is `failed` until somebody retries it.
    pub async fn record_delivery(&self, delivery: i64, outcome: DeliveryOutcome) -> Result<(), StoreError> {
        let jitter = rand::random::<f64>();
        self.write(move |c| {
            let (attempts, deadline, destination, report, study, object): (u32, String, String, i64, String, String) = c.query_row(
                "SELECT d.attempts + 1, d.deadline, d.destination, r.id, r.study_instance_uid, o.sop_instance_uid
                 FROM deliveries d JOIN objects o ON o.id = d.object_id JOIN reports r ON r.id = o.report_id WHERE d.id = ?1",
                [delivery],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
            )?;
            let event = |outcome, detail: String| Event { event: "delivery", actor: destination.clone(), study: study.clone(), image: object.clone(), outcome, detail };
            match outcome {
                DeliveryOutcome::Delivered { status } => {
                    c.execute(
                        "UPDATE deliveries SET state = 'delivered', attempts = ?2, last_status = ?3, last_error = '', delivered_at = ?4 WHERE id = ?1",
                        params![delivery, attempts, status, now()],
                    )?;
                    append(c, &event("success", format!("status {status} at attempt {attempts}")))?;
                    complete(c, report)
                }
                DeliveryOutcome::NotDelivered { status, error } => {
                    let next = after(backoff(attempts, jitter));
                    let over = parse(&next).zip(parse(&deadline)).is_none_or(|(next, deadline)| next > deadline);
                    let state = if over { "failed" } else { "pending" };
                    c.execute(
                        "UPDATE deliveries SET state = ?2, attempts = ?3, last_status = ?4, last_error = ?5, next_attempt_at = ?6 WHERE id = ?1",
                        params![delivery, state, attempts, status, error, next],
                    )?;
                    // A PACS that is down for days would fill the audit: the first attempts and the end are enough.
                    if over || attempts <= 3 || attempts.is_power_of_two() {
                        append(c, &event(if over { "failed" } else { "will retry" }, format!("attempt {attempts}: {error}")))?;
                    }
                    Ok(())
                }
            }
        })
        .await
    }
}

/// Makes the images of a report `reported` once every destination has every object of it.
fn complete(c: &rusqlite::Connection, report: i64) -> Result<(), StoreError> {
    let open: bool = c.query_row(
        "SELECT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id WHERE o.report_id = ?1 AND d.state <> 'delivered')",
        [report],
        |row| row.get(0),
    )?;
    if !open {
        c.execute(
            "UPDATE instances SET state = 'reported', reported_at = ?2 WHERE state = 'analysed' AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
            params![report, now()],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_ten_minutes_and_jitter_only_shortens() {
        assert_eq!(backoff(1, 0.0), Duration::from_secs(2));
        assert_eq!(backoff(4, 0.0), Duration::from_secs(16));
        assert_eq!(backoff(60, 0.0), LONGEST_PAUSE);
        assert_eq!(backoff(1, 1.0), Duration::from_millis(1500));
    }
}
