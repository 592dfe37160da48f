//! Model: the bundle and its networks.
