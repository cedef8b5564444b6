//! Options that are tables with names: `NAME KEY=VALUE …` in text, a table of tables in files.

use serde_json::{Map, Value as Json};

use super::nearest::nearest;
use super::raw::Raw;

/// One table as a channel delivered it; its keys are taken out one by one.
#[derive(Debug)]
pub(crate) struct NamedTable<'a> {
    pub(crate) name: String,
    keys: Map<String, Json>,
    /// Where it came from.
    channel: &'a Raw,
}

/// What is wrong with tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TableFault {
    /// They are no tables at all.
    Shape,
    /// The value of a key, or the table itself when there is no key.
    Refused {
        place: Place,
        value: String,
        expected: String,
    },
    /// No such table has such a key.
    UnknownKey {
        place: Place,
        value: String,
        remedy: String,
    },
    /// Two tables exclude each other.
    Clash {
        value: String,
        problem: &'static str,
        remedy: &'static str,
    },
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) table: String,
    pub(crate) key: Option<String>,
}

/// The tables in `raw`, each with a name of its own.
///
/// # Errors
/// The first fault there is.
pub(crate) fn tables(raw: &Raw) -> Result<Vec<NamedTable<'_>>, TableFault> {
    let tables: Vec<NamedTable<'_>> = match raw {
        Raw::Words(words) => words
            .iter()
            .flat_map(|word| word.split(';'))
            .filter(|text| !text.trim().is_empty())
            .map(|text| NamedTable::of_text(text, raw))
            .collect::<Result<_, _>>()?,
        Raw::Typed(value) | Raw::Loose(value) => typed(value, raw)?,
    };
    for (index, table) in tables.iter().enumerate() {
        table.check_name(&tables[..index])?;
    }
    Ok(tables)
}

/// PHP's empty array arrives as an empty list.
fn typed<'a>(value: &Json, channel: &'a Raw) -> Result<Vec<NamedTable<'a>>, TableFault> {
    if value.as_array().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let tables = value.as_object().ok_or(TableFault::Shape)?;
    let table = |(name, value): (&String, &Json)| {
        let keys = value.as_object().ok_or_else(|| TableFault::Refused {
            place: Place::of(name, None),
            value: value.to_string(),
            expected: "a table with its keys".to_owned(),
        })?;
        let given = keys.iter().filter(|(_, value)| !value.is_null());
        Ok(NamedTable {
            name: name.clone(),
            keys: given
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            channel,
        })
    };
    tables.iter().map(table).collect()
}

impl<'a> NamedTable<'a> {
    /// `slow paths=/reports workers=1..2` as a table.
    fn of_text(text: &str, channel: &'a Raw) -> Result<Self, TableFault> {
        let mut words = text.split_whitespace();
        let mut table = NamedTable {
            name: words.next().unwrap_or_default().to_owned(),
            keys: Map::new(),
            channel,
        };
        for word in words {
            let pair = word.split_once('=');
            let fresh = pair.filter(|(key, _)| !table.keys.contains_key(*key));
            let Some((key, value)) = fresh else {
                let expected = "KEY=VALUE after its name, each key once";
                return Err(table.refuse(None, format!("{word:?}"), expected.to_owned()));
            };
            table.keys.insert(key.to_owned(), value.into());
        }
        Ok(table)
    }

    /// The value of `key`, if somebody gave one.
    ///
    /// # Errors
    /// When `accept` does not take it.
    pub(crate) fn take<T>(
        &mut self,
        key: &str,
        accept: impl FnOnce(&Raw) -> Option<T>,
        expected: impl FnOnce() -> String,
    ) -> Result<Option<T>, TableFault> {
        let Some(value) = self.keys.remove(key) else {
            return Ok(None);
        };
        match accept(&self.channel.beside(value.clone())) {
            Some(accepted) => Ok(Some(accepted)),
            None => Err(self.refuse(Some(key), value.to_string(), expected())),
        }
    }

    /// The value of `key` as it came, if somebody gave one.
    pub(crate) fn take_raw(&mut self, key: &str) -> Option<Raw> {
        let value = self.keys.remove(key)?;
        Some(self.channel.beside(value))
    }

    /// To be called when every key that such a table can have was taken.
    ///
    /// # Errors
    /// When there is another.
    pub(crate) fn finish(self, what: &str, known: &[&str]) -> Result<(), TableFault> {
        let Some((key, value)) = self.keys.iter().next() else {
            return Ok(());
        };
        let remedy = match nearest(key, known.iter().copied()) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("{what} has {}", known.join(", ")),
        };
        Err(TableFault::UnknownKey {
            place: Place::of(&self.name, Some(key)),
            value: value.to_string(),
            remedy,
        })
    }

    /// The fault of a key, or of the whole table.
    pub(crate) fn refuse(&self, key: Option<&str>, value: String, expected: String) -> TableFault {
        TableFault::Refused {
            place: Place::of(&self.name, key),
            value,
            expected,
        }
    }

    /// A flag can be repeated with the same name; tables cannot.
    fn check_name(&self, others: &[NamedTable<'_>]) -> Result<(), TableFault> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let length = self.name.len();
        let is_name = (1..=NAME_BYTES_MAX).contains(&length) && self.name.bytes().all(is_plain);
        let expected = match is_name {
            false => format!("a name of up to {NAME_BYTES_MAX} letters, digits, - and _"),
            true if others.iter().any(|other| other.name == self.name) => {
                "each name once, with all that belongs to it".to_owned()
            }
            true => return Ok(()),
        };
        Err(self.refuse(None, format!("{:?}", self.name), expected))
    }
}

impl TableFault {
    /// The fault of tables that are the value of `key` in `table`; `shape` is that of no tables.
    pub(crate) fn within(self, table: &str, key: &str, shape: impl FnOnce() -> Self) -> Self {
        let inside = |place: Place| Place {
            table: format!("{table}.{key}.{}", place.table),
            key: place.key,
        };
        match self {
            Self::Shape => shape(),
            Self::Refused {
                place,
                value,
                expected,
            } => Self::Refused {
                place: inside(place),
                value,
                expected,
            },
            Self::UnknownKey {
                place,
                value,
                remedy,
            } => Self::UnknownKey {
                place: inside(place),
                value,
                remedy,
            },
            Self::Clash { .. } => self,
        }
    }
}

impl Place {
    fn of(table: &str, key: Option<&str>) -> Self {
        Self {
            table: table.to_owned(),
            key: key.map(str::to_owned),
        }
    }
}

const NAME_BYTES_MAX: usize = 32;
