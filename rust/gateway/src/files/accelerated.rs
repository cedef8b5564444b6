//! Files that PHP has sent for it: `X-Sendfile` and `X-Accel-Redirect`.
//!
//! Where the file really lies decides whether it may be sent, looked up on the descriptor that
//! is read from: no path, link or rename between two steps leads out of the permitted folders.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use http::header::{HeaderMap, HeaderName};
use percent_encoding::percent_decode;
use rustix::io::Errno;

use crate::files::roots::{Reach, reach};

/// What PHP wants to be sent, in its own words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A path of the file system.
    Path(PathBuf),
    /// The path of a URL, looked for below each permitted folder, as nginx does with `root`.
    Url(PathBuf),
}

/// Whether a reply with these fields is to have a file for its body.
pub(crate) fn is_named(headers: &HeaderMap) -> bool {
    headers.contains_key(X_SENDFILE) || headers.contains_key(X_ACCEL_REDIRECT)
}

/// Takes the fields out, which no client is to see, and says what they named.
pub(crate) fn take(headers: &mut HeaderMap) -> Option<Named> {
    let path = headers.remove(X_SENDFILE);
    let url = headers.remove(X_ACCEL_REDIRECT);
    if let Some(path) = path {
        return Some(Named::Path(OsStr::from_bytes(path.as_bytes()).into()));
    }
    let url = url?;
    let path = url.as_bytes().split(|&byte| byte == b'?').next()?;
    let decoded: Vec<u8> = percent_decode(path.trim_ascii_start()).collect();
    Some(Named::Url(OsString::from_vec(decoded).into()))
}

impl Named {
    /// Opens what is meant, if it is within `reach`.
    pub(crate) fn open(&self, reach: &Reach) -> io::Result<File> {
        reach.lend(|| self.open_below(reach.elsewhere()))
    }

    /// Opens what is meant, if it is a file below one of `folders`.
    fn open_below(&self, folders: &[PathBuf]) -> io::Result<File> {
        let mut fault = Errno::NOENT.into();
        for path in self.candidates(folders) {
            match open_below(&path, folders) {
                Ok(file) => return Ok(file),
                Err(error) => fault = error,
            }
        }
        Err(fault)
    }

    /// Where it may be. A URL may also be the path of a file, as with an nginx whose `internal`
    /// location has the name of the folder.
    fn candidates(&self, folders: &[PathBuf]) -> Vec<PathBuf> {
        match self {
            Named::Path(path) if path.is_absolute() => vec![path.clone()],
            Named::Path(_) => vec![],
            Named::Url(url) => {
                let below = url.strip_prefix("/").unwrap_or(url);
                let folders = folders.iter().map(|folder| folder.join(below));
                folders.chain([Path::new("/").join(below)]).collect()
            }
        }
    }
}

fn open_below(path: &Path, folders: &[PathBuf]) -> io::Result<File> {
    let found = reach::find(path)?;
    match reach::lies_below(&found, folders.iter().map(PathBuf::as_path))? {
        true => reach::reopen(&found),
        false => Err(Errno::XDEV.into()),
    }
}

const X_SENDFILE: HeaderName = HeaderName::from_static("x-sendfile");

const X_ACCEL_REDIRECT: HeaderName = HeaderName::from_static("x-accel-redirect");

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn taken(name: &'static str, value: &'static str) -> Option<Named> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        assert!(is_named(&headers));
        let named = take(&mut headers);
        assert!(headers.is_empty(), "clients would see it");
        named
    }

    #[test]
    fn a_path_is_taken_as_it_is_and_a_url_decoded() {
        let path = |path: &str| Some(Named::Path(path.into()));
        assert_eq!(taken("x-sendfile", "/srv/a%20b?c"), path("/srv/a%20b?c"));
        let url = |url: &str| Some(Named::Url(url.into()));
        assert_eq!(
            taken("x-accel-redirect", "/files/a%20b?c"),
            url("/files/a b")
        );
        assert!(matches!(
            taken("x-accel-redirect", "/%ff"),
            Some(Named::Url(_))
        ));
        assert_eq!(take(&mut HeaderMap::new()), None);
    }

    #[test]
    fn only_what_really_lies_below_a_folder_is_opened() {
        let scene = tempfile::tempdir().unwrap();
        let folder = scene.path().join("storage");
        std::fs::create_dir_all(folder.join("protected")).unwrap();
        std::fs::write(folder.join("protected/a.txt"), "a").unwrap();
        std::fs::write(scene.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(scene.path().join("secret"), folder.join("out")).unwrap();
        std::os::unix::fs::symlink("protected/a.txt", folder.join("in")).unwrap();
        std::os::unix::fs::symlink(&folder, scene.path().join("alias")).unwrap();
        let opens = |named: Named| named.open_below(std::slice::from_ref(&folder)).is_ok();
        let path = |path: &str| Named::Path(scene.path().join(path));
        let url = |url: &str| Named::Url(url.into());
        for named in [
            path("storage/protected/a.txt"),
            path("storage/in"),
            path("alias/protected/a.txt"),
            path("storage/protected/../protected/a.txt"),
            url("/protected/a.txt"),
            url(scene.path().join("storage/in").to_str().unwrap()),
        ] {
            let text = format!("{named:?}");
            assert!(opens(named), "{text}");
        }
        for named in [
            path("secret"),
            path("storage/out"),
            path("storage/../secret"),
            Named::Path("protected/a.txt".into()),
            Named::Path("a\0b".into()),
            url("/../secret"),
            url("/out"),
            url("/missing"),
            url("/etc/passwd"),
        ] {
            let text = format!("{named:?}");
            assert!(!opens(named), "{text}");
        }
        assert!(path("storage/in").open_below(&[]).is_err());
    }
}
