//! Decides who answers a path: a file, PHP, or the gateway itself.
//!
//! Pure: whether a file exists is asked through [`Files`]. The rules, in order:
//!
//! 1. `/askr/health` and `/askr/ready` are the gateway's own.
//! 2. A path that climbs (`..`), carries a NUL or is badly percent-encoded is refused.
//! 3. Classic mode: an existing PHP file runs, with the rest of the path as its path info.
//! 4. GET and HEAD of an existing file get the file, of a directory its `index.html`; never a
//!    PHP source, a dotfile (`.well-known` apart) or what an editor left behind.
//! 5. Everything else is the front controller's, `/index.php`.
//!
//! Which pool runs PHP for a path, and so whether that is classic mode, is decided in [`pool`].
//!
//! Symbolic links below the root are followed unless the configuration says otherwise, as nginx
//! does and Laravel's `public/storage` needs: who may create links in the root may also write
//! files there. What a link leads to must have a name that would be served, too.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

mod pool;
mod prefix;

pub(crate) use pool::PoolMap;
pub(crate) use prefix::{NormalPath, Prefix};

/// Where this process says that it lives.
pub(crate) const HEALTH: &str = "/askr/health";
/// Where it says that workers can take requests.
pub(crate) const READY: &str = "/askr/ready";

/// The script that answers what nothing else answers.
pub(crate) const FRONT_CONTROLLER: &str = "/index.php";

/// What the route decision depends on besides the disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteRequest<'a> {
    pub(crate) method: &'a Method,
    /// Percent-encoded, without the query.
    pub(crate) path: &'a str,
    pub(crate) pools: &'a PoolMap,
}

/// What a path names on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Missing,
    File,
    Directory,
}

/// The document root, as far as the route decision looks at it.
pub(crate) trait Files {
    /// What `path` names; it starts with `/`, is decoded, and has no `..` and no empty segment.
    fn kind(&self, path: &str) -> Kind;

    /// Whether `path`, of the same form, is a script that PHP would find.
    fn has_script(&self, path: &str) -> bool {
        self.kind(path) == Kind::File
    }
}

/// Who answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Health,
    Ready,
    /// A file below the root, by its decoded path.
    File(String),
    /// The same path with a slash behind it, percent-encoded.
    Redirect(String),
    Script {
        /// Index of the pool that runs it.
        pool: usize,
        script: Script<'a>,
    },
    NotFound,
    Refused(PathFault),
}

/// What PHP runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) path_info: Cow<'a, str>,
}

/// A path nobody is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathFault {
    #[error("the path climbs out with ..")]
    Climbs,
    #[error("the path contains a NUL byte")]
    Nul,
    #[error("the path is not properly percent-encoded")]
    Encoding,
}

/// Decides who answers `request`.
pub(crate) fn route<'a>(request: RouteRequest<'a>, files: &impl Files) -> Route<'a> {
    match request.path {
        HEALTH => return Route::Health,
        READY => return Route::Ready,
        _ => {}
    }
    let path = match decode(request.path) {
        Ok(path) => path,
        Err(fault) => return Route::Refused(fault),
    };
    let pool = request.pools.pool_of(&path.text);
    let classic = request.pools.is_classic(pool);
    match within(&path, request.method, classic, files) {
        Found::Script(script) => Route::Script { pool, script },
        Found::File(path) => Route::File(path),
        Found::Redirect(path) => Route::Redirect(path),
        Found::Nothing => Route::NotFound,
    }
}

/// What of the root answers a path, once its pool is known.
enum Found<'a> {
    Script(Script<'a>),
    File(String),
    Redirect(String),
    Nothing,
}

fn within<'a>(path: &Path<'a>, method: &Method, classic: bool, files: &impl Files) -> Found<'a> {
    if let Some(script) = script(path, classic, files) {
        return Found::Script(script);
    }
    if matches!(*method, Method::GET | Method::HEAD)
        && let Some(found) = file(path, classic, files)
    {
        return found;
    }
    front_controller(classic, files)
}

/// A percent-decoded path, looked at by segments.
struct Path<'a> {
    raw: &'a str,
    text: Cow<'a, str>,
    /// Not to be looked for on the disk: an encoded slash, or bytes that are no text.
    foreign: bool,
}

fn decode(raw: &str) -> Result<Path<'_>, PathFault> {
    if !raw.contains('%') {
        return checked(raw, Cow::Borrowed(raw), false);
    }
    if !encoding_is_valid(raw.as_bytes()) {
        return Err(PathFault::Encoding);
    }
    let foreign = raw.contains("%2f") || raw.contains("%2F");
    match percent_decode_str(raw).decode_utf8() {
        Ok(text) => checked(raw, text, foreign),
        Err(_) => checked(raw, percent_decode_str(raw).decode_utf8_lossy(), true),
    }
}

fn checked<'a>(raw: &'a str, text: Cow<'a, str>, foreign: bool) -> Result<Path<'a>, PathFault> {
    if text.contains('\0') {
        return Err(PathFault::Nul);
    }
    if text.contains("..") && text.split(['/', '\\']).any(|segment| segment == "..") {
        return Err(PathFault::Climbs);
    }
    let foreign = foreign || text.contains(|c: char| c == '\\' || c.is_control());
    Ok(Path { raw, text, foreign })
}

fn encoding_is_valid(raw: &[u8]) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    raw.iter()
        .enumerate()
        .all(|(at, &byte)| byte != b'%' || (is_hex(raw.get(at + 1)) && is_hex(raw.get(at + 2))))
}

