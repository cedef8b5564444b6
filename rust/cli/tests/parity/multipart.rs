//! Forms with files, well-formed and not, and every way in which an upload fails.

use crate::case::{Ask, Case};
use crate::compare::check;

#[test]
fn uploads_are_parsed_alike() {
    let mut cases = cases();
    cases.extend(failing());
    cases.extend(on_demand());
    cases.push(moved());
    check(&cases);
}

/// Those that need no settings.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = well_formed();
    cases.extend(malformed());
    cases.extend(odd_parts());
    cases
}

/// Headers and content of one part.
type Part<'a> = (&'a str, &'a str);

fn well_formed() -> Vec<Case> {
    vec![
        Case::new(
            "nested names and many files",
            post(
                "/uploads.php?q=1",
                &[
                    (&field("a[b][]"), "1"),
                    (&field("a[b][]"), "2"),
                    (&field("c.d e"), "3"),
                    (&file("f[]", "one.txt"), "first"),
                    (&file("f[]", "two.txt"), "second"),
                    (&file("g[x][y]", "three.txt"), "third"),
                    (&file("h.i", "four.txt"), "fourth"),
                    (&field("a[b][c]"), "last"),
                ],
            ),
        )
        .shows(r#""content": "third""#),
        Case::new(
            "a folder",
            post(
                "/uploads.php",
                &[(&file("f[]", "docs/a/b.txt"), "x"), (&file("f[]", "c:\\\\docs\\\\d.txt"), "y")],
            ),
        )
        .shows(r#""full_path""#),
        Case::new(
            "a form without files",
            post("/uploads.php", &[(&field("a"), "1"), (&field("b"), "")]),
        )
        .shows(r#""a": "1""#),
        Case::new("no file chosen", post("/uploads.php", &[(&file("f", ""), "")])).shows(r#""error": 4"#),
        Case::new("an empty file", post("/uploads.php", &[(&file("f", "empty"), "")])).shows(r#""error": 0"#),
        Case::new("a large file", post("/uploads.php", &[(&file("f", "l"), &"x".repeat(400_000))]))
            .shows(r#""size": 400000"#),
        Case::new("in chunks", post("/uploads.php", &[(&file("f", "c"), "chunks")]).chunked())
            .shows(r#""content": "chunks""#),
        Case::new(
            "types and further headers of parts",
            post(
                "/uploads.php",
                &[
                    ("Content-Type: text/css; charset=x\r\nContent-Disposition: form-data; name=f; filename=plain", "1"),
                    ("content-disposition: FORM-DATA; NAME=\"g\"; FileName=\"G\"\r\nX-Other: y\r\nContent-Type: image/png", "2"),
                    ("Content-Disposition: form-data; filename=\"first\"; name=\"h\"", "3"),
                    ("Content-Disposition: form-data;name='i';filename='single'", "4"),
                    ("Content-Disposition: form-data; name=\"j\\\"k\"; filename=\"q\\\"uote\"", "5"),
                    ("Content-Disposition: form-data; name=\"k\"; filename=\"\u{e9}\u{2713}.txt\"", "6"),
                    ("Content-Disposition: form-data; name=\"l\"; filename*=UTF-8''%C3%A9", "7"),
                ],
            ),
        )
        .shows(r#""type": "image\/png""#),
        Case::new("a boundary in quotes", post_as("/uploads.php", "multipart/form-data; boundary=\"a b,c\"", "a b,c"))
            .shows(r#""a": "1""#),
        Case::new("a boundary and a charset", post_as("/uploads.php", "multipart/form-data; charset=utf-8; boundary=b;x=y", "b"))
            .shows(r#""a": "1""#),
        Case::new("a PUT", Ask::with_body("PUT", "/uploads.php", TYPE, body(BOUNDARY, &[(&field("a"), "1")])))
            .shows("form-data; name"),
    ]
}

/// Another worker may be asked before the first one has cleaned up, after its answer.
fn moved() -> Case {
    let moved = post(
        "/move-upload.php",
        &[
            (&file("left", "l.txt"), "left"),
            (&file("moved", "m.txt"), "moved"),
        ],
    );
    Case::new("moved, left and looked for afterwards", moved)
        .then(Ask::get("/move-upload.php"))
        .shows(
            "bool(false)\nbool(false)\nbool(false)\nstring(5) \"moved\"\nbool(false)\nbool(true)",
        )
}

fn malformed() -> Vec<Case> {
    let raw = |body: &str| Ask::with_body("POST", "/uploads.php", TYPE, body);
    let a = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    let f = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\ncontent";
    vec![
        Case::new(
            "no boundary",
            Ask::with_body("POST", "/uploads.php", "multipart/form-data", a),
        )
        .shows(r#""post": []"#),
        Case::new(
            "an empty boundary",
            Ask::with_body("POST", "/uploads.php", "multipart/form-data; boundary=", a),
        )
        .shows(r#""files": []"#),
        Case::new(
            "another boundary",
            Ask::with_body("POST", "/uploads.php", "multipart/form-data; boundary=c", a),
        )
        .shows(r#""post": []"#),
        Case::new(
            "a boundary that is too long",
            Ask::with_body(
                "POST",
                "/uploads.php",
                &format!("multipart/form-data; boundary={}", "b".repeat(6000)),
                a,
            ),
        )
        .shows(r#""post": []"#),
        Case::new("an empty body", raw("")).shows(r#""post": []"#),
        Case::new("a field that does not end", raw(&a[..a.len() - 2])).shows(r#""post":"#),
        Case::new("a file that does not end", raw(&format!("{a}{f}"))).shows(r#""error": 3"#),
        Case::new("no last boundary", raw(&format!("{a}{f}\r\n"))).shows(r#""error": 3"#),
        Case::new(
            "a last boundary without its dashes",
            raw(&format!("{a}{f}\r\n--b\r\n")),
        )
        .shows(r#""a": "1""#),
        Case::new(
            "bare line feeds",
            raw(&format!("{a}{f}\r\n--b--\r\n").replace("\r\n", "\n")),
        )
        .shows(r#""post":"#),
        Case::new(
            "text before and after",
            raw(&format!("before\r\n{a}{f}\r\n--b--\r\nafter")),
        )
        .shows(r#""a": "1""#),
    ]
}

fn odd_parts() -> Vec<Case> {
    let raw = |body: &str| Ask::with_body("POST", "/uploads.php", TYPE, body);
    vec![
        Case::new(
            "a part without headers",
            raw("--b\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\n"),
        )
        .shows(r#""a": "1""#),
        Case::new(
            "a part without a name",
            post(
                "/uploads.php",
                &[
                    ("Content-Disposition: form-data", "x"),
                    ("Content-Disposition: form-data; filename=\"y\"", "z"),
                    (&field("a"), "1"),
                ],
            ),
        )
        .shows(r#""files":"#),
        Case::new(
            "zero bytes",
            post(
                "/uploads.php",
                &[
                    (&field("a\0b"), "x\0y"),
                    (&file("f\0g", "n\0m"), "c\0d"),
                    (&field("z"), "1"),
                ],
            ),
        )
        .shows(r#""z": "1""#),
        Case::new(
            "names with brackets that do not close",
            post(
                "/uploads.php",
                &[
                    (&file("f[", "1"), "1"),
                    (&file("g]", "2"), "2"),
                    (&file("h[[]", "3"), "3"),
                    (&file("i[a]b", "4"), "4"),
                ],
            ),
        )
        .shows(r#""files":"#),
        Case::new(
            "climbing names of files",
            post(
                "/uploads.php",
                &[
                    (&file("f", "../../etc/passwd"), "x"),
                    (&file("g", "/etc/passwd"), "y"),
                    (&file("h", ".."), "z"),
                ],
            ),
        )
        .shows(r#""name": "passwd""#),
        Case::new(
            "names that come again",
            post(
                "/uploads.php",
                &[
                    (&file("f", "1"), "1"),
                    (&file("f", "2"), "2"),
                    (&field("f"), "3"),
                    (&field("f"), "4"),
                ],
            ),
        )
        .shows(r#""content": "2""#),
    ]
}

fn failing() -> Vec<Case> {
    let two = || {
        post(
            "/uploads.php",
            &[
                (&field("a"), "1"),
                (&file("f", "1"), "twelve bytes"),
                (&file("g", "2"), "six by"),
                (&field("b"), "2"),
            ],
        )
    };
    let form_limit = |limit: &str| {
        post(
            "/uploads.php",
            &[
                (&field("MAX_FILE_SIZE"), limit),
                (&file("f", "1"), "twelve bytes"),
                (&file("g", "2"), "six by"),
            ],
        )
    };
    let one = || post("/uploads.php", &[(&file("f", "1"), "twelve bytes")]);
    let three = || {
        post(
            "/uploads.php",
            &[
                (&file("f", "1"), "1"),
                (&file("g", "2"), "2"),
                (&file("h", "3"), "3"),
                (&field("last"), "4"),
            ],
        )
    };
    let few_and_small = [("upload_max_filesize", "10"), ("max_file_uploads", "2")];
    let nowhere = [("upload_tmp_dir", "/nowhere"), ("sys_temp_dir", "/nowhere")];
    let elsewhere = [
        ("upload_tmp_dir", "/nowhere"),
        ("max_multipart_body_parts", "3"),
    ];
    let none = [("file_uploads", "0"), ("max_input_vars", "1")];
    vec![
        Case::new("larger than the form takes", form_limit("10")).shows(r#""error": 2"#),
        Case::new("a form that sets no limit", form_limit("0")).shows(r#""error": 0"#),
        Case::new("a form that sets a wrong limit", form_limit("-1")).shows(r#""files":"#),
        Case::new("cut in the middle of a file", cut()).shows(r#""error": 3"#),
        Case::new("larger than the server takes", two())
            .settings(&few_and_small)
            .shows(r#""error": 1"#),
        Case::new("more files than may be", three())
            .settings(&few_and_small)
            .shows(r#""last": "4""#),
        Case::new("no folder for it", two())
            .settings(&nowhere)
            .shows(r#""error": 6"#),
        Case::new("another folder for it", one())
            .settings(&elsewhere)
            .shows(r#""error": 0"#),
        Case::new("more parts than may be", two())
            .settings(&elsewhere)
            .shows(r#""a": "1""#),
        Case::new("neither files nor many variables", two())
            .settings(&none)
            .shows(r#""files": []"#),
        Case::new("more than a post may have", two())
            .ini("post_max_size", "100")
            .shows(r#""post": []"#),
        Case::new("a body that PHP leaves alone", two())
            .ini("enable_post_data_reading", "0")
            .shows("form-data; name"),
    ]
}

/// Ends in the middle of its only part.
fn cut() -> Ask {
    let whole = body(BOUNDARY, &[(&file("f", "1"), "twelve bytes")]);
    Ask::with_body("POST", "/uploads.php", TYPE, &whole[..70])
}

fn on_demand() -> Vec<Case> {
    let ask = |method, target| {
        Ask::with_body(
            method,
            target,
            TYPE,
            body(
                BOUNDARY,
                &[
                    (&field("a"), "1"),
                    (&file("file", "1"), "content"),
                    (&file("second", "2"), "2"),
                ],
            ),
        )
    };
    vec![
        Case::new("a PUT on demand", ask("PUT", "/parse-body.php"))
            .shows(r#""content":"content","uploaded":true"#),
        Case::new(
            "a POST on demand, after PHP",
            ask("POST", "/parse-body.php"),
        )
        .shows(r#""content""#),
        Case::new(
            "a POST on demand, instead of PHP",
            ask("POST", "/parse-body.php"),
        )
        .ini("enable_post_data_reading", "0")
        .shows(r#""content":"content""#),
        Case::new(
            "a file too many on demand",
            ask("PATCH", "/parse-body.php?options[max_file_uploads]=1"),
        )
        .shows("RequestParseBodyException"),
        Case::new(
            "a part too many on demand",
            ask(
                "PATCH",
                "/parse-body.php?options[max_multipart_body_parts]=2",
            ),
        )
        .shows("RequestParseBodyException"),
        Case::new(
            "too large a file on demand",
            ask("PATCH", "/parse-body.php?options[upload_max_filesize]=3"),
        )
        .shows(r#""uploaded":false"#),
        Case::new(
            "no boundary on demand",
            Ask::with_body("PUT", "/parse-body.php", "multipart/form-data", "x"),
        )
        .shows("RequestParseBodyException"),
    ]
}

fn field(name: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"")
}

fn file(name: &str, filename: &str) -> String {
    format!(
        "Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: text/plain"
    )
}

fn post(target: &str, parts: &[Part<'_>]) -> Ask {
    Ask::with_body("POST", target, TYPE, body(BOUNDARY, parts))
}

/// One field, with a boundary as the type says it.
fn post_as(target: &str, content_type: &str, boundary: &str) -> Ask {
    Ask::with_body(
        "POST",
        target,
        content_type,
        body(boundary, &[(&field("a"), "1")]),
    )
}

fn body(boundary: &str, parts: &[Part<'_>]) -> Vec<u8> {
    let parts = parts.iter();
    let parts: String = parts
        .map(|(head, content)| format!("--{boundary}\r\n{head}\r\n\r\n{content}\r\n"))
        .collect();
    format!("{parts}--{boundary}--\r\n").into_bytes()
}

const BOUNDARY: &str = "b";
const TYPE: &str = "multipart/form-data; boundary=b";
