//! Where requests are sent on to, by host name, scheme and path.

use std::fmt;
use std::str::FromStr;

use http::Uri;

use crate::hosting::host_name::HostName;

/// A rule that sends clients elsewhere, before any application is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectRule {
    /// What it is called.
    pub name: String,
    /// Which requests it is about.
    pub from: RedirectFrom,
    /// Where they are to go.
    pub to: RedirectTo,
    /// 301, 302, 307 or 308.
    pub status: u16,
}

/// `[http://|https://][HOST][/PATH]`: what is left out may be anything. A path that ends in `/*` has
/// all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectFrom {
    pub(crate) scheme: Option<Scheme>,
    pub(crate) host: Option<HostName>,
    pub(crate) path: Option<FromPath>,
}

/// `[http://|https://][HOST][/PATH]`: what is left out is as in the request. A path that ends in
/// `/*` goes on with what was behind that of the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectTo {
    pub(crate) scheme: Option<Scheme>,
    /// With its port.
    pub(crate) authority: Option<Box<str>>,
    pub(crate) path: Option<ToPath>,
}

/// It is not the one side or the other of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is neither a host, a path nor both")]
pub struct RedirectError {
    /// What was to be one.
    pub text: String,
}

/// How clients reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromPath {
    Exact(Box<str>),
    /// All paths that begin with it; it ends in a slash.
    Below(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToPath {
    /// With its query, if it has one.
    Exact(Box<str>),
    /// It ends in a slash.
    Below(Box<str>),
}

impl RedirectRule {
    /// The statuses that a rule can have.
    pub const STATUSES: [u16; 4] = [301, 302, 307, 308];
    /// The one that a rule has unless it says otherwise: nobody keeps it.
    pub const STATUS: u16 = 302;

    /// Whether what stands for the star of the one side is there on the other.
    #[must_use]
    pub fn fits(&self) -> bool {
        let wants_rest = matches!(self.to.path, Some(ToPath::Below(_)));
        !(wants_rest && matches!(self.from.path, Some(FromPath::Exact(_))))
    }

    /// Whether who follows it comes back to the same rule, always: it could never have an end.
    #[must_use]
    pub fn leads_back(&self) -> bool {
        let RedirectRule { from, to, .. } = self;
        let scheme = from.scheme.is_none() || to.scheme.is_none() || from.scheme == to.scheme;
        let host = match (&from.host, &to.authority) {
            (None, _) | (_, None) => true,
            (Some(from), Some(to)) => from.has(&crate::hosting::host_name::plain(to)),
        };
        scheme && host && self.path_leads_back()
    }

    fn path_leads_back(&self) -> bool {
        match (&self.from.path, &self.to.path) {
            (None, _) | (Some(_), None) => true,
            (Some(FromPath::Exact(from)), Some(ToPath::Exact(to))) => {
                to.split('?').next() == Some(from)
            }
            (Some(FromPath::Exact(_)), Some(ToPath::Below(_))) => false,
            (Some(FromPath::Below(from)), Some(ToPath::Exact(to) | ToPath::Below(to))) => {
                to.starts_with(&**from)
            }
        }
    }
}

impl Scheme {
    /// As a URL begins with it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Scheme::Http => "http://",
            Scheme::Https => "https://",
        }
    }
}

impl FromStr for RedirectFrom {
    type Err = RedirectError;

    fn from_str(text: &str) -> Result<RedirectFrom, RedirectError> {
        let wrong = || RedirectError {
            text: text.to_owned(),
        };
        let parts = Parts::of(text).ok_or_else(wrong)?;
        let host = parts.host.map(str::parse).transpose();
        let path = parts.path.map(|path| match below(path) {
            Some(front) => FromPath::Below(front.into()),
            None => FromPath::Exact(path.into()),
        });
        if parts.path.is_some_and(|path| path.contains(['?', '#'])) {
            return Err(wrong());
        }
        Ok(RedirectFrom {
            scheme: parts.scheme,
            host: host.map_err(|_| wrong())?,
            path,
        })
    }
}

impl FromStr for RedirectTo {
    type Err = RedirectError;

