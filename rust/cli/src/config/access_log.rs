//! Where requests are written down, and how.

use std::fmt;
use std::path::{Path, PathBuf};

use askr_gateway::{AccessField, AccessFormat, AccessLogPlace, SyslogAddress};

use super::kind::OFF;
use super::options::Key;
use super::raw::Raw;
use super::settings::Settings;

/// The value of `access_log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AccessPlace {
    Off,
    To(AccessLogPlace),
}

/// What is to be written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessLogConfig {
    pub(crate) place: AccessLogPlace,
    pub(crate) format: AccessFormat,
}

/// The log that the settings describe, if they want one.
pub(super) fn access_log(settings: &Settings) -> Option<AccessLogConfig> {
    let AccessPlace::To(place) = settings.access_place() else {
        return None;
    };
    let format = match settings.choice(Key::AccessLogFormat) {
        COMBINED => AccessFormat::Combined,
        _ => AccessFormat::Json(settings.access_fields().to_vec()),
    };
    Some(AccessLogConfig {
        place: place.clone(),
        format,
    })
}

impl AccessPlace {
    /// The place that `raw` names, if it names one.
    pub(super) fn of(raw: &Raw) -> Option<AccessPlace> {
        let place = match raw.text()? {
            OFF => return Some(AccessPlace::Off),
            "" => return None,
            STDOUT => AccessLogPlace::Stdout,
            SYSLOG => AccessLogPlace::Syslog(SyslogAddress::Local(LOCAL_SYSLOG.into())),
            text => match text.strip_prefix(SYSLOG_PREFIX) {
                Some(address) => AccessLogPlace::Syslog(syslog(address)?),
                None => AccessLogPlace::File(text.into()),
            },
        };
        Some(AccessPlace::To(place))
    }

    /// With the path of a file made absolute.
    pub(super) fn located(self, absolute: impl FnOnce(PathBuf) -> PathBuf) -> AccessPlace {
        match self {
            AccessPlace::To(AccessLogPlace::File(path)) => {
                AccessPlace::To(AccessLogPlace::File(absolute(path)))
            }
            other => other,
        }
    }
}

impl fmt::Display for AccessPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AccessPlace::To(place) = self else {
            return out.write_str(OFF);
        };
        match place {
            AccessLogPlace::Stdout => out.write_str(STDOUT),
            AccessLogPlace::File(path) => path.display().fmt(out),
            AccessLogPlace::Syslog(SyslogAddress::Local(path))
                if path == Path::new(LOCAL_SYSLOG) =>
            {
                out.write_str(SYSLOG)
            }
            AccessLogPlace::Syslog(SyslogAddress::Local(path)) => {
                write!(out, "{SYSLOG_PREFIX}{}", path.display())
            }
            AccessLogPlace::Syslog(SyslogAddress::Remote(host)) => {
                write!(out, "{SYSLOG_PREFIX}{host}")
            }
        }
    }
}

/// Names of fields; `default` stands for those that are there unless somebody chooses.
pub(super) fn fields(raw: &Raw) -> Option<Vec<AccessField>> {
    let mut fields = Vec::new();
    for name in raw.items()? {
        match name.as_str() {
            DEFAULT => fields.extend(AccessField::usual()),
            name => fields.push(AccessField::named(name)?),
        }
    }
    let is_new = |&(index, field): &(usize, &AccessField)| !fields[..index].contains(field);
    let once = fields.iter().enumerate().filter(is_new);
    let fields: Vec<AccessField> = once.map(|(_, &field)| field).collect();
    (!fields.is_empty()).then_some(fields)
}

pub(super) fn fields_text(fields: &[AccessField], separator: &str) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    names.join(separator)
}

/// A path, or a host with a port unless it is the usual one; IPv6 addresses in brackets.
fn syslog(address: &str) -> Option<SyslogAddress> {
    if address.starts_with('/') {
        return Some(SyslogAddress::Local(address.into()));
    }
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (address, SYSLOG_PORT),
    };
    let port: u16 = port.parse().ok().filter(|&port| port > 0)?;
    let name = host
        .strip_prefix('[')
        .map_or(host, |rest| rest.trim_end_matches(']'));
    let is_bracketed = name.len() != host.len();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let is_host = !name.is_empty() && name.bytes().all(is_plain);
    (is_host && is_bracketed == name.contains(':'))
        .then(|| SyslogAddress::Remote(format!("{host}:{port}")))
}

/// The formats of `access_log_format`.
pub(super) const FORMATS: &[&str] = &["json", COMBINED];
pub(super) const COMBINED: &str = "combined";
const DEFAULT: &str = "default";
const STDOUT: &str = "stdout";
const SYSLOG: &str = "syslog";
const SYSLOG_PREFIX: &str = "syslog:";
const SYSLOG_PORT: &str = "514";
const LOCAL_SYSLOG: &str = "/dev/log";

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<String> {
        let place = AccessPlace::of(&Raw::Words(vec![text.to_owned()]))?;
        let text = place.to_string();
        assert_eq!(
            AccessPlace::of(&Raw::Words(vec![text.clone()])),
            Some(place)
        );
        Some(text)
    }

    #[test]
    fn places_are_words_addresses_and_paths() {
        for text in [
            "off",
            "stdout",
            "syslog",
            "syslog:/run/log",
            "syslog:logs.internal:5514",
            "syslog:[2001:db8::1]:514",
            "/var/log/access.log",
            "logs/a:b",
        ] {
            assert_eq!(place(text).as_deref(), Some(text));
        }
        assert_eq!(
            place("syslog:192.0.2.1").as_deref(),
            Some("syslog:192.0.2.1:514")
        );
        assert_eq!(place("syslog:/dev/log").as_deref(), Some("syslog"));
        for text in [
            "",
            "syslog:",
            "syslog::514",
            "syslog:a:b",
            "syslog:a:0",
            "syslog:a:70000",
            "syslog:2001:db8::1",
            "syslog:[a]:1",
            "syslog:a b",
        ] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn fields_are_names_and_a_word_for_the_usual_ones() {
        let fields = |text: &str| fields(&Raw::Words(vec![text.to_owned()]));
        let two = [AccessField::Status, AccessField::Path];
        assert_eq!(fields("status,path").unwrap(), two);
        let all = fields("default,query,path").unwrap();
        assert_eq!(all.len(), AccessField::ALL.len());
        assert_eq!(all.last(), Some(&AccessField::Query));
        assert_eq!(fields("status,password"), None);
        assert_eq!(fields(""), None);
    }
}
