//! Lists narrowed by name, date and what else is obvious of them.

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
