//! Every command there is, once: its name, how many arguments it takes, and what it does.

use bytes::Bytes;

use crate::commands::{entries, greeting, keys, locks, many, numbers, server, times, typed};
use crate::failure::Failure;
use crate::locking::LockOrder;
use crate::reply::Reply;
use crate::session::Session;

/// A command.
pub(crate) struct Command {
    /// Its name, in small letters.
    pub(crate) name: &'static str,
    /// How many words it has, itself included; of a negative number, at least so many.
    pub(crate) arity: i64,
    /// Which of its words are keys: the first, the last (negative from the end), and each how far
    /// from the next.
    pub(crate) keys: [i64; 3],
    /// Whether it means something among locks.
    pub(crate) with_locks: bool,
    run: Run,
}

type Run = fn(&mut Session, &[Bytes]) -> Result<Outcome, Failure>;

/// What becomes of a command.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// This is all.
    Reply(Reply),
    /// An entry is to be read, when there is room for it.
    Value(Bytes, Shape),
    /// Entries are to be read one after the other, as an array.
    Values(Vec<Bytes>, Shape),
    /// A lock is wanted.
    Lock(LockOrder),
    /// This is all, and nothing follows.
    Last(Reply),
}

/// How values are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As Redis does, as bytes.
    Plain,
    /// With their types.
    Typed,
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl Command {
    /// The command of that name.
    pub(crate) fn named(name: &[u8]) -> Option<&'static Self> {
        let is_it = |command: &&Self| name.eq_ignore_ascii_case(command.name.as_bytes());
        COMMANDS.iter().find(is_it)
    }

    fn takes(&self, words: usize) -> bool {
        let least = usize::try_from(self.arity.unsigned_abs()).unwrap_or(usize::MAX);
        words == least || (self.arity < 0 && words > least)
    }
}

/// Does what a client wants; `words` are the name and what follows it.
///
/// # Errors
/// When nothing comes of it.
pub(crate) fn run(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let name = words.first().map_or(&[][..], |name| &name[..]);
    let command = Command::named(name).ok_or_else(|| Failure::unknown(words))?;
    if !command.takes(words.len()) {
        return Err(Failure::Arity(command.name));
    }
    if session.has_locks() && !command.with_locks {
        return Err(Failure::OnlyLocks);
    }
    (command.run)(session, words)
}

/// No keys.
const NONE: [i64; 3] = [0, 0, 0];
/// The first argument.
const FIRST: [i64; 3] = [1, 1, 1];
/// All arguments.
const ALL: [i64; 3] = [1, -1, 1];
/// Each other argument.
const PAIRS: [i64; 3] = [1, -1, 2];

const fn of(name: &'static str, arity: i64, keys: [i64; 3], run: Run) -> Command {
    Command {
        name,
        arity,
        keys,
        with_locks: false,
        run,
    }
}

/// One that means something among locks as well.
const fn anywhere(name: &'static str, arity: i64, keys: [i64; 3], run: Run) -> Command {
    Command {
        with_locks: true,
        ..of(name, arity, keys, run)
    }
}

/// Those that are asked for most come first.
pub(crate) static COMMANDS: &[Command] = &[
    anywhere("get", 2, FIRST, entries::get),
    of("set", -3, FIRST, entries::set),
    of("askr.get", 2, FIRST, typed::get),
    of("askr.set", -5, FIRST, typed::set),
    anywhere("askr.lock", 5, FIRST, locks::lock),
    anywhere("askr.unlock", 3, FIRST, locks::unlock),
    of("askr.incr", 5, FIRST, typed::increment),
    of("askr.mget", -2, ALL, typed::get_many),
    of("askr.mset", -5, NONE, typed::set_many),
    of("askr.add", -5, FIRST, typed::add),
    of("askr.replace", 7, FIRST, typed::replace),
    of("askr.delif", 4, FIRST, typed::delete_if),
    of("askr.take", 2, FIRST, typed::take),
    of("askr.touch", 3, FIRST, typed::touch),
    anywhere("askr.forgettag", -2, NONE, typed::forget_tag),
    anywhere("askr.refresh", 4, FIRST, locks::refresh),
    anywhere("askr.owner", 2, FIRST, locks::owner),
    anywhere("askr.forceunlock", 2, FIRST, locks::force_unlock),
    anywhere("askr.unlockall", 1, NONE, locks::unlock_all),
    anywhere("askr.stats", 1, NONE, server::statistics),
    anywhere("del", -2, ALL, many::delete),
    anywhere("unlink", -2, ALL, many::delete),
    anywhere("exists", -2, ALL, many::exist),
    of("touch", -2, ALL, many::touch),
    of("mget", -2, ALL, many::get),
    of("mset", -3, PAIRS, many::set),
    of("msetnx", -3, PAIRS, many::add),
    of("incr", 2, FIRST, numbers::increment),
    of("incrby", 3, FIRST, numbers::increment_by),
    of("decr", 2, FIRST, numbers::decrement),
    of("decrby", 3, FIRST, numbers::decrement_by),
    of("incrbyfloat", 3, FIRST, numbers::increment_by_float),
    of("setnx", 3, FIRST, entries::set_absent),
    of("setex", 4, FIRST, entries::set_seconds),
    of("psetex", 4, FIRST, entries::set_milliseconds),
    of("getset", 3, FIRST, entries::get_set),
    of("getdel", 2, FIRST, entries::get_delete),
    of("getex", -2, FIRST, entries::get_expire),
    of("strlen", 2, FIRST, entries::length),
    of("expire", -3, FIRST, times::expire),
    of("pexpire", -3, FIRST, times::expire_milliseconds),
    of("expireat", -3, FIRST, times::expire_at),
    of("pexpireat", -3, FIRST, times::expire_at_milliseconds),
    of("persist", 2, FIRST, times::persist),
    anywhere("ttl", 2, FIRST, times::ttl),
    anywhere("pttl", 2, FIRST, times::ttl_milliseconds),
    anywhere("type", 2, FIRST, keys::kind),
    anywhere("keys", 2, NONE, keys::keys),
    anywhere("scan", -2, NONE, keys::scan),
    anywhere("dbsize", 1, NONE, keys::count),
    anywhere("flushdb", -1, NONE, keys::flush),
    anywhere("flushall", -1, NONE, keys::flush_all),
    anywhere("ping", -1, NONE, greeting::ping),
    anywhere("echo", 2, NONE, greeting::echo),
    anywhere("hello", -1, NONE, greeting::hello),
    anywhere("auth", -2, NONE, greeting::auth),
    anywhere("select", 2, NONE, greeting::select),
    anywhere("quit", -1, NONE, greeting::quit),
    anywhere("client", -2, NONE, greeting::client),
    anywhere("command", -1, NONE, server::command),
    anywhere("info", -1, NONE, server::info),
    anywhere("time", 1, NONE, server::time),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_small_letters_and_each_there_once() {
        for command in COMMANDS {
            let same = COMMANDS.iter().filter(|other| other.name == command.name);
            assert_eq!(same.count(), 1, "{}", command.name);
            assert_eq!(command.name, command.name.to_ascii_lowercase());
        }
    }

    #[test]
    fn the_page_names_every_command() {
        let page = include_str!("../../../docs/protocol/store-socket.md");
        for command in COMMANDS {
            let name = format!("`{}", command.name.to_ascii_uppercase());
            assert!(page.contains(&name), "{name}");
        }
    }
}
