use super::*;
use crate::keys::{Certificate, SigningKey};
use crate::protocol::scope::Action;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use jsonwebtoken::jwk::Jwk;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let key = SigningKey::generate().unwrap();
    let certificate = Certificate::generate(&key, now()).unwrap();
    key.with_certificate(certificate).unwrap()
});

fn now() -> NaiveDateTime {
    chrono::DateTime::from_timestamp(1_795_313_626, 0)
        .unwrap()
        .naive_utc()
}

fn claims(access: Option<Vec<Access>>) -> Claims {
    Claims::issue(Issue {
        issuer: "portus-lab",
        subject: "alice",
        service: "registry.lab",
        access,
        lifetime: Duration::from_mins(5),
        now: now(),
    })
}

fn signed() -> String {
    let access = Access::repository("team/app", [Action::Pull, Action::Push]);
    KEY.sign(HeaderForm::X5c, &claims(Some(vec![access])))
        .unwrap()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&B64.decode(part).unwrap()).unwrap()
}

fn read(token: &str) -> Result<Claims, TokenError> {
    read_at(token, now())
}

fn read_at(token: &str, now: NaiveDateTime) -> Result<Claims, TokenError> {
    let expected = Expected {
        issuer: "portus-lab",
        service: "registry.lab",
        now,
    };
    verify(token, std::slice::from_ref(KEY.verifying_key()), expected)
}

#[test]
fn claims_have_the_shape_that_every_registry_accepts() {
    let mut claims = part(&signed(), 1);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 32);
    assert_eq!(
        claims,
        json!({
            "iss": "portus-lab", "sub": "alice", "aud": "registry.lab",
            "exp": 1_795_313_926, "nbf": 1_795_313_506, "iat": 1_795_313_626,
            "access": [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}],
        })
    );
}

#[test]
fn access_is_left_out_or_a_list_and_never_null() {
    let shape = |access| {
        serde_json::to_value(claims(access))
            .unwrap()
            .get("access")
            .cloned()
    };
    assert_eq!(shape(None), None);
    assert_eq!(shape(Some(vec![])), Some(json!([])));
}

#[test]
fn every_token_has_another_id() {
    assert_ne!(claims(None).jti, claims(None).jti);
}

#[test]
fn each_form_names_the_key_its_own_way() {
    let header = |form| part(&KEY.sign(form, &claims(None)).unwrap(), 0);
    let der = KEY.certificate().unwrap().der();
    let x5c = base64::engine::general_purpose::STANDARD.encode(der);
    assert_eq!(
        header(HeaderForm::X5c),
        json!({"typ": "JWT", "alg": "ES256", "x5c": [x5c]})
    );
    let kid = json!({"typ": "JWT", "alg": "ES256", "kid": KEY.key_id()});
    assert_eq!(header(HeaderForm::Libtrust), kid);
    assert_eq!(header(HeaderForm::Jwks), kid);
    for form in [HeaderForm::X5c, HeaderForm::Libtrust, HeaderForm::Jwks] {
        assert_eq!(form.as_str().parse(), Ok(form));
    }
    assert!("x5t".parse::<HeaderForm>().is_err());
}

#[test]
fn the_answer_says_the_token_twice() {
    let claims = claims(None);
    let answer = serde_json::to_value(TokenAnswer::new("T".into(), &claims, None)).unwrap();
    assert_eq!(
        answer,
        json!({"token": "T", "access_token": "T", "expires_in": 300})
    );
    let answer = TokenAnswer::new("T".into(), &claims, Some("R".into()));
    assert_eq!(serde_json::to_value(answer).unwrap()["refresh_token"], "R");
}

#[test]
fn our_own_tokens_are_read_back() {
    let token = signed();
    let claims = read(&token).unwrap();
    assert_eq!((claims.sub.as_str(), claims.exp), ("alice", 1_795_313_926));
    assert_eq!(
        claims.access.unwrap()[0].actions,
        [Action::Pull, Action::Push]
    );
}

