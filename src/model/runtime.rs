//! ONNX Runtime: finding its library, and sessions on it.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::{Outlet, Tensor, ValueType};

use super::error::{Misfit, ModelError};
use super::feed::{Feed, TARGET_SIZES};
use super::tensor::{Element, Header, Output, element};

/// Beside the executable, where a portable folder has it.
const PORTABLE: &str = "libonnxruntime.so";
/// Where a package puts it.
const INSTALLED: &str = "/usr/lib/spinetriage/libonnxruntime.so";
/// In a build tree, seen from the folder of a binary and of a test.
const BUILD_TREE: [&str; 2] =
    ["../../vendor/onnxruntime/libonnxruntime.so", "../../../vendor/onnxruntime/libonnxruntime.so"];

/// A process has one ONNX Runtime: the library that was loaded first, and its environment.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Loads ONNX Runtime from `ORT_DYLIB_PATH`, else from `given`, else from the first usual place that
/// has it. A path that somebody named is never replaced by another.
pub fn start(given: Option<&Path>) -> Result<Environment, ModelError> {
    let named = env::var_os("ORT_DYLIB_PATH").map(PathBuf::from).or_else(|| given.map(Path::to_owned));
    let library = match named {
        Some(path) => path,
        None => usual_places().into_iter().find(|p| p.exists()).ok_or_else(|| {
            let places: Vec<_> = usual_places().iter().map(|p| p.display().to_string()).collect();
            ModelError::Runtime(format!("not found at {}", places.join(", ")))
        })?,
    };
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((first, environment)) if *first == library => return Ok(environment.clone()),
        Some((first, _)) => {
            let both = format!("{} is loaded already, so {} cannot be", first.display(), library.display());
            return Err(ModelError::Runtime(both));
        }
        None => {}
    }
    // The reason is only in the Debug form of this error.
    let builder = ort::init_from(&library).map_err(|e| ModelError::Runtime(format!("{}: {e:?}", library.display())))?;
    let environment = builder.with_name("spinetriage").build().map_err(|e| ModelError::Runtime(e.to_string()))?;
    *loaded = Some((library, environment.clone()));
    Ok(environment)
}

fn usual_places() -> Vec<PathBuf> {
    let exe = env::current_exe().ok();
    let beside = |place: &str| exe.as_ref().and_then(|exe| exe.parent()).map(|folder| folder.join(place));
    let build_tree = BUILD_TREE.iter().filter_map(|place| beside(place));
    beside(PORTABLE).into_iter().chain([PathBuf::from(INSTALLED)]).chain(build_tree).collect()
}

/// A loaded network and what it declares of itself.
pub struct Network {
    session: Session,
    file: String,
    inputs: Vec<Header>,
    outputs: Vec<Header>,
}

impl Network {
    /// Loads a network; `threads` compute one run. Idle threads sleep: with the default spinning,
    /// two threads a worker are slower than one.
    pub fn load(environment: &Environment, path: &Path, threads: usize) -> Result<Self, ModelError> {
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let failed = |problem: String| ModelError::Network { file: file.clone(), problem };
        let session = Session::builder(environment)
            .map_err(|e| failed(e.to_string()))?
            .with_optimization_level(GraphOptimizationLevel::Level3)
            .map_err(|e| failed(e.to_string()))?
            .with_intra_threads(threads.max(1))
            .map_err(|e| failed(e.to_string()))?
            .with_inter_threads(1)
            .map_err(|e| failed(e.to_string()))?
            .with_intra_op_spinning(false)
            .map_err(|e| failed(e.to_string()))?
            .commit_from_file(path)
            .map_err(|e| failed(e.to_string()))?;
        let declared = |outlets: &[Outlet]| outlets.iter().map(Header::declared).collect();
        let (inputs, outputs) = (declared(session.inputs()), declared(session.outputs()));
        Ok(Self { session, file, inputs, outputs })
    }

    /// The inputs it declares.
    pub fn inputs(&self) -> &[Header] {
        &self.inputs
    }

    /// The outputs it declares.
    pub fn outputs(&self) -> &[Header] {
        &self.outputs
    }

    /// Runs the network on an image. Outputs that are neither float32 nor whole numbers are left out.
    pub fn run(&mut self, feed: &Feed, image: Vec<f32>) -> Result<Vec<Output>, ModelError> {
        let file = self.file.clone();
        let failed = |problem: String| ModelError::Network { file: file.clone(), problem };
        let image = Tensor::from_array((feed.shape.clone(), image)).map_err(|e| failed(e.to_string()))?;
        let mut given: Vec<(&str, SessionInputValue)> = vec![(&feed.image, image.into())];
        if let Some(size) = feed.target_size {
            let size = Tensor::from_array(([1usize, 2], size.to_vec())).map_err(|e| failed(e.to_string()))?;
            given.push((TARGET_SIZES, size.into()));
        }
        let outputs = self.session.run(given).map_err(|e| failed(e.to_string()))?;
        let mut read = Vec::with_capacity(outputs.len());
        for (name, value) in outputs.iter() {
            let ValueType::Tensor { ty, shape, .. } = value.dtype() else { continue };
            let header = Header { name: name.to_owned(), element: element(*ty), shape: Some(shape.to_vec()) };
            let values = match header.element {
                Element::Float32 => value.try_extract_tensor::<f32>().map(|(_, v)| v.to_vec()),
                Element::Int64 => value.try_extract_tensor::<i64>().map(|(_, v)| v.iter().map(|v| *v as f32).collect()),
                Element::Int32 => value.try_extract_tensor::<i32>().map(|(_, v)| v.iter().map(|v| *v as f32).collect()),
                Element::Other(_) => continue,
            };
            read.push(Output { header, values: values.map_err(|e| failed(e.to_string()))? });
        }
        Ok(read)
    }

    /// An error about this network.
    pub fn wrong(&self, problem: String) -> ModelError {
        ModelError::Network { file: self.file.clone(), problem }
    }

    /// An error about how it fits the manifest.
    pub fn misfit(&self, Misfit { has, says, remedy }: Misfit) -> ModelError {
        ModelError::Misfit { file: self.file.clone(), has, says, remedy }
    }
}

/// A grey picture as the planes of a network's input: `value * scale`, then `(v - mean) / std`.
pub fn planes(pixels: &[f32], scale: f64, mean: &[f64], std: &[f64]) -> Vec<f32> {
    let channels = mean.iter().zip(std);
    channels.flat_map(|(m, s)| pixels.iter().map(move |p| ((f64::from(*p) * scale - m) / s) as f32)).collect()
}
