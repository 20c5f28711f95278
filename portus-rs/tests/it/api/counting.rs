//! How often the database is asked: as often for three rows as for two hundred.

use serde_json::json;

use super::support::{Caller, TestApp};

/// How many statements read rows for this request. What is kept in memory and expires in between counts for another
/// request, so the fewest of some are taken.
async fn asked(app: &TestApp, caller: &Caller, path: &str) -> usize {
    let mut fewest = usize::MAX;
    for _ in 0..3 {
        app.selects.lock().expect("a list").clear();
        app.get(caller, path).await.is(200);
        fewest = fewest.min(app.selects.lock().expect("a list").len());
    }
    fewest
}

#[actix_web::test]
async fn a_request_asks_the_database_a_fixed_number_of_times() {
    let app = TestApp::with_registry().await;
    let admin = app.admin().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "public").await;
    let mut before: Vec<(String, usize)> = Vec::new();
    let mut made = 0;
    for rows in [3, 200] {
        let names: Vec<String> = (made..rows).map(|number| format!("r{number}")).collect();
        let repositories = app.repositories(shop.id, &names).await;
        for (number, repository) in (made..rows).zip(repositories) {
            app.tag(repository, "v1", &format!("sha256:{number}"), Some(mary.id))
                .await;
        }
        let first = app.get(&mary, "/api/v1/repositories?name=r0").await.json()[0]["id"].clone();
        for number in made..rows {
            app.tag(
                first.as_i64().expect("an id"),
                &format!("t{number}"),
                &format!("sha256:t{number}"),
                None,
            )
            .await;
            let fresh = app.team(&format!("team{number}"), &mary).await;
            app.namespace(&format!("n{number}"), &fresh, "protected")
                .await;
            let name = format!("u{number}");
            app.account(&name, false, false).await;
            app.member(&team, &name, "viewer").await;
        }
        made = rows;
        let tag = app
            .get(&admin, "/api/v1/tags?name=v1&per_page=1")
            .await
            .json()[0]["id"]
            .clone();
        let paths = [
            "users?per_page=200".to_owned(),
            "teams?per_page=200".to_owned(),
            "namespaces?per_page=200".to_owned(),
            "repositories?per_page=200".to_owned(),
            "tags?per_page=200".to_owned(),
            "registries".to_owned(),
            "activities?per_page=200".to_owned(),
            "audit?per_page=200".to_owned(),
            "repositories?name_contains=r&created_after=2000-01-01".to_owned(),
            "tags?sort_attr=pushed_at&per_page=2&page=2".to_owned(),
            "audit?as=csv&per_page=100".to_owned(),
            format!("teams/{}/members", team.id),
            format!("teams/{}/namespaces", team.id),
            format!("namespaces/{}/repositories", shop.id),
            format!("repositories/{first}/tags"),
            format!("repositories/{first}/tags/grouped"),
            format!("users/{}/application_tokens", mary.id),
            format!("users/{}", mary.id),
            format!("teams/{}", team.id),
            format!("namespaces/{}", shop.id),
            format!("repositories/{first}"),
            format!("tags/{tag}"),
            "explain?scope=repository:shop/r0:pull,push".to_owned(),
        ];
        for (index, path) in paths.iter().enumerate() {
            let path = format!("/api/v1/{path}");
            for caller in [&admin, &mary] {
                if app.get(caller, &path).await.status == 403 {
                    continue;
                }
                let count = asked(&app, caller, &path).await;
                assert!((1..=12).contains(&count), "{path} asks {count} times");
                let key = format!("{index} {}", caller.id);
                match before.iter().find(|(it, _)| *it == key) {
                    None => before.push((key, count)),
                    Some((_, then)) => assert_eq!(*then, count, "{path} with {rows} rows"),
                }
            }
        }
    }
    assert!(before.len() > 30, "{}", json!(before));
}
