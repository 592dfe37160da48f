//! What the daemon notes beside its changes of state: events, rejections, conditions, the time.

use rusqlite::params;

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{keep, now};
use super::conditions::{begin, end};
use super::connection::Store;
use super::error::StoreError;
use super::states::ConditionKind;

impl Store {
    /// Appends an event that belongs to no other change.
    pub async fn record_event(&self, event: Event) -> Result<(), StoreError> {
        self.write(move |c| append(c, &event)).await
    }

    /// An association that was refused.
    pub async fn record_rejection(
        &self,
        peer: String,
        calling: String,
        called: String,
        reason: String,
    ) -> Result<(), StoreError> {
        self.write(move |c| {
            c.execute(
                "INSERT INTO rejections (at, peer, calling, called, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![now(), peer, calling, called, reason],
            )?;
            append(
                c,
                &Event {
                    actor: format!("{calling} at {peer}"),
                    detail: reason,
                    ..Event::of(EventKind::Association, Outcome::Rejected)
                },
            )
        })
        .await
    }

    /// What became of a change of the configuration file.
    pub async fn record_configuration(&self, outcome: Outcome, detail: String) -> Result<(), StoreError> {
        self.record_event(Event {
            actor: "configuration file".into(),
            detail,
            ..Event::of(EventKind::Configuration, outcome)
        })
        .await
    }

    /// A condition has begun; one that lasts already goes on.
    pub async fn begin_condition(&self, what: ConditionKind, subject: &str, detail: &str) -> Result<(), StoreError> {
        let (subject, detail) = (subject.to_owned(), detail.to_owned());
        self.write(move |c| begin(c, what, &subject, &detail, "daemon").map(drop)).await
    }

    /// A condition is over; `detail` goes into the audit.
    pub async fn end_condition(&self, what: ConditionKind, subject: &str, detail: &str) -> Result<(), StoreError> {
        let (subject, detail) = (subject.to_owned(), detail.to_owned());
        self.write(move |c| end(c, what, &subject, &detail, "daemon").map(drop)).await
    }

    /// Writes down where the service clock stands: a daemon that is killed loses what came after that, and keeps
    /// what waits waiting so much longer.
    pub async fn keep_time(&self) -> Result<(), StoreError> {
        self.write(keep).await
    }
}
