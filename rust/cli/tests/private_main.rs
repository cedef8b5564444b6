//! What PHP code of the same user cannot learn from the process that has the keys.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::IoSliceMut;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{env, process};

use askr_testkit::Server;
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, geteuid, pidfd_getfd, pidfd_open};
use tempfile::TempDir;

/// What PHP can try by itself, and what a program that it starts can.
const PRY: &str = "<?php
$pid = $_GET['pid'];
$of = fn (string $file): string => \"/proc/$pid/$file\";
$program = proc_open([__DIR__ . '/pry', '--exact', 'pry', '--nocapture'], [1 => ['pipe', 'w']], $pipes, null, ['PRY' => $pid]);
preg_match('/\\{.*\\}/', stream_get_contents($pipes[1]), $found);
proc_close($program);
echo json_encode([
    'memory' => (bool) @fopen($of('mem'), 'r'),
    'map' => (bool) @file_get_contents($of('maps')),
    'descriptors' => (bool) @glob($of('fd/*')),
    'descriptor' => @readlink($of('fd/0')) !== false,
    'environment' => (bool) @file_get_contents($of('environ')),
    'core' => (bool) @file_get_contents($of('auxv')),
] + json_decode($found[0], true));
";

const NOBODY: u32 = 65_534;

#[test]
fn php_code_of_the_same_user_can_neither_read_nor_attach_to_main() {
    let folder = pry_folder();
    let mut builder = Server::classic().root(folder.path()).workers(1);
    if geteuid().is_root() {
        builder = builder.as_user(NOBODY);
    }
    let server = builder.start();
    let tried = |pid: rustix::process::Pid| -> BTreeMap<String, bool> {
        let page = server.get(&format!("/pry.php?pid={}", pid.as_raw_nonzero()));
        serde_json::from_str(page.text()).unwrap()
    };

    let of_main = tried(server.main_pid());

    assert_eq!(of_main.len(), 9, "{of_main:?}");
    assert!(of_main.values().all(|worked| !worked), "{of_main:?}");
    // The same ways lead into a process that does not defend itself.
    let of_template = tried(server.template_pid().unwrap());
    let open: Vec<&str> = of_template
        .iter()
        .filter(|(way, _)| allowed_by_the_kernel(way))
        .map(|(way, _)| way.as_str())
        .collect();
    assert!(open.len() >= 4, "{open:?}");
    assert!(open.iter().all(|way| of_template[*way]), "{of_template:?}");
}

/// Where the kernel restricts attaching to descendants, only looking is left.
fn allowed_by_the_kernel(way: &str) -> bool {
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    let is_restricted = scope.is_ok_and(|scope| scope.trim() != "0");
    let attaches = matches!(way, "memory" | "attach" | "read" | "take");
    !(is_restricted && attaches)
}

/// Does what it is told in place of a test: PHP starts this program.
#[test]
fn pry() {
    let Some(pid) = env::var("PRY").ok().and_then(|pid| pid.parse().ok()) else {
        return;
    };
    let of_main = |outcome: Result<(), Errno>| !matches!(outcome, Err(Errno::EPERM));
    println!(
        "{}",
        serde_json::json!({
            "attach": of_main(attach(pid)),
            "read": of_main(read(pid)),
            "take": of_main(take(pid)),
        })
    );
    process::exit(0);
}

fn attach(pid: i32) -> Result<(), Errno> {
    let pid = Pid::from_raw(pid);
    ptrace::seize(pid, ptrace::Options::empty())
}

/// Who may read is told that nothing lies there, all others that they may not.
fn read(pid: i32) -> Result<(), Errno> {
    let mut byte = [0];
    let mut local = [IoSliceMut::new(&mut byte)];
    let remote = [RemoteIoVec { base: 8, len: 1 }];
    process_vm_readv(Pid::from_raw(pid), &mut local, &remote).map(drop)
}

fn take(pid: i32) -> Result<(), Errno> {
    let raw = |error: rustix::io::Errno| Errno::from_raw(error.raw_os_error());
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(raw)?;
    let taken = pidfd_getfd(pidfd, 0, PidfdGetfdFlags::empty());
    taken.map(drop).map_err(raw)
}

/// A root with the script and this program beside it, for everybody to read.
fn pry_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::write(place("pry.php"), PRY).unwrap();
    let program: &Path = &env::current_exe().unwrap();
    fs::copy(program, place("pry")).unwrap();
    folder
}
