//! The table, for people.

use std::fmt::Write;
use std::process::Command;

use super::edge;
use super::figures;
use super::result::{Entry, Results};
use super::server::{Bench, INI};
use super::store;
use crate::process;

/// Under which circumstances the figures hold.
#[derive(Debug)]
pub(crate) struct Conditions {
    cores: usize,
    processor: String,
    php: String,
    nginx: String,
    wrk: String,
    h2load: String,
    /// Processes that wanted to run in the last minute, before the benchmark began.
    load: String,
    seconds: u32,
    rounds: u32,
}

impl Conditions {
    /// Asks the machine, before the first server is started.
    pub(crate) fn of(bench: &Bench<'_>, seconds: u32, rounds: u32) -> Conditions {
        let loadavg = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Conditions {
            cores: bench.workers,
            processor: processor(&cpuinfo)
                .unwrap_or("an unknown processor")
                .to_owned(),
            php: bench.engine.version.clone(),
            nginx: version_line("nginx", "-v"),
            wrk: version_line("wrk", "-v"),
            h2load: version_line("h2load", "--version"),
            load: loadavg.split(' ').next().unwrap_or_default().to_owned(),
            seconds,
            rounds,
        }
    }
}

/// The whole of `docs/benchmarks.md`.
pub(crate) fn markdown(conditions: &Conditions, results: &Results) -> String {
    let mut text = String::from(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`; run it to get the figures of your own machine. Only ratios\n\
         within one run mean anything: the load generator shares the cores with the servers.\n\n\
         ## Conditions\n\n",
    );
    text += &circumstances(conditions);
    text += "\n## Figures to reach\n\n";
    text += &figures(results);
    text += "\n## Results\n\n";
    text += &table(results);
    text += "\n## Workers, reloads and deaths\n\n";
    text += &findings(results, |row| {
        !store::is_about_it(row) && !edge::is_about_it(row)
    });
    text += "\n## Clients, files and connections\n\n";
    text += &findings(results, edge::is_about_it);
    text += "\n## The shared store\n\n";
    text += &findings(results, store::is_about_it);
    text += "\nRows:\n\n";
    text += ROWS;
    text
}

/// The results as a table.
pub(crate) fn table(results: &Results) -> String {
    let mut text = String::from(
        "| row | connections | server | requests/s | p50 ms | p99 ms | errors | PSS per worker |\n\
         |---|--:|---|--:|--:|--:|--:|--:|\n",
    );
    for entry in results.entries() {
        text += &line(&entry);
    }
    text
}

/// The ratios as a table.
pub(crate) fn figures(results: &Results) -> String {
    let figures = figures::reached(results);
    if figures.is_empty() {
        return "None: the rows they compare were not measured in this run.\n".to_owned();
    }
    let mut text = String::from("| what | goal | measured | |\n|---|--:|--:|---|\n");
    for figure in figures {
        let verdict = if figure.is_reached {
            "reached"
        } else {
            "missed"
        };
        text += &format!(
            "| {} | {} | {:.2} | {verdict} |\n",
            figure.what, figure.goal, figure.measured
        );
    }
    text
}

/// What is no ratio of servers, as a table.
fn findings(results: &Results, is_wanted: impl Fn(&str) -> bool) -> String {
    let findings = results.findings().iter();
    let findings: Vec<_> = findings.filter(|found| is_wanted(found.row)).collect();
    if findings.is_empty() {
        return "None: the rows they come from were not measured in this run.\n".to_owned();
    }
    let mut text = String::from("| row | what | measured |\n|---|---|--:|\n");
    for finding in findings {
        text += &format!(
            "| {} | {} | {} |\n",
            finding.row,
            finding.what,
            finding.amount()
        );
    }
    text
}

const ROWS: &str = "\
- `script`: one line of PHP that prints a constant. In worker mode the line is the handler.
- `json`: the demo's JSON route, through everything the `web` middleware does.
- `page`: the demo's table page, rendered by Blade from SQLite.
- `reset`: `json` with and without putting state back before each request; the latter with a worker
  script that exists for this row only, since an application has no such setting.
- `paranoid`: `json` unwatched, with `--paranoid` and with `--paranoid=0.01`.
- `health`: the gateway's own fixed answer, which PHP has no part in.
- `static-1k`, `static-1m`: a file of 1,024 bytes and one of 1,048,576, from Askr and from nginx with
  `sendfile` and `open_file_cache`.
- `static-h2`: the former over TLS and HTTP/2, 8 connections of 8 streams each, one certificate.
- `json-h2`: `json` over one connection of HTTP/2 with 8 streams, and over 8 of HTTP/1.1 with one
  request at a time.
- `idle`: 2,000 connections that have had an answer and stay: how main's private memory grows with
  them, and a client on 4 connections that asks a script meanwhile, three times two seconds each.
- `slow-clients`: two workers, a client on 8 connections that asks a script, and with it 500 clients
  that send a head or a body a byte a second, and 500 that read a file or an answer of PHP, of up to
  3 MB, a byte a second. The client begins once PHP has done what they asked for; they come again
  when they are sent away.
- `large`: a file of 2 GiB as a form's upload, of which PHP says size and checksum; as a download
  that PHP hands over with `X-Sendfile`; and as a static file. curl sends and fetches, and what it
  fetches is compared. Memory is that of no file, seen every 20 ms.
- `soak`: `json` for a minute; the errors are the point.
- `kill`: `json` for 20 seconds while a worker is killed with SIGKILL every second; a request that a
  dying worker had not begun to answer is given to another.
- `isolation`: `json` in worker mode, with a process for each request, and under nginx + FPM.
- `respawn`: from SIGKILL to a worker until its replacement is ready, by the server's log, against a
  bare fork, death and wait of a PHP process that has booted the same application.
- `private`: what a worker shares with nobody after 100 requests of three kinds.
- `first`: the page of a worker that has just become ready, against its later ones; `warm` names it.
- `reload`: `askr reload` a hundred times, each time to the other of two releases, by moving the link
  `current`, under load; every tenth time with a canary window of a second. What a request answers
  that was sent after a reload returned has to come from its release: class, `.env` and static file.
- `broken`: the same twenty times to releases that cannot serve.
- `slow`: 16 connections, two workers; one request of a hundred sleeps for half a second.
- `storm`: SIGKILL to a random process below main, worker or template, several times a second.
- `cache-get`: `askr_cache_get` and `apcu_fetch` in one process, a thousand keys with values of 100
  bytes in turn; each is compared, and what comparing takes is taken off.
- `cache-driver`: `Cache::get` of Laravel through the store `askr` with igbinary, and through the
  driver `redis` with phpredis over a Unix socket.
- `counter`: two workers, a million calls of `askr_cache_increment` each, at the same time.
- `throughput`: the engine alone: 100 bytes, 10,000 keys, 95 of 100 operations are reads. Every value
  is made from its key and a number, and checked.
- `zipf`: 50,000 keys with values of 100 to 900 bytes, two million requests; the cache has a tenth of
  the bytes of all keys and values. The simulations hold as many entries as it did in the end.
- `leases`: eight processes take four locks, two of which free at their holder's death and two at
  their time; one process is killed every 5 ms. Who has a lock is witnessed by a file.
- `kills`: four writers of all kinds, of which one is killed every 10 ms on average, and two others
  that do the same and live; then everything that is left is read.
- `exchange-one-core`, `exchange-two-cores`: the hand-over alone, a round trip between two processes
  that are pinned to one core or to two, against a round trip of two such processes through
  a bare futex; the mean time stands in both time columns.
";

fn circumstances(conditions: &Conditions) -> String {
    let Conditions {
        cores,
        processor,
        php,
        nginx,
        wrk,
        h2load,
        load,
        seconds,
        rounds,
    } = conditions;
    let settings: Vec<String> = INI
        .iter()
        .map(|(key, value)| format!("`{key}={value}`"))
        .collect();
    let settings = settings.join(", ");
    format!(
        "- {cores} cores of {processor}; servers and load generator share them, over loopback.\n\
         - Load average before the run: {load}. A busy machine takes more from nginx + FPM, which needs\n  \
         more processes for a request, so figures of a busy machine flatter Askr.\n\
         - PHP {php}, non-thread-safe, one build for all servers: the engine inside Askr and FPM.\n\
         - {cores} Askr workers; {nginx}, as many processes as cores, in front of FPM with\n  \
         `pm = static` and {cores} children over a Unix socket. No kept connections towards FPM: one\n  \
         would occupy a child, and requests of nginx's other process would starve behind it.\n\
         - Settings of all servers: `dist/php.ini`, {settings}.\n\
         - The application runs with `APP_ENV=production` and `APP_DEBUG=false`, Composer's optimized\n  \
         class map, sessions in cookies, and without `php artisan optimize`.\n  \
         Its `config/cors.php` names no paths; Laravel's two usual patterns cost some 40 µs a request.\n\
         - Load: {wrk}, one thread. A script compares status and body of every response; anything\n  \
         but the expected one is an error, as are broken connections and timeouts.\n\
         - HTTP/2, what is compared with it, and files of 1 MB: {h2load}, one thread. It looks at\n  \
         every status and counts the bytes of all bodies; a body that is missing or of another length\n  \
         is an error. The file itself is compared before and after.\n\
         - {rounds} runs of {seconds} s for each place in the table, the servers in turn; shown are\n  \
         medians, and errors added up. Each server was warmed up before.\n\
         - FrankenPHP and RoadRunner are not compared yet.\n"
    )
}

fn line(entry: &Entry) -> String {
    let mut text = String::new();
    let memory = entry
        .pss_kb_per_worker
        .map_or_else(|| "–".to_owned(), |kb| format!("{:.1} MiB", mebibytes(kb)));
    let written = writeln!(
        text,
        "| {} | {} | {} | {:.0} | {:.3} | {:.3} | {} | {memory} |",
        entry.row,
        entry.connections,
        entry.server,
        entry.rps,
        entry.p50_ms,
        entry.p99_ms,
        entry.errors,
    );
    written.expect("a String takes any text");
    text
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the memory of a process is far below 2^52 KiB"
)]
fn mebibytes(kb: u64) -> f64 {
    kb as f64 / 1024.0
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name.trim())
}

/// The first line a program says about itself; such lines go to either output.
fn version_line(program: &str, flag: &str) -> String {
    let script = format!("{program} {flag} 2>&1 | head -n 1");
    let text = process::read(Command::new("sh").args(["-c", &script])).unwrap_or_default();
    let line = text.lines().next().unwrap_or(program).trim();
    let line = line.trim_start_matches("nginx version: ");
    line.split(" [").next().unwrap_or(line).to_owned()
}
