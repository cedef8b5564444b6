//! Applications by host name and redirects: what each has, and complaints about them.

use super::*;

/// A folder with a root for each of two applications.
fn places() -> (tempfile::TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir_all(place.join("public")).unwrap();
        std::fs::write(place.join("worker.php"), "<?php").unwrap();
        place.display().to_string()
    };
    let places = [place("one"), place("shop")];
    (folder, places)
}

#[test]
fn what_is_wrong_with_a_host_is_named_like_any_other_option() {
    let cases: [(Scene, &str); 10] = [
        (
            Scene::new().flag("hosts", "shop names=shop.example wrokers=2"),
            "unknown key --host shop wrokers = \"2\" in flag; did you mean workers?",
        ),
        (
            Scene::new().toml("[hosts.shop]\nnames = ['shop.example:80']"),
            "hosts.shop.names = [\"shop.example:80\"] (DIR/askr.toml) cannot be used; give host names such as shop.example or *.shop.example, in a list or separated by commas",
        ),
        (
            Scene::new().variable("ASKR_HOSTS", "shop workers=2"),
            "ASKR_HOSTS shop names = nothing (environment) cannot be used; give host names such as shop.example or *.shop.example, in a list or separated by commas",
        ),
        (
            Scene::new().toml("[hosts.shop]\nnames = 'a'\nworkers = 'many'"),
            "hosts.shop.workers = \"many\" (DIR/askr.toml) cannot be used; give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        (
            Scene::new().flag("hosts", "default names=a"),
            "--host default = \"default\" (flag) cannot be used; give another name: this is the application of all other hosts",
        ),
        (
            Scene::new().flag("hosts", "a names=x,y;b names=z,y"),
            "--host = y of a and of b (flag): a request could be for either; give the name to one of them",
        ),
        (
            Scene::new().flag("hosts", "a names=x pools=slow"),
            "--host a pools = \"slow\" (flag) cannot be used; give a table of pools, in askr.toml or config/askr.php",
        ),
        (
            Scene::new().toml("[hosts.a]\nnames = 'x'\n[hosts.a.pools.slow]\nworkers = 1"),
            "hosts.a.pools.slow.paths = nothing (DIR/askr.toml) cannot be used; give paths such as /reports, in a list or separated by commas",
        ),
        (
            Scene::new().toml("[hosts.a]\nnames = 'x'\nrot = '/srv/a'"),
            "unknown key hosts.a.rot = \"/srv/a\" in DIR/askr.toml; did you mean root?",
        ),
        (
            Scene::new().toml("hosts = 3"),
            "hosts = 3 (DIR/askr.toml) cannot be used; give a table of hosts, or `NAME names=HOST,… KEY=VALUE …` for each",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn what_is_wrong_with_a_redirect_is_named_like_any_other_option() {
    let cases: [(Scene, &str); 6] = [
        (
            Scene::new().flag("redirects", "www from=www.a.example"),
            "--redirect www to = nothing (flag) cannot be used; give a host, a path or both, such as https://shop.example, /new, https:// or /archive/*",
        ),
        (
            Scene::new().flag("redirects", "www from=a.example to=/x status=303"),
            "--redirect www status = \"303\" (flag) cannot be used; give one of 301, 302, 307, 308",
        ),
        (
            Scene::new().toml("[redirects.www]\nfrom = 'ftp://a'\nto = '/x'"),
            "redirects.www.from = \"ftp://a\" (DIR/askr.toml) cannot be used; give a host, a path or both, such as www.shop.example, /old, http://shop.example/blog/*",
        ),
        (
            Scene::new().flag("redirects", "www from=a.example to=https://a.example"),
            "--redirect www to = https://a.example (flag) cannot be used; give another place: who is sent there is sent there again",
        ),
        (
            Scene::new().flag("redirects", "www from=/a to=/b/*"),
            "--redirect www to = /b/* (flag) cannot be used; give a path without a star: from has none that could stand for it",
        ),
        (
            Scene::new().flag("redirects", "www from=/a to=/b when=now"),
            "unknown key --redirect www when = \"now\" in flag; a redirect has from, to, status",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn a_host_has_what_it_was_given_and_else_what_all_have_but_not_where_they_are() {
    let (_folder, [one, shop]) = places();
    let mut scene = Scene::new()
        .flag("app_base", &one)
        .flag("worker_script", &format!("{one}/worker.php"))
        .flag("workers", "4")
        .flag("request_timeout", "7s")
        .flag("store_file", &format!("{one}/store"))
        .flag("pools", "slow paths=/reports")
        .toml("[ini]\nmemory_limit = '1G'\nprecision = 4")
        .toml(&format!(
            "[hosts.shop]\nnames = ['shop.example', '*.shop.example']\nroot = '{shop}/public'"
        ))
        .toml("workers = '1..2'\nini = { memory_limit = '2G' }")
        .toml("[hosts.shop.pools.api]\npaths = '/api'\nworkers = 3");
    let settings = scene.resolve().unwrap();

    let config = ServeConfig::new(&settings).unwrap();

    let [own, host] = &config.applications[..] else {
        panic!()
    };
    assert_eq!((own.name.as_str(), own.names.len()), ("default", 0));
    assert_eq!((host.name.as_str(), host.names.len()), ("shop", 2));
    assert_eq!(host.own_host(), "shop.example");
    assert_eq!(host.root, Path::new(&shop).join("public"));
    assert_eq!((&host.app_base, &host.worker_script), (&None, &None));
    let workers = host
        .pools
        .iter()
        .map(|pool| (pool.name.as_str(), pool.workers_most));
    assert_eq!(workers.collect::<Vec<_>>(), [("default", 2), ("api", 3)]);
    let timeout = |pool: &PoolConfig| pool.deadlines.request_timeout;
    assert_eq!(timeout(&host.pools[1]), timeout(&own.pools[0]));
    let store = host.store.as_ref().unwrap();
    assert_eq!(
        (&store.file, store.sizes),
        (&None, own.store.as_ref().unwrap().sizes)
    );
    let ini: Vec<String> = host
        .ini
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(ini, ["memory_limit=2G", "precision=4"]);
}

#[test]
fn paths_of_a_host_start_where_the_file_lies() {
    let settings = Scene::new()
        .toml("[hosts.shop]\nnames = 'a'\napp_base = 'shop'\nwatch_paths = ['x']")
        .resolve();
    let settings = settings.unwrap();

    let applications = settings.applications();

    assert_eq!(applications.len(), 1, "there is none for other hosts");
    let own = &applications[0].settings;
    let base = own.path(Key::AppBase).unwrap();
    assert!(base.is_absolute() && base.ends_with("shop"), "{base:?}");
    assert!(own.paths(Key::WatchPaths)[0].is_absolute());
}

#[test]
fn what_only_one_application_can_have_wants_one() {
    let (_folder, [one, shop]) = places();
    let host = format!("shop names=a root={shop}/public");
    let cases: [(Scene, String); 4] = [
        (
            Scene::new().flag("hosts", &host).flag("pools", "slow paths=/a"),
            "--pool = slow paths=/a (flag): there are only applications of hosts; give it to one of hosts, or give app_base or root for all other hosts".to_owned(),
        ),
        (
            Scene::new().flag("hosts", "shop names=a"),
            "root is not set; give --root DIR, or --app-base DIR for a Laravel application".to_owned(),
        ),
        (
            Scene::new().flag("hosts", "shop names=a root=/not/there"),
            "--host shop root = /not/there (flag): there is no such folder; name the folder that holds index.php, or create it".to_owned(),
        ),
        (
            Scene::new().flag("root", &format!("{one}/public")).flag(
                "hosts",
                &format!("shop names=a root={one}/public"),
            ),
            format!("--host = shop names=a root={one}/public (flag): {one}/public is for two applications; give one application all the names, or each its own"),
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn memory_has_to_hold_all_applications_together() {
    let (_folder, [one, shop]) = places();
    let most = "store_size=16GB";
    let hosts: Vec<String> = (0..30)
        .map(|number| format!("h{number} names=h{number} root={shop}/{number} {most}"))
        .collect();
    for number in 0..30 {
        std::fs::create_dir(Path::new(&shop).join(number.to_string())).unwrap();
    }
    let usable = crate::machine_memory::MachineMemory::read().usable();
    let each_fits = usable.is_none_or(|usable| usable >= 16 << 30);
    let scene = Scene::new()
        .flag("root", &format!("{one}/public"))
        .flag("hosts", &hosts.join(";"));

    let complaint = scene.complaint();

    let expected = match each_fits {
        true => "beside the store there is",
        false => "of memory; give a smaller one",
    };
    assert!(complaint.contains(expected), "{complaint}");
}
