//! Settings that exclude each other.

use super::*;
use crate::config::store::StoreConfig;

#[test]
fn settings_that_exclude_each_other_are_refused_with_a_remedy() {
    let here = tempfile::tempdir().unwrap();
    let script = here.path().join("worker.php");
    std::fs::write(&script, "<?php").unwrap();
    let here = here.path().to_str().unwrap();
    let classic = || Scene::new().flag("root", here);
    let worker = || classic().flag("worker_script", script.to_str().unwrap());
    let many: Vec<String> = (0..16).map(|n| format!("p{n} paths=/{n}")).collect();
    let cases: [(Scene, &str); 10] = [
        (
            classic().flag("isolation", "fork"),
            "--isolation = fork (flag): without a worker_script nothing is booted that could stay; name a worker_script, or choose isolation request",
        ),
        (
            classic().toml("isolation = 'worker'"),
            "isolation = worker (DIR/askr.toml): without a worker_script nothing is booted that could stay; name a worker_script, or choose isolation request",
        ),
        (
            classic().flag("pools", "a paths=/a isolation=fork"),
            "--pool = a paths=/a isolation=fork (flag): without a worker_script pool a cannot boot what its isolation wants; name a worker_script, or choose isolation request",
        ),
        (
            classic().flag("cow", "on"),
            "--cow = on (flag): without a worker_script nothing is booted that could be forked; name a worker_script, or leave it out",
        ),
        (
            worker().flag("cow", "on").flag("isolation", "request"),
            "--cow = on (flag): with isolation request nothing is booted that could be forked; choose isolation worker, or leave it out",
        ),
        (
            classic().flag("paranoid", "on"),
            "--paranoid = on (flag): in classic mode nothing stays from one request to the next; name a worker_script, or leave it out",
        ),
        (
            worker().flag("paranoid", "on").flag("isolation", "fork"),
            "--paranoid = on (flag): with the isolation of pool default nothing stays from one request to the next; choose isolation worker while you watch, or leave it out",
        ),
        (
            worker()
                .toml("paranoid = 0.5")
                .flag("pools", "a paths=/a isolation=request"),
            "paranoid = 0.5 (DIR/askr.toml): with the isolation of pool a nothing stays from one request to the next; choose isolation worker while you watch, or leave it out",
        ),
        (
            worker().variable("ASKR_REFORK_AFTER", "100"),
            "ASKR_REFORK_AFTER = 100 (environment): without cow no worker is forked from a booted application; turn cow on, or leave it out",
        ),
        (
            worker().variable("ASKR_POOLS", &many.join(";")),
            &format!(
                "ASKR_POOLS = {} (environment): there can be 15 beside the pool of all other paths; put paths that can share workers into one pool",
                many.join(";")
            ),
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn parts_of_a_store_that_do_not_fit_are_refused_with_a_remedy() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path().to_str().unwrap();
    let scene = || Scene::new().flag("root", here);
    let cases: [(Scene, &str); 6] = [
        (
            scene().flag("store_size", "1MB"),
            "--store-size = 1MB (flag): its parts would hold next to nothing; give at least 4MB, or 0 for no store",
        ),
        (
            scene().flag("store_sessions", "33MB"),
            "--store-sessions = 33MB (flag): that is more than half of store_size 64MB; give a larger store_size, or less to sessions",
        ),
        (
            scene().toml("store_value_max = '16MB'"),
            "store_value_max = 16MB (DIR/askr.toml): the cache's part of store_size 64MB takes values of at most 10596608 bytes; give a larger store_size, or a smaller store_value_max",
        ),
        (
            scene()
                .flag("store_size", "0")
                .laravel("store_file", "/tmp/store"),
            "store_file = /tmp/store (config/askr.php): with store_size 0 there is no store; give a store_size, or leave it out",
        ),
        (
            scene().flag("store_file", "/not/there/store"),
            "--store-file = /not/there/store (flag): there is no such place for a file; name a file in a folder that is there",
        ),
        (
            scene()
                .flag("control_socket", "/tmp/a.sock")
                .flag("store_socket", "/tmp/a.sock"),
            "--store-socket = /tmp/a.sock (flag): that is the control socket; give another path",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn certificates_that_do_not_fit_together_are_refused_with_a_remedy() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("a.pem");
    std::fs::write(&file, "").unwrap();
    let (here, file) = (here.path().to_str().unwrap(), file.to_str().unwrap());
    let scene = || Scene::new().flag("root", here);
    let cases: [(Scene, String); 5] = [
        (
            scene().flag("tls_cert", file),
            format!("--tls-cert = {file} (flag): there are 1 tls_cert and 0 tls_key; give each certificate its key, in the same order"),
        ),
        (
            scene().flag("tls_cert", file).flag("tls_key", &format!("{file},{file}")),
            format!("--tls-key = {file},{file} (flag): there are 1 tls_cert and 2 tls_key; give each certificate its key, in the same order"),
        ),
        (
            scene().flag("tls_cert", file).flag("tls_key", file).toml("tls_self_signed = true"),
            "tls_self_signed = on (DIR/askr.toml): there is a tls_cert already; leave one of them out".to_owned(),
        ),
        (
            scene().flag("tls_self_signed", "on").variable("ASKR_TLS_CLIENT_AUTH", "optional"),
            "ASKR_TLS_CLIENT_AUTH = optional (environment): there is no authority that could have signed them; name its certificate with tls_client_ca, or leave it out".to_owned(),
        ),
        (
            scene().toml("tls_min = 1.3"),
            "tls_min = 1.3 (DIR/askr.toml): without a certificate nothing is encrypted; give tls_cert and tls_key or tls_self_signed, or leave it out".to_owned(),
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn a_store_that_is_accepted_can_be_made() {
    let here = tempfile::tempdir().unwrap();
    let sizes = [
        ("4MB", "256KB"),
        ("4MB", "2MB"),
        ("5000001", "300001"),
        ("64MB", "32MB"),
        ("1GB", "256KB"),
    ];
    for (size, sessions) in sizes {
        let scene = || {
            let scene = Scene::new().flag("root", here.path().to_str().unwrap());
            let scene = scene.flag("store_size", size);
            scene.flag("store_sessions", sessions)
        };
        let most = StoreConfig::value_most(&scene().resolve().unwrap());
        let mut scenes = [
            scene(),
            scene().flag("store_value_max", "1KB"),
            scene().flag("store_value_max", &most.to_string()),
        ];
        for scene in &mut scenes {
            let config = ServeConfig::new(&scene.resolve().unwrap()).unwrap();
            let made =
                askr_store::Store::create(&config.applications[0].store.as_ref().unwrap().sizes);
            assert!(made.is_ok(), "{size} {sessions}: {made:?}");
        }
        let larger = scene().flag("store_value_max", &(most + 1).to_string());
        assert!(
            larger
                .complaint()
                .contains(&format!("at most {most} bytes"))
        );
    }
}

#[test]
fn the_parts_of_a_store_are_all_of_it() {
    let here = tempfile::tempdir().unwrap();
    let store = |size: &str, sessions: Option<&str>| {
        let scene = Scene::new().flag("root", here.path().to_str().unwrap());
        let mut scene = sessions
            .into_iter()
            .fold(scene.flag("store_size", size), |scene, bytes| {
                scene.flag("store_sessions", bytes)
            });
        ServeConfig::new(&scene.resolve().unwrap())
            .unwrap()
            .applications[0]
            .store
            .clone()
    };
    for (size, sessions, bytes) in [("64MB", None, 64 << 20), ("5MB", Some("2MB"), 5 << 20)] {
        let sizes = store(size, sessions).unwrap().sizes;
        assert_eq!(sizes.namespaces.iter().sum::<usize>(), bytes, "{size}");
        assert!(sizes.value_max <= sizes.namespaces[0] / 4, "{size}");
    }
    assert_eq!(store("0", None), None);
}
