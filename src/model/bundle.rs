//! A bundle on disk: its manifest, checked against the digests of its files.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::ModelError;
use super::fusion::{self, Fusion};
use super::manifest::Manifest;
use crate::analysis::{BundleIdentity, ClassName};

/// A bundle whose files are the ones its manifest describes.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub(super) manifest: Manifest,
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
            digest: hex(&Sha256::digest(text.as_bytes())),
            classes: manifest.class.iter().map(|c| ClassName { code: c.code.clone(), name: c.name.clone() }).collect(),
        };
        Ok(Self { manifest, folder: folder.to_owned(), identity })
    }

    /// Name, version, digest and classes.
    pub fn identity(&self) -> &BundleIdentity {
        &self.identity
    }

    /// Its fusion model when that is one of the eight kinds; `None` for a bundle without one, or with an ONNX
    /// classifier, which [`super::Model`] runs.
    ///
    /// # Errors
    /// [`ModelError`] when the classifier's file is none, or of another training.
    pub fn fusion(&self) -> Result<Option<Fusion>, ModelError> {
        fusion::fitted(self)
    }

    /// What its author says about it: intended use, licence, training data.
    pub fn statements(&self) -> [(&'static str, &str); 3] {
        let about = &self.manifest.bundle;
        [("intended use", &about.intended_use), ("licence", &about.licence), ("training data", &about.training_data)]
    }

    /// Path of one of its files.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn digest_of(file: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(file)?, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
