//! Header lines that a script sends, the odd ones too.

use crate::case::Case;
use crate::compare::check;

#[test]
fn header_lines_reach_the_client_alike() {
    let mut cases: Vec<Case> = LINES
        .iter()
        .map(|(name, query)| Case::get(name, &format!("/headers.php?{query}")).shows("200\n"))
        .collect();
    cases.extend(
        STATUSES.iter().map(|(status, query)| {
            Case::get(status, &format!("/headers.php?{query}")).shows(status)
        }),
    );
    cases.push(
        Case::get(
            "a name with a space",
            "/headers.php?line[]=X+One:+1&line[]=X-Two:+2",
        )
        .shows("x-two: 2")
        .differs("a header whose name is none"),
    );
    cases.push(
        Case::get(
            "what nginx is told",
            "/headers.php?line[]=X-Accel-Buffering:+no",
        )
        .shows("x-accel-buffering: no")
        .differs("`X-Accel-Buffering` and other headers for nginx"),
    );
    cases.push(
        Case::get("PHP names itself", "/headers.php")
            .ini("expose_php", "1")
            .shows("x-powered-by: PHP/"),
    );
    cases.push(
        Case::get(
            "PHP does not name itself",
            "/headers.php?remove=X-Powered-By",
        )
        .ini("expose_php", "1")
        .shows("[]"),
    );
    check(&cases);
}

/// What the query asks `cases/headers.php` to send.
const LINES: &[(&str, &str)] = &[
    ("one line", "line[]=X-One:+1"),
    ("two of a name", "line[]=X-Twice:+1&line[]=X-Twice:+2"),
    ("one that replaces", "line[]=X-One:+1&line[]=x-one:+2"),
    ("one that is removed", "line[]=X-One:+1&remove=x-one"),
    ("no space after the colon", "line[]=X-One:1"),
    ("spaces around", "line[]=X-One:+++1+++"),
    ("no value", "line[]=X-One:&line[]=X-Two:+2"),
    ("no colon", "line[]=X-One&line[]=X-Two:+2"),
    ("a line feed in the value", "line[]=X-One:+1%0AX-Two:+2"),
    ("a zero byte in the value", "line[]=X-One:+1%00X-Two:+2"),
    ("bytes that are not ASCII", "line[]=X-One:+J%C3%B6rg"),
    ("a tab in the value", "line[]=X-One:+1%092"),
    ("a type", "line[]=Content-Type:+text/css"),
    (
        "a type with a charset",
        "line[]=Content-Type:+text/plain;charset=latin1",
    ),
    ("no type", "remove=Content-Type"),
    ("a type of its own case", "line[]=CONTENT-TYPE:+image/png"),
    ("a length that is right", "line[]=X-One:+1"),
    (
        "caching",
        "line[]=Cache-Control:+no-store&line[]=ETag:+%22x%22&line[]=Expires:+0",
    ),
    (
        "links",
        "line[]=Link:+%3C/a.css%3E;rel=preload&line[]=Vary:+Accept",
    ),
];

/// Those that say how the request ended.
const STATUSES: &[(&str, &str)] = &[
    ("404\n", "line[]=HTTP/1.1+404+Not+Found"),
    ("410\n", "line[]=HTTP/1.0+410+Left"),
    ("503\n", "line[]=Status:+503+Service+Unavailable"),
    ("404\n", "line[]=Status:+503&line[]=status:+404+Twice"),
    ("404\n", "line[]=HTTP/1.1+404+Not+Found&line[]=Status:+503"),
    ("299\n", "line[]=HTTP/1.1+299+Odd"),
    ("302\n", "line[]=Location:+/elsewhere"),
    (
        "201\n",
        "line[]=HTTP/1.1+201+Created&line[]=Location:+/elsewhere",
    ),
    (
        "303\n",
        "line[]=Location:+/elsewhere&line[]=HTTP/1.1+303+See",
    ),
    ("401\n", "line[]=WWW-Authenticate:+Basic+realm%3D%22shop%22"),
    (
        "301\n",
        "line[]=HTTP/1.1+301+Moved&line[]=Location:+https://other.test/a?b%23c",
    ),
];
