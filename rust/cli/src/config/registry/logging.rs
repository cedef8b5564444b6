//! What is written down, and where.

use askr_gateway::AccessField;

use super::super::access_log::{AccessPlace, FORMATS};
use super::super::kind::{Kind, Value};
use super::super::options::{Key, LOG_FORMATS, LOG_LEVELS, OptionSpec};

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::LogLevel,
        name: "log_level",
        kind: || Kind::Choice(LOG_LEVELS),
        default: || Some(Value::Choice("info")),
        default_text: None,
        placeholder: "LEVEL",
        doc: "Least level that is logged (to standard error).",
    },
    OptionSpec {
        key: Key::LogFormat,
        name: "log_format",
        kind: || Kind::Choice(LOG_FORMATS),
        default: || Some(Value::Choice("text")),
        default_text: None,
        placeholder: "FORMAT",
        doc: "Lines of text for people or JSON for machines.",
    },
    OptionSpec {
        key: Key::LogFile,
        name: "log_file",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("standard error"),
        placeholder: "FILE",
        doc: "File that the log goes to; SIGUSR1 opens it anew after it was moved.",
    },
    OptionSpec {
        key: Key::AccessLog,
        name: "access_log",
        kind: || Kind::AccessPlace,
        default: || Some(Value::AccessPlace(AccessPlace::Off)),
        default_text: None,
        placeholder: "PLACE",
        doc: "Where each request becomes a line: a file, which SIGUSR1 opens anew, `stdout`, `syslog` for the log of this machine, or `syslog:HOST:PORT` over UDP.",
    },
    OptionSpec {
        key: Key::AccessLogFormat,
        name: "access_log_format",
        kind: || Kind::Choice(FORMATS),
        default: || Some(Value::Choice("json")),
        default_text: None,
        placeholder: "FORMAT",
        doc: "Lines of JSON with `access_log_fields`, or those of nginx and Apache.",
    },
    OptionSpec {
        key: Key::AccessLogFields,
        name: "access_log_fields",
        kind: || Kind::AccessFields,
        default: || Some(Value::AccessFields(AccessField::usual())),
        default_text: Some("all but `query`, which may hold secrets"),
        placeholder: "FIELD",
        doc: "What a line in JSON says, in this order; `default` stands for the fields that are there otherwise: `default,query`. A list, or separated by commas.",
    },
    OptionSpec {
        key: Key::Debug,
        name: "debug",
        kind: || Kind::Switch,
        default: || Some(Value::Switch(false)),
        default_text: None,
        placeholder: "SWITCH",
        doc: "Name the generation and the worker in each reply, as `Askr-Generation` and `Askr-Worker`, and how long it took, as `Server-Timing`.",
    },
];
