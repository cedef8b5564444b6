//! What clients get, what they cannot do, and what becomes of the file.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tokio::io::AsyncBufReadExt;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::remote::{Ask, ReloadOrder};

/// A console on a socket of its own, and what is asked of its fleet.
struct Scene {
    _folder: tempfile::TempDir,
    path: PathBuf,
    asked: mpsc::Receiver<Ask>,
    serving: JoinHandle<()>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("askr.sock");
        let (remote, asked) = Remote::new();
        let console = Console::bind(&path).unwrap();
        Self {
            _folder: folder,
            path,
            asked,
            serving: tokio::spawn(console.serve(Arc::new([Subject::new("default", remote)]), 0)),
        }
    }

    async fn connect(&self) -> BufReader<UnixStream> {
        BufReader::new(UnixStream::connect(&self.path).await.unwrap())
    }

    async fn ask(&self, line: &str) -> BufReader<UnixStream> {
        let mut stream = self.connect().await;
        stream.write_all(line.as_bytes()).await.unwrap();
        stream
    }
}

async fn rest(mut stream: BufReader<UnixStream>) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_reload_is_told_line_by_line_as_it_comes() {
    let mut scene = Scene::new();
    let mut stream = scene
        .ask("{\"command\":\"reload\",\"path\":\"/r/2\",\"canary\":false}\n")
        .await;
    let Some(Ask::Reload { order, caller }) = scene.asked.recv().await else {
        panic!()
    };
    assert_eq!(
        order,
        ReloadOrder {
            path: Some("/r/2".into()),
            canary: false
        }
    );

    caller.tell(Progress::Note("generation 2 boots".to_owned()));
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    assert_eq!(line, "{\"note\":\"generation 2 boots\"}\n");
    caller.tell(Progress::Done("generation 2".to_owned()));
    drop(caller);

    assert_eq!(rest(stream).await, "{\"done\":\"generation 2\"}\n");
}

#[tokio::test]
async fn a_client_that_leaves_does_not_end_its_reload() {
    let mut scene = Scene::new();
    let stream = scene.ask("{\"command\":\"rollback\"}\n").await;
    let Some(Ask::Rollback { caller }) = scene.asked.recv().await else {
        panic!()
    };

    drop(stream);
    for note in 0..100 {
        caller.tell(Progress::Note(note.to_string()));
        tokio::task::yield_now().await;
    }

    let other = scene.ask("{\"command\":\"status\"}\n").await;
    assert!(matches!(scene.asked.recv().await, Some(Ask::Status { .. })));
    assert_eq!(rest(other).await, "{\"failed\":\"the server ends\"}\n");
}

#[tokio::test]
async fn what_is_no_command_is_refused() {
    let scene = Scene::new();

    for line in ["hello\n", "{\"command\":\"explode\"}\n", "{}\n", "\n"] {
        let stream = scene.ask(line).await;
        let refused = "{\"failed\":\"not a command of this version\"}\n";
        assert_eq!(rest(stream).await, refused, "{line}");
    }
}

#[tokio::test]
async fn a_line_without_an_end_is_not_kept() {
    let scene = Scene::new();
    let mut stream = scene.connect().await;
    let line = vec![b'x'; usize::try_from(LINE_BYTES_MAX).unwrap()];

    stream.write_all(&line).await.unwrap();

    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn clients_that_say_nothing_make_room_in_time() {
    let mut scene = Scene::new();
    let mut silent = Vec::new();
    for _ in 0..CLIENTS_MAX {
        silent.push(scene.connect().await);
    }

    let _stream = scene.ask("{\"command\":\"status\"}\n").await;

    assert!(matches!(scene.asked.recv().await, Some(Ask::Status { .. })));
}

#[tokio::test]
async fn only_its_owner_may_use_the_socket_and_it_goes_with_the_server() {
    let scene = Scene::new();
    let mode = fs::metadata(&scene.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    scene.serving.abort();
    let _ = scene.serving.await;

    assert!(!scene.path.exists());
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askr.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());

    let console = SocketFile::bind(&path).unwrap();

    assert!(!console.took_over());
    assert!(UnixStream::connect(&path).await.is_ok());
}

#[tokio::test]
async fn the_newest_server_has_the_name_also_when_the_older_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askr.sock");
    let old = SocketFile::bind(&path).unwrap();

    let new = SocketFile::bind(&path).unwrap();
    assert!(new.took_over());
    drop(old);

    assert!(UnixStream::connect(&path).await.is_ok());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "precious").unwrap();

    let refused = Console::bind(&path).unwrap_err();

    assert!(matches!(refused, SocketError::Io { .. }), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_path_that_no_socket_can_have_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x".repeat(PATH_BYTES_MAX));

    let refused = Console::bind(&path).unwrap_err();

    assert!(matches!(refused, SocketError::TooLong { .. }), "{refused}");
}

#[test]
fn a_folder_in_which_others_can_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let problem = |path: &Path| match make_private_folder(path) {
        Err(SocketError::Folder { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };

    make_private_folder(&at("new")).unwrap();
    make_private_folder(&at("new")).unwrap();
    assert_eq!(
        fs::metadata(at("new")).unwrap().permissions().mode() & 0o777,
        0o700
    );

    fs::create_dir(at("open")).unwrap();
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o770)).unwrap();
    assert_eq!(problem(&at("open")), "is open to others");
    symlink(at("new"), at("link")).unwrap();
    assert_eq!(problem(&at("link")), "is no folder");
}
