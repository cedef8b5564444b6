//! What is compressed on its way to clients.

use askr_gateway::CompressionConfig;

use crate::config::kind::{Kind, Value};
use crate::config::options::{Key, OptionSpec};

/// The options about compression.
pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::Compress,
        name: "compress",
        kind: || Kind::Codings,
        default: || Some(Value::Codings(CompressionConfig::default().codings)),
        default_text: None,
        placeholder: "CODINGS",
        doc: "What replies are compressed with; of those that a client likes best the first. A list, or separated by commas.",
    },
    OptionSpec {
        key: Key::CompressMin,
        name: "compress_min",
        kind: || Kind::Bytes { range: 0..=1 << 30 },
        default: || Some(Value::Bytes(CompressionConfig::default().bytes_min)),
        default_text: None,
        placeholder: "SIZE",
        doc: "A reply shorter than this is sent as it is.",
    },
    OptionSpec {
        key: Key::CompressTypes,
        name: "compress_types",
        kind: || Kind::MediaTypes,
        default: || Some(Value::MediaTypes(CompressionConfig::default().types)),
        default_text: None,
        placeholder: "TYPES",
        doc: "The media types of replies that are compressed; a list, or separated by commas. `text/*` has all of its kind but `text/event-stream`, which has to be named.",
    },
    OptionSpec {
        key: Key::CompressLevels,
        name: "compress_levels",
        kind: || Kind::CodingLevels,
        default: || Some(Value::CodingLevels(CompressionConfig::default().levels)),
        default_text: None,
        placeholder: "LEVELS",
        doc: "How hard each coding tries: higher is smaller and slower. A table, or separated by commas; what is not named keeps its default.",
    },
];
