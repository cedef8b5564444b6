//! Where the code of a generation lies: symbolic links are followed once for each, and another
//! release may be chosen.

use std::fs;
use std::path::{Path, PathBuf};

use askr_supervisor::Release;

use crate::config::ApplicationConfig;

/// The paths as they were configured.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The folder that another release takes the place of: the application's, or else the one
    /// that the document root lies in.
    base: PathBuf,
    root: PathBuf,
    worker_script: Option<PathBuf>,
    /// The application is told where it lies.
    is_named: bool,
}

impl Places {
    pub(super) fn new(config: &ApplicationConfig) -> Self {
        let above_root = || config.root.parent().unwrap_or(&config.root).to_owned();
        Self {
            base: config.app_base.clone().unwrap_or_else(above_root),
            root: config.root.clone(),
            worker_script: config.worker_script.clone(),
            is_named: config.app_base.is_some(),
        }
    }

    /// `like`, but of the release that is there now, or that lies at `path`.
    ///
    /// # Errors
    /// A path of it that is not there.
    pub(super) fn resolve(&self, path: Option<&Path>, like: &Release) -> Result<Release, String> {
        if path.is_some() && !self.is_movable() {
            let base = self.base.display();
            return Err(format!(
                "nothing that is served lies in {base}, so there is no other release"
            ));
        }
        let base = path.unwrap_or(&self.base);
        let mut release = like.clone();
        release.template.root = self.of_release(base, &self.root)?;
        let script = self.worker_script.as_deref();
        release.template.script = script
            .map(|script| self.of_release(base, script))
            .transpose()?;
        if self.is_named {
            let named = Some(canonical(base)?.into());
            release
                .program
                .variables
                .push(("ASKR_APP_BASE".into(), named));
        }
        Ok(release)
    }

    fn is_movable(&self) -> bool {
        let served = self.worker_script.iter().chain([&self.root]);
        served.into_iter().any(|path| path.starts_with(&self.base))
    }

    /// A configured path as it is in the release at `base`; one that lies elsewhere stays there.
    fn of_release(&self, base: &Path, configured: &Path) -> Result<PathBuf, String> {
        match configured.strip_prefix(&self.base) {
            Ok(below) => canonical(&base.join(below)),
            Err(_) => canonical(configured),
        }
    }
}

fn canonical(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use askr_exchange::control::TemplateConfig;
    use askr_supervisor::Program;

    use super::*;

    /// Two releases, and `current`, which is a link to the first.
    fn releases() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        for name in ["1", "2"] {
            fs::create_dir_all(base.join(name).join("public")).unwrap();
            fs::write(base.join(name).join("worker.php"), "").unwrap();
        }
        symlink("1", base.join("current")).unwrap();
        (folder, base)
    }

    fn places(base: &Path) -> Places {
        Places {
            base: base.join("current"),
            root: base.join("current/public"),
            worker_script: Some(base.join("current/worker.php")),
            is_named: true,
        }
    }

    fn like() -> Release {
        Release {
            template: TemplateConfig {
                script: None,
                root: PathBuf::new(),
                ini: Vec::new(),
                pools: Vec::new(),
                generation: 1,
                debug: false,
            },
            program: Program::own_template(),
        }
    }

    fn resolved(places: &Places, path: Option<&Path>) -> [PathBuf; 3] {
        let release = places.resolve(path, &like()).unwrap();
        let (_, named) = release.program.variables.last().unwrap().clone();
        let script = release.template.script.unwrap();
        [release.template.root, script, named.unwrap().into()]
    }

    fn paths_in(release: &Path) -> [PathBuf; 3] {
        [
            release.join("public"),
            release.join("worker.php"),
            release.to_owned(),
        ]
    }

    #[test]
    fn a_link_that_has_moved_is_followed() {
        let (_folder, base) = releases();
        let places = places(&base);
        assert_eq!(resolved(&places, None), paths_in(&base.join("1")));

        fs::remove_file(base.join("current")).unwrap();
        symlink("2", base.join("current")).unwrap();

        assert_eq!(resolved(&places, None), paths_in(&base.join("2")));
    }

    #[test]
    fn another_release_has_the_same_layout() {
        let (_folder, base) = releases();
        let other = base.join("2");
        assert_eq!(resolved(&places(&base), Some(&other)), paths_in(&other));
    }

    #[test]
    fn what_lies_outside_of_the_release_stays() {
        let (_folder, base) = releases();
        let script = base.join("shared.php");
        fs::write(&script, "").unwrap();
        let places = Places {
            worker_script: Some(script.clone()),
            ..places(&base)
        };

        assert_eq!(resolved(&places, Some(&base.join("2")))[1], script);
    }

    #[test]
    fn another_release_is_refused_where_nothing_would_change() {
        let (_folder, base) = releases();
        let places = Places {
            base: base.join("1"),
            root: base.join("2/public"),
            worker_script: None,
            is_named: true,
        };

        let refused = places.resolve(Some(&base.join("2")), &like()).unwrap_err();

        assert!(
            refused.starts_with("nothing that is served lies in "),
            "{refused}"
        );
    }

    #[test]
    fn a_release_that_lacks_something_is_no_release() {
        let (_folder, base) = releases();
        fs::remove_file(base.join("2/worker.php")).unwrap();

        let refused = places(&base)
            .resolve(Some(&base.join("2")), &like())
            .unwrap_err();

        let missing = base.join("2/worker.php").display().to_string();
        assert_eq!(
            refused,
            format!("{missing}: No such file or directory (os error 2)")
        );
    }
}
