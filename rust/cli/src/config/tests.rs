//! Precedence and complaints, for every option and every channel.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use super::channels::LARAVEL_VARIABLE;
use super::kind::{Kind, Value};
use super::options::{Key, OptionSpec};
use super::worker_range::WorkerRange;
use super::*;
use scene::{CHANNELS, Channel, Scene, any_option, samples};

mod clients;
mod compression;
mod contradictions;
mod hosts;
mod limits;
mod logging;
mod pools;
mod scene;

proptest! {
    #[test]
    fn the_strongest_channel_that_speaks_wins(
        index in any_option(),
        speaking in proptest::sample::subsequence(CHANNELS.to_vec(), 0..=4),
        shift in 0..4_usize,
    ) {
        let option = &OPTIONS[index];
        let mut scene = Scene::new();
        for channel in &speaking {
            let text = samples(option)[(*channel as usize + shift) % 4];
            scene = scene.set(*channel, option, text);
        }

        let settings = scene.resolve().unwrap();

        let expected = match speaking.first() {
            None => (option.default)(),
            Some(channel) => {
                let words = vec![samples(option)[(*channel as usize + shift) % 4].to_owned()];
                (option.kind)().accept(&super::raw::Raw::Words(words))
            }
        };
        prop_assert_eq!(&settings.setting(option.key).value, &expected);
        let source = settings.setting(option.key).source.to_string();
        let expected = match speaking.first() {
            None => "default",
            Some(Channel::Flag) => "flag",
            Some(Channel::Environment) => "environment",
            Some(Channel::Toml) => "askr.toml",
            Some(Channel::Laravel) => "config/askr.php",
        };
        prop_assert!(source.ends_with(expected), "{} is not {}", source, expected);
    }
}

#[test]
fn a_value_reads_back_from_its_own_text() {
    for option in OPTIONS {
        for text in samples(option) {
            let accept =
                |text: &str| (option.kind)().accept(&super::raw::Raw::Words(vec![text.to_owned()]));
            let value = accept(text).unwrap();
            assert_eq!(
                accept(&value.to_text()),
                Some(value),
                "{} {text}",
                option.name
            );
        }
    }
}

#[test]
fn php_settings_of_all_channels_are_merged() {
    let settings = Scene::new()
        .flag("ini", "memory_limit=1G")
        .flag("ini", "error_log=a;b")
        .variable("ASKR_INI", "opcache.jit=off;memory_limit=2G")
        .toml("[ini]\nmemory_limit = '3G'\nshort_open_tag = false")
        .resolve()
        .unwrap();

    let pairs: Vec<String> = settings
        .ini()
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        pairs,
        [
            "memory_limit=1G",
            "error_log=a;b",
            "opcache.jit=off",
            "short_open_tag=0"
        ]
    );
}

