//! How connections are encrypted, if they are.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use askr_gateway::{
    Certificates, ClientAuth, Listen, LocalAuthority, PairFiles, TlsConfig, TlsVersion,
};
use nix::ifaddrs::getifaddrs;
use rustix::process::geteuid;
use rustix::system::uname;

use super::application::not_there;
use super::channels::Inputs;
use super::error::ConfigError;
use super::options::Key;
use super::settings::Settings;
use crate::user::Account;

/// What was chosen; `None` is no encryption.
///
/// # Errors
/// A file that is not there, or no folder for the local authority.
pub(crate) fn tls(settings: &Settings, inputs: &Inputs) -> Result<Option<TlsConfig>, ConfigError> {
    let pairs = pairs(settings)?;
    let certificates = match settings.switch(Key::TlsSelfSigned) {
        true => Certificates::Local(local_authority(inputs, addresses(settings))?),
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

/// The authority of this user, which is the same for all of its servers; one that clients reach
/// by `addresses`.
///
/// # Errors
/// When nothing says where the user keeps things.
pub(crate) fn local_authority(
    inputs: &Inputs,
    addresses: Vec<IpAddr>,
) -> Result<LocalAuthority, ConfigError> {
    let machine = uname().nodename().to_string_lossy().into_owned();
    let own = ["localhost", "*.localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut names: Vec<String> = own.into_iter().chain([machine.clone()]).collect();
    names.extend(addresses.iter().map(ToString::to_string));
    names.sort_unstable();
    names.dedup();
    Ok(LocalAuthority {
        folder: data_folder(inputs)?.join("authority"),
        machine,
        names,
    })
}

/// Where clients reach the server without a name.
fn addresses(settings: &Settings) -> Vec<IpAddr> {
    let listen = settings.listen().iter().filter_map(Listen::address);
    let (anywhere, given): (Vec<IpAddr>, Vec<IpAddr>) = listen
        .map(|address| address.ip())
        .partition(IpAddr::is_unspecified);
    match anywhere.is_empty() {
        true => given,
        false => given.into_iter().chain(own_addresses()).collect(),
    }
}

/// Those of this machine.
fn own_addresses() -> Vec<IpAddr> {
    let interfaces = getifaddrs().into_iter().flatten();
    let addresses = interfaces.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| Some(IpAddr::V6(address.as_sockaddr_in6()?.ip())))
    });
    addresses.collect()
}

/// The keys of `tls` that whoever runs PHP can read, so that PHP code can: the memory of main is
/// no better than that. To be called while there is one thread.
pub(crate) fn exposed_keys(tls: Option<&TlsConfig>, user: Option<&Account>) -> Vec<PathBuf> {
    let Some(Certificates::Files(pairs)) = tls.map(|tls| &tls.certificates) else {
        return Vec::new();
    };
    let is_exposed = |key: &&Path| match user {
        None => true,
        Some(user) => matches!(user.cannot_read([*key]), Ok(None)),
    };
    let keys = pairs.iter().map(|pair| pair.key.as_path());
    keys.filter(is_exposed).map(Path::to_owned).collect()
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
