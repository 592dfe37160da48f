//! What a destination's configuration says to the store and to the network.

use crate::config::Destination;
use crate::dimse::Peer;
use crate::store::Terms;

/// A destination as the network room sees it.
pub fn peer_of(destination: &Destination) -> Peer {
    Peer { ae_title: destination.ae_title.clone(), address: destination.address.clone() }
}

/// The terms of a destination's deliveries.
pub fn terms(destination: &Destination) -> Terms {
    Terms {
        retry: destination.retry,
        give_up_after: destination.give_up_after,
        commitment: destination.storage_commitment,
    }
}
