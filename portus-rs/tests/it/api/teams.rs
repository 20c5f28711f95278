//! Teams, their members and their namespaces.

use serde_json::{Value, json};

use super::support::TestApp;

#[actix_web::test]
async fn making_teams() {
    let app = TestApp::new().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let made = app
        .post(
            &mary,
            "/api/v1/teams",
            json!({"name": "devs", "description": "d"}),
        )
        .await;
    let body = made.is(201).json();
    assert_eq!(
        (&body["name"], &body["hidden"]),
        (&json!("devs"), &json!(false))
    );
    let blank = app.post(&mary, "/api/v1/teams", json!({"name": ""})).await;
    assert_eq!(blank.is(422).message(), json!({"name": ["can't be blank"]}));
    let missing = app
        .post(&mary, "/api/v1/teams", json!({"description": "x"}))
        .await;
    assert_eq!(
        missing.is(400).message(),
        json!({"[\"name\"]": ["is missing"]})
    );
    let foreign = json!({"name": "ops", "owner_id": admin.id});
    app.post(&mary, "/api/v1/teams", foreign).await.is(403);
    app.post(
        &mary,
        "/api/v1/teams",
        json!({"name": "ops", "owner_id": mary.id}),
    )
    .await
    .is(403);
    app.post(
        &admin,
        "/api/v1/teams",
        json!({"name": "ops", "owner_id": mary.id.to_string()}),
    )
    .await
    .is(201);
    app.post(
        &admin,
        "/api/v1/teams",
        json!({"name": "no", "owner_id": 4711}),
    )
    .await
    .is(404);
}

#[actix_web::test]
async fn only_admins_make_teams_where_that_is_switched_off() {
    let app = TestApp::with(&[("PORTUS_USER_PERMISSION_CREATE_TEAM_ENABLED", "false")]).await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    app.post(&mary, "/api/v1/teams", json!({"name": "devs"}))
        .await
        .is(403);
    app.post(&admin, "/api/v1/teams", json!({"name": "devs"}))
        .await
        .is(201);
}

#[actix_web::test]
async fn a_team_is_seen_by_its_members_and_admins() {
    let app = TestApp::with_registry().await;
    let (admin, mary, john) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
    );
    let team = app.team("devs", &mary).await;
    for below in ["", "/members", "/namespaces"] {
        let path = format!("/api/v1/teams/{}{below}", team.id);
        app.get(&mary, &path).await.is(200);
        app.get(&admin, &path).await.is(200);
        app.get(&john, &path).await.is(404);
        app.get(&admin, &format!("/api/v1/teams/4711{below}"))
            .await
            .is(404);
        app.get(&admin, &format!("/api/v1/teams/{}x{below}", team.id))
            .await
            .is(404);
    }
    app.put(
        &john,
        &format!("/api/v1/teams/{}", team.id),
        json!({"team": {}}),
    )
    .await
    .is(404);
}

#[actix_web::test]
async fn changing_teams() {
    let app = TestApp::with_registry().await;
    let (admin, mary, john) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
    );
    let team = app.team("devs", &mary).await;
    app.team("taken", &mary).await;
    app.member(&team, "john", "viewer").await;
    let path = format!("/api/v1/teams/{}", team.id);
    app.put(&john, &path, json!({"team": {"name": "x"}}))
        .await
        .is(403);
    let clash = app
        .put(
            &mary,
            &path,
            json!({"team": {"name": "taken", "description": "new"}}),
        )
        .await;
    assert_eq!(
        clash.is(422).message(),
        json!({"name": ["has already been taken"]})
    );
    assert_eq!(
        app.get(&mary, &path).await.json()["description"],
        Value::Null,
        "all or nothing"
    );
    app.put(&mary, &path, json!({"team": {}})).await.is(200);
    let done = app
        .put(&mary, &path, json!({"team": {"name": "staff"}}))
        .await;
    assert_eq!(done.is(200).json()["name"], json!("staff"));
    // The hidden team of somebody's personal namespace.
    let hidden = app.get(&mary, "/api/v1/namespaces").await.json();
    let hidden = hidden.as_array().and_then(|all| {
        all.iter()
            .find(|it| it["team"]["hidden"] == json!(true) && it["name"] == json!("mary"))
    });
    let hidden = &hidden.expect("a personal namespace")["team"]["id"];
    app.put(
        &admin,
        &format!("/api/v1/teams/{hidden}"),
        json!({"team": {"name": "x"}}),
    )
    .await
    .is(403);
    let add = json!({"role": "viewer", "user": "john"});
    app.post(&admin, &format!("/api/v1/teams/{hidden}/members"), add)
        .await
        .is(404);
}

