use super::{Action, CommandLine, Invocation, What};

fn parse(words: &[&str]) -> (CommandLine, Vec<(String, String)>) {
    let words = words.iter().map(Into::into).collect();
    let invocation = Invocation::parse(words).expect("the words are understood");
    let What::Job(job) = invocation.what else {
        panic!("a job was asked for")
    };
    (job, invocation.engine.ini_overrides)
}

fn argv(job: &CommandLine) -> Vec<&str> {
    job.argv
        .iter()
        .map(|word| word.to_str().expect("UTF-8"))
        .collect()
}

#[test]
fn what_follows_the_script_belongs_to_the_script() {
    let (job, _) = parse(&["-d", "a=b", "artisan", "migrate", "-v", "--force"]);

    assert_eq!(job.action, Action::File);
    assert_eq!(argv(&job), ["artisan", "migrate", "-v", "--force"]);
}

#[test]
fn what_follows_code_or_a_double_dash_is_argv() {
    let (job, _) = parse(&["-r", "echo 1;", "--", "-x"]);

    assert_eq!(job.action, Action::Code);
    assert_eq!(argv(&job), ["Standard input code", "-x"]);
}

#[test]
fn settings_are_taken_together_or_apart_and_default_to_one() {
    let (_, ini) = parse(&["-dmemory_limit=-1", "-d", "x", "-v"]);

    assert!(ini.contains(&("memory_limit".into(), "-1".into())));
    assert!(ini.contains(&("x".into(), "1".into())));
}

#[test]
fn no_words_and_a_dash_mean_standard_input() {
    assert_eq!(parse(&[]).0.action, Action::Stdin);
    assert_eq!(argv(&parse(&["-", "a"]).0), ["Standard input code", "a"]);
}

#[test]
fn an_unknown_option_is_named() {
    let Err(error) = Invocation::parse(vec!["-S".into()]) else {
        panic!("-S is refused")
    };

    assert!(error.to_string().contains("-S"), "{error}");
}
