//! `/v1/search`, as docker and podman ask it: everybody finds what they may pull, and nothing else.

use actix_web::{http::StatusCode, test::TestRequest};
use portus_rs::{
    actions::{
        application_tokens::{NewToken, issue_limited},
        change::Change,
        registries::{self, NewRegistry},
    },
    entities::{TokenScope, namespace, repository, star, user},
    identity::actor::Actor,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{Answer, PASSWORD, SERVICE, Service, basic, encoded},
};

/// Repositories in namespaces of every visibility, all of the team `devs`, and one in the global namespace.
struct Shelf {
    service: Service,
}

const PEOPLE: [&str; 4] = ["", "outsider", "owner", "root"];
const NAMES: [&str; 6] = [
    "busybox",
    "house/app",
    "open/a_b",
    "open/axb",
    "open/deep/app",
    "secret/app",
];

impl Shelf {
    async fn on(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let service = Service::with(database, settings).await;
        service.admin("root").await;
        let owner = service.user("owner").await;
        service.user("outsider").await;
        let team = service.team("devs", &owner).await;
        let shelf = Self { service };
        for (name, visibility, repositories) in [
            ("secret", "private", &["app"][..]),
            ("house", "protected", &["app"]),
            ("open", "public", &["deep/app", "axb", "a_b"]),
        ] {
            let namespace = shelf.service.namespace(name, &team, visibility).await;
            shelf.put(namespace.id, repositories).await;
        }
        let global = shelf.global(shelf.service.registry.id).await;
        shelf.put(global, &["busybox"]).await;
        shelf
    }

    async fn global(&self, registry_id: i64) -> i64 {
        let row = namespace::Entity::find()
            .filter(namespace::Column::RegistryId.eq(registry_id))
            .filter(namespace::Column::Global.eq(true))
            .one(self.service.app.database.reader())
            .await
            .unwrap();
        row.unwrap().id
    }

    async fn put(&self, namespace_id: i64, names: &[&str]) {
        let mut change = Change::begin(&self.service.app, &Actor::Operator)
            .await
            .unwrap();
        let books = change.books().unwrap();
        for name in names {
            let row = repository::ActiveModel {
                namespace_id: Set(namespace_id),
                name: Set((*name).to_owned()),
                description: Set(Some(format!("This is {name}"))),
                created_at: Set(change.now()),
                updated_at: Set(change.now()),
                ..Default::default()
            };
            change.insert(&books, row).await.unwrap();
        }
        change.commit_unrecorded("a test").await.unwrap();
    }

    async fn ask(&self, authorization: Option<&str>, host: &str, query: &str) -> Answer {
        let mut request = TestRequest::get()
            .uri(&format!("/v1/search?{query}"))
            .insert_header(("Host", host))
            .insert_header(("X-Docker-Token", "true"));
        if let Some(authorization) = authorization {
            request = request.insert_header(("Authorization", authorization));
        }
        self.service.call(request).await
    }

    /// Names found by somebody (nobody: "").
    async fn found(&self, who: &str, query: &str) -> Vec<String> {
        let authorization = (!who.is_empty()).then(|| basic((who, PASSWORD)));
        names(&self.ask(authorization.as_deref(), SERVICE, query).await)
    }

    /// The token that docker would fetch.
    async fn token(&self, who: &str, scope: &str) -> String {
        let uri = format!("/v2/token?service={SERVICE}&scope={}", encoded(scope));
        let request = TestRequest::get()
            .uri(&uri)
            .insert_header(("Authorization", basic((who, PASSWORD))));
        let answer = self.service.call(request).await;
        answer.json()["token"].as_str().unwrap().to_owned()
    }
}

fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let results = answer.json()["results"].as_array().cloned().unwrap();
    let name = |hit: &Value| hit["name"].as_str().unwrap().to_owned();
    results.iter().map(name).collect()
}

