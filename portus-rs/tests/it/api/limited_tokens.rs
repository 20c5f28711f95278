//! Application tokens that carry less than their owner's rights, as the API issues, shows and heeds them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::support::{Caller, TestApp};

fn tokens_of(who: &Caller) -> String {
    format!("/api/v1/users/{}/application_tokens", who.id)
}

/// The caller through a new token of their own.
async fn through(app: &TestApp, who: &Caller, name: &str, new: Value) -> Caller {
    let made = app.post(who, &tokens_of(who), new).await;
    let token = made.is(201).json()["plain_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    Caller {
        id: who.id,
        auth: Some(format!("{name}:{token}")),
    }
}

#[actix_web::test]
async fn a_token_shows_its_limits_its_end_and_its_last_use() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let devs = app.namespace("devs", &team, "private").await;
    let new =
        json!({"application": "ci", "scope": "read", "namespace": "devs", "expires_in": "30"});
    let made = app.post(&mary, &tokens_of(&mary), new).await;
    let body = made.is(201).json();
    assert_eq!(body["scope"], json!("read"));
    assert_eq!(body["namespace"], json!("devs"));
    let token = body["plain_token"].as_str().expect("a token");
    let ci = Caller {
        id: mary.id,
        auth: Some(format!("mary:{token}")),
    };
    let before = app.get(&mary, &tokens_of(&mary)).await.is(200).json();
    assert_eq!(before[0]["scope"], json!("full"), "the tokens of old");
    assert_eq!(before[0]["expires_at"], Value::Null);
    assert_eq!(before[1]["namespace_id"], json!(devs.id));
    assert_eq!(before[1]["expires_at"], body["expires_at"]);
    assert_eq!(before[1]["last_used_at"], Value::Null);
    app.get(&ci, &format!("/api/v1/namespaces/{}", devs.id))
        .await
        .is(200);
    let after = app.get(&mary, &tokens_of(&mary)).await.json();
    assert!(after[1]["last_used_at"].is_string());
    assert_eq!(after[1]["last_used_ip"], json!("127.0.0.1"));
    // Also once it has been written down.
    app.app.usage.write(&app.app).await.expect("a write");
    let later = app.get(&mary, &tokens_of(&mary)).await.json();
    assert_eq!(later[1]["last_used_at"], after[1]["last_used_at"]);
    assert_eq!(later[1]["expired"], json!(false));
    app.app.clock.advance(TimeDelta::days(30));
    app.get(&ci, "/api/version").await.is(401);
    let ended = app.get(&mary, &tokens_of(&mary)).await.json();
    assert_eq!(ended[1]["expired"], json!(true));
}

#[actix_web::test]
async fn what_cannot_be_is_said_field_by_field() {
    let app = TestApp::with_registry().await;
    let (mary, john) = (app.user("mary").await, app.user("john").await);
    let team = app.team("devs", &john).await;
    app.namespace("secret", &team, "private").await;
    let refused = async |new: Value| {
        app.post(&mary, &tokens_of(&mary), new)
            .await
            .is(422)
            .message()
    };
    let new = json!({"application": " ", "scope": "read", "namespace": "nowhere", "expires_in": 0});
    assert_eq!(
        refused(new).await,
        json!({
            "application": ["can't be blank"],
            "expires_in": ["must be between 1 and 3650 days"],
            "namespace": ["does not exist"],
        })
    );
    // What one may not see is not there.
    let hidden = json!({"application": "x", "namespace": "secret"});
    assert_eq!(
        refused(hidden).await,
        json!({"namespace": ["does not exist"]})
    );
    let wrong = json!({"application": "x", "scope": "write", "expires_at": "tomorrow"});
    assert_eq!(
        refused(wrong).await,
        json!({"scope": ["is not included in the list"], "expires_at": ["is invalid"]})
    );
    let past = json!({"application": "x", "expires_at": "2001-01-01T00:00:00Z"});
    assert_eq!(
        refused(past).await,
        json!({"expires_at": ["must be in the future"]})
    );
    let both = json!({"application": "x", "expires_at": "2999-01-01", "expires_in": 3});
    assert_eq!(
        refused(both).await,
        json!({"expires_in": ["cannot be given together with expires_at"]})
    );
    let listed = app.get(&mary, &tokens_of(&mary)).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "none was made");
}

