use std::sync::LazyLock;

use jsonwebtoken::EncodingKey;
use openssl::{
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkey::PKey,
    rsa::Rsa,
};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::keys::install_provider;

const ISSUER: &str = "https://id.example";
const CLIENT: &str = "portus-rs";

/// A key pair as an issuer has it.
struct Pair {
    algorithm: Algorithm,
    private: EncodingKey,
    jwk: Value,
}

static RSA: LazyLock<Pair> = LazyLock::new(|| {
    install_provider();
    let rsa = Rsa::generate(2048).unwrap();
    let b64 = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({"kty": "RSA", "kid": "one", "use": "sig",
        "n": b64(rsa.n().to_vec()), "e": b64(rsa.e().to_vec())});
    Pair {
        algorithm: Algorithm::RS256,
        private: EncodingKey::from_rsa_der(&rsa.private_key_to_der().unwrap()),
        jwk,
    }
});

static EC: LazyLock<Pair> = LazyLock::new(|| {
    install_provider();
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = EcKey::generate(&group).unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let (mut x, mut y) = (
        openssl::bn::BigNum::new().unwrap(),
        openssl::bn::BigNum::new().unwrap(),
    );
    key.public_key()
        .affine_coordinates(&group, &mut x, &mut y, &mut context)
        .unwrap();
    let b64 =
        |number: &openssl::bn::BigNum| URL_SAFE_NO_PAD.encode(number.to_vec_padded(32).unwrap());
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "two", "alg": "ES256", "x": b64(&x), "y": b64(&y)});
    let der = PKey::from_ec_key(key)
        .unwrap()
        .private_key_to_pkcs8()
        .unwrap();
    Pair {
        algorithm: Algorithm::ES256,
        private: EncodingKey::from_ec_der(&der),
        jwk,
    }
});

fn now() -> NaiveDateTime {
    chrono::DateTime::from_timestamp(1_800_000_000, 0)
        .unwrap()
        .naive_utc()
}

fn claims() -> Value {
    let now = now().and_utc().timestamp();
    json!({"iss": ISSUER, "sub": "248289761001", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": "n-0S6"})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is written where it is called"
)]
fn with(change: Value) -> Value {
    let mut claims = claims();
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign_as(pair: &Pair, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &pair.private, pair.algorithm).unwrap();
    format!("{message}.{signature}")
}

fn sign(pair: &Pair, claims: &Value) -> String {
    let alg = name_of(pair.algorithm);
    sign_as(pair, &json!({"alg": alg, "kid": pair.jwk["kid"]}), claims)
}

fn keys(pairs: &[&Pair]) -> Keys {
    let keys: Vec<_> = pairs.iter().map(|pair| pair.jwk.clone()).collect();
    Keys::read(&json!({ "keys": keys }))
}

fn read(text: &str, keys: &Keys) -> Result<String, Fault> {
    let token = Token::read(text)?;
    let claims = token.verified(keys)?;
    let expected = Expected {
        issuer: ISSUER,
        audience: CLIENT,
        nonce: Some("n-0S6"),
        now: now(),
    };
    claims.check(expected).map(|()| claims.subject.clone())
}

#[test]
fn a_good_token_of_each_kind_of_key_is_believed() {
    let keys = keys(&[&RSA, &EC]);
    for pair in [&*RSA, &*EC] {
        assert_eq!(read(&sign(pair, &claims()), &keys).unwrap(), "248289761001");
        let unnamed = sign_as(pair, &json!({"alg": name_of(pair.algorithm)}), &claims());
        assert!(read(&unnamed, &keys).is_ok());
    }
}

#[test]
fn what_is_wrong_with_a_token_is_told_apart() {
    let keys = keys(&[&RSA]);
    let at = |seconds: i64| now().and_utc().timestamp() + seconds;
    for (change, fault) in [
        (json!({"exp": at(-60)}), Fault::Expired),
        (json!({"exp": "soon"}), Fault::Malformed),
        (json!({"exp": null}), Fault::Malformed),
        (json!({"nbf": at(61)}), Fault::Early),
        (json!({"iat": at(61)}), Fault::Early),
        (json!({"iss": "https://id.example/"}), Fault::OtherIssuer),
        (json!({"aud": "somebody-else"}), Fault::OtherAudience),
        (
            json!({"aud": [CLIENT, "somebody-else"]}),
            Fault::OtherAudience,
        ),
        (
            json!({"aud": [CLIENT], "azp": "somebody-else"}),
            Fault::OtherAudience,
        ),
        (json!({"aud": []}), Fault::OtherAudience),
        (json!({"nonce": "another"}), Fault::OtherNonce),
        (json!({"nonce": null}), Fault::OtherNonce),
        (json!({"sub": ""}), Fault::Incomplete),
        (json!({"iss": null}), Fault::Incomplete),
    ] {
        assert_eq!(
            read(&sign(&RSA, &with(change.clone())), &keys),
            Err(fault),
            "{change}"
        );
    }
    for fine in [
        json!({"exp": at(-59)}),
        json!({"nbf": at(60), "iat": at(60)}),
        json!({"exp": at(300), "aud": [CLIENT, "another"], "azp": CLIENT}),
        json!({"iat": 1_799_999_999.5}),
    ] {
        assert!(
            read(&sign(&RSA, &with(fine.clone())), &keys).is_ok(),
            "{fine}"
        );
    }
}

#[test]
fn neither_key_nor_algorithm_is_taken_from_the_header() {
    let both = keys(&[&RSA, &EC]);
    let body = claims();
    let unsigned = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&body));
    assert_eq!(read(&unsigned, &both), Err(Fault::Forged));
    // The public key as a shared secret.
    let modulus = URL_SAFE_NO_PAD
        .decode(RSA.jwk["n"].as_str().unwrap())
        .unwrap();
    for secret in [modulus, RSA.jwk.to_string().into_bytes()] {
        let forger = Pair {
            algorithm: Algorithm::HS256,
            private: EncodingKey::from_secret(&secret),
            jwk: RSA.jwk.clone(),
        };
        let header = json!({"alg": "HS256", "kid": "one"});
        assert_eq!(
            read(&sign_as(&forger, &header, &body), &both),
            Err(Fault::Forged)
        );
    }
    // A key of the forger's own, brought along.
    let own =
        json!({"alg": "RS256", "kid": "one", "jwk": RSA.jwk, "jku": "https://evil.example/jwks"});
    let ec_signed = sign_as(&EC, &own, &body);
    assert_eq!(read(&ec_signed, &both), Err(Fault::Forged));
    let stranger = sign_as(
        &EC,
        &json!({"alg": "ES256", "kid": "nobody's", "jwk": EC.jwk}),
        &body,
    );
    assert_eq!(read(&stranger, &both), Err(Fault::UnknownKey));
    assert_eq!(
        read(&sign(&EC, &body), &keys(&[&RSA])),
        Err(Fault::UnknownKey)
    );
    // Another algorithm than the key's.
    let other = sign_as(&RSA, &json!({"alg": "RS512", "kid": "one"}), &body);
    assert_eq!(read(&other, &both), Err(Fault::Forged));
    let critical = json!({"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": false});
    assert_eq!(
        read(&sign_as(&RSA, &critical, &body), &both),
        Err(Fault::Malformed)
    );
}

