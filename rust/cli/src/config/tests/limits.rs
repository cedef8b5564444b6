//! Limits: what each says, and complaints about them.

use askr_gateway::LimitKey;

use super::*;

#[test]
fn what_is_wrong_with_a_limit_is_named_like_any_other_option() {
    let cases: [(Scene, &str); 13] = [
        (
            Scene::new().flag("limits", "login rate=5/1m brust=2"),
            "unknown key --limit login brust = \"2\" in flag; did you mean burst?",
        ),
        (
            Scene::new().toml("[limits.login]\nrate = '5/1m'\ncolour = 'red'"),
            "unknown key limits.login.colour = \"red\" in DIR/askr.toml; a limit has paths, key, rate, burst",
        ),
        (
            Scene::new().flag("limits", "login paths=/login"),
            "--limit login rate = nothing (flag) cannot be used; give a rate such as 5/1m: from 1 to 1000000 requests in 1ms to 86400s",
        ),
        (
            Scene::new().variable("ASKR_LIMITS", "login rate=0/1m"),
            "ASKR_LIMITS login rate = \"0/1m\" (environment) cannot be used; give a rate such as 5/1m: from 1 to 1000000 requests in 1ms to 86400s",
        ),
        (
            Scene::new().flag("limits", "login rate=5"),
            "--limit login rate = \"5\" (flag) cannot be used; give a rate such as 5/1m: from 1 to 1000000 requests in 1ms to 86400s",
        ),
        (
            Scene::new().flag("limits", "login rate=5/25h"),
            "--limit login rate = \"5/25h\" (flag) cannot be used; give a rate such as 5/1m: from 1 to 1000000 requests in 1ms to 86400s",
        ),
        (
            Scene::new().toml("[limits.login]\nrate = '5/1m'\nburst = 0"),
            "limits.login.burst = 0 (DIR/askr.toml) cannot be used; give a whole number from 1 to 1000000",
        ),
        (
            Scene::new().flag("limits", "login rate=1/24h burst=31"),
            "--limit login burst = 31 (flag) cannot be used; give a burst that comes back within 30 days at that rate",
        ),
        (
            Scene::new().flag("limits", "login rate=5/1m key=header"),
            "--limit login key = \"header\" (flag) cannot be used; give address, header:NAME or cookie:NAME",
        ),
        (
            Scene::new().flag("limits", "login rate=5/1m paths=login"),
            "--limit login paths = \"login\" (flag) cannot be used; give paths such as /reports, in a list or separated by commas",
        ),
        (
            Scene::new()
                .flag("limits", "login rate=5/1m")
                .flag("limits", "login rate=5/1h"),
            "--limit login = \"login\" (flag) cannot be used; give each name once, with all that belongs to it",
        ),
        (
            Scene::new().flag("limits", "rate=5/1m"),
            "--limit rate=5/1m = \"rate=5/1m\" (flag) cannot be used; give a name of up to 32 letters, digits, - and _",
        ),
        (
            Scene::new().toml("limits = ['login']"),
            "limits = [\"login\"] (DIR/askr.toml) cannot be used; give a table of limits, or `NAME rate=N/TIME KEY=VALUE …` for each",
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn limits_want_a_store_and_are_not_too_many() {
    let root = tempfile::tempdir().unwrap();
    let scene = || Scene::new().flag("root", root.path().to_str().unwrap());
    assert_eq!(
        scene()
            .flag("limits", "all rate=5/1m")
            .flag("store_size", "0")
            .complaint(),
        "--limit = all key=address rate=5/60s burst=5 (flag): with store_size 0 there is no store; give a store_size, or leave it out"
    );
    let mut rules: Vec<String> = (0..64).map(|n| format!("r{n} rate=5/1m")).collect();
    let mut most = scene().variable("ASKR_LIMITS", &rules.join(";"));
    let config = ServeConfig::new(&most.resolve().unwrap()).unwrap();
    assert_eq!(config.applications[0].limit_rules.len(), 64);
    rules.push("last rate=5/1m".to_owned());
    let complaint = scene()
        .variable("ASKR_LIMITS", &rules.join(";"))
        .complaint();
    let end = "there can be 64; put paths that can share a rate into one limit";
    assert!(complaint.ends_with(end), "{complaint}");
}

#[test]
fn a_limit_has_what_it_was_given_and_else_the_plainest() {
    let settings = Scene::new()
        .toml("[limits.all]\nrate = '100/1s'")
        .toml("[limits.api]\npaths = ['/api/', '/v2']\nkey = 'header:X-Api-Key'")
        .toml("rate = '1000/1h'\nburst = 50")
        .resolve()
        .unwrap();
    let [all, api] = settings.limits() else {
        panic!("there are two")
    };
    assert_eq!((all.paths.len(), &all.key), (0, &LimitKey::Address));
    assert_eq!((all.rate.tokens, all.rate.burst), (100, 100));
    assert_eq!(all.rate.period, Duration::from_secs(1));
    assert_eq!(api.paths, ["/api", "/v2"]);
    assert_eq!(api.key.to_string(), "header:x-api-key");
    assert_eq!((api.rate.tokens, api.rate.burst), (1000, 50));
}
