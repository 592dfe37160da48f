//! The walk itself: header after header, value after value, each within the bounds of what is around it.

use dicom_core::Tag;
use dicom_dictionary_std::tags::PIXEL_DATA;

use super::collect::{Collect, Place, Repeated};
use super::element::ElementName;
use super::error::{Missing, ScanError};
use super::header::{Header, HeaderReader, ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER, UNDEFINED};
use super::nesting::{Kind, Nesting};
use crate::dicom::transfer_syntax::TransferSyntax;

/// A value that is being passed over.
#[derive(Debug, Clone, Copy)]
struct Value<S> {
    left: u64,
    /// Where the collector wants its bytes.
    slot: Option<S>,
}

/// The state of the walk between two bytes of the (inflated) dataset.
#[derive(Debug)]
pub(crate) struct Walk<C: Collect> {
    header: HeaderReader,
    /// The value the next byte belongs to; `None`: it belongs to a header.
    value: Option<Value<C::Slot>>,
    nesting: Nesting,
    /// Bytes walked.
    offset: u64,
    limit: u64,
    /// The element whose header was read last.
    last: Tag,
    is_encapsulated: bool,
    collector: C,
}

impl<C: Collect> Walk<C> {
    /// A walk through a dataset of at most `limit` bytes, as they are after inflating.
    pub fn new(syntax: TransferSyntax, limit: u64, collector: C) -> Self {
        Self {
            header: HeaderReader::default(),
            value: None,
            nesting: Nesting::new(syntax.layout, limit),
            offset: 0,
            limit,
            last: ElementName::START.0,
            is_encapsulated: syntax.encapsulated,
            collector,
        }
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The element whose header was read last.
    pub fn last(&self) -> ElementName {
        ElementName(self.last)
    }

    pub fn collector(&self) -> &C {
        &self.collector
    }

    /// What was collected from a dataset that is over.
    pub fn finish(self) -> Result<C, ScanError> {
        self.check_end()?;
        Ok(self.collector)
    }

    /// Takes the next bytes. After an error only [`collector`](Self::collector) is of use.
    pub fn push(&mut self, mut input: &[u8]) -> Result<(), ScanError> {
        while !input.is_empty() {
            match self.value {
                Some(value) => self.pass_value(value, &mut input),
                None => {
                    if let Some(header) = self.read_header(&mut input)? {
                        self.enter(header)?;
                        self.nesting.close_ended(self.offset);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes header bytes, none of which may lie beyond the end of what is around them.
    fn read_header(&mut self, input: &mut &[u8]) -> Result<Option<Header>, ScanError> {
        let room = self.nesting.bound() - self.offset;
        let count = usize::try_from(room).unwrap_or(usize::MAX).min(input.len());
        let mut window = &input[..count];
        let header = self.header.read(&mut window, self.nesting.layout())?;
        let consumed = count - window.len();
        *input = &input[consumed..];
        self.offset += consumed as u64;
        match (header, self.nesting.innermost()) {
            (None, Some(level)) if self.offset == self.nesting.bound() => {
                Err(ScanError::Overrun(ElementName(level.tag)))
            }
            (None, None) if self.offset == self.limit => Err(self.too_large()),
            (header, _) => Ok(header),
        }
    }

    /// Consumes what is there of a value.
    fn pass_value(&mut self, mut value: Value<C::Slot>, input: &mut &[u8]) {
        let count = usize::try_from(value.left).unwrap_or(usize::MAX).min(input.len());
        let (bytes, rest) = input.split_at(count);
        if let Some(slot) = value.slot {
            self.collector.append(slot, bytes);
        }
        *input = rest;
        self.offset += count as u64;
        value.left -= count as u64;
        if value.left == 0 {
            self.value = None;
            self.nesting.close_ended(self.offset);
        } else {
            self.value = Some(value);
        }
    }

    /// A header is complete: what follows it is decided by where it stands.
    fn enter(&mut self, header: Header) -> Result<(), ScanError> {
        let place = self.nesting.innermost().map(|level| (level.kind, level.tag));
        self.check_fits(&header)?;
        match place {
            None | Some((Kind::Item, _)) => self.enter_element(header),
            Some((Kind::Sequence, sequence)) => match header.tag {
                ITEM => {
                    self.nesting.open(Kind::Item, sequence, &header, self.offset)?;
                    if let Place::ItemOf(sequence) = self.nesting.place() {
                        self.collector.item(sequence);
                    }
                    Ok(())
                }
                SEQUENCE_DELIMITER => self.delimit(&header, "an item"),
                _ => Err(self.misplaced(&header, "an item")),
            },
            Some((Kind::Fragments, _)) => match header.tag {
                ITEM if header.length == UNDEFINED => Err(ScanError::UndefinedLength(ElementName(ITEM))),
                ITEM => {
                    self.begin_value(header.length, None);
                    Ok(())
                }
                SEQUENCE_DELIMITER => self.delimit(&header, "a fragment"),
                _ => Err(self.misplaced(&header, "a fragment")),
            },
        }
    }

    /// An element at the top of the dataset or of an item.
    fn enter_element(&mut self, header: Header) -> Result<(), ScanError> {
        let (tag, name) = (header.tag, ElementName(header.tag));
        if tag == ITEM_DELIMITER && !self.nesting.is_top() {
            return self.delimit(&header, "an element");
        }
        if tag.group() == ITEM.group() || matches!(tag.group(), 0x0000 | 0x0002) {
            return Err(ScanError::Forbidden(name));
        }
        self.last = tag;
        if header.is_sequence() {
            self.collect(&header)?;
            return self.nesting.open(Kind::Sequence, tag, &header, self.offset);
        }
        if header.length == UNDEFINED {
            let may_be_fragments = self.is_encapsulated && matches!(header.vr.as_ref(), Some(b"OB" | b"OW"));
            if tag != PIXEL_DATA || !may_be_fragments {
                return Err(ScanError::UndefinedLength(name));
            }
            self.collect(&header)?;
            return self.nesting.open(Kind::Fragments, tag, &header, self.offset);
        }
        // Icons inside sequences may stay uncompressed; the image itself may not (PS3.5 A.4).
        if tag == PIXEL_DATA && self.is_encapsulated && self.nesting.is_top() {
            return Err(ScanError::NotEncapsulated(name));
        }
        let slot = self.collect(&header)?;
        self.begin_value(header.length, slot);
        Ok(())
    }

    /// Asks the collector about an element.
    fn collect(&mut self, header: &Header) -> Result<Option<C::Slot>, ScanError> {
        let asked = self.collector.element(self.nesting.place(), header);
        asked.map_err(|Repeated| ScanError::Repeated(ElementName(header.tag)))
    }

    fn begin_value(&mut self, length: u32, slot: Option<C::Slot>) {
        self.value = (length > 0).then_some(Value { left: u64::from(length), slot });
    }

    /// Ends the innermost level, which must be one that waits for a delimiter.
    fn delimit(&mut self, header: &Header, expected: &'static str) -> Result<(), ScanError> {
        if !self.nesting.innermost().is_some_and(|level| level.is_undefined) {
            return Err(self.misplaced(header, expected));
        }
        if header.length != 0 {
            return Err(ScanError::DelimiterWithLength(ElementName(header.tag)));
        }
        self.nesting.close();
        Ok(())
    }

    /// The length a header states must fit into what is around it.
    fn check_fits(&self, header: &Header) -> Result<(), ScanError> {
        let length = if header.length == UNDEFINED { 0 } else { header.length };
        match self.nesting.bound().checked_sub(self.offset) {
            Some(room) if u64::from(length) <= room => Ok(()),
            room => Err(ScanError::DoesNotFit { element: ElementName(header.tag), length, room: room.unwrap_or(0) }),
        }
    }

    /// The dataset may end here: between two elements of the top level.
    pub fn check_end(&self) -> Result<(), ScanError> {
        let missing = match self.value {
            Some(value) => Missing::Bytes(value.left),
            None if self.header.is_partial() => Missing::Header,
            None if !self.nesting.is_top() => Missing::End,
            None => return Ok(()),
        };
        let inside = match (missing, self.nesting.innermost()) {
            // A fragment has no tag of its own, and what lacks its end is the level itself.
            (Missing::End, Some(level)) => level.tag,
            (Missing::Bytes(_), Some(level)) if level.kind == Kind::Fragments => level.tag,
            _ => self.last,
        };
        Err(ScanError::Truncated { inside: ElementName(inside), missing })
    }

    fn misplaced(&self, header: &Header, expected: &'static str) -> ScanError {
        let place = self.nesting.innermost().map_or(self.last, |level| level.tag);
        ScanError::Misplaced { found: ElementName(header.tag), place: ElementName(place), expected }
    }

    pub fn too_large(&self) -> ScanError {
        ScanError::TooLarge { limit: self.limit, element: ElementName(self.last) }
    }
}
