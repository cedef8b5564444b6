use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::*;

fn variables(names: &[(DnType, &str)]) -> Vec<(&'static str, String)> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in names {
        params.distinguished_name.push(kind.clone(), *value);
    }
    params.serial_number = Some(vec![0x0a, 0xbc].into());
    params.not_before = rcgen::date_time_ymd(2026, 1, 2);
    params.not_after = rcgen::date_time_ymd(2026, 11, 22);
    let key = KeyPair::generate().unwrap();
    of_certificate(params.self_signed(&key).unwrap().der())
}

fn value<'a>(variables: &'a [(&'static str, String)], name: &str) -> &'a str {
    let found = variables.iter().find(|(known, _)| *known == name);
    &found.unwrap().1
}

#[test]
fn a_certificate_is_told_as_web_servers_do() {
    let told = variables(&[
        (DnType::CountryName, "NO"),
        (DnType::OrganizationName, "Askr"),
        (DnType::CommonName, "robot 7"),
    ]);

    assert_eq!(value(&told, "SSL_CLIENT_VERIFY"), "SUCCESS");
    assert_eq!(value(&told, "SSL_CLIENT_S_DN"), "CN=robot 7,O=Askr,C=NO");
    assert_eq!(value(&told, "SSL_CLIENT_S_DN_CN"), "robot 7");
    assert_eq!(value(&told, "SSL_CLIENT_I_DN"), "CN=robot 7,O=Askr,C=NO");
    assert_eq!(value(&told, "SSL_CLIENT_M_SERIAL"), "0ABC");
    assert_eq!(
        value(&told, "SSL_CLIENT_V_START"),
        "Jan  2 00:00:00 2026 GMT"
    );
    assert_eq!(value(&told, "SSL_CLIENT_V_END"), "Nov 22 00:00:00 2026 GMT");
    let certificate = value(&told, "SSL_CLIENT_CERT");
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(certificate.ends_with("\n-----END CERTIFICATE-----\n"));
}

#[test]
fn no_name_can_pose_as_several() {
    let told = variables(&[(DnType::CommonName, " me,O=Bank+x=\"y\" \\ \0")]);

    let name = value(&told, "SSL_CLIENT_S_DN");

    assert_eq!(name, "CN=\\ me\\,O\\=Bank\\+x\\=\\\"y\\\" \\\\ \\00");
}
