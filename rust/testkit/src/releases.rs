//! Releases of an application behind a link that names the current one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::server::{Server, ServerBuilder};

/// A folder as deployment tools keep it: `releases/NAME` for each release, and `current`, a
/// symbolic link. It goes when this is dropped.
///
/// A release answers these paths, whatever the query:
///
/// | path | answer |
/// |---|---|
/// | `/sleep` below any prefix | its name, after `ms` milliseconds of sleep |
/// | `/pid` | the process that answers |
/// | `/NAME.css` | a file of its own |
/// | `/up`, everything else | its name |
#[derive(Debug)]
pub struct Releases {
    folder: TempDir,
}

/// What is wrong with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A file that booting reads is no PHP.
    SyntaxError,
    /// Booting throws.
    BootException,
    /// Booting never ends.
    BootLoop,
    /// Every request is answered 500.
    FailsEveryRequest,
    /// No request ever ends.
    RequestLoop,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Flaw; 5] = [
        Flaw::SyntaxError,
        Flaw::BootException,
        Flaw::BootLoop,
        Flaw::FailsEveryRequest,
        Flaw::RequestLoop,
    ];
}

impl Releases {
    /// Good releases of these names; the first is the current one.
    ///
    /// # Panics
    /// When the temporary folder is not writable.
    #[must_use]
    pub fn new(names: &[&str]) -> Releases {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let releases = Releases { folder };
        for name in names {
            releases.add(name);
        }
        releases.switch_to(names[0]);
        releases
    }

    /// One more good release.
    ///
    /// # Panics
    /// When there is one of that name.
    pub fn add(&self, name: &str) {
        self.write_release(name, &format!("<?php return '{name}';"), RESPOND);
    }

    /// A release that is as good as nothing.
    ///
    /// # Panics
    /// When there is one of that name.
    pub fn add_flawed(&self, name: &str, flaw: Flaw) {
        let good = format!("<?php return '{name}';");
        let boot = match flaw {
            Flaw::SyntaxError => "<?php\n\nreturn <<;",
            Flaw::BootException => "<?php throw new RuntimeException('no such release');",
            Flaw::BootLoop => "<?php while (true) {\n}",
            Flaw::FailsEveryRequest | Flaw::RequestLoop => &good,
        };
        let respond = match flaw {
            Flaw::FailsEveryRequest => "http_response_code(500);\n    echo 'failed';",
            Flaw::RequestLoop => "while (true) {\n    }",
            Flaw::SyntaxError | Flaw::BootException | Flaw::BootLoop => RESPOND,
        };
        self.write_release(name, boot, respond);
    }

    /// Makes `name` the current release, in one step.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn switch_to(&self, name: &str) {
        let release = self.path(name);
        assert!(release.is_dir(), "there is no release {name}");
        let next = self.folder.path().join("next");
        symlink(release, &next).expect("the link of the last switch was moved away");
        fs::rename(next, self.current()).expect("the folder is writable");
    }

    /// Where a release lies.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("releases").join(name)
    }

    /// The link to the current release.
    #[must_use]
    pub fn current(&self) -> PathBuf {
        self.folder.path().join("current")
    }

    /// Worker mode over the current release.
    #[must_use]
    pub fn server(&self) -> ServerBuilder {
        self.classic()
            .flag("worker-script", self.current().join("worker.php"))
    }

    /// A script for each request over the current release.
    #[must_use]
    pub fn classic(&self) -> ServerBuilder {
        Server::classic()
            .root(self.current().join("public"))
            .flag("app-base", self.current())
    }

    fn write_release(&self, name: &str, boot: &str, respond: &str) {
        let release = self.path(name);
        assert!(!release.exists(), "there is a release {name}");
        let asset = format!("public/{name}.css");
        let files = [
            ("worker.php", WORKER.to_owned()),
            ("public/index.php", FRONT_CONTROLLER.to_owned()),
            (&asset, format!("/* {name} */")),
            ("release.php", boot.to_owned()),
            ("respond.php", RESPONDER.replace("RESPOND", respond)),
        ];
        fs::create_dir_all(release.join("public")).expect("the folder is writable");
        for (path, text) in files {
            write(&release.join(path), &text);
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the folder is writable");
}

const WORKER: &str = "<?php
$respond = require __DIR__.'/respond.php';
$release = require __DIR__.'/release.php';
askr_cow_ready();
while (askr_handle_request(fn () => $respond($release))) {
}
";

const FRONT_CONTROLLER: &str = "<?php
$respond = require __DIR__.'/../respond.php';
$respond(require __DIR__.'/../release.php');
";

const RESPONDER: &str = "<?php
return function (string $release): void {
    header('Content-Type: text/plain');
    RESPOND
};
";

const RESPOND: &str = "$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if (str_ends_with($path, '/sleep')) {
        usleep(1000 * (int) $_GET['ms']);
    }
    echo $path === '/pid' ? getmypid() : $release;";
