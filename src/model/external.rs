//! A fusion classifier that was fitted elsewhere and exported to ONNX: scikit-learn, XGBoost, LightGBM.

use super::error::{Misfit, ModelError};
use super::feed::Feed;
use super::runtime::Network;
use super::tensor::{Element, listed};

/// How far the probabilities may be from a sum of 1: they are float32.
const OFF: f64 = 1e-3;

/// A network that takes standard scores [1, features] and gives probabilities [1, classes].
pub(super) struct External {
    network: Network,
    feed: Feed,
    output: String,
    classes: usize,
}

impl External {
    /// Holds the network against the manifest; `output` names its probabilities.
    pub fn new(network: Network, features: usize, classes: usize, output: Option<String>) -> Result<Self, ModelError> {
        let output = output.unwrap_or_else(|| "probabilities".to_owned());
        let misfit =
            |has: String, says: String, remedy: &str| network.misfit(Misfit { has, says, remedy: remedy.into() });
        let inputs = network.inputs();
        let wanted = format!("[fusion] has {features} features");
        let [input] = inputs else {
            return Err(misfit(
                format!("its inputs are {}", listed(inputs)),
                wanted,
                "export it with one float32 input",
            ));
        };
        let columns = input.shape.as_deref().and_then(|shape| shape.get(1)).copied();
        let fits = columns.is_none_or(|c| c < 0 || usize::try_from(c) == Ok(features));
        if input.element != Element::Float32 || !fits {
            let remedy = "export it with a float32 input [1, features], of the features in [fusion]'s order";
            return Err(misfit(format!("its input is {input}"), wanted, remedy));
        }
        let found = network.outputs().iter().find(|o| o.name == output);
        if found.is_none_or(|o| o.element != Element::Float32) {
            let has = format!("its outputs are {}", listed(network.outputs()));
            let says = format!("[fusion] wants a float32 output \"{output}\"");
            return Err(misfit(has, says, "export scikit-learn models with zipmap=False, or set [fusion] output"));
        }
        let feed = Feed { image: input.name.clone(), shape: vec![1, features], target_size: None };
        let mut external = Self { network, feed, output, classes };
        external.probabilities(&vec![0.0; features])?;
        Ok(external)
    }

    /// One probability a class.
    pub fn probabilities(&mut self, scores: &[f64]) -> Result<Vec<f64>, ModelError> {
        let outputs = self.network.run(&self.feed, scores.iter().map(|z| *z as f32).collect())?;
        let values = outputs.into_iter().find(|o| o.header.name == self.output).map(|o| o.values).unwrap_or_default();
        let said: Vec<f64> = values.into_iter().map(f64::from).collect();
        let sum: f64 = said.iter().sum();
        let right = said.len() == self.classes && said.iter().all(|p| *p >= 0.0) && (sum - 1.0).abs() <= OFF;
        if right {
            return Ok(said);
        }
        let classes = self.classes;
        Err(self.network.wrong(format!(
            "its output {} is {said:?}; probabilities of {classes} classes, in the order of [[class]], are needed",
            self.output
        )))
    }
}
