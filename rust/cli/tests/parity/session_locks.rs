//! Two requests of one session run one after the other, however the first one ends.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use askr_testkit::{Client, Fpm, Server, eventually};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::compare::folder;

#[test]
fn a_session_is_free_again_however_its_request_ends() {
    let places = Places::new();
    let setting = format!("session.save_path={}", places.sessions().display());
    let worker = Server::with_script("cases.php")
        .flag("ini", &setting)
        .start();
    let classic = Server::classic()
        .root(folder())
        .flag("ini", &setting)
        .start();
    let fpm = Fpm::over(folder())
        .ini(
            "session.save_path",
            &places.sessions().display().to_string(),
        )
        .start();

    for how in ENDS {
        let seen = [
            places.second_visit(how, || worker.client()),
            places.second_visit(how, || classic.client()),
            places.second_visit(how, || fpm.client()),
        ];
        let expected = if *how == "kill" {
            "visit 1\n"
        } else {
            "visit 101\n"
        };
        assert_eq!(seen, [expected; 3], "{how}: worker mode, classic mode, FPM");
    }
}

/// How the first request ends: `cases/session-ends.php`.
const ENDS: &[&str] = &[
    "return",
    "exit",
    "exception",
    "memory",
    "kill",
    "finish",
    "open%20buffer",
    "fiber",
];

struct Places {
    folder: tempfile::TempDir,
}

impl Places {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let places = Self { folder };
        fs::create_dir(places.sessions()).unwrap();
        places
    }

    fn sessions(&self) -> PathBuf {
        self.folder.path().join("sessions")
    }

    /// What the second request sees that waits for the first one's session.
    fn second_visit(&self, how: &str, client: impl Fn() -> Client) -> String {
        let session = self.sessions().join("sess_shared");
        let ready = self.folder.path().join("ready");
        let gate = self.folder.path().join("gate");
        let _leftover = fs::remove_file(&session);
        mknodat(CWD, &gate, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let mut first = client();
        ask(
            &mut first,
            &format!(
                "/session-ends.php?how={how}&ready={}&gate={}",
                ready.display(),
                gate.display()
            ),
        );
        eventually("the first request has the session", || ready.exists());
        let mut second = client();
        ask(&mut second, "/session-counter.php");
        eventually("the second request waits for it", || {
            somebody_waits_for(&session)
        });

        eventually("the first request goes on", || opens(&gate));

        let seen = second.response().text().to_owned();
        let _ended_somehow = first.try_response();
        fs::remove_file(gate).unwrap();
        fs::remove_file(ready).unwrap();
        seen
    }
}

/// Not with GET: a request that its worker's death has cost nothing yet is made again.
fn ask(client: &mut Client, target: &str) {
    client.send(format!(
        "POST {target} HTTP/1.1\r\nHost: test\r\nCookie: PHPSESSID=shared\r\n\
         Content-Length: 0\r\n\r\n"
    ));
}

/// The kernel marks who is blocked with an arrow: `1: -> FLOCK … 08:01:12345 0 EOF`.
fn somebody_waits_for(file: &Path) -> bool {
    let inode = format!(":{} ", fs::metadata(file).unwrap().ino());
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks
        .lines()
        .any(|line| line.contains("->") && line.contains(&inode))
}

/// A reader of a named pipe goes on when a writer has come and gone.
fn opens(gate: &Path) -> bool {
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    let mut options = OpenOptions::new();
    options
        .write(true)
        .custom_flags(nonblocking)
        .open(gate)
        .is_ok()
}
