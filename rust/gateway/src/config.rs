//! What a gateway is told before it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::limits::Limits;

/// Where the gateway listens and what it serves.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Addresses to listen on; port 0 picks a free one.
    pub listen: Vec<SocketAddr>,
    /// The document root: files below it are served, `index.php` in it is the front controller.
    pub root: PathBuf,
    /// Classic mode: a request for an existing PHP file runs that file.
    pub classic: bool,
    /// Where request bodies go that do not fit into memory, in files without a name.
    pub spool_folder: PathBuf,
    /// Bounds on clients and waits.
    pub limits: Limits,
}

impl Default for GatewayConfig {
    fn default() -> GatewayConfig {
        GatewayConfig {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8000))],
            root: PathBuf::from("public"),
            classic: false,
            spool_folder: std::env::temp_dir(),
            limits: Limits::default(),
        }
    }
}
