//! The database goes away and comes back: who asks meanwhile is told so, and nobody has to start anything anew.

use std::time::Duration;

use actix_web::{http::Method, test::TestRequest};

use crate::{
    api::sessions::Browser,
    support::{
        cable::Cable,
        databases::{Adapter, TestDatabase},
        service::{PASSWORD, Service, basic},
        wait::eventually,
    },
};

async fn away_and_back(adapter: Adapter) {
    let mut database = TestDatabase::create(adapter).await;
    let port = database
        .variables
        .iter_mut()
        .find(|(name, _)| *name == "PORTUS_DB_PORT")
        .map(|(_, port)| port)
        .expect("a server has a port");
    let cable = Cable::to(port.parse().unwrap());
    *port = cable.port.to_string();
    let service = Service::on(database).await;
    service.user("anna").await;
    let anna = Browser::signed_in(&service, "anna").await;
    let page = |path: &str| service.call(anna.request(Method::GET, path));
    assert_eq!(page("/teams").await.status, 200);

    cable.pull();
    for path in ["/teams", "/", "/repositories/1", "/search?search=a"] {
        let answer = page(path).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
        assert!(answer.headers.contains_key("retry-after"), "{path}");
        for text in ["The database does not answer.", "that are logged in go on"] {
            assert!(answer.body.contains(text), "{path}: {}", answer.body);
        }
    }
    let visitor = service
        .call(
            TestRequest::get()
                .uri("/users/sign_in")
                .insert_header(("Accept", "text/html")),
        )
        .await;
    assert_eq!(visitor.status, 503, "{}", visitor.body);
    assert!(
        visitor.body.contains("The database does not answer."),
        "{}",
        visitor.body
    );
    let program = service
        .call(anna.request(Method::GET, "/api/v1/teams"))
        .await;
    assert_eq!(program.status, 503);
    assert_eq!(program.json()["message"], "The database does not answer");
    assert!(program.headers.contains_key("retry-after"));
    let docker = TestRequest::get()
        .uri("/v2/token?service=registry.test&scope=repository:anna/app:pull")
        .insert_header(("Authorization", basic(("anna", PASSWORD))));
    assert_eq!(service.call(docker).await.status, 503);
    // What needs no database is there.
    assert_eq!(page("/500").await.status, 500);
    assert_eq!(page("/assets/images/icon.svg").await.status, 200);

    cable.plug();
    let limit = Duration::from_secs(20);
    eventually(
        "the pages are back, and so is the session",
        limit,
        || async { page("/teams").await.status == 200 },
    )
    .await;
}

#[actix_web::test]
async fn a_mariadb_that_goes_away_is_told_and_comes_back() {
    away_and_back(Adapter::MySql).await;
}

#[actix_web::test]
async fn a_postgresql_that_goes_away_is_told_and_comes_back() {
    away_and_back(Adapter::Postgres).await;
}
