//! Settings of encrypted connections that exclude each other.

use super::Conflict;
use crate::config::options::Key;
use crate::config::settings::Settings;

pub(super) fn conflict(settings: &Settings) -> Option<Conflict> {
    let certificates = settings.paths(Key::TlsCerts).len();
    let keys = settings.paths(Key::TlsKeys).len();
    if certificates != keys {
        let key = match certificates > keys {
            true => Key::TlsCerts,
            false => Key::TlsKeys,
        };
        return Some(Conflict {
            key,
            problem: format!("there are {certificates} tls_cert and {keys} tls_key"),
            remedy: "give each certificate its key, in the same order",
        });
    }
    let is_self_signed = settings.switch(Key::TlsSelfSigned);
    if is_self_signed && certificates > 0 {
        return Some(Conflict {
            key: Key::TlsSelfSigned,
            problem: "there is a tls_cert already".to_owned(),
            remedy: "leave one of them out",
        });
    }
    if is_self_signed || certificates > 0 {
        return client_conflict(settings);
    }
    needless(settings)
}

/// Certificates of clients want an authority to be checked against.
fn client_conflict(settings: &Settings) -> Option<Conflict> {
    let is_off = matches!(settings.word(Key::TlsClientAuth), None | Some("off"));
    (!is_off && settings.path(Key::TlsClientCa).is_none()).then(|| Conflict {
        key: Key::TlsClientAuth,
        problem: "there is no authority that could have signed them".to_owned(),
        remedy: "name its certificate with tls_client_ca, or leave it out",
    })
}

/// What means nothing where no connection is encrypted.
fn needless(settings: &Settings) -> Option<Conflict> {
    let is_given = |key: &Key| settings.setting(*key).value.is_some();
    let keys = [Key::TlsClientCa, Key::TlsClientAuth, Key::TlsMin];
    let redirects = !settings.addresses(Key::HttpRedirect).is_empty();
    let redirects = redirects.then_some(Key::HttpRedirect);
    let key = keys.into_iter().find(is_given).or(redirects)?;
    Some(Conflict {
        key,
        problem: "without a certificate nothing is encrypted".to_owned(),
        remedy: "give tls_cert and tls_key or tls_self_signed, or leave it out",
    })
}
