//! Certificates: whether they can be used, for whom and how long, and who can read their keys.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use askr_gateway::{Certificates, Lifetime, PairFiles, TlsConfig};

use super::finding::Finding;
use crate::config::{ConfigError, Inputs, Key, Settings, account, exposed_keys, tls};
use crate::user::Account;

const CERTIFICATE: &str = "certificate";
const KEY: &str = "key";

/// The bits of a mode by which somebody else than owner and group reaches a file, and by which
/// somebody else than its owner writes it.
const REACHED_BY_ALL: u32 = 0o007;
const WRITTEN_BY_OTHERS: u32 = 0o022;

/// Who PHP runs as: `None` is this user, an error somebody that this user cannot become.
type User = Result<Option<Account>, ConfigError>;

/// Who of those that PHP runs as can read a key; the worst is last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reader {
    Nobody,
    Unknown,
    Named(String),
    ThisUser,
}

/// Judges what connections are encrypted with.
pub(super) fn findings(settings: &Settings, inputs: &Inputs) -> Vec<Finding> {
    match tls(settings, inputs) {
        Err(error) => vec![Finding::fail(CERTIFICATE, error.to_string())],
        Ok(None) => vec![none(settings)],
        Ok(Some(config)) => match &config.certificates {
            Certificates::Local(authority) => {
                let folder = authority.folder.display();
                let evidence = format!("for development, by the authority in {folder}");
                vec![Finding::note(CERTIFICATE, evidence)]
            }
            Certificates::Files(pairs) => of_files(pairs, &config, settings),
        },
    }
}

/// Nothing is given, or not enough to be a pair.
fn none(settings: &Settings) -> Finding {
    let certificates = settings.paths(Key::TlsCerts).len();
    let keys = settings.paths(Key::TlsKeys).len();
    if certificates != keys {
        let evidence = format!("there are {certificates} tls_cert and {keys} tls_key");
        return Finding::fail(CERTIFICATE, evidence);
    }
    match settings
        .listen()
        .iter()
        .find(|listen| listen.is_https(false))
    {
        Some(listen) => Finding::fail(CERTIFICATE, format!("none, and listen has {listen}")),
        None => Finding::ok(CERTIFICATE, "none given; what is listened on speaks HTTP"),
    }
}

fn of_files(pairs: &[PairFiles], config: &TlsConfig, settings: &Settings) -> Vec<Finding> {
    let applications = settings.applications();
    let users = applications.iter().map(|one| account(&one.settings));
    let users: Vec<User> = users.collect();
    let findings = pairs.iter().flat_map(|pair| {
        let reader = reader(&pair.key, config, &users);
        [certificate(pair, SystemTime::now()), key(&pair.key, reader)]
    });
    findings.collect()
}

fn certificate(pair: &PairFiles, now: SystemTime) -> Finding {
    let facts = match pair.inspect() {
        Ok(facts) => facts,
        Err(error) => return Finding::fail(CERTIFICATE, with_causes(&error)),
    };
    let names = match facts.names.is_empty() {
        true => "no host name".to_owned(),
        false => facts.names.join(", "),
    };
    let file = pair.certificate.display();
    let end = facts.end_text();
    match facts.lifetime(now) {
        Lifetime::Ended => Finding::fail(CERTIFICATE, format!("{file} for {names} ended {end}")),
        Lifetime::EndsSoon { days } => {
            let evidence = format!("{file} for {names} ends {end}, in {days} days: renew it");
            Finding::note(CERTIFICATE, evidence)
        }
        Lifetime::Lasts { days } => {
            let evidence = format!("{file} for {names} ends {end}, in {days} days; its key fits");
            Finding::ok(CERTIFICATE, evidence)
        }
    }
}

fn key(path: &Path, reader: Reader) -> Finding {
    let file = path.display();
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode() & 0o7777,
        Err(error) => return Finding::fail(KEY, format!("{file}: {error}")),
    };
    let seen = format!("{file} has mode {mode:04o}");
    let problem = match reader {
        _ if mode & REACHED_BY_ALL != 0 => "every user of this machine is let in".to_owned(),
        _ if mode & WRITTEN_BY_OTHERS != 0 => "its group may change it".to_owned(),
        Reader::ThisUser => "PHP code can read it; start as root, and give --user".to_owned(),
        Reader::Named(name) => format!("PHP code can read it, as {name}"),
        Reader::Unknown => "who PHP runs as cannot be tried; ask as root".to_owned(),
        Reader::Nobody => {
            return Finding::ok(KEY, format!("{seen}; the user of PHP cannot read it"));
        }
    };
    Finding::note(KEY, format!("{seen}: {problem}"))
}

/// The worst that is known.
fn reader(key: &Path, config: &TlsConfig, users: &[User]) -> Reader {
    let can_read = |user: Option<&Account>| {
        let exposed = exposed_keys(Some(config), user);
        exposed.iter().any(|exposed| exposed == key)
    };
    let readers = users.iter().map(|user| match user {
        Err(_) => Reader::Unknown,
        Ok(None) => Reader::ThisUser,
        Ok(Some(user)) if can_read(Some(user)) => Reader::Named(user.name.clone()),
        Ok(Some(_)) => Reader::Nobody,
    });
    readers.max().unwrap_or(Reader::Nobody)
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
