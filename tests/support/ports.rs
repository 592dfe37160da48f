//! Ports for peers and daemons.

use std::net::TcpListener;

/// A port nobody listens on, and nobody comes to use before it is taken or while the one who had it is away: outside
/// the range from which the system gives ports to those who call (32768 and up). One of that range may be given to any
/// caller meanwhile, even to the one who calls this very port and then talks to itself.
pub fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let tried = std::iter::repeat_with(|| rand::random_range(20_000..32_000)).take(1000);
    tried.into_iter().find(free).expect("one of a thousand ports is free")
}
