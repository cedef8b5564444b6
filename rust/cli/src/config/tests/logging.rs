//! Where requests are written down.

use askr_gateway::{AccessField, AccessFormat, AccessLogPlace};

use super::*;

#[test]
fn requests_are_written_down_where_somebody_says() {
    let root = tempfile::tempdir().unwrap();
    let config = |scene: Scene| {
        let mut scene = scene.flag("root", root.path().to_str().unwrap());
        let settings = scene.resolve().unwrap();
        ServeConfig::new(&settings).unwrap().access_log
    };
    assert_eq!(config(Scene::new()), None);
    assert_eq!(
        config(Scene::new().variable("ASKR_ACCESS_LOG", "off")),
        None
    );

    let scene = Scene::new().toml("access_log = 'logs/access.log'");
    let path = scene.folder.path().join("logs/access.log");
    let json = config(scene).unwrap();
    assert_eq!(json.place, AccessLogPlace::File(path));
    assert_eq!(json.format, AccessFormat::Json(AccessField::usual()));

    let scene = Scene::new().flag("access_log", "stdout");
    let combined = config(scene.flag("access_log_format", "combined")).unwrap();
    assert_eq!(combined.place, AccessLogPlace::Stdout);
    assert_eq!(combined.format, AccessFormat::Combined);
}

#[test]
fn slips_are_refused() {
    assert_eq!(
        Scene::new().flag("access_log", "syslog:").complaint(),
        "--access-log = \"syslog:\" (flag) cannot be used; give off, stdout, syslog, syslog:/SOCKET, syslog:HOST:PORT or a path"
    );
    let fields = Scene::new().variable("ASKR_ACCESS_LOG_FIELDS", "status,password");
    let complaint = fields.complaint();
    let said = "ASKR_ACCESS_LOG_FIELDS = \"status,password\" (environment) cannot be used; give default or some of time, request, ";
    assert!(complaint.starts_with(said), "{complaint}");
    let root = tempfile::tempdir().unwrap();
    let scene = Scene::new().flag("root", root.path().to_str().unwrap());
    let scene = scene.flag("access_log_fields", "status");
    assert_eq!(
        scene.flag("access_log_format", "combined").complaint(),
        "--access-log-fields = status (flag): the format combined has its own; choose access_log_format json, or leave it out"
    );
}
