//! Running out of file descriptors. Alone in its process, because the limit is the process's.

use std::fs::File;
use std::thread;

use askr_exchange::{ExchangeLimits, GatewayEnd};
use askr_gateway::{ApplicationConfig, Gateway, GatewayConfig, Shutdown, runtime};
use askr_testkit::Client;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::time::Instant;

#[test]
fn running_out_of_descriptors_does_not_end_the_server() {
    let limit = Rlimit {
        current: Some(200),
        maximum: Some(200),
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    let exchange = GatewayEnd::create(ExchangeLimits::default()).unwrap();
    let root = tempfile::tempdir().unwrap();
    let gateway = Gateway::bind(GatewayConfig {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        applications: vec![ApplicationConfig {
            root: root.path().to_owned(),
            ..ApplicationConfig::default()
        }],
        ..GatewayConfig::default()
    })
    .unwrap();
    let address = gateway.addresses()[0];
    let (trigger, shutdown) = Shutdown::new();
    let server = thread::spawn(move || {
        let runtime = runtime(std::slice::from_ref(&exchange)).unwrap();
        runtime
            .block_on(gateway.serve(vec![vec![exchange]], shutdown))
            .unwrap();
    });
    let mut early = Client::connect(address);
    assert_eq!(early.get("/askr/health").status, 200);

    // One descriptor stays for the client; the server finds none left for its end.
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken.pop();
    let mut late = Client::connect(address);
    late.send("GET /askr/health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(early.get("/askr/health").status, 200);

    taken.clear();
    assert_eq!(late.response().status, 200);
    trigger.drain(Instant::now());
    server.join().unwrap();
}
