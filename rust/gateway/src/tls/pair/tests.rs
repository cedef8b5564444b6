use std::path::PathBuf;

use rcgen::{CertificateParams, DnType, KeyPair};
use tempfile::TempDir;

use super::*;

/// A folder with the files of a pair.
struct Scene {
    folder: TempDir,
    files: PairFiles,
}

impl Scene {
    fn of(params: &CertificateParams) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let scene = Scene {
            files: PairFiles {
                certificate: folder.path().join("cert.pem"),
                key: folder.path().join("key.pem"),
            },
            folder,
        };
        fs::write(&scene.files.certificate, certificate.pem()).unwrap();
        fs::write(&scene.files.key, key.serialize_pem()).unwrap();
        scene
    }

    fn named(names: &[&str]) -> Scene {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Scene::of(&CertificateParams::new(names).unwrap())
    }

    fn refusal(&self) -> String {
        let folder = format!("{}/", self.folder.path().display());
        let refusal = Pair::read(&self.files).unwrap_err();
        refusal.to_string().replace(&folder, "")
    }
}

#[test]
fn a_pair_is_for_the_host_names_of_its_certificate() {
    let scene = Scene::named(&["example.com", "*.example.com", "127.0.0.1"]);

    let pair = Pair::read(&scene.files).unwrap();

    assert_eq!(pair.names, ["example.com", "*.example.com"]);
    assert!(pair.ends > SystemTime::now());
}

#[test]
fn the_common_name_counts_only_where_there_is_no_other() {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params
        .distinguished_name
        .push(DnType::CommonName, "old.example.com");
    let scene = Scene::of(&params);

    assert_eq!(Pair::read(&scene.files).unwrap().names, ["old.example.com"]);
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let scene = Scene::named(&["example.com"]);
    let other = KeyPair::generate().unwrap();
    fs::write(&scene.files.key, other.serialize_pem()).unwrap();

    assert_eq!(
        scene.refusal(),
        "the key in key.pem is not that of cert.pem"
    );
}

#[test]
fn files_that_are_something_else_are_refused_by_name() {
    let cases: [(&str, &str, &str); 6] = [
        ("key.pem", "", "key.pem has no private key"),
        ("cert.pem", "nothing", "cert.pem has no certificate"),
        (
            "key.pem",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAo=\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "the key in key.pem is encrypted",
        ),
        (
            "cert.pem",
            "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n",
            "the certificate in cert.pem is malformed",
        ),
        (
            "cert.pem",
            "-----BEGIN CERTIFICATE-----\nMAo=\n",
            "cert.pem",
        ),
        (
            "key.pem",
            "-----BEGIN PRIVATE KEY-----\nMAo=\n-----END PRIVATE KEY-----\n",
            "key.pem",
        ),
    ];
    for (name, text, expected) in cases {
        let scene = Scene::named(&["example.com"]);
        fs::write(scene.folder.path().join(name), text).unwrap();
        assert_eq!(scene.refusal(), expected);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let scene = Scene::named(&["example.com"]);
    let files = PairFiles {
        key: PathBuf::from("/nowhere/key.pem"),
        ..scene.files.clone()
    };

    let refusal = Pair::read(&files).unwrap_err();

    assert!(matches!(refusal, PairError::Read { path, .. } if path == files.key));
}
