//! The audit log as admins search it, and as tables and lines.

use portus_rs::{
    entities::activity,
    policy::Who,
    queries::{
        activities::Activities,
        filter::{Narrowed, Test, Value as Given},
        list::Listing as _,
    },
};
use sea_orm::{
    ConnectionTrait as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Statement,
};
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::databases::on_every_database;

async fn busy(app: &TestApp) -> Caller {
    let admin = app.admin().await;
    let alice = app.user("alice").await;
    for number in 0..3 {
        app.app.clock.advance(chrono::TimeDelta::seconds(10));
        let team = json!({"name": format!("team{number}")});
        app.post(&alice, "/api/v1/teams", team).await.is(201);
    }
    app.app.clock.advance(chrono::TimeDelta::seconds(10));
    let team = json!({"name": "=cmd|' /C calc'!A0"});
    app.post(&admin, "/api/v1/teams", team).await.is(201);
    let space = json!({"name": "shop", "team": "team0"});
    app.post(&alice, "/api/v1/namespaces", space).await.is(201);
    admin
}

on_every_database! {
    async fn the_log_is_searched_by_who_what_and_when(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let admin = busy(&app).await;
        let keys = async |query: &str| -> Vec<String> {
            let answer = app.get(&admin, &format!("/api/v1/audit?{query}")).await;
            let keys = answer.is(200).pluck("key");
            keys.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        assert_eq!(
            keys("actor=alice").await,
            ["namespace.create", "team.create", "team.create", "team.create"]
        );
        assert_eq!(keys("action=team.create&actor=alice").await.len(), 3);
        assert_eq!(keys("action=team.*").await.len(), 4);
        assert_eq!(keys("action=team.%25").await.len(), 0);
        assert_eq!(keys("action=t_am.create").await.len(), 0);
        assert_eq!(keys("object=team1").await, ["team.create"]);
        assert_eq!(keys("object=team_").await.len(), 0);
        assert_eq!(keys("object=shop").await, ["namespace.create"]);
        assert_eq!(keys("object_type=Team&action=team.*").await.len(), 4);
        assert_eq!(keys("registry=registry&action=namespace.*").await, ["namespace.create"]);
        assert_eq!(keys("registry=elsewhere").await.len(), 0);
        let all = app.get(&admin, "/api/v1/audit").await;
        let times = all.pluck("created_at");
        assert!(times.is_sorted_by_key(|it| std::cmp::Reverse(it.as_str().map(str::to_owned))));
        let middle = all.json()[1]["created_at"].as_str().expect("a time").to_owned();
        let (before, after) = (
            keys(&format!("created_before={middle}")).await.len(),
            keys(&format!("created_after={middle}")).await.len(),
        );
        // Times are told in milliseconds, so the entry itself may count as after.
        assert!(before > 0 && after > 0 && before + after <= times.len(), "{before} {after}");
        for odd in ["yesterday", "2026-13-01", "2026-01-01T00:00:00", "20260-01-01", "0"] {
            let answer = app.get(&admin, &format!("/api/v1/audit?created_after={odd}")).await;
            assert_eq!(answer.is(400).message(), json!({"[\"created_after\"]": ["is invalid"]}));
        }
        app.get(&admin, "/api/v1/audit?created_after=2026-01-01T00:00:00%2B02:00").await.is(200);
    }

    async fn pages_of_the_log_are_stable(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let admin = busy(&app).await;
        let whole = app.get(&admin, "/api/v1/audit").await.pluck("id");
        let mut paged = Vec::new();
        for page in 1..=whole.len().div_ceil(2) {
            let answer = app.get(&admin, &format!("/api/v1/audit?per_page=2&page={page}&action=*")).await;
            let total = whole.len().to_string();
            assert_eq!(answer.is(200).header("x-total"), Some(total.as_str()));
            assert!(answer.header("link").is_some_and(|it| it.contains("?action=*&all=false&page=")));
            paged.extend(answer.pluck("id"));
        }
        assert_eq!(paged, whole);
    }
}

#[actix_web::test]
async fn the_log_is_given_as_a_table_and_as_lines() {
    let app = TestApp::with_registry().await;
    let admin = busy(&app).await;
    let whole = app.get(&admin, "/api/v1/audit").await;
    let rows = whole.json().as_array().expect("a list").len();

    let table = app.get(&admin, "/api/v1/audit?as=csv").await;
    assert_eq!(
        table.is(200).header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let lines: Vec<&str> = table.text.lines().collect();
    assert_eq!(
        lines[0],
        "Tracked item,Item,Event,Recipient,Triggered by,Time,Notes"
    );
    assert_eq!(lines.len(), rows + 1);
    assert!(
        lines[1].starts_with("namespace,shop,create,-,alice,"),
        "{}",
        lines[1]
    );
    assert!(
        table.text.contains("team,'=cmd|' /C calc'!A0,create,"),
        "{}",
        table.text
    );
    for (key, value) in [
        ("accept", "text/csv"),
        ("accept", "text/html, text/csv;q=0.9"),
    ] {
        let request = actix_web::test::TestRequest::get()
            .uri("/api/v1/audit")
            .insert_header((key, value))
            .insert_header(("Portus-Auth", admin.auth.as_deref().expect("a token")));
        assert_eq!(app.call(request).await.text, table.text);
    }
    let old = app.get(&admin, "/admin/activities.csv").await;
    assert_eq!(old.is(200).text, table.text);
    let paged = app.get(&admin, "/api/v1/audit?as=csv&per_page=2").await;
    assert_eq!(paged.text.lines().count(), 3);
    assert_eq!(paged.header("x-total"), Some(rows.to_string().as_str()));

    let lines = app.get(&admin, "/api/v1/audit?as=jsonl").await;
    assert_eq!(
        lines.is(200).header("content-type"),
        Some("application/x-ndjson")
    );
    let read: Vec<Value> = lines
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(Value::from(read), whole.json());
    app.get(&admin, "/api/v1/audit?as=xml").await.is(400);
    app.get(&admin, "/api/v1/audit?format=csv").await.is(406);
}

#[actix_web::test]
async fn entries_have_their_sentences() {
    let app = TestApp::with_registry().await;
    let admin = busy(&app).await;
    let newest = app.get(&admin, "/api/v1/audit?per_page=1").await.json()[0].clone();
    assert_eq!(
        newest["text"],
        "alice created the shop namespace under the team0 team"
    );
    assert_eq!(newest["actor"]["name"], "alice");
    assert_eq!(newest["parts"][0]["actor"], true);
    assert_eq!(newest["parts"][2]["type"], "Namespace");
    assert_eq!(newest["parameters"]["team"], "team0");
}

#[actix_web::test]
async fn the_log_is_for_admins() {
    let app = TestApp::with_registry().await;
    let alice = app.user("alice").await;
    for path in [
        "/api/v1/audit",
        "/api/v1/audit?as=csv",
        "/admin/activities.csv",
    ] {
        app.get(&alice, path).await.is(403);
        app.get(&Caller::NOBODY, path).await.is(401);
    }
}

/// The plan of SQLite for what the list asks: how many there are, and a page of them in order.
async fn plans(app: &TestApp, filter: &str, value: &str, along: bool) -> String {
    let reader = app.app.database.reader();
    let backend = reader.get_database_backend();
    let filter = Activities::filters()
        .iter()
        .find(|it| it.name == filter)
        .expect("a filter");
    let given = match filter.test {
        Test::Number(_) => Given::Number(value.parse().expect("a number")),
        _ => Given::Text(value.to_owned()),
    };
    let list = Activities { who: Who::Operator };
    let list = Narrowed::by(list, vec![(filter, given)], backend);
    let select = if along {
        list.select_along()
    } else {
        list.select()
    };
    let statement = select
        .select_only()
        .column(activity::Column::Id)
        .order_by_desc(activity::Column::CreatedAt)
        .order_by_desc(activity::Column::Id)
        .limit(15)
        .build(backend);
    let mut explained =
        Statement::from_string(backend, format!("EXPLAIN QUERY PLAN {}", statement.sql));
    explained.values = statement.values;
    let rows = reader.query_all_raw(explained).await.expect("a plan");
    let lines = rows
        .iter()
        .map(|row| row.try_get::<String>("", "detail").expect("a line"));
    lines.collect::<Vec<_>>().join("; ")
}

/// However long the log is: nothing reads all of it, and where much is left a page of it is found along the dates.
#[actix_web::test]
async fn every_search_of_the_log_has_an_index() {
    let app = TestApp::with_registry().await;
    for (filter, value, ordered) in [
        ("actor", "alice", true),
        ("actor_id", "3", true),
        ("action", "repository.push", true),
        ("action", "repository.*", false),
        ("object", "team00003", false),
        ("object", "team00003/app003", false),
        ("object", "team00003/app003:v000", false),
        ("namespace_id", "7", true),
        ("team_id", "7", true),
    ] {
        let plan = plans(&app, filter, value, false).await;
        assert!(
            !plan.contains("SCAN activities"),
            "{filter}={value}: {plan}"
        );
        let sorted = |plan: &str| !plan.contains("TEMP B-TREE");
        assert!(sorted(&plan) || !ordered, "{filter}={value}: {plan}");
        let plan = plans(&app, filter, value, true).await;
        assert!(sorted(&plan), "{filter}={value}, much of it: {plan}");
    }
}
