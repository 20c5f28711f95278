//! Teams and their members.

use serde_json::json;

use super::row;
use crate::api::support::TestApp;

#[actix_web::test]
async fn making_and_changing() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let mine = app.get(&admin, &format!("/api/v1/users/{}", mary.id)).await;
    let namespace = mine.json()["namespace_id"].as_i64().expect("a namespace");
    let namespace = app
        .get(&admin, &format!("/api/v1/namespaces/{namespace}"))
        .await;
    let hidden = namespace.json()["team"]["id"].as_i64().expect("a team");
    let path = "POST /api/v1/teams";
    app.follow(vec![
        row("good", &mary, path, json!({"name": "devs"}), 201),
        row("no name", &mary, path, json!({"name": ""}), 422),
        row(
            "another owner as non-admin",
            &mary,
            path,
            json!({"name": "x", "owner_id": admin.id}),
            403,
        ),
        row(
            "a hidden one as admin",
            &admin,
            format!("PUT /api/v1/teams/{hidden}"),
            json!({"team": {"description": "x"}}),
            403,
        ),
    ])
    .await;

    let off = TestApp::with(&[("PORTUS_USER_PERMISSION_CREATE_TEAM_ENABLED", "false")]).await;
    let (admin, mary) = (off.admin().await, off.user("mary").await);
    off.follow(vec![
        row("off, as user", &mary, path, json!({"name": "devs"}), 403),
        row("off, as admin", &admin, path, json!({"name": "devs"}), 201),
    ])
    .await;
}

#[actix_web::test]
async fn members() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let john = app.user("john").await;
    let team = app.team("devs", &mary).await;
    let path = format!("/api/v1/teams/{}/members", team.id);
    let add = |user: &str, role: &str| json!({"user": user, "role": role});
    let post = format!("POST {path}");
    let answers = app
        .follow(vec![
            row("somebody", &mary, &post, add("john", "viewer"), 201),
            row(
                "an admin as viewer",
                &mary,
                &post,
                add("admin", "viewer"),
                201,
            ),
            row("again", &mary, &post, add("john", "viewer"), 422),
            row(
                "an unknown team",
                &admin,
                "POST /api/v1/teams/4711/members",
                add("john", "viewer"),
                404,
            ),
            row(
                "an unknown user",
                &mary,
                &post,
                add("nobody", "viewer"),
                404,
            ),
            row("nothing said", &mary, &post, json!({}), 400),
        ])
        .await;
    assert_eq!(answers[1].json()["role"], "owner");
    let (of_john, of_admin) = (answers[0].id(), answers[1].id());
    let rows = app.get(&mary, &path).await.json();
    let of_mary = rows
        .as_array()
        .and_then(|rows| rows.iter().find(|it| it["username"] == "mary"))
        .and_then(|it| it["member_id"].as_i64())
        .expect("a membership");
    let answers = app
        .follow(vec![
            row(
                "demoting an admin",
                &mary,
                format!("PUT {path}/{of_admin}"),
                json!({"role": "viewer"}),
                422,
            ),
            row(
                "removing one of two owners",
                &mary,
                format!("DELETE {path}/{of_admin}"),
                None,
                204,
            ),
            row(
                "removing the only owner",
                &mary,
                format!("DELETE {path}/{of_mary}"),
                None,
                422,
            ),
            row(
                "a viewer adds nobody",
                &john,
                &post,
                add("admin", "viewer"),
                403,
            ),
            row(
                "removing somebody",
                &mary,
                format!("DELETE {path}/{of_john}"),
                None,
                204,
            ),
        ])
        .await;
    assert_eq!(
        answers[0].message(),
        "User cannot be demoted because it's a Portus admin"
    );
    assert_eq!(
        answers[2].message(),
        "Cannot remove the only owner of the team"
    );
}
