//! Accounts and their tokens.

use serde_json::{Value, json};

use super::support::{Caller, TestApp};

#[actix_web::test]
async fn users_are_for_admins() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    app.get(&Caller::NOBODY, "/api/v1/users").await.is(401);
    let refused = app.get(&mary, "/api/v1/users").await;
    assert_eq!(refused.is(403).message(), json!("Authorization fails"));
    let names = app
        .get(&admin, "/api/v1/users")
        .await
        .is(200)
        .pluck("username");
    assert_eq!(names, ["portus", "admin", "mary"]);
    // The gate stands before parameters and lookups.
    app.get(&mary, "/api/v1/users/4711").await.is(403);
    app.post(&mary, "/api/v1/users", json!({})).await.is(403);
    app.delete(&mary, "/api/v1/users/4711").await.is(403);
}

#[actix_web::test]
async fn an_account_is_found_by_id_and_by_email() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let by_id = app.get(&admin, &format!("/api/v1/users/{}", mary.id)).await;
    let by_email = app.get(&admin, "/api/v1/users/MARY@example.org").await;
    assert_eq!(by_id.is(200).text, by_email.is(200).text);
    let body = by_id.json();
    assert_eq!(body["bot"], json!(false));
    assert!(body["namespace_id"].is_i64());
    let created = body["created_at"].as_str().expect("a time");
    assert!(
        created.len() == 24 && created.ends_with('Z') && created.contains('.'),
        "{created}"
    );
    for keys in ["password_hash", "canonical_name", "credentials_version"] {
        assert!(body.get(keys).is_none());
    }
    for nobody in ["4711", "99999999999999999999", "x@y.z"] {
        app.get(&admin, &format!("/api/v1/users/{nobody}"))
            .await
            .is(404);
    }
}

#[actix_web::test]
async fn making_an_account_says_everything_that_is_wrong() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let missing = app.post(&admin, "/api/v1/users", json!({})).await;
    assert_eq!(
        missing.is(400).message(),
        json!({
            "[\"user\"]": ["is missing"],
            "[\"user[username]\"]": ["is missing"],
            "[\"user[email]\"]": ["is missing"],
            "[\"user[password]\"]": ["is missing"],
        })
    );
    let blank = json!({"user": {"username": "", "email": null, "password": ""}});
    let message = app
        .post(&admin, "/api/v1/users", blank)
        .await
        .is(422)
        .message();
    for field in ["username", "email", "password"] {
        assert!(message[field].is_array(), "{message}");
    }
    let good = json!({"user": {"username": "john", "email": "j@x.org", "password": "12341234", "bot": "true", "admin": true}});
    let made = app.post(&admin, "/api/v1/users", good.clone()).await;
    assert_eq!(made.is(201).json()["bot"], json!(true));
    assert_eq!(made.json()["admin"], json!(false), "admin cannot be set");
    let again = app.post(&admin, "/api/v1/users", good).await;
    assert_eq!(
        again.is(422).message()["username"],
        json!(["has already been taken"])
    );
}

#[actix_web::test]
async fn changing_an_account() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    app.user("john").await;
    let path = format!("/api/v1/users/{}", mary.id);
    app.put(&admin, &path, json!({"user": {"username": "john"}}))
        .await
        .is(422);
    app.put(&admin, "/api/v1/users/4711", json!({"user": {}}))
        .await
        .is(404);
    let portus = app
        .get(&admin, "/api/v1/users/portus@portus.com")
        .await
        .id();
    let refused = app
        .put(
            &admin,
            &format!("/api/v1/users/{portus}"),
            json!({"user": {"email": "a@b.c"}}),
        )
        .await;
    assert_eq!(
        refused.is(422).message(),
        json!({"username": ["cannot be updated"]})
    );
    let changed = app
        .put(&admin, &path, json!({"user": {"email": "new@example.org"}}))
        .await;
    assert_eq!(changed.is(200).json()["email"], json!("new@example.org"));
    assert_eq!(changed.json()["username"], json!("mary"));
}

#[actix_web::test]
async fn removing_an_account() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let path = format!("/api/v1/users/{}", mary.id);
    assert_eq!(app.delete(&admin, &path).await.is(204).text, "");
    app.get(&admin, &path).await.is(404);
    app.get(&mary, "/api/version").await.is(401);
    let oneself = app
        .delete(&admin, &format!("/api/v1/users/{}", admin.id))
        .await;
    assert_eq!(oneself.is(422).message(), json!("Cannot remove this user"));
}

fn first(email: &str) -> Value {
    json!({"user": {"username": "root", "email": email, "password": "12341234"}})
}

