//! How many requests may come from one client: `login paths=/login rate=5/1m burst=10`.

use std::time::Duration;

use askr_gateway::{LimitKey, LimitRule};
use askr_store::Rate;

use super::pools::{self, PATHS};
use super::raw::Raw;
use super::tables::{NamedTable, TableFault, tables};
use super::units::{duration_text, parse_duration};

/// More rules than this would cost each request more than they save.
pub(crate) const RULES_MAX: usize = 64;

/// The keys of a rule.
pub(crate) const RULE_KEYS: [&str; 4] = [PATHS, KEY, RATE, BURST];

/// The rules in `raw`.
///
/// # Errors
/// The first fault there is.
pub(crate) fn accept(raw: &Raw) -> Result<Vec<LimitRule>, TableFault> {
    tables(raw)?.into_iter().map(rule).collect()
}

/// As the flag takes it.
pub(crate) fn to_text(rule: &LimitRule) -> String {
    let LimitRule {
        name,
        paths,
        key,
        rate: Rate {
            tokens,
            period,
            burst,
        },
    } = rule;
    let paths = match paths.as_slice() {
        [] => String::new(),
        paths => format!(" {PATHS}={}", paths.join(",")),
    };
    let period = duration_text(*period);
    format!("{name}{paths} {KEY}={key} {RATE}={tokens}/{period} {BURST}={burst}")
}

fn rule(mut table: NamedTable<'_>) -> Result<LimitRule, TableFault> {
    let paths = pools::paths(&mut table)?;
    let key = table.take(KEY, |raw| raw.text()?.parse().ok(), key_expected)?;
    let rate = table.take(RATE, |raw| rate(raw.text()?), rate_expected)?;
    let burst = table.take(BURST, burst, burst_expected)?;
    let (tokens, period) =
        rate.ok_or_else(|| table.refuse(Some(RATE), "nothing".to_owned(), rate_expected()))?;
    let rate = Rate {
        tokens,
        period,
        burst: burst.unwrap_or(tokens),
    };
    if fills_in(&rate) > FILLS_IN_MAX {
        return Err(table.refuse(Some(BURST), rate.burst.to_string(), fills_expected()));
    }
    let name = table.name.clone();
    table.finish("a limit", &RULE_KEYS)?;
    Ok(LimitRule {
        name,
        paths: paths.unwrap_or_default(),
        key: key.unwrap_or(LimitKey::Address),
        rate,
    })
}

/// `5/1m`: so many tokens in that time.
fn rate(text: &str) -> Option<(u32, Duration)> {
    let (tokens, period) = text.split_once('/')?;
    let tokens = tokens.trim().parse().ok().filter(is_count)?;
    let period = parse_duration(period)?;
    (PERIOD_MIN..=PERIOD_MAX)
        .contains(&period)
        .then_some((tokens, period))
}

fn burst(raw: &Raw) -> Option<u32> {
    u32::try_from(raw.number()?).ok().filter(is_count)
}

fn is_count(count: &u32) -> bool {
    (1..=TOKENS_MAX).contains(count)
}

fn fills_in(rate: &Rate) -> Duration {
    rate.period.saturating_mul(rate.burst) / rate.tokens
}

fn key_expected() -> String {
    "address, header:NAME or cookie:NAME".to_owned()
}

fn rate_expected() -> String {
    let (least, most) = (duration_text(PERIOD_MIN), duration_text(PERIOD_MAX));
    format!("a rate such as 5/1m: from 1 to {TOKENS_MAX} requests in {least} to {most}")
}

fn burst_expected() -> String {
    format!("a whole number from 1 to {TOKENS_MAX}")
}

fn fills_expected() -> String {
    "a burst that comes back within 30 days at that rate".to_owned()
}

const KEY: &str = "key";
const RATE: &str = "rate";
const BURST: &str = "burst";

const TOKENS_MAX: u32 = 1_000_000;
const PERIOD_MIN: Duration = Duration::from_millis(1);
const PERIOD_MAX: Duration = Duration::from_hours(24);
const FILLS_IN_MAX: Duration = Duration::from_hours(30 * 24);
