use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::limits::FILE_MEMORY_BYTES_MAX;

/// A folder of files, and a time by which all of them are settled.
struct Scene {
    folder: TempDir,
    now: SystemTime,
    runtime: tokio::runtime::Runtime,
}

impl Scene {
    fn new() -> Scene {
        Scene {
            folder: tempfile::tempdir().unwrap(),
            now: SystemTime::now() + Duration::from_secs(60),
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
        }
    }

    fn write(&self, name: &str, bytes: usize) -> Version {
        let path = self.folder.path().join(name);
        fs::write(&path, vec![b'x'; bytes]).unwrap();
        let file = fs::File::open(path).unwrap();
        Version::of(&rustix::fs::fstat(&file).unwrap(), None).unwrap()
    }

    fn document(&self, name: &str, bytes: usize) -> Arc<Document> {
        let version = self.write(name, bytes);
        let file = fs::File::open(self.folder.path().join(name)).unwrap();
        let read = Document::read(file, version, self.now);
        Arc::new(self.runtime.block_on(read).unwrap())
    }
}

#[test]
fn what_is_kept_is_found_until_the_file_is_another() {
    let (scene, cache) = (Scene::new(), FileCache::new(10_000));
    let document = scene.document("a", 100);
    cache.keep(&document, scene.now);
    assert!(cache.find(&document.version).is_some());
    let longer = scene.write("a", 101);
    assert!(cache.find(&longer).is_none());
    assert!(cache.find(&document.version).is_none(), "it was given up");
}

#[test]
fn what_was_changed_just_now_is_not_kept() {
    let (scene, cache) = (Scene::new(), FileCache::new(10_000));
    let document = scene.document("a", 100);
    cache.keep(&document, SystemTime::now());
    assert!(cache.find(&document.version).is_none());
}

#[test]
fn room_is_made_at_the_oldest_end_where_nobody_has_looked() {
    let (scene, cache) = (Scene::new(), FileCache::new(3 * (1000 + ENTRY_BYTES)));
    let documents: Vec<_> = ["a", "b", "c", "d", "e"]
        .map(|name| scene.document(name, 1000))
        .into();
    for document in &documents[..3] {
        cache.keep(document, scene.now);
    }
    assert!(cache.find(&documents[0].version).is_some());
    cache.keep(&documents[3], scene.now);
    cache.keep(&documents[4], scene.now);
    let kept = documents
        .iter()
        .map(|document| cache.find(&document.version).is_some());
    let kept: Vec<bool> = kept.collect();
    assert_eq!(kept, [true, false, false, true, true]);
}

#[test]
fn what_has_no_room_at_all_displaces_nothing() {
    let (scene, cache) = (Scene::new(), FileCache::new(2000));
    let [small, large] =
        [("small", 100), ("large", 3000)].map(|(name, bytes)| scene.document(name, bytes));
    cache.keep(&small, scene.now);
    cache.keep(&large, scene.now);
    assert!(cache.find(&small.version).is_some());
    assert!(cache.find(&large.version).is_none());
    let none = FileCache::new(0);
    none.keep(&small, scene.now);
    assert!(none.find(&small.version).is_none());
}

#[test]
fn a_file_that_changes_again_and_again_takes_the_room_of_one() {
    let (scene, cache) = (Scene::new(), FileCache::new(10_000));
    for bytes in 0..200 {
        cache.keep(&scene.document("a", bytes), scene.now);
    }
    let shelf = cache.shelf();
    assert_eq!(shelf.books.len(), 1);
    assert!(shelf.order.len() < 30, "{}", shelf.order.len());
    assert_eq!(shelf.left.bytes, 10_000 - 199 - ENTRY_BYTES);
}

#[test]
fn descriptors_that_nobody_uses_are_given_up() {
    let (scene, cache) = (Scene::new(), FileCache::new(10_000));
    let large = usize::try_from(FILE_MEMORY_BYTES_MAX).unwrap() + 1;
    let [small, large] =
        [("small", 100), ("large", large)].map(|(name, bytes)| scene.document(name, bytes));
    cache.keep(&small, scene.now);
    cache.keep(&large, scene.now);
    assert!(cache.find(&large.version).is_some());
    cache.sweep();
    assert!(
        cache.shelf().books.contains_key(&large.version.key),
        "it was used"
    );
    cache.sweep();
    assert!(cache.find(&large.version).is_none());
    assert!(cache.find(&small.version).is_some());
    assert_eq!(cache.shelf().left.descriptors, FILE_DESCRIPTORS_MAX);
}
