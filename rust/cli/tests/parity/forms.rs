//! Queries, cookies and bodies without files.

use crate::case::{Ask, Case};
use crate::compare::check;

#[test]
fn forms_are_parsed_alike() {
    let mut cases = cases();
    cases.extend(limits());
    cases.extend(settings());
    check(&cases);
}

/// Those that need no settings.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(bodies());
    cases.extend(streams());
    cases
}

fn names() -> Vec<Case> {
    vec![
        Case::get("a query", "/request.php?a=1&b[]=2&b[x][y]=3").shows(r#""b":{"0":"2","x""#),
        Case::get(
            "names that PHP changes",
            "/request.php?a.b=1&a+c=2&+d=3&e[.f]=4&g.h[i.j]=5",
        )
        .shows(r#""a_b":"1","a_c":"2","d":"3""#),
        Case::get(
            "brackets that do not close",
            "/request.php?a[=1&b]=2&[c]=3&d[e=4&f[g]h=5&i[[j]]=6",
        )
        .shows(r#""a_":"1""#),
        Case::get(
            "names that come again",
            "/request.php?a=1&a=2&b=1&b[]=2&c[]=1&c=2",
        )
        .shows(r#""a":"2""#),
        Case::get("empty pieces", "/request.php?&&a&=b&c=&&[]=1&%00=2&=").shows(r#""a":"","c":"""#),
        Case::get(
            "encodings",
            "/request.php?a=%zz&b=%C3%A9+%2B&c=%E9&d=%u0041&e=%",
        )
        .shows(r#""a":"%zz""#),
        Case::get("a zero byte", "/request.php?a=x%00y&b%00c=1&d[e%00f]=2").shows(r#"x\u0000y"#),
        Case::get(
            "numbers as keys",
            "/request.php?a[08]=1&a[8]=2&a[-1]=3&a[+1]=4&a[1e1]=5",
        )
        .shows(r#""08":"1""#),
        Case::new(
            "cookies",
            Ask::get("/request.php").header(
                "Cookie",
                "a=1; a=2;b=%20x+y; c[d]=3;c.e=4 ;=5; f; __Host-g=6; h=\"7\"; i=j=k",
            ),
        )
        .shows(r#""a":"1""#),
        Case::new(
            "one name in query, body and cookie",
            Ask::form("/request.php?a=get&b=get", "a=post&c=post")
                .header("Cookie", "a=cookie;d=cookie"),
        )
        .shows(r#""request":{"a":"#),
    ]
}

fn bodies() -> Vec<Case> {
    let text = "a=1&b[c]=2&d.e=3&f g=4&h=%C3%A9";
    let mut cases = vec![
        Case::new("a form", Ask::form("/request.php?q=1", text)).shows(r#""d_e":"3""#),
        Case::new(
            "a form in chunks",
            Ask::form("/request.php", text).chunked(),
        )
        .shows(r#""d_e":"3""#),
        Case::new("an empty form", Ask::form("/request.php", "")).shows(r#""post":[]"#),
        Case::new(
            "a large form",
            Ask::form("/request.php", format!("a={}", "x".repeat(300_000))),
        )
        .shows("xxxxxxxx"),
        Case::new(
            "a body without a type",
            Ask::new("POST", "/request.php").body("a=1"),
        )
        .shows(r#""body":"a=1""#),
        Case::new("no body at all", Ask::new("POST", "/request.php")).shows(r#""body":"""#),
    ];
    for content_type in [
        "application/x-www-form-urlencoded; charset=ISO-8859-1",
        "Application/X-WWW-Form-URLEncoded;charset=UTF-8",
        "application/x-www-form-urlencoded ;charset=UTF-8",
        "application/x-www-form-urlencoded,text/plain",
        "application/x-www-form-urlencodedx",
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/mixed; boundary=b",
        " ",
    ] {
        cases.push(
            Case::new(
                content_type,
                Ask::with_body("POST", "/request.php", content_type, "a=1&b=\u{e9}"),
            )
            .shows(r#""method":"POST""#),
        );
    }
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let ask = Ask::with_body(
            method,
            "/request.php",
            "application/x-www-form-urlencoded",
            text,
        );
        cases.push(Case::new(method, ask).shows(r#""post":[]"#));
    }
    cases
}

fn streams() -> Vec<Case> {
    let on_demand = |method, options: &str, body: &'static str| {
        let target = format!("/parse-body.php{options}");
        Ask::with_body(method, &target, "application/x-www-form-urlencoded", body)
    };
    vec![
        Case::new(
            "php://input again and again",
            Ask::with_body(
                "PUT",
                "/input-stream.php",
                "text/plain",
                "line one\nline two",
            ),
        )
        .shows("lin|e one"),
        Case::new(
            "php://input of a form",
            Ask::form("/input-stream.php", "a=1&b=2"),
        )
        .shows("a=1|&b=2"),
        Case::new("php://input without a body", Ask::get("/input-stream.php")).shows("bool(false)"),
        Case::new("a PUT parsed on demand", on_demand("PUT", "", "a=1&b[]=2")).shows(r#""a":"1""#),
        Case::new("a POST parsed on demand", on_demand("POST", "", "a=1")).shows(r#""a":"1""#),
        Case::new(
            "a limit on demand",
            on_demand("PATCH", "?options[post_max_size]=2", "a=1&b=2"),
        )
        .shows(r#""post":[]"#),
        Case::new(
            "an option that is none",
            on_demand("PATCH", "?options[nonsense]=2", "a=1"),
        )
        .shows("ValueError"),
        Case::new(
            "too many variables on demand",
            on_demand("PATCH", "?options[max_input_vars]=1", "a=1&b=2"),
        )
        .shows(r#""a":"1""#),
        Case::new(
            "a type that cannot be parsed on demand",
            Ask::with_body("PUT", "/parse-body.php", "text/plain", "a=1"),
        )
        .shows("text/plain"),
        Case::new(
            "a body without a type on demand",
            Ask::new("PUT", "/parse-body.php").body("a=1"),
        )
        .shows("RequestParseBodyException"),
        Case::new(
            "superglobals that no code names",
            Ask::form("/variable-variables.php?a=1&l[]=x", "b=2&d=y").header("Cookie", "c=z3"),
        )
        .shows(r#""COOKIE":{"c":"z3""#),
    ]
}

fn limits() -> Vec<Case> {
    let post = |target, body: &str| Ask::form(target, body);
    let long = format!("a={}", "x".repeat(59));
    let cases = vec![
        Case::new("too large a form", post("/request.php", &long)).shows(r#""post":[]"#),
        Case::new(
            "a form as large as may be",
            post("/request.php", &long[..60]),
        )
        .shows(r#""a":"xxx"#),
        Case::new(
            "too large a form in chunks",
            post("/request.php", &long).chunked(),
        )
        .shows(r#""post":[]"#),
        Case::new(
            "too large a body",
            Ask::with_body("PUT", "/request.php", "text/plain", long.as_str()),
        )
        .shows(r#""method":"PUT""#),
        Case::new(
            "too many variables",
            Ask::form("/request.php?g=1&h=2&i=3&j=4", "a=1&b[]=2&b[]=3&c=4")
                .header("Cookie", "c=1;d=2;e=3;f=4"),
        )
        .shows(r#""b":["2","3"]"#),
        Case::get(
            "too deep a variable",
            "/request.php?a[b]=1&a[b][c]=2&a[b][c][d]=3",
        )
        .shows(r#""get":"#),
    ];
    let limits = [
        ("post_max_size", "60"),
        ("max_input_vars", "3"),
        ("max_input_nesting_level", "2"),
    ];
    cases
        .into_iter()
        .map(|case| case.settings(&limits))
        .collect()
}

fn settings() -> Vec<Case> {
    let mut cases = untouched_bodies();
    cases.extend(unusual_queries());
    cases.extend(orders());
    cases
}

fn untouched_bodies() -> Vec<Case> {
    let cases = vec![
        Case::new(
            "a body that PHP leaves alone",
            Ask::form("/request.php", "a=1"),
        )
        .shows(r#""body":"a=1""#),
        Case::new("its pieces", Ask::form("/input-stream.php", "a=1&b=2")).shows("a=1|&b=2"),
        Case::new("parsed on demand", Ask::form("/parse-body.php", "a=1&b=2"))
            .shows(r#""post":{"a":"1""#),
    ];
    let untouched = [("enable_post_data_reading", "0")];
    cases
        .into_iter()
        .map(|case| case.settings(&untouched))
        .collect()
}

fn unusual_queries() -> Vec<Case> {
    let cases = vec![
        Case::new(
            "superglobals made at once",
            Ask::form("/variable-variables.php?a=1", "b=2"),
        )
        .shows(r#""a":"1""#),
        Case::get("another separator", "/request.php?a=1;b=2&c=3").shows(r#""b":"2""#),
        Case::get("a filter for everything", "/request.php?a=%3Cb%3E").shows("&lt;b&gt;"),
        Case::get("a command line", "/arguments.php?a+b+-c").shows(r#"string(2) "-c""#),
        Case::get("a command line of a query", "/arguments.php?a=b+-c").shows("arr"),
    ];
    let settings = [
        ("auto_globals_jit", "0"),
        ("arg_separator.input", ";&"),
        ("filter.default", "full_special_chars"),
        ("register_argc_argv", "1"),
    ];
    cases
        .into_iter()
        .map(|case| case.settings(&settings))
        .collect()
}

fn orders() -> Vec<Case> {
    let orders = [("GP", "EGPCS"), ("PG", "GPCS"), ("CGP", "GPS"), ("", "S")];
    let cases = orders.iter().map(|(of_request, of_variables)| {
        let ask = Ask::form("/orders.php?a=get&b=get", "a=post&c=post");
        Case::new(
            "what is imported",
            ask.header("Cookie", "a=cookie;d=cookie"),
        )
        .ini("request_order", of_request)
        .ini("variables_order", of_variables)
        .shows(r#""request":"#)
    });
    let without = Case::get("no command line", "/arguments.php?a+b+-c").shows("NULL");
    cases.chain([without]).collect()
}
