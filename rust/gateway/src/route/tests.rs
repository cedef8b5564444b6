use proptest::prelude::*;

use super::*;
use crate::config::PoolConfig;

/// A root with a fixed set of paths; those that end in `/` are directories.
struct Tree(&'static [&'static str]);

impl Files for Tree {
    fn kind(&self, path: &str) -> Kind {
        assert!(path.starts_with('/'), "{path} does not start with a slash");
        assert!(
            !path.contains("//") && !path.contains(".."),
            "{path} is not normal"
        );
        let directory = format!("{}/", path.trim_end_matches('/'));
        match () {
            () if self.0.contains(&path) => Kind::File,
            () if self.0.iter().any(|entry| entry.starts_with(&directory)) => Kind::Directory,
            () => Kind::Missing,
        }
    }
}

const TREE: Tree = Tree(&[
    "/index.php",
    "/info.php",
    "/robots.txt",
    "/empty.css",
    "/a b.txt",
    "/é.txt",
    "/.env",
    "/.well-known/security.txt",
    "/.well-known/.secret",
    "/.git/config",
    "/build/app.js",
    "/build/.vite/manifest.json",
    "/docs/index.html",
    "/admin/index.php",
    "/admin/.hidden.php",
    "/config.php.bak",
    "/backup.old",
    "/notes~",
    "/#notes#",
    "/index.php.swp",
    "/lib.INC",
    "/view.phtml",
    "/app.phar",
    "/shell.PHP",
    "/shell.php.",
    "/storage/photo.jpg",
]);

fn pools(classic: bool) -> PoolMap {
    PoolMap::new(&[PoolConfig {
        classic,
        ..PoolConfig::default()
    }])
}

fn decide(method: &Method, path: &str, classic: bool) -> String {
    decide_in(&pools(classic), method, path)
}

