//! The options of encrypted connections.

use crate::config::kind::{Kind, Value};
use crate::config::options::{Key, OptionSpec, TLS_VERSIONS};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::TlsCert,
        name: "tls_cert",
        kind: || Kind::Paths,
        default: || Some(Value::Paths(Vec::new())),
        default_text: Some("none"),
        placeholder: "FILE",
        doc: "PEM file with a certificate and those that lead to its authority; several as repeated flags, a list, or separated by commas. Clients get the one for the name they ask for, or the first. A file that changes is taken up without a reload.",
    },
    OptionSpec {
        key: Key::TlsKey,
        name: "tls_key",
        kind: || Kind::Paths,
        default: || Some(Value::Paths(Vec::new())),
        default_text: Some("none"),
        placeholder: "FILE",
        doc: "PEM file with the private key of the `tls_cert` at the same position.",
    },
    OptionSpec {
        key: Key::TlsSelfSigned,
        name: "tls_self_signed",
        kind: || Kind::Switch,
        default: || Some(Value::Switch(false)),
        default_text: None,
        placeholder: "SWITCH",
        doc: "For development: certificates for every name that is asked for, signed by an authority that this user keeps. `askr trust` makes this machine trust it.",
    },
    OptionSpec {
        key: Key::TlsMin,
        name: "tls_min",
        kind: || Kind::Choice(TLS_VERSIONS),
        default: || None,
        default_text: Some("`1.2`"),
        placeholder: "VERSION",
        doc: "Oldest version of TLS that is spoken; the newest is 1.3.",
    },
];
