//! Rate limits hold for all workers together.

use crate::{application, ask_at_once};

#[test]
fn of_fifty_at_once_five_pass() {
    let application = application();
    for server in [application.booted(), application.booted().cow()] {
        let server = server.workers(4).variable("CACHE_STORE", "askr").start();

        let responses = ask_at_once(&server, &vec!["/store/throttled".to_owned(); 50], "");

        let count = |status| {
            let answers = responses.iter();
            answers.filter(|response| response.status == status).count()
        };
        assert_eq!((count(200), count(429)), (5, 45));
        let refused = responses.iter().find(|response| response.status == 429);
        let seconds = refused.unwrap().header("retry-after").unwrap();
        assert!(
            (1..=60).contains(&seconds.parse::<u32>().unwrap()),
            "{seconds}"
        );
    }
}
