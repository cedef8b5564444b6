//! Reloads to releases that cannot serve.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::client::{Client, ClientError};
use super::console::{Console, ConsoleError};
use super::releases::Releases;
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::traffic::{self, Tally, Turn, quantile_ms};
use crate::checkout::Checkout;
use crate::files::{self, FileError};

/// Reloads to each kind of release.
const ROUNDS: usize = 4;

const CONNECTIONS: usize = 8;

/// A window long enough for a verdict, and a boot that is given up soon.
const OPTIONS: [&str; 3] = ["--canary-window=2s", "--boot-timeout=3s", "--debug"];

const GOOD: &str = "good";

/// What the good release answers.
const MARKER: &str = "{\"class\":\"good\",\"configuration\":\"good\"}";

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// The demo has changed.
    #[error("the demo's {file} has no {before:?} to insert a fault before")]
    NoPlace {
        file: &'static str,
        before: &'static str,
    },
    /// The header that says whose answer it is.
    #[error("the server does not say which generation answers")]
    NoGeneration,
    /// A release that cannot serve was taken.
    #[error("the reload to the release with {kind} succeeded; the command said:\n{said}")]
    Taken { kind: &'static str, said: String },
    /// Another release serves now.
    #[error("after the reload to the release with {kind} the old code does not serve: {why}")]
    Gone { kind: &'static str, why: String },
}

/// What is wrong with a release.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Syntax,
    Exception,
    Status500,
    LoopInBoot,
    LoopInRequests,
}

/// Tries each of them several times, under load.
pub(crate) fn measure(
    checkout: &Checkout,
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), BrokenError> {
    let releases = Releases::create(checkout, &bench.folder.join("broken"))?;
    releases.add(GOOD)?;
    for fault in Fault::ALL {
        let release = releases.add(fault.name())?;
        fault.inflict(&release)?;
    }
    releases.point_to(GOOD)?;
    let console = Console::new(bench, "broken");
    let mut arguments = vec![console.option()];
    arguments.extend(OPTIONS.map(str::to_owned));
    let bench = Bench {
        arguments,
        ..bench.clone()
    };
    let server = Server::start(&bench, ServerKind::AskrCow, &releases.site(site))?;
    let serving = generation(&server)?;
    let by_canary = AtomicU64::new(0);
    let turn = |client: &mut Client, _| ask(client, &serving, &by_canary);
    let all = || attempts(&server, &console, &releases);
    let (times, tally) = traffic::during(server.address, CONNECTIONS, turn, all)?;
    tally.tell();
    tell(&times?, &tally, by_canary.into_inner(), results);
    Ok(())
}

/// How long each reload took until it was given up, by fault.
fn attempts(
    server: &Server,
    console: &Console,
    releases: &Releases,
) -> Result<Vec<(Fault, Vec<Duration>)>, BrokenError> {
    let mut times = Vec::new();
    for fault in Fault::ALL {
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            releases.point_to(fault.name())?;
            let ended = console.run(&["reload"])?;
            releases.point_to(GOOD)?;
            let kind = fault.words();
            if ended.is_success {
                let said = ended.said;
                return Err(BrokenError::Taken { kind, said });
            }
            let mut client = Client::connect(server.address)?;
            if let Turn::Failed(why) = Turn::get(&mut client, "/release", MARKER) {
                return Err(BrokenError::Gone { kind, why });
            }
            took.push(ended.took);
        }
        took.sort_unstable();
        times.push((fault, took));
    }
    Ok(times)
}

fn tell(times: &[(Fault, Vec<Duration>)], tally: &Tally, by_canary: u64, results: &mut Results) {
    let row = Row::Broken.name();
    for (fault, took) in times {
        let what = format!("{}: until it is given up, median", fault.words());
        results.find_out(Finding::new(row, what, quantile_ms(took, 0.5), "ms"));
    }
    let what = "requests that the canary itself answered wrongly";
    results.find_out(Finding::count(row, what, by_canary));
    let what = format!(
        "other requests that failed, of {}",
        tally.right + tally.failed
    );
    results.find_out(Finding::count(row, what, tally.failed).at_most(0.0, "0"));
}

/// One request; a wrong answer of another generation than the serving one is the canary's.
fn ask(client: &mut Client, serving: &str, by_canary: &AtomicU64) -> Turn {
    let response = match client.get("/release") {
        Ok(response) if response.is_right(MARKER) => return Turn::Right,
        Ok(response) => response,
        Err(error) => return Turn::lost("/release", &error),
    };
    let by = response.field(GENERATION);
    if by.is_some_and(|by| by != serving) {
        by_canary.fetch_add(1, Ordering::Relaxed);
        return Turn::Aside;
    }
    let text = String::from_utf8_lossy(&response.body);
    let start: String = text.chars().take(200).collect();
    Turn::Failed(format!("answered {} by {by:?}: {start}", response.status))
}

/// The header that names the generation which answered.
const GENERATION: &str = "askr-generation";

fn generation(server: &Server) -> Result<String, BrokenError> {
    let response = Client::connect(server.address)?.get("/release")?;
    let generation = response.field(GENERATION).map(str::to_owned);
    generation.ok_or(BrokenError::NoGeneration)
}

impl Fault {
    const ALL: [Fault; 5] = [
        Fault::Syntax,
        Fault::Exception,
        Fault::Status500,
        Fault::LoopInBoot,
        Fault::LoopInRequests,
    ];

    /// The folder of the release.
    fn name(self) -> &'static str {
        match self {
            Fault::Syntax => "syntax",
            Fault::Exception => "exception",
            Fault::Status500 => "status-500",
            Fault::LoopInBoot => "loop-in-boot",
            Fault::LoopInRequests => "loop-in-requests",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Fault::Syntax => "a syntax error",
            Fault::Exception => "an exception while booting",
            Fault::Status500 => "500 on every route",
            Fault::LoopInBoot => "an endless loop in boot",
            Fault::LoopInRequests => "an endless loop in requests",
        }
    }

    /// Breaks a release that was good.
    fn inflict(self, release: &Path) -> Result<(), BrokenError> {
        let (file, before, insert) = self.place();
        let path = release.join(file);
        let text = files::read(&path)?;
        let place = text
            .find(before)
            .ok_or(BrokenError::NoPlace { file, before })?;
        let (head, rest) = text.split_at(place);
        Ok(files::write(&path, &format!("{head}{insert}{rest}"))?)
    }

    /// The file, the words before which something is inserted, and what.
    fn place(self) -> (&'static str, &'static str, &'static str) {
        const BOOT: (&str, &str) = ("bootstrap/app.php", "return Application::configure");
        const REQUEST: (&str, &str) = (
            "app/Http/Middleware/CountRequests.php",
            "$this->report->countRequest();",
        );
        const THROW: &str = "throw new \\RuntimeException('broken');\n";
        const LOOP: &str = "while (true);\n";
        let ((file, before), insert) = match self {
            Fault::Syntax => (("routes/web.php", "Route::get('/',"), "this is no PHP\n"),
            Fault::Exception => (BOOT, THROW),
            Fault::LoopInBoot => (BOOT, LOOP),
            Fault::Status500 => (REQUEST, THROW),
            Fault::LoopInRequests => (REQUEST, LOOP),
        };
        (file, before, insert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout::Checkout;

    #[test]
    fn the_demo_has_a_place_for_every_fault() {
        let demo = Checkout::find().demo();
        for fault in Fault::ALL {
            let (file, before, _) = fault.place();
            let text = files::read(&demo.join(file)).unwrap();
            assert_eq!(text.matches(before).count(), 1, "{before} in {file}");
        }
    }
}