#[actix_web::test]
async fn members_join_change_and_leave() {
    let app = TestApp::new().await;
    let (admin, mary, john) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
    );
    let team = app.team("devs", &mary).await;
    let path = format!("/api/v1/teams/{}/members", team.id);
    let join = |user: &str, role: &str| json!({"user": user, "role": role});

    let made = app.post(&mary, &path, join("john", "viewer")).await;
    let body = made.is(201).json();
    assert_eq!(
        (&body["role"], &body["user_id"]),
        (&json!("viewer"), &json!(john.id))
    );
    let again = app.post(&mary, &path, join("john", "viewer")).await;
    assert_eq!(
        again.is(422).message(),
        json!({"user": ["has already been taken"]})
    );
    app.post(&mary, &path, join("nobody", "viewer"))
        .await
        .is(404);
    app.post(&mary, "/api/v1/teams/4711/members", join("john", "viewer"))
        .await
        .is(404);
    app.post(&mary, &path, json!({})).await.is(400);
    app.post(&john, &path, join("admin", "viewer"))
        .await
        .is(403);
    let odd = app.post(&mary, &path, join("portus", "boss")).await;
    odd.is(404);
    let boss = app.post(&mary, &path, join("admin", "viewer")).await;
    assert_eq!(
        boss.is(201).json()["role"],
        json!("owner"),
        "admins are always owners"
    );

    let listed = app.get(&john, &path).await.is(200).json();
    assert_eq!(listed[1]["member_id"], json!(made.id()));
    assert_eq!(listed[1]["username"], json!("john"));
    assert_eq!(listed[1]["role"], json!("viewer"));
    assert_eq!(listed[1]["id"], json!(john.id));

    let own = format!("{path}/{}", made.id());
    let raised = app.put(&mary, &own, json!({"role": "contributor"})).await;
    assert_eq!(raised.is(200).json()["role"], json!("contributor"));
    let odd = app.put(&mary, &own, json!({"role": "boss"})).await;
    assert_eq!(
        odd.is(422).message(),
        json!({"role": ["is not included in the list"]})
    );
    let demoted = app
        .put(
            &mary,
            &format!("{path}/{}", boss.id()),
            json!({"role": "viewer"}),
        )
        .await;
    assert_eq!(
        demoted.is(422).message(),
        json!("User cannot be demoted because it's a Portus admin")
    );
    app.put(&mary, &format!("{path}/4711"), json!({"role": "viewer"}))
        .await
        .is(404);
    app.delete(&john, &own).await.is(403);
    app.delete(&mary, &own).await.is(204);
    app.get(&john, &path).await.is(404);
    app.delete(&admin, &format!("{path}/{}", boss.id()))
        .await
        .is(204);
    let only = app.get(&mary, &path).await.json()[0]["member_id"].clone();
    let last = app.delete(&mary, &format!("{path}/{only}")).await;
    assert_eq!(
        last.is(422).message(),
        json!("Cannot remove the only owner of the team")
    );
}

