//! Which sequences, items and fragments are open, and how many bytes each leaves.

use dicom_core::Tag;

use super::collect::Place;
use super::element::ElementName;
use super::error::ScanError;
use super::header::{Header, UNDEFINED};
use super::limits::MAX_DEPTH;
use crate::dicom::transfer_syntax::Layout;

/// What an open level holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A sequence: items.
    Sequence,
    /// An item: elements.
    Item,
    /// Encapsulated pixel data: fragments.
    Fragments,
}

/// A sequence, item or fragment list that is not closed yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub kind: Kind,
    /// The element that opened it; for an item that of its sequence.
    pub tag: Tag,
    /// Whether a delimiter ends it, rather than `bound`.
    pub is_undefined: bool,
    /// No byte inside may lie at or after this offset: its own end, or that of what is around it.
    bound: u64,
    layout: Layout,
}

/// The open levels, outermost first.
#[derive(Debug)]
pub(super) struct Nesting {
    levels: Vec<Level>,
    depth: usize,
    /// Largest dataset.
    limit: u64,
    layout: Layout,
}

impl Nesting {
    pub fn new(layout: Layout, limit: u64) -> Self {
        Self { levels: Vec::new(), depth: 0, limit, layout }
    }

    /// The innermost open level; `None` at the top of the dataset.
    pub fn innermost(&self) -> Option<&Level> {
        self.levels.last()
    }

    pub fn is_top(&self) -> bool {
        self.levels.is_empty()
    }

    /// Where an element stands that comes now; only an item is open then, or nothing.
    pub fn place(&self) -> Place {
        match self.levels.as_slice() {
            [] => Place::Top,
            [_, item] => Place::ItemOf(item.tag),
            _ => Place::Deeper,
        }
    }

    pub fn layout(&self) -> Layout {
        self.innermost().map_or(self.layout, |level| level.layout)
    }

    /// The offset that nothing may pass here.
    pub fn bound(&self) -> u64 {
        self.innermost().map_or(self.limit, |level| level.bound)
    }

    /// Opens what `header` starts; its first byte inside is at `offset`, and its length is known to
    /// fit. `tag` names it in errors.
    pub fn open(&mut self, kind: Kind, tag: Tag, header: &Header, offset: u64) -> Result<(), ScanError> {
        if kind != Kind::Item {
            if self.depth == MAX_DEPTH {
                return Err(ScanError::TooDeep(ElementName(tag)));
            }
            self.depth += 1;
        }
        let is_undefined = header.length == UNDEFINED;
        let bound = if is_undefined { self.bound() } else { offset + u64::from(header.length) };
        let layout = header.inner_layout(self.layout());
        self.levels.push(Level { kind, tag, is_undefined, bound, layout });
        Ok(())
    }

    /// Closes the innermost level.
    pub fn close(&mut self) {
        if let Some(level) = self.levels.pop()
            && level.kind != Kind::Item
        {
            self.depth -= 1;
        }
    }

    /// Closes every level of defined length that ends at `offset`.
    pub fn close_ended(&mut self, offset: u64) {
        while self.innermost().is_some_and(|level| !level.is_undefined && level.bound == offset) {
            self.close();
        }
    }
}
