//! Probes: one request to one worker, beside the clients'.

use std::time::Duration;

use askr_exchange::ReplyError;
use askr_gateway::{Probe, ProbeFault, probe};
use askr_testkit::{After, FakeWorker, eventually, reply};
use tokio::sync::oneshot;

use crate::server::{Server, Setup};

fn to(worker: &FakeWorker) -> Probe {
    Probe {
        host: "shop.example".to_owned(),
        target: "/up?deep=1".to_owned(),
        worker: Some(worker.worker()),
        patience: askr_testkit::DEADLINE,
    }
}

/// Runs a probe on the runtime that serves.
fn sent(server: &Server, asked: Probe) -> oneshot::Receiver<Result<u16, ProbeFault>> {
    let (answer, answered) = oneshot::channel();
    let exchange = server.exchange().clone();
    server.runtime().spawn(async move {
        let _ = answer.send(probe(&exchange, &asked).await);
    });
    answered
}

fn result(answered: oneshot::Receiver<Result<u16, ProbeFault>>) -> Result<u16, ProbeFault> {
    answered.blocking_recv().expect("the server runs")
}

#[test]
fn a_probe_is_answered_by_the_worker_that_is_meant_and_by_no_other() {
    let server = Server::start();
    let others = [server.worker_saying("a"), server.worker_saying("b")];
    let meant = server.worker(|job, received| {
        assert_eq!(received.target, "/up?deep=1");
        assert_eq!(received.header("host"), Some("shop.example"));
        let _ = reply(job.take().unwrap(), 503, &[], &vec![b'x'; 500_000]);
        After::Next
    });
    for _ in 0..5 {
        assert_eq!(result(sent(&server, to(&meant))).unwrap(), 503);
    }
    assert_eq!(meant.taken(), 5);
    assert_eq!(others[0].taken() + others[1].taken(), 0);
}

#[test]
fn a_probe_for_anybody_is_answered_by_whoever_is_free() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let anybody = Probe {
        worker: None,
        ..to(&worker)
    };
    assert_eq!(result(sent(&server, anybody)).unwrap(), 200);
}

#[test]
fn a_probe_ends_in_time_and_gives_its_slot_back() {
    let server = Setup::new()
        .exchange(|limits| limits.slot_count = 1)
        .start();
    let worker = server.worker(|job, _| {
        let job = job.take().unwrap();
        eventually("the probe gives up", || job.cancelled());
        After::Next
    });
    let hasty = Probe {
        patience: Duration::from_millis(50),
        ..to(&worker)
    };
    let fault = result(sent(&server, hasty)).unwrap_err();
    assert!(matches!(fault, ProbeFault::Late { .. }));
    drop(worker);
    let _other = server.worker_saying("hello");
    assert_eq!(server.client().get("/").text(), "hello");
}

#[test]
fn a_probe_of_a_worker_that_dies_says_so_and_is_not_given_to_another() {
    let server = Server::start();
    let doomed = server.worker(|_, _| After::Die);
    let other = server.worker_saying("hello");
    let answered = sent(&server, to(&doomed));
    eventually("it has the probe", || doomed.taken() == 1);
    doomed.bury();
    let fault = result(answered).unwrap_err();
    let lost = matches!(fault, ProbeFault::Reply(ReplyError::WorkerLost { .. }));
    assert!(lost, "{fault:?}");
    assert_eq!(other.taken(), 0);
}
