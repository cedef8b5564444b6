//! Upper bounds of docs/STYLE.md on files and functions. Rust functions are clippy's business.

use super::source_tree::{SourceFile, SourceTree};
use super::violation::Violation;

const RULE: &str = "size";
const RUST_FILE_LINES_MAX: usize = 600;
const RUST_TEST_FILE_LINES_MAX: usize = 800;
const LIB_FILE_LINES_MAX: usize = 120;
const C_FILE_LINES_MAX: usize = 600;
const C_FUNCTION_LINES_MAX: usize = 50;
const PHP_CLASS_LINES_MAX: usize = 300;
const PHP_METHOD_LINES_MAX: usize = 40;

/// Every file and function that is too long.
pub(super) fn check(tree: &SourceTree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.with_extension("rs") {
        violations.extend(rust_file(file));
    }
    for file in tree.with_extension("c") {
        violations.extend(too_long(file, file.text.lines().count(), C_FILE_LINES_MAX));
        violations.extend(functions(file, "", C_FUNCTION_LINES_MAX));
    }
    for file in tree.with_extension("php").filter(|file| is_class(file)) {
        violations.extend(too_long(
            file,
            file.text.lines().count(),
            PHP_CLASS_LINES_MAX,
        ));
        violations.extend(functions(file, "    ", PHP_METHOD_LINES_MAX));
    }
    violations
}

fn rust_file(file: &SourceFile) -> Option<Violation> {
    if file.is_test() {
        return too_long(file, file.text.lines().count(), RUST_TEST_FILE_LINES_MAX);
    }
    let most = if file.name() == "lib.rs" {
        LIB_FILE_LINES_MAX
    } else {
        RUST_FILE_LINES_MAX
    };
    too_long(file, file.production_lines(), most)
}

fn too_long(file: &SourceFile, lines: usize, most: usize) -> Option<Violation> {
    let message = || format!("{lines} lines, at most {most} are allowed: split it by concept");
    (lines > most).then(|| Violation::in_file(&file.path, RULE, message()))
}

/// Bodies between a lone `{` and a lone `}`, both indented by `indent`.
fn functions(file: &SourceFile, indent: &str, most: usize) -> Vec<Violation> {
    let (open, close) = (format!("{indent}{{"), format!("{indent}}}"));
    let mut violations = Vec::new();
    let mut start = None;
    for (index, line) in file.text.lines().enumerate() {
        if line == open {
            start = Some(index);
        } else if line == close {
            let lines = start.take().map_or(0, |start| index - start + 2);
            if lines > most {
                let message = format!("function of {lines} lines, at most {most} are allowed");
                violations.push(Violation::at(&file.path, index, RULE, message));
            }
        }
    }
    violations
}

fn is_class(file: &SourceFile) -> bool {
    !file.is_test() && file.text.contains("\nnamespace ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: String) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text,
        }
    }

    #[test]
    fn inline_tests_do_not_count_as_production_lines() {
        let text = "let a = 1;\n".repeat(600) + "#[cfg(test)]\n" + &"x\n".repeat(100);
        assert_eq!(rust_file(&file("rust/a/src/b.rs", text)), None);
        let text = "let a = 1;\n".repeat(601);
        assert!(rust_file(&file("rust/a/src/b.rs", text)).is_some());
    }

    #[test]
    fn a_long_method_is_named_with_its_last_line() {
        let text = format!("    {{\n{}    }}\n", "        x();\n".repeat(40));
        let found = functions(&file("src/A.php", text), "    ", PHP_METHOD_LINES_MAX);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("src/A.php:42: size: "));
    }
}
