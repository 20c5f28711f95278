//! What Portus' pages asked for beside the API, row by row.

use serde_json::json;

use super::{TestApp, row};

#[actix_web::test]
async fn what_portus_pages_asked_for_is_answered_under_the_same_addresses() {
    let app = TestApp::with_registry().await;
    let (admin, alice, eve) = (
        app.admin().await,
        app.user("alice").await,
        app.user("eve").await,
    );
    let team = app.team("devs", &alice).await;
    let shop = app.namespace("shop", &team, "private").await.id;
    let web = app.repository(shop, "web").await;
    app.repository(app.namespace("open", &team, "public").await.id, "db")
        .await;
    let hooks = format!("/namespaces/{shop}/webhooks");
    let hook =
        json!({"webhook": {"name": "ci", "url": "https://hooks.example.com/", "enabled": true}});
    let made = app
        .follow(vec![
            row(
                "a webhook",
                &alice,
                format!("POST {hooks}.json"),
                hook.clone(),
                201,
            ),
            row(
                "a webhook, a stranger",
                &eve,
                format!("POST {hooks}.json"),
                hook.clone(),
                404,
            ),
            row(
                "no URL",
                &alice,
                format!("POST {hooks}.json"),
                json!({"webhook": {"name": "x"}}),
                422,
            ),
        ])
        .await;
    let hook_id = made[0].id();
    let made = app
        .follow(vec![
            row(
                "change it",
                &alice,
                format!("PUT {hooks}/{hook_id}.json"),
                hook,
                200,
            ),
            row(
                "switch it",
                &alice,
                format!("PUT {hooks}/{hook_id}/toggle_enabled.json"),
                None,
                200,
            ),
            row(
                "a header",
                &alice,
                format!("POST {hooks}/{hook_id}/headers.json"),
                json!({"webhook_header": {"name": "X-A", "value": "b"}}),
                201,
            ),
            row(
                "a delivery that is none",
                &alice,
                format!("PUT {hooks}/{hook_id}/deliveries/77.json"),
                None,
                404,
            ),
        ])
        .await;
    assert_eq!(made[1].json()["enabled"], json!(false));
    let header = made[2].id();
    app.follow(vec![
        row(
            "no header",
            &alice,
            format!("DELETE {hooks}/{hook_id}/headers/{header}.json"),
            None,
            204,
        ),
        row(
            "no webhook",
            &alice,
            format!("DELETE {hooks}/{hook_id}.json"),
            None,
            204,
        ),
    ])
    .await;

    let at = format!("/repositories/{web}");
    let said = json!({"comment": {"body": "well"}});
    let answers = app
        .follow(vec![
            row(
                "a star",
                &alice,
                format!("POST {at}/toggle_star.json"),
                None,
                200,
            ),
            row(
                "a star, a stranger",
                &eve,
                format!("POST {at}/toggle_star.json"),
                None,
                404,
            ),
            row("own ones", &alice, "GET /repositories/team", None, 200),
            row(
                "others",
                &alice,
                "GET /repositories/other?page=1",
                None,
                200,
            ),
            row(
                "a stranger's own ones",
                &eve,
                "GET /repositories/team",
                None,
                200,
            ),
            row(
                "a stranger's others",
                &eve,
                "GET /repositories/other",
                None,
                200,
            ),
            row(
                "a comment",
                &alice,
                format!("POST {at}/comments.json"),
                said,
                201,
            ),
            row(
                "no words",
                &alice,
                format!("POST {at}/comments.json"),
                json!({"comment": {"body": ""}}),
                422,
            ),
        ])
        .await;
    assert_eq!(answers[0].json()["stars"], json!(1));
    assert_eq!(answers[2].pluck("name"), [json!("web"), json!("db")]);
    assert_eq!(answers[3].header("x-total"), Some("0"));
    assert_eq!(answers[4].json(), json!([]));
    assert_eq!(answers[5].pluck("name"), [json!("db")]);
    let comment = answers[6].id();

    let person =
        json!({"user": {"username": "p", "email": "p@example.org", "password": "12341234"}});
    let (eve_id, admin_id) = (eve.id, admin.id);
    let answers = app
        .follow(vec![
            row(
                "take it back",
                &alice,
                format!("DELETE {at}/comments/{comment}.json"),
                None,
                204,
            ),
            row(
                "teams to own a namespace",
                &alice,
                "GET /namespaces/typeahead/de",
                None,
                200,
            ),
            row("teams", &alice, "GET /teams/typeahead/de.json", None, 200),
            row(
                "people",
                &alice,
                format!("GET /teams/{}/typeahead/e", team.id),
                None,
                200,
            ),
            row(
                "an account",
                &admin,
                "POST /admin/users.json",
                person.clone(),
                200,
            ),
            row(
                "an account, not an admin",
                &alice,
                "POST /admin/users.json",
                person,
                403,
            ),
            row(
                "an admin",
                &admin,
                format!("PUT /admin/users/{eve_id}/toggle_admin"),
                None,
                200,
            ),
            row(
                "oneself",
                &admin,
                format!("PUT /admin/users/{admin_id}/toggle_admin"),
                None,
                403,
            ),
            row(
                "shut out",
                &admin,
                format!("PUT /toggle_enabled/{eve_id}"),
                None,
                200,
            ),
            row(
                "in again",
                &admin,
                format!("PUT /toggle_enabled/{eve_id}"),
                None,
                200,
            ),
            row(
                "not an admin",
                &alice,
                format!("PUT /toggle_enabled/{eve_id}"),
                None,
                403,
            ),
            row("the log", &admin, "GET /admin/activities.csv", None, 200),
        ])
        .await;
    assert_eq!(answers[1].pluck("name"), [json!("devs")]);
    assert_eq!(answers[3].pluck("name"), [json!("eve")]);
    assert_eq!(answers[4].json()["user"]["username"], json!("p"));
    assert!(
        answers[4].json().get("plain_token").is_none(),
        "for bots only"
    );
    assert_eq!(answers[6].json()["admin"], json!(true));
    assert_eq!(answers[8].json()["enabled"], json!(false));
}
