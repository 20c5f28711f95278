//! What scanners find, and having images scanned again.

use portus_rs::{
    actions::vulnerabilities::{Finding, begin_scan, record_scan},
    entities::{activity, scan_result, tag, vulnerability},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::support::{Caller, TestApp};
use crate::support::databases::on_every_database;

const SCANNER: (&str, &str) = ("PORTUS_SECURITY_TRIVY_SERVER", "http://127.0.0.1:1");

fn finding(name: &str, scanner: &str, severity: &str) -> Finding {
    Finding {
        name: name.to_owned(),
        scanner: scanner.to_owned(),
        severity: severity.to_owned(),
        ..Finding::default()
    }
}

async fn scanned(app: &TestApp, id: i64) -> i16 {
    let row = tag::Entity::find_by_id(id)
        .one(app.app.database.reader())
        .await
        .unwrap();
    row.unwrap().scanned
}

async fn names(app: &TestApp, tag_id: i64) -> Vec<(String, String, String)> {
    let rows = scan_result::Entity::find()
        .filter(scan_result::Column::TagId.eq(tag_id))
        .find_also_related(vulnerability::Entity)
        .order_by_asc(vulnerability::Column::Name)
        .order_by_asc(scan_result::Column::Scanner)
        .all(app.app.database.reader())
        .await
        .unwrap();
    rows.into_iter()
        .map(|(result, known)| (known.unwrap().name, result.scanner, result.severity))
        .collect()
}

fn named(name: &str, scanner: &str, severity: &str) -> (String, String, String) {
    (name.to_owned(), scanner.to_owned(), severity.to_owned())
}

on_every_database! {
    async fn a_scan_replaces_what_was_found_behind_all_tags_of_the_digest(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let mary = app.user("mary").await;
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "private").await;
        let (web, db) = (app.repository(shop.id, "web").await, app.repository(shop.id, "db").await);
        let one = app.tag(web, "1", "sha256:aa", None).await;
        let two = app.tag(db, "1", "sha256:aa", None).await;
        let other = app.tag(web, "2", "sha256:bb", None).await;

        assert_eq!(begin_scan(&app.app, "sha256:aa").await.unwrap(), 2);
        assert_eq!(scanned(&app, one).await, 1);
        assert_eq!(scanned(&app, other).await, 0);
        let found = [
            finding("CVE-2", "clair", "High"),
            finding("CVE-1", "clair", "Low"),
            // A second time, and from another scanner.
            finding("CVE-1", "clair", "Medium"),
            finding("CVE-1", "trivy", "Critical"),
            finding("", "clair", "High"),
        ];
        assert_eq!(record_scan(&app.app, "sha256:aa", &found).await.unwrap(), 2);
        for tag in [one, two] {
            assert_eq!(scanned(&app, tag).await, 2);
            assert_eq!(
                names(&app, tag).await,
                [
                    named("CVE-1", "clair", "Low"),
                    named("CVE-1", "trivy", "Critical"),
                    named("CVE-2", "clair", "High"),
                ]
            );
        }
        assert!(names(&app, other).await.is_empty());

        begin_scan(&app.app, "sha256:aa").await.unwrap();
        let found = [finding("CVE-2", "clair", "Low"), finding("CVE-3", "clair", "")];
        record_scan(&app.app, "sha256:aa", &found).await.unwrap();
        assert_eq!(
            names(&app, one).await,
            [named("CVE-2", "clair", "Low"), named("CVE-3", "clair", "")]
        );
    }

    async fn a_name_is_one_row_that_learns(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let mary = app.user("mary").await;
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "private").await;
        let web = app.repository(shop.id, "web").await;
        for (name, digest) in [("1", "sha256:aa"), ("2", "sha256:bb")] {
            app.tag(web, name, digest, None).await;
            begin_scan(&app.app, digest).await.unwrap();
        }
        let first = Finding {
            link: "https://cve.example/1".to_owned(),
            description: Some("bad".to_owned()),
            ..finding("CVE-1", "clair", "High")
        };
        record_scan(&app.app, "sha256:aa", &[first]).await.unwrap();
        let second = Finding {
            fixed_by: "1.2".to_owned(),
            ..finding("CVE-1", "trivy", "")
        };
        record_scan(&app.app, "sha256:bb", &[second]).await.unwrap();
        let rows = vulnerability::Entity::find().all(app.app.database.reader()).await.unwrap();
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((row.scanner.as_str(), row.severity.as_str()), ("clair", "High"));
        assert_eq!((row.link.as_str(), row.fixed_by.as_str()), ("https://cve.example/1", "1.2"));
        assert_eq!(row.description.as_deref(), Some("bad"));
        // What a scanner said of one image stays as it was when it says something else of another.
        let severities: Vec<String> = scan_result::Entity::find()
            .order_by_asc(scan_result::Column::Id)
            .all(app.app.database.reader())
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.severity)
            .collect();
        assert_eq!(severities, ["High", ""]);
    }

    async fn a_push_or_a_wish_in_between_makes_a_scan_void(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let (admin, mary) = (app.admin().await, app.user("mary").await);
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "private").await;
        let web = app.repository(shop.id, "web").await;
        let id = app.tag(web, "1", "sha256:aa", None).await;
        begin_scan(&app.app, "sha256:aa").await.unwrap();
        app.post(&admin, &format!("/api/v1/vulnerabilities/{id}"), json!({})).await.is(202);
        let found = [finding("CVE-1", "clair", "High")];
        assert_eq!(record_scan(&app.app, "sha256:aa", &found).await.unwrap(), 0);
        assert_eq!(scanned(&app, id).await, 0);
        assert!(names(&app, id).await.is_empty());
    }

    async fn many_findings_are_written_and_go_with_their_tag(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let mary = app.user("mary").await;
        let team = app.team("devs", &mary).await;
        let shop = app.namespace("shop", &team, "private").await;
        let web = app.repository(shop.id, "web").await;
        app.tag(web, "1", "sha256:aa", None).await;
        app.tag(web, "2", "sha256:aa", None).await;
        begin_scan(&app.app, "sha256:aa").await.unwrap();
        let found: Vec<Finding> = (0..1_001)
            .map(|number| finding(&format!("CVE-{number}"), "clair", "Low"))
            .collect();
        record_scan(&app.app, "sha256:aa", &found).await.unwrap();
        let reader = app.app.database.reader();
        let results = || scan_result::Entity::find().count(reader);
        assert_eq!(results().await.unwrap(), 2_002);
        // Behind the service's back, as a registry's deletion would do it.
        tag::Entity::delete_many()
            .filter(tag::Column::Name.eq("1"))
            .exec(&database.connect().await)
            .await
            .unwrap();
        assert_eq!(results().await.unwrap(), 1_001);
        assert_eq!(vulnerability::Entity::find().count(reader).await.unwrap(), 1_001);
    }
}

