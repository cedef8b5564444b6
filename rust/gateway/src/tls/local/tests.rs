use tempfile::TempDir;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use super::*;

fn authority(folder: &TempDir) -> LocalAuthority {
    LocalAuthority {
        folder: folder.path().join("new/authority"),
        machine: "here".to_owned(),
        names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
    }
}

fn names_in(certified: &CertifiedKey) -> Vec<String> {
    let (_, certificate) = parse_x509_certificate(&certified.cert[0]).unwrap();
    let names = certificate.subject_alternative_name().unwrap().unwrap();
    let names = names.value.general_names.iter().map(|name| match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        GeneralName::IPAddress(bytes) => format!("{bytes:?}"),
        other => panic!("{other:?}"),
    });
    names.collect()
}

#[test]
fn the_authority_is_made_once_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);

    let first = authority.open().unwrap();
    let kept = fs::read(authority.kept_file()).unwrap();
    let second = authority.open().unwrap();

    assert_eq!(fs::read(authority.kept_file()).unwrap(), kept);
    assert_eq!(
        first.authority.key().public_key_raw(),
        second.authority.key().public_key_raw()
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&authority.kept_file()), 0o600);
    assert_eq!(mode(&authority.folder), 0o700);
}

#[test]
fn what_others_are_to_trust_has_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);

    let file = authority.certificate_file().unwrap();

    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----"), "{text}");
    assert!(!text.contains("PRIVATE"), "{text}");
    let kept = fs::read_to_string(authority.kept_file()).unwrap();
    assert!(kept.starts_with(&text) && kept.contains("PRIVATE"));
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o644);
    assert_eq!(authority.certificate_file().unwrap(), file);
}

#[test]
fn clients_get_a_certificate_for_the_name_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = authority(&folder).open().unwrap();

    let shop = issuer.certificate(Some("shop.test")).unwrap();

    assert_eq!(names_in(&shop), ["shop.test"]);
    let again = issuer.certificate(Some("shop.test")).unwrap();
    assert!(Arc::ptr_eq(&shop, &again));
    let none = issuer.certificate(None).unwrap();
    assert_eq!(names_in(&none), ["localhost", "[127, 0, 0, 1]"]);
}

#[test]
fn names_that_nobody_meant_do_not_fill_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = authority(&folder).open().unwrap();

    for number in 0..=LOCAL_CERTIFICATES_MAX {
        assert!(
            issuer
                .certificate(Some(&format!("{number}.test")))
                .is_some()
        );
    }

    assert!(issuer.made.lock().unwrap().len() <= LOCAL_CERTIFICATES_MAX);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);
    authority.open().unwrap();
    let readable = Permissions::from_mode(0o640);
    fs::set_permissions(authority.kept_file(), readable).unwrap();

    let refusal = authority.open().unwrap_err();

    assert!(matches!(refusal, AuthorityError::Open { .. }), "{refusal}");
}

#[test]
fn a_damaged_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);
    authority.open().unwrap();
    fs::write(authority.kept_file(), "nothing").unwrap();

    for refusal in [
        authority.open().unwrap_err(),
        authority.certificate_file().unwrap_err(),
    ] {
        assert!(
            matches!(refusal, AuthorityError::Damaged { .. }),
            "{refusal}"
        );
    }
}
