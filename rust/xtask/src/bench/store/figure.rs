//! Reads the lines that whoever measures prints.

use serde::Deserialize;

use crate::bench::result::Finding;

/// A line: `{"what":"…","value":1.5,"unit":"ms","most":100}`.
#[derive(Debug, Deserialize)]
struct Line {
    what: String,
    value: f64,
    unit: String,
    most: Option<f64>,
    least: Option<f64>,
}

/// The figures among the lines of an output.
pub(super) fn read(row: &'static str, output: &str) -> Vec<Finding> {
    let lines = output.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .map(|line: Line| {
            let finding = Finding::new(row, line.what, line.value, line.unit);
            match (line.most, line.least) {
                (Some(most), _) => {
                    let text = if most == 0.0 {
                        "0".to_owned()
                    } else {
                        format!("≤ {most}")
                    };
                    finding.at_most(most, text)
                }
                (None, Some(least)) => finding.at_least(least, format!("≥ {least}")),
                (None, None) => finding,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_figure_with_or_without_a_goal() {
        let output = "noise\n\
            {\"what\":\"a\",\"value\":2.5,\"unit\":\"ms\"}\n\
            {\"what\":\"b\",\"value\":0,\"unit\":\"\",\"most\":0}\n\
            {\"what\":\"c\",\"value\":1.9,\"unit\":\"\",\"least\":1.5}\n";
        let findings = read("row", output);
        let goals: Vec<Option<String>> = findings
            .iter()
            .map(|finding| finding.goal.as_ref().map(|goal| goal.text.to_string()))
            .collect();
        assert_eq!(goals, [None, Some("0".into()), Some("≥ 1.5".into())]);
        assert_eq!(findings[0].amount(), "2.50 ms");
        assert!(findings[2].goal.as_ref().unwrap().is_reached(1.9));
        assert!(!findings[2].goal.as_ref().unwrap().is_reached(1.4));
    }
}
