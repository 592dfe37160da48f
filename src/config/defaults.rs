//! The value of every key the file leaves out; `config/spinetriage.toml` states the same and a
//! test compares them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

use super::{Analysis, Log, LogLevel, Overlay, Report, Select, Server, Storage};
use crate::findings::{Language, SopClass};
use crate::identifiers::AeTitle;
use crate::retry::Retry;

/// How long a destination is tried, when it does not say: a long weekend.
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_secs(72 * 3600);

/// The pauses between attempts, when a destination does not say.
pub(super) const RETRY: Retry = Retry { after: Duration::from_secs(2), at_most: Duration::from_secs(600) };

/// Bytes in a GiB.
pub(super) const GIB: f64 = (1u64 << 30) as f64;

impl Default for Server {
    fn default() -> Self {
        Self {
            ae_title: AeTitle::new("SPINETRIAGE").expect("eleven capital letters are an AE title"),
            listen: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 11112))],
            max_associations: 100,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl Default for Select {
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            modalities: owned(&["CR", "DX"]),
            body_parts: owned(&["SPINE", "CSPINE", "TSPINE", "LSPINE", "TLSPINE", "LSSPINE"]),
            description_matches: Some(
                Regex::new("(?i)spine|lumbar|thoracic|vertebra").expect("a fixed pattern of four words compiles"),
            ),
        }
    }
}

impl Default for Analysis {
    fn default() -> Self {
        Self {
            bundle: PathBuf::from("/var/lib/spinetriage/bundles/demo"),
            workers: 2,
            timeout: Duration::from_secs(60),
            attempts: 3,
            settle: Duration::from_secs(5),
            settle_at_most: Duration::from_secs(60),
            onnxruntime: None,
        }
    }
}

/// `send_to` is empty here; a file that leaves it out means every destination it names.
impl Default for Report {
    fn default() -> Self {
        Self {
            sop_class: SopClass::Comprehensive3dSr,
            overlay: Overlay::SecondaryCapture,
            key_object: false,
            language: Language::English,
            no_vertebra_found: true,
            analysis_failed: false,
            send_to: Vec::new(),
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { state_dir: PathBuf::from("/var/lib/spinetriage"), keep_days: 30, minimum_free_bytes: 5 << 30 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: LogLevel::Info }
    }
}
