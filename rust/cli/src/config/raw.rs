//! A value as a channel delivered it, before anything is believed.

/// A value as a channel delivered it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    /// From a channel that has only text: a flag or the environment. Several for repeated flags.
    Words(Vec<String>),
    /// From a file: typed, and text is not taken for a number.
    Typed(serde_json::Value),
    /// From PHP's configuration: typed, but numbers read by `env()` arrive as text.
    Loose(serde_json::Value),
}

impl Raw {
    /// Another value of the same channel.
    pub(crate) fn beside(&self, value: serde_json::Value) -> Self {
        match self {
            Self::Words(_) | Self::Loose(_) => Self::Loose(value),
            Self::Typed(_) => Self::Typed(value),
        }
    }

    /// The value as it was written, for messages.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Words(words) => format!("{:?}", words.join(" ")),
            Self::Typed(value) | Self::Loose(value) => value.to_string(),
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Words(words) => match words.as_slice() {
                [word] => Some(word),
                _ => None,
            },
            Self::Typed(value) | Self::Loose(value) => value.as_str(),
        }
    }

    /// One word; also a number, as in `tls_min = 1.2`.
    pub(super) fn word(&self) -> Option<String> {
        match self {
            Self::Typed(value) | Self::Loose(value) if value.is_number() => Some(value.to_string()),
            _ => self.text().map(str::to_owned),
        }
    }

    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Words(_) => self.text()?.trim().parse().ok(),
            Self::Typed(value) => value.as_u64(),
            Self::Loose(value) => value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok()),
        }
    }

    /// A number with a unit in text, or a bare number from a typed channel.
    pub(super) fn measure<T>(&self, parse: fn(&str) -> Option<T>, bare: fn(u64) -> T) -> Option<T> {
        self.text().map_or_else(|| self.number().map(bare), parse)
    }

    /// The items of a list: words separated by commas, or a typed array.
    pub(super) fn items(&self) -> Option<Vec<String>> {
        let typed = match self {
            Self::Words(words) => return Some(split(&words.join(","))),
            Self::Typed(value) | Self::Loose(value) => value,
        };
        match typed.as_array() {
            Some(list) => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            None => typed.as_str().map(split),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_owned()).collect()
}
