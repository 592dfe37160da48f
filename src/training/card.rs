//! The model card of a trained bundle: what a person must know before using it.

use std::fmt::Write as _;

use super::study::{RECORD, Study};
use crate::RESEARCH_USE_ONLY;
use crate::classifier::Classifier;
use crate::model::Bundle;

/// What its author says of a bundle.
#[derive(Debug, Clone)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it was trained on.
    pub training_data: String,
}

/// Markdown, for the bundle made of `from`.
pub fn card(from: &Bundle, about: &About, study: &Study) -> String {
    let (fusion, record) = (&study.fusion, &study.record);
    let base = from.identity();
    let mut text = format!(
        "# Model card: {} {}\n\n**{RESEARCH_USE_ONLY}.** What this bundle says on films like yours is not known before \
         somebody has measured it there: `spinetriage evaluate`.\n\n",
        about.name, about.version
    );
    let rows = [
        ("networks of", format!("{} {} (sha256 {})", base.name, base.version, base.digest)),
        ("trained on", format!("{} bodies of {} patients", record.bodies, record.patients)),
        ("training data", about.training_data.clone()),
        ("classifier", record.taken.title().to_owned()),
        ("features", format!("{} of {} that could be selected", fusion.features.len(), record.candidates)),
        ("cross-validation", format!("{} folds by patient, seed {}", record.folds, record.seed)),
        ("macro AUC there", format!("{:.3}, calibrated", record.cross_validated_area)),
    ];
    text += "| | |\n|---|---|\n";
    for (name, value) in rows {
        // A text of the author's may hold what Markdown reads as the end of a cell or a line.
        let _ = writeln!(text, "| {name} | {} |", cell(&value));
    }
    text += "\n## Classes\n\n| class | bodies |\n|---|---|\n";
    for (class, bodies) in base.classes.iter().zip(&record.classes) {
        let _ = writeln!(text, "| {} {} | {bodies} |", cell(&class.code), cell(&class.name));
    }
    text += "\n## Classifiers tried\n\nMacro one-vs-rest AUC of out-of-fold probabilities on the training set, features \
             selected anew without each fold.\n\n| classifier | settings | AUC |\n|---|---|---|\n";
    for tried in &record.classifiers {
        let _ = writeln!(text, "| {} | {} | {:.3} |", tried.settings.kind().title(), tried.settings, tried.area);
    }
    text += "\n## Features\n\n";
    if let Classifier::LogisticRegression(linear) = &fusion.classifier {
        text += "With the coefficient of each class, of a standard score.\n\n| feature |";
        base.classes.iter().for_each(|class| text += &format!(" {} |", cell(&class.code)));
        text += "\n|---|";
        base.classes.iter().for_each(|_| text += "---|");
        for (j, feature) in fusion.features.iter().enumerate() {
            let _ = write!(text, "\n| {} |", cell(&feature.name));
            linear.coefficients.iter().for_each(|of_class| text += &format!(" {:+.3} |", of_class[j]));
        }
        text += "\n";
    } else {
        fusion.features.iter().for_each(|feature| text += &format!("- {}\n", feature.name));
    }
    text += &format!("\nThe path of the LASSO and all settings that were tried are in `{RECORD}`.\n");
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}
