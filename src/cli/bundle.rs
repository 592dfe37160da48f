//! `spinetriage bundle`: what is in a model bundle, and is it whole?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::outcome::{FOUND_PROBLEMS, Outcome};
use crate::RESEARCH_USE_ONLY;
use crate::model::{Bundle, Model};

/// Arguments of `bundle`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print name, version, intended use, classes, thresholds, operating points and the model card
    Show {
        /// Folder of the bundle
        bundle: PathBuf,
    },
    /// Check every digest and run the self-test
    Verify {
        /// Folder of the bundle
        bundle: PathBuf,
        /// ONNX Runtime's library
        #[arg(long)]
        onnxruntime: Option<PathBuf>,
    },
}

/// Shows or verifies; exit code 1 when the bundle is refused.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::Show { bundle: folder } => {
            let bundle = Bundle::load(folder)?;
            let identity = bundle.identity();
            println!("{} {} (sha256 {})", identity.name, identity.version, identity.digest);
            println!("{RESEARCH_USE_ONLY}.");
            for class in &identity.classes {
                println!("  {}: {}", class.code, class.name);
            }
            identity.thresholds.iter().for_each(|threshold| println!("  {threshold}"));
            if let Ok(card) = std::fs::read_to_string(folder.join("README.md")) {
                println!("\n{card}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Action::Verify { bundle: folder, onnxruntime } => {
            let opened = Bundle::load(folder).and_then(|bundle| Model::open(bundle, onnxruntime.as_deref(), 1));
            match opened {
                Ok(model) => {
                    println!("{} {}: digests and self-test are right", model.identity().name, model.identity().version);
                    Ok(ExitCode::SUCCESS)
                }
                Err(e) => {
                    println!("{}: {e}", folder.display());
                    Ok(ExitCode::from(FOUND_PROBLEMS))
                }
            }
        }
    }
}