#[test]
fn what_is_wrong_is_named_with_key_value_source_and_remedy() {
    let cases: [(Scene, &str); 15] = [
        (
            Scene::new().flag("workers", "many"),
            "--workers = \"many\" (flag) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().variable("ASKR_WORKERS", "0"),
            "ASKR_WORKERS = \"0\" (environment) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().toml("workers = \"2\""),
            "workers = \"2\" (DIR/askr.toml) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().toml("workers = 4000"),
            "workers = 4000 (DIR/askr.toml) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().laravel("workers", true),
            "workers = true (config/askr.php) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().toml("body_limit = \"10 parsecs\""),
            "body_limit = \"10 parsecs\" (DIR/askr.toml) cannot be used; give a size such as 512KB or 64MB, from 0 to 64GB",
        ),
        (
            Scene::new().flag("queue_timeout", "2 weeks"),
            "--queue-timeout = \"2 weeks\" (flag) cannot be used; give a duration such as 30s or 500ms, from 0s to 3600s",
        ),
        (
            Scene::new().flag("listen", "8000"),
            "--listen = \"8000\" (flag) cannot be used; give addresses with a port such as 127.0.0.1:8000 or https://[::]:443, or unix:/PATH",
        ),
        (
            Scene::new().variable("ASKR_LOG_FORMAT", "xml"),
            "ASKR_LOG_FORMAT = \"xml\" (environment) cannot be used; give one of text, json",
        ),
        (
            Scene::new().flag("ini", "memory_limit"),
            "--ini = \"memory_limit\" (flag) cannot be used; give php.ini settings such as memory_limit=256M",
        ),
        (
            Scene::new().toml("worker = 2"),
            "unknown key worker = 2 in DIR/askr.toml; did you mean workers?",
        ),
        (
            Scene::new().laravel("colour", "red"),
            "unknown key colour = \"red\" in config/askr.php; remove it, or see `askr config` for every key",
        ),
        (
            Scene::new().variable("ASKR_WORKER", "2"),
            "unknown environment variable ASKR_WORKER = \"2\"; did you mean ASKR_WORKERS?",
        ),
        (
            Scene::new().toml("listen = [\n"),
            "DIR/askr.toml line 1: unclosed array, expected `]`; correct it",
        ),
        (
            Scene::new().variable(LARAVEL_VARIABLE, "[1]"),
            "ASKR_LARAVEL_CONFIG (config/askr.php): not a JSON object; correct it",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn what_is_no_share_or_name_is_refused() {
    let cases: [(Scene, &str); 2] = [
        (
            Scene::new().variable("ASKR_PARANOID", "1.5"),
            "ASKR_PARANOID = \"1.5\" (environment) cannot be used; give on, off, or a share of the requests such as 0.01",
        ),
        (
            Scene::new().toml("paranoid_vendor = 1"),
            "paranoid_vendor = 1 (DIR/askr.toml) cannot be used; give names, in a list or separated by commas",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

/// Everything that the server is made from, in words.
fn outcome(scene: &mut Scene) -> String {
    let settings = scene.resolve().unwrap();
    let config = ServeConfig::new(&settings).unwrap();
    let log = LogConfig::new(&settings);
    let socket = ControlSocket::new(&settings, &scene.inputs).unwrap();
    let user = config.applications[0].user.as_ref();
    let store = StoreSocket::new(&settings, &scene.inputs, user).unwrap();
    let tls = tls(&settings, &scene.inputs).unwrap();
    format!("{config:?} {log:?} {socket:?} {store:?} {tls:?}")
}

#[test]
fn no_option_is_accepted_and_ignored() {
    let here = tempfile::tempdir().unwrap();
    for folder in ["public", "other", "other/public"] {
        std::fs::create_dir(here.path().join(folder)).unwrap();
    }
    let place = |name: &str| here.path().join(name).display().to_string();
    for file in ["worker.php", "other.php", "one.pem", "two.pem"] {
        std::fs::write(place(file), "<?php").unwrap();
    }
    let with = |option: &OptionSpec, text: &str| {
        let switched_on = [
            ("access_log", "stdout"),
            ("cow", "on"),
            ("watch", "on"),
            ("trusted_proxies", "private"),
        ];
        let given = [
            ("app_base", place("")),
            ("root", place("public")),
            ("worker_script", place("worker.php")),
            ("tls_cert", place("one.pem")),
            ("tls_key", place("one.pem")),
            ("tls_client_ca", place("one.pem")),
        ];
        let base = given.iter().map(|(name, path)| (*name, path.as_str()));
        let all = base.chain(switched_on);
        let clashes = |name: &str| option.key == Key::TlsSelfSigned && name.starts_with("tls_");
        let others = all.filter(|(name, _)| *name != option.name && !clashes(name));
        let home = Scene::new().variable("HOME", "/home/me");
        let scene = others.fold(home, |scene, (name, text)| scene.flag(name, text));
        outcome(&mut scene.flag(option.name, text))
    };
    // Which user there is depends on the machine; tests/user.rs looks at that one.
    for option in OPTIONS.iter().filter(|option| option.key != Key::User) {
        let [one, two] = match option.key {
            Key::AppBase => [place(""), place("other")],
            Key::Root => [place("public"), place("other")],
            Key::WorkerScript => [place("worker.php"), place("other.php")],
            Key::Isolation => ["worker", "fork"].map(str::to_owned),
            Key::StoreFile => [place("one"), place("two")],
            Key::TlsCerts | Key::TlsKeys | Key::TlsClientCa => [place("one.pem"), place("two.pem")],
            Key::TlsClientAuth => ["optional", "required"].map(str::to_owned),
            Key::SendfileRoots => [place("public"), place("other")],
            Key::Hosts => ["a.example", "b.example"]
                .map(|name| format!("shop names={name} root={}", place("other"))),
            _ => [0, 1].map(|index: usize| samples(option)[index].to_owned()),
        };
        assert_ne!(with(option, &one), with(option, &two), "{}", option.name);
    }
}

#[test]
fn an_overridden_value_is_checked_all_the_same() {
    let scene = Scene::new().flag("workers", "2").toml("workers = \"two\"");

    assert!(
        scene
            .complaint()
            .starts_with("workers = \"two\" (DIR/askr.toml) cannot be used")
    );
}

#[test]
fn what_the_configuration_names_must_be_there() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path().to_str().unwrap();
    let cases: [(Scene, &str); 6] = [
        (
            Scene::new(),
            "root is not set; give --root DIR, or --app-base DIR for a Laravel application",
        ),
        (
            Scene::new()
                .flag("root", here)
                .flag("sendfile_roots", "/not/there"),
            "--sendfile-roots = /not/there (flag): there is no such folder; name folders from which PHP may have files sent, or create them",
        ),
        (
            Scene::new().flag("root", "/not/there"),
            "--root = /not/there (flag): there is no such folder; name the folder that holds index.php, or create it",
        ),
        (
            Scene::new().variable("ASKR_APP_BASE", "/not/there"),
            "ASKR_APP_BASE = /not/there (environment): there is no such folder; name the folder of the application",
        ),
        (
            Scene::new()
                .flag("root", here)
                .toml("worker_script = \"worker.php\""),
            "worker_script = DIR/worker.php (DIR/askr.toml): there is no such file; name the PHP script that boots the application, or leave it out",
        ),
        (
            Scene::new().flag("root", here).flag("paranoid", "on"),
            "--paranoid = on (flag): in classic mode nothing stays from one request to the next; name a worker_script, or leave it out",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn the_public_folder_of_the_application_is_the_root() {
    let application = tempfile::tempdir().unwrap();
    std::fs::create_dir(application.path().join("public")).unwrap();
    let base = application.path().to_str().unwrap();

    let settings = Scene::new()
        .variable("ASKR_APP_BASE", base)
        .resolve()
        .unwrap();

    let config = ServeConfig::new(&settings).unwrap();
    assert_eq!(
        config.applications[0].root,
        application.path().join("public")
    );
}

#[test]
fn the_applications_own_file_is_found_through_its_folder() {
    let application = tempfile::tempdir().unwrap();
    std::fs::write(application.path().join("askr.toml"), "workers = 7").unwrap();
    let base = application.path().to_str().unwrap();

    let settings = Scene::new().flag("app_base", base).resolve().unwrap();

    assert_eq!(settings.workers(), WorkerRange::Fixed(7));
}

#[test]
fn a_named_file_that_is_missing_stops_the_start() {
    let mut scene = Scene::new();
    scene.inputs.file_flag = Some(PathBuf::from("nowhere.toml"));

    assert_eq!(
        scene.complaint(),
        "DIR/nowhere.toml (--config) cannot be read: No such file or directory (os error 2); name a file that is there"
    );
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let settings = Scene::new()
        .variable("ASKR_WORKERS", "")
        .toml("workers = 3")
        .resolve()
        .unwrap();

    assert_eq!(settings.workers(), WorkerRange::Fixed(3));
}

#[test]
fn variables_that_only_share_the_prefix_pass() {
    let scene = Scene::new()
        .variable("ASKR_PORT", "tcp://10.0.0.1:80")
        .variable("ASKR_SERVICE_HOST", "10.0.0.1");

    assert!(scene.inputs.clone().variables.len() == 2 && Settings::resolve(&scene.inputs).is_ok());
}

#[test]
fn numbers_from_php_may_be_text() {
    let settings = Scene::new().laravel("workers", "3").resolve().unwrap();

    assert_eq!(
        settings.setting(Key::Workers).value,
        Some(Value::Workers(WorkerRange::Fixed(3)))
    );
}

#[test]
fn the_reference_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();

    assert!(
        written == markdown(),
        "run: cargo run -p askr-cli -- config --markdown > docs/config.md"
    );
}

#[test]
fn the_stub_shows_every_option_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stubs/askr.toml");
    let written = std::fs::read_to_string(path).unwrap();
    let (_, body) = written.split_once("\n\n").unwrap();

    let settings = Scene::new()
        .toml(&body.replace("# ", ""))
        .resolve()
        .unwrap();

    for option in OPTIONS {
        let setting = settings.setting(option.key);
        assert!(
            setting.source != super::source::Source::Default,
            "{} is missing",
            option.name
        );
        if option.default_text.is_none() {
            assert_eq!(setting.value, (option.default)(), "{}", option.name);
        }
    }
}
