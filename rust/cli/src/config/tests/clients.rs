//! Who is believed when it speaks of clients.

use askr_gateway::{PeerList, TrustedField};

use super::*;

#[test]
fn who_is_trusted_is_left_to_the_application_unless_somebody_says() {
    let root = tempfile::tempdir().unwrap();
    let trust = |scene: Scene| {
        let mut scene = scene.flag("root", root.path().to_str().unwrap());
        ServeConfig::new(&scene.resolve().unwrap()).unwrap().trust
    };
    assert_eq!(trust(Scene::new()), None);
    let nobody = trust(Scene::new().variable("ASKR_TRUSTED_PROXIES", "none")).unwrap();
    assert_eq!(nobody.proxies, PeerList::default());
    assert_eq!(nobody.fields, TrustedField::ALL);

    let some = Scene::new().toml("trusted_proxies = ['10.0.0.0/8', 'unix']");
    let some = trust(some.flag("trusted_fields", "forwarded")).unwrap();
    assert_eq!(some.proxies.to_string(), "10.0.0.0/8,unix");
    assert_eq!(some.fields, [TrustedField::Forwarded]);
}

#[test]
fn slips_are_refused() {
    let peers = "addresses, networks such as 10.0.0.0/8, unix or private in a list or separated by commas, or none";
    let cases = [
        (
            Scene::new().flag("trusted_proxies", "*"),
            format!("--trusted-proxies = \"*\" (flag) cannot be used; give {peers}"),
        ),
        (
            Scene::new().flag("trusted_proxies", "10.0.0.1,none"),
            format!("--trusted-proxies = \"10.0.0.1,none\" (flag) cannot be used; give {peers}"),
        ),
        (
            Scene::new().toml("proxy_protocol = ['10.0.0.1/8']"),
            format!("proxy_protocol = [\"10.0.0.1/8\"] (DIR/askr.toml) cannot be used; give {peers}"),
        ),
        (
            Scene::new().toml("trusted_proxies = []"),
            format!("trusted_proxies = [] (DIR/askr.toml) cannot be used; give {peers}"),
        ),
        (
            Scene::new().variable("ASKR_TRUSTED_FIELDS", "x-real-ip"),
            "ASKR_TRUSTED_FIELDS = \"x-real-ip\" (environment) cannot be used; give some of x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-forwarded-port, forwarded".to_owned(),
        ),
    ];
    for (scene, expected) in cases {
        assert_eq!(scene.complaint(), expected);
    }
}

#[test]
fn what_could_never_count_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let scene = || Scene::new().flag("root", root.path().to_str().unwrap());
    assert_eq!(
        scene().flag("trusted_fields", "forwarded").complaint(),
        "--trusted-fields = forwarded (flag): without trusted_proxies nobody is believed; name trusted_proxies, or leave it out"
    );
    assert_eq!(
        scene()
            .flag("head_limit", "8KB")
            .flag("request_line_limit", "9KB")
            .complaint(),
        "--request-line-limit = 9KB (flag): that is more than head_limit 8KB; give a larger head_limit, or less"
    );
    // The default gives way.
    let settings = scene().flag("head_limit", "8KB").resolve().unwrap();
    assert_eq!(ServeConfig::new(&settings).unwrap().limits.head_bytes, 8192);
}
