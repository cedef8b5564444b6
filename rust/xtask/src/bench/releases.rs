//! Copies of the demo as a deploy lays them out: folders beside a link `current`.

use std::path::{Path, PathBuf};

use super::row::Site;
use crate::checkout::Checkout;
use crate::files::{self, FileError};

/// What each copy has besides the demo: a route that says where its parts come from.
const ROUTE: &str = r"
Route::get('/release', fn () => new Illuminate\Http\JsonResponse([
    'class' => App\Release::NAME,
    'configuration' => config('app.name'),
]));
";

/// A folder of releases.
#[derive(Debug)]
pub(crate) struct Releases {
    demo: PathBuf,
    folder: PathBuf,
}

impl Releases {
    /// None yet, in a new folder.
    pub(crate) fn create(checkout: &Checkout, folder: &Path) -> Result<Releases, FileError> {
        files::create_folder(folder)?;
        Ok(Releases {
            demo: checkout.demo(),
            folder: folder.to_owned(),
        })
    }

    /// Copies the demo; its class, its configuration and its static file carry the name.
    pub(crate) fn add(&self, name: &str) -> Result<PathBuf, FileError> {
        let release = self.folder.join(name);
        for file in files::files_below(&self.demo)? {
            let below = file.strip_prefix(&self.demo).unwrap_or(&file);
            // The packages stay where they are: Composer's files alone say where the classes lie.
            let is_package = below.starts_with("vendor")
                && !below.starts_with("vendor/composer")
                && below != Path::new("vendor/autoload.php");
            if !is_package {
                copy(&file, &release.join(below))?;
            }
        }
        for package in files::entries(&self.demo.join("vendor"))? {
            let link = release
                .join("vendor")
                .join(package.file_name().unwrap_or_default());
            if package.is_dir() && !link.exists() {
                files::link(&link, &package)?;
            }
        }
        sign(&release, name)?;
        Ok(release)
    }

    /// Moves the link `current`.
    pub(crate) fn point_to(&self, name: &str) -> Result<(), FileError> {
        files::link(&self.current(), Path::new(name))
    }

    /// A site that follows the link.
    pub(crate) fn site(&self, site: &Site) -> Site {
        Site {
            root: self.current().join("public"),
            application: Some(self.current()),
            ..site.clone()
        }
    }

    fn current(&self) -> PathBuf {
        self.folder.join("current")
    }
}

fn sign(release: &Path, name: &str) -> Result<(), FileError> {
    let class = format!(
        "<?php\n\nnamespace App;\n\nclass Release\n{{\n    public const NAME = '{name}';\n}}\n"
    );
    files::write(&release.join("app/Release.php"), &class)?;
    let routes = release.join("routes/web.php");
    files::write(&routes, &(files::read(&routes)? + ROUTE))?;
    let environment = release.join(".env");
    let lines = files::read(&environment)?;
    let lines: String = lines
        .lines()
        .filter(|line| !line.starts_with("APP_NAME="))
        .map(|line| format!("{line}\n"))
        .collect();
    files::write(&environment, &format!("{lines}APP_NAME={name}\n"))?;
    files::write(
        &release.join("public/release.txt"),
        &format!("release {name}\n"),
    )
}

fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    if let Some(parent) = to.parent() {
        files::create_folder(parent)?;
    }
    if let Ok(target) = from.read_link() {
        return files::link(to, &target);
    }
    files::copy(from, to)
}
