//! Bots that belong to a team.

use portus_rs::entities::tag;
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::support::{Caller, TestApp};

#[actix_web::test]
async fn owners_look_after_the_bots_of_their_team() {
    let app = TestApp::with_registry().await;
    let (admin, mary, john, eve) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
        app.user("eve").await,
    );
    let team = app.team("devs", &mary).await;
    app.member(&team, "john", "contributor").await;
    let other = app.team("ops", &eve).await;
    let path = format!("/api/v1/teams/{}/bots", team.id);
    let new = json!({"bot": {"username": "ci", "role": "contributor"}});
    app.post(&eve, &path, new.clone()).await.is(404);
    app.post(&john, &path, new.clone()).await.is(403);
    app.get(&john, &path).await.is(403);
    app.get(&eve, &path).await.is(404);
    for field in ["admin", "enabled", "bot", "owner_team_id"] {
        let body = json!({"bot": {"username": "ci", field: true}});
        app.post(&mary, &path, body).await.is(403);
    }
    let owning = json!({"bot": {"username": "ci", "role": "owner"}});
    app.post(&mary, &path, owning).await.is(422);
    let made = app.post(&mary, &path, new.clone()).await;
    let bot = made.is(201).id();
    assert_eq!(made.json()["bot"], json!(true));
    assert_eq!(made.json()["namespace_id"], json!(null));
    app.post(&mary, &path, new).await.is(422);
    assert_eq!(
        app.get(&mary, &path).await.is(200).pluck("username"),
        ["ci"]
    );
    assert_eq!(
        app.get(&admin, &path).await.is(200).pluck("username"),
        ["ci"]
    );

    let tokens = format!("/api/v1/users/{bot}/application_tokens");
    for stranger in [&john, &eve] {
        app.post(stranger, &tokens, json!({"application": "x"}))
            .await
            .is(403);
        app.get(stranger, &tokens).await.is(403);
    }
    let issued = app.post(&mary, &tokens, json!({"application": "x"})).await;
    let token = issued.is(201).json()["plain_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let robot = Caller {
        id: bot,
        auth: Some(format!("ci:{token}")),
    };
    assert_eq!(
        app.get(&robot, "/api/v1/teams").await.is(200).pluck("name"),
        ["devs"]
    );
    assert_eq!(
        app.get(&mary, &tokens).await.is(200).pluck("application"),
        ["x"]
    );

    // It stays what and where it is.
    let join = json!({"user": "ci", "role": "viewer"});
    app.post(&eve, &format!("/api/v1/teams/{}/members", other.id), join)
        .await
        .is(422);
    let member = made.json()["member_id"].as_i64().expect("an id");
    let member = format!("/api/v1/teams/{}/members/{member}", team.id);
    app.put(&mary, &member, json!({"role": "owner"}))
        .await
        .is(422);
    app.put(&mary, &member, json!({"role": "viewer"}))
        .await
        .is(200);
    app.put(&admin, &format!("/api/v1/users/{bot}/admin"), json!({}))
        .await
        .is(403);

    let one = format!("{path}/{bot}");
    let foreign = format!("/api/v1/teams/{}/bots/{bot}", other.id);
    app.delete(&eve, &foreign).await.is(404);
    app.delete(&eve, &one).await.is(404);
    app.delete(&john, &one).await.is(403);
    app.delete(&mary, &format!("{path}/{}", john.id))
        .await
        .is(404);
    app.delete(&mary, &format!("{one}/enabled")).await.is(200);
    app.get(&robot, "/api/version").await.is(401);
    app.put(&mary, &format!("{one}/enabled"), json!({}))
        .await
        .is(200);
    app.get(&robot, "/api/version").await.is(200);
    app.delete(
        &john,
        &format!("/api/v1/users/application_tokens/{}", issued.id()),
    )
    .await
    .is(403);
    app.delete(
        &mary,
        &format!("/api/v1/users/application_tokens/{}", issued.id()),
    )
    .await
    .is(204);
    app.get(&robot, "/api/version").await.is(401);
    app.delete(&mary, &one).await.is(204);
    assert_eq!(app.get(&mary, &path).await.json(), json!([]));
    app.get(&admin, &format!("/api/v1/users/{bot}"))
        .await
        .is(404);
}

#[actix_web::test]
async fn an_owner_has_no_power_over_other_peoples_accounts() {
    let app = TestApp::new().await;
    let (mary, john) = (app.user("mary").await, app.user("john").await);
    let free = app.account("robot", false, true).await;
    let team = app.team("devs", &mary).await;
    app.member(&team, "john", "viewer").await;
    app.member(&team, "robot", "viewer").await;
    for who in [&john, &free] {
        let tokens = format!("/api/v1/users/{}/application_tokens", who.id);
        app.post(&mary, &tokens, json!({"application": "x"}))
            .await
            .is(403);
        app.delete(&mary, &format!("/api/v1/users/{}/enabled", who.id))
            .await
            .is(403);
        app.delete(&mary, &format!("/api/v1/teams/{}/bots/{}", team.id, who.id))
            .await
            .is(404);
    }
}

#[actix_web::test]
async fn bots_go_with_their_team() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let team = app.team("devs", &mary).await;
    let path = format!("/api/v1/teams/{}/bots", team.id);
    let made = app
        .post(&mary, &path, json!({"bot": {"username": "ci"}}))
        .await;
    let bot = made.is(201).id();
    assert_eq!(
        made.json()["role"],
        json!("viewer"),
        "no more than asked for"
    );
    let tokens = format!("/api/v1/users/{bot}/application_tokens");
    let issued = app.post(&mary, &tokens, json!({"application": "x"})).await;
    let token = issued.is(201).json()["plain_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let robot = Caller {
        id: bot,
        auth: Some(format!("ci:{token}")),
    };
    app.get(&robot, "/api/version").await.is(200);
    app.delete(&mary, &format!("/api/v1/teams/{}", team.id))
        .await
        .is(204);
    app.get(&robot, "/api/version").await.is(401);
    app.get(&admin, &format!("/api/v1/users/{bot}"))
        .await
        .is(404);
}

#[actix_web::test]
async fn what_bots_pushed_keeps_their_names_when_the_team_hands_over() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let (old, _heir) = (app.team("old", &mary).await, app.team("heir", &mary).await);
    let shop = app.namespace("shop", &old, "private").await;
    let repository = app.repositories(shop.id, &["web".to_owned()]).await[0];
    let path = format!("/api/v1/teams/{}/bots", old.id);
    for name in ["ci", "cd"] {
        let made = app
            .post(&mary, &path, json!({"bot": {"username": name}}))
            .await;
        let bot = made.is(201).id();
        app.tag(repository, name, &format!("sha256:{name}"), Some(bot))
            .await;
    }
    app.delete(&mary, &format!("/api/v1/teams/{}?new_team=heir", old.id))
        .await
        .is(204);
    let mut kept: Vec<(String, Option<i64>, Option<String>)> = tag::Entity::find()
        .all(app.app.database.reader())
        .await
        .expect("tags")
        .into_iter()
        .map(|row| (row.name, row.user_id, row.username))
        .collect();
    kept.sort();
    let expected = ["cd", "ci"].map(|name| (name.to_owned(), None, Some(name.to_owned())));
    assert_eq!(kept, expected);
}
