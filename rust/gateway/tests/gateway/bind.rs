//! What cannot be served is said before anything starts.

use std::error::Error;
use std::net::TcpListener;

use askr_gateway::{ApplicationConfig, BindError, Gateway, GatewayConfig};

fn config(address: &str, root: &std::path::Path) -> GatewayConfig {
    GatewayConfig {
        listen: vec![address.parse().unwrap()],
        applications: vec![ApplicationConfig {
            root: root.to_owned(),
            ..ApplicationConfig::default()
        }],
        ..GatewayConfig::default()
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let root = tempfile::tempdir().unwrap();
    let error = Gateway::bind(config(&address, root.path())).unwrap_err();
    assert!(matches!(error, BindError::Address { .. }));
    assert_eq!(error.to_string(), format!("address {address}"));
    assert!(error.source().unwrap().to_string().contains("in use"));
}

#[test]
fn a_root_that_is_no_directory_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file, root.path().join("missing")] {
        let error = Gateway::bind(config("127.0.0.1:0", &path)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("document root {}", path.display())
        );
        assert!(matches!(error, BindError::Root { .. }));
    }
}

#[test]
fn several_addresses_can_be_listened_on() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config("127.0.0.1:0", root.path());
    config.listen.push("127.0.0.1:0".parse().unwrap());
    let addresses = Gateway::bind(config).unwrap().addresses();
    assert_eq!(addresses.len(), 2);
    assert_ne!(addresses[0], addresses[1]);
}

#[test]
fn there_must_be_an_address() {
    let config = GatewayConfig {
        listen: Vec::new(),
        ..GatewayConfig::default()
    };
    assert!(matches!(Gateway::bind(config), Err(BindError::NoAddress)));
}