on_every_database! {
    async fn everybody_finds_what_they_may_pull(database: TestDatabase) {
        let shelf = Shelf::on(database, &[]).await;
        for who in PEOPLE {
            let credentials = (!who.is_empty()).then_some((who, PASSWORD));
            let mut pullable = Vec::new();
            for name in NAMES {
                let scope = format!("repository:{name}:pull");
                let access = shelf.service.access(credentials, &[&scope]).await.unwrap();
                if access != json!([]) {
                    pullable.push(name);
                }
            }
            assert_eq!(shelf.found(who, "q=").await, pullable, "'{who}'");
        }
        assert_eq!(shelf.found("", "q=app").await, ["open/deep/app"]);
        assert_eq!(shelf.found("owner", "q=app").await.len(), 3);
    }

    async fn a_term_is_a_part_of_the_name_and_nothing_else(database: TestDatabase) {
        let shelf = Shelf::on(database, &[]).await;
        for (term, expected) in [
            ("a_b", &["open/a_b"][..]),
            ("A_B", &["open/a_b"]),
            ("open/a", &["open/a_b", "open/axb"]),
            ("pen/deep/ap", &["open/deep/app"]),
            ("deep/app", &["open/deep/app"]),
            ("p/app", &["open/deep/app"]),
            ("/", &["house/app", "open/a_b", "open/axb", "open/deep/app", "secret/app"]),
            ("secret", &["secret/app"]),
            ("usybo", &["busybox"]),
            ("x/busybox", &[]),
            ("/busybox", &[]),
            ("portus_global", &[]),
            ("%", &[]),
            ("!_", &[]),
            ("a*b", &[]),
            ("' or 1=1 --", &[]),
            ("\0", &[]),
            ("ａ", &[]),
        ] {
            assert_eq!(shelf.found("root", &format!("q={}", encoded(term))).await, expected, "{term}");
        }
        let long = "a".repeat(5000);
        assert!(shelf.found("root", &format!("q={long}")).await.is_empty());
    }

    async fn what_people_like_comes_first(database: TestDatabase) {
        let shelf = Shelf::on(database, &[]).await;
        let reader = shelf.service.app.database.reader();
        let axb = repository::Entity::find()
            .filter(repository::Column::Name.eq("axb"))
            .one(reader)
            .await
            .unwrap()
            .unwrap();
        let people = user::Entity::find().all(reader).await.unwrap();
        let mut change = Change::begin(&shelf.service.app, &Actor::Operator).await.unwrap();
        let books = change.books().unwrap();
        for person in &people {
            let row = star::ActiveModel {
                user_id: Set(person.id),
                repository_id: Set(axb.id),
                created_at: Set(change.now()),
                ..Default::default()
            };
            change.insert(&books, row).await.unwrap();
        }
        change.commit_unrecorded("a test").await.unwrap();
        let answer = shelf.ask(None, SERVICE, "q=b").await;
        assert_eq!(names(&answer), ["open/axb", "busybox", "open/a_b"]);
        assert_eq!(answer.json()["results"][0]["star_count"], people.len());
        assert_eq!(answer.json()["results"][1]["star_count"], 0);
    }

    async fn pages_are_bounded(database: TestDatabase) {
        let shelf = Shelf::on(database, &[]).await;
        let global = shelf.global(shelf.service.registry.id).await;
        let many: Vec<String> = (0..120).map(|number| format!("many{number:03}")).collect();
        shelf.put(global, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let answer = shelf.ask(None, SERVICE, "q=many&n=50&page=3").await;
        assert_eq!(names(&answer), many[100..]);
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("results");
        assert_eq!(body, json!({
            "query": "many", "num_results": 120, "num_pages": 3, "page": 3, "page_size": 50,
        }));
        for (query, count) in [
            ("q=many", 25), ("q=many&n=1000000", 100), ("q=many&n=0", 1), ("q=many&n=-3", 25),
            ("q=many&n=x&page=y", 25), ("q=many&page=0", 25), ("q=many&page=18446744073709551615&n=100", 0),
        ] {
            assert_eq!(shelf.found("", query).await.len(), count, "{query}");
        }
    }
}

#[actix_web::test]
async fn an_answer_has_the_shape_that_clients_know() {
    let shelf = Shelf::on(TestDatabase::sqlite(), &[]).await;
    let answer = shelf.ask(None, SERVICE, "q=o&n=2").await;
    assert_eq!(
        answer.json(),
        json!({
            "query": "o", "num_results": 4, "num_pages": 2, "page": 1, "page_size": 2,
            "results": [
                {
                    "name": "busybox", "description": "This is busybox", "star_count": 0,
                    "is_official": true, "is_automated": false, "is_trusted": false,
                },
                {
                    "name": "open/a_b", "description": "This is a_b", "star_count": 0,
                    "is_official": false, "is_automated": false, "is_trusted": false,
                },
            ],
        })
    );
    for method in [actix_web::http::Method::GET, actix_web::http::Method::HEAD] {
        let ping = TestRequest::with_uri("/v1/_ping").method(method);
        assert_eq!(shelf.service.call(ping).await.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn each_way_to_present_oneself_counts_and_nobody_is_never_refused() {
    let shelf = Shelf::on(TestDatabase::sqlite(), &[]).await;
    let ask = async |authorization: &str| shelf.ask(Some(authorization), SERVICE, "q=app").await;
    // docker without a password sends an empty one.
    assert_eq!(names(&ask(&basic(("owner", ""))).await).len(), 1);
    assert_eq!(names(&ask(&basic(("owner", PASSWORD))).await).len(), 3);
    let owner = user::Entity::find()
        .filter(user::Column::Username.eq("owner"))
        .one(shelf.service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    let application = shelf.service.token_of(&owner, "ci").await;
    assert_eq!(names(&ask(&basic(("owner", &application))).await).len(), 3);
    for wrong in [
        basic(("owner", "wrong")),
        basic(("nobody", PASSWORD)),
        "Digest x".into(),
    ] {
        assert_eq!(
            ask(&wrong).await.status,
            StatusCode::UNAUTHORIZED,
            "{wrong}"
        );
    }

    let token = shelf.token("owner", "registry:catalog:search").await;
    assert_eq!(names(&ask(&format!("Bearer {token}")).await).len(), 3);
    let (head, tail) = token.split_at(token.len() - 1);
    let other = if tail == "A" { "B" } else { "A" };
    for wrong in [
        head.to_owned(),
        format!("{head}{other}"),
        format!("{token}A"),
    ] {
        let answer = ask(&format!("Bearer {wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }

    // What is good for something else counts as nothing.
    let pulls = shelf.token("owner", "repository:secret/app:pull").await;
    assert_eq!(names(&ask(&format!("Bearer {pulls}")).await).len(), 1);
    for (scope, found) in [(TokenScope::Read, 3), (TokenScope::Pull, 1)] {
        let new = NewToken {
            application: format!("{scope}"),
            scope,
            ..NewToken::default()
        };
        let issued = issue_limited(&shelf.service.app, &Actor::Operator, owner.id, &new)
            .await
            .unwrap();
        let answer = ask(&basic(("owner", &issued.plain))).await;
        assert_eq!(names(&answer).len(), found, "{scope}");
    }

    // A token lives on, but not the account behind it.
    let mut change = Change::begin(&shelf.service.app, &Actor::Operator)
        .await
        .unwrap();
    let books = change.books().unwrap();
    let row = user::ActiveModel {
        id: Set(owner.id),
        enabled: Set(false),
        ..Default::default()
    };
    change.update(&books, row).await.unwrap();
    change.commit_unrecorded("a test").await.unwrap();
    assert_eq!(
        ask(&format!("Bearer {token}")).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        ask(&basic(("owner", PASSWORD))).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[actix_web::test]
async fn without_anonymous_browsing_nobody_finds_nothing() {
    let closed = [("PORTUS_ANONYMOUS_BROWSING_ENABLED", "false")];
    let shelf = Shelf::on(TestDatabase::sqlite(), &closed).await;
    assert!(shelf.found("", "q=").await.is_empty());
    assert_eq!(shelf.found("outsider", "q=open").await.len(), 3);
}

#[actix_web::test]
async fn the_host_that_is_asked_decides_between_registries() {
    let shelf = Shelf::on(TestDatabase::sqlite(), &[]).await;
    let new = NewRegistry {
        name: "second".to_owned(),
        hostname: "second.test:5000".to_owned(),
        ..NewRegistry::default()
    };
    let second = registries::create(&shelf.service.app, &Actor::Operator, new)
        .await
        .unwrap();
    let global = shelf.global(second.id).await;
    shelf.put(global, &["tool"]).await;
    let at = async |host: &str| names(&shelf.ask(None, host, "q=o").await);
    assert_eq!(at(SERVICE).await[0], "busybox");
    assert_eq!(at(SERVICE).await.len(), 4);
    assert_eq!(at("Second.test:5000").await, ["tool"]);
    assert_eq!(at("second.test").await, ["tool"]);
    let everywhere = at("portus.test").await;
    assert_eq!(everywhere.len(), 5);
    assert!(
        everywhere.contains(&"second.test:5000/tool".to_owned()),
        "{everywhere:?}"
    );
    assert!(
        everywhere.contains(&format!("{SERVICE}/busybox")),
        "{everywhere:?}"
    );
}
