//! One application, served in every way there is.

use std::fmt::Write as _;

use askr_testkit::{Application, Fpm, Response, Server};

use crate::ask::Ask;
use crate::visitor::{Visitor, comparable};

/// How the application is served: booted once by each worker, booted once for all workers, for
/// each request a copy of the booted one, booted for every request, behind nginx + FPM.
pub(crate) struct Peers {
    pub(crate) booted: Server,
    cow: Server,
    forked: Server,
    classic: Server,
    fpm: Fpm,
    pub(crate) application: Application,
}

/// The same visitor at all of them.
pub(crate) struct Visitors(Vec<(&'static str, Visitor)>);

impl Peers {
    /// Serves a copy, with one worker each.
    pub(crate) fn start() -> Self {
        Self::over(Application::copy())
    }

    /// Serves `application`, with one worker each.
    pub(crate) fn over(application: Application) -> Self {
        Self {
            booted: application.booted().workers(1).start(),
            cow: application.booted().cow().workers(1).start(),
            forked: application.booted().isolation("fork").workers(1).start(),
            classic: application.classic().workers(1).start(),
            fpm: application.fpm().start(),
            application,
        }
    }

    /// A stranger to all of them.
    pub(crate) fn visitors(&self) -> Visitors {
        Visitors(vec![
            ("worker mode", Visitor::new(self.booted.client())),
            ("FPM", Visitor::new(self.fpm.client())),
            ("classic mode", Visitor::new(self.classic.client())),
            ("copy-on-write mode", Visitor::new(self.cow.client())),
            ("fork isolation", Visitor::new(self.forked.client())),
        ])
    }

    /// The major version of Laravel.
    pub(crate) fn laravel(&self) -> u32 {
        let home = self.booted.get("/");
        let version = home.text().split('"').nth(3).unwrap();
        version.split('.').next().unwrap().parse().unwrap()
    }
}

impl Visitors {
    /// How many servers there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The one of the server that keeps the application booted.
    pub(crate) fn of_worker_mode(&mut self) -> &mut Visitor {
        &mut self.0[0].1
    }

    /// How many headers called `name` come with the answers of worker mode and of FPM.
    #[track_caller]
    pub(crate) fn headers(&mut self, ask: &Ask, name: &str) -> (usize, usize) {
        let mut count = |index: usize| self.0[index].1.ask(ask).headers_called(name).len();
        (count(0), count(1))
    }

    /// The one of FPM.
    pub(crate) fn of_fpm(&mut self) -> &mut Visitor {
        &mut self.0[1].1
    }

    /// Asks at all, and gives the answer that they agree on.
    #[track_caller]
    pub(crate) fn ask(&mut self, ask: &Ask) -> Response {
        self.each(ask, |_| {})
    }

    /// Asks at all; `mask` takes away what must differ.
    #[track_caller]
    pub(crate) fn each(&mut self, ask: &Ask, mask: impl Fn(&mut Response)) -> Response {
        let mut answers = Vec::new();
        for (server, visitor) in &mut self.0 {
            let mut answer = visitor.ask(ask);
            mask(&mut answer);
            answers.push((*server, answer));
        }
        agreed(ask, answers)
    }

    /// Asks at all, each with the token that the form at `form` has there.
    #[track_caller]
    pub(crate) fn ask_with_token(&mut self, form: &str, ask: impl Fn(&str) -> Ask) -> Response {
        let mut answers = Vec::new();
        for (server, visitor) in &mut self.0 {
            let page = visitor.ask(&Ask::get(form));
            let (_, rest) = page.text().split_once("value=\"").unwrap();
            let token = rest.split('"').next().unwrap();
            answers.push((*server, visitor.ask(&ask(token))));
        }
        agreed(&ask("…"), answers)
    }
}

/// The answer, if it is the same from all.
#[track_caller]
fn agreed(ask: &Ask, mut answers: Vec<(&str, Response)>) -> Response {
    let (_, first) = answers.first().unwrap();
    let first = comparable(first);
    if answers.iter().all(|(_, other)| comparable(other) == first) {
        return answers.swap_remove(0).1;
    }
    let mut report = format!("{ask:?} is not answered alike");
    for (server, answer) in &answers {
        let (status, headers, body) = comparable(answer);
        let text = String::from_utf8_lossy(&body[..body.len().min(SHOWN_BYTES)]);
        write!(report, "\n--- {server}: {status} {headers:#?}").unwrap();
        write!(report, "\n{} bytes: {text}", body.len()).unwrap();
    }
    panic!("{report}");
}

/// How much of a body a failure shows.
pub(crate) const SHOWN_BYTES: usize = 4096;
