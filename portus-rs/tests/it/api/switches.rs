//! What admins do to accounts, and what people do to their own.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::support::{Caller, TestApp};

async fn me(app: &TestApp, who: &Caller) -> Value {
    app.get(who, "/api/v1/profile").await.is(200).json()
}

fn path(who: &Caller, what: &str) -> String {
    format!("/api/v1/users/{}/{what}", who.id)
}

#[actix_web::test]
async fn admins_are_made_and_unmade_by_others() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let bot = app.account("robot", false, true).await;
    let set = async |who: &Caller, method: Method, of: &Caller, what: &str| {
        app.send(who, method, &path(of, what), None).await
    };
    set(&mary, Method::PUT, &mary, "toggle_admin").await.is(403);
    set(&mary, Method::PUT, &mary, "admin").await.is(403);
    set(&admin, Method::PUT, &admin, "toggle_admin")
        .await
        .is(403);
    set(&admin, Method::DELETE, &admin, "admin").await.is(403);
    set(&admin, Method::PUT, &bot, "admin").await.is(403);
    app.put(&admin, "/api/v1/users/4711/toggle_admin", json!({}))
        .await
        .is(404);
    for _ in 0..2 {
        let made = set(&admin, Method::PUT, &mary, "admin").await;
        assert_eq!(made.is(200).json()["admin"], json!(true));
    }
    app.get(&mary, "/api/v1/users").await.is(200);
    let global = app.get(&admin, "/api/v1/namespaces?all=true").await.json();
    let global = global
        .as_array()
        .expect("a list")
        .iter()
        .find(|it| it["global"] == json!(true));
    let team = global.expect("the global one")["team"]["id"]
        .as_i64()
        .expect("an id");
    let members = app
        .get(&admin, &format!("/api/v1/teams/{team}/members"))
        .await;
    assert!(members.is(200).pluck("username").contains(&json!("mary")));
    let toggled = set(&admin, Method::PUT, &mary, "toggle_admin").await;
    assert_eq!(toggled.is(200).json()["admin"], json!(false));
    app.get(&mary, "/api/v1/users").await.is(403);
    let members = app
        .get(&admin, &format!("/api/v1/teams/{team}/members"))
        .await;
    assert!(!members.pluck("username").contains(&json!("mary")));
    let portus = app
        .get(&admin, "/api/v1/users/portus@portus.com")
        .await
        .id();
    for what in ["admin", "enabled"] {
        let path = format!("/api/v1/users/{portus}/{what}");
        app.delete(&admin, &path).await.is(403);
    }
}

#[actix_web::test]
async fn accounts_are_shut_out_and_let_in() {
    let app = TestApp::new().await;
    let (admin, mary, john) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
    );
    app.delete(&john, &path(&mary, "enabled")).await.is(403);
    app.put(&john, &path(&mary, "toggle_enabled"), json!({}))
        .await
        .is(403);
    app.put(&john, "/api/v1/users/4711/toggle_enabled", json!({}))
        .await
        .is(403);
    for _ in 0..2 {
        let answer = app.delete(&admin, &path(&mary, "enabled")).await;
        assert_eq!(answer.is(200).json()["enabled"], json!(false));
        app.get(&mary, "/api/version").await.is(401);
    }
    app.put(&admin, &path(&mary, "enabled"), json!({}))
        .await
        .is(200);
    app.get(&mary, "/api/version").await.is(200);
    app.put(&admin, &path(&mary, "toggle_enabled"), json!({}))
        .await
        .is(200);
    app.get(&mary, "/api/version").await.is(401);
    // Oneself too, but then others must let one in again.
    app.put(&john, &path(&john, "toggle_enabled"), json!({}))
        .await
        .is(200);
    app.put(&john, &path(&john, "enabled"), json!({}))
        .await
        .is(401);
}

#[actix_web::test]
async fn the_last_admin_stays() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    app.delete(&admin, &path(&admin, "enabled")).await.is(403);
    let other = app.account("other", true, false).await;
    app.delete(&other, &path(&admin, "enabled")).await.is(200);
    app.delete(&other, &path(&other, "enabled")).await.is(403);
    app.delete(&other, &path(&other, "admin")).await.is(403);
    // Somebody shut out does not count.
    app.delete(&other, &path(&admin, "admin")).await.is(200);
    app.get(&other, "/api/v1/users").await.is(200);
}

#[actix_web::test]
async fn people_change_their_own_account_and_nothing_privileged() {
    let app = TestApp::new().await;
    let mary = app.user("mary").await;
    let put = async |fields: Value| {
        app.put(&mary, "/api/v1/profile", json!({"user": fields}))
            .await
    };
    let before = me(&app, &mary).await;
    assert_eq!(before["username"], json!("mary"));
    for field in [
        "admin",
        "bot",
        "enabled",
        "provider",
        "uid",
        "locked_at",
        "owner_team_id",
        "username",
        "id",
        "namespace_id",
        "password_hash",
        "canonical_name",
        "credentials_version",
        "failed_attempts",
        "ldap_group_checked",
        "directory",
    ] {
        for value in [json!(true), json!("1"), Value::Null] {
            let refused = put(json!({"display_name": "Mary", field: value})).await;
            refused.is(403);
        }
    }
    assert_eq!(me(&app, &mary).await, before, "nothing has changed");
    put(json!({"display_name": "Mary M."})).await.is(200);
    // What guards the account asks for its password.
    let refused = put(json!({"email": "new@example.org"})).await;
    assert_eq!(
        refused.is(422).message(),
        json!({"current_password": ["can't be blank"]})
    );
    let refused = put(json!({"password": "another one", "current_password": "wrong one"})).await;
    assert_eq!(
        refused.is(422).message(),
        json!({"current_password": ["is invalid"]})
    );
    let current = "a long password";
    let refused = put(json!({"password": "x", "current_password": current})).await;
    assert!(refused.is(422).message()["password"].is_array());
    let refused = put(json!({"password": "another one", "password_confirmation": "else", "current_password": current})).await;
    assert!(refused.is(422).message()["password_confirmation"].is_array());
    let changed = put(
        json!({"email": "new@example.org", "password": "another one", "current_password": current}),
    )
    .await;
    assert_eq!(changed.is(200).json()["email"], json!("new@example.org"));
    let refused = put(json!({"password": "a third one", "current_password": current})).await;
    assert_eq!(
        refused.is(422).message(),
        json!({"current_password": ["is invalid"]})
    );
    app.get(&mary, "/api/version").await.is(200);
    // Guessing the password here is no way round.
    for guess in 0..12 {
        put(json!({"password": "a third one", "current_password": format!("guess {guess}")})).await;
    }
    let held = put(json!({"password": "a third one", "current_password": "another one"})).await;
    held.is(401);
}

#[actix_web::test]
async fn a_bot_has_no_profile_to_change() {
    let app = TestApp::new().await;
    let bot = app.account("robot", false, true).await;
    assert_eq!(me(&app, &bot).await["bot"], json!(true));
    let body = json!({"user": {"password": "another one", "current_password": "a long password"}});
    app.put(&bot, "/api/v1/profile", body).await.is(403);
}
