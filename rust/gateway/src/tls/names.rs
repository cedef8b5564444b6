//! Which certificate is for which name.

use std::collections::HashMap;

/// The names of all certificates, each a position in their list.
#[derive(Debug, Default)]
pub(super) struct Names {
    exact: HashMap<String, Vec<usize>>,
    /// By what follows `*.`.
    wildcards: HashMap<String, Vec<usize>>,
}

impl Names {
    /// Notes that the certificate at `position` is for `name`.
    pub(super) fn add(&mut self, name: &str, position: usize) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let (table, name) = match name.strip_prefix("*.") {
            Some(parent) => (&mut self.wildcards, parent.to_owned()),
            None => (&mut self.exact, name),
        };
        let positions = table.entry(name).or_default();
        if !positions.contains(&position) {
            positions.push(position);
        }
    }

    /// The certificates for `name`, in their order: those that name it, else those with a
    /// wildcard, which stands for one label (RFC 9525 §6.3); else none.
    pub(super) fn find(&self, name: &str) -> &[usize] {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let exact = self.exact.get(&name);
        let found = exact.or_else(|| {
            let (label, parent) = name.split_once('.')?;
            (!label.is_empty())
                .then(|| self.wildcards.get(parent))
                .flatten()
        });
        found.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.add("example.com", 0);
        names.add("*.example.com", 1);
        names.add("Shop.Example.COM.", 2);
        names.add("example.com", 3);
        names.add("example.com", 3);
        names
    }

    #[test]
    fn the_exact_name_is_stronger_than_a_wildcard() {
        assert_eq!(names().find("shop.example.com"), [2]);
        assert_eq!(names().find("blog.example.com"), [1]);
    }

    #[test]
    fn a_name_may_have_several_certificates() {
        assert_eq!(names().find("example.com"), [0, 3]);
    }

    #[test]
    fn case_and_a_final_dot_are_nothing() {
        assert_eq!(names().find("SHOP.example.com"), [2]);
        assert_eq!(names().find("blog.EXAMPLE.com."), [1]);
    }

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        assert!(names().find("a.b.example.com").is_empty());
        assert!(names().find(".example.com").is_empty());
        assert!(names().find("com").is_empty());
        assert!(names().find("other.org").is_empty());
    }
}
