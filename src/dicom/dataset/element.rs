//! How an element is named to whoever reads of it.

use std::fmt;

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;

/// An element for a reader: its tag, and its keyword (PS3.6) when it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementName(pub Tag);

impl ElementName {
    /// Stands for the dataset itself, in front of its first element.
    pub(super) const START: Self = Self(Tag(0, 0));
}

impl fmt::Display for ElementName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(tag) = self;
        if *self == Self::START {
            return f.write_str("its start");
        }
        // The dictionary knows items and delimiters too.
        match StandardDataDictionary.by_tag(*tag) {
            Some(entry) => write!(f, "{tag} {}", entry.alias()),
            None => write!(f, "{tag}"),
        }
    }
}
