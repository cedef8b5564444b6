//! Whether a program that changes many files is still at work: git holds a lock, composer writes
//! what it wants first and what is there last.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Whether the application in `base`, of which `changed` has changed, will change further by
/// itself.
pub(super) fn are_at_work<'p>(base: &Path, mut changed: impl Iterator<Item = &'p Path>) -> bool {
    let composers = [base.join("composer.lock"), base.join("vendor/composer")];
    let is_composers = |path: &Path| composers.iter().any(|its| path.starts_with(its));
    base.join(".git/index.lock").exists()
        || changed.any(is_composers) && composer_is(base).unwrap_or(false)
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
    use std::iter;

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
            let of = |changed: &Path| are_at_work(base.path(), [changed].into_iter());
            assert_eq!(of(&base.path().join("composer.lock")), is_at_work);
            assert!(!of(&base.path().join("app/Foo.php")), "{installed}");
        }
    }

    #[test]
    fn git_is_at_work_while_it_holds_its_lock() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join(".git")).unwrap();
        assert!(!are_at_work(base.path(), iter::empty()));
        fs::write(base.path().join(".git/index.lock"), "").unwrap();
        assert!(are_at_work(base.path(), iter::empty()));
    }
}
