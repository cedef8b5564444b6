//! One request as the engine reads it.

use std::os::raw::c_char;
use std::ptr;

use askr_php_sys as sys;

/// A NUL-terminated string in the arena.
#[derive(Clone, Copy, Default)]
struct Text {
    start: usize,
    len: usize,
}

/// Describes one request: fill it, then the engine borrows it until the request ends.
///
/// All strings live in one arena that is kept between requests. A string that contains a NUL byte
/// is cut there by the engine wherever it reads C strings, as in every PHP server.
pub struct Incoming {
    arena: Vec<u8>,
    method: Option<Text>,
    query: Text,
    uri: Text,
    script: Text,
    content_type: Option<Text>,
    authorization: Option<Text>,
    cookies: Option<Text>,
    variables: Vec<(Text, Text)>,
    headers: Vec<(Text, Text)>,
    pairs: Vec<sys::askr_php_pair>,
    raw: sys::askr_php_request,
}

impl Incoming {
    /// An empty description: what a worker script sees while it boots.
    pub fn new() -> Self {
        Self {
            arena: vec![0],
            method: None,
            query: Text::default(),
            uri: Text::default(),
            script: Text::default(),
            content_type: None,
            authorization: None,
            cookies: None,
            variables: Vec::new(),
            headers: Vec::new(),
            pairs: Vec::new(),
            raw: empty_raw(),
        }
    }

    /// Forgets everything but the memory.
    pub fn clear(&mut self) {
        self.arena.truncate(1);
        self.method = None;
        (self.query, self.uri, self.script) = Default::default();
        (self.content_type, self.authorization, self.cookies) = Default::default();
        self.variables.clear();
        self.headers.clear();
        self.pairs.clear();
        self.raw = empty_raw();
    }

    /// The method and the raw request target with its query string.
    pub fn set_line(&mut self, method: &str, uri: &str, query: &str) {
        self.method = Some(self.keep(method.as_bytes()));
        self.uri = self.keep(uri.as_bytes());
        self.query = self.keep(query.as_bytes());
    }

    /// The file that handles the request, for `$_SERVER['PATH_TRANSLATED']` and the engine.
    pub fn set_script(&mut self, path: &[u8]) {
        self.script = self.keep(path);
    }

    /// The value of `Content-Type`.
    pub fn set_content_type(&mut self, value: &[u8]) {
        self.content_type = Some(self.keep(value));
    }

    /// The value of `Authorization`, from which PHP makes `PHP_AUTH_*`.
    pub fn set_authorization(&mut self, value: &[u8]) {
        self.authorization = Some(self.keep(value));
    }

    /// The value of `Cookie`.
    pub fn set_cookies(&mut self, value: &[u8]) {
        self.cookies = Some(self.keep(value));
    }

    /// The number of bytes of the body.
    pub fn set_content_length(&mut self, bytes: u64) {
        self.raw.content_length = i64::try_from(bytes).unwrap_or(i64::MAX);
    }

    /// 1000 for HTTP/1.0, 1001 for HTTP/1.1 and later.
    pub fn set_protocol(&mut self, number: i32) {
        self.raw.protocol = number;
    }

    /// When the gateway received the request, Unix time in microseconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "PHP's clock is a double; 2^53 µs is year 2255"
    )]
    pub fn set_received(&mut self, unix_us: u64) {
        self.raw.received = unix_us as f64 / 1_000_000.0;
    }

    /// An entry of `$_SERVER`.
    pub fn variable(&mut self, name: &[u8], value: &[u8]) {
        let entry = (self.keep(name), self.keep(value));
        self.variables.push(entry);
    }

    /// A `$_SERVER` entry whose name is written by `name` into the arena.
    pub fn variable_named(&mut self, name: impl Iterator<Item = u8>, value: &[u8]) {
        let start = self.arena.len();
        self.arena.extend(name);
        let name = Text {
            start,
            len: self.arena.len() - start,
        };
        self.arena.push(0);
        let value = self.keep(value);
        self.variables.push((name, value));
    }

    /// A header field for the handler's array; the name in lower case.
    pub fn header(&mut self, name: &[u8], value: &[u8]) {
        let entry = (self.keep(name), self.keep(value));
        self.headers.push(entry);
    }

    /// What the engine borrows; valid until the next change.
    pub(crate) fn lend(&mut self) -> *const sys::askr_php_request {
        self.pairs.clear();
        let texts = self.variables.iter().chain(&self.headers);
        let arena = &self.arena;
        self.pairs
            .extend(texts.map(|&(name, value)| sys::askr_php_pair {
                name: text(arena, name),
                value: text(arena, value),
            }));
        let variable_count = self.variables.len();
        self.raw.method = self.optional(self.method);
        self.raw.query_string = self.pointer(self.query);
        self.raw.uri = self.pointer(self.uri);
        self.raw.script_path = self.pointer(self.script);
        self.raw.content_type = self.optional(self.content_type);
        self.raw.authorization = self.optional(self.authorization);
        self.raw.cookies = self.optional(self.cookies);
        self.raw.variables = self.pairs.as_ptr();
        self.raw.variable_count = variable_count;
        self.raw.headers = self.pairs[variable_count..].as_ptr();
        self.raw.header_count = self.headers.len();
        &raw const self.raw
    }

    fn keep(&mut self, bytes: &[u8]) -> Text {
        let start = self.arena.len();
        self.arena.extend_from_slice(bytes);
        self.arena.push(0);
        Text {
            start,
            len: bytes.len(),
        }
    }

    /// The engine's types lack `const` in places; it only reads.
    fn pointer(&self, text: Text) -> *mut c_char {
        self.arena[text.start..]
            .as_ptr()
            .cast::<c_char>()
            .cast_mut()
    }

    fn optional(&self, text: Option<Text>) -> *mut c_char {
        text.map_or(ptr::null_mut(), |text| self.pointer(text))
    }
}

impl Default for Incoming {
    fn default() -> Self {
        Self::new()
    }
}

fn text(arena: &[u8], text: Text) -> sys::askr_php_text {
    sys::askr_php_text {
        bytes: arena[text.start..].as_ptr().cast(),
        len: text.len,
    }
}

fn empty_raw() -> sys::askr_php_request {
    sys::askr_php_request {
        method: ptr::null(),
        query_string: ptr::null_mut(),
        uri: ptr::null_mut(),
        script_path: ptr::null_mut(),
        content_type: ptr::null(),
        authorization: ptr::null(),
        cookies: ptr::null_mut(),
        content_length: 0,
        protocol: 1001,
        received: 0.0,
        variables: ptr::null(),
        variable_count: 0,
        headers: ptr::null(),
        header_count: 0,
    }
}
