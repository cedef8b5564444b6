//! What is printed: a line of JSON for each figure.

/// Prints a figure.
pub(crate) fn tell(what: &str, value: f64, unit: &str) {
    println!("{}", line(what, value, unit, ""));
}

/// Prints a figure that is to be at most so much.
pub(crate) fn at_most(what: &str, value: f64, unit: &str, most: f64) {
    println!("{}", line(what, value, unit, &format!(r#","most":{most}"#)));
}

/// Prints a figure that is to be at least so much.
pub(crate) fn at_least(what: &str, value: f64, unit: &str, least: f64) {
    println!(
        "{}",
        line(what, value, unit, &format!(r#","least":{least}"#))
    );
}

fn line(what: &str, value: f64, unit: &str, goal: &str) -> String {
    format!(r#"{{"what":"{what}","value":{value:.4},"unit":"{unit}"{goal}}}"#)
}
