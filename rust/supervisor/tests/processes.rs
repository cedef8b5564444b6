//! The supervisor with real processes: a fake template, which is this test binary again.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod fake;

use std::time::{Duration, Instant};

use askr_exchange::control::{Isolation, TemplateConfig};
use askr_exchange::{ExchangeLimits, GatewayEnd};
use askr_supervisor::{
    PoolConfig, Program, Progress, Release, Releases, ReloadOrder, Remote, RunError, Shutdown,
    ShutdownTrigger, Supervisor, SupervisorConfig,
};
use fake::{Diary, Scenario};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, LocalSet};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running supervisor over a fake template.
struct Scene {
    diary: Diary,
    trigger: ShutdownTrigger,
    running: JoinHandle<Result<(), RunError>>,
    readiness: askr_supervisor::Readiness,
    remote: Remote,
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
        let pool = PoolConfig::new("http", scenario.isolation(), workers);
        let release = Release {
            template: template(),
            program: program(scenario, &diary),
        };
        let mut config = SupervisorConfig::new(vec![pool], Releases::only(release));
        config.canary.window = scenario.window();
        let supervisor = Supervisor::start(config, vec![exchange]).unwrap();
        let remote = supervisor.remote();
        let (trigger, shutdown) = Shutdown::new();
        let readiness = supervisor.readiness();
        let running = tokio::task::spawn_local(supervisor.run(shutdown));
        Self {
            diary,
            trigger,
            running,
            readiness,
            remote,
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
        store: None,
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

/// What is said at the end.
async fn end_of(mut progress: mpsc::Receiver<Progress>) -> Progress {
    let told = async {
        let mut last = None;
        while let Some(progress) = progress.recv().await {
            last = Some(progress);
        }
        last.expect("something is said")
    };
    tokio::time::timeout(PATIENCE, told).await.expect("in time")
}

#[test]
fn workers_come_from_a_template_that_has_booted() {
    in_runtime(async {
        let mut scene = Scene::start(Scenario::ServesBooted, 2);
        scene.ready().await;
        scene.diary.wait_for("ready", 2).await;
        assert_eq!(scene.diary.count("booted"), 1);

        scene.diary.kill_latest("booted");

        scene.diary.wait_for("booted", 2).await;
        scene.diary.wait_for("ready", 4).await;
        assert_eq!(scene.diary.count("template"), 1, "the first one stays");
        scene.trigger.stop(Instant::now() + PATIENCE);
        assert_eq!(scene.end().await, Ok(()));
    });
}

#[test]
fn a_reload_replaces_everybody_and_a_rollback_brings_the_old_templates_back() {
    for scenario in [Scenario::Serves, Scenario::ServesBooted] {
        in_runtime(async {
            let mut scene = Scene::start(scenario, 2);
            scene.ready().await;
            scene.diary.wait_for("ready", 2).await;

            let end = end_of(scene.remote.reload(ReloadOrder::new())).await;
            assert_eq!(end, Progress::Done("generation 2 serves".to_owned()));
            assert_eq!(scene.diary.count("retired"), 2);
            let status = scene.remote.status().await.unwrap();
            assert_eq!((status.generation, status.previous), (2, Some(1)));
            let mut workers = status.pools[0].workers.iter();
            assert!(workers.all(|worker| worker.generation == 2));

            let end = end_of(scene.remote.rollback()).await;
            assert_eq!(end, Progress::Done("generation 1 serves".to_owned()));
            assert_eq!(scene.diary.count("template"), 2, "they were kept");
            scene.trigger.stop(Instant::now() + PATIENCE);
            assert_eq!(scene.end().await, Ok(()));
        });
    }
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

        scene.diary.kill_latest("template");

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
        let mut program = Program::own_template();
        program.path = "/not/there".into();
        let template = template();
        let releases = Releases::only(Release { template, program });
        let pool = PoolConfig::new("http", Isolation::Request, 1);
        let config = SupervisorConfig::new(vec![pool], releases);

        let error = Supervisor::start(config, vec![exchange]).unwrap_err();

        assert_eq!(error.to_string(), "/not/there cannot be started");
    });
}
