//! A reload that something comes in between: whatever it is, one generation serves in the end.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::process::{Child, Output};
use std::time::Instant;

use askr_testkit::{Load, Releases, Server, ServerBuilder};
use rustix::process::Pid;

/// Cold workers, and copies of a booted application.
const MODES: [fn(ServerBuilder) -> ServerBuilder; 2] = [|server| server, ServerBuilder::cow];

/// A server on release `one`, and a reload whose canary is on trial for as long as the test takes.
struct Trial {
    _releases: Releases,
    server: Server,
    reload: Child,
    load: Load,
}

impl Trial {
    fn begin(mode: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let releases = Releases::new(&["one", "two"]);
        let server = mode(releases.server())
            .workers(2)
            .canary_window("10m")
            .start();
        server.wait_for_log_times("worker ready", 2);
        let load = Load::start(server.address(), 2, "/");
        releases.switch_to("two");
        let reload = server.spawn_command(&["reload"]);
        server.wait_for_log_times("worker ready", 3);
        load.wait_for(20);
        Self {
            _releases: releases,
            server,
            reload,
            load,
        }
    }

    /// The first template of a generation, as the log has it.
    fn template_of(&self, generation: u32) -> Pid {
        let log = self.server.log();
        let number = format!("generation={generation} ");
        let mut lines = log.lines().filter(|line| line.contains("template ready"));
        let line = lines.find(|line| line.contains(&number)).unwrap();
        let pid = line.split("pid=").nth(1).unwrap();
        let pid = pid.split(' ').next().unwrap().parse().unwrap();
        Pid::from_raw(pid).unwrap()
    }
}

/// The exit code of a command, and what it said.
fn said(command: Child) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.wait_with_output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_template_that_dies_on_trial_leaves_the_old_code_serving() {
    for mode in MODES {
        let trial = Trial::begin(mode);

        trial.server.kill(trial.template_of(2));

        let (code, text) = said(trial.reload);
        assert_eq!(code, Some(1), "{text}");
        let message = "canary UNHEALTHY — aborting reload; remaining workers keep old code";
        trial.server.wait_for_log(message);
        let since = Instant::now();
        trial.load.wait_for(20);
        let answers = trial.load.stop();
        answers.assert_all(&["one", "two"]);
        answers.since(since).assert_all(&["one"]);
    }
}

#[test]
fn a_template_that_dies_while_another_is_tried_is_replaced() {
    for mode in MODES {
        let trial = Trial::begin(mode);

        trial.server.kill(trial.template_of(1));

        trial.server.wait_for_log_times("template ready", 3);
        trial.server.wait_for_log_times("worker ready", 5);
        let reload = trial.server.command(&["reload", "--no-canary"]);
        assert!(reload.status.success(), "{reload:?}");
        let (code, text) = said(trial.reload);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("a newer reload was asked for"), "{text}");
        let since = Instant::now();
        trial.load.wait_for(20);
        let answers = trial.load.stop();
        answers.assert_all(&["one", "two"]);
        answers.since(since).assert_all(&["two"]);
    }
}

#[test]
fn a_server_that_ends_during_a_trial_ends_both_generations() {
    for mode in MODES {
        let Trial {
            server,
            reload,
            load,
            ..
        } = Trial::begin(mode);
        load.stop().assert_all(&["one", "two"]);

        let ended = server.stop();

        assert_eq!(ended.code, Some(0), "{}", ended.log);
        let (code, text) = said(reload);
        assert_eq!(code, Some(1), "{text}");
    }
}

#[test]
fn a_rollback_ends_a_trial() {
    let trial = Trial::begin(ServerBuilder::cow);

    trial.server.rollback();

    let (code, text) = said(trial.reload);
    assert_eq!(code, Some(1), "{text}");
    let since = Instant::now();
    trial.load.wait_for(20);
    let answers = trial.load.stop();
    answers.assert_all(&["one", "two"]);
    // The canary may have taken a request already when it was asked to leave.
    trial.server.wait_for_log("worker left");
    assert!(answers.since(since).answers.len() >= 20);
    assert_eq!(trial.server.get("/").text(), "one");
}
