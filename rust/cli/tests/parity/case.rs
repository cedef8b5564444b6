//! A case: one script, and the requests that are made of it in turn.

/// One behaviour, asked in all three servers.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// A sentence for the report of a failed run.
    pub(crate) name: &'static str,
    /// Asked one after the other.
    pub(crate) asks: Vec<Ask>,
    /// Settings on top of `dist/php.ini`. Cases with the same ones share their servers.
    pub(crate) ini: Vec<(&'static str, &'static str)>,
    /// What the answers contain.
    pub(crate) shows: Vec<&'static str>,
    /// The row of `docs/fpm.md` that says why FPM's answers differ from Askr's. A case that has
    /// one and does not differ fails.
    pub(crate) differs: Option<&'static str>,
    /// The same for worker mode, where classic mode does as FPM.
    pub(crate) differs_in_worker_mode: Option<&'static str>,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: &'static str,
    target: String,
    lines: String,
    body: Vec<u8>,
    chunked: bool,
}

impl Case {
    /// A case that asks once; add more with [`Case::then`].
    pub(crate) fn new(name: &'static str, ask: Ask) -> Self {
        Self {
            name,
            asks: vec![ask],
            ini: Vec::new(),
            shows: Vec::new(),
            differs: None,
            differs_in_worker_mode: None,
        }
    }

    /// A case that is one GET.
    pub(crate) fn get(name: &'static str, target: &str) -> Self {
        Self::new(name, Ask::get(target))
    }

    /// Asks this next, with the cookies that the answers before have set.
    pub(crate) fn then(mut self, ask: Ask) -> Self {
        self.asks.push(ask);
        self
    }

    /// The same case, carrying `own` wherever a request can carry something, and in the place of
    /// every [`OWN`] in its bodies.
    pub(crate) fn own(&self, own: &str) -> Self {
        let asks = self.asks.iter().map(|ask| ask.own(own));
        Self {
            asks: asks.collect(),
            ..self.clone()
        }
    }

    /// With this setting.
    pub(crate) fn ini(mut self, key: &'static str, value: &'static str) -> Self {
        self.ini.push((key, value));
        self
    }

    /// With these settings: each set of them is three servers more to start.
    pub(crate) fn settings(mut self, settings: &[(&'static str, &'static str)]) -> Self {
        self.ini.extend(settings);
        self
    }

    /// The answers contain `text`: that all three agree is not enough.
    pub(crate) fn shows(mut self, text: &'static str) -> Self {
        self.shows.push(text);
        self
    }

    /// FPM differs: the first cell of a row under "Answers" in `docs/fpm.md`, which says why.
    pub(crate) fn differs(mut self, row: &'static str) -> Self {
        self.differs = Some(row);
        self
    }

    /// Worker mode differs, and classic mode does not: the first cell of a row there, too.
    pub(crate) fn differs_in_worker_mode(mut self, row: &'static str) -> Self {
        self.differs_in_worker_mode = Some(row);
        self
    }
}

impl Ask {
    /// A request without a body.
    pub(crate) fn new(method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            lines: String::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    /// A GET.
    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A request with a body of the given type.
    pub(crate) fn with_body(
        method: &'static str,
        target: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Self::new(method, target)
            .header("Content-Type", content_type)
            .body(body)
    }

    /// A POST of an urlencoded form.
    pub(crate) fn form(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::with_body("POST", target, "application/x-www-form-urlencoded", body)
    }

    /// With this body and nothing that says what it is.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A header line more.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.lines.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Sends the body in chunks instead of with its length.
    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    fn own(&self, own: &str) -> Self {
        assert_eq!(own.len(), OWN.len(), "lengths are printed");
        let sign = if self.target.contains('?') { '&' } else { '?' };
        let body = String::from_utf8_lossy(&self.body).replace(OWN, own);
        let mut ask = self
            .clone()
            .header("X-Own", own)
            .header("Cookie", &format!("own={own}"))
            .body(body);
        ask.target = format!("{}{sign}own={own}", self.target);
        ask
    }

    /// Whether the answer has no body whatever it says.
    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// The script it names.
    pub(crate) fn script(&self) -> String {
        let path = self.target.trim_start_matches('/').split_once(".php");
        path.map_or_else(String::new, |(name, _)| format!("{name}.php"))
    }

    /// As it goes over the wire.
    pub(crate) fn bytes(&self, cookies: &str) -> Vec<u8> {
        let Self { method, target, .. } = self;
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n{}", self.lines);
        if !cookies.is_empty() {
            bytes.push_str(&format!("Cookie: {cookies}\r\n"));
        }
        let mut bytes = bytes.into_bytes();
        if self.chunked {
            bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            for piece in self.body.chunks(CHUNK_BYTES) {
                bytes.extend(format!("{:x}\r\n", piece.len()).as_bytes());
                bytes.extend(piece);
                bytes.extend(b"\r\n");
            }
            bytes.extend(b"0\r\n\r\n");
        } else {
            if !self.body.is_empty() || matches!(self.method, "POST" | "PUT" | "PATCH") {
                bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
            }
            bytes.extend(b"\r\n");
            bytes.extend(&self.body);
        }
        bytes
    }
}

/// Small enough that a form comes in several.
const CHUNK_BYTES: usize = 7;

/// Stands for the number that a request of its own carries.
pub(crate) const OWN: &str = "OWN-OWN";