fn decide_in(pools: &PoolMap, method: &Method, path: &str) -> String {
    let request = RouteRequest {
        method,
        path,
        pools,
    };
    match route(request, &TREE) {
        Route::Script { pool: 0, script } => format!("php {} [{}]", script.name, script.path_info),
        Route::Script { pool, script } => {
            format!("php {} [{}] of {pool}", script.name, script.path_info)
        }
        Route::File(path) => format!("file {path}"),
        Route::Redirect(path) => format!("redirect {path}"),
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn check(classic: bool, table: &[(&str, &str)]) {
    for (path, expected) in table {
        let decided = decide(&Method::GET, path, classic);
        assert_eq!(&decided, expected, "{path}");
    }
}

const FRONT: &str = "php /index.php []";

#[test]
fn worker_mode_serves_files_and_leaves_the_rest_to_the_front_controller() {
    check(
        false,
        &[
            ("/", FRONT),
            ("/users/7", FRONT),
            ("/robots.txt", "file /robots.txt"),
            ("/empty.css", "file /empty.css"),
            ("/build/app.js", "file /build/app.js"),
            ("//build///app.js", "file /build/app.js"),
            ("/a%20b.txt", "file /a b.txt"),
            ("/%C3%A9.txt", "file /é.txt"),
            ("/robots.txt/", FRONT),
            ("/docs/", "file /docs/index.html"),
            ("/docs", "redirect /docs/"),
            ("//docs", "redirect /docs/"),
            ("/build", FRONT),
            ("/build/", FRONT),
            ("/storage/photo.jpg", "file /storage/photo.jpg"),
            ("/index.php", "php /index.php []"),
            ("/index.php/users/7", "php /index.php [/users/7]"),
            ("/info.php", FRONT),
            ("/admin/", FRONT),
            ("/askr/health", "Health"),
            ("/askr/ready", "Ready"),
            ("/askr/other", FRONT),
        ],
    );
}

#[test]
fn classic_mode_runs_existing_scripts() {
    check(
        true,
        &[
            ("/", FRONT),
            ("/info.php", "php /info.php []"),
            ("/info.php/a/b", "php /info.php [/a/b]"),
            ("/info.php/x.php", "php /info.php [/x.php]"),
            ("/info.php/a%2Fb", "php /info.php [/a/b]"),
            ("/info.php/%0A", FRONT),
            ("/info.php//a//b", "php /info.php [/a/b]"),
            ("/info.php/%E9", FRONT),
            ("/x\\info.php/a", FRONT),
            ("/admin%2Findex.php", FRONT),
            ("/admin%2Findex.php/a", FRONT),
            ("/info%2Ephp", "php /info.php []"),
            ("/info.phpx", FRONT),
            ("/missing.php", FRONT),
            ("/storage/photo.jpg/x.php", FRONT),
            ("/admin/", "php /admin/index.php []"),
            ("/admin", "redirect /admin/"),
            ("/admin/index.php", "php /admin/index.php []"),
            ("/admin/.hidden.php", FRONT),
            ("/docs/", "file /docs/index.html"),
        ],
    );
}

#[test]
fn sources_dotfiles_and_leftovers_are_never_served_as_files() {
    for classic in [false, true] {
        check(
            classic,
            &[
                ("/.env", FRONT),
                ("/%2eenv", FRONT),
                ("/.git/config", FRONT),
                ("/build/.vite/manifest.json", FRONT),
                (
                    "/.well-known/security.txt",
                    "file /.well-known/security.txt",
                ),
                ("/.well-known/.secret", FRONT),
                ("/config.php.bak", FRONT),
                ("/backup.old", FRONT),
                ("/notes~", FRONT),
                ("/%23notes%23", FRONT),
                ("/index.php.swp", FRONT),
                ("/lib.INC", FRONT),
                ("/view.phtml", FRONT),
                ("/app.phar", FRONT),
                ("/shell.PHP", FRONT),
                ("/shell.php.", FRONT),
            ],
        );
    }
}

#[test]
fn paths_that_climb_or_are_broken_are_refused() {
    check(
        true,
        &[
            ("/..", "Refused(Climbs)"),
            ("/../etc/passwd", "Refused(Climbs)"),
            ("/build/../../etc/passwd", "Refused(Climbs)"),
            ("/%2e%2e/etc/passwd", "Refused(Climbs)"),
            ("/..%2fetc/passwd", "Refused(Climbs)"),
            ("/..%5cetc", "Refused(Climbs)"),
            ("/a%00.txt", "Refused(Nul)"),
            ("/a%", "Refused(Encoding)"),
            ("/a%2", "Refused(Encoding)"),
            ("/a%zz", "Refused(Encoding)"),
            ("/..well", FRONT),
        ],
    );
}

#[test]
fn encoded_slashes_and_bytes_that_are_no_text_are_for_the_application() {
    check(
        true,
        &[
            ("/build%2Fapp.js", FRONT),
            ("/info.php%2Fa", FRONT),
            ("/%ff.txt", FRONT),
            ("/a%5Cb", FRONT),
            ("/a%0Ab", FRONT),
        ],
    );
}

#[test]
fn only_get_and_head_get_files() {
    assert_eq!(
        decide(&Method::HEAD, "/robots.txt", false),
        "file /robots.txt"
    );
    assert_eq!(decide(&Method::POST, "/robots.txt", false), FRONT);
    assert_eq!(decide(&Method::POST, "/info.php", true), "php /info.php []");
    assert_eq!(decide(&Method::OPTIONS, "*", false), FRONT);
}

#[test]
fn a_classic_root_without_a_front_controller_answers_not_found() {
    let tree = Tree(&["/index.html", "/a.php"]);
    let pools = pools(true);
    let decide = |path| {
        let request = RouteRequest {
            method: &Method::GET,
            path,
            pools: &pools,
        };
        route(request, &tree)
    };
    assert_eq!(decide("/"), Route::File("/index.html".to_owned()));
    assert_eq!(decide("/missing"), Route::NotFound);
}

/// A pool for `/reports`, and one that runs a script per request for `/admin`.
fn three_pools() -> PoolMap {
    let pool = |path: &str, classic| PoolConfig {
        paths: vec![path.to_owned()],
        classic,
        ..PoolConfig::default()
    };
    let default = PoolConfig::default();
    PoolMap::new(&[default, pool("/reports", false), pool("/admin", true)])
}

#[test]
fn no_spelling_of_a_path_slips_past_its_pool() {
    let pools = three_pools();
    let spellings = [
        "/reports/x",
        "//reports/x",
        "/reports//x",
        "/%72eports/x",
        "/%2Freports/x",
        "/%2freports%2fx",
        "/reports%2Fx",
        "/r%65ports/%FF",
        "/./reports/x",
        "/%2e/reports/x",
        "/index.php/reports/x",
        "//index.php//reports",
        "/index%2Ephp/reports/x",
        "/index.php/%72eports",
        "/index.php%2Freports",
    ];
    for path in spellings {
        let decided = decide_in(&pools, &Method::POST, path);
        assert!(decided.ends_with(" of 1"), "{path}: {decided}");
    }
}

#[test]
fn each_pool_runs_php_its_own_way() {
    let pools = three_pools();
    let get = |path| decide_in(&pools, &Method::GET, path);
    assert_eq!(get("/admin/index.php"), "php /admin/index.php [] of 2");
    assert_eq!(get("/admin/"), "php /admin/index.php [] of 2");
    assert_eq!(get("/info.php"), FRONT);
    assert_eq!(get("/reports/info.php"), "php /index.php [] of 1");
    assert_eq!(get("/robots.txt"), "file /robots.txt");
}

/// One way to write a segment: each byte as it is, or encoded.
fn spelled(segment: &str, encoded: &[bool]) -> String {
    let mut marks = encoded.iter().cycle();
    let mut text = String::new();
    for byte in segment.bytes() {
        match marks.next() {
            Some(true) => text.push_str(&format!("%{byte:02x}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

proptest! {
    #[test]
    fn a_path_is_in_one_pool_however_it_is_spelled(
        segments in prop::collection::vec("reports|admin|reportsx|[a-z]{1,4}", 1..4),
        separators in prop::collection::vec("/|//|/\\./|%2f|/%2E/", 1..4),
        encoded in prop::collection::vec(any::<bool>(), 1..6),
        is_long in any::<bool>(),
    ) {
        let pools = three_pools();
        let pool_of = |path: &str| {
            let request = RouteRequest {
                method: &Method::POST,
                path,
                pools: &pools,
            };
            match route(request, &TREE) {
                Route::Script { pool, .. } => pool,
                other => panic!("{path}: {other:?}"),
            }
        };
        let plain = format!("/{}", segments.join("/"));
        let mut path = String::from(if is_long { "/index.php" } else { "" });
        for (segment, separator) in segments.iter().zip(separators.iter().cycle()) {
            // A path begins with a slash that is written as one.
            let separator = if path.is_empty() { "/" } else { separator };
            path.push_str(separator);
            path.push_str(&spelled(segment, &encoded));
        }
        prop_assert_eq!(pool_of(&path), pool_of(&plain), "{}", path);
    }
}
