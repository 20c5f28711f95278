use super::*;
use crate::protocol::token::{Claims, Expected, HeaderForm, Issue, verify};
use chrono::NaiveDateTime;
use jsonwebtoken::Algorithm;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::symm::Cipher;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

fn now() -> NaiveDateTime {
    chrono::DateTime::from_timestamp(1_795_313_626, 0)
        .unwrap()
        .naive_utc()
}

fn curve(nid: Nid) -> EcKey<openssl::pkey::Private> {
    EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()
}

fn load(dir: &Path, key: Option<&Path>, cert: Option<&Path>) -> Result<Keys, KeyError> {
    let sources = KeySources {
        data_dir: dir,
        key_path: key,
        cert_path: cert,
        tls_cert: None,
    };
    Keys::load(sources, now())
}

fn refusal<T: std::fmt::Debug>(result: Result<T, KeyError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_key_id_is_libtrusts() {
    let pem = include_str!("tests/known_public_key.pem");
    let spki = PKey::public_key_from_pem(pem.as_bytes())
        .unwrap()
        .public_key_to_der()
        .unwrap();
    assert_eq!(
        signing_key::libtrust_id(&openssl::sha::sha256(&spki)),
        "FNB6:WXUY:W4HM:HGTL:EJGA:INPX:NXHN:MWXX:2B7T:UO2X:RTQQ:TZZA"
    );
}

#[test]
fn every_usual_form_of_key_signs_and_verifies() {
    let rsa = Rsa::generate(2048).unwrap();
    let ec = curve(Nid::X9_62_PRIME256V1);
    let p384 = curve(Nid::SECP384R1);
    let pkcs8 = PKey::from_rsa(rsa.clone())
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    for (pem, algorithm) in [
        (rsa.private_key_to_pem().unwrap(), Algorithm::RS256),
        (pkcs8, Algorithm::RS256),
        (ec.private_key_to_pem().unwrap(), Algorithm::ES256),
        (
            PKey::from_ec_key(ec)
                .unwrap()
                .private_key_to_pem_pkcs8()
                .unwrap(),
            Algorithm::ES256,
        ),
        (p384.private_key_to_pem().unwrap(), Algorithm::ES384),
    ] {
        let key = SigningKey::from_pem(&pem).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        let claims = Claims::issue(Issue {
            issuer: "i",
            subject: "",
            service: "s",
            access: None,
            lifetime: Duration::from_mins(1),
            now: now(),
        });
        let token = key.sign(HeaderForm::X5c, &claims).unwrap();
        let expected = Expected {
            issuer: "i",
            service: "s",
            now: now(),
        };
        assert_eq!(
            verify(&token, std::slice::from_ref(key.verifying_key()), expected),
            Ok(claims)
        );
    }
}

#[test]
fn unusable_keys_are_refused_with_a_reason() {
    let rsa = Rsa::generate(2048).unwrap();
    let key = PKey::from_rsa(rsa.clone()).unwrap();
    let ed = PKey::generate_ed25519()
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    let cipher = Cipher::aes_128_cbc();
    for (pem, reason) in [
        (
            Rsa::generate(1024).unwrap().private_key_to_pem().unwrap(),
            "1024 bits is too weak",
        ),
        (
            curve(Nid::SECP521R1).private_key_to_pem().unwrap(),
            "curve is not supported",
        ),
        (ed, "Ed25519"),
        (
            key.private_key_to_pem_pkcs8_passphrase(cipher, b"x")
                .unwrap(),
            "is encrypted",
        ),
        (
            rsa.private_key_to_pem_passphrase(cipher, b"x").unwrap(),
            "is encrypted",
        ),
        (key.public_key_to_pem().unwrap(), "holds no private key"),
        (b"".to_vec(), "holds no private key"),
        (
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_vec(),
            "cannot be read",
        ),
    ] {
        let text = refusal(SigningKey::from_pem(&pem));
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn the_first_start_makes_a_key_and_the_second_finds_it() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("data");
    let first = load(&dir, None, None).unwrap();
    let again = load(&dir, None, None).unwrap();
    assert_eq!(first.signing.fingerprint(), again.signing.fingerprint());
    assert_eq!(first.bundle_pem().unwrap(), again.bundle_pem().unwrap());
    assert!(first.warnings.is_empty(), "{:?}", first.warnings);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("portus.key")), 0o600);
    assert_eq!(mode(&dir.join("portus.crt")), 0o600);
    assert_eq!(
        fs::read_dir(&dir).unwrap().count(),
        2,
        "no drafts stay behind"
    );
    let certificate = first.signing.certificate().unwrap();
    let years = (certificate.not_after() - now()).num_days() / 365;
    assert!((49..=51).contains(&years), "{years}");
    assert!(certificate.warning(now()).is_none());
    assert!(
        certificate
            .warning(certificate.not_after() - chrono::TimeDelta::days(100))
            .unwrap()
            .contains("ends on")
    );
    assert!(
        certificate
            .warning(certificate.not_after())
            .unwrap()
            .contains("ended on")
    );
}

