//! Whether a program that changes many files is still at work: git holds a lock, composer writes
//! what it wants first and what is there last.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Whether the application in `base` will change further by itself.
pub(super) fn are_at_work(base: &Path) -> bool {
    base.join(".git/index.lock").exists() || composer_is(base).unwrap_or(false)
}

/// Whether `composer.lock` names packages that are not there in that version; `None` when that
/// cannot be known.
fn composer_is(base: &Path) -> Option<bool> {
    let locked = read(&base.join("composer.lock"))?;
    let installed = read(&base.join("vendor/composer/installed.json"))?;
    let has_dev = installed.get("dev")?.as_bool()?;
    let there = packages(&installed, "packages");
    let mut wanted = packages(&locked, "packages");
    if has_dev {
        wanted.extend(packages(&locked, "packages-dev"));
    }
    Some(wanted != there)
}

/// Name and exact version of each package of a list.
fn packages(document: &Value, list: &str) -> BTreeSet<(String, String)> {
    let list = document.get(list).and_then(Value::as_array);
    let packages = list.into_iter().flatten().filter_map(|package| {
        let text = |key: &str| package.get(key)?.as_str().map(str::to_owned);
        Some((text("name")?, text("version")?))
    });
    packages.collect()
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(lock: &str, installed: &str) -> tempfile::TempDir {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(base.path().join("vendor/composer")).unwrap();
        fs::write(base.path().join("composer.lock"), lock).unwrap();
        let path = base.path().join("vendor/composer/installed.json");
        fs::write(path, installed).unwrap();
        base
    }

    const LOCK: &str = r#"{"packages": [{"name": "a/a", "version": "1.0"}],
        "packages-dev": [{"name": "b/b", "version": "2.0"}]}"#;

    #[test]
    fn composer_is_at_work_until_the_packages_are_those_of_the_lock() {
        let table = [
            (
                r#"{"dev": false, "packages": [{"name": "a/a", "version": "1.0"}]}"#,
                false,
            ),
            (
                r#"{"dev": false, "packages": [{"name": "a/a", "version": "0.9"}]}"#,
                true,
            ),
            (
                r#"{"dev": true, "packages": [{"name": "a/a", "version": "1.0"}]}"#,
                true,
            ),
            (
                r#"{"dev": true, "packages": [{"name": "b/b", "version": "2.0"}, {"name": "a/a", "version": "1.0"}]}"#,
                false,
            ),
            (r#"{"dev": true, "pack"#, false),
        ];
        for (installed, is_at_work) in table {
            let base = application(LOCK, installed);
            assert_eq!(are_at_work(base.path()), is_at_work, "{installed}");
        }
    }

    #[test]
    fn git_is_at_work_while_it_holds_its_lock() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join(".git")).unwrap();
        assert!(!are_at_work(base.path()));
        fs::write(base.path().join(".git/index.lock"), "").unwrap();
        assert!(are_at_work(base.path()));
    }
}
