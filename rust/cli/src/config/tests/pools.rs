//! Pools: what each has, and complaints about them.

use askr_exchange::control::Isolation;

use super::*;

#[test]
fn what_is_wrong_with_a_pool_is_named_like_any_other_option() {
    let cases: [(Scene, &str); 10] = [
        (
            Scene::new().flag("pools", "slow paths=/a wrokers=2"),
            "unknown key --pool slow wrokers = \"2\" in flag; did you mean workers?",
        ),
        (
            Scene::new().toml("[pools.slow]\npaths = ['/a']\ncolour = 'red'"),
            "unknown key pools.slow.colour = \"red\" in DIR/askr.toml; a pool has workers, max_requests, isolation, request_timeout, slow_request, queue_limit, queue_timeout, paths",
        ),
        (
            Scene::new().variable("ASKR_POOLS", "slow paths=/a workers=0"),
            "ASKR_POOLS slow workers = \"0\" (environment) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().flag("pools", "slow paths=/a isolation=thread"),
            "--pool slow isolation = \"thread\" (flag) cannot be used; give one of worker, fork, request",
        ),
        (
            Scene::new().flag("pools", "slow workers=1"),
            "--pool slow paths = nothing (flag) cannot be used; give paths such as /reports, in a list or separated by commas",
        ),
        (
            Scene::new().flag("pools", "slow paths=/a,reports"),
            "--pool slow paths = \"/a,reports\" (flag) cannot be used; give paths such as /reports, in a list or separated by commas",
        ),
        (
            Scene::new().flag("pools", "default paths=/a"),
            "--pool default = \"default\" (flag) cannot be used; give another name: this is the pool of all other paths",
        ),
        (
            Scene::new().flag("pools", "slow paths=/a workers"),
            "--pool slow = \"workers\" (flag) cannot be used; give KEY=VALUE after its name, each key once",
        ),
        (
            Scene::new()
                .flag("pools", "slow paths=/a,/b")
                .flag("pools", "slower paths=/c,/b/"),
            "--pool = /b of slow and of slower (flag): a request could go to either pool; give the path to one of them",
        ),
        (
            Scene::new().toml("pools = 3"),
            "pools = 3 (DIR/askr.toml) cannot be used; give a table of pools, or `NAME paths=/PATH,… KEY=VALUE …` for each",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn a_pool_has_what_it_was_given_and_else_what_all_have() {
    let settings = Scene::new()
        .flag("worker_script", "/worker.php")
        .flag("workers", "4")
        .flag("cow", "on")
        .flag(
            "pools",
            "slow paths=/reports/,/export workers=1..2 request_timeout=10m",
        )
        .flag(
            "pools",
            "pure paths=/reports/pure isolation=fork queue_limit=3",
        )
        .resolve()
        .unwrap();

    let pools = pool_configs(&settings);

    let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
    assert_eq!(names, ["default", "slow", "pure"]);
    let [all, slow, pure] = &pools[..] else {
        panic!()
    };
    assert_eq!((all.workers_least, all.workers_most), (4, 4));
    assert_eq!((slow.workers_least, slow.workers_most), (1, 2));
    assert_eq!(slow.paths, ["/reports", "/export"]);
    assert_eq!(slow.deadlines.request_timeout, Duration::from_secs(600));
    assert_eq!(slow.queue_limit, all.queue_limit);
    assert_eq!(slow.isolation, Isolation::Worker { cow: true });
    assert_eq!((pure.isolation, pure.queue_limit), (Isolation::Fork, 3));
    assert_eq!(pure.deadlines, all.deadlines);
}
