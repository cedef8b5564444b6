//! What runs at a moment, for people and programs to read.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a fleet runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The generation that new workers belong to.
    pub generation: u32,
    /// Its document root, resolved.
    pub path: PathBuf,
    /// Since when it has been that one, in seconds since 1970.
    pub since: u64,
    /// A reload or a rollback that is under way: what it does just now.
    pub change: Option<String>,
    /// The generation that a rollback would return to.
    pub previous: Option<u32>,
    /// All of them, in their order.
    pub pools: Vec<PoolStatus>,
    /// The store that all processes share, if there is one.
    #[serde(default)]
    pub store: Option<StoreStatus>,
    /// The other applications of the server, where there are any and all were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostStatus>,
}

/// What runs for some host names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStatus {
    /// What the application is called.
    pub name: String,
    /// What it runs.
    #[serde(flatten)]
    pub status: Status,
}

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Where programs outside the server reach it.
    pub socket: Option<PathBuf>,
    /// All of them, in their order.
    pub namespaces: Vec<NamespaceStatus>,
    /// What the gateway has counted there, in the order of the configuration.
    pub limits: Vec<LimitStatus>,
}

/// What a part of the store holds, and what happened in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceStatus {
    /// Its name.
    pub name: String,
    /// Entries that are there.
    pub entries: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// Bytes that they may take.
    pub capacity: u64,
    /// Reads that found their entry.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Entries that had to make room for others.
    pub evictions: u64,
    /// Writes for which there was no room.
    pub refused: u64,
}

/// What a limit on clients has done since the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitStatus {
    /// Its name.
    pub name: String,
    /// Requests that it let through.
    pub passed: u64,
    /// Requests that were answered 429.
    pub refused: u64,
    /// Requests that it let through because they could not be counted.
    pub uncounted: u64,
}

/// What a pool runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// Its name.
    pub name: String,
    /// Requests that no worker has yet.
    pub waiting: usize,
    /// From the order to fork one until it is gone.
    pub workers: Vec<WorkerStatus>,
}

/// What a worker does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerStatus {
    /// Its seat.
    pub seat: u16,
    /// Which process in a row of the whole server it is.
    pub incarnation: u32,
    /// Its process, once known.
    pub pid: Option<u32>,
    /// The generation whose code it runs.
    pub generation: u32,
    /// What it does.
    pub state: WorkerState,
    /// It is the one by which a new generation is judged.
    pub canary: bool,
    /// Replies that it says that it has ended.
    pub replies: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Seconds since it was ordered.
    pub age: u64,
    /// Memory that it shares with nobody, in bytes, when the system says.
    pub private_bytes: Option<u64>,
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It boots.
    Booting,
    /// It waits for a request.
    Idle,
    /// It runs one.
    Busy,
    /// It leaves at its next request boundary.
    Leaving,
    /// It was killed and is not gone yet.
    Killed,
}
