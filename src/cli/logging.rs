//! Where log lines go and how they look.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::UtcTime;

/// Logs to standard error; `RUST_LOG` sets the level, `json` one object a line.
pub fn start(json: bool, default_level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_level));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_timer(UtcTime::rfc_3339())
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start in one process (the demo inside a test) keeps the first one's settings.
    let _ = if json { lines.json().try_init() } else { lines.try_init() };
}
