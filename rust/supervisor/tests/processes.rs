//! The supervisor with real processes: a fake template, which is this test binary again.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod fake;

use std::time::{Duration, Instant};

use askr_exchange::control::{Isolation, TemplateConfig};
use askr_exchange::{ExchangeLimits, GatewayEnd};
use askr_supervisor::{Program, RunError, Shutdown, ShutdownTrigger, Supervisor, SupervisorConfig};
use fake::{Diary, Scenario};
use tokio::task::{JoinHandle, LocalSet};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running supervisor over a fake template.
struct Scene {
    diary: Diary,
    trigger: ShutdownTrigger,
    running: JoinHandle<Result<(), RunError>>,
    readiness: askr_supervisor::Readiness,
}

impl Scene {
    fn start(scenario: Scenario, workers: u16) -> Self {
        let diary = Diary::open();
        let limits = ExchangeLimits {
            seat_count: 8,
            slot_count: 4,
            ..ExchangeLimits::default()
        };
        let exchange = GatewayEnd::create(limits).unwrap();
        let mut config = SupervisorConfig::new(template(), workers);
        config.seat_count = limits.seat_count;
        config.program = program(scenario, &diary);
        let supervisor = Supervisor::start(config, exchange).unwrap();
        let (trigger, shutdown) = Shutdown::new();
        let readiness = supervisor.readiness();
        let running = tokio::task::spawn_local(supervisor.run(shutdown));
        Self {
            diary,
            trigger,
            running,
            readiness,
        }
    }

    async fn ready(&mut self) {
        let ready = tokio::time::timeout(PATIENCE, self.readiness.ready());
        assert!(ready.await.expect("ready in time"));
    }

    /// Waits until run has returned, and checks that nothing is left.
    async fn end(&mut self) -> Result<(), RunError> {
        let result = tokio::time::timeout(PATIENCE, &mut self.running).await;
        let result = result.expect("ends in time").expect("does not panic");
        self.diary.assert_nobody_is_left();
        result
    }
}

fn template() -> TemplateConfig {
    TemplateConfig {
        script: None,
        pools: vec![Isolation::Request],
        root: "/nowhere".into(),
        ini: Vec::new(),
        generation: 1,
        debug: false,
    }
}

/// This test binary, told to run nothing but the fake.
fn program(scenario: Scenario, diary: &Diary) -> Program {
    let arguments = ["fake_template", "--exact", "--nocapture"];
    Program {
        path: "/proc/self/exe".into(),
        arguments: arguments.map(Into::into).into(),
        variables: vec![
            (fake::SCENARIO_VARIABLE.into(), Some(scenario.word().into())),
            (fake::DIARY_VARIABLE.into(), Some(diary.path().into())),
        ],
        output: None,
    }
}

fn in_runtime(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, story);
}

/// Not a test: what a template process runs. Does nothing when run as a test.
#[test]
fn fake_template() {
    fake::run();
}

#[test]
fn workers_get_ready_and_leave_before_their_template() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::Serves, 1);
        scene.ready().await;

        scene.trigger.drain();
        scene.trigger.stop(Instant::now() + PATIENCE);

        assert_eq!(scene.end().await, Ok(()));
        assert_eq!(
            (scene.diary.count("retired"), scene.diary.count("stopped")),
            (1, 1)
        );
    });
}

#[test]
fn an_application_that_cannot_boot_is_given_up_with_its_message() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::CannotBoot, 2);

        let message = "PHP Fatal error: no such class".to_owned();
        assert_eq!(
            scene.end().await,
            Err(RunError::BootFailed {
                attempts: 3,
                message
            })
        );
    });
}

#[test]
fn an_engine_that_does_not_start_is_given_up_with_its_message() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::NoEngine, 2);

        let message = "no engine today".to_owned();
        assert_eq!(scene.end().await, Err(RunError::EngineFailed { message }));
    });
}

#[test]
fn a_killed_template_is_replaced_with_its_workers() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::Serves, 2);
        scene.ready().await;
        scene.diary.wait_for("ready", 2).await;

        scene.diary.kill_latest_template();

        scene.diary.wait_for("template", 2).await;
        scene.diary.wait_for("ready", 4).await;
        scene.trigger.stop(Instant::now() + PATIENCE);
        assert_eq!(scene.end().await, Ok(()));
    });
}

#[test]
fn what_does_not_leave_is_killed_at_the_deadline() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::NeverLeaves, 1);
        scene.ready().await;

        scene
            .trigger
            .stop(Instant::now() + Duration::from_millis(50));

        assert_eq!(scene.end().await, Ok(()));
    });
}

#[test]
fn a_trigger_that_is_dropped_kills_everything() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::NeverLeaves, 1);
        scene.ready().await;

        scene.trigger = Shutdown::new().0;

        assert_eq!(scene.end().await, Ok(()));
    });
}

#[test]
fn a_supervisor_that_is_dropped_kills_everything() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::NeverLeaves, 1);
        scene.ready().await;

        scene.running.abort();

        assert!((&mut scene.running).await.unwrap_err().is_cancelled());
        scene.diary.assert_nobody_is_left();
    });
}

#[test]
fn rubbish_on_the_control_socket_is_survived() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::TalksRubbish, 1);
        scene.ready().await;

        scene.trigger.stop(Instant::now() + PATIENCE);

        assert_eq!(scene.end().await, Ok(()));
    });
}

#[test]
fn a_program_that_is_not_there_is_reported() {
    in_runtime(async {
        let exchange = GatewayEnd::create(ExchangeLimits::default()).unwrap();
        let mut config = SupervisorConfig::new(template(), 1);
        config.program.path = "/not/there".into();

        let error = Supervisor::start(config, exchange).unwrap_err();

        assert_eq!(error.to_string(), "/not/there cannot be started");
    });
}
