use std::future::Future;

use notify::{EventHandler, WatcherKind};
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;
use crate::config::WatchConfig;

/// An application with `app` and `.env`, and what of it is watched.
struct Scene {
    base: TempDir,
    interest: Interest,
}

impl Scene {
    fn new() -> Scene {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(base.path().join("app/Http")).unwrap();
        fs::write(base.path().join("app/Http/Foo.php"), "<?php").unwrap();
        let paths = ["app", "lang", ".env", "bootstrap"];
        let interest = Interest::new(WatchConfig {
            base: base.path().to_owned(),
            paths: paths.iter().map(|path| base.path().join(path)).collect(),
        });
        Scene { base, interest }
    }

    fn open(&self, open: Open) -> Sight {
        Sight::open(self.interest.clone(), open).unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.base.path().join(path)
    }

    fn write(&self, path: &str) {
        fs::write(self.path(path), "<?php // other").unwrap();
    }
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(askr_testkit::DEADLINE, what).await.unwrap()
}

/// Waits until `path` is among what has changed.
async fn sees(sight: &mut Sight, path: &Path) {
    while !in_time(sight.changed()).await.has(path) {}
}

#[tokio::test]
async fn files_are_seen_that_are_written_replaced_or_removed() {
    let scene = Scene::new();
    let mut sight = scene.open(open);
    let file = scene.path("app/Http/Foo.php");
    scene.write("app/Http/Foo.php");
    sees(&mut sight, &file).await;

    scene.write("app/Http/.Foo.php.swp");
    fs::rename(scene.path("app/Http/.Foo.php.swp"), &file).unwrap();
    sees(&mut sight, &file).await;

    fs::remove_file(&file).unwrap();
    sees(&mut sight, &file).await;

    scene.write(".env.tmp");
    fs::rename(scene.path(".env.tmp"), scene.path(".env")).unwrap();
    sees(&mut sight, &scene.path(".env")).await;
}

#[tokio::test]
async fn reading_is_no_change() {
    let scene = Scene::new();
    let mut sight = scene.open(open);
    fs::read(scene.path("app/Http/Foo.php")).unwrap();
    scene.write("app/Http/Bar.php");
    let changes = in_time(sight.changed()).await;
    assert!(!changes.has(&scene.path("app/Http/Foo.php")));
    assert!(changes.has(&scene.path("app/Http/Bar.php")));
}

#[tokio::test]
async fn files_that_come_and_go_while_another_is_saved_are_left_out() {
    let scene = Scene::new();
    let mut sight = scene.open(open);
    scene.write("app/sedXk3p9");
    fs::rename(scene.path("app/sedXk3p9"), scene.path("app/Http/Foo.php")).unwrap();
    let mut changes = Changes::default();
    while !changes.has(&scene.path("app/Http/Foo.php")) {
        changes.extend(in_time(sight.changed()).await);
    }
    assert!(changes.settle());
    assert_eq!(changes.named(sight.interest()), "app/Http/Foo.php");
}

#[tokio::test]
async fn folders_that_come_later_are_watched() {
    let scene = Scene::new();
    let mut sight = scene.open(open);
    // Nobody can be so fast as to watch it before the file is there.
    fs::create_dir_all(scene.path("lang/de")).unwrap();
    scene.write("lang/de/auth.php");
    sees(&mut sight, &scene.path("lang/de/auth.php")).await;
    scene.write("lang/de/mail.php");
    sees(&mut sight, &scene.path("lang/de/mail.php")).await;
}

#[tokio::test]
async fn a_folder_in_the_place_of_another_is_watched() {
    let scene = Scene::new();
    let mut sight = scene.open(open);
    fs::rename(scene.path("app/Http"), scene.path("app/Web")).unwrap();
    fs::create_dir(scene.path("app/Http")).unwrap();
    scene.write("app/Http/New.php");
    sees(&mut sight, &scene.path("app/Http/New.php")).await;
    scene.write("app/Http/Newer.php");
    sees(&mut sight, &scene.path("app/Http/Newer.php")).await;
    scene.write("app/Web/Foo.php");
    sees(&mut sight, &scene.path("app/Web/Foo.php")).await;
}

#[tokio::test]
async fn folders_of_no_interest_are_not_watched() {
    let scene = Scene::new();
    for folder in ["vendor/acme", "storage/logs", "node_modules/x", "app/.git"] {
        fs::create_dir_all(scene.path(folder)).unwrap();
    }
    let sight = scene.open(open);
    let base = scene.base.path();
    let expected = [base.to_owned(), base.join("app"), base.join("app/Http")];
    assert!(sight.folders.iter().eq(&expected), "{:?}", sight.folders);
}

#[tokio::test]
async fn where_the_kernel_watches_enough_changes_are_looked_for() {
    for limited in [without_room as Open, without_instance as Open] {
        let scene = Scene::new();
        let mut sight = scene.open(limited);
        assert_eq!(sight.means(), Means::Polls);
        scene.write("app/Http/Bar.php");
        sees(&mut sight, &scene.path("app/Http/Bar.php")).await;
    }
}

fn without_room(means: Means, inbox: Inbox) -> notify::Result<Box<dyn Watcher + Send>> {
    match means {
        Means::Events => Ok(Box::new(Full { room: 2 })),
        Means::Polls => open(means, inbox),
    }
}

fn without_instance(means: Means, inbox: Inbox) -> notify::Result<Box<dyn Watcher + Send>> {
    match means {
        Means::Events => Err(notify::Error::io(Errno::MFILE.into())),
        Means::Polls => open(means, inbox),
    }
}

/// A watcher that may watch only so many folders.
#[derive(Debug)]
struct Full {
    room: usize,
}

impl Watcher for Full {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Full> {
        Ok(Full { room: 0 })
    }

    fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
        let left = self.room.checked_sub(1);
        self.room = left.ok_or_else(|| notify::Error::new(ErrorKind::MaxFilesWatch))?;
        Ok(())
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}
