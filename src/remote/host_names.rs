//! Looks up host names.
//!
//! Each lookup has its own thread, since the C library blocks. The runtime's own threads are not used: the runtime
//! panics if it cannot start one, where pfx must report an error.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::thread;

use tokio::sync::oneshot;

use super::api_url::is_localhost;
use crate::launch::hosts;

/// The thread for a lookup could not be started.
#[derive(Debug)]
pub struct NoThread(pub io::Error);

impl std::fmt::Display for NoThread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("could not start a thread")
    }
}

impl std::error::Error for NoThread {}

/// The addresses of a host.
///
/// # Errors
/// The error of the C library; [`NoThread`].
pub async fn look_up(
    name: String,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    if is_localhost(&name) {
        let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        return Ok(addresses.map(|address| SocketAddr::new(address, 0)).to_vec());
    }
    hosts::disable_plug_ins();
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        let found = (name.as_str(), 0).to_socket_addrs().map(Iterator::collect);
        // After the time limit, nobody receives it.
        let _ = sender.send(found);
    };
    thread::Builder::new().spawn(work).map_err(NoThread)?;
    Ok(receiver.await.map_err(io::Error::other)??)
}
