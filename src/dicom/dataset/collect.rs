//! What a walk tells to whoever keeps some of a dataset's values.

use std::fmt;

use dicom_core::Tag;

use super::header::Header;

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the top of the dataset.
    Top,
    /// In an item of this sequence, which is at the top.
    ItemOf(Tag),
    /// In an item of a sequence that is in an item itself.
    Deeper,
}

/// An element occurs twice where one value is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Repeated;

/// Keeps what it wants of a dataset that is walked. How much it keeps is its own to bound.
pub(crate) trait Collect {
    /// Names a value that is on its way.
    type Slot: Copy + fmt::Debug;

    /// An item of this sequence, which is at the top of the dataset, begins.
    fn item(&mut self, sequence: Tag);

    /// An element begins: a value, a sequence, or pixels in fragments. Where it gives a slot and the
    /// element is a value, the value's bytes follow by [`append`](Self::append).
    fn element(&mut self, place: Place, header: &Header) -> Result<Option<Self::Slot>, Repeated>;

    /// More bytes of a value, in order.
    fn append(&mut self, slot: Self::Slot, bytes: &[u8]);
}
