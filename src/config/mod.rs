//! Configuration: the one TOML file an administrator writes.
//!
//! Owns: names, defaults and limits of every setting, and watching the file.
//! In: the text of `spinetriage.toml`. Out: [`Settings`], or every problem in it with its line.
//! Never: opens a socket or a database; a broken file never replaces a good one.

mod checks;
mod compare;
mod defaults;
mod handle;
mod lists;
mod peers;
mod problems;
mod read;
mod section;
mod settings;
mod watch;

pub use compare::{Changes, compare};
pub use handle::SettingsHandle;
pub use problems::{Position, Problem, Problems};
pub use read::{load, parse};
pub use settings::{
    Analysis, Destination, Forward, Log, LogLevel, Overlay, Report, Select, Sender, Server, Settings, Storage,
};
pub use watch::{Reload, Trigger, WatchError, Watching, watch};
