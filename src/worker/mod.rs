//! Worker: analysis in a supervised child process.