#[actix_web::test]
async fn a_reading_token_reads_what_its_owner_may_and_changes_nothing() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let reader = through(
        &app,
        &admin,
        "admin",
        json!({"application": "r", "scope": "read"}),
    )
    .await;
    for path in [
        "/api/version",
        "/api/v1/users",
        "/api/v1/registries",
        "/api/v1/teams",
    ] {
        let (all, read) = (app.get(&admin, path).await, app.get(&reader, path).await);
        assert_eq!(
            all.is(200).json().as_array().map(Vec::len),
            read.is(200).json().as_array().map(Vec::len)
        );
    }
    let refused = app
        .post(&reader, "/api/v1/teams", json!({"name": "devs"}))
        .await;
    let message = refused.is(403).message();
    let message = message.as_str().expect("a text");
    assert!(
        message.starts_with("Authorization fails: this application token may only read"),
        "{message}"
    );
    assert!(message.contains("scope full"), "says what to do: {message}");
    for (method, path) in [
        ("PUT", format!("/api/v1/users/{}", admin.id)),
        ("DELETE", format!("/api/v1/users/{}", admin.id)),
        ("POST", tokens_of(&admin)),
        ("PUT", "/api/v1/profile".to_owned()),
    ] {
        let method = method.parse().expect("a method");
        let body = json!({"user": {"display_name": "x"}, "application": "wider"});
        app.send(&reader, method, &path, Some(body)).await.is(403);
    }
    assert_eq!(app.get(&admin, "/api/v1/teams").await.json(), json!([]));
}

#[actix_web::test]
async fn a_pulling_token_opens_no_api() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let puller = through(
        &app,
        &mary,
        "mary",
        json!({"application": "p", "scope": "pull"}),
    )
    .await;
    for path in ["/api/version", "/api/v1/teams", "/api/v1/profile"] {
        let message = app.get(&puller, path).await.is(403).message();
        assert!(
            message
                .as_str()
                .is_some_and(|it| it.contains("may only pull images")),
            "{message}"
        );
    }
}

#[actix_web::test]
async fn a_token_of_one_namespace_knows_nothing_else() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let team = app.team("devs", &mary).await;
    let devs = app.namespace("devs", &team, "private").await;
    let ops = app.namespace("ops", &team, "public").await;
    let (inside, outside) = (
        app.repository(devs.id, "web").await,
        app.repository(ops.id, "db").await,
    );
    for (who, name) in [(&admin, "admin"), (&mary, "mary")] {
        let new = json!({"application": "one", "namespace": "devs"});
        let only = through(&app, who, name, new).await;
        let get = async |path: String| app.get(&only, &path).await;
        assert_eq!(
            get("/api/v1/namespaces".to_owned())
                .await
                .is(200)
                .pluck("name"),
            ["devs"]
        );
        assert_eq!(
            get("/api/v1/repositories".to_owned())
                .await
                .is(200)
                .pluck("name"),
            ["web"]
        );
        get(format!("/api/v1/namespaces/{}", devs.id)).await.is(200);
        get(format!("/api/v1/repositories/{inside}")).await.is(200);
        get(format!("/api/v1/repositories/{inside}/tags"))
            .await
            .is(200);
        get(format!("/api/v1/namespaces/{}", ops.id)).await.is(404);
        get(format!("/api/v1/repositories/{outside}")).await.is(404);
        get(format!("/api/v1/namespaces/{}/repositories", ops.id))
            .await
            .is(404);
        assert_eq!(
            get("/api/v1/teams".to_owned()).await.is(200).json(),
            json!([])
        );
        get(format!("/api/v1/teams/{}", team.id)).await.is(404);
        get("/api/v1/users".to_owned()).await.is(403);
        get(tokens_of(who)).await.is(403);
        // Inside it may what its owner may.
        let described = json!({"namespace": {"description": name}});
        app.put(
            &only,
            &format!("/api/v1/namespaces/{}", devs.id),
            described.clone(),
        )
        .await
        .is(200);
        let text = json!({"repository": {"description": name}});
        app.put(
            &only,
            &format!("/api/v1/repositories/{inside}"),
            text.clone(),
        )
        .await
        .is(200);
        app.put(&only, &format!("/api/v1/namespaces/{}", ops.id), described)
            .await
            .is(404);
        app.put(&only, &format!("/api/v1/repositories/{outside}"), text)
            .await
            .is(404);
        app.post(&only, "/api/v1/teams", json!({"name": "mine"}))
            .await
            .is(403);
        app.post(&only, &tokens_of(who), json!({"application": "wider"}))
            .await
            .is(403);
        app.put(
            &only,
            "/api/v1/profile",
            json!({"user": {"display_name": "x"}}),
        )
        .await
        .is(403);
        let more = json!({"team": team.name, "name": "more"});
        assert!(
            [403, 404].contains(
                &app.post(&only, "/api/v1/namespaces", more)
                    .await
                    .status
                    .as_u16()
            )
        );
    }
}

