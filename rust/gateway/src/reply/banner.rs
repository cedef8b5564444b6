//! What a developer is told in the browser: a line below pages while the code on the disk does not
//! run.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    HeaderValue, LAST_MODIFIED,
};
use http::{Method, Response, request};
use tokio::sync::watch;

use crate::reply::body::Content;

/// The text to show now, if any.
#[derive(Debug)]
pub(crate) struct Banner(watch::Receiver<Option<String>>);

impl Banner {
    pub(crate) fn new(text: watch::Receiver<Option<String>>) -> Banner {
        Banner(text)
    }

    /// Puts the text below `response` if that is a whole page that a browser shows.
    ///
    /// Who keeps the page must not show it when its time is over, so it may not be kept.
    pub(crate) fn put_below(&self, response: &mut Response<Content>, asked: &request::Parts) {
        let text = self.0.borrow();
        let Some(text) = text.as_deref() else {
            return;
        };
        if !is_plain_html(response.headers()) || !is_shown(&asked.headers) {
            return;
        }
        if asked.method == Method::HEAD {
            // As long as the page would be with the text, which was not made.
            response.headers_mut().remove(CONTENT_LENGTH);
            return;
        }
        let Content::Full(page) = response.body() else {
            return;
        };
        let below = Bytes::from([page, html(text).as_bytes()].concat());
        *response.body_mut() = Content::Full(below);
        let headers = response.headers_mut();
        headers.remove(ETAG);
        headers.remove(LAST_MODIFIED);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn is_plain_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_html = kind.and_then(|kind| kind.get(..HTML.len()));
    is_html.is_some_and(|kind| kind.eq_ignore_ascii_case(HTML))
        && !headers.contains_key(CONTENT_ENCODING)
}

/// Browsers say what they want something for; a script that puts pieces of pages together must
/// not get one with a banner.
fn is_shown(headers: &HeaderMap) -> bool {
    let purpose = headers.get(FETCHED_FOR).map(HeaderValue::as_bytes);
    purpose.is_none_or(|purpose| matches!(purpose, b"document" | b"iframe" | b"frame"))
}

/// In plain ASCII, so that it is the same in every encoding a page may have.
fn html(text: &str) -> String {
    let mut html = format!("\n<div role=\"alert\" style=\"{STYLE}\">");
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' => html.push_str(&format!("&#{};", u32::from(character))),
            '\n' => html.push('\n'),
            _ if character.is_control() => html.push(' '),
            _ if character.is_ascii() => html.push(character),
            _ => html.push_str(&format!("&#{};", u32::from(character))),
        }
    }
    html.push_str("</div>\n");
    html
}

const HTML: &[u8] = b"text/html";

const FETCHED_FOR: HeaderName = HeaderName::from_static("sec-fetch-dest");

const STYLE: &str = "position:fixed;left:0;right:0;bottom:0;z-index:2147483647;margin:0;\
    padding:10px 16px;background:#7f1d1d;color:#fff;font:14px/1.5 monospace;text-align:left;\
    white-space:pre-wrap;max-height:40vh;overflow:auto";

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(headers: &[(&'static str, &'static str)], asked_for: &'static str) -> (String, bool) {
        let (_text, banner) = watch::channel(Some("no <b>".to_owned()));
        let mut response = Response::new(Content::fixed("page"));
        for &(name, value) in headers {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        let (mut asked, ()) = http::Request::new(()).into_parts();
        if !asked_for.is_empty() {
            let value = HeaderValue::from_static(asked_for);
            asked.headers.insert(FETCHED_FOR, value);
        }
        Banner::new(banner).put_below(&mut response, &asked);
        let is_kept = response.headers().contains_key(ETAG);
        let Content::Full(body) = response.into_body() else {
            panic!("the body is as complete as it was");
        };
        (String::from_utf8(body.to_vec()).unwrap(), is_kept)
    }

    #[test]
    fn whole_pages_carry_the_text_and_are_not_kept() {
        let page = [
            ("content-type", "Text/HTML; charset=utf-8"),
            ("etag", "\"1\""),
        ];
        for asked_for in ["", "document", "iframe"] {
            let (body, is_kept) = shown(&page, asked_for);
            assert!(body.starts_with("page\n<div "), "{body}");
            assert!(body.contains(">no &#60;b&#62;</div>"), "{body}");
            assert!(!is_kept);
        }
    }

    #[test]
    fn nothing_else_does() {
        let plain = [("content-type", "text/plain")];
        let packed = [("content-type", "text/html"), ("content-encoding", "gzip")];
        let page = [("content-type", "text/html")];
        assert_eq!(shown(&plain, "document").0, "page");
        assert_eq!(shown(&packed, "document").0, "page");
        assert_eq!(shown(&[], "document").0, "page");
        assert_eq!(shown(&page, "empty").0, "page");
    }

    #[test]
    fn the_text_is_escaped_and_means_the_same_in_every_encoding() {
        let body = html("a\"é'\u{0}&\nb");
        assert!(body.contains(">a&#34;&#233;&#39; &#38;\nb</div>"), "{body}");
        assert!(body.is_ascii());
    }
}
