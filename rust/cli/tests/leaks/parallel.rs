//! Some hundred requests over many connections at once, each with a marker of its own.

use std::thread;

use askr_testkit::{Client, Response, Server, ServerBuilder};

use crate::marker::{assert_no_other, marker};
use crate::visitors::log_in;

/// Connections that are busy at the same time.
const VISITORS: usize = 12;

/// Rounds of requests each of them makes.
const ROUNDS: usize = 8;

const SUBJECTS: [&str; 10] = [
    "login",
    "locale",
    "configuration",
    "shared-view-data",
    "session-data",
    "queued-cookies",
    "bindings",
    "timezone",
    "context-data",
    "addresses",
];

const ENDS: [&str; 6] = [
    "returned",
    "exited",
    "thrown",
    "dumped",
    "streamed",
    "generated",
];

/// One connection, and who uses it.
struct Visitor<'server> {
    server: &'server Server,
    client: Client,
    name: String,
    cookies: String,
}

impl Visitor<'_> {
    /// Sends a request on the connection, a new one where the server has closed it.
    fn ask(&mut self, request: &str) -> Response {
        if self.client.try_send(request).is_ok()
            && let Ok(response) = self.client.try_response()
        {
            return response;
        }
        self.client = self.server.client();
        self.client.send(request);
        self.client.response()
    }

    /// Everything the request carries comes back, and nothing else.
    fn echo(&mut self, own: &str) {
        let body = format!("left={own}");
        let response = self.ask(&format!(
            "POST /open/echo?asked={own} HTTP/1.1\r\nHost: test\r\nX-Marker: {own}\r\n\
             Cookie: plain={own}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len(),
        ));
        let expected = format!(
            "{{\"query\":{{\"asked\":\"{own}\"}},\"form\":{{\"left\":\"{own}\"}},\
             \"input\":{{\"left\":\"{own}\",\"asked\":\"{own}\"}},\"cookie\":\"{own}\",\
             \"header\":\"{own}\",\"raw\":\"left={own}\",\"files\":[]}}"
        );
        assert_eq!(response.text(), expected);
        assert_no_other(&response, own, "echo");
    }

    fn upload(&mut self, own: &str) {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"a[b]\"; filename=\"{own}txt\"\r\n\
             Content-Type: text/plain\r\n\r\nbytes of {own}\r\n--edge--\r\n"
        );
        let response = self.ask(&format!(
            "POST /open/leave-and-look/input?marker={own} HTTP/1.1\r\nHost: test\r\n\
             Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
        ));
        assert!(
            response.text().contains(&format!("{own}txt")),
            "{response:?}"
        );
        assert_no_other(&response, own, "upload");
    }

    fn leave(&mut self, subject: &str, end: &str, own: &str) {
        let response = self.ask(&format!(
            "GET /open/leave/{subject}/{end}?marker={own} HTTP/1.1\r\nHost: test\r\n\r\n"
        ));
        assert_no_other(&response, own, &format!("{subject} {end}"));
    }

    /// The page of somebody who is logged in, and that of somebody who is not.
    fn who(&mut self) {
        let (name, cookies) = (self.name.clone(), self.cookies.clone());
        let known = self.ask(&format!(
            "GET /whoami HTTP/1.1\r\nHost: test\r\nCookie: {cookies}\r\n\r\n"
        ));
        assert_eq!(known.text(), format!("{{\"user\":\"{name}\"}}"));
        let guest = self.ask("GET /whoami HTTP/1.1\r\nHost: test\r\n\r\n");
        assert_eq!(guest.text(), "{\"user\":null}");
        assert_no_other(&guest, "", "guest");
    }

    fn look(&mut self, subject: &str, fresh: &str) {
        let response = self.ask(&format!(
            "GET /look/{subject} HTTP/1.1\r\nHost: test\r\n\r\n"
        ));
        assert_no_other(&response, "", subject);
        assert_eq!(response.text(), fresh, "{subject}");
    }
}

fn rounds(visitor: &mut Visitor, number: usize, fresh: &[String]) {
    for round in 0..ROUNDS {
        let own = |what: &str| marker(format_args!("{number}-{round}-{what}"));
        let turn = number * 3 + round * 7;
        let (subject, end) = (turn % SUBJECTS.len(), turn % ENDS.len());
        visitor.leave(SUBJECTS[subject], ENDS[end], &own("left"));
        visitor.echo(&own("echo"));
        visitor.who();
        visitor.upload(&own("upload"));
        let looked = (subject + number) % SUBJECTS.len();
        visitor.look(SUBJECTS[looked], &fresh[looked]);
    }
}

fn assert_markers_stay_apart(server: ServerBuilder) {
    let server = server.start();
    let look = |subject| server.get(&format!("/look/{subject}")).text().to_owned();
    let fresh: Vec<String> = SUBJECTS.map(look).into();
    thread::scope(|scope| {
        for number in 0..VISITORS {
            let (server, fresh) = (&server, &fresh);
            scope.spawn(move || {
                let name = format!("user-{number}");
                let mut visitor = Visitor {
                    server,
                    client: server.client(),
                    cookies: log_in(server, &name),
                    name,
                };
                rounds(&mut visitor, number, fresh);
            });
        }
    });
}

#[test]
fn markers_stay_apart_on_one_worker_under_load() {
    assert_markers_stay_apart(Server::laravel().workers(1));
}

#[test]
fn markers_stay_apart_on_several_workers_under_load() {
    assert_markers_stay_apart(Server::laravel().workers(4));
}

#[test]
fn markers_stay_apart_on_forked_workers_under_load() {
    assert_markers_stay_apart(Server::laravel().cow().workers(4));
}

#[test]
fn markers_stay_apart_on_copies_of_the_application_under_load() {
    assert_markers_stay_apart(Server::laravel().isolation("fork").workers(2));
}
