//! Which requests are sent elsewhere, and where.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::hosting::host_name;
use crate::hosting::redirect_rule::{
    FromPath, RedirectFrom, RedirectRule, RedirectTo, Scheme, ToPath,
};

/// All rules. Where several have a request, the one with the closest host counts, of those the one
/// with the closest path.
#[derive(Debug, Default)]
pub(crate) struct Redirects {
    /// The closest first.
    rules: Vec<RedirectRule>,
    /// Those with one path, by that.
    by_path: HashMap<Box<str>, Vec<usize>>,
    /// All others.
    others: Vec<usize>,
}

/// A request, as far as rules look at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) https: bool,
    /// With the port, as the client says it.
    pub(crate) authority: &'a str,
    /// Percent-encoded.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

/// Where a request is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) location: String,
    pub(crate) status: u16,
}

impl Redirects {
    pub(crate) fn new(mut rules: Vec<RedirectRule>) -> Redirects {
        rules.sort_by_key(|rule| closeness(&rule.from));
        let mut redirects = Redirects::default();
        for (index, rule) in rules.iter().enumerate() {
            match &rule.from.path {
                Some(FromPath::Exact(path)) => {
                    let same = redirects.by_path.entry(path.clone()).or_default();
                    same.push(index);
                }
                Some(FromPath::Below(_)) | None => redirects.others.push(index),
            }
        }
        redirects.rules = rules;
        redirects
    }

    /// Where the request is to go, if it is to go anywhere.
    pub(crate) fn find(&self, asked: &Asked<'_>) -> Option<Redirect> {
        if self.rules.is_empty() || !asked.path.starts_with('/') {
            return None;
        }
        let host = host_name::plain(asked.authority);
        let has = |index: &&usize| has(&self.rules[**index].from, asked, &host);
        let exact = self.by_path.get(asked.path);
        let exact = exact.and_then(|same| same.iter().find(has));
        let other = self.others.iter().find(has);
        let index = exact.into_iter().chain(other).min()?;
        let rule = &self.rules[*index];
        Some(Redirect {
            location: location(rule, asked, &host)?,
            status: rule.status,
        })
    }
}

/// The closer the smaller: a host before a wildcard, the longer one first; a path before the
/// beginning of one; a scheme before none.
fn closeness(from: &RedirectFrom) -> (u8, Reverse<usize>, u8, Reverse<usize>, bool) {
    let (host, host_bytes) = match &from.host {
        Some(host) => (u8::from(host.is_wildcard()), host.name().len()),
        None => (2, 0),
    };
    let (path, path_bytes) = match &from.path {
        Some(FromPath::Exact(path)) => (0, path.len()),
        Some(FromPath::Below(front)) => (1, front.len()),
        None => (2, 0),
    };
    let is_any = from.scheme.is_none();
    (host, Reverse(host_bytes), path, Reverse(path_bytes), is_any)
}

fn has(from: &RedirectFrom, asked: &Asked<'_>, host: &str) -> bool {
    let path = match &from.path {
        Some(FromPath::Exact(path)) => **path == *asked.path,
        Some(FromPath::Below(front)) => asked.path.starts_with(&**front),
        None => true,
    };
    path && from.scheme.is_none_or(|scheme| scheme == scheme_of(asked))
        && from.host.as_ref().is_none_or(|from| from.has(host))
}

fn scheme_of(asked: &Asked<'_>) -> Scheme {
    match asked.https {
        true => Scheme::Https,
        false => Scheme::Http,
    }
}

/// `None` where the client does not say what host it is on and the rule keeps it.
fn location(rule: &RedirectRule, asked: &Asked<'_>, host: &str) -> Option<String> {
    let RedirectTo {
        scheme,
        authority,
        path,
    } = &rule.to;
    let mut location = String::new();
    if scheme.is_some() || authority.is_some() {
        let own = scheme_of(asked);
        let scheme = scheme.unwrap_or(own);
        // The port belongs to the scheme that the client came by.
        let kept = if scheme == own { asked.authority } else { host };
        let authority = authority.as_deref().unwrap_or(kept);
        if authority.is_empty() {
            return None;
        }
        location.extend([scheme.text(), authority]);
    }
    match path {
        None => location.push_str(asked.path),
        Some(ToPath::Exact(path)) => location.push_str(path),
        Some(ToPath::Below(front)) => location.extend([front, rest(&rule.from, asked.path)]),
    }
    if let Some(query) = asked.query.filter(|_| !location.contains('?')) {
        location.extend(["?", query]);
    }
    Some(location)
}