#[actix_web::test]
async fn a_token_that_ends_makes_none_that_outlasts_it() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let robot = app.account("robot", false, true).await;
    let ends = json!({"application": "month", "expires_in": 30});
    for (name, who) in [("admin", &admin), ("mary", &mary)] {
        let passing = through(&app, who, name, ends.clone()).await;
        // It is good for everything else.
        app.get(&passing, &tokens_of(who)).await.is(200);
        app.post(
            &passing,
            "/api/v1/teams",
            json!({"name": format!("of {name}")}),
        )
        .await
        .is(201);
        for new in [
            json!({"application": "another"}),
            json!({"application": "another", "expires_in": 1}),
        ] {
            let refused = app.post(&passing, &tokens_of(who), new).await;
            let message = refused.is(403).message();
            let text = message.as_str().expect("a text");
            assert!(text.starts_with("Authorization fails: "), "{text}");
            assert!(
                text.contains("ends") && text.contains("use an application token"),
                "{text}"
            );
        }
        assert_eq!(app.get(who, &tokens_of(who)).await.pluck("id").len(), 2);
    }
    let passing = through(
        &app,
        &admin,
        "admin",
        json!({"application": "day", "expires_in": 1}),
    )
    .await;
    let for_a_bot = app
        .post(&passing, &tokens_of(&robot), json!({"application": "x"}))
        .await;
    for_a_bot.is(403);
    let bot = json!({"user": {"username": "r2", "email": "r2@example.org", "password": "12341234", "bot": true}});
    app.post(&passing, "/admin/users.json", bot.clone())
        .await
        .is(403);
    let users = app
        .get(&admin, "/api/v1/users?name=r2")
        .await
        .is(200)
        .json();
    assert_eq!(users, json!([]), "none was made");
    let made = app
        .post(&admin, "/admin/users.json", bot)
        .await
        .is(200)
        .json();
    assert_eq!(made["user"]["username"], json!("r2"));
    let auth = format!("r2:{}", made["plain_token"].as_str().expect("its token"));
    let r2 = Caller {
        id: 0,
        auth: Some(auth),
    };
    app.get(&r2, "/api/version").await.is(200);
}

#[actix_web::test]
async fn a_token_of_one_namespace_is_offered_no_team_and_sees_no_session() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    app.namespace("shop", &team, "private").await;
    let offered = async |who: &Caller| {
        let answer = app.get(who, "/api/v1/namespaces/typeahead/d").await;
        answer.is(200).pluck("name")
    };
    assert_eq!(offered(&mary).await, [json!("devs")]);
    let new = json!({"application": "ci", "namespace": "shop"});
    let ci = through(&app, &mary, "mary", new).await;
    assert_eq!(offered(&ci).await, [Value::Null; 0]);
    for path in [
        "/api/v1/sessions".to_owned(),
        format!("/api/v1/users/{}/sessions", mary.id),
        format!("/api/v1/users/{}/identities", mary.id),
    ] {
        app.get(&mary, &path).await.is(200);
        let text = app.get(&ci, &path).await.is(403).message();
        assert!(
            text.as_str().is_some_and(|it| it.contains("one namespace")),
            "{text}"
        );
    }
}
