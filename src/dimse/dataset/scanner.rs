//! The push parser itself.

use dicom_core::Tag;
use dicom_dictionary_std::tags::PIXEL_DATA;

use super::error::{ElementName, Missing, ScanError};
use super::header::{Header, HeaderReader, ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER, UNDEFINED};
use super::inflate::Inflater;
use super::nesting::{Kind, Nesting};
use super::summary::{Collector, DatasetSummary};
use super::transfer_syntax::TransferSyntax;

/// Walks a dataset while it arrives, in chunks of any size.
///
/// Checks: every header is legal where it stands, every length fits into what is around it, nesting
/// stays within 64 sequences, and the dataset ends where an element ends. Values are not looked at,
/// but for the few that [`DatasetSummary`] holds. Memory is constant, about 16 KB more when deflated.
#[derive(Debug)]
pub struct Scanner {
    walk: Walk,
    inflater: Option<Inflater>,
    received: u64,
}

impl Scanner {
    /// A scanner for a dataset in `transfer_syntax` of at most `max_bytes`, received and inflated.
    ///
    /// # Errors
    /// [`ScanError::UnknownTransferSyntax`].
    pub fn new(transfer_syntax: &str, max_bytes: u64) -> Result<Self, ScanError> {
        let syntax = TransferSyntax::of(transfer_syntax)
            .ok_or_else(|| ScanError::UnknownTransferSyntax(transfer_syntax.chars().take(64).collect()))?;
        Ok(Self { walk: Walk::new(syntax, max_bytes), inflater: syntax.deflated.then(Inflater::new), received: 0 })
    }

    /// Takes the next bytes. After an error the scanner is of no more use than for
    /// [`summary_so_far`](Self::summary_so_far).
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        self.received += bytes.len() as u64;
        if self.received > self.walk.limit {
            return Err(self.walk.too_large());
        }
        let Some(inflater) = &mut self.inflater else { return self.walk.push(bytes) };
        let walk = &mut self.walk;
        let inflated = inflater.push(bytes, |piece| walk.push(piece).map_err(InflateFault::Walk), InflateFault::Stream);
        inflated.map_err(|fault| match fault {
            InflateFault::Walk(error) => error,
            InflateFault::Stream(what) => ScanError::Deflate { element: ElementName(self.walk.last), what },
        })
    }

    /// The dataset is over.
    ///
    /// # Errors
    /// [`ScanError::Truncated`] when it ends inside something.
    pub fn finish(self) -> Result<DatasetSummary, ScanError> {
        self.walk.check_end()?;
        if self.inflater.as_ref().is_some_and(|inflater| !inflater.is_complete()) {
            let element = ElementName(self.walk.last);
            return Err(ScanError::Deflate { element, what: "the stream ends too early" });
        }
        Ok(self.summary_so_far())
    }

    /// What was read until now; values may be cut.
    pub fn summary_so_far(&self) -> DatasetSummary {
        self.walk.collector.summary(self.received)
    }
}

/// Why inflating stopped.
enum InflateFault {
    Walk(ScanError),
    Stream(&'static str),
}

/// A value that is being passed over.
#[derive(Debug, Clone, Copy)]
struct Value {
    left: u64,
    /// Where the collector wants its bytes.
    slot: Option<usize>,
}

/// The state of the walk between two bytes of the (inflated) dataset.
#[derive(Debug)]
struct Walk {
    header: HeaderReader,
    /// The value the next byte belongs to; `None`: it belongs to a header.
    value: Option<Value>,
    nesting: Nesting,
    /// Bytes walked.
    offset: u64,
    limit: u64,
    /// The element whose header was read last.
    last: Tag,
    is_encapsulated: bool,
    collector: Collector,
}

impl Walk {
    fn new(syntax: TransferSyntax, limit: u64) -> Self {
        Self {
            header: HeaderReader::default(),
            value: None,
            nesting: Nesting::new(syntax.layout, limit),
            offset: 0,
            limit,
            last: ElementName::START.0,
            is_encapsulated: syntax.encapsulated,
            collector: Collector::new(syntax.layout),
        }
    }

    fn push(&mut self, mut input: &[u8]) -> Result<(), ScanError> {
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
    fn pass_value(&mut self, mut value: Value, input: &mut &[u8]) {
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
                ITEM => self.nesting.open(Kind::Item, sequence, &header, self.offset),
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
        let is_top = self.nesting.is_top();
        if header.is_sequence() {
            return self.nesting.open(Kind::Sequence, tag, &header, self.offset);
        }
        if header.length == UNDEFINED {
            let may_be_fragments = self.is_encapsulated && matches!(header.vr.as_ref(), Some(b"OB" | b"OW"));
            if tag != PIXEL_DATA || !may_be_fragments {
                return Err(ScanError::UndefinedLength(name));
            }
            if is_top {
                self.collector.pixel_data();
            }
            return self.nesting.open(Kind::Fragments, tag, &header, self.offset);
        }
        let mut slot = None;
        if is_top {
            // Icons inside sequences may stay uncompressed; the image itself may not (PS3.5 A.4).
            if tag == PIXEL_DATA && self.is_encapsulated {
                return Err(ScanError::NotEncapsulated(name));
            }
            if tag == PIXEL_DATA && header.length > 0 {
                self.collector.pixel_data();
            }
            slot = self.collector.begin(tag).map_err(|()| ScanError::Repeated(name))?;
        }
        self.begin_value(header.length, slot);
        Ok(())
    }

    fn begin_value(&mut self, length: u32, slot: Option<usize>) {
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
    fn check_end(&self) -> Result<(), ScanError> {
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

    fn too_large(&self) -> ScanError {
        ScanError::TooLarge { limit: self.limit, element: ElementName(self.last) }
    }
}
