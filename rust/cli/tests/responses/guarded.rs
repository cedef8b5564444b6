//! Pages that not everybody gets: signed addresses, and maintenance.

use askr_testkit::{Application, Response};

use crate::ask::Ask;
use crate::differences::differs;
use crate::peers::Peers;

#[test]
fn a_signed_address_opens_its_page_until_it_is_changed_or_expires() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();
    let mut open = |address: &str| visitors.ask(&Ask::get(address)).status;

    for _ in 0..3 {
        let signed = peers.booted.get("/responses/sign").text().to_owned();
        assert!(
            signed.starts_with("/responses/signed/7?expires="),
            "{signed}"
        );
        assert_eq!(open(&signed), 200);
        assert_eq!(open(&signed.replace("/7?", "/8?")), 403);
        assert_eq!(open(&format!("{signed}0")), 403);
        assert_eq!(open(&format!("{signed}&more=1")), 403);
        assert_eq!(open("/responses/signed/7"), 403);
        let expired = peers.booted.get("/responses/sign?expired=1");
        assert_eq!(open(expired.text()), 403);
    }
}

#[test]
fn maintenance_begins_and_ends_while_the_server_runs() {
    let peers = Peers::start();
    let page = Ask::get("/responses/text");
    let tells_scripts = peers.laravel() > 10;
    let down = |words: &[&str]| artisan(&peers.application, &[&["down"], words].concat());

    let without_laravels = |response: &mut Response| {
        response.headers.retain(|(name, _)| name == "retry-after");
    };
    for _ in 0..2 {
        let (mut strangers, mut insider) = (peers.visitors(), peers.visitors());
        down(&["--secret=let-me-in", "--render=down", "--retry=7"]);
        let closed = strangers.each(&page, without_laravels);
        assert_eq!(closed.status, 503);
        assert_eq!(closed.text(), "<p>Askr fixture is being looked after</p>\n");
        assert_eq!(closed.header("retry-after"), Some("7"));
        differs("`artisan down --render`");
        assert_eq!(strangers.headers(&page, "cache-control"), (1, 0));
        if tells_scripts {
            let json = strangers.ask(&page.clone().wants_json());
            assert_eq!(json.status, 503);
            assert!(json.text().contains("Service Unavailable"));
        }
        assert_eq!(insider.ask(&Ask::get("/let-me-in")).status, 302);
        assert_eq!(insider.ask(&page).text(), "text");
        assert_eq!(strangers.each(&page, without_laravels).status, 503);

        artisan(&peers.application, &["up"]);
        assert_eq!(strangers.ask(&page).text(), "text");
    }
    let mut strangers = peers.visitors();
    down(&["--status=418"]);
    assert_eq!(strangers.ask(&page).status, 418);
    artisan(&peers.application, &["up"]);
    assert_eq!(strangers.ask(&page).text(), "text");
}

#[track_caller]
fn artisan(application: &Application, words: &[&str]) {
    let output = application.artisan(words);
    assert!(output.status.success(), "{words:?}: {output:?}");
}
