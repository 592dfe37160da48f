//! The ports of `[server] listen`: taken before a start changes anything, listened on when everything is ready.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::error::DaemonError;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Takes the ports. Nobody can connect yet.
///
/// # Errors
/// [`DaemonError::Listen`] when one is taken, or is no address of this machine.
pub fn bind(addresses: &[SocketAddr]) -> Result<Vec<(SocketAddr, TcpSocket)>, DaemonError> {
    let bind = |&address: &SocketAddr| {
        let bound = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            // A port whose last connections are still being closed is free.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            Ok(socket)
        };
        bound().map(|socket| (address, socket)).map_err(|source| DaemonError::Listen { address, source })
    };
    addresses.iter().map(bind).collect()
}

/// Lets peers connect.
pub fn listen(sockets: Vec<(SocketAddr, TcpSocket)>) -> Result<Vec<TcpListener>, DaemonError> {
    let listen = |(address, socket): (SocketAddr, TcpSocket)| {
        socket.listen(BACKLOG).map_err(|source| DaemonError::Listen { address, source })
    };
    sockets.into_iter().map(listen).collect()
}