/// A PHP file named by the path: the first segment that ends in `.php` and exists as a file,
/// as nginx's `fastcgi_split_path_info ^(.+?\.php)(/.*)$` with a check of the file.
fn script<'a>(path: &Path<'a>, classic: bool, files: &impl Files) -> Option<Script<'a>> {
    let end = script_end(&path.text)?;
    if path.foreign && !is_foreign_only_behind(path, end) {
        return None;
    }
    let merged = merge_slashes(&path.text[..end]);
    let runs = match classic {
        true => !is_hidden(&merged) && files.has_script(&merged),
        // The worker script stands for the whole application; `/index.php/path` is its
        // long-hand.
        false => merged == FRONT_CONTROLLER,
    };
    runs.then(|| Script {
        name: Cow::Owned(merged.into_owned()),
        path_info: Cow::Owned(merge_slashes(&path.text[end..]).into_owned()),
    })
}

/// Whether the script is named in plain characters, and a slash and printable text follow it.
fn is_foreign_only_behind(path: &Path<'_>, end: usize) -> bool {
    let (script, behind) = path.text.split_at(end);
    let raw_behind = path.raw.strip_prefix(script).unwrap_or_default();
    let is_text = !behind.contains(|c: char| c == char::REPLACEMENT_CHARACTER || c.is_control());
    raw_behind.starts_with('/') && is_text && !script.contains('\\')
}

/// Where the first segment that ends in `.php` ends.
fn script_end(text: &str) -> Option<usize> {
    text.match_indices(".php")
        .map(|(at, dot_php)| at + dot_php.len())
        .find(|&end| end == text.len() || text.as_bytes()[end] == b'/')
}

fn file<'a>(path: &Path<'a>, classic: bool, files: &impl Files) -> Option<Found<'a>> {
    if path.foreign || is_hidden(&path.text) {
        return None;
    }
    if path.text == "/" {
        return root_index(classic, files);
    }
    let merged = merge_slashes(&path.text);
    if let Some(directory) = merged.strip_suffix('/') {
        return index(directory, classic, files);
    }
    if is_never_served(&merged) {
        return None;
    }
    match files.kind(&merged) {
        Kind::Missing => None,
        Kind::File => Some(Found::File(merged.into_owned())),
        Kind::Directory => index(&merged, classic, files)
            .map(|_| Found::Redirect(format!("{}/", merge_slashes(path.raw)))),
    }
}

/// `/` is the front controller's unless there is none and a page stands in.
fn root_index<'a>(classic: bool, files: &impl Files) -> Option<Found<'a>> {
    if !classic || files.has_script(FRONT_CONTROLLER) {
        return None;
    }
    page("", files)
}

fn index<'a>(directory: &str, classic: bool, files: &impl Files) -> Option<Found<'a>> {
    let script_name = format!("{directory}{FRONT_CONTROLLER}");
    if classic && files.has_script(&script_name) {
        return Some(Found::Script(Script {
            name: Cow::Owned(script_name),
            path_info: Cow::Borrowed(""),
        }));
    }
    page(directory, files)
}

fn page<'a>(directory: &str, files: &impl Files) -> Option<Found<'a>> {
    let page = format!("{directory}/index.html");
    (files.kind(&page) == Kind::File).then_some(Found::File(page))
}

fn front_controller<'a>(classic: bool, files: &impl Files) -> Found<'a> {
    if classic && !files.has_script(FRONT_CONTROLLER) {
        return Found::Nothing;
    }
    Found::Script(Script {
        name: Cow::Borrowed(FRONT_CONTROLLER),
        path_info: Cow::Borrowed(""),
    })
}

fn merge_slashes(text: &str) -> Cow<'_, str> {
    if !text.contains("//") {
        return Cow::Borrowed(text);
    }
    let mut merged = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '/' || !merged.ends_with('/') {
            merged.push(character);
        }
    }
    Cow::Owned(merged)
}

/// Whether a file of this path, which starts with `/`, may be given to clients at all.
pub(crate) fn may_be_shown(path: &str) -> bool {
    !is_hidden(path) && !is_never_served(path)
}

/// Any segment that begins with a dot hides the whole path; `.well-known` is for everybody
/// (RFC 8615), at the top only.
fn is_hidden(path: &str) -> bool {
    if !path.contains("/.") {
        return false;
    }
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut hidden = segments.enumerate().filter(|&(depth, segment)| {
        segment.starts_with('.') && !(depth == 0 && segment == ".well-known")
    });
    hidden.next().is_some()
}

/// PHP sources and what editors leave behind, by the last segment.
fn is_never_served(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = unpacked(name.trim_end_matches(['.', ' ']));
    if name.ends_with('~') || (name.starts_with('#') && name.ends_with('#')) {
        return true;
    }
    let Some((_, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let mut never = PHP_SOURCES.iter().chain(LEFTOVERS);
    never.any(|other| extension.eq_ignore_ascii_case(other))
}

/// The name of what is in a packed file: a source stays one.
fn unpacked(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((inner, extension))
            if PACKED
                .iter()
                .any(|packed| extension.eq_ignore_ascii_case(packed)) =>
        {
            unpacked(inner)
        }
        _ => name,
    }
}

/// Extensions of packed files.
const PACKED: &[&str] = &[
    "gz", "br", "zst", "bz2", "xz", "lz4", "zip", "7z", "tar", "tgz",
];

/// Extensions that PHP or an include of it may have.
const PHP_SOURCES: &[&str] = &[
    "php", "php3", "php4", "php5", "php7", "php8", "phps", "pht", "phtm", "phtml", "phar", "inc",
];

/// Extensions of what editors, merges and hurried copies leave behind.
const LEFTOVERS: &[&str] = &[
    "bak", "backup", "swp", "swo", "swn", "orig", "old", "save", "rej", "tmp",
];

#[cfg(test)]
mod tests;
