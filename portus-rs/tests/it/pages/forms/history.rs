//! The history, when what it tells of is gone.

use actix_web::test::TestRequest;
use portus_rs::{
    actions::webhooks::{self, WebhookFields},
    identity::actor::Actor,
};

use super::Site;

/// Deletes this as an admin.
async fn delete(site: &Site, token: &str, path: &str) {
    let request = TestRequest::delete()
        .uri(path)
        .insert_header(("Portus-Auth", format!("keeper:{token}")));
    let answer = site.service.call(request).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
}

#[actix_web::test]
async fn the_history_outlives_what_it_tells_of_in_any_order() {
    let site = Site::new().await;
    let service = &site.service;
    let root = service.admin("keeper").await;
    let token = service.token_of(&root, "x").await;
    let orders = [
        &["webhook", "namespace", "team", "user"][..],
        &["user", "webhook", "namespace", "team"],
        &["user", "team"],
        &["team", "user"],
        &["namespace", "user", "team"],
    ];
    for (number, order) in orders.into_iter().enumerate() {
        let person = service.user(&format!("person{number}")).await;
        let team = service.team(&format!("team{number}"), &person).await;
        let space = service
            .namespace(&format!("space{number}"), &team, "private")
            .await;
        let fields = WebhookFields {
            url: Some(format!("https://hooks{number}.example.com/")),
            ..WebhookFields::default()
        };
        let hook = webhooks::create(&service.app, &Actor::Operator, space.id, fields)
            .await
            .unwrap();
        for what in order {
            let path = match *what {
                "webhook" => format!("/api/v1/namespaces/{}/webhooks/{}", space.id, hook.id),
                "namespace" => format!("/api/v1/namespaces/{}", space.id),
                "team" => format!("/api/v1/teams/{}", team.id),
                _ => format!("/api/v1/users/{}", person.id),
            };
            delete(&site, &token, &path).await;
            for page in ["/admin/activities", "/admin/activities.csv", "/"] {
                site.get(&site.root, page).await.is(200);
            }
        }
        let table = site.get(&site.root, "/admin/activities.csv").await;
        let page = site.get(&site.root, "/admin/activities").await;
        for kept in ["person", "team", "space"] {
            table.says(&format!("{kept}{number}"));
            page.says(&format!("{kept}{number}"));
        }
    }
}
