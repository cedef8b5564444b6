//! The path of a request, against a disk that has everything anybody asks for.

use http::Method;

use crate::config::PoolConfig;
use crate::route::{Files, Kind, NormalPath, PoolMap, Route, RouteRequest, route};

pub(super) const SEEDS: &[&[u8]] = &[
    b"/",
    b"/index.php/a/b",
    b"/a%20b/%2e%2e/c",
    b"/%2E%2E%2Fetc/passwd",
    b"/a//b/./c/",
    b"/.env",
    b"/.well-known/acme-challenge/x",
    b"/a.php%00.jpg",
    b"/a.PHP.",
    b"/app.js~",
    b"/%c3%a9%ff",
    b"/a%5c..%5cb",
    b"*",
];

/// A disk on which each path is what its last letter says.
struct Everything;

impl Files for Everything {
    fn kind(&self, path: &str) -> Kind {
        assert!(path.starts_with('/'), "{path:?} does not begin at the root");
        assert!(!path.contains('\0'), "{path:?} has a NUL byte");
        let climbs = path.split('/').any(|segment| segment == "..");
        assert!(!climbs && !path.contains("//"), "{path:?} is not normal");
        match path.as_bytes().last() {
            Some(b'd') => Kind::Directory,
            Some(b'm') => Kind::Missing,
            _ => Kind::File,
        }
    }
}

/// Nothing outside the root is asked for, and no file is given out that is not to be.
pub(super) fn route_of(bytes: &[u8]) {
    let Ok(target) = http::Uri::try_from(bytes) else {
        return;
    };
    let method = match target.path() {
        "" => return, // a host alone, which no request has
        "*" => Method::OPTIONS,
        _ => Method::GET,
    };
    let _any = NormalPath::of(target.path());
    for classic in [false, true] {
        let pool = PoolConfig {
            classic,
            ..PoolConfig::default()
        };
        let request = RouteRequest {
            method: &method,
            path: target.path(),
            pools: &PoolMap::new(&[pool]),
        };
        match route(request, &Everything) {
            Route::File(path) => given_out(&path),
            Route::Script { script, .. } => {
                assert!(script.name.ends_with(".php"), "{:?} runs", script.name);
                assert!(classic || script.name == "/index.php");
            }
            Route::Redirect(path) => {
                assert!(path.ends_with('/') && !path.starts_with("//"), "{path:?}");
            }
            _ => {}
        }
    }
}

fn given_out(path: &str) {
    let lower = path.to_ascii_lowercase();
    let end = lower.trim_end_matches(['.', ' ']);
    for source in [".php", ".phtml", ".inc", ".bak", "~"] {
        assert!(!end.ends_with(source), "{path:?} is given out");
    }
    let shown = path.strip_prefix("/.well-known").unwrap_or(path);
    assert!(!shown.contains("/."), "{path:?} is given out");
}
