//! The values of a report that are kept while the walk passes them.

use dicom_core::Tag;
use dicom_dictionary_std::tags::{
    FAILED_SOP_SEQUENCE, FAILURE_REASON, REFERENCED_SOP_INSTANCE_UID, REFERENCED_SOP_SEQUENCE, TRANSACTION_UID,
};

use crate::dicom::dataset::{Collect, Header, Place, Repeated};
use crate::dimse::commitment::transaction::MAX_REPORTED_OBJECTS;

/// Most bytes that are kept of a value: enough to see that a UID is longer than 64 characters.
const MAX_VALUE_BYTES: usize = 66;

/// What was read until now, as it stands there.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub transaction: Option<Vec<u8>>,
    pub objects: Vec<Object>,
    /// Objects came that were not kept.
    pub too_many: bool,
    has_committed: bool,
    has_failed: bool,
}

/// An item of one of the two sequences.
#[derive(Debug)]
pub(super) struct Object {
    pub is_failure: bool,
    pub sop_instance: Option<Vec<u8>>,
    pub reason: Option<Vec<u8>>,
}

/// A value on its way; those of an item belong to the last object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    Transaction,
    SopInstance,
    Reason,
}

impl Collected {
    fn value(&mut self, slot: Slot) -> Option<&mut Option<Vec<u8>>> {
        match slot {
            Slot::Transaction => Some(&mut self.transaction),
            Slot::SopInstance => self.objects.last_mut().map(|object| &mut object.sop_instance),
            Slot::Reason => self.objects.last_mut().map(|object| &mut object.reason),
        }
    }

    /// A value that may be there once begins.
    fn begin(&mut self, slot: Slot) -> Result<Option<Slot>, Repeated> {
        match self.value(slot).map(|value| value.replace(Vec::new())) {
            Some(None) => Ok(Some(slot)),
            Some(Some(_)) => Err(Repeated),
            None => Ok(None),
        }
    }
}

impl Collect for Collected {
    type Slot = Slot;

    fn item(&mut self, sequence: Tag) {
        if !is_list(sequence) || self.too_many {
            return;
        }
        self.too_many = self.objects.len() == MAX_REPORTED_OBJECTS;
        if !self.too_many {
            let is_failure = sequence == FAILED_SOP_SEQUENCE;
            self.objects.push(Object { is_failure, sop_instance: None, reason: None });
        }
    }

    fn element(&mut self, place: Place, header: &Header) -> Result<Option<Slot>, Repeated> {
        match (place, header.tag) {
            (Place::Top, TRANSACTION_UID) => self.begin(Slot::Transaction),
            (Place::Top, REFERENCED_SOP_SEQUENCE) => once(&mut self.has_committed),
            (Place::Top, FAILED_SOP_SEQUENCE) => once(&mut self.has_failed),
            // Past the limit the last object is not the one that is read.
            (Place::ItemOf(_), _) if self.too_many => Ok(None),
            (Place::ItemOf(list), REFERENCED_SOP_INSTANCE_UID) if is_list(list) => self.begin(Slot::SopInstance),
            (Place::ItemOf(list), FAILURE_REASON) if is_list(list) => self.begin(Slot::Reason),
            _ => Ok(None),
        }
    }

    fn append(&mut self, slot: Slot, bytes: &[u8]) {
        if let Some(Some(value)) = self.value(slot) {
            let room = MAX_VALUE_BYTES - value.len();
            value.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

/// Whether a sequence lists objects that are committed, or that failed.
fn is_list(sequence: Tag) -> bool {
    matches!(sequence, REFERENCED_SOP_SEQUENCE | FAILED_SOP_SEQUENCE)
}

/// A sequence that may be there once begins.
fn once(has_it: &mut bool) -> Result<Option<Slot>, Repeated> {
    if std::mem::replace(has_it, true) { Err(Repeated) } else { Ok(None) }
}
