use std::fs::Permissions;
use std::time::Duration;

use askr_gateway::TlsVersion;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::super::finding::State;
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder with the files of a pair, for `shop.example`, that ends with the year 2030.
struct Scene {
    folder: TempDir,
    pair: PairFiles,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 1, 1);
        let key = KeyPair::generate().unwrap();
        let pair = PairFiles {
            certificate: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        };
        fs::write(&pair.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&pair.key, key.serialize_pem()).unwrap();
        let scene = Scene { folder, pair };
        scene.key_has_mode(0o600);
        scene
    }

    fn key_has_mode(&self, mode: u32) {
        fs::set_permissions(&self.pair.key, Permissions::from_mode(mode)).unwrap();
    }

    /// What is said of the certificate so long before it ends, without the folder.
    fn certificate(&self, before: Duration) -> Finding {
        let end = self
            .pair
            .inspect()
            .map_or(SystemTime::now(), |facts| facts.ends);
        self.bare(certificate(&self.pair, end - before))
    }

    fn key(&self, reader: Reader) -> Finding {
        self.bare(key(&self.pair.key, reader))
    }

    fn bare(&self, finding: Finding) -> Finding {
        let folder = format!("{}/", self.folder.path().display());
        Finding {
            evidence: finding.evidence.replace(&folder, ""),
            ..finding
        }
    }

    /// What doctor says with these options.
    fn findings(&self, toml: &str) -> Vec<Finding> {
        fs::write(self.folder.path().join("askr.toml"), toml).unwrap();
        let inputs = Inputs {
            current_dir: self.folder.path().to_owned(),
            ..Inputs::default()
        };
        let settings = Settings::resolve(&inputs).unwrap();
        let findings = findings(&settings, &inputs).into_iter();
        findings.map(|finding| self.bare(finding)).collect()
    }
}

#[test]
fn names_and_the_end_are_shown() {
    let evidence = "cert.pem for shop.example ends Wed, 01 Jan 2031 00:00:00 GMT, in 14 days; \
                    its key fits";
    let expected = Finding::ok(CERTIFICATE, evidence);
    assert_eq!(Scene::new().certificate(14 * DAY), expected);
}

#[test]
fn an_end_is_noted_before_and_fails_after() {
    let scene = Scene::new();
    let near = "cert.pem for shop.example ends Wed, 01 Jan 2031 00:00:00 GMT, in 13 days: renew it";
    let expected = Finding::note(CERTIFICATE, near);
    assert_eq!(
        scene.certificate(14 * DAY - Duration::from_secs(1)),
        expected
    );

    let end = scene.pair.inspect().unwrap().ends;
    let ended = certificate(&scene.pair, end + DAY);
    let evidence = "cert.pem for shop.example ended Wed, 01 Jan 2031 00:00:00 GMT";
    assert_eq!(scene.bare(ended), Finding::fail(CERTIFICATE, evidence));
}

#[test]
fn a_key_of_another_certificate_fails() {
    let scene = Scene::new();
    fs::copy(&Scene::new().pair.key, &scene.pair.key).unwrap();

    let expected = Finding::fail(CERTIFICATE, "the key in key.pem is not that of cert.pem");
    assert_eq!(scene.certificate(DAY), expected);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_cause() {
    let scene = Scene::new();
    fs::remove_file(&scene.pair.certificate).unwrap();

    let expected = "cert.pem: No such file or directory (os error 2)";
    assert_eq!(scene.certificate(DAY), Finding::fail(CERTIFICATE, expected));
}

#[test]
fn a_key_is_safe_where_php_cannot_read_it() {
    let scene = Scene::new();
    let evidence = "key.pem has mode 0600; the user of PHP cannot read it";
    assert_eq!(scene.key(Reader::Nobody), Finding::ok(KEY, evidence));
    for reader in [
        Reader::ThisUser,
        Reader::Named("www".to_owned()),
        Reader::Unknown,
    ] {
        assert_eq!(scene.key(reader).state, State::Note);
    }
}

#[test]
fn a_key_that_others_reach_by_its_mode_is_noted() {
    let scene = Scene::new();
    for (mode, evidence) in [
        (
            0o644,
            "key.pem has mode 0644: every user of this machine is let in",
        ),
        (0o620, "key.pem has mode 0620: its group may change it"),
    ] {
        scene.key_has_mode(mode);
        assert_eq!(scene.key(Reader::Nobody), Finding::note(KEY, evidence));
    }
    scene.key_has_mode(0o640);
    assert_eq!(scene.key(Reader::Nobody).state, State::Ok);
}

#[test]
fn who_php_runs_as_is_tried() {
    let scene = Scene::new();
    let config = TlsConfig {
        certificates: Certificates::Files(vec![scene.pair.clone()]),
        client_auth: None,
        version_min: TlsVersion::V12,
        http2: true,
    };
    let read_by = |users: &[User]| reader(&scene.pair.key, &config, users);

    assert_eq!(read_by(&[Ok(None)]), Reader::ThisUser);
    let refusal = || ConfigError::Missing {
        name: "user",
        remedy: "",
    };
    assert_eq!(read_by(&[Err(refusal())]), Reader::Unknown);
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let nobody = || Ok(Account::of("nobody").unwrap());
    assert_eq!(read_by(&[nobody()]), Reader::Nobody);
    assert_eq!(read_by(&[nobody(), Err(refusal())]), Reader::Unknown);
    scene.key_has_mode(0o644);
    fs::set_permissions(&scene.folder, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(read_by(&[nobody()]), Reader::Named("nobody".to_owned()));
}

#[test]
fn every_pair_of_the_configuration_is_looked_at() {
    let scene = Scene::new();
    let subjects = |toml: &str| -> Vec<(&str, State)> {
        let findings = scene.findings(toml).into_iter();
        findings
            .map(|finding| (finding.subject, finding.state))
            .collect()
    };

    assert_eq!(subjects(""), [(CERTIFICATE, State::Ok)]);
    let https = "listen = 'https://127.0.0.1:0'";
    assert_eq!(subjects(https), [(CERTIFICATE, State::Fail)]);
    let lonely = "tls_cert = 'cert.pem'";
    assert_eq!(subjects(lonely), [(CERTIFICATE, State::Fail)]);
    let lost = "tls_cert = 'cert.pem'\ntls_key = 'lost.pem'";
    assert_eq!(subjects(lost), [(CERTIFICATE, State::Fail)]);
    let twice = "tls_cert = ['cert.pem', 'cert.pem']\ntls_key = ['key.pem', 'key.pem']";
    let pair = [(CERTIFICATE, State::Ok), (KEY, State::Note)];
    assert_eq!(subjects(twice), [pair, pair].concat());
}
