//! The options of encrypted connections.

use std::time::Duration;

use crate::config::kind::{Kind, Value};
use crate::config::options::{Key, OptionSpec, TLS_CLIENT_AUTH, TLS_VERSIONS};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::TlsCerts,
        name: "tls_cert",
        kind: || Kind::Paths,
        default: || Some(Value::Paths(Vec::new())),
        default_text: Some("none"),
        placeholder: "FILE",
        doc: "PEM file with a certificate and those that lead to its authority; several as repeated flags, a list, or separated by commas. Clients get the one for the name they ask for, or the first. A file that changes is taken up without a reload.",
    },
    OptionSpec {
        key: Key::TlsKeys,
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
        key: Key::TlsClientCa,
        name: "tls_client_ca",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("none"),
        placeholder: "FILE",
        doc: "PEM file with the authorities that may have signed the certificates of clients. PHP finds what a client showed in `$_SERVER` as `SSL_CLIENT_VERIFY`, `SSL_CLIENT_S_DN` and others.",
    },
    OptionSpec {
        key: Key::TlsClientAuth,
        name: "tls_client_auth",
        kind: || Kind::Choice(TLS_CLIENT_AUTH),
        default: || None,
        default_text: Some("`required` with a `tls_client_ca`, else `off`"),
        placeholder: "WORD",
        doc: "Whether clients show a certificate: `optional` lets those without one in, `required` does not.",
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
    OptionSpec {
        key: Key::HttpRedirect,
        name: "http_redirect",
        kind: || Kind::Addresses,
        default: || Some(Value::Addresses(Vec::new())),
        default_text: None,
        placeholder: "ADDR",
        doc: "Addresses and ports beside `listen` where clients are only sent to HTTPS (308); `on` is `0.0.0.0:80`.",
    },
    OptionSpec {
        key: Key::Hsts,
        name: "hsts",
        kind: || Kind::Duration {
            range: Duration::ZERO..=Duration::from_secs(2 * 365 * 24 * 60 * 60),
        },
        default: || Some(Value::Duration(Duration::ZERO)),
        default_text: None,
        placeholder: "TIME",
        doc: "For how long browsers that came by HTTPS are to come by nothing else, as `Strict-Transport-Security` tells them unless the application has its own; 0 is not at all.",
    },
];
