//! The backbone: a crop in, deep features out.

use super::error::ModelError;
use super::manifest;
use super::runtime::{Network, planes};
use crate::imaging::Radiograph;

pub(super) struct Backbone {
    network: Network,
    settings: manifest::Backbone,
}

impl Backbone {
    pub fn new(network: Network, settings: manifest::Backbone) -> Self {
        Self { network, settings }
    }

    /// Features `deep_0000`... of a crop.
    pub fn features(&mut self, crop: &Radiograph) -> Result<Vec<(String, f64)>, ModelError> {
        let s = &self.settings;
        let window = crop.percentile_window(s.window_percentiles);
        let input = crop.windowed(window).resampled(s.width, s.height);
        let shape = [1, s.channels, s.height, s.width];
        let values = self.network.output(&s.output, shape, planes(&input.pixels, s.scale, &s.mean, &s.std))?;
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
