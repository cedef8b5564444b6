//! Where a server of this application is told what to do.

use std::path::{Path, PathBuf};

use askr_supervisor::PATH_BYTES_MAX;
use rustix::process::geteuid;

use super::application::root_path;
use super::channels::Inputs;
use super::error::ConfigError;
use super::kind::Value;
use super::options::Key;
use super::settings::Settings;

/// The control socket, as the server and those who command it find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ControlSocket {
    /// Somebody chose its place.
    Given(PathBuf),
    /// The first of these that can be; each in a folder of this user alone.
    Private(Vec<PathBuf>),
}

impl ControlSocket {
    /// The place, from the same channels as everything else.
    ///
    /// # Errors
    /// A path that no socket can have, or no application to name it after.
    pub(crate) fn new(settings: &Settings, inputs: &Inputs) -> Result<Self, ConfigError> {
        if let Some(path) = settings.path(Key::ControlSocket) {
            return given(settings, Key::ControlSocket, path).map(Self::Given);
        }
        let file = format!("{}.sock", application_name(settings)?);
        let folders = private_folders(inputs, geteuid().as_raw());
        Ok(Self::Private(in_folders(&folders, &file)))
    }

    /// Where to look for it.
    pub(crate) fn places(&self) -> &[PathBuf] {
        match self {
            Self::Given(path) => std::slice::from_ref(path),
            Self::Private(paths) => paths,
        }
    }
}

/// What the sockets of this application are called.
///
/// # Errors
/// When there is no application to name them after.
pub(super) fn application_name(settings: &Settings) -> Result<String, ConfigError> {
    let application = settings.path(Key::AppBase).map(Path::to_owned);
    let application = application.or_else(|| root_path(settings));
    let application = application.ok_or(ConfigError::Missing {
        name: "root",
        remedy: "give --root DIR, or --app-base DIR for a Laravel application",
    })?;
    let hash = hash(application.as_os_str().as_encoded_bytes());
    Ok(format!("{hash:016x}"))
}

/// The places of that name which a socket can have.
pub(super) fn in_folders(folders: &[PathBuf], file: &str) -> Vec<PathBuf> {
    let paths = folders.iter().map(|folder| folder.join(file));
    paths.filter(|path| has_room(path)).collect()
}

/// A path that was given for a socket.
///
/// # Errors
/// When no socket can have it.
pub(super) fn given(settings: &Settings, key: Key, path: &Path) -> Result<PathBuf, ConfigError> {
    if has_room(path) {
        return Ok(path.to_owned());
    }
    let setting = settings.setting(key);
    Err(ConfigError::Contradiction {
        name: setting.name.clone(),
        value: Value::Path(path.to_owned()).to_text(),
        origin: setting.source.clone(),
        problem: "the path of a socket cannot be that long".into(),
        remedy: "give one of at most 100 bytes",
    })
}

/// The file has a longer name while it is made.
pub(super) fn has_room(path: &Path) -> bool {
    const PASSING_BYTES: usize = 7;
    path.as_os_str().len() <= PATH_BYTES_MAX - PASSING_BYTES
}

/// Folders that are this user's alone, best first.
pub(super) fn private_folders(inputs: &Inputs, uid: u32) -> Vec<PathBuf> {
    let is_own = uid == geteuid().as_raw();
    let runtime = inputs.variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|folder| is_own && folder.is_absolute());
    let temporary = inputs
        .variable("TMPDIR")
        .map_or_else(|| "/tmp".into(), PathBuf::from);
    let mut folders: Vec<PathBuf> = runtime
        .into_iter()
        .map(|folder| folder.join("askr"))
        .collect();
    folders.push(format!("/run/user/{uid}/askr").into());
    folders.push(temporary.join(format!("askr-{uid}")));
    folders
}

/// FNV-1a: names are to differ by chance, not against malice.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<String> {
        let mut inputs = Inputs {
            current_dir: "/".into(),
            ..Inputs::default()
        };
        for (name, value) in flags {
            inputs
                .flags
                .insert((*name).to_owned(), vec![(*value).to_owned()]);
        }
        for (name, value) in variables {
            inputs
                .variables
                .insert((*name).to_owned(), (*value).to_owned());
        }
        let settings = Settings::resolve(&inputs).unwrap();
        let socket = ControlSocket::new(&settings, &inputs).unwrap();
        let texts = socket
            .places()
            .iter()
            .map(|path| path.display().to_string());
        texts.collect()
    }

    #[test]
    fn a_place_that_was_given_is_the_only_one() {
        let places = places(&[("control_socket", "run/a.sock")], &[]);
        assert_eq!(places, ["/run/a.sock"]);
    }

    #[test]
    fn folders_of_the_user_alone_are_tried_in_order() {
        let uid = geteuid().as_raw();
        let variables = [("XDG_RUNTIME_DIR", "/x"), ("TMPDIR", "/t")];
        let found = places(&[("app_base", "/srv/app")], &variables);

        let name = found[0].strip_prefix("/x/askr/").unwrap();
        assert_eq!(name.len(), "0123456789abcdef.sock".len());
        assert_eq!(found[1], format!("/run/user/{uid}/askr/{name}"));
        assert_eq!(found[2], format!("/t/askr-{uid}/{name}"));
        assert_eq!(found, places(&[("app_base", "/srv/app")], &variables));
        assert_ne!(found, places(&[("app_base", "/srv/other")], &variables));
        assert_ne!(found, places(&[("root", "/srv/public")], &variables));
    }

    #[test]
    fn a_place_that_no_socket_can_have_is_not_tried() {
        let long = format!("/{}", "x".repeat(100));
        let found = places(&[("root", "/srv")], &[("XDG_RUNTIME_DIR", &long)]);
        assert!(
            found.iter().all(|place| !place.contains("xxx")),
            "{found:?}"
        );
    }
}
