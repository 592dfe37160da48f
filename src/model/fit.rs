//! Whether a network takes what bundle.toml says it is given.

use super::error::{Misfit, ModelError};
use super::feed::{Feed, TARGET_SIZES};
use super::runtime::Network;
use super::tensor::{Element, Header, listed};

/// What a section of the manifest says of a network's input.
pub struct Wanted {
    /// Name of the section.
    pub section: &'static str,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Whether an input without batch axis will do.
    pub may_lack_batch: bool,
    /// Whether the decoder feeds [`TARGET_SIZES`].
    pub target_sizes: bool,
}

impl Wanted {
    /// How to feed a network with these inputs.
    ///
    /// # Errors
    /// [`ModelError::Misfit`] says which input is another one.
    pub fn of(&self, network: &Network) -> Result<Feed, ModelError> {
        self.feed(network.inputs()).map_err(|misfit| network.misfit(misfit))
    }

    fn feed(&self, inputs: &[Header]) -> Result<Feed, Misfit> {
        let (sizes, images): (Vec<_>, Vec<_>) = inputs.iter().partition(|i| i.name == TARGET_SIZES);
        let section = self.section;
        let refuse = |has: String, says: String, remedy: String| Err(Misfit { has, says, remedy });
        match (self.target_sizes, sizes.first()) {
            (true, None) => {
                return refuse(
                    format!("its inputs are {}", listed(inputs)),
                    format!("[{section}] decoder = \"rt-detr\" also feeds {TARGET_SIZES} int64 [1, 2]"),
                    "export it with RT-DETR's own tools/export_onnx.py, or name the decoder of its outputs".into(),
                );
            }
            (true, Some(input)) if input.element != Element::Int64 || !input.can_be(&[Some(1), Some(2)]) => {
                return refuse(
                    format!("its input is {input}"),
                    format!("[{section}] decoder = \"rt-detr\" feeds {TARGET_SIZES} int64 [1, 2]"),
                    "export it with RT-DETR's own tools/export_onnx.py".into(),
                );
            }
            (false, Some(input)) => {
                return refuse(
                    format!("it also asks for {input}"),
                    format!("[{section}] feeds it the image only"),
                    "set decoder = \"rt-detr\" if it is a detector exported by RT-DETR's tools/export_onnx.py".into(),
                );
            }
            _ => {}
        }
        let image = match images[..] {
            [image] => image,
            [] => {
                return refuse(
                    "it has no input".into(),
                    format!("[{section}] feeds it an image"),
                    "export the network with its image as an input".into(),
                );
            }
            _ => {
                return refuse(
                    format!("its inputs are {}", listed(images)),
                    format!("[{section}] feeds it one image"),
                    "export it with the image as its only input".into(),
                );
            }
        };
        if image.element != Element::Float32 {
            return refuse(
                format!("its input is {image}"),
                format!("[{section}] feeds it float32"),
                format!(
                    "export it with a float32 input (no half precision, no quantised input); scale, mean and std of [{section}] give the values it was trained on"
                ),
            );
        }
        let [c, h, w] = [self.channels, self.height, self.width];
        let axes = [Some(c), Some(h), Some(w)];
        let batched = image.can_be(&[&[Some(1)][..], &axes].concat());
        let fits = batched || (self.may_lack_batch && image.can_be(&axes));
        if !fits {
            return refuse(format!("its input is {image}"), self.sentence(), self.remedy(image));
        }
        let shape = if batched { vec![1, c, h, w] } else { vec![c, h, w] };
        let target_size = self.target_sizes.then_some([w as i64, h as i64]);
        Ok(Feed { image: image.name.clone(), shape, target_size })
    }

    fn sentence(&self) -> String {
        let Self { section, channels, height, width, .. } = self;
        format!(
            "[{section}] says channels = {channels}, height = {height}, width = {width}: [1, {channels}, {height}, {width}]"
        )
    }

    /// What to write, as far as the network says it.
    fn remedy(&self, image: &Header) -> String {
        let section = self.section;
        let shape = image.shape.as_deref().unwrap_or_default();
        let axes = match *shape {
            [1 | -1, c, h, w] => [("channels", c, self.channels), ("height", h, self.height), ("width", w, self.width)],
            [c, h, w] if self.may_lack_batch => {
                [("channels", c, self.channels), ("height", h, self.height), ("width", w, self.width)]
            }
            _ => return "export it for one image, as [1, channels, height, width]".into(),
        };
        if matches!(*shape, [.., 1 | 3]) && !matches!(axes[0].1, 1 | 3 | -1) {
            return "export it with the channels first (NCHW)".into();
        }
        let differing = axes.iter().filter(|(_, has, says)| *has != -1 && usize::try_from(*has) != Ok(*says));
        let keys: Vec<String> = differing.map(|(key, has, _)| format!("{key} = {has}")).collect();
        format!("set {} in [{section}], or export it for this size", keys.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, element: Element, shape: &[i64]) -> Header {
        Header { name: name.into(), element, shape: Some(shape.to_vec()) }
    }

    fn wanted(may_lack_batch: bool, target_sizes: bool) -> Wanted {
        Wanted { section: "detector", channels: 3, height: 128, width: 64, may_lack_batch, target_sizes }
    }

    #[test]
    fn dynamic_axes_and_undeclared_shapes_fit() {
        for shape in [&[1, 3, 128, 64][..], &[-1, 3, -1, -1], &[-1, -1, -1, -1]] {
            let feed = wanted(false, false).feed(&[header("images", Element::Float32, shape)]).unwrap();
            assert_eq!((feed.image.as_str(), &feed.shape[..]), ("images", &[1, 3, 128, 64][..]));
        }
        let undeclared = Header { name: "x".into(), element: Element::Float32, shape: None };
        assert_eq!(wanted(true, false).feed(&[undeclared]).unwrap().shape, [1, 3, 128, 64]);
    }

    #[test]
    fn an_input_without_batch_axis_is_fed_without() {
        let input = [header("images", Element::Float32, &[3, -1, -1])];
        assert_eq!(wanted(true, false).feed(&input).unwrap().shape, [3, 128, 64]);
        assert!(wanted(false, false).feed(&input).is_err());
    }

    #[test]
    fn target_sizes_are_width_and_height() {
        let inputs =
            [header("images", Element::Float32, &[1, 3, 128, 64]), header(TARGET_SIZES, Element::Int64, &[1, 2])];
        assert_eq!(wanted(false, true).feed(&inputs).unwrap().target_size, Some([64, 128]));
        assert!(wanted(false, false).feed(&inputs).unwrap_err().remedy.contains("rt-detr"));
        assert!(wanted(false, true).feed(&inputs[..1]).unwrap_err().says.contains(TARGET_SIZES));
        let floats = [inputs[0].clone(), header(TARGET_SIZES, Element::Float32, &[1, 2])];
        assert!(wanted(false, true).feed(&floats).unwrap_err().has.contains("float32 [1, 2]"));
    }

    #[test]
    fn the_remedy_names_the_keys() {
        let remedy =
            |shape: &[i64]| wanted(true, false).feed(&[header("x", Element::Float32, shape)]).unwrap_err().remedy;
        assert!(remedy(&[1, 1, 128, 64]).starts_with("set channels = 1 in [detector]"));
        assert!(remedy(&[1, 3, 640, 512]).starts_with("set height = 640 and width = 512 in [detector]"));
        assert!(remedy(&[1, 128, 64, 3]).contains("channels first"));
        assert!(remedy(&[8, 3, 128, 64]).contains("one image"));
        assert!(remedy(&[3, 64]).contains("one image"));
    }
}