#[actix_web::test]
async fn making_namespaces() {
    let app = TestApp::with_registry().await;
    let (admin, mary, john, eve) = (
        app.admin().await,
        app.user("mary").await,
        app.user("john").await,
        app.user("eve").await,
    );
    let carl = app.user("carl").await;
    let team = app.team("devs", &mary).await;
    app.member(&team, "john", "viewer").await;
    app.member(&team, "carl", "contributor").await;
    let new = |name: &str, team: &str| json!({"name": name, "team": team});
    let made = app
        .post(&mary, "/api/v1/namespaces", new("shop", "devs"))
        .await;
    let body = made.is(201).json();
    assert_eq!(body["visibility"], json!("private"));
    assert_eq!(
        body["team"],
        json!({"id": team.id, "name": "devs", "hidden": false})
    );
    assert_eq!(
        (&body["global"], &body["description"]),
        (&json!(false), &Value::Null)
    );
    app.post(&carl, "/api/v1/namespaces", new("carls", "devs"))
        .await
        .is(201);
    app.post(&admin, "/api/v1/namespaces", new("admins", "devs"))
        .await
        .is(201);
    app.post(&john, "/api/v1/namespaces", new("johns", "devs"))
        .await
        .is(403);
    app.post(&eve, "/api/v1/namespaces", new("eves", "devs"))
        .await
        .is(404);
    app.post(&admin, "/api/v1/namespaces", new("x", "nobody"))
        .await
        .is(404);
    app.post(&admin, "/api/v1/namespaces", new("x", "mary"))
        .await
        .is(404);
    let taken = app
        .post(&mary, "/api/v1/namespaces", new("shop", "devs"))
        .await;
    assert_eq!(
        taken.is(422).message(),
        json!({"name": ["has already been taken"]})
    );
    let blank = app.post(&mary, "/api/v1/namespaces", new("", "devs")).await;
    assert_eq!(blank.is(422).message()["name"][0], json!("can't be blank"));

    let validate = async |name: &str| {
        app.get(&eve, &format!("/api/v1/namespaces/validate?name={name}"))
            .await
    };
    assert_eq!(
        validate("free").await.is(200).json(),
        json!({"messages": {}, "valid": true})
    );
    assert_eq!(
        validate("shop").await.is(200).json(),
        json!({"messages": {"name": ["has already been taken"]}, "valid": false})
    );
    app.get(&eve, "/api/v1/namespaces/validate").await.is(400);
    let odd = app.get(&mary, "/api/v1/namespaces/x").await;
    assert_eq!(odd.is(400).message(), json!({"[\"id\"]": ["is invalid"]}));
}

#[actix_web::test]
async fn changing_namespaces() {
    let app = TestApp::with_registry().await;
    let (mary, john, eve) = (
        app.user("mary").await,
        app.user("john").await,
        app.user("eve").await,
    );
    let (team, other) = (app.team("devs", &mary).await, app.team("other", &eve).await);
    app.member(&team, "john", "contributor").await;
    let shop = app.namespace("shop", &team, "public").await;
    app.namespace("taken", &team, "private").await;
    let path = format!("/api/v1/namespaces/{}", shop.id);
    let put = async |changes: Value| app.put(&mary, &path, json!({"namespace": changes})).await;
    assert_eq!(
        put(json!({"visibility": "private"})).await.is(200).json()["visibility"],
        json!("private")
    );
    assert_eq!(
        put(json!({"team": "Xa"})).await.is(404).message(),
        json!("unknown team 'Xa'")
    );
    assert_eq!(
        put(json!({"name": "taken"})).await.is(422).message(),
        json!({"name": ["has already been taken"]})
    );
    assert_eq!(
        put(json!({"visibility": "x"})).await.is(422).message(),
        json!("unknown visibility kind 'x'")
    );
    put(json!({})).await.is(200);
    app.put(&john, &path, json!({"namespace": {"description": "x"}}))
        .await
        .is(403);
    app.put(&eve, &path, json!({"namespace": {"description": "x"}}))
        .await
        .is(404);
    let moved = put(json!({"team": "other", "description": "d", "name": "shop2"})).await;
    let body = moved.is(200).json();
    assert_eq!(
        (&body["name"], &body["team"]["id"]),
        (&json!("shop2"), &json!(other.id))
    );
    app.put(&mary, &path, json!({"namespace": {"team": "devs"}}))
        .await
        .is(404);
}

#[actix_web::test]
async fn owners_change_nothing_where_that_is_switched_off() {
    let app = TestApp::with(&[
        ("PORTUS_USER_PERMISSION_MANAGE_NAMESPACE_ENABLED", "false"),
        ("PORTUS_USER_PERMISSION_CHANGE_VISIBILITY_ENABLED", "false"),
        ("PORTUS_USER_PERMISSION_CREATE_NAMESPACE_ENABLED", "false"),
    ])
    .await;
    app.registry("r", "registry.test.lan").await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let path = format!("/api/v1/namespaces/{}", shop.id);
    for changes in [json!({"description": "x"}), json!({"visibility": "public"})] {
        app.put(&mary, &path, json!({"namespace": changes}))
            .await
            .is(403);
        app.put(&admin, &path, json!({"namespace": changes}))
            .await
            .is(200);
    }
    let new = json!({"name": "more", "team": "devs"});
    app.post(&mary, "/api/v1/namespaces", new.clone())
        .await
        .is(403);
    app.post(&admin, "/api/v1/namespaces", new).await.is(201);
}
