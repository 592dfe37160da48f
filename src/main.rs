//! The `spinetriage` command: hands the arguments to [`spinetriage::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    spinetriage::cli::run()
}
