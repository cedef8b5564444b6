//! What the engine takes for a request of a worker script, without any transport:
//! `cargo run --release -p askr-php --example turns`.

use std::io::Write;
use std::time::{Duration, Instant};

use askr_php::{EngineConfig, Host, Incoming, Priority, Runtime};

const TURNS: u32 = 200_000;

/// A handler that does nothing, one that changes what the engine has to put back.
const SCRIPTS: [(&str, &str); 3] = [
    ("prints", "echo 'x';"),
    (
        "reads a session's worth of state",
        "echo mt_rand(), date('c'), mb_strlen('x'), getenv('A');",
    ),
    (
        "changes ten things",
        "ini_set('precision', '3'); error_reporting(0); set_error_handler('strlen');
         date_default_timezone_set('Asia/Tokyo'); putenv('A=b'); umask(0); set_time_limit(5);
         libxml_use_internal_errors(true); mb_internal_encoding('ASCII'); $_ENV['A'] = 1;",
    ),
];

struct Endless {
    left: u32,
    started: Option<Instant>,
    took: std::rc::Rc<std::cell::Cell<Duration>>,
}

impl Host for Endless {
    fn take(&mut self, incoming: &mut Incoming) -> bool {
        let started = *self.started.get_or_insert_with(Instant::now);
        if self.left == 0 {
            self.took.set(started.elapsed());
            return false;
        }
        self.left -= 1;
        incoming.set_line("GET", "/", "");
        incoming.set_received(1_700_000_000_000_000);
        incoming.variable(b"REQUEST_METHOD", b"GET");
        incoming.variable(b"REQUEST_URI", b"/");
        true
    }

    fn write(&mut self, _bytes: &[u8]) -> bool {
        true
    }

    fn log(&mut self, _priority: Priority, message: &str) {
        let _ = writeln!(std::io::stderr(), "{message}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let took = std::rc::Rc::default();
    let host = |took| Endless {
        left: TURNS,
        started: None,
        took,
    };
    let config = EngineConfig {
        ini_ignored: true,
        ..EngineConfig::default()
    };
    let mut runtime = Runtime::start(&config, Box::new(host(std::rc::Rc::clone(&took))))?;
    for (name, body) in SCRIPTS {
        let mut script = tempfile::NamedTempFile::new()?;
        write!(
            script,
            "<?php while (askr_handle_request(function () {{ {body} }})) {{}}"
        )?;
        runtime.replace_host(Box::new(host(std::rc::Rc::clone(&took))));
        let path = std::ffi::CString::new(script.path().to_string_lossy().into_owned())?;
        runtime.boot_request()?.run(&path);
        let nanoseconds = took.get().as_nanos() / u128::from(TURNS);
        writeln!(std::io::stdout(), "{name}: {nanoseconds} ns")?;
    }
    Ok(())
}
