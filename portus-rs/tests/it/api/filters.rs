//! Lists narrowed by name, date and what else is obvious of them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::databases::on_every_database;

async fn names(app: &TestApp, caller: &Caller, path: &str, field: &str) -> Vec<String> {
    let values = app.get(caller, path).await.is(200).pluck(field);
    values
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

on_every_database! {
    async fn names_are_compared_sign_by_sign(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let admin = app.admin().await;
        for name in ["a_b", "axb", "a%b", "A_B", "100% a_b"] {
            app.team(name, &admin).await;
        }
        let of = async |query: &str| {
            names(&app, &admin, &format!("/api/v1/teams?{query}"), "name").await
        };
        assert_eq!(of("name=a_b").await, ["a_b"]);
        assert_eq!(of("name_contains=a_b").await, ["a_b", "100% a_b"]);
        assert_eq!(of("name_contains=%25").await, ["a%b", "100% a_b"]);
        assert_eq!(of("name_contains=").await.len(), 5);
        assert_eq!(of("name_contains='%20or%201=1").await.len(), 0);
        assert_eq!(of("name_contains=b&name_contains=b&name=axb").await, ["axb"]);
        assert_eq!(of("unheard_of=a_b").await.len(), 5);
    }

    async fn every_list_has_its_filters(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let admin = app.admin().await;
        let alice = app.user("alice").await;
        app.account("robot", false, true).await;
        let team = app.team("devs", &alice).await;
        app.member(&team, "robot", "viewer").await;
        let shop = app.namespace("shop", &team, "public").await;
        let depot = app.namespace("depot", &team, "private").await;
        let web = app.repository(shop.id, "web").await;
        let db = app.repository(depot.id, "db").await;
        app.tag(web, "v1", "sha256:aa", None).await;
        app.tag(db, "v1", "sha256:bb", None).await;

        for (query, wanted) in [
            ("users?bot=true", vec!["robot"]),
            ("users?admin=1&name_contains=adm", vec!["admin"]),
            ("users?username=ALICE", vec!["alice"]),
            ("users?email=alice@example.org", vec!["alice"]),
            ("users?enabled=no", vec![]),
        ] {
            let path = format!("/api/v1/{query}");
            assert_eq!(names(&app, &admin, &path, "username").await, wanted, "{query}");
        }
        let members = format!("/api/v1/teams/{}/members?role=viewer", team.id);
        assert_eq!(names(&app, &alice, &members, "username").await, ["robot"]);
        for (query, wanted) in [
            ("namespaces?team=devs&visibility=public".to_owned(), vec!["shop"]),
            (format!("namespaces?team_id={}", team.id), vec!["shop", "depot"]),
            ("namespaces?name=depot".to_owned(), vec!["depot"]),
            ("namespaces?name=depot&registry=elsewhere".to_owned(), vec![]),
            ("repositories?namespace=depot".to_owned(), vec!["db"]),
            (format!("repositories?namespace_id={}", shop.id), vec!["web"]),
            ("repositories?registry=registry&name_contains=e".to_owned(), vec!["web"]),
            ("tags?digest=sha256:bb".to_owned(), vec!["v1"]),
            ("tags?repository=web&name=v1".to_owned(), vec!["v1"]),
            (format!("tags?repository_id={db}&name=v2"), vec![]),
        ] {
            let path = format!("/api/v1/{query}");
            assert_eq!(names(&app, &admin, &path, "name").await, wanted, "{query}");
        }
        for query in ["namespaces?visibility=secret", "users?bot=perhaps", "namespaces?team_id=x"] {
            app.get(&admin, &format!("/api/v1/{query}")).await.is(400);
        }
        // A filter never shows more.
        assert_eq!(
            names(&app, &app.user("eve").await, "/api/v1/namespaces?team=devs", "name").await,
            ["shop"]
        );
    }

    /// Rows tell microseconds apart, answers milliseconds.
    async fn a_moment_as_it_is_shown_leaves_out_what_it_was_taken_from(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let admin = app.admin().await;
        let rows = database.connect().await;
        for (number, micros) in ["000000", "000700", "000999", "001000", "002500"].into_iter().enumerate() {
            let id = app.team(&format!("team{number}"), &admin).await.id;
            let then = format!("'2026-01-02 03:04:05.{micros}'");
            for statement in [
                format!("UPDATE teams SET created_at = {then}, updated_at = {then} WHERE id = {id}"),
                format!("UPDATE activities SET created_at = {then} WHERE team_id = {id}"),
            ] {
                rows.execute_unprepared(&statement).await.expect("an update");
            }
        }
        let shown = app.get(&admin, "/api/v1/teams").await.is(200).pluck("created_at");
        let shown: BTreeSet<&str> = shown.iter().filter_map(Value::as_str).collect();
        assert_eq!(shown.len(), 3, "three milliseconds: {shown:?}");
        for (noun, moment) in [("teams", "created"), ("teams", "updated"), ("audit", "created")] {
            let all = app.get(&admin, &format!("/api/v1/{noun}")).await.is(200).json();
            let all = all.as_array().expect("a list");
            for row in all {
                let shown = row[format!("{moment}_at")].as_str().expect("a moment");
                let side = |late: bool| {
                    let left = all.iter().filter(|it| {
                        let it = it[format!("{moment}_at")].as_str().expect("a moment");
                        if late { it > shown } else { it < shown }
                    });
                    left.map(|it| it["id"].clone()).collect::<Vec<_>>()
                };
                for (word, late) in [("after", true), ("before", false)] {
                    let path = format!("/api/v1/{noun}?{moment}_{word}={shown}");
                    assert_eq!(app.get(&admin, &path).await.is(200).pluck("id"), side(late), "{path}");
                }
            }
        }
    }

    async fn dates_and_pages_go_together(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let admin = app.admin().await;
        let mut made = Vec::new();
        for number in 0..6 {
            app.app.clock.advance(chrono::TimeDelta::seconds(60));
            let team = app.team(&format!("team{number}"), &admin).await;
            made.push(team.created_at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
        }
        let path = format!(
            "/api/v1/teams?created_after={}&created_before={}&per_page=2&page=2&sort_attr=name",
            made[0], made[5]
        );
        let answer = app.get(&admin, &path).await;
        assert_eq!(answer.is(200).pluck("name"), [json!("team3"), json!("team4")]);
        assert_eq!(answer.header("x-total"), Some("4"));
        let link = answer.header("link").expect("Link").to_owned();
        assert!(link.contains("&created_after=") && link.contains("created_before="), "{link}");
        // The link leads to where it says.
        let first = link.split(", ").find(|it| it.contains("rel=\"first\"")).expect("the first");
        let (_, first) = first.split_once("example.org").expect("an address");
        let first = first.split('>').next().expect("its end");
        let first = app.get(&admin, first).await;
        assert_eq!(first.is(200).pluck("name"), [json!("team1"), json!("team2")]);
        let day = &made[0][..10];
        let all = app.get(&admin, &format!("/api/v1/teams?updated_after={day}")).await;
        assert_eq!(all.is(200).pluck("id").len(), 6);
    }
}

/// What a schema says of an item of a list, its parts put together.
fn properties(document: &Value, schema: &Value, found: &mut BTreeMap<String, Value>) {
    if let Some(name) = schema["$ref"].as_str() {
        let named = document.pointer(name.trim_start_matches('#'));
        return properties(document, named.expect("a schema"), found);
    }
    if schema["type"] == "array" {
        return properties(document, &schema["items"], found);
    }
    for parts in ["allOf", "oneOf", "anyOf"] {
        for part in schema[parts].as_array().into_iter().flatten() {
            properties(document, part, found);
        }
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    found.extend(own.map(|(name, schema)| (name.clone(), schema.clone())));
}

/// The parameters that narrow by a property: its name and parts of it, or both sides of its moment.
fn wanted(name: &str, schema: &Value, noun: &str) -> Vec<String> {
    if noun != "users" && (name.contains("sign_in") || name.starts_with("locked")) {
        // Of accounts as parts of something else; the list of accounts has them.
        return vec![];
    }
    if schema.to_string().contains("/schemas/Time\"") {
        let moment = name.strip_suffix("_at").unwrap_or(name);
        return vec![format!("{moment}_after"), format!("{moment}_before")];
    }
    match (noun, name) {
        // Found by what happened, and `object` looks for every name at once.
        ("activities" | "audit", "text") => ["actor", "action", "object"].map(str::to_owned).into(),
        // A webhook shows its user name to the other side.
        ("activities" | "audit", _) | ("webhooks", "username") => vec![],
        ("bots", "username" | "display_name") => {
            ["name", "name_contains"].map(str::to_owned).into()
        }
        (_, "name" | "username" | "application") => {
            vec![name.to_owned(), "name_contains".to_owned()]
        }
        ("dead", "repository") => vec![name.to_owned(), "repository_contains".to_owned()],
        _ => vec![],
    }
}

#[actix_web::test]
async fn every_list_of_the_document_is_narrowed_by_name_and_date() {
    let app = TestApp::new().await;
    let document = app.get(&Caller::NOBODY, "/api/openapi-spec").await.json();
    let mut lists = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let operation = &methods["get"];
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        // A few names on offer are no list: what is typed is all there is to narrow them by.
        // What a single account trusts or is linked with is as few as it has providers.
        let few = path.ends_with("/trusts") || path.ends_with("/identities");
        if schema["type"] != "array" || path.contains("/typeahead/") || few {
            continue;
        }
        lists += 1;
        let mut item = BTreeMap::new();
        properties(&document, schema, &mut item);
        assert!(item.len() > 2, "{path}: {item:?}");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters: BTreeSet<&str> = parameters.filter_map(|it| it["name"].as_str()).collect();
        let noun = path.rsplit('/').next().unwrap_or_default();
        let noun = noun.trim_end_matches(".csv");
        let mut dates = 0;
        for (name, schema) in &item {
            for parameter in wanted(name, schema, noun) {
                dates += usize::from(parameter.ends_with("_after"));
                assert!(
                    parameters.contains(parameter.as_str()),
                    "{path} lacks {parameter}: {parameters:?}"
                );
            }
        }
        assert!(dates > 0, "{path} has no dates");
        if !path.ends_with("/grouped") {
            assert!(
                parameters.contains("page") && parameters.contains("sort_attr"),
                "{path} has no pages"
            );
        }
    }
    assert!(lists > 20, "only {lists} lists");
}

#[actix_web::test]
async fn teams_that_nobody_owns_are_found_by_admins() {
    let app = TestApp::with_registry().await;
    let (admin, olga) = (app.admin().await, app.user("olga").await);
    app.team("kept", &admin).await;
    app.team("left", &olga).await;
    app.delete(&admin, &format!("/api/v1/users/{}", olga.id))
        .await
        .is(204);
    for (wanted, name) in [("true", "left"), ("false", "kept")] {
        let path = format!("/api/v1/teams?ownerless={wanted}");
        let found = app.get(&admin, &path).await.is(200).pluck("name");
        assert_eq!(found, [serde_json::json!(name)]);
    }
}