#[actix_web::test]
async fn tags_tell_what_was_found_once_they_are_scanned() {
    let app = TestApp::with(&[SCANNER]).await;
    app.registry("registry", "registry.test.lan:5000").await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let bad = app.tag(web, "bad", "sha256:aa", None).await;
    let good = app.tag(web, "good", "sha256:bb", None).await;
    app.tag(web, "new", "sha256:cc", None).await;
    let found = Finding {
        link: "https://cve.example/1".to_owned(),
        fixed_by: "1.2".to_owned(),
        ..finding("CVE-1", "clair", "High")
    };
    for (digest, found) in [("sha256:aa", vec![found]), ("sha256:bb", vec![])] {
        begin_scan(&app.app, digest).await.unwrap();
        record_scan(&app.app, digest, &found).await.unwrap();
    }
    let listed = app
        .get(&mary, &format!("/api/v1/repositories/{web}/tags"))
        .await
        .is(200)
        .pluck("vulnerabilities");
    let of_bad = &listed[0]["clair"][0];
    assert_eq!(of_bad["name"], json!("CVE-1"));
    assert_eq!(of_bad["scanner"], json!("clair"));
    assert_eq!(of_bad["severity"], json!("High"));
    assert_eq!(of_bad["link"], json!("https://cve.example/1"));
    assert_eq!(of_bad["fixed_by"], json!("1.2"));
    assert_eq!(
        (&of_bad["metadata"], &of_bad["description"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        of_bad["id"].is_i64()
            && of_bad["created_at"].is_string()
            && of_bad["updated_at"].is_string()
    );
    assert_eq!(listed[1..], [json!({}), Value::Null]);
    for path in [
        format!("/api/v1/tags/{bad}"),
        format!("/api/v1/repositories/{web}/tags/{bad}"),
    ] {
        assert_eq!(
            app.get(&mary, &path).await.is(200).json()["vulnerabilities"],
            listed[0]
        );
    }
    let grouped = app
        .get(&mary, &format!("/api/v1/repositories/{web}/tags/grouped"))
        .await
        .json();
    assert_eq!(grouped[2][0]["vulnerabilities"], listed[0]);
    assert_eq!(
        app.get(&admin, "/api/v1/tags")
            .await
            .pluck("vulnerabilities"),
        listed
    );

    let path = format!("/api/v1/vulnerabilities/{good}");
    assert_eq!(app.post(&admin, &path, json!({})).await.is(202).text, "202");
    let tags = app.get(&admin, "/api/v1/tags").await;
    assert_eq!(tags.pluck("scanned"), [json!(2), json!(0), json!(0)]);
    assert_eq!(
        tags.pluck("vulnerabilities"),
        [listed[0].clone(), Value::Null, Value::Null]
    );
    assert_eq!(
        app.post(&admin, "/api/v1/vulnerabilities", json!({}))
            .await
            .is(202)
            .text,
        "202"
    );
    let tags = app.get(&admin, "/api/v1/tags").await;
    assert_eq!(tags.pluck("scanned"), [json!(0), json!(0), json!(0)]);
    assert_eq!(
        tags.pluck("vulnerabilities"),
        [Value::Null, Value::Null, Value::Null]
    );
    let entry = activity::Entity::find()
        .filter(activity::Column::Key.eq("vulnerability:rescan"))
        .one(app.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (entry.tag_name.as_deref(), entry.actor_name.as_str()),
        (Some("good"), "admin")
    );
}

#[actix_web::test]
async fn without_a_scanner_nothing_is_told() {
    let app = TestApp::with_registry().await;
    let mary = app.user("mary").await;
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let id = app.tag(web, "1", "sha256:aa", None).await;
    begin_scan(&app.app, "sha256:aa").await.unwrap();
    let found = [finding("CVE-1", "clair", "High")];
    record_scan(&app.app, "sha256:aa", &found).await.unwrap();
    let shown = app
        .get(&mary, &format!("/api/v1/tags/{id}"))
        .await
        .is(200)
        .json();
    assert_eq!(shown["scanned"], json!(2));
    assert_eq!(shown["vulnerabilities"], Value::Null);
}

#[actix_web::test]
async fn only_admins_have_images_scanned_again() {
    let app = TestApp::with_registry().await;
    let (admin, mary) = (app.admin().await, app.user("mary").await);
    let team = app.team("devs", &mary).await;
    let shop = app.namespace("shop", &team, "private").await;
    let web = app.repository(shop.id, "web").await;
    let id = app.tag(web, "1", "sha256:aa", None).await;
    begin_scan(&app.app, "sha256:aa").await.unwrap();
    let one = format!("/api/v1/vulnerabilities/{id}");
    for path in [
        "/api/v1/vulnerabilities",
        &one,
        "/api/v1/vulnerabilities/4711",
        "/api/v1/vulnerabilities/x",
    ] {
        app.post(&mary, path, json!({})).await.is(403);
        app.post(&Caller::NOBODY, path, json!({})).await.is(401);
    }
    assert_eq!(scanned(&app, id).await, 1);
    app.post(&admin, "/api/v1/vulnerabilities/4711", json!({}))
        .await
        .is(404);
    let refused = app
        .post(&admin, "/api/v1/vulnerabilities/x", json!({}))
        .await;
    assert_eq!(
        refused.is(400).message(),
        json!({"[\"id\"]": ["is invalid"]})
    );
}
