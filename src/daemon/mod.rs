//! Daemon: wires the rooms together.
