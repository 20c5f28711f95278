//! What admins are warned of before it hurts: notifications that anybody could send, and a certificate near its end.

use actix_web::test::TestRequest;
use chrono::TimeDelta;
use portus_rs::{
    actions::{
        registries,
        tags::{self, Applied},
    },
    entities::{EventState, registry_event},
    identity::actor::Actor,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::{Html, Site};
use crate::api::sessions::Browser;

impl Site {
    /// A notification in the name of a registry at this host, with a secret or none.
    async fn notified(&self, id: &str, host: &str, secret: Option<&str>) -> u16 {
        let event = json!({"events": [{
            "id": id,
            "timestamp": "2026-11-22T12:00:00Z",
            "action": "push",
            "target": {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": format!("sha256:{}", "0".repeat(64)),
                "repository": "web/app",
                "tag": "1",
            },
            "request": {"host": host},
            "actor": {"name": "anna"},
            "source": {},
        }]});
        let mut request = TestRequest::post()
            .uri("/v2/webhooks/events")
            .set_payload(event.to_string());
        if let Some(secret) = secret {
            request = request.insert_header(("Authorization", format!("Bearer {secret}")));
        }
        self.service.call(request).await.status.as_u16()
    }

    /// Applies what has been taken in, as the worker does.
    async fn apply(&self) {
        let app = &self.service.app;
        let rows = registry_event::Entity::find()
            .filter(registry_event::Column::State.eq(EventState::Fresh))
            .all(app.database.reader());
        let applied = tags::apply(app, &rows.await.unwrap()).await.unwrap();
        assert_eq!(applied, Applied::Settled { dead: 0 });
    }
}

#[actix_web::test]
async fn notifications_that_prove_nothing_are_warned_of_until_the_secret_comes() {
    let site = Site::new().await;
    site.web().await;
    let open = "Anybody may tell events in its name";
    let unproven = "registry sends events without its secret";
    let registry = &site.service.registry;
    let edit = format!("/admin/registries/{}/edit", registry.id);
    site.get(&site.root, "/admin")
        .await
        .is(200)
        .says(&format!("{open}</span> <a href=\"{edit}\">Set it up</a>"));
    // Who sends nothing sends nothing in the clear either.
    site.get(&site.root, "/")
        .await
        .says("has not told of anything yet")
        .lacks(unproven);
    let host = &registry.hostname;
    assert_eq!(site.notified("one", host, None).await, 202);
    site.apply().await;
    site.get(&site.root, "/").await.says(unproven);
    site.get(&site.anna, "/").await.lacks(unproven);
    site.get(&site.root, "/admin").await.says(open);

    let app = &site.service.app;
    let secret = registries::renew_events_secret(app, &Actor::Operator, registry.id);
    let secret = secret.await.unwrap();
    assert_eq!(site.notified("two", host, Some(&secret)).await, 202);
    site.get(&site.root, "/admin")
        .await
        .says("Only with the registry&#39;s secret")
        .lacks(open);
    site.get(&site.root, "/").await.lacks(unproven);
    assert_eq!(site.notified("three", host, None).await, 401);
}

#[actix_web::test]
async fn hosts_that_are_no_registry_of_ours_are_named() {
    let site = Site::new().await;
    let host = "<xss-canary>.example:5000";
    for number in ["one", "two"] {
        assert_eq!(site.notified(number, host, None).await, 202);
    }
    let escaped = "&lt;xss-canary&gt;.example:5000";
    let page = site.get(&site.root, "/admin").await;
    page.says("Hosts that send notifications and are no registry of ours")
        .says(escaped)
        .lacks(host);
    // How many, and which one it perhaps is.
    let row = page.between(escaped, "</tr>");
    assert!(row.contains("class=\"number\">2</td>"), "{row}");
    assert!(row.contains(">registry</td>"), "{row}");
    site.get(&site.root, "/")
        .await
        .says(&format!(
            "{escaped} sends events and is no registry known here"
        ))
        .lacks(host);
}

#[actix_web::test]
async fn the_end_of_the_certificate_is_announced_months_before() {
    let site = Site::new().await;
    let app = &site.service.app;
    let end = app.keys.signing.certificate().unwrap().not_after();
    let day = end.format("%Y-%m-%d");
    let near = format!("The token certificate ends on {day}");
    let past = format!("The token certificate ended on {day}");
    for (left, well, said) in [
        (365, true, None),
        (100, false, Some(&near)),
        (-1, false, Some(&past)),
    ] {
        let now = app.clock.now();
        app.clock.advance(end - TimeDelta::days(left) - now);
        // Whoever was signed in is not any more.
        let root = Browser::signed_in(&site.service, "root").await;
        let page = site.get(&root, "/admin").await;
        page.is(200).says("Its certificate ends");
        for text in [&near, &past] {
            assert_eq!(page.0.body.contains(text.as_str()), said == Some(text));
        }
        // In the language of who reads it.
        let request = root
            .request(actix_web::http::Method::GET, "/admin")
            .insert_header(("Accept-Language", "ja"));
        let page = Html(site.service.call(request).await);
        page.is(200).lacks("token certificate");
        let told = format!("トークンの証明書は {day} に失効");
        assert_eq!(page.0.body.contains(&told), said.is_some(), "{left}");
        let home = site.get(&root, "/").await;
        let sign = home.between("<ul class=\"signs\">", "</ul>");
        let sign = sign
            .split("<li ")
            .find(|it| it.contains("The signing certificate ends"));
        let sign = sign.unwrap();
        assert_eq!(sign.starts_with("class=\"well\""), well, "{left}: {sign}");
    }
}
