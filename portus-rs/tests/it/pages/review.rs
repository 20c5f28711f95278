//! What is said in place of pages while the configuration has to be reviewed.

use actix_web::test::TestRequest;

use crate::support::{
    databases::TestDatabase,
    service::{Answer, Service},
};

const REVIEW: &str = "/500?fixes=true";
const TITLE: &str = "Please review your configuration";

/// Asks as somebody out in the world, with TLS or without.
async fn from_afar(service: &Service, path: &str, tls: bool) -> Answer {
    let scheme = if tls { "https" } else { "http" };
    let request = TestRequest::get()
        .uri(path)
        .insert_header(("X-Forwarded-For", "198.51.100.7"))
        .insert_header(("X-Forwarded-Proto", scheme));
    service.call(request).await
}

async fn near(service: &Service, path: &str) -> Answer {
    service.call(TestRequest::get().uri(path)).await
}

fn leads_to_the_review(answer: &Answer) -> bool {
    let location = answer.headers.get("location");
    answer.status == 303 && location.is_some_and(|it| it == REVIEW)
}

const NAMED: (&str, &str) = ("PORTUS_MACHINE_FQDN_VALUE", "portus.example.org");

#[actix_web::test]
async fn pages_asked_for_without_tls_over_a_network_are_not_shown() {
    let service = Service::with(TestDatabase::sqlite(), &[NAMED]).await;
    service.user("ann").await;
    for path in [
        "/",
        "/users/sign_in",
        "/users/sign_up",
        "/teams",
        "/users/edit",
    ] {
        assert!(
            leads_to_the_review(&from_afar(&service, path, false).await),
            "{path}"
        );
        assert!(
            !leads_to_the_review(&from_afar(&service, path, true).await),
            "{path}"
        );
        assert!(!leads_to_the_review(&near(&service, path).await), "{path}");
    }
    // Programs, registries and whoever only looks ask for no secret, or speak to our doors as before.
    for path in [
        "/explore",
        "/api/v1/_ping",
        "/v2/token?service=registry.test",
        "/404",
        "/robots.txt",
    ] {
        assert!(
            !leads_to_the_review(&from_afar(&service, path, false).await),
            "{path}"
        );
    }
    let told = from_afar(&service, REVIEW, false).await;
    assert_eq!(told.status, 500);
    for text in [TITLE, "SSL", "PORTUS_PUMA_TLS_KEY"] {
        assert!(told.body.contains(text), "{}", told.body);
    }
    assert!(!told.body.contains("PORTUS_DB_HOST"), "{}", told.body);
    // Where nothing is to be mended it is the page about any error.
    let fine = near(&service, REVIEW).await;
    assert_eq!(fine.status, 500);
    assert!(!fine.body.contains(TITLE), "{}", fine.body);
}

#[actix_web::test]
async fn plain_http_is_right_where_somebody_says_so() {
    let off = ("PORTUS_CHECK_SSL_USAGE_ENABLED", "false");
    let service = Service::with(TestDatabase::sqlite(), &[NAMED, off]).await;
    service.user("ann").await;
    let page = from_afar(&service, "/users/sign_in", false).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("not encrypted"), "{}", page.body);
}

#[actix_web::test]
async fn while_it_is_only_tried_out_a_word_of_warning_is_enough() {
    let unnamed = ("PORTUS_MACHINE_FQDN_VALUE", "portus.test.lan");
    let service = Service::with(TestDatabase::sqlite(), &[unnamed]).await;
    service.user("ann").await;
    let page = from_afar(&service, "/users/sign_in", false).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("This connection is not encrypted."),
        "{}",
        page.body
    );
    for page in [
        from_afar(&service, "/users/sign_in", true).await,
        near(&service, "/users/sign_in").await,
    ] {
        assert!(!page.body.contains("not encrypted"), "{}", page.body);
    }
}

#[actix_web::test]
async fn the_review_needs_no_database_and_says_that_it_is_away() {
    let service = Service::with(TestDatabase::sqlite(), &[NAMED]).await;
    let pool = service.app.database.reader().clone();
    pool.close().await.unwrap();
    let told = near(&service, REVIEW).await;
    assert_eq!(told.status, 500);
    for text in [TITLE, "Database", "PORTUS_DB_HOST"] {
        assert!(told.body.contains(text), "{}", told.body);
    }
    assert_eq!(near(&service, "/500").await.status, 500);
    assert_eq!(near(&service, "/404").await.status, 404);
}

#[actix_web::test]
async fn a_service_without_a_name_says_which_setting_gives_it_one() {
    let service = Service::with(TestDatabase::sqlite(), &[NAMED]).await;
    let nameless = service
        .replica_with(|config| config.machine_fqdn.value.clear())
        .await;
    let request = TestRequest::get().uri(REVIEW);
    let told = Service::call_at(&nameless, request).await;
    assert_eq!(told.status, 500);
    for text in [
        TITLE,
        "Fix secret machine fqdn value",
        "PORTUS_MACHINE_FQDN_VALUE",
    ] {
        assert!(told.body.contains(text), "{}", told.body);
    }
    let named = near(&service, REVIEW).await;
    assert!(!named.body.contains("fqdn value"), "{}", named.body);
}
