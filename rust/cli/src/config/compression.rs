//! What replies are compressed with: `zstd,br,gzip`, their levels, and the types worth it.

use askr_gateway::{Coding, CodingLevels, CompressionConfig, MediaRange};

use super::options::Key;
use super::raw::Raw;
use super::settings::Settings;

/// The codings in order of preference; `off` and PHP's `false` are none.
pub(super) fn codings(raw: &Raw) -> Option<Vec<Coding>> {
    if let Raw::Typed(value) | Raw::Loose(value) = raw
        && value.as_bool() == Some(false)
    {
        return Some(Vec::new());
    }
    let items = raw.items()?;
    if items == [OFF] {
        return Some(Vec::new());
    }
    let mut codings = Vec::with_capacity(items.len());
    for item in items {
        let coding = item.parse().ok()?;
        if codings.contains(&coding) {
            return None;
        }
        codings.push(coding);
    }
    Some(codings)
}

/// As `codings` takes them.
pub(super) fn codings_text(codings: &[Coding]) -> String {
    match codings {
        [] => OFF.to_owned(),
        codings => joined(codings),
    }
}

/// At least one.
pub(super) fn types(raw: &Raw) -> Option<Vec<MediaRange>> {
    let items = raw.items()?;
    items.iter().map(|item| item.parse().ok()).collect()
}

/// As `types` takes them.
pub(super) fn types_text(types: &[MediaRange]) -> String {
    joined(types)
}

/// `zstd=3,br=4`, or a table; what is not named has its default.
pub(super) fn levels(raw: &Raw) -> Option<CodingLevels> {
    let mut levels = CodingLevels::default();
    for (coding, level) in pairs(raw)? {
        levels = levels.with(coding.parse().ok()?, level).ok()?;
    }
    Some(levels)
}

fn pairs(raw: &Raw) -> Option<Vec<(String, u32)>> {
    if let Raw::Typed(value) | Raw::Loose(value) = raw
        && let Some(table) = value.as_object()
    {
        let pair = |(coding, level): (&String, &serde_json::Value)| {
            let level = raw.beside(level.clone()).number()?;
            Some((coding.clone(), u32::try_from(level).ok()?))
        };
        return table.iter().map(pair).collect();
    }
    let pair = |item: &String| {
        let (coding, level) = item.split_once('=')?;
        Some((coding.trim().to_owned(), level.trim().parse().ok()?))
    };
    raw.items()?.iter().map(pair).collect()
}

/// What a value of `levels` should have been.
pub(super) fn levels_expected() -> String {
    let range = |coding: Coding| {
        let levels = coding.levels();
        format!("{coding} {} to {}", levels.start(), levels.end())
    };
    let ranges: Vec<String> = Coding::ALL.into_iter().map(range).collect();
    format!("levels such as zstd=3,br=4,gzip=6: {}", ranges.join(", "))
}

/// Everything about compression.
pub(super) fn compression(settings: &Settings) -> CompressionConfig {
    CompressionConfig {
        codings: settings.codings().to_vec(),
        bytes_min: settings.bytes(Key::CompressMin),
        types: settings.media_types(Key::CompressTypes).to_vec(),
        levels: settings.coding_levels(),
        ..CompressionConfig::default()
    }
}

fn joined<T: ToString>(list: &[T]) -> String {
    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
    list.join(",")
}

const OFF: &str = "off";