#[test]
fn keys_that_cannot_verify_are_left_out() {
    let mut encrypting = RSA.jwk.clone();
    encrypting["use"] = json!("enc");
    let mut odd = EC.jwk.clone();
    odd["alg"] = json!("RS256");
    let set = json!({"keys": [
        {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}, encrypting, odd, {"kty": "new"}, 7, {},
    ]});
    assert!(Keys::read(&set).is_empty());
    assert!(Keys::read(&json!([])).is_empty());
}

#[test]
fn a_changed_token_is_forged() {
    let keys = keys(&[&RSA]);
    let good = sign(&RSA, &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = encoded(&with(json!({"sub": "1"})));
    assert_eq!(
        read(&format!("{header}.{other}.{signature}"), &keys),
        Err(Fault::Forged)
    );
    assert_eq!(read(&format!("{signed}."), &keys), Err(Fault::Forged));
    let longer = format!("{good}{}", "A".repeat(LONGEST));
    assert_eq!(read(&longer, &keys), Err(Fault::Malformed));
    assert!(looks_like_one(&good));
    for text in [
        "",
        "eyJ",
        "eyJ.a",
        "eyJ.a.b.c",
        "correct horse.battery.staple",
        "eyJ..x",
    ] {
        assert!(!looks_like_one(text), "{text}");
    }
}

static GOOD: LazyLock<String> = LazyLock::new(|| sign(&EC, &claims()));

proptest! {
    #[test]
    fn no_other_token_is_as_good(at in any::<prop::sample::Index>(), put in "[A-Za-z0-9_.-]{0,2}", cut in 0_usize..3) {
        let at = at.index(GOOD.len() + 1);
        let end = (at + cut).min(GOOD.len());
        let other = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        let read = read(&other, &keys(&[&EC]));
        prop_assert_eq!(read.is_ok(), other == *GOOD, "{}", other);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
        let _ = read(&text, &Keys::default());
        let _ = read(&format!("eyJ.{text}.x"), &Keys::default());
        let body = URL_SAFE_NO_PAD.encode(&text);
        let _ = read(&format!("{}.{body}.x", encoded(&json!({"alg": "RS256"}))), &Keys::default());
    }
}
