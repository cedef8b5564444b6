//! The text files that git knows or would add.

use std::process::Command;

use super::CheckError;
use crate::checkout::Checkout;
use crate::process;

/// One text file.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Below the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct SourceTree {
    pub(super) files: Vec<SourceFile>,
}

impl SourceTree {
    /// Reads the working copy; files that are not text are left out.
    pub(super) fn read(checkout: &Checkout) -> Result<SourceTree, CheckError> {
        let list = process::read(
            Command::new("git")
                .args(["ls-files", "--cached", "--others", "--exclude-standard"])
                .current_dir(checkout.root()),
        )?;
        let files = list
            .lines()
            .filter_map(|path| {
                let text = std::fs::read_to_string(checkout.path(path)).ok()?;
                Some(SourceFile {
                    path: path.to_owned(),
                    text,
                })
            })
            .collect();
        Ok(SourceTree { files })
    }

    /// Files whose name ends in `.extension`.
    pub(super) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &SourceFile> {
        let end = format!(".{extension}");
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(&end))
    }
}

impl SourceFile {
    /// The name without folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether it holds tests and nothing else.
    pub(super) fn is_test(&self) -> bool {
        let is_test_name = self.name() == "tests.rs" || self.name().ends_with("Test.php");
        is_test_name || self.path.contains("/tests/") || self.path.starts_with("tests/")
    }

    /// Lines up to an inline test module, comments included.
    pub(super) fn production_lines(&self) -> usize {
        self.text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count()
    }
}
