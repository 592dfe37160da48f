//! What a run of a network is given.

/// The input of RT-DETR's own export that takes the size boxes are wanted in.
pub const TARGET_SIZES: &str = "orig_target_sizes";

/// How a network is fed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Name of the input that takes the image.
    pub image: String,
    /// Shape of the image: [1, channels, height, width], or without the 1.
    pub shape: Vec<usize>,
    /// Width and height of the input in pixels, for a network that asks for [`TARGET_SIZES`].
    pub target_size: Option<[i64; 2]>,
}
