//! Configuration: the one TOML file an administrator writes.
//!
//! Owns: names, defaults and limits of every setting, and watching the file.
//! In: the text of `spinetriage.toml`. Out: [`Settings`], or every problem in it with its line.
//! Never: opens a socket or a database; a broken file never replaces a good one.

mod settings;

pub use settings::{Analysis, Destination, Overlay, Report, Select, Sender, Server, Settings, SopClass, Storage};