    fn from_str(text: &str) -> Result<RedirectTo, RedirectError> {
        let wrong = || RedirectError {
            text: text.to_owned(),
        };
        let parts = Parts::of(text).ok_or_else(wrong)?;
        let is_name = |authority: &str| {
            let has_port = authority
                .rsplit_once(':')
                .filter(|(name, _)| !name.ends_with(':'));
            let name = match has_port {
                Some((name, port)) if port.parse::<u16>().is_ok() => name,
                _ => authority,
            };
            name.parse::<HostName>()
                .is_ok_and(|name| !name.is_wildcard())
        };
        if parts.host.is_some_and(|host| !is_name(host)) {
            return Err(wrong());
        }
        Ok(RedirectTo {
            scheme: parts.scheme,
            authority: parts.host.map(Into::into),
            path: parts.path.map(|path| match below(path) {
                Some(front) => ToPath::Below(front.into()),
                None => ToPath::Exact(path.into()),
            }),
        })
    }
}

/// What both sides are made of.
struct Parts<'a> {
    scheme: Option<Scheme>,
    host: Option<&'a str>,
    path: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Parts<'a>> {
        let (scheme, rest) = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find_map(|scheme| Some((Some(scheme), text.strip_prefix(scheme.text())?)))
            .unwrap_or((None, text));
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let parts = Parts {
            scheme,
            host: Some(host).filter(|host| !host.is_empty()),
            path: Some(path).filter(|path| !path.is_empty()),
        };
        let is_something = !text.is_empty() && parts.path.is_none_or(is_path);
        is_something.then_some(parts)
    }
}

/// A path as requests have it, with at most one star, which is its last segment.
fn is_path(path: &str) -> bool {
    let inner = below(path).unwrap_or(path);
    !inner.contains(['*', '\\', '#'])
        && !inner.starts_with("//")
        && inner.bytes().all(|byte| byte.is_ascii_graphic())
        && inner.parse::<Uri>().is_ok()
}

/// What is before the star of `/old/*`.
fn below(path: &str) -> Option<&str> {
    path.strip_suffix('*').filter(|front| front.ends_with('/'))
}

impl fmt::Display for RedirectFrom {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.map_or("", Scheme::text);
        out.write_str(scheme)?;
        if let Some(host) = &self.host {
            write!(out, "{host}")?;
        }
        match &self.path {
            None => Ok(()),
            Some(FromPath::Exact(path)) => out.write_str(path),
            Some(FromPath::Below(front)) => write!(out, "{front}*"),
        }
    }
}

impl fmt::Display for RedirectTo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.scheme.map_or("", Scheme::text))?;
        out.write_str(self.authority.as_deref().unwrap_or_default())?;
        match &self.path {
            None => Ok(()),
            Some(ToPath::Exact(path)) => out.write_str(path),
            Some(ToPath::Below(front)) => write!(out, "{front}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: &str, to: &str) -> RedirectRule {
        RedirectRule {
            name: "x".to_owned(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            status: RedirectRule::STATUS,
        }
    }

    #[test]
    fn both_sides_are_written_as_they_are_read() {
        for from in [
            "www.a.example",
            "http://",
            "https://*.a.example/x/*",
            "/old",
            "/old/*",
            "/",
        ] {
            assert_eq!(from.parse::<RedirectFrom>().unwrap().to_string(), from);
        }
        for to in [
            "https://",
            "https://a.example",
            "a.example:8443",
            "/new?x=1",
            "/new/*",
            "https://a.example/b/*",
            "http://[::1]:80/",
        ] {
            assert_eq!(to.parse::<RedirectTo>().unwrap().to_string(), to);
        }
    }

    #[test]
    fn what_is_no_side_of_a_rule_is_refused() {
        for from in [
            "", "ftp://a", "a b", "/a/*/b", "/a*", "//a", "/a?b", "a:80", "/a\\b", "/a\r\n",
        ] {
            assert!(from.parse::<RedirectFrom>().is_err(), "{from}");
        }
        for to in [
            "",
            "*.a.example",
            "https://a b",
            "//a",
            "/a/*/*",
            "me@a",
            "a:99999",
            "/a\nb",
        ] {
            assert!(to.parse::<RedirectTo>().is_err(), "{to}");
        }
    }

    #[test]
    fn a_rule_that_has_no_end_is_known() {
        for (from, to) in [
            ("a.example", "https://a.example"),
            ("a.example", "/x"),
            ("/x", "/x?again"),
            ("/x/*", "/x/y/*"),
            ("http://", "a.example"),
            ("*.a.example", "https://www.a.example"),
        ] {
            assert!(rule(from, to).leads_back(), "{from} -> {to}");
        }
        for (from, to) in [
            ("http://", "https://"),
            ("www.a.example", "https://a.example"),
            ("*.a.example", "https://a.example"),
            ("/x", "/y"),
            ("/x/*", "/y/*"),
            ("/x/*", "/x"),
            ("http://a.example", "https://a.example"),
        ] {
            assert!(!rule(from, to).leads_back(), "{from} -> {to}");
        }
    }
}
