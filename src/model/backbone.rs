//! The backbone: a crop in, deep features out.

use super::error::{Misfit, ModelError};
use super::feed::Feed;
use super::fit::Wanted;
use super::manifest;
use super::runtime::{Network, planes};
use super::tensor::{Element, Header, listed};
use crate::imaging::Radiograph;

pub(super) struct Backbone {
    network: Network,
    settings: manifest::Backbone,
    feed: Feed,
}

impl Backbone {
    /// # Errors
    /// [`ModelError::Misfit`] when the network's input or its features are not the manifest's.
    pub fn new(network: Network, settings: manifest::Backbone) -> Result<Self, ModelError> {
        let &manifest::Backbone { channels, height, width, .. } = &settings;
        let wanted =
            Wanted { section: "backbone", channels, height, width, may_lack_batch: false, target_sizes: false };
        let feed = wanted.of(&network)?;
        output(network.outputs(), &settings).map_err(|misfit| network.misfit(misfit))?;
        Ok(Self { network, settings, feed })
    }

    /// Features `deep_0000`... of a crop.
    pub fn features(&mut self, crop: &Radiograph) -> Result<Vec<(String, f64)>, ModelError> {
        let s = &self.settings;
        let window = crop.percentile_window(s.window_percentiles);
        let input = crop.windowed(window).resampled(s.width, s.height);
        let outputs = self.network.run(&self.feed, planes(&input.pixels, s.scale, &s.mean, &s.std))?;
        let values = outputs.into_iter().find(|o| o.header.name == s.output).map(|o| o.values).unwrap_or_default();
        if values.len() != s.features {
            return Err(self.network.wrong(format!(
                "it gives {} features, bundle.toml says {}",
                values.len(),
                s.features
            )));
        }
        Ok(values.into_iter().enumerate().map(|(i, v)| (format!("deep_{i:04}"), f64::from(v))).collect())
    }
}

/// The output must be there, and have as many features as far as its shape tells.
fn output(declared: &[Header], settings: &manifest::Backbone) -> Result<(), Misfit> {
    let manifest::Backbone { output, features, .. } = settings;
    let Some(header) = declared.iter().find(|h| h.name == *output) else {
        return Err(Misfit {
            has: format!("its outputs are {}", listed(declared)),
            says: format!("[backbone] says output = \"{output}\""),
            remedy: "name the output of the pooled features".into(),
        });
    };
    let refuse = |remedy: String| {
        let says = format!("[backbone] says features = {features} float32 values");
        Err(Misfit { has: format!("its output is {header}"), says, remedy })
    };
    if header.element != Element::Float32 {
        return refuse("export it with float32 outputs".into());
    }
    let Some((_, columns)) = header.shape.as_deref().and_then(|s| s.split_first()) else { return Ok(()) };
    let known = columns.iter().all(|c| *c >= 0);
    let count = columns.iter().fold(1i64, |product, c| product.saturating_mul(*c));
    if known && usize::try_from(count) != Ok(*features) {
        return refuse(format!("set features = {count} if these are the pooled features, or name another output"));
    }
    Ok(())
}
