//! The options of what is watched for state that outlives its request.

use crate::config::kind::{Kind, Value};
use crate::config::options::{Key, OptionSpec};
use crate::config::share::Share;

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::Paranoid,
        name: "paranoid",
        kind: || Kind::Share,
        default: || Some(Value::Share(Share::NONE)),
        default_text: None,
        placeholder: "SHARE",
        doc: "Watch for state that one request leaves to the next, and log it; a share such as 0.01 looks at every hundredth request only. Worker mode with the Laravel package.",
    },
    OptionSpec {
        key: Key::ParanoidVendor,
        name: "paranoid_vendor",
        kind: || Kind::Names,
        default: || Some(Value::Names(Vec::new())),
        default_text: Some("none"),
        placeholder: "PACKAGE",
        doc: "Composer packages whose classes `paranoid` watches beside those of the application, such as `livewire/livewire` or `spatie/*`; a list, or separated by commas.",
    },
    OptionSpec {
        key: Key::ParanoidIgnore,
        name: "paranoid_ignore",
        kind: || Kind::Names,
        default: || Some(Value::Names(Vec::new())),
        default_text: Some("none"),
        placeholder: "NAME",
        doc: "What `paranoid` is to be silent about, as its log calls it, such as `App\\Services\\Foo::$cache` or `App\\Metrics*`; a list, or separated by commas.",
    },
];
