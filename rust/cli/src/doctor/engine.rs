//! The engine, asked in a process of its own: main never starts PHP.

use std::io;
use std::process::{Command, Stdio};

use askr_worker::EngineReport;

use super::finding::Finding;

/// The hidden command that makes a process start the engine and describe it.
pub(crate) const REPORT_COMMAND: &str = "engine-report";

/// The engine could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("no process for it: {0}")]
    Spawn(io::Error),
    #[error("it ended with {0}")]
    Ended(std::process::ExitStatus),
    #[error("its answer is not understood: {0}")]
    Answer(serde_json::Error),
}

/// What a server's engine says about itself.
pub(crate) fn ask_engine() -> Result<EngineReport, AskError> {
    let output = Command::new("/proc/self/exe")
        .arg(REPORT_COMMAND)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(AskError::Spawn)?;
    if !output.status.success() {
        return Err(AskError::Ended(output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(AskError::Answer)
}

/// Judges the engine by its own answer.
pub(super) fn findings(engine: &Result<EngineReport, AskError>) -> Vec<Finding> {
    match engine {
        Ok(report) => {
            vec![
                version(report),
                threads(report),
                opcache(report),
                ini_file(report),
            ]
        }
        Err(error) => vec![Finding::fail(
            "engine",
            format!("PHP does not start: {error}"),
        )],
    }
}

fn version(report: &EngineReport) -> Finding {
    let EngineReport {
        version,
        sapi,
        extensions,
        ..
    } = report;
    let evidence = format!(
        "PHP {version}, SAPI {sapi}, {} extensions",
        extensions.len()
    );
    Finding::ok("engine", evidence)
}

fn threads(report: &EngineReport) -> Finding {
    if report.thread_safe {
        return Finding::fail("threads", "PHP_ZTS is 1: build PHP without --enable-zts");
    }
    Finding::ok(
        "threads",
        "PHP_ZTS is 0: built without thread safety, one process per worker",
    )
}

fn opcache(report: &EngineReport) -> Finding {
    if report.opcache {
        return Finding::ok(
            "opcache",
            "opcache_get_status() in a server's engine says enabled",
        );
    }
    let evidence = "opcache_get_status() in a server's engine does not say enabled: every request \
                    compiles its scripts; set opcache.enable=1 and remove opcache.file_cache_only";
    Finding::fail("opcache", evidence)
}

fn ini_file(report: &EngineReport) -> Finding {
    let file = report.ini_file.as_deref();
    Finding::ok(
        "php.ini",
        file.unwrap_or("none; built-in settings, see `askr php -i`"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn report() -> EngineReport {
        EngineReport {
            version: "8.4.24".to_owned(),
            thread_safe: false,
            sapi: "askr".to_owned(),
            opcache: true,
            extensions: vec!["core".to_owned()],
            ini_file: None,
        }
    }

    fn states(report: EngineReport) -> Vec<State> {
        findings(&Ok(report))
            .into_iter()
            .map(|finding| finding.state)
            .collect()
    }

    #[test]
    fn a_good_engine_is_ok() {
        assert_eq!(states(report()), [State::Ok; 4]);
    }

    #[test]
    fn threads_and_a_cold_opcache_fail() {
        let report = EngineReport {
            thread_safe: true,
            opcache: false,
            ..report()
        };
        assert_eq!(
            states(report),
            [State::Ok, State::Fail, State::Fail, State::Ok]
        );
    }
}
