//! The colours of the picture.

use super::picture::Colour;

/// Of letters that are of no class.
pub const WHITE: Colour = [255, 255, 255];
/// Of what is drawn around lines and letters, to be seen on a bright film.
pub const BLACK: Colour = [0, 0, 0];

/// Colours of the classes in their order, told apart by people with any colour vision (Okabe and
/// Ito's palette, the vermilion lighter so that it can be read on a dark film); more classes begin again.
const COLOURS: [Colour; 4] = [[86, 180, 233], [240, 228, 66], [240, 112, 32], [204, 121, 167]];

/// Of a body that is not assessed.
const GREY: Colour = [150, 154, 160];

/// The colour of a class, by its index; of what is not assessed without one.
pub fn colour(class: Option<usize>) -> Colour {
    class.map_or(GREY, |class| COLOURS[class % COLOURS.len()])
}