#[test]
fn a_lost_certificate_is_made_again_for_the_same_key() {
    let home = TempDir::new().unwrap();
    let first = load(home.path(), None, None).unwrap();
    fs::remove_file(home.path().join("portus.crt")).unwrap();
    let again = load(home.path(), None, None).unwrap();
    assert_eq!(first.signing.fingerprint(), again.signing.fingerprint());
    assert!(again.signing.certificate().is_some());
}

#[test]
fn processes_that_start_at_once_agree() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("data");
    let start = || {
        let keys = load(&dir, None, None).unwrap();
        (
            keys.signing.fingerprint().to_owned(),
            keys.bundle_pem().unwrap(),
            secret_key_base(&dir).unwrap(),
        )
    };
    let mut seen = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    seen.dedup();
    assert_eq!(seen.len(), 1);
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 3);
}

#[test]
fn the_key_base_is_128_digits_and_stays() {
    let home = TempDir::new().unwrap();
    let made = secret_key_base(home.path()).unwrap();
    assert!(
        made.len() == 128 && made.bytes().all(|c| c.is_ascii_hexdigit()),
        "{}",
        made.len()
    );
    assert_eq!(secret_key_base(home.path()).unwrap(), made);
    fs::write(home.path().join("secret_key_base"), "").unwrap();
    assert!(refusal(secret_key_base(home.path())).contains("remove the file"));
}

#[test]
fn a_configured_key_finds_its_certificate_in_order() {
    let home = TempDir::new().unwrap();
    let file = |name: &str| home.path().join(name);
    let key = SigningKey::generate().unwrap();
    let other = SigningKey::generate().unwrap();
    let certificate = |key, days| {
        Certificate::generate(key, now() - chrono::TimeDelta::days(days))
            .unwrap()
            .to_pem()
            .unwrap()
    };
    let (own, foreign) = (certificate(&key, 0), certificate(&other, 0));
    fs::write(file("my.key"), key.to_pem().unwrap()).unwrap();
    let path = file("my.key");
    let x5c = |keys: &Keys| keys.signing.certificate().map(Certificate::fingerprint);

    let alone = load(home.path(), Some(&path), None).unwrap();
    assert_eq!(x5c(&alone), None);
    assert_eq!(
        alone.signing.effective_form(HeaderForm::X5c),
        HeaderForm::Libtrust
    );
    assert!(alone.warnings[0].contains("PORTUS_CERT_PATH"));
    assert!(
        !file("portus.key").exists(),
        "nothing is generated beside a configured key"
    );

    fs::write(file("tls.crt"), &own).unwrap();
    let tls = file("tls.crt");
    let sources = KeySources {
        data_dir: home.path(),
        key_path: Some(&path),
        cert_path: None,
        tls_cert: Some(&tls),
    };
    assert!(x5c(&Keys::load(sources, now()).unwrap()).is_some());

    fs::write(file("my.crt"), &foreign).unwrap();
    assert_eq!(x5c(&load(home.path(), Some(&path), None).unwrap()), None);

    fs::write(file("my.pem"), format!("# comment\n{foreign}{own}")).unwrap();
    let beside = load(home.path(), Some(&path), None).unwrap();
    assert!(x5c(&beside).is_some());
    assert_eq!(beside.bundle.len(), 2);
    let jwks = beside.jwks().unwrap();
    let kids: Vec<_> = jwks.keys.iter().map(|key| key.kid.as_str()).collect();
    assert_eq!(kids, [key.key_id(), other.key_id()]);

    let elder = certificate(&key, 30);
    fs::write(file("chosen"), &elder).unwrap();
    let chosen = load(home.path(), Some(&path), Some(&file("chosen"))).unwrap();
    assert_eq!(
        x5c(&chosen),
        Some(Certificate::bundle(elder.as_bytes()).unwrap()[0].fingerprint())
    );

    let wrong = load(home.path(), Some(&path), Some(&file("my.crt"))).unwrap();
    assert!(wrong.warnings[0].contains("my.crt"), "{:?}", wrong.warnings);
    assert!(refusal(load(home.path(), Some(&path), Some(&file("none")))).contains("none"));
    assert!(refusal(load(home.path(), Some(&file("none")), None)).contains("cannot read"));
}

