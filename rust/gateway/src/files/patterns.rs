//! Paths whose files never change under the same name.

/// Patterns of paths; `*` stands for any characters, slashes too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns(Vec<String>);

impl Patterns {
    pub(crate) fn new(patterns: Vec<String>) -> Patterns {
        Patterns(patterns)
    }

    /// Whether one of them is `path`, which is decoded.
    pub(crate) fn fit(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| fits(pattern, path))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(fits("/build/assets/*", "/build/assets/app-1a2b.js"));
        assert!(fits("/build/assets/*", "/build/assets/fonts/a.woff2"));
        assert!(!fits("/build/assets/*", "/build/manifest.json"));
        assert!(!fits("/build/assets/*", "/x/build/assets/app.js"));
        assert!(fits("*.js", "/app.js"));
        assert!(!fits("*.js", "/app.js.map"));
        assert!(fits("/a/*-*.css", "/a/b/app-1.css"));
        assert!(!fits("/a/*-*.css", "/a/app.css"));
        assert!(fits("/**/x", "/a/x"));
        assert!(fits("*", ""));
    }

    #[test]
    fn parts_do_not_share_characters() {
        assert!(!fits("/aa*aa", "/aaa"));
        assert!(!fits("*ab*b", "ab"));
        assert!(fits("*ab*b", "abb"));
    }

    #[test]
    fn without_a_star_it_is_the_path_itself() {
        assert!(fits("/logo.svg", "/logo.svg"));
        assert!(!fits("/logo.svg", "/logo.svg2"));
        assert!(!Patterns::default().fit("/logo.svg"));
    }
}
