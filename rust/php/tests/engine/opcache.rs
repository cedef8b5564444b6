//! opcache under a script that stays: new code is seen when FPM would see it.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::harness::{Get, worker};

/// What a worker includes at each of the times. Its first request puts another script in the place
/// of the included one, as a deployment does, and then does `then`.
fn included(then: &str, seconds: &[u64]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (said, next) = (
        folder.path().join("said.php"),
        folder.path().join("next.php"),
    );
    write_script(&said, "first", Duration::from_secs(60));
    write_script(&next, "second", Duration::from_secs(30));
    let script = format!(
        "<?php while (askr_handle_request(function () {{
            $said = '{}'; $next = '{}'; echo include $said, ' ';
            if (is_file($next)) {{ rename($next, $said); {then} }} }})) {{}}",
        said.display(),
        next.display()
    );
    let at = |&second| Get("/").seconds_later(second);
    let replies = worker(&script, seconds.iter().map(at).collect());
    replies.iter().map(|reply| reply.text()).collect()
}

fn write_script(path: &Path, says: &str, age: Duration) {
    fs::write(path, format!("<?php return '{says}';")).expect("the script is written");
    let file = File::options().write(true).open(path).expect("it is there");
    file.set_modified(SystemTime::now() - age)
        .expect("it is ours");
}

/// Debian's engine has it in a package of its own.
fn has_opcache() -> bool {
    !askr_php::Runtime::version().starts_with("8.2")
}

#[test]
fn a_changed_file_is_seen_when_it_is_due_to_be_looked_at_again() {
    let texts = included("", &[0, 1, 3]);

    assert_eq!(texts.last().map(String::as_str), Some("second "));
    if has_opcache() {
        assert_eq!(texts[1], "first ", "opcache looked before it was due");
    }
}

#[test]
fn an_invalidated_file_is_compiled_anew_at_once() {
    if !has_opcache() {
        return;
    }
    let texts = included("var_dump(opcache_invalidate($said, true));", &[0, 0]);

    assert_eq!(texts, ["first bool(true)\n", "second "]);
}

#[test]
fn a_reset_cache_has_new_code_at_once_and_the_worker_keeps_its_own() {
    if !has_opcache() {
        return;
    }
    let texts = included(
        "var_dump(opcache_reset(), opcache_get_status(false)['restart_pending']);",
        &[0, 0, 0],
    );

    assert_eq!(
        texts,
        ["first bool(true)\nbool(false)\n", "second ", "second "]
    );
}
