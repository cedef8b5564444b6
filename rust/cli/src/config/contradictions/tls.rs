//! Settings of encrypted connections that exclude each other.

use super::Conflict;
use crate::config::options::Key;
use crate::config::settings::Settings;

pub(super) fn conflict(settings: &Settings) -> Option<Conflict> {
    let certificates = settings.paths(Key::TlsCert).len();
    let keys = settings.paths(Key::TlsKey).len();
    if certificates != keys {
        let key = match certificates > keys {
            true => Key::TlsCert,
            false => Key::TlsKey,
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
        return None;
    }
    needless(settings)
}

/// What means nothing where no connection is encrypted.
fn needless(settings: &Settings) -> Option<Conflict> {
    let is_given = |key: &Key| settings.setting(*key).value.is_some();
    let key = [Key::TlsMin].into_iter().find(is_given)?;
    Some(Conflict {
        key,
        problem: "without a certificate nothing is encrypted".to_owned(),
        remedy: "give tls_cert and tls_key or tls_self_signed, or leave it out",
    })
}
