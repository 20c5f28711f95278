//! Where a request comes from is told by the connection, and by proxies that are known; nobody else is believed.

use actix_web::test::TestRequest;
use portus_rs::entities::user;
use sea_orm::EntityTrait;

use crate::support::{
    databases::TestDatabase,
    service::{PASSWORD, SERVICE, Service, basic},
};

/// The address that is kept of somebody who asked for a token.
async fn noted(service: &Service, id: i64, peer: &str, headers: &[(&'static str, &str)]) -> String {
    let mut request = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}"))
        .peer_addr(format!("{peer}:40000").parse().unwrap())
        .insert_header(("Authorization", basic(("alice", PASSWORD))));
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    assert!(service.call(request).await.status.is_success());
    service.app.usage.write(&service.app).await.unwrap();
    let find = user::Entity::find_by_id(id);
    let row = find.one(service.app.database.reader()).await.unwrap();
    row.unwrap().current_sign_in_ip.unwrap()
}

#[actix_web::test]
async fn a_forwarded_address_counts_only_from_a_known_proxy() {
    const STRANGER: &str = "203.0.113.9";
    for (proxies, peer, claimed, expected) in [
        // The private ranges are believed unless somebody says otherwise, the rest of the world is not.
        (None, STRANGER, "198.51.100.1", STRANGER),
        (None, STRANGER, "127.0.0.1", STRANGER),
        (None, "10.0.0.2", "198.51.100.1", "198.51.100.1"),
        // What a client put there itself stands to the left of what the proxy saw.
        (None, "10.0.0.2", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (Some("none"), "127.0.0.1", "198.51.100.1", "127.0.0.1"),
        (Some("192.0.2.0/24"), "10.0.0.2", "198.51.100.1", "10.0.0.2"),
        (
            Some("192.0.2.0/24"),
            "192.0.2.7",
            "198.51.100.1",
            "198.51.100.1",
        ),
    ] {
        let settings: Vec<_> = proxies
            .map(|it| ("PORTUS_TRUSTED_PROXIES", it))
            .into_iter()
            .collect();
        let service = Service::with(TestDatabase::sqlite(), &settings).await;
        let alice = service.user("alice").await;
        let seen = noted(&service, alice.id, peer, &[("X-Forwarded-For", claimed)]).await;
        assert_eq!(seen, expected, "{proxies:?} {peer} {claimed}");
    }
    // No other header says where a request comes from.
    let service = Service::on(TestDatabase::sqlite()).await;
    let alice = service.user("alice").await;
    for name in [
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "Client-IP",
    ] {
        let value = if name == "Forwarded" {
            "for=198.51.100.1"
        } else {
            "198.51.100.1"
        };
        assert_eq!(
            noted(&service, alice.id, "10.0.0.2", &[(name, value)]).await,
            "10.0.0.2",
            "{name}"
        );
    }
}
