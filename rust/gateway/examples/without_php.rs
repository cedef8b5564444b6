//! The gateway with workers that answer at once, to measure and profile it without PHP.
//!
//! `cargo run --release -p askr-gateway --example without_php -- 127.0.0.1:8080 2`, then load
//! `/askr/health` for the gateway alone and `/` for the way through the exchange. A third argument
//! is the folder that files come from; a certificate and its key behind it encrypt.
#![expect(clippy::unwrap_used, reason = "a failed set-up ends the measurement")]

use std::env;
use std::path::PathBuf;

use askr_exchange::{ExchangeLimits, GatewayEnd, WorkerId};
use askr_gateway::{
    ApplicationConfig, Certificates, Gateway, GatewayConfig, PairFiles, Shutdown, TlsConfig,
    TlsVersion, runtime,
};
use askr_testkit::{After, FakeWorker, reply};

fn main() {
    let mut arguments = env::args().skip(1);
    let listen = arguments.next().unwrap_or("127.0.0.1:8080".to_owned());
    let workers: u16 = arguments.next().map_or(2, |count| count.parse().unwrap());
    let root = arguments.next().map_or_else(env::temp_dir, PathBuf::from);
    let pair = arguments.next().zip(arguments.next());

    let exchange = GatewayEnd::create(ExchangeLimits::default()).unwrap();
    let gateway = Gateway::bind(GatewayConfig {
        listen: vec![listen.parse().unwrap()],
        applications: vec![ApplicationConfig {
            root,
            ..ApplicationConfig::default()
        }],
        tls: pair.map(encrypted),
        ..GatewayConfig::default()
    })
    .unwrap();
    let _workers: Vec<FakeWorker> = (0..workers)
        .map(|seat| {
            let worker = WorkerId {
                seat,
                incarnation: u32::from(seat) + 1,
            };
            FakeWorker::start(&exchange, worker, |job, _| {
                let headers = [("Content-Type", "text/plain")];
                let _ = reply(job.take().unwrap(), 200, &headers, b"hello\n");
                After::Next
            })
        })
        .collect();
    let (_trigger, shutdown) = Shutdown::new();
    let runtime = runtime(std::slice::from_ref(&exchange)).unwrap();
    runtime
        .block_on(gateway.serve(vec![vec![exchange]], shutdown))
        .unwrap();
}

fn encrypted((certificate, key): (String, String)) -> TlsConfig {
    TlsConfig {
        certificates: Certificates::Files(vec![PairFiles {
            certificate: certificate.into(),
            key: key.into(),
        }]),
        client_auth: None,
        version_min: TlsVersion::V12,
        http2: true,
    }
}
