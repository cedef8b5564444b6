//! A configuration as it comes through the channels, and values for every option.

use super::*;

/// The four channels, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    Flag,
    Environment,
    Toml,
    Laravel,
}

pub(super) const CHANNELS: [Channel; 4] = [
    Channel::Flag,
    Channel::Environment,
    Channel::Toml,
    Channel::Laravel,
];

/// A folder with an `askr.toml`, and inputs that start in it.
pub(super) struct Scene {
    pub(super) folder: tempfile::TempDir,
    pub(super) inputs: Inputs,
    pub(super) toml: String,
    pub(super) laravel: serde_json::Map<String, serde_json::Value>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inputs = Inputs {
            current_dir: folder.path().to_owned(),
            ..Inputs::default()
        };
        Self {
            folder,
            inputs,
            toml: String::new(),
            laravel: serde_json::Map::new(),
        }
    }

    pub(super) fn flag(mut self, name: &str, value: &str) -> Self {
        self.inputs
            .flags
            .entry(name.to_owned())
            .or_default()
            .push(value.to_owned());
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.inputs
            .variables
            .insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn toml(mut self, line: &str) -> Self {
        self.toml.push_str(line);
        self.toml.push('\n');
        self
    }

    pub(super) fn laravel(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.laravel.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn set(self, channel: Channel, option: &OptionSpec, text: &str) -> Self {
        match channel {
            Channel::Flag => self.flag(option.name, text),
            Channel::Environment => self.variable(&option.variable(), text),
            Channel::Toml if has_tables(option) => self.toml(&tables_in_toml(option.name, text)),
            Channel::Laravel if has_tables(option) => {
                let toml = tables_in_toml(option.name, text);
                let toml: serde_json::Value = toml::from_str(&toml).unwrap();
                self.laravel(option.name, toml[option.name].clone())
            }
            Channel::Toml if option.key == Key::Ini => self.toml(&format!("ini = [{text:?}]")),
            Channel::Toml => self.toml(&format!("{} = {}", option.name, in_toml(option, text))),
            Channel::Laravel if option.key == Key::Ini => self.laravel("ini", vec![text]),
            Channel::Laravel => self.laravel(option.name, text),
        }
    }

    pub(super) fn resolve(&mut self) -> Result<Settings, ConfigError> {
        if !self.toml.is_empty() {
            std::fs::write(self.folder.path().join("askr.toml"), &self.toml).unwrap();
        }
        if !self.laravel.is_empty() {
            let json = serde_json::Value::Object(self.laravel.clone()).to_string();
            self.inputs
                .variables
                .insert(LARAVEL_VARIABLE.to_owned(), json);
        }
        Settings::resolve(&self.inputs)
    }

    /// The complaint, with this test's folder replaced by `DIR`.
    pub(super) fn complaint(mut self) -> String {
        let error = self
            .resolve()
            .err()
            .or_else(|| ServeConfig::new(&self.resolve().unwrap()).err());
        let folder = self.folder.path().display().to_string();
        error
            .expect("must be refused")
            .to_string()
            .replace(&folder, "DIR")
    }
}

fn has_tables(option: &OptionSpec) -> bool {
    option.has_tables()
}

fn in_toml(option: &OptionSpec, text: &str) -> String {
    match (option.kind)() {
        Kind::Count { .. } | Kind::Decimal { .. } => text.to_owned(),
        Kind::Workers if text.parse::<u16>().is_ok() => text.to_owned(),
        _ => format!("{text:?}"),
    }
}

/// The pools or limits of a flag as tables; there are numbers there.
fn tables_in_toml(option: &str, text: &str) -> String {
    let table = |table: &str| {
        let mut words = table.split(' ');
        let name = words.next().unwrap_or_default();
        let pairs = words.filter_map(|word| word.split_once('='));
        let lines: Vec<String> = pairs
            .map(|(key, value)| match value.parse::<u16>() {
                Ok(number) => format!("{key} = {number}\n"),
                Err(_) => format!("{key} = {value:?}\n"),
            })
            .collect();
        format!("[{option}.{name}]\n{}", lines.concat())
    };
    text.split(';').map(table).collect()
}

/// Four different values that the option accepts.
pub(super) fn samples(option: &OptionSpec) -> [&'static str; 4] {
    match (option.kind)() {
        Kind::Path => ["/a", "/b", "/c", "/d"],
        Kind::Count { .. } if option.key == Key::FieldLimit => ["8", "50", "100", "1000"],
        Kind::Count { .. } => ["1", "2", "3", "4"],
        Kind::Bytes { .. } => match option.key {
            Key::StoreSize => ["8MB", "16MB", "32MB", "0"],
            Key::StoreSessions => ["1MB", "2MB", "4MB", "8MB"],
            _ => ["2KB", "4KB", "8KB", "16KB"],
        },
        Kind::Duration { .. } => ["1s", "2s", "1500ms", "1m"],
        Kind::Choice(words) => std::array::from_fn(|index| words[index % words.len()]),
        Kind::Addresses => ["on", "127.0.0.1:1", "[::1]:3,0.0.0.0:80", "off"],
        Kind::Listen => [
            "127.0.0.1:1",
            "https://127.0.0.1:2,unix:/run/askr.sock",
            "http://[::1]:3",
            "unix:/run/askr.sock|0666",
        ],
        Kind::Ini => ["a=1", "a=2", "a=3", "a=4"],
        Kind::Share => ["on", "off", "0.01", "0.5"],
        Kind::Names => ["a", "b/*", "C\\D::$e", "a,b"],
        Kind::Workers => ["1", "auto", "2..16", "auto..7"],
        Kind::Decimal { .. } => ["1", "0.5", "0.05", "0"].map(|text| match option.key {
            Key::CanaryLatency if text.starts_with('0') => "2.5",
            _ => text,
        }),
        Kind::Switch => ["on", "off", "true", "0"],
        Kind::Paths => ["/a", "/b,/c", "/d/e", "/f"],
        Kind::Peers => ["10.0.0.0/8,::1", "private,unix", "none", "192.0.2.1"],
        Kind::TrustedFields => [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-for,x-forwarded-proto",
            "X-Forwarded-Host,x-forwarded-port",
        ],
        Kind::User => ["root", "nobody", "www-data", "1000"],
        Kind::RequestPath => ["/up", "/", "/health/live", "/up?deep=1"],
        Kind::Prefixes => ["/a", "/b,/c", "/d/e", "/f"],
        Kind::Pools => [
            "slow paths=/reports",
            "slow paths=/reports,/export workers=1..2 request_timeout=600s",
            "a paths=/a isolation=fork;b paths=/a/b queue_limit=3",
            "slow paths=/reports workers=auto",
        ],
        Kind::Hosts => [
            "shop names=shop.example",
            "shop names=shop.example,*.shop.example app_base=/srv/shop workers=1..2 cow=on",
            "a names=a.example request_timeout=600s;b names=b.example root=/srv/b debug=on",
            "wild names=*.example isolation=request store_size=0",
        ],
        Kind::Redirects => [
            "www from=www.shop.example to=https://shop.example status=301",
            "secure from=http:// to=https:// status=308",
            "docs from=/docs/* to=https://docs.example/* status=307;old from=/old to=/new status=302",
            "blog from=https://*.blog.example/a/* to=/b/* status=302",
        ],
        Kind::Limits => [
            "all rate=100/1s",
            "login paths=/login,/register key=address rate=5/1m burst=10",
            "all rate=50/500ms burst=7;api paths=/api key=header:X-Api-Key rate=1000/1h",
            "cart paths=/cart key=cookie:laravel_session rate=1/24h burst=30",
        ],
        Kind::Codings => ["gzip", "off", "br,zstd,gzip", "zstd"],
        Kind::CodingLevels => ["gzip=1", "zstd=3,br=5", "br=0", "zstd=9,gzip=9"],
        Kind::AccessPlace => ["stdout", "/a/b.log", "syslog", "syslog:logs:514"],
        Kind::AccessFields => ["status", "default,query", "time,path", "request"],
        Kind::MediaTypes => ["text/html", "text/*", "text/*,image/*+xml", "font/ttf"],
    }
}

pub(super) fn any_option() -> impl Strategy<Value = usize> {
    select((0..OPTIONS.len()).collect::<Vec<_>>())
}
