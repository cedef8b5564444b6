//! What the server says of itself.

use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use askr_store::{Namespace, Statistics};
use bytes::Bytes;

use super::greeting::REDIS_VERSION;
use crate::command::{COMMANDS, Command, Outcome};
use crate::failure::{Failure, beginning};
use crate::limits::NAME_BYTES_MAX;
use crate::reply::Reply;
use crate::session::{Database, Session};

/// `ASKR.STATS`
pub(crate) fn statistics(session: &mut Session, _: &[Bytes]) -> Result<Outcome, Failure> {
    let namespaces = Namespace::ALL.map(|namespace| {
        let figures = figures(&session.store().statistics(namespace));
        let figures = figures.map(|(name, number)| {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            (Reply::text(name), Reply::Integer(number))
        });
        (Reply::text(namespace.name()), Reply::Map(figures.into()))
    });
    Ok(Reply::Map(namespaces.into()).into())
}

fn figures(statistics: &Statistics) -> [(&'static str, u64); 7] {
    [
        ("entries", statistics.entries),
        ("bytes", statistics.bytes),
        ("capacity", statistics.capacity),
        ("hits", statistics.hits),
        ("misses", statistics.misses),
        ("evictions", statistics.evictions),
        ("refused", statistics.refused),
    ]
}

/// `COMMAND [COUNT | LIST | INFO [name …] | DOCS [name …]]`
pub(crate) fn command(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let Some(sub) = words.get(1) else {
        return Ok(Reply::Array(COMMANDS.iter().map(description).collect()).into());
    };
    let reply = match (&sub.to_ascii_uppercase()[..], &words[2..]) {
        (b"COUNT", []) => Reply::count(COMMANDS.len()),
        (b"LIST", []) => {
            let names = COMMANDS.iter().map(|command| Reply::text(command.name));
            Reply::Array(names.collect())
        }
        (b"INFO", []) => Reply::Array(COMMANDS.iter().map(description).collect()),
        (b"INFO", names) => {
            let found = names.iter().map(|name| Command::named(name));
            Reply::Array(
                found
                    .map(|it| it.map_or(Reply::Null, description))
                    .collect(),
            )
        }
        (b"DOCS", _) => Reply::Map(Vec::new()),
        _ => {
            let name = beginning(sub, NAME_BYTES_MAX);
            return Err(Failure::UnknownSub {
                command: "COMMAND",
                name,
            });
        }
    };
    Ok(reply.into())
}

fn description(command: &Command) -> Reply {
    let mut fields = vec![
        Reply::text(command.name),
        Reply::Integer(command.arity),
        Reply::Array(Vec::new()),
    ];
    fields.extend(command.keys.map(Reply::Integer));
    Reply::Array(fields)
}

/// `TIME`
pub(crate) fn time(_: &mut Session, _: &[Bytes]) -> Result<Outcome, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let fields = [now.as_secs().to_string(), now.subsec_micros().to_string()];
    Ok(Reply::Array(fields.map(Reply::text).into()).into())
}

type Section = fn(&Session) -> String;

/// `INFO [section …]`
pub(crate) fn info(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let wanted = |section: &str| {
        let name = section.as_bytes();
        let all: [&[u8]; 3] = [b"all", b"default", b"everything"];
        let is_wanted = |word: &Bytes| {
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            is(name) || all.into_iter().any(is)
        };
        words.len() == 1 || words[1..].iter().any(is_wanted)
    };
    let sections: [(&str, Section); 5] = [
        ("server", server_section),
        ("clients", clients_section),
        ("memory", memory_section),
        ("stats", stats_section),
        ("keyspace", keyspace_section),
    ];
    let wanted = sections.into_iter().filter(|(name, _)| wanted(name));
    let texts: Vec<String> = wanted.map(|(_, section)| section(session)).collect();
    Ok(Reply::text(texts.join("\r\n")).into())
}

fn server_section(session: &Session) -> String {
    let uptime = session.house.since.elapsed().as_secs();
    format!(
        "# Server\r\nredis_version:{REDIS_VERSION}\r\naskr_version:{}\r\nredis_mode:standalone\r\n\
         process_id:{}\r\nuptime_in_seconds:{uptime}\r\n",
        session.house.config.version,
        std::process::id(),
    )
}

fn clients_section(session: &Session) -> String {
    let count = session.house.client_count();
    format!("# Clients\r\nconnected_clients:{count}\r\n")
}

fn memory_section(session: &Session) -> String {
    let all = Namespace::ALL.map(|namespace| session.store().statistics(namespace));
    let used: u64 = all.iter().map(|statistics| statistics.bytes).sum();
    let most: u64 = all.iter().map(|statistics| statistics.capacity).sum();
    format!("# Memory\r\nused_memory:{used}\r\nmaxmemory:{most}\r\n")
}

fn stats_section(session: &Session) -> String {
    let all = Namespace::ALL.map(|namespace| session.store().statistics(namespace));
    let sum = |figure: fn(&Statistics) -> u64| all.iter().map(figure).sum::<u64>();
    format!(
        "# Stats\r\ntotal_commands_processed:{}\r\nkeyspace_hits:{}\r\nkeyspace_misses:{}\r\n\
         evicted_keys:{}\r\n",
        session.house.commands.load(Ordering::Relaxed),
        sum(|figures| figures.hits),
        sum(|figures| figures.misses),
        sum(|figures| figures.evictions),
    )
}

fn keyspace_section(session: &Session) -> String {
    let mut text = "# Keyspace\r\n".to_owned();
    for (index, Database(namespace)) in Database::ALL.into_iter().enumerate() {
        let entries = session.store().statistics(namespace).entries;
        if entries > 0 {
            let _ = write!(text, "db{index}:keys={entries},expires=0,avg_ttl=0\r\n");
        }
    }
    text
}
