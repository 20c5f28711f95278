//! Tokens that we did not sign, or not for this: what is made for registries opens none of our own doors, and what
//! somebody else made opens none at all.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU16, Ordering},
};

use actix_web::{http::StatusCode, test::TestRequest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use portus_rs::entities::{application_token, registry_event};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{Answer, PASSWORD, SERVICE, Service, basic, claims_of, encoded},
};

/// Asks from an address that nobody has guessed from, so that it is the secret which is looked at.
async fn call(service: &Service, request: TestRequest) -> Answer {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let peer = SocketAddr::from(([198, 51, high, low], 40_000));
    service.call(request.peer_addr(peer)).await
}

/// A token of ours, as a registry gets it for root.
async fn genuine(service: &Service) -> String {
    let request = TestRequest::get()
        .uri(&format!(
            "/v2/token?service={SERVICE}&scope=registry:catalog:*"
        ))
        .insert_header(("Authorization", basic(("root", PASSWORD))));
    let answer = call(service, request).await.json();
    answer["token"].as_str().unwrap().to_owned()
}

/// The same claims, signed in every way that is not ours.
fn forged(genuine: &str) -> Vec<(&'static str, String)> {
    let claims = claims_of(genuine);
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let key = openssl::ec::EcKey::generate(&group).unwrap();
    let key = openssl::pkey::PKey::from_ec_key(key).unwrap();
    let own = EncodingKey::from_ec_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let plain = Header::new(Algorithm::ES256);
    let jwk = Header {
        jwk: Some(Jwk::from_encoding_key(&own, Algorithm::ES256).unwrap()),
        ..plain.clone()
    };
    // Our own certificate beside somebody else's signature.
    let head: Value =
        serde_json::from_slice(&B64.decode(genuine.split('.').next().unwrap()).unwrap()).unwrap();
    let x5c = Header {
        x5c: Some(serde_json::from_value(head["x5c"].clone()).unwrap()),
        ..plain.clone()
    };
    // What everybody knows, taken for what is shared.
    let certificate = STANDARD.decode(head["x5c"][0].as_str().unwrap()).unwrap();
    let certificate = openssl::x509::X509::from_der(&certificate).unwrap();
    let public = certificate
        .public_key()
        .unwrap()
        .public_key_to_pem()
        .unwrap();
    let secret = EncodingKey::from_secret(&public);
    let unsigned = |algorithm: &str| {
        let head = B64.encode(json!({"alg": algorithm, "typ": "JWT"}).to_string());
        format!("{head}.{}.", genuine.split('.').nth(1).unwrap())
    };
    vec![
        ("another key", encode(&plain, &claims, &own).unwrap()),
        ("jwk", encode(&jwk, &claims, &own).unwrap()),
        ("x5c", encode(&x5c, &claims, &own).unwrap()),
        (
            "HS256",
            encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap(),
        ),
        ("none", unsigned("none")),
        ("None", unsigned("None")),
    ]
}

on_every_database! {
    async fn a_token_for_registries_opens_no_door_of_ours_whoever_signed_it(database: TestDatabase) {
        let service = Service::on(database).await;
        let root = service.admin("root").await;
        service.token_of(&root, "ci").await;
        let genuine = genuine(&service).await;
        let mut tokens = forged(&genuine);
        tokens.push(("our own", genuine));
        for (what, token) in tokens {
            let bearer = format!("Bearer {token}");
            let by_header = |uri: &str| TestRequest::get().uri(uri).insert_header(("Authorization", bearer.clone()));
            let form = format!("grant_type=refresh_token&service={SERVICE}&refresh_token={}", encoded(&token));
            let requests = [
                by_header("/v2/"),
                by_header(&format!("/v2/token?service={SERVICE}&scope=registry:catalog:*")),
                by_header("/api/v1/users"),
                TestRequest::post().uri("/v2/webhooks/events").insert_header(("Authorization", bearer.clone()))
                    .set_payload(json!({"events": [{"action": "push", "target": {"repository": "a/b", "tag": "1",
                        "mediaType": "application/vnd.oci.image.manifest.v1+json"}, "request": {"host": SERVICE}}]}).to_string()),
                TestRequest::get().uri(&format!("/v2/token?service={SERVICE}"))
                    .insert_header(("Authorization", basic(("root", &token)))),
                TestRequest::get().uri("/api/v1/users").insert_header(("Portus-Auth", format!("root:{token}"))),
                TestRequest::post().uri("/v2/token").set_payload(form)
                    .insert_header(("Content-Type", "application/x-www-form-urlencoded")),
            ];
            for (door, request) in requests.into_iter().enumerate() {
                let answer = call(&service, request).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what} at door {door}: {}", answer.body);
                assert!(!answer.body.contains("\"token\""), "{what} at door {door}: {}", answer.body);
            }
        }
        let reader = service.app.database.reader();
        assert_eq!(registry_event::Entity::find().count(reader).await.unwrap(), 0);
        assert_eq!(application_token::Entity::find().count(reader).await.unwrap(), 1);
    }
}

/// Every secret that we give out, with a character less, more or changed, at the door where it is taken.
#[actix_web::test]
async fn a_secret_with_a_character_less_or_more_is_refused_at_every_door() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let root = service.admin("root").await;
    let token = service.token_of(&root, "ci").await;
    let login = TestRequest::get()
        .uri(&format!(
            "/v2/token?service={SERVICE}&client_id=docker&offline_token=true"
        ))
        .insert_header(("Authorization", basic(("root", PASSWORD))));
    let refresh = call(&service, login).await.json()["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let spoilt = |secret: &str| {
        let last = secret.len() - 1;
        let other = if secret.ends_with('A') { "B" } else { "A" };
        [
            secret[..last].to_owned(),
            secret[1..].to_owned(),
            format!("{secret}A"),
            format!("{secret}="),
            format!("{secret}\0"),
            format!("{}{other}", &secret[..last]),
            secret.to_uppercase(),
            format!(" {secret}"),
        ]
    };
    let docker = |secret: &str| {
        TestRequest::get()
            .uri(&format!("/v2/token?service={SERVICE}"))
            .insert_header(("Authorization", basic(("root", secret))))
    };
    let renew = |secret: &str| {
        TestRequest::post()
            .uri("/v2/token")
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(format!(
                "grant_type=refresh_token&service={SERVICE}&refresh_token={}",
                encoded(secret)
            ))
    };
    assert_eq!(call(&service, docker(&token)).await.status, StatusCode::OK);
    assert_eq!(call(&service, renew(&refresh)).await.status, StatusCode::OK);
    for secret in spoilt(&token) {
        let answer = call(&service, docker(&secret)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{secret:?}");
        if !secret.contains(['\0', ' ']) {
            let header = ("Portus-Auth", format!("root:{secret}"));
            let request = TestRequest::get()
                .uri("/api/v1/users")
                .insert_header(header);
            assert_eq!(
                call(&service, request).await.status,
                StatusCode::UNAUTHORIZED
            );
        }
    }
    for secret in spoilt(&refresh) {
        let answer = call(&service, renew(&secret)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{secret:?}");
    }
    // Each is taken at its own door only.
    let answer = call(&service, docker(&refresh)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = call(&service, renew(&token)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
