//! Where log lines go, how they look, and how much is said: one log a process.

use std::io::IsTerminal;
use std::sync::OnceLock;

use tracing_subscriber::fmt::time::UtcTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// How much is said.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Logs to standard error; `json`: one object a line. `RUST_LOG` says how much where it is set, and then for good; else
/// `level` does until [`set_level`] is called. A second start in one process keeps the first one's settings.
pub fn start(json: bool, level: &str) {
    let asked_for = std::env::var_os(EnvFilter::DEFAULT_ENV).and_then(|_| EnvFilter::try_from_default_env().ok());
    let is_fixed = asked_for.is_some();
    let (filter, handle) = reload::Layer::new(asked_for.unwrap_or_else(|| EnvFilter::new(level)));
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_timer(UtcTime::rfc_3339())
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let lines = if json { lines.json().boxed() } else { lines.boxed() };
    if tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok() && !is_fixed {
        // The first start alone gets here.
        let _ = FILTER.set(handle);
    }
}

/// Says more or less from now on: `error`, `warn`, `info`, `debug` or `trace`. Nothing where `RUST_LOG` says how much, or
/// nothing was started.
pub fn set_level(level: &str) {
    if let Some(filter) = FILTER.get() {
        // The subscriber lives as long as the process.
        let _ = filter.reload(EnvFilter::new(level));
    }
}
