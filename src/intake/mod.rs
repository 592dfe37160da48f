//! Intake: an object that arrives becomes a durable, queued instance, whatever door it came by.
//!
//! Owns: who may send what ([`admission`]), which images are analysed ([`selection`]), and the way of an object from its
//! first byte to its row in the database.
//! In: an [`Origin`], what is announced, and the bytes of a dataset. Out: an instance that a power cut does not take, or
//! an [`IntakeError`] and, as far as it can be written, a row that says why.
//! Never: opens a socket, parses a dataset, or says that an object is kept before it is.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod admission;
mod arrival;
mod error;
mod origin;
pub mod selection;

pub use arrival::{Announced, Arrival, Intake};
pub use error::IntakeError;
pub use origin::Origin;