#[test]
fn a_published_sample_key_is_refused() {
    let key = SigningKey::generate().unwrap();
    assert!(load::refuse_samples(&key, &[]).is_ok());
    assert!(refusal(load::refuse_samples(&key, &[key.fingerprint()])).contains("published"));
}

#[test]
fn the_jwks_can_verify_our_tokens() {
    for pem in [
        Rsa::generate(2048).unwrap().private_key_to_pem().unwrap(),
        curve(Nid::X9_62_PRIME256V1).private_key_to_pem().unwrap(),
        curve(Nid::SECP384R1).private_key_to_pem().unwrap(),
    ] {
        let key = SigningKey::from_pem(&pem).unwrap();
        let shown = serde_json::to_value(jwks::Jwks::new(&key, &[]).unwrap()).unwrap();
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(shown.clone()).unwrap();
        assert_eq!(shown["keys"][0]["use"], "sig");
        assert!(shown["keys"][0].get("x5c").is_none());
        let public = jsonwebtoken::DecodingKey::from_jwk(set.find(key.key_id()).unwrap()).unwrap();
        let public = crate::protocol::token::VerifyingKey::new(key.algorithm(), public);
        let claims = Claims::issue(Issue {
            issuer: "i",
            subject: "u",
            service: "s",
            access: None,
            lifetime: Duration::from_mins(1),
            now: now(),
        });
        let token = key.sign(HeaderForm::Jwks, &claims).unwrap();
        let expected = Expected {
            issuer: "i",
            service: "s",
            now: now(),
        };
        assert!(verify(&token, &[public], expected).is_ok());
    }
}

#[test]
fn the_provider_signs_and_checks_every_algorithm_it_offers() {
    use jsonwebtoken::{DecodingKey, EncodingKey, crypto};
    install_provider();
    install_provider();
    let rsa = Rsa::generate(2048).unwrap();
    let ed = PKey::generate_ed25519().unwrap();
    let p384 = PKey::from_ec_key(curve(Nid::SECP384R1)).unwrap();
    let rsa_keys = || {
        (
            EncodingKey::from_rsa_der(&rsa.private_key_to_der().unwrap()),
            DecodingKey::from_rsa_der(&rsa.public_key_to_der_pkcs1().unwrap()),
        )
    };
    let secret = || {
        (
            EncodingKey::from_secret(b"k"),
            DecodingKey::from_secret(b"k"),
        )
    };
    let mut cases = vec![(
        Algorithm::EdDSA,
        (
            EncodingKey::from_ed_der(&ed.private_key_to_pkcs8().unwrap()),
            DecodingKey::from_ed_der(&ed.raw_public_key().unwrap()),
        ),
    )];
    for algorithm in [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ] {
        cases.push((algorithm, rsa_keys()));
    }
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        cases.push((algorithm, secret()));
    }
    for (algorithm, (private, public)) in cases {
        let signature = crypto::sign(b"message", &private, algorithm).unwrap();
        assert!(
            crypto::verify(&signature, b"message", &public, algorithm).unwrap(),
            "{algorithm:?}"
        );
        assert!(
            !crypto::verify(&signature, b"massage", &public, algorithm).unwrap(),
            "{algorithm:?}"
        );
    }
    let wrong_curve = EncodingKey::from_ec_der(&p384.private_key_to_pkcs8().unwrap());
    assert!(crypto::sign(b"message", &wrong_curve, Algorithm::ES256).is_err());
    let weak = Rsa::generate(1024)
        .unwrap()
        .public_key_to_der_pkcs1()
        .unwrap();
    let weak = DecodingKey::from_rsa_der(&weak);
    assert!(crypto::verify("AAAA", b"message", &weak, Algorithm::RS256).is_err());
}
