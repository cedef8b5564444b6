//! Which files matter. Pure: nothing is looked up on the disk.

use std::path::{Component, Path, PathBuf};

use crate::config::WatchConfig;

/// What a watch is about.
#[derive(Debug, Clone)]
pub(super) struct Interest {
    base: PathBuf,
    paths: Vec<PathBuf>,
}

impl Interest {
    pub(super) fn new(config: WatchConfig) -> Interest {
        let WatchConfig { base, paths } = config;
        Interest { base, paths }
    }

    /// The folder of the application.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// Where looking begins, for every path: in the application for what lies there, so that
    /// folders are found that come later, else beside it.
    pub(super) fn starts(&self) -> Vec<PathBuf> {
        let mut starts = vec![self.base.clone()];
        for path in &self.paths {
            let beside = path.parent().unwrap_or(path);
            if !path.starts_with(&self.base) && !starts.iter().any(|start| start == beside) {
                starts.push(beside.to_owned());
            }
        }
        starts
    }

    /// Whether changes in `folder` are to be seen: something that counts is there, or may come.
    pub(super) fn is_watched(&self, folder: &Path) -> bool {
        let leads_on = self.paths.iter().any(|path| path.starts_with(folder));
        leads_on || self.is_within(folder)
    }

    /// Whether a change of the file `path` makes a reload worth while.
    pub(super) fn counts(&self, path: &Path) -> bool {
        self.is_within(path) && !is_leftover(path) && !self.is_written_by_the_application(path)
    }

    /// As a developer would name `path`.
    pub(super) fn shown<'p>(&self, path: &'p Path) -> std::path::Display<'p> {
        path.strip_prefix(&self.base).unwrap_or(path).display()
    }

    /// Below a watched path, and in no folder that is passed over on the way there.
    fn is_within(&self, path: &Path) -> bool {
        self.paths.iter().any(|watched| {
            let below = path.strip_prefix(watched);
            below.is_ok_and(|below| !self.is_passed_over(watched, below))
        })
    }

    fn is_passed_over(&self, watched: &Path, below: &Path) -> bool {
        let mut folder = watched.to_owned();
        below.components().any(|component| {
            folder.push(component);
            is_foreign(component) || OWN_RHYTHM.iter().any(|name| self.base.join(name) == folder)
        })
    }

    /// A booting application writes these itself when it finds them missing or old.
    fn is_written_by_the_application(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.base);
        below.is_ok_and(|below| {
            MANIFESTS
                .iter()
                .any(|manifest| below == Path::new(manifest))
        })
    }
}

/// Folders of tools, at any depth.
fn is_foreign(component: Component<'_>) -> bool {
    let Component::Normal(name) = component else {
        return false;
    };
    FOREIGN.iter().any(|foreign| name == *foreign)
}

/// What editors put beside a file while it is edited, what the browser's build watches itself, and
/// what an application writes while it runs.
fn is_leftover(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return true;
    };
    let is_numbered = name.bytes().all(|byte| byte.is_ascii_digit());
    if is_numbered || name.ends_with('~') || name.starts_with(['#', '~']) {
        return true;
    }
    if name.starts_with(".#") || name.starts_with(".goutputstream") || name.contains("___jb_") {
        return true;
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        let extension = extension.to_ascii_lowercase();
        PASSED_OVER.contains(&extension.as_str()) || extension.starts_with("sqlite")
    })
}

/// Folders of the application that change by themselves, unless one inside is named.
const OWN_RHYTHM: &[&str] = &["storage", "vendor", "public"];

const FOREIGN: &[&str] = &[".git", ".hg", ".svn", ".idea", ".vscode", "node_modules"];

const MANIFESTS: &[&str] = &[
    "bootstrap/cache/packages.php",
    "bootstrap/cache/services.php",
];

