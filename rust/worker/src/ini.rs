//! The settings of `dist/php.ini`, which any php.ini of the machine may replace.

/// Name and value of each line; the file is ours, so its form is fixed.
pub(crate) fn defaults() -> Vec<(String, String)> {
    include_str!("../../../dist/php.ini")
        .lines()
        .filter(|line| !line.starts_with(';'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_is_a_comment_or_a_setting() {
        let text = include_str!("../../../dist/php.ini");
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with(';'));

        assert_eq!(super::defaults().len(), lines.count());
        assert!(super::defaults().contains(&("display_errors".into(), "0".into())));
    }
}