#[actix_web::test]
async fn bootstrap_makes_the_first_admin_once() {
    let app = TestApp::new().await;
    let path = "/api/v1/users/bootstrap";
    app.post(&Caller::NOBODY, path, json!({})).await.is(400);
    for field in ["admin", "bot", "enabled", "provider"] {
        let mut greedy = first("a@b.org");
        greedy["user"][field] = json!(true);
        let refused = app.post(&Caller::NOBODY, path, greedy).await;
        assert_eq!(
            refused.is(403).message(),
            json!("Authorization fails"),
            "{field}"
        );
    }
    let bad = app.post(&Caller::NOBODY, path, first("nonsense")).await;
    assert_eq!(bad.is(422).message()["email"][0], json!("is invalid"));
    let (one, other) = tokio::join!(
        app.post(&Caller::NOBODY, path, first("a@b.org")),
        app.post(&Caller::NOBODY, path, first("a@b.org")),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400]);
    let (made, late) = if one.status == 201 {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(
        late.message(),
        json!("you can only use this when there are no users on the system")
    );
    assert_eq!(made.json()["application"], json!("bootstrap"));
    let token = made.json()["plain_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let root = Caller {
        id: 0,
        auth: Some(format!("root:{token}")),
    };
    app.get(&root, "/api/v1/users").await.is(200);
}

#[actix_web::test]
async fn bootstrap_can_be_switched_off() {
    let app = TestApp::with(&[("PORTUS_FIRST_USER_ADMIN_ENABLED", "false")]).await;
    let answer = app
        .post(&Caller::NOBODY, "/api/v1/users/bootstrap", first("a@b.org"))
        .await;
    assert_eq!(
        answer.is(405).message(),
        json!("this instance has disabled this endpoint")
    );
}

#[actix_web::test]
async fn tokens_are_for_oneself_and_for_admins() {
    let app = TestApp::new().await;
    let (admin, mary, john) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
    );
    let of = |who: &Caller| format!("/api/v1/users/{}/application_tokens", who.id);
    let new = json!({"application": "ci", "id": "3"});

    let made = app.post(&mary, &of(&mary), new.clone()).await;
    let token = made.is(201).json()["plain_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let ci = Caller {
        id: mary.id,
        auth: Some(format!("mary:{token}")),
    };
    app.get(&ci, "/api/version").await.is(200);
    let twice = app.post(&mary, &of(&mary), new.clone()).await;
    assert_eq!(
        twice.is(422).message()["application"][0],
        json!("has already been taken")
    );

    app.post(&john, &of(&mary), new.clone()).await.is(403);
    app.get(&john, &of(&mary)).await.is(403);
    app.post(&john, "/api/v1/users/4711/application_tokens", new.clone())
        .await
        .is(403);
    app.get(&john, "/api/v1/users/4711/application_tokens")
        .await
        .is(403);
    app.get(&admin, "/api/v1/users/4711/application_tokens")
        .await
        .is(404);
    app.post(&admin, &of(&john), new).await.is(201);
    app.get(&admin, "/api/v1/users/x/application_tokens")
        .await
        .is(400);

    let listed = app.get(&admin, &of(&mary)).await.is(200).json();
    assert_eq!(listed[1]["id"], json!(made.id()));
    assert_eq!(listed[1]["application"], json!("ci"));
    assert!(listed[1].get("token_sha256").is_none());
    app.post(&mary, &of(&mary), json!({})).await.is(400);
    let blank = app
        .post(&mary, &of(&mary), json!({"application": null}))
        .await;
    assert_eq!(
        blank.is(422).message(),
        json!({"application": ["can't be blank"]})
    );

    for name in ["a", "b", "c"] {
        app.post(&mary, &of(&mary), json!({"application": name}))
            .await
            .is(201);
    }
    let sixth = app
        .post(&mary, &of(&mary), json!({"application": "d"}))
        .await;
    assert_eq!(
        sixth.is(422).message(),
        json!({"base": ["Users cannot have more than 5 application tokens"]})
    );
}

#[actix_web::test]
async fn revoking_tokens() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let bot = app.account("robot", false, true).await;
    let first = async |who: &Caller| {
        let path = format!("/api/v1/users/{}/application_tokens", who.id);
        app.get(&admin, &path).await.json()[0]["id"]
            .as_i64()
            .expect("an id")
    };
    let path = |id: i64| format!("/api/v1/users/application_tokens/{id}");
    let (of_mary, of_bot) = (first(&mary).await, first(&bot).await);
    app.delete(&admin, &path(of_mary)).await.is(403);
    app.delete(&bot, &path(of_mary)).await.is(403);
    app.delete(&admin, &path(4711)).await.is(404);
    app.delete(&admin, &path(of_bot)).await.is(204);
    app.get(&bot, "/api/version").await.is(401);
    app.delete(&mary, &path(of_mary)).await.is(204);
    app.get(&mary, "/api/version").await.is(401);
}
