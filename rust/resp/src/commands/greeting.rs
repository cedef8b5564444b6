//! What a client says of itself, and whether anybody is there.

use bytes::Bytes;

use crate::command::Outcome;
use crate::failure::{Failure, beginning};
use crate::limits::NAME_BYTES_MAX;
use crate::reply::{Reply, Version};
use crate::session::{Database, Session};
use crate::words::integer;

/// The Redis whose commands are spoken.
pub(crate) const REDIS_VERSION: &str = "7.0.15";

/// `PING [message]`
pub(crate) fn ping(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    match &words[1..] {
        [] => Ok(Reply::Word("PONG").into()),
        [message] => Ok(Reply::Bytes(message.to_vec()).into()),
        _ => Err(Failure::Arity("ping")),
    }
}

/// `ECHO message`
pub(crate) fn echo(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Reply::Bytes(words[1].to_vec()).into())
}

/// `HELLO [version [AUTH user password] [SETNAME name]]`
pub(crate) fn hello(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let version = match words.get(1).map(|word| integer(word)) {
        None => session.version,
        Some(Ok(2)) => Version::Two,
        Some(Ok(3)) => Version::Three,
        Some(Ok(_)) => return Err(Failure::Version),
        Some(Err(_)) => return Err(Failure::VersionNumber),
    };
    let mut rest = words.get(2..).unwrap_or_default();
    let mut name = None;
    while let [word, behind @ ..] = rest {
        rest = match (&word.to_ascii_uppercase()[..], behind) {
            (b"AUTH", [user, _, behind @ ..]) => {
                check_user(user)?;
                behind
            }
            (b"SETNAME", [given, behind @ ..]) => {
                name = Some(checked_name(given)?);
                behind
            }
            _ => return Err(Failure::HelloOption(beginning(word, NAME_BYTES_MAX))),
        };
    }
    session.version = version;
    session.name = name.unwrap_or_else(|| session.name.clone());
    Ok(introduction(session).into())
}

fn introduction(session: &Session) -> Reply {
    let version = match session.version {
        Version::Two => 2,
        Version::Three => 3,
    };
    let id = i64::try_from(session.id).unwrap_or(i64::MAX);
    let pairs = [
        ("server", Reply::text("askr")),
        ("version", Reply::text(REDIS_VERSION)),
        ("proto", Reply::Integer(version)),
        ("id", Reply::Integer(id)),
        ("mode", Reply::text("standalone")),
        ("role", Reply::text("master")),
        ("modules", Reply::Array(Vec::new())),
    ];
    Reply::Map(pairs.map(|(name, value)| (Reply::text(name), value)).into())
}

/// `AUTH [user] password`: the socket's owner is who may connect.
pub(crate) fn auth(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    match &words[1..] {
        [_] => Err(Failure::NoPassword),
        [user, _] => check_user(user).map(|()| Reply::OK.into()),
        _ => Err(Failure::Syntax),
    }
}

fn check_user(user: &[u8]) -> Result<(), Failure> {
    let is_known = user == b"default";
    is_known.then_some(()).ok_or(Failure::WrongPassword)
}

/// `SELECT database`
pub(crate) fn select(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let index = usize::try_from(integer(&words[1])?).ok();
    let found = index.and_then(|index| Database::ALL.get(index));
    session.database = *found.ok_or(Failure::Database)?;
    Ok(Reply::OK.into())
}

/// `QUIT`
pub(crate) fn quit(_: &mut Session, _: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Outcome::Last(Reply::OK))
}

/// `CLIENT ID | GETNAME | SETNAME name | SETINFO attribute value | INFO | NO-EVICT | NO-TOUCH`
pub(crate) fn client(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let reply = match (&words[1].to_ascii_uppercase()[..], &words[2..]) {
        (b"ID", []) => Reply::Integer(i64::try_from(session.id).unwrap_or(i64::MAX)),
        (b"GETNAME", []) if session.name.is_empty() => Reply::Null,
        (b"GETNAME", []) => Reply::Bytes(session.name.to_vec()),
        (b"SETNAME", [name]) => {
            session.name = checked_name(name)?;
            Reply::OK
        }
        (b"INFO", []) => Reply::text(description(session)),
        (b"SETINFO", [_, _]) | (b"NO-EVICT" | b"NO-TOUCH", [_]) => Reply::OK,
        (sub, _) => return Err(no_client(sub, &words[1])),
    };
    Ok(reply.into())
}

fn no_client(sub: &[u8], name: &[u8]) -> Failure {
    match sub {
        b"ID" => Failure::Arity("client|id"),
        b"GETNAME" => Failure::Arity("client|getname"),
        b"SETNAME" => Failure::Arity("client|setname"),
        b"INFO" => Failure::Arity("client|info"),
        b"SETINFO" => Failure::Arity("client|setinfo"),
        b"NO-EVICT" => Failure::Arity("client|no-evict"),
        b"NO-TOUCH" => Failure::Arity("client|no-touch"),
        _ => Failure::UnknownSub {
            command: "CLIENT",
            name: beginning(name, NAME_BYTES_MAX),
        },
    }
}

fn description(session: &Session) -> String {
    let name = beginning(&session.name, NAME_BYTES_MAX);
    let index = Database::ALL.iter().position(|at| *at == session.database);
    let database = index.unwrap_or_default();
    format!("id={} name={name} db={database}\n", session.id)
}

/// A copy: a name is not to hold the memory of the command that brought it.
fn checked_name(name: &[u8]) -> Result<Bytes, Failure> {
    let is_plain = name.iter().all(u8::is_ascii_graphic) && name.len() <= NAME_BYTES_MAX;
    is_plain
        .then(|| Bytes::copy_from_slice(name))
        .ok_or(Failure::ClientName)
}
