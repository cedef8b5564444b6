//! What PHP code sees of the store: scripts that measure, in a request of a real server.

use std::path::{Path, PathBuf};
use std::thread;

use super::StoreError;
use super::redis::Redis;
use crate::bench::fetch;
use crate::bench::row::{ServerKind, Site};
use crate::bench::server::{Bench, Server};
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::files;

/// Every script prints figures.
const MARKER: &str = "\"what\":";

/// Beside APCu, in one process.
pub(super) fn cache_get(cache: &Cache, bench: &Bench<'_>) -> Result<String, StoreError> {
    let bench = Bench {
        workers: 1,
        arguments: extensions(cache, bench, &["apcu"])?,
        ..bench.clone()
    };
    let server = serve(&bench, include_str!("get.php"), None)?;
    ask(&server, "/")
}

/// Beside the Redis driver of Laravel, in the demo application.
pub(super) fn cache_driver(
    checkout: &Checkout,
    cache: &Cache,
    bench: &Bench<'_>,
) -> Result<String, StoreError> {
    let redis = Redis::start(bench.folder).map_err(StoreError::Redis)?;
    let bench = Bench {
        workers: 1,
        arguments: extensions(cache, bench, &["igbinary", "redis"])?,
        ..bench.clone()
    };
    let server = serve(&bench, include_str!("driver.php"), Some(checkout.demo()))?;
    ask(&server, &format!("/?socket={}", redis.socket.display()))
}

/// Two workers add to one counter at the same time.
pub(super) fn counter(bench: &Bench<'_>) -> Result<String, StoreError> {
    let bench = Bench {
        workers: 2,
        ..bench.clone()
    };
    let server = serve(&bench, include_str!("counter.php"), None)?;
    let reports = thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| ask(&server, "/?do=add")));
        both.map(|one| one.join().expect("asking does not panic"))
    });
    let [one, other] = reports;
    let (one, other) = (one?, other?);
    together(&one, &other)?;
    ask(&server, "/?do=read")
}

/// Each report ends with its process, its start and its end.
fn together(one: &str, other: &str) -> Result<(), StoreError> {
    let parsed = |report: &str| -> Option<[u64; 3]> {
        let line = report.lines().find_map(|line| line.strip_prefix("ran "))?;
        let mut numbers = line.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some([next()?, next()?, next()?])
    };
    let are_together = match (parsed(one), parsed(other)) {
        (Some([pid, start, end]), Some([pid2, start2, end2])) => {
            // Most of the time of each is also the other's.
            let common = end.min(end2).saturating_sub(start.max(start2));
            pid != pid2 && common * 2 > (end - start).min(end2 - start2)
        }
        _ => false,
    };
    if are_together {
        return Ok(());
    }
    Err(StoreError::NotTogether(format!("{one}; {other}")))
}

fn serve(
    bench: &Bench<'_>,
    script: &str,
    application: Option<PathBuf>,
) -> Result<Server, StoreError> {
    let root = bench.folder.join("store");
    files::create_folder(&root)?;
    files::write(&root.join("index.php"), script)?;
    let site = Site {
        root,
        worker_script: PathBuf::new(),
        without_reset: PathBuf::new(),
        application,
        certificate: None,
    };
    Ok(Server::start(bench, ServerKind::AskrClassic, &site)?)
}

fn ask(server: &Server, path: &str) -> Result<String, StoreError> {
    let body = fetch::once(server.address, path, MARKER)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// The server's options that load extensions which setup has built.
fn extensions(
    cache: &Cache,
    bench: &Bench<'_>,
    names: &[&'static str],
) -> Result<Vec<String>, StoreError> {
    let mut options = bench.arguments.clone();
    for name in names {
        let series = bench.engine.series();
        let object = cache.path(&format!("extensions/{series}/{name}.so"));
        if !Path::is_file(&object) {
            return Err(StoreError::NoExtension { name });
        }
        options.push(format!("--ini=extension={}", object.display()));
    }
    Ok(options)
}
