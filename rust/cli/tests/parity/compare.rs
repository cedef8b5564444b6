//! Asks each case in all three servers and reports every difference at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use askr_testkit::{Client, Fpm, Response, Server};
use tempfile::TempDir;

use crate::case::{Ask, Case};
use crate::differences;

/// Runs all `cases`, twice over, on one worker in each mode and on FPM.
///
/// The second round is in the opposite order, so that what one case leaves behind on a worker
/// meets others than before.
#[track_caller]
pub(crate) fn check(cases: &[Case]) {
    let mut groups: BTreeMap<&[(&str, &str)], Vec<&Case>> = BTreeMap::new();
    for case in cases {
        groups.entry(&case.ini).or_default().push(case);
    }
    let mut report = String::new();
    for (ini, group) in groups {
        let servers = Servers::start(ini);
        let before = report.len();
        let rounds = group.iter().chain(group.iter().rev());
        for case in rounds {
            if let Err(mismatch) = servers.compare(case) {
                writeln!(report, "\n=== {} {ini:?}\n{mismatch}", case.name).unwrap();
            }
        }
        if report.len() > before {
            writeln!(report, "\n--- worker mode wrote\n{}", servers.worker.log()).unwrap();
            writeln!(report, "--- classic mode wrote\n{}", servers.classic.log()).unwrap();
            writeln!(report, "--- FPM wrote\n{}", servers.fpm.log()).unwrap();
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// `tests/fixtures/php/cases`.
pub(crate) fn folder() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases");
    fixtures.canonicalize().unwrap()
}

/// The three, with the same settings.
struct Servers {
    worker: Server,
    classic: Server,
    fpm: Fpm,
    _sessions: [TempDir; 3],
}

impl Servers {
    fn start(ini: &[(&str, &str)]) -> Self {
        let sessions = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [of_worker, of_classic, of_fpm] = sessions.each_ref().map(path);
        let mut worker = Server::with_script("cases.php").root(folder()).workers(1);
        let mut classic = Server::classic().root(folder()).workers(1);
        // What stands before FPM does that; here the answers of PHP are compared.
        worker = worker.flag("compress", "off");
        classic = classic.flag("compress", "off");
        let mut fpm = Fpm::over(folder()).children(1);
        worker = worker.variable("FROM_OUTSIDE", "yes");
        classic = classic.variable("FROM_OUTSIDE", "yes");
        fpm = fpm.variable("FROM_OUTSIDE", "yes");
        for (key, value) in ini {
            let setting = format!("{key}={value}");
            worker = worker.flag("ini", &setting);
            classic = classic.flag("ini", &setting);
            fpm = fpm.ini(key, value);
        }
        worker = worker.flag("ini", format!("session.save_path={of_worker}"));
        classic = classic.flag("ini", format!("session.save_path={of_classic}"));
        fpm = fpm.ini("session.save_path", of_fpm);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| worker.start());
            let classic = scope.spawn(|| classic.start());
            Self {
                fpm: fpm.start(),
                worker: worker.join().unwrap(),
                classic: classic.join().unwrap(),
                _sessions: sessions,
            }
        })
    }

    fn compare(&self, case: &Case) -> Result<(), String> {
        let worker = answers(case, &mut self.worker.client())?;
        let classic = answers(case, &mut self.classic.client())?;
        let fpm = answers(case, &mut self.fpm.client())?;
        holds(case.differs_in_worker_mode, &worker, &classic)
            .map_err(|found| format!("{found}\nworker mode: {worker}\nclassic mode: {classic}"))?;
        holds(case.differs, &classic, &fpm)
            .map_err(|found| format!("{found}\nAskr: {classic}\nFPM: {fpm}"))?;
        match case.shows.iter().find(|text| !classic.contains(**text)) {
            Some(text) => Err(format!("none shows {text:?}: {classic}")),
            None => Ok(()),
        }
    }
}

/// Whether two answers are the same, or differ as a row of the page says.
fn holds(row: Option<&str>, one: &str, other: &str) -> Result<(), String> {
    match (row, one == other) {
        (None, true) => Ok(()),
        (None, false) => Err("not the same".to_owned()),
        (Some(row), true) => Err(format!("the same, though {row:?} differs")),
        (Some(row), false) if differences::is_documented("## Answers", row) => Ok(()),
        (Some(row), false) => Err(format!("docs/fpm.md has no row {row:?}")),
    }
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().unwrap()
}

/// What one server answers to all requests of a case, as comparable text.
pub(crate) fn answers(case: &Case, client: &mut Client) -> Result<String, String> {
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let mut text = String::new();
    for ask in &case.asks {
        assert!(
            folder().join(ask.script()).is_file(),
            "no such case: {ask:?}"
        );
        let response = answer(ask, client, &cookies)?;
        for cookie in response.headers_called("set-cookie") {
            if let Some((name, rest)) = cookie.split_once('=') {
                let value = rest.split(';').next().unwrap_or_default();
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        text.push_str(&comparable(&response));
    }
    Ok(text)
}

fn answer(
    ask: &Ask,
    client: &mut Client,
    cookies: &BTreeMap<String, String>,
) -> Result<Response, String> {
    let pairs = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    client.send(ask.bytes(&pairs.collect::<Vec<_>>().join("; ")));
    if ask.is_head() {
        return Ok(client.head_response());
    }
    let response = client.try_response();
    response.map_err(|cut| format!("no complete answer to {ask:?}: {cut:?}"))
}

/// Status, headers by name and body, without what differs between any two servers.
fn comparable(response: &Response) -> String {
    let mut headers: Vec<_> = response
        .headers
        .iter()
        .filter(|(name, _)| !OF_THE_SERVER.contains(&name.as_str()))
        .map(|(name, value)| {
            let value = without_temporary_names(&without_session_id(value));
            format!("{name}: {value}")
        })
        .collect();
    headers.sort();
    let body = without_temporary_names(&String::from_utf8_lossy(&response.body));
    format!("{}\n{}\n\n{body}\n", response.status, headers.join("\n"))
}

/// What each server says as it likes: nginx sends in chunks what Askr sends with its length.
const OF_THE_SERVER: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "x-request-id",
];

/// `PHPSESSID=…; path=/`: the value of a session's cookie is drawn by lot.
fn without_session_id(value: &str) -> String {
    let is_drawn =
        |text: &&str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pieces = value.split(['=', ';']);
    let ids = pieces.filter(is_drawn);
    ids.fold(value.to_owned(), |value, id| value.replace(id, "…"))
}

/// Each server puts uploaded files into a folder of its own, under names that PHP draws.
fn without_temporary_names(body: &str) -> String {
    let folder = format!("{}/", std::env::temp_dir().display());
    let mut pieces = body.split(&folder);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_of_path = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        let end = piece.find(|c| !is_of_path(c)).unwrap_or(piece.len());
        let (path, rest) = piece.split_at(end);
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.strip_prefix("php") {
            Some(drawn) => {
                text.push_str("/tmp/php…");
                text.push_str(drawn.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
            }
            None => text.push_str(&format!("{folder}{path}")),
        }
        text.push_str(rest);
    }
    text
}
