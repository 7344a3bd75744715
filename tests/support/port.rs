//! Ports for servers that take no listening socket, and so have to be told of one that is free.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where Linux begins to take ports for whoever connects, if it does not say.
const USUAL: u32 = 32_768;
/// How many ports below that are used.
const ROOM: u32 = 12_000;

/// A loopback address on which nobody listens, and whose port no connection is given: it stays free until it is used, and
/// while a server is away that is to come back. Each call gives another.
pub(crate) fn free_address() -> String {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    // Another test program at the same time begins elsewhere.
    let next = NEXT.get_or_init(|| AtomicU32::new(RandomState::new().build_hasher().finish() as u32 % ROOM));
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let above = range.split_whitespace().next().and_then(|port| port.parse().ok()).unwrap_or(USUAL);
    let address = || {
        let port = above.max(ROOM + 1_024) - 1 - next.fetch_add(1, Ordering::Relaxed) % ROOM;
        format!("127.0.0.1:{port}")
    };
    (0..ROOM).map(|_| address()).find(|address| TcpListener::bind(address).is_ok()).expect("a port is free")
}