const PASSED_OVER: &[&str] = &[
    // editors
    "swp",
    "swo",
    "swx",
    "swn",
    "tmp",
    "temp",
    "bak",
    "orig",
    "crswap",
    "kate-swp",
    "part",
    // the build for the browser
    "js",
    "mjs",
    "cjs",
    "jsx",
    "ts",
    "tsx",
    "vue",
    "svelte",
    "css",
    "scss",
    "sass",
    "less",
    "map",
    // databases and logs
    "db",
    "db-journal",
    "db-wal",
    "db-shm",
    "log",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn interest(paths: &[&str]) -> Interest {
        let base = PathBuf::from("/app");
        let paths = paths.iter().map(|path| base.join(path)).collect();
        Interest::new(WatchConfig { base, paths })
    }

    #[test]
    fn code_counts_and_what_comes_and_goes_beside_it_does_not() {
        let interest = interest(&[
            "app",
            "bootstrap",
            "database",
            "resources",
            ".env",
            "composer.lock",
        ]);
        let table = [
            ("/app/app/Http/Foo.php", true),
            ("/app/resources/views/home.blade.php", true),
            ("/app/resources/views/vendor/mail/x.blade.php", true),
            ("/app/resources/data/countries.json", true),
            ("/app/.env", true),
            ("/app/composer.lock", true),
            ("/app/bootstrap/app.php", true),
            ("/app/bootstrap/cache/config.php", true),
            ("/app/bootstrap/cache/services.php", false),
            ("/app/bootstrap/cache/packages.php", false),
            ("/app/.env.example", false),
            ("/app/composer.json", false),
            ("/app/tests/FooTest.php", false),
            ("/app/app/.Foo.php.swp", false),
            ("/app/app/Foo.php~", false),
            ("/app/app/#Foo.php#", false),
            ("/app/app/.#Foo.php", false),
            ("/app/app/4913", false),
            ("/app/app/Foo.php___jb_tmp___", false),
            ("/app/app/.git/index", false),
            ("/app/resources/js/app.js", false),
            ("/app/resources/js/node_modules/x/index.php", false),
            ("/app/database/database.sqlite", false),
            ("/app/database/database.sqlite-wal", false),
            ("/elsewhere/Foo.php", false),
        ];
        for (path, counts) in table {
            assert_eq!(interest.counts(Path::new(path)), counts, "{path}");
        }
    }

    #[test]
    fn folders_that_change_by_themselves_are_passed_over_unless_they_are_named() {
        let whole = interest(&["."]);
        let named = interest(&["vendor/composer", "storage/rules"]);
        let table = [
            ("/app/anything/x.php", true, false),
            ("/app/vendor/acme/x.php", false, false),
            ("/app/vendor/composer/installed.php", false, true),
            ("/app/storage/framework/views/x.php", false, false),
            ("/app/storage/rules/x.php", false, true),
            ("/app/public/index.php", false, false),
        ];
        for (path, by_whole, by_name) in table {
            assert_eq!(whole.counts(Path::new(path)), by_whole, "{path}");
            assert_eq!(named.counts(Path::new(path)), by_name, "{path}");
        }
    }

    #[test]
    fn folders_are_watched_where_files_may_come() {
        let interest = interest(&["app", "modules/shop/src", ".env"]);
        let table = [
            ("/app", true),
            ("/app/app", true),
            ("/app/app/Http", true),
            ("/app/modules", true),
            ("/app/modules/shop", true),
            ("/app/modules/shop/src/x", true),
            ("/app/modules/other", false),
            ("/app/vendor", false),
            ("/app/app/node_modules", false),
        ];
        for (path, is_watched) in table {
            assert_eq!(interest.is_watched(Path::new(path)), is_watched, "{path}");
        }
    }

    #[test]
    fn looking_begins_at_the_application_and_beside_what_lies_elsewhere() {
        let mut interest = interest(&["app"]);
        interest.paths.push(PathBuf::from("/etc/app/settings.php"));
        let starts = [PathBuf::from("/app"), PathBuf::from("/etc/app")];
        assert_eq!(interest.starts(), starts);
        assert!(interest.is_watched(Path::new("/etc/app")));
        assert!(interest.counts(Path::new("/etc/app/settings.php")));
    }
}
