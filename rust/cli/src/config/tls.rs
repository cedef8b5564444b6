//! How connections are encrypted, if they are.

use std::path::{Path, PathBuf};

use askr_gateway::{
    Certificates, ClientAuth, Listen, LocalAuthority, PairFiles, TlsConfig, TlsVersion,
};
use rustix::process::geteuid;
use rustix::system::uname;

use super::channels::Inputs;
use super::error::ConfigError;
use super::options::Key;
use super::serve::not_there;
use super::settings::Settings;

/// What was chosen; `None` is no encryption.
///
/// # Errors
/// A file that is not there, or no folder for the local authority.
pub(crate) fn tls(settings: &Settings, inputs: &Inputs) -> Result<Option<TlsConfig>, ConfigError> {
    let pairs = pairs(settings)?;
    let certificates = match settings.switch(Key::TlsSelfSigned) {
        true => Certificates::Local(local_authority(settings, inputs)?),
        false if pairs.is_empty() => return Ok(None),
        false => Certificates::Files(pairs),
    };
    Ok(Some(TlsConfig {
        certificates,
        client_auth: client_auth(settings)?,
        version_min: match settings.word(Key::TlsMin) {
            Some("1.3") => TlsVersion::V13,
            _ => TlsVersion::V12,
        },
        http2: settings.switch(Key::Http2),
    }))
}

/// The authority of this user, which is the same for all of its servers.
///
/// # Errors
/// When nothing says where the user keeps things.
pub(crate) fn local_authority(
    settings: &Settings,
    inputs: &Inputs,
) -> Result<LocalAuthority, ConfigError> {
    let machine = uname().nodename().to_string_lossy().into_owned();
    let given = settings.listen().iter().filter_map(Listen::address);
    let given = given
        .map(|address| address.ip())
        .filter(|ip| !ip.is_unspecified());
    let own = ["localhost", "*.localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut names: Vec<String> = own.into_iter().chain([machine.clone()]).collect();
    names.extend(given.map(|ip| ip.to_string()));
    names.sort_unstable();
    names.dedup();
    Ok(LocalAuthority {
        folder: data_folder(inputs)?.join("authority"),
        machine,
        names,
    })
}

/// Where programs of this user keep what is theirs.
fn data_folder(inputs: &Inputs) -> Result<PathBuf, ConfigError> {
    let absolute = |name| {
        let folder = inputs.variable(name).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let home = || absolute("HOME").map(|home| home.join(".local/share"));
    let of_root = || geteuid().is_root().then(|| "/var/lib".into());
    let folder = absolute("XDG_DATA_HOME").or_else(home).or_else(of_root);
    let folder = folder.ok_or(ConfigError::Missing {
        name: "HOME",
        remedy: "set HOME to the folder of the user",
    })?;
    Ok(folder.join("askr"))
}

fn client_auth(settings: &Settings) -> Result<Option<ClientAuth>, ConfigError> {
    let required = match settings.word(Key::TlsClientAuth) {
        Some("off") => return Ok(None),
        word => word != Some("optional"),
    };
    let Some(authorities) = settings.path(Key::TlsClientCa) else {
        return Ok(None);
    };
    Ok(Some(ClientAuth {
        authorities: file(settings, Key::TlsClientCa, authorities)?,
        required,
    }))
}

fn pairs(settings: &Settings) -> Result<Vec<PairFiles>, ConfigError> {
    let certificates = settings.paths(Key::TlsCerts).iter();
    let pairs = certificates.zip(settings.paths(Key::TlsKeys));
    pairs
        .map(|(certificate, key)| {
            Ok(PairFiles {
                certificate: file(settings, Key::TlsCerts, certificate)?,
                key: file(settings, Key::TlsKeys, key)?,
            })
        })
        .collect()
}

fn file(settings: &Settings, key: Key, path: &Path) -> Result<PathBuf, ConfigError> {
    match path.is_file() {
        true => Ok(path.to_owned()),
        false => {
            let remedy = "name a PEM file that can be read, or leave it out";
            Err(not_there(settings, key, path, "file", remedy))
        }
    }
}