#[test]
fn times_and_names_must_fit() {
    let token = signed();
    let after = |seconds| now() + chrono::TimeDelta::seconds(seconds);
    assert!(read_at(&token, after(359)).is_ok());
    assert_eq!(read_at(&token, after(360)), Err(TokenError::Expired));
    assert!(read_at(&token, after(-180)).is_ok());
    assert_eq!(read_at(&token, after(-181)), Err(TokenError::Expired));
    let keys = [KEY.verifying_key().clone()];
    for (issuer, service) in [
        ("portus-lab/", "registry.lab"),
        ("portus-lab", "Registry.lab"),
    ] {
        let expected = Expected {
            issuer,
            service,
            now: now(),
        };
        assert_eq!(verify(&token, &keys, expected), Err(TokenError::Elsewhere));
    }
}

#[test]
fn a_token_with_one_character_more_or_less_is_refused() {
    let token = signed();
    assert!(read(&token).is_ok());
    assert_eq!(read(&token[..token.len() - 1]), Err(TokenError::Untrusted));
    for extra in ["A", "=", ".", " ", "\n"] {
        assert_eq!(
            read(&format!("{token}{extra}")),
            Err(TokenError::Untrusted),
            "{extra:?}"
        );
    }
    assert_eq!(read(&format!(" {token}")), Err(TokenError::Untrusted));
    // The last character carries bits that are not used: another one must not pass for it.
    let head = &token[..token.len() - 1];
    let passing = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        .chars()
        .filter(|c| read(&format!("{head}{c}")).is_ok());
    assert_eq!(passing.count(), 1);
}

#[test]
fn forged_tokens_are_refused_whatever_their_header_says() {
    crate::keys::install_provider();
    let mallory = SigningKey::generate().unwrap();
    let certificate = Certificate::generate(&mallory, now()).unwrap();
    let mallory = mallory.with_certificate(certificate).unwrap();
    let claims = claims(Some(vec![Access::catalog(Action::All)]));
    assert!(mallory.sign(HeaderForm::X5c, &claims).is_ok());
    assert_eq!(
        read(&mallory.sign(HeaderForm::X5c, &claims).unwrap()),
        Err(TokenError::Untrusted)
    );
    assert_eq!(
        read(&mallory.sign(HeaderForm::Libtrust, &claims).unwrap()),
        Err(TokenError::Untrusted)
    );

    // With the forger's own key in `jwk`.
    let pem = mallory.to_pem().unwrap();
    let der = openssl::pkey::PKey::private_key_from_pem(&pem).unwrap();
    let own = EncodingKey::from_ec_der(&der.private_key_to_pkcs8().unwrap());
    let mut header = Header::new(Algorithm::ES256);
    header.jwk = Some(Jwk::from_encoding_key(&own, Algorithm::ES256).unwrap());
    assert_eq!(
        read(&claims.encode(&header, &own).unwrap()),
        Err(TokenError::Untrusted)
    );

    // `none`, and our public key taken for a shared secret.
    let body = B64.encode(serde_json::to_vec(&claims).unwrap());
    for alg in ["none", "None", "ES512", "HS256"] {
        let head = B64.encode(json!({"typ": "JWT", "alg": alg}).to_string());
        for tail in ["", "AAAA"] {
            assert_eq!(
                read(&format!("{head}.{body}.{tail}")),
                Err(TokenError::Untrusted)
            );
        }
    }
    let certificate = KEY.certificate().unwrap();
    for secret in [
        certificate.der().to_vec(),
        certificate.to_pem().unwrap().into_bytes(),
    ] {
        let secret = EncodingKey::from_secret(&secret);
        let token = claims
            .encode(&Header::new(Algorithm::HS256), &secret)
            .unwrap();
        assert_eq!(read(&token), Err(TokenError::Untrusted));
    }

    // Our signature under other claims, and claims of other types.
    let ours = signed();
    let signature = ours.rsplit('.').next().unwrap();
    let head = ours.split('.').next().unwrap();
    assert_eq!(
        read(&format!("{head}.{body}.{signature}")),
        Err(TokenError::Untrusted)
    );
    assert_eq!(read(&"a".repeat(MAX_TOKEN + 1)), Err(TokenError::Untrusted));
}

proptest! {
    #[test]
    fn no_text_is_believed(text in "[A-Za-z0-9_.=-]{0,200}") {
        prop_assert_eq!(read(&text), Err(TokenError::Untrusted));
    }

    #[test]
    fn a_token_changed_anywhere_is_refused(place in any::<proptest::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let token = signed();
        let place = place.index(token.len());
        let changed = format!("{}{to}{}", &token[..place], &token[place + 1..]);
        prop_assert_eq!(read(&changed).is_ok(), changed == token);
    }
}
