//! One request.

/// A request that a visitor makes.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: &'static str,
    target: String,
    lines: String,
    body: Vec<u8>,
}

impl Ask {
    /// A request without a body.
    pub(crate) fn new(method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            lines: String::new(),
            body: Vec::new(),
        }
    }

    /// A GET.
    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A POST of an urlencoded form.
    pub(crate) fn form(target: &str, body: &str) -> Self {
        Self::new("POST", target).body("application/x-www-form-urlencoded", body)
    }

    /// A POST of one file and fields.
    pub(crate) fn upload(target: &str, name: &str, file: &[u8], fields: &[(&str, &str)]) -> Self {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!("Content-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}");
            body.extend(format!("--edge\r\n{part}\r\n").as_bytes());
        }
        let head = format!("form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend(format!("--edge\r\nContent-Disposition: {head}").as_bytes());
        body.extend(file);
        body.extend(b"\r\n--edge--\r\n");
        Self::new("POST", target).body("multipart/form-data; boundary=edge", body)
    }

    /// With a body of that type.
    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut ask = self.header("Content-Type", content_type);
        ask.body = body.into();
        ask
    }

    /// With one header line more.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.lines.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// With the header by which a script says that it wants JSON.
    pub(crate) fn wants_json(self) -> Self {
        self.header("Accept", "application/json")
    }

    /// The same request, for its head alone.
    pub(crate) fn head(&self) -> Self {
        let mut ask = self.clone();
        ask.method = "HEAD";
        ask
    }

    /// Whether it can be asked for its head, too.
    pub(crate) fn is_get(&self) -> bool {
        self.method == "GET"
    }

    /// Whether the answer has no body whatever it says.
    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// As it goes over the wire.
    pub(crate) fn bytes(&self, cookies: &str) -> Vec<u8> {
        let Self { method, target, .. } = self;
        let mut text = format!(
            "{method} {target} HTTP/1.1\r\nHost: fixture.test\r\n{}",
            self.lines
        );
        if !cookies.is_empty() {
            text.push_str(&format!("Cookie: {cookies}\r\n"));
        }
        if *method != "GET" && *method != "HEAD" {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend(&self.body);
        bytes
    }
}
