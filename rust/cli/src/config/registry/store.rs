//! The options of the store.

use super::bytes;
use crate::config::kind::Kind;
use crate::config::options::{Key, OptionSpec};
use crate::config::store::StoreConfig;

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::StoreSize,
        name: "store_size",
        kind: || Kind::Bytes {
            range: 0..=16 << 30,
        },
        default: || bytes(StoreConfig::SIZE),
        default_text: None,
        placeholder: "SIZE",
        doc: "Memory of the store that all processes share: cache, counters, sessions, locks and limits; 0 is none.",
    },
    OptionSpec {
        key: Key::StoreValueMax,
        name: "store_value_max",
        kind: || Kind::Bytes {
            range: 1 << 10..=1 << 30,
        },
        default: || None,
        default_text: Some("`8MB`, or what the cache's part of `store_size` takes if that is less"),
        placeholder: "SIZE",
        doc: "Largest value of the store; who writes a larger one gets an error.",
    },
    OptionSpec {
        key: Key::StoreSessions,
        name: "store_sessions",
        kind: || Kind::Bytes {
            range: 256 << 10..=8 << 30,
        },
        default: || None,
        default_text: Some("an eighth of `store_size`"),
        placeholder: "SIZE",
        doc: "How much of `store_size` is for sessions, which are never evicted; the cache has that much less.",
    },
    OptionSpec {
        key: Key::StoreFile,
        name: "store_file",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("none: a restart begins with an empty store"),
        placeholder: "FILE",
        doc: "File that the store is written to at a clean stop; the next start reads and removes it.",
    },
    OptionSpec {
        key: Key::StoreSocket,
        name: "store_socket",
        kind: || Kind::Path,
        default: || None,
        default_text: Some(
            "a name for the application beside `control_socket`, where the user that PHP runs as can reach it",
        ),
        placeholder: "FILE",
        doc: "Unix socket on which programs outside the server reach the store, as if it were a Redis.",
    },
];
