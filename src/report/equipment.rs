//! Who made it: what header, content and picture call the program and its algorithm.

use super::attributes::shortened;
use crate::findings::BundleIdentity;

/// Manufacturer of everything this software makes.
pub const MANUFACTURER: &str = "spinetriage project";

/// Algorithm Name, which is also the Model Name of the equipment.
pub fn algorithm_name(bundle: &BundleIdentity) -> String {
    shortened(&format!("spinetriage {}", bundle.name), 64).to_owned()
}

/// Algorithm Version: the bundle's version and the start of its digest.
pub fn algorithm_version(bundle: &BundleIdentity) -> String {
    let digest: String = bundle.digest.chars().take(12).collect();
    shortened(&format!("{} ({digest})", bundle.version), 64).to_owned()
}
