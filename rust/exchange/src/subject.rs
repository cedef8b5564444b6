//! What a request is about, as log lines tell it.

use crate::limits::SUBJECT_PART_BYTES_MAX;

/// The name of a request and what was asked; empty if nobody has said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// The method.
    pub method: String,
    /// The path, without the query: that may hold secrets.
    pub path: String,
}

impl Subject {
    /// Takes over what fits; the memory is kept for the next one.
    pub(crate) fn set(&mut self, [id, method, path]: [&str; 3]) {
        self.clear();
        for (part, text) in [
            (&mut self.id, id),
            (&mut self.method, method),
            (&mut self.path, path),
        ] {
            part.push_str(&text[..text.floor_char_boundary(SUBJECT_PART_BYTES_MAX)]);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.id.clear();
        self.method.clear();
        self.path.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_between_two_characters() {
        let mut subject = Subject::default();
        let path = format!("/{}", "ä".repeat(SUBJECT_PART_BYTES_MAX));
        subject.set(["1", "GET", &path]);
        assert_eq!(subject.path.len(), SUBJECT_PART_BYTES_MAX - 1);
        assert!(path.starts_with(&subject.path));
    }
}
