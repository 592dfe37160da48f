//! A bundle on disk: its manifest, checked against the digests of its files.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::ModelError;
use super::manifest::Manifest;
use crate::findings::{BundleIdentity, ClassName};

/// A bundle whose files are the ones its manifest describes.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub(super) manifest: Manifest,
    text: String,
    folder: PathBuf,
    identity: BundleIdentity,
}

impl Bundle {
    /// Reads `bundle.toml` in `folder` and checks the digest of every file it names.
    ///
    /// # Errors
    /// [`ModelError::Manifest`], [`ModelError::Missing`], [`ModelError::Digest`] or
    /// [`ModelError::Unreadable`].
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("bundle.toml");
        let text = fs::read_to_string(&path).map_err(|source| ModelError::Unreadable { path: path.clone(), source })?;
        let refuse = |problem| ModelError::Manifest { path: path.clone(), problem };
        let manifest = Manifest::parse(&text).map_err(refuse)?;
        for (name, expected) in &manifest.files {
            if !Path::new(name).components().all(|c| matches!(c, Component::Normal(_))) {
                return Err(refuse(format!("[files] \"{name}\" leaves the bundle's folder")));
            }
            let file = folder.join(name);
            let found = digest_of(&file).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => ModelError::Missing { path: file.clone() },
                _ => ModelError::Unreadable { path: file.clone(), source },
            })?;
            if !found.eq_ignore_ascii_case(expected) {
                return Err(ModelError::Digest { path: file, found, expected: expected.clone() });
            }
        }
        let identity = BundleIdentity {
            name: manifest.bundle.name.clone(),
            version: manifest.bundle.version.clone(),
            digest: format!("{:x}", Sha256::digest(text.as_bytes())),
            classes: manifest.class.iter().map(|c| ClassName { code: c.code.clone(), name: c.name.clone() }).collect(),
            thresholds: manifest.thresholds(),
            triage: manifest.triage.clone(),
        };
        Ok(Self { manifest, text, folder: folder.to_owned(), identity })
    }

    /// Name, version, digest and classes.
    pub fn identity(&self) -> &BundleIdentity {
        &self.identity
    }

    /// What its author says about it: intended use, licence, training data.
    pub fn statements(&self) -> [(&'static str, &str); 3] {
        let about = &self.manifest.bundle;
        [("intended use", &about.intended_use), ("licence", &about.licence), ("training data", &about.training_data)]
    }

    /// SHA-256 of all that decides what its features are: the sections of the manifest that compute them, and the
    /// digests of their networks. Bundles that differ in their fusion model alone have the same.
    pub fn features_digest(&self) -> String {
        let manifest = &self.manifest;
        let network = |file: &String| manifest.files.get(file).map(|digest| digest.to_lowercase());
        let parts = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            manifest.detector,
            manifest.crop,
            manifest.backbone,
            manifest.radiomics,
            network(&manifest.detector.file),
            network(&manifest.backbone.file),
            manifest.points,
            manifest.norms,
            manifest.features,
            manifest.points.as_ref().map(|points| network(&points.file)),
        );
        format!("{:x}", Sha256::digest(parts.as_bytes()))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What `bundle.toml` says, for a bundle that is made from it.
    pub fn manifest_text(&self) -> &str {
        &self.text
    }

    /// The files of its networks, and of the self-test of the points network.
    pub fn networks(&self) -> Vec<&str> {
        let points = self.manifest.points.iter().flat_map(|points| [&points.file, &points.self_test.image]);
        [&self.manifest.detector.file, &self.manifest.backbone.file]
            .into_iter()
            .chain(points)
            .map(String::as_str)
            .collect()
    }

    /// Every file that its manifest lists.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.keys().map(String::as_str)
    }

    /// The picture of its self-test, when it has one: the file, the distance of its pixels in mm, and the box
    /// (x0, y0, x1, y1).
    pub fn self_test(&self) -> Option<(&str, [f64; 2], [f64; 4])> {
        self.manifest.self_test.as_ref().map(|test| (test.image.as_str(), test.spacing_mm, test.region))
    }

    /// Path of one of its files.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn digest_of(file: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(file)?, &mut hash)?;
    Ok(format!("{:x}", hash.finalize()))
}
