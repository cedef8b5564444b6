//! Settings that exclude each other.

use super::*;

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
