//! What a command line means, and what it says when it means nothing.

use super::*;

fn parse(line: &[&str]) -> Result<Args, UsageError> {
    let argv = line.iter().map(OsString::from).collect();
    Args::from(argv, Inputs::default())
}

fn words(rest: &[OsString]) -> Vec<&str> {
    rest.iter().filter_map(|word| word.to_str()).collect()
}

#[test]
fn the_command_is_well_formed() {
    command().debug_assert();
}

#[test]
fn php_gets_its_arguments_untouched() {
    let Ok(Args::Php(rest)) = parse(&["askr", "php", "-r", "echo 1;", "--help"]) else {
        panic!()
    };
    assert_eq!(words(&rest), ["-r", "echo 1;", "--help"]);
}

#[test]
fn a_binary_called_php_is_php() {
    let Ok(Args::Php(rest)) = parse(&["/usr/local/bin/php", "serve", "-v"]) else {
        panic!()
    };
    assert_eq!(words(&rest), ["serve", "-v"]);
}

#[test]
fn artisan_gets_its_arguments_untouched() {
    let line = ["askr", "artisan", "migrate", "--force", "--workers"];
    let Ok(Args::Artisan { rest, .. }) = parse(&line) else {
        panic!()
    };
    assert_eq!(words(&rest), ["migrate", "--force", "--workers"]);
}

#[test]
fn a_reload_has_words_of_its_own_beside_the_options() {
    let line = [
        "askr",
        "reload",
        "--path",
        "releases/7",
        "--no-canary",
        "--host",
        "shop",
        "--host",
        "shop names=shop.example",
        "--root",
        "/r",
    ];
    let Ok(Args::Reload { inputs, to, words }) = parse(&line) else {
        panic!()
    };
    assert_eq!(words.path, Some(PathBuf::from("releases/7")));
    assert!(words.no_canary);
    assert_eq!(to.host.as_deref(), Some("shop"));
    assert_eq!(inputs.flags["hosts"], ["shop names=shop.example"]);
    assert_eq!(inputs.flags["root"], ["/r"]);
}

#[test]
fn a_template_is_told_how_to_log_and_who_to_be() {
    let Ok(Args::Template { ids, .. }) = parse(&["askr", "template", "info", "text", "33:33:33"])
    else {
        panic!()
    };
    assert_eq!(ids.unwrap().to_string(), "33:33:33");
    for line in [
        &["askr", "template"][..],
        &["askr", "template", "info", "xml"],
        &["askr", "template", "info", "text", "www-data"],
    ] {
        assert!(parse(line).is_err(), "{line:?}");
    }
}

#[test]
fn pools_are_a_repeated_flag() {
    let line = [
        "askr",
        "serve",
        "--pool",
        "a paths=/a",
        "--pool",
        "b paths=/b",
    ];
    let Ok(Args::Serve(inputs)) = parse(&line) else {
        panic!()
    };
    assert_eq!(inputs.flags["pools"], ["a paths=/a", "b paths=/b"]);
}

#[test]
fn repeated_flags_are_a_list() {
    let line = [
        "askr",
        "serve",
        "--ini",
        "a=1",
        "--ini",
        "b=2",
        "--workers",
        "3",
    ];
    let Ok(Args::Serve(inputs)) = parse(&line) else {
        panic!()
    };
    assert_eq!(inputs.flags["ini"], ["a=1", "b=2"]);
    assert_eq!(inputs.flags["workers"], ["3"]);
}

#[test]
fn a_wrong_command_line_is_one_line_with_a_remedy() {
    let cases: [(&[&str], &str); 6] = [
        (
            &["askr", "serve", "--wokers", "2"],
            "unknown flag or argument --wokers; did you mean --workers?",
        ),
        (
            &["askr", "serve", "--colour"],
            "unknown flag or argument --colour; `askr --help` and `askr serve --help` list what there is",
        ),
        (
            &["askr", "sevre"],
            "unknown command sevre; did you mean serve?",
        ),
        (
            &["askr"],
            "no command given; `askr --help` and `askr serve --help` list what there is",
        ),
        (
            &["askr", "serve", "--workers"],
            "--workers <RANGE> has no value; give one after it",
        ),
        (
            &["askr", "serve", "--workers", "2", "--workers", "3"],
            "--workers <RANGE> is given more than once; give it once",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(parse(line).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_share_may_be_left_out() {
    for (line, share) in [
        (vec!["--paranoid"], "on"),
        (vec!["--paranoid", "--workers", "1"], "on"),
        (vec!["--paranoid", "0.01"], "0.01"),
        (vec!["--paranoid=0.01"], "0.01"),
    ] {
        let line = [vec!["askr", "serve"], line].concat();
        let Ok(Args::Serve(inputs)) = parse(&line) else {
            panic!("{line:?}")
        };
        assert_eq!(inputs.flags["paranoid"], [share]);
    }
}

#[test]
fn a_negative_number_is_a_value_and_not_a_flag() {
    let Ok(Args::Serve(inputs)) = parse(&["askr", "serve", "--workers", "-1"]) else {
        panic!()
    };
    assert_eq!(inputs.flags["workers"], ["-1"]);
}

#[test]
fn the_unit_for_systemd_starts_and_reloads_a_server() {
    let unit = include_str!("../../../../stubs/askr.service");
    let line = |name: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(name));
        let words: Vec<&str> = line.unwrap().split(' ').collect();
        parse(&words).unwrap()
    };
    assert!(matches!(line("ExecStart="), Args::Serve(_)));
    assert!(matches!(line("ExecReload="), Args::Reload { .. }));
}

#[test]
fn help_and_version_are_answers() {
    let Ok(Args::Print(help)) = parse(&["askr", "serve", "--help"]) else {
        panic!()
    };
    assert!(
        OPTIONS
            .iter()
            .all(|option| help.contains(&format!("--{}", option.flag())))
    );
    let Ok(Args::Print(version)) = parse(&["askr", "--version"]) else {
        panic!()
    };
    assert!(version.starts_with("askr "));
}
