//! What a walk is bounded by, whatever the dataset says of itself.

/// Deepest nesting of sequences that is walked. Real objects stay below ten.
pub const MAX_DEPTH: usize = 64;

/// Longest value that a summary keeps; the rest of a longer one is dropped.
pub const MAX_VALUE_BYTES: usize = 1024;
