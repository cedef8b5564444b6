//! Makes a Composer package out of a part of Debian's PHP library tree.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::apt::AptError;
use crate::files::{self, FileError};
use crate::process;

/// A Composer package and what of the tree belongs to it.
#[derive(Debug)]
pub(crate) struct Wrapped {
    /// Composer's name.
    pub(crate) name: &'static str,
    /// The Debian package whose version it carries.
    pub(crate) debian: &'static str,
    /// Entries of the library tree; none means all that no other package claims.
    parts: &'static [&'static str],
    /// Programs of the tree it installs.
    programs: &'static [&'static str],
}

/// The packages the repository offers.
pub(crate) const WRAPPED: &[Wrapped] = &[
    Wrapped {
        name: "laravel/framework",
        debian: "php-laravel-framework",
        parts: &[],
        programs: &[],
    },
    Wrapped {
        name: "phpunit/phpunit",
        debian: "phpunit",
        parts: &[
            "DeepCopy",
            "PHPUnit",
            "PharIo",
            "PhpParser",
            "SebastianBergmann",
            "TheSeer",
            "data",
            "staabm",
        ],
        programs: &["phpunit"],
    },
    Wrapped {
        name: "mockery/mockery",
        debian: "php-mockery",
        parts: &["Hamcrest", "Hamcrest.php", "Mockery", "Mockery.php"],
        programs: &[],
    },
];

/// Parts that only Composer itself uses.
const COMPOSER_PARTS: &[&str] = &["Composer", "JsonSchema", "MabeEnum", "React", "Seld"];

/// Files that define a class a second time, for another version of PHP or of a dependency; their
/// owner loads the right one itself.
const ALTERNATIVES: &[&str] = &[
    "**/*autoload*.php",
    "**/*Autoload.php",
    "src/Carbon/MessageFormatter/MessageFormatterMapper*Type.php",
    "src/Carbon/Translator*Type.php",
    "src/Carbon/*DatePeriod.php",
];

impl Wrapped {
    /// The package's folder in the repository.
    pub(crate) fn folder(&self) -> String {
        self.name.replace('/', "-")
    }
}

/// Whether the repository offers the package `name`.
pub(crate) fn is_wrapped(name: &str) -> bool {
    name.starts_with("illuminate/") || WRAPPED.iter().any(|wrapped| wrapped.name == name)
}

/// Whether a file is one of Debian's class loaders.
pub(crate) fn is_autoload(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".php") && name.to_ascii_lowercase().starts_with("autoload")
}

/// Writes the package `wrapped` to `folder`.
pub(crate) fn wrap(
    wrapped: &Wrapped,
    version: &str,
    library: &Path,
    folder: &Path,
) -> Result<(), AptError> {
    let source = folder.join("src");
    files::create_folder(&source)?;
    for part in parts(wrapped, library)? {
        copy(&part, &source)?;
    }
    for program in wrapped.programs {
        copy(&library.join("../../bin").join(program), folder)?;
    }
    let configuration = source.join("Illuminate/config");
    if configuration.is_dir() {
        // The framework merges its base configuration from beside its source folder.
        copy(&configuration, folder)?;
        copy(&source.join("Illuminate/config-stubs"), folder)?;
    }
    let functions = function_files(folder, &source)?;
    let replaced = replaced(wrapped, &source, version)?;
    let description = describe(wrapped, version, &functions, &replaced);
    let text = serde_json::to_string_pretty(&description).expect("plain values always serialize");
    Ok(files::write(&folder.join("composer.json"), &text)?)
}

fn parts(wrapped: &Wrapped, library: &Path) -> Result<Vec<PathBuf>, FileError> {
    if !wrapped.parts.is_empty() {
        let parts = wrapped.parts.iter().map(|part| library.join(part));
        return Ok(parts.filter(|part| part.exists()).collect());
    }
    let is_claimed = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        COMPOSER_PARTS.contains(&&*name)
            || WRAPPED.iter().any(|other| other.parts.contains(&&*name))
    };
    let mut parts = files::entries(library)?;
    parts.retain(|part| !is_claimed(part));
    Ok(parts)
}

fn copy(from: &Path, into: &Path) -> Result<(), AptError> {
    process::read(Command::new("cp").arg("--archive").arg(from).arg(into))?;
    Ok(())
}

/// The files with functions, which Debian's class loaders include right away.
fn function_files(folder: &Path, source: &Path) -> Result<Vec<String>, FileError> {
    let mut found = Vec::new();
    for loader in files::files_below(source)? {
        if !is_autoload(&loader) {
            continue;
        }
        let beside = loader.parent().unwrap_or(source);
        let text = files::read(&loader)?;
        for file in included(&text).map(|name| beside.join(name.trim_start_matches('/'))) {
            let below = file.strip_prefix(folder).unwrap_or(&file);
            found.push(below.to_string_lossy().into_owned());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Names in `require_once __DIR__.'/name.php';` lines, other loaders left out.
fn included(loader: &str) -> impl Iterator<Item = &str> {
    loader
        .lines()
        .filter_map(|line| line.strip_prefix("require_once __DIR__"))
        .filter_map(|line| line.split('\'').nth(1))
        .filter(|name| !is_autoload(Path::new(name)) && !name.contains("autoload-"))
}

/// `illuminate/*`: the components the framework carries.
fn replaced(wrapped: &Wrapped, source: &Path, version: &str) -> Result<Value, FileError> {
    let mut replaced = serde_json::Map::new();
    if wrapped.name == "laravel/framework" {
        for component in files::entries(&source.join("Illuminate"))? {
            if component.join("autoload.php").is_file() {
                let name = component.file_name().unwrap_or_default().to_string_lossy();
                replaced.insert(format!("illuminate/{}", kebab(&name)), json!(version));
            }
        }
    }
    Ok(Value::Object(replaced))
}

fn describe(wrapped: &Wrapped, version: &str, functions: &[String], replaced: &Value) -> Value {
    json!({
        "name": wrapped.name,
        "version": version,
        "description": "Debian's build of this package with everything it needs",
        "type": "library",
        "bin": wrapped.programs,
        "replace": replaced,
        "autoload": {
            "classmap": ["src/"],
            "files": functions,
            "exclude-from-classmap": ALTERNATIVES,
        },
    })
}

/// `JsonSchema` becomes `json-schema`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_files_are_told_from_other_loaders() {
        let loader = "require_once __DIR__.'/functions.php';\n\
                      require_once __DIR__ . '/../Diff/autoload.php';\n\
                      require_once __DIR__ . '/autoload-interfaces.php';\n\
                      require_once '/usr/share/php/Psr/Log/autoload.php';\n\
                      require_once __DIR__.'/Framework/Assert/Functions.php';\n";
        let names: Vec<_> = included(loader).collect();
        assert_eq!(names, ["/functions.php", "/Framework/Assert/Functions.php"]);
    }

    #[test]
    fn component_names_become_package_names() {
        assert_eq!(kebab("JsonSchema"), "json-schema");
        assert_eq!(kebab("Auth"), "auth");
    }

    #[test]
    fn class_loaders_are_known_by_name() {
        assert!(is_autoload(Path::new("a/autoload.php")));
        assert!(is_autoload(Path::new("PHPUnit/Autoload.php")));
        assert!(!is_autoload(Path::new("Composer/Autoload/ClassLoader.php")));
    }
}
