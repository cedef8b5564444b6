//! Where requests are sent on to: `www from=www.shop.example to=https://shop.example status=301`.

use askr_gateway::RedirectRule;

use super::raw::Raw;
use super::tables::{NamedTable, TableFault, tables};

/// More rules than this would cost each request more than a table should.
pub(crate) const REDIRECTS_MAX: usize = 1000;

/// The keys of a rule.
pub(crate) const REDIRECT_KEYS: [&str; 3] = [FROM, TO, STATUS];

/// The rules in `raw`.
///
/// # Errors
/// The first fault there is.
pub(crate) fn accept(raw: &Raw) -> Result<Vec<RedirectRule>, TableFault> {
    tables(raw)?.into_iter().map(rule).collect()
}

/// As the flag takes it.
pub(crate) fn to_text(rule: &RedirectRule) -> String {
    let RedirectRule {
        name,
        from,
        to,
        status,
    } = rule;
    format!("{name} {FROM}={from} {TO}={to} {STATUS}={status}")
}

fn rule(mut table: NamedTable<'_>) -> Result<RedirectRule, TableFault> {
    let missing = |table: &NamedTable<'_>, key, expected| {
        table.refuse(Some(key), "nothing".to_owned(), expected)
    };
    let from = table.take(FROM, |raw| raw.text()?.parse().ok(), from_expected)?;
    let from = from.ok_or_else(|| missing(&table, FROM, from_expected()))?;
    let to = table.take(TO, |raw| raw.text()?.parse().ok(), to_expected)?;
    let to = to.ok_or_else(|| missing(&table, TO, to_expected()))?;
    let status = table.take(STATUS, status, status_expected)?;
    let rule = RedirectRule {
        name: table.name.clone(),
        from,
        to,
        status: status.unwrap_or(RedirectRule::STATUS),
    };
    if rule.leads_back() {
        let expected = "another place: who is sent there is sent there again".to_owned();
        return Err(table.refuse(Some(TO), rule.to.to_string(), expected));
    }
    if !rule.fits() {
        let expected = "a path without a star: from has none that could stand for it".to_owned();
        return Err(table.refuse(Some(TO), rule.to.to_string(), expected));
    }
    table.finish("a redirect", &REDIRECT_KEYS)?;
    Ok(rule)
}

fn status(raw: &Raw) -> Option<u16> {
    let status = u16::try_from(raw.number()?).ok()?;
    RedirectRule::STATUSES.contains(&status).then_some(status)
}

fn from_expected() -> String {
    "a host, a path or both, such as www.shop.example, /old, http://shop.example/blog/*".to_owned()
}

fn to_expected() -> String {
    "a host, a path or both, such as https://shop.example, /new, https:// or /archive/*".to_owned()
}

fn status_expected() -> String {
    "one of 301, 302, 307, 308".to_owned()
}

const FROM: &str = "from";
const TO: &str = "to";
const STATUS: &str = "status";
