use std::os::unix::fs::symlink;

use super::*;

const WORKER: WorkerId = WorkerId {
    seat: 3,
    incarnation: 7,
};

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_worker_gets_a_private_folder_in_a_private_folder() {
    let parent = tempfile::tempdir().unwrap();
    let uploads = Uploads::open(&[parent.path().to_owned()]).unwrap();

    let folder = uploads.make(WORKER).unwrap();

    assert!(folder.starts_with(parent.path().canonicalize().unwrap()));
    for folder in [&folder, folder.parent().unwrap()] {
        let mode = fs::metadata(folder).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
}

#[test]
fn what_a_dead_worker_left_is_removed_and_what_others_have_stays() {
    let parent = tempfile::tempdir().unwrap();
    let uploads = Uploads::open(&[parent.path().to_owned()]).unwrap();
    let other = WorkerId { seat: 4, ..WORKER };
    let (dead, alive) = (uploads.make(WORKER).unwrap(), uploads.make(other).unwrap());
    fs::write(dead.join("phpAbCdEf"), "half").unwrap();

    uploads.clear(WORKER);

    assert!(!dead.exists());
    assert!(alive.exists());
    uploads.remove();
    assert!(names_in(parent.path()).is_empty());
}

#[test]
fn a_dead_servers_folder_is_swept_and_a_living_ones_is_not() {
    let parent = tempfile::tempdir().unwrap();
    let living = Uploads::open(&[parent.path().to_owned()]).unwrap();
    let kept = living.make(WORKER).unwrap();
    let dead = Uploads::open(&[parent.path().to_owned()]).unwrap();
    fs::write(dead.make(WORKER).unwrap().join("phpAbCdEf"), "half").unwrap();
    drop(dead);

    let new = Uploads::open(&[parent.path().to_owned()]).unwrap();

    assert_eq!(names_in(parent.path()).len(), 2);
    assert!(kept.exists() && new.folder.exists());
}

#[test]
fn a_sweep_follows_no_link_and_touches_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("precious"), "").unwrap();
    symlink(elsewhere.path(), parent.path().join("askr-uploads-link")).unwrap();
    fs::create_dir(parent.path().join("askr")).unwrap();
    fs::write(parent.path().join("askr-uploads-file"), "").unwrap();

    let _new = Uploads::open(&[parent.path().to_owned()]).unwrap();

    assert!(elsewhere.path().join("precious").exists());
    assert_eq!(names_in(parent.path()).len(), 4);
}

#[test]
fn a_parent_that_is_not_there_leaves_the_next_or_nothing() {
    let missing = PathBuf::from("/nonexistent/folder");
    let next = tempfile::tempdir().unwrap();

    let uploads = Uploads::open(&[missing.clone(), next.path().to_owned()]).unwrap();

    assert!(
        uploads
            .folder
            .starts_with(next.path().canonicalize().unwrap())
    );
    assert!(Uploads::open(&[missing]).is_none());
}
