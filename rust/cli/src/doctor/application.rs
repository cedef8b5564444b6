//! The application: what its composer files require, and what it must be able to write.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use askr_worker::EngineReport;
use rustix::fs::{Access, access};
use serde_json::Value as Json;

use super::finding::Finding;
use crate::config::{Key, Settings};

/// An application on disk, or the lack of one.
pub(crate) struct Application {
    folder: Option<PathBuf>,
}

/// Extension by name, with the packages that require it.
type Requirements = BTreeMap<String, Vec<String>>;

impl Application {
    /// The application of the configuration, else the folder above the root.
    pub(crate) fn of(settings: &Settings) -> Self {
        let named = settings.path(Key::AppBase).map(Path::to_owned);
        let above_root = || {
            let folder = settings.path(Key::Root)?.parent()?;
            folder
                .join("composer.json")
                .is_file()
                .then(|| folder.to_owned())
        };
        Self {
            folder: named.or_else(above_root),
        }
    }

    /// Judges the application, if there is one.
    pub(crate) fn findings(&self, engine: Option<&EngineReport>) -> Vec<Finding> {
        let Some(folder) = &self.folder else {
            return vec![Finding::note(
                "application",
                "none given; --app-base DIR names one",
            )];
        };
        if !folder.is_dir() {
            return vec![Finding::fail(
                "application",
                format!("{} is no folder", folder.display()),
            )];
        }
        let mut findings = vec![Finding::ok("application", folder.display().to_string())];
        findings.push(extensions(folder, engine));
        findings.push(writable(folder, "storage"));
        findings.push(writable(folder, "bootstrap/cache"));
        findings
    }
}

fn extensions(folder: &Path, engine: Option<&EngineReport>) -> Finding {
    const SUBJECT: &str = "extensions";
    let required = match requirements(folder) {
        Ok(required) => required,
        Err(problem) => return Finding::fail(SUBJECT, problem),
    };
    if required.is_empty() {
        return Finding::ok(SUBJECT, "none required by composer.json and composer.lock");
    }
    let Some(engine) = engine else {
        return Finding::note(
            SUBJECT,
            format!("{} required; the engine is unknown", required.len()),
        );
    };
    let missing = missing(&required, &engine.extensions);
    if missing.is_empty() {
        let names: Vec<&str> = required.keys().map(String::as_str).collect();
        return Finding::ok(
            SUBJECT,
            format!(
                "all {} required are there: {}",
                names.len(),
                names.join(", ")
            ),
        );
    }
    Finding::fail(
        SUBJECT,
        format!("not in this engine: {}", missing.join("; ")),
    )
}

/// `name (required by package, package)` for each that the engine lacks.
fn missing(required: &Requirements, loaded: &[String]) -> Vec<String> {
    let lacks = |name: &str| !loaded.iter().any(|loaded| composer_name(loaded) == name);
    let named = required.iter().filter(|(name, _)| lacks(name));
    named
        .map(|(name, by)| format!("{name} (required by {})", by.join(", ")))
        .collect()
}

/// Composer writes spaces in a name as dashes: `zend opcache` is `ext-zend-opcache`.
fn composer_name(extension: &str) -> String {
    extension.to_ascii_lowercase().replace(' ', "-")
}

/// Every `ext-*` that composer.json and the packages in composer.lock require.
fn requirements(folder: &Path) -> Result<Requirements, String> {
    let mut required = Requirements::new();
    if let Some(project) = read_json(&folder.join("composer.json"))? {
        add(&mut required, "composer.json", &project);
    }
    if let Some(lock) = read_json(&folder.join("composer.lock"))? {
        for package in lock["packages"].as_array().into_iter().flatten() {
            add(
                &mut required,
                package["name"].as_str().unwrap_or("?"),
                package,
            );
        }
    }
    Ok(required)
}

fn add(required: &mut Requirements, by: &str, package: &Json) {
    for name in package["require"]
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
    {
        if let Some(extension) = name.strip_prefix("ext-") {
            required
                .entry(extension.to_ascii_lowercase())
                .or_default()
                .push(by.to_owned());
        }
    }
}

/// `None` when there is no such file.
fn read_json(path: &Path) -> Result<Option<Json>, String> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let json = serde_json::from_slice(&text);
    json.map(Some)
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn writable(folder: &Path, name: &'static str) -> Finding {
    let path = folder.join(name);
    if !path.is_dir() {
        return Finding::note(name, format!("{} is not there", path.display()));
    }
    let user = rustix::process::geteuid().as_raw();
    match access(&path, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Finding::ok(
            name,
            format!("{} is writable for user {user}", path.display()),
        ),
        Err(error) => {
            let owner = rustix::fs::stat(&path).map_or(user, |stat| stat.st_uid);
            let path = path.display();
            Finding::fail(
                name,
                format!(
                    "{path} is not writable for user {user} ({error}); it belongs to user {owner}"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn application(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn engine(extensions: &[&str]) -> EngineReport {
        EngineReport {
            version: "8.4.24".to_owned(),
            thread_safe: false,
            sapi: "askr".to_owned(),
            opcache: true,
            extensions: extensions.iter().map(|name| (*name).to_owned()).collect(),
            ini_file: None,
        }
    }

    const PROJECT: &str = r#"{"require": {"php": "^8.3", "ext-PDO": "*", "acme/mail": "^1"}}"#;
    const LOCK: &str = r#"{"packages": [
        {"name": "acme/mail", "require": {"ext-imap": "*", "ext-zend-opcache": "*"}},
        {"name": "acme/post", "require": {"ext-imap": "*"}}]}"#;

    #[test]
    fn what_is_missing_is_named_with_those_who_require_it() {
        let folder = application(&[("composer.json", PROJECT), ("composer.lock", LOCK)]);

        let finding = extensions(folder.path(), Some(&engine(&["pdo", "zend opcache"])));

        let evidence = "not in this engine: imap (required by acme/mail, acme/post)";
        assert_eq!(finding, Finding::fail("extensions", evidence));
    }

    #[test]
    fn what_is_there_is_listed() {
        let folder = application(&[("composer.json", PROJECT), ("composer.lock", LOCK)]);

        let finding = extensions(
            folder.path(),
            Some(&engine(&["PDO", "Zend OPcache", "imap"])),
        );

        let evidence = "all 3 required are there: imap, pdo, zend-opcache";
        assert_eq!(finding, Finding::ok("extensions", evidence));
    }

    #[test]
    fn a_composer_file_that_is_no_json_fails() {
        let folder = application(&[("composer.json", "{")]);

        assert_eq!(extensions(folder.path(), None).state, State::Fail);
    }

    #[test]
    fn folders_are_checked_for_writing() {
        let folder = application(&[]);
        fs::create_dir(folder.path().join("storage")).unwrap();

        assert_eq!(writable(folder.path(), "storage").state, State::Ok);
        assert_eq!(
            writable(folder.path(), "bootstrap/cache").state,
            State::Note
        );
    }
}
