//! Whom the sender calls, how long it waits for it, and what it offers.

use std::time::Duration;

use crate::identifiers::AeTitle;

/// Another application entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its AE title: the called one.
    pub ae_title: AeTitle,
    /// `host:port`, resolved at each connection.
    pub address: String,
}

/// How long a peer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept the TCP connection, name resolution included.
    pub connect: Duration,
    /// To answer an association or release request.
    pub association: Duration,
    /// To take one PDU of ours.
    pub write: Duration,
    /// To answer a DIMSE request once it has all of it; a PACS may import before it answers.
    pub response: Duration,
}

impl Default for Timeouts {
    /// 10 s, 20 s, 30 s, 120 s.
    fn default() -> Self {
        let [connect, association, write, response] = [10, 20, 30, 120].map(Duration::from_secs);
        Self { connect, association, write, response }
    }
}

/// What is to be sent: one SOP class in one transfer syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedContext {
    /// SOP class.
    pub sop_class_uid: String,
    /// The transfer syntax the files are in: nothing is transcoded.
    pub transfer_syntax: String,
}