/// What the star of a rule stands for. Never a path of its own: behind a slash, `/evil.example`
/// would be the name of a host.
fn rest<'a>(from: &RedirectFrom, path: &'a str) -> &'a str {
    let rest = match &from.path {
        Some(FromPath::Below(front)) => path.strip_prefix(&**front).unwrap_or_default(),
        Some(FromPath::Exact(_)) => "",
        None => path,
    };
    rest.trim_start_matches(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[(&str, &str)]) -> Redirects {
        let rules = rules.iter().map(|(from, to)| RedirectRule {
            name: "x".to_owned(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            status: RedirectRule::STATUS,
        });
        Redirects::new(rules.collect())
    }

    /// Where a URL is sent; `-` is nowhere.
    fn sent(redirects: &Redirects, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (authority, target) = rest.split_at(rest.find('/').unwrap());
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let found = redirects.find(&Asked {
            https: scheme == "https",
            authority,
            path,
            query,
        });
        found.map_or("-".to_owned(), |redirect| redirect.location)
    }

    fn check(redirects: &Redirects, cases: &[(&str, &str)]) {
        for (url, location) in cases {
            assert_eq!(sent(redirects, url), *location, "{url}");
        }
    }

    #[test]
    fn a_host_goes_to_another_with_path_and_query() {
        let redirects = rules(&[("www.shop.example", "https://shop.example")]);
        check(
            &redirects,
            &[
                ("http://www.shop.example/", "https://shop.example/"),
                (
                    "https://WWW.shop.example:443/a?b=1",
                    "https://shop.example/a?b=1",
                ),
                ("http://www.shop.example//a", "https://shop.example//a"),
                ("http://shop.example/", "-"),
                ("http:///", "-"),
            ],
        );
    }

    #[test]
    fn a_host_stays_where_only_the_scheme_changes() {
        let redirects = rules(&[("http://", "https://")]);
        check(
            &redirects,
            &[
                ("http://shop.example:8080/a?b", "https://shop.example/a?b"),
                ("http://[::1]:8080/", "https://[::1]/"),
                ("https://shop.example/a", "-"),
                ("http:///a", "-"),
            ],
        );
    }

    #[test]
    fn a_port_stays_where_the_scheme_does() {
        let redirects = rules(&[("http://a.example/x", "http:///y")]);
        check(
            &redirects,
            &[("http://a.example:8080/x", "http://a.example:8080/y")],
        );
    }

    #[test]
    fn paths_go_to_paths() {
        let redirects = rules(&[
            ("/old", "/new"),
            ("/q", "/new?own=1"),
            ("/docs/*", "https://docs.example/v1/*"),
            ("/gone/*", "/"),
            ("blog.example", "https://shop.example/blog/*"),
        ]);
        check(
            &redirects,
            &[
                ("http://a/old?x=1", "/new?x=1"),
                ("http://a/old/", "-"),
                ("http://a/%6fld", "-"),
                ("http://a/q?x=1", "/new?own=1"),
                ("http://a/docs/a/b?c", "https://docs.example/v1/a/b?c"),
                ("http://a/docs/", "https://docs.example/v1/"),
                ("http://a/docs", "-"),
                ("http://a/gone/x", "/"),
                ("http://blog.example/post", "https://shop.example/blog/post"),
            ],
        );
    }

    #[test]
    fn nobody_chooses_the_host_by_a_path() {
        let redirects = rules(&[("/old/*", "/*"), ("a.example", "/x/*")]);
        check(
            &redirects,
            &[
                ("http://b/old//evil.example/x", "/evil.example/x"),
                ("http://b/old/\\evil.example", "/evil.example"),
                ("http://a.example//evil.example", "/x/evil.example"),
            ],
        );
    }

    #[test]
    fn the_closest_rule_counts() {
        let redirects = rules(&[
            ("/a", "/any"),
            ("/*", "/any/*"),
            ("*.x.example", "https://wild.example"),
            ("*.b.x.example", "https://wilder.example"),
            ("c.x.example/a", "/exact"),
            ("c.x.example", "https://whole.example"),
            ("https://c.x.example/a", "/secure"),
        ]);
        check(
            &redirects,
            &[
                ("http://o/a", "/any"),
                ("http://o/b", "/any/b"),
                ("http://a.x.example/a", "https://wild.example/a"),
                ("http://a.b.x.example/a", "https://wilder.example/a"),
                ("http://c.x.example/a", "/exact"),
                ("https://c.x.example/a", "/secure"),
                ("http://c.x.example/b", "https://whole.example/b"),
            ],
        );
    }

    #[test]
    fn a_request_without_a_path_stays() {
        let redirects = rules(&[("http://", "https://")]);
        let asked = Asked {
            https: false,
            authority: "a",
            path: "*",
            query: None,
        };
        assert_eq!(redirects.find(&asked), None);
    }
}
