//! Removing namespaces and tags, and asking for another scan.

use serde_json::json;

use super::row;
use crate::{
    api::support::{Caller, TestApp},
    support::fake_registry::{FakeRegistry, Fault, digest, image},
};

const OFF: (&str, &str) = ("PORTUS_DELETE_ENABLED", "false");
const CONTRIBUTORS: (&str, &str) = ("PORTUS_DELETE_CONTRIBUTORS", "true");

struct Shelf {
    app: TestApp,
    registry: FakeRegistry,
    admin: Caller,
    owner: Caller,
    contributor: Caller,
    namespace: i64,
    tag: i64,
}

impl Shelf {
    /// `espriu/sinera:cementiri`, of the team of `owner` and `contributor`.
    async fn with(settings: &[(&str, &str)]) -> Self {
        let registry = FakeRegistry::start(None);
        let app = TestApp::with(settings).await;
        app.registry("registry", &registry.host).await;
        let (admin, owner) = (app.admin().await, app.user("owner").await);
        let contributor = app.user("contributor").await;
        let team = app.team("devs", &owner).await;
        app.member(&team, "contributor", "contributor").await;
        let namespace = app.namespace("espriu", &team, "private").await.id;
        let repository = app.repository(namespace, "sinera").await;
        let body = image("a");
        registry.push("espriu/sinera", "cementiri", &body);
        let tag = app
            .tag(repository, "cementiri", &digest(&body), Some(owner.id))
            .await;
        Self {
            app,
            registry,
            admin,
            owner,
            contributor,
            namespace,
            tag,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces() {
    let shelf = Shelf::with(&[]).await;
    let path = format!("DELETE /api/v1/namespaces/{}", shelf.namespace);
    shelf.registry.fail(Fault::Delete(405, "UNSUPPORTED"));
    let refused = vec![
        row("refused by the registry", &shelf.owner, &path, None, 422),
        row(
            "unknown",
            &shelf.owner,
            "DELETE /api/v1/namespaces/4711",
            None,
            404,
        ),
    ];
    let answers = shelf.app.follow(refused).await;
    // Portus' words, and behind them why.
    let told = answers[0].message()["espriu/sinera"].clone();
    let told = told.as_str().expect("text");
    let words = "Could not remove repository: could not remove cementiri tag(s): ";
    assert!(
        told.starts_with(words) && told.contains("storage.delete.enabled"),
        "{told}"
    );
    shelf.registry.fail(Fault::None);
    let good = vec![row("good", &shelf.owner, &path, None, 204)];
    shelf.app.follow(good).await;

    let shelf = Shelf::with(&[OFF]).await;
    let path = format!("DELETE /api/v1/namespaces/{}", shelf.namespace);
    let off = vec![
        row("off, as owner", &shelf.owner, &path, None, 403),
        row("off, as admin", &shelf.admin, &path, None, 403),
    ];
    shelf.app.follow(off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags() {
    let shelf = Shelf::with(&[]).await;
    let path = format!("DELETE /api/v1/tags/{}", shelf.tag);
    shelf.registry.fail(Fault::Delete(500, "UNKNOWN"));
    let rows = vec![
        row("refused by the registry", &shelf.owner, &path, None, 422),
        row("as contributor", &shelf.contributor, &path, None, 403),
        row(
            "unknown",
            &shelf.owner,
            "DELETE /api/v1/tags/4711",
            None,
            404,
        ),
    ];
    let answers = shelf.app.follow(rows).await;
    assert!(
        answers[0]
            .message()
            .as_str()
            .is_some_and(|text| !text.contains('<'))
    );
    shelf.registry.fail(Fault::None);
    let good = vec![row("good", &shelf.owner, &path, None, 204)];
    shelf.app.follow(good).await;

    let shelf = Shelf::with(&[CONTRIBUTORS]).await;
    let path = format!("DELETE /api/v1/tags/{}", shelf.tag);
    let rows = vec![row(
        "as contributor, who may",
        &shelf.contributor,
        &path,
        None,
        204,
    )];
    shelf.app.follow(rows).await;

    let shelf = Shelf::with(&[OFF]).await;
    let path = format!("DELETE /api/v1/tags/{}", shelf.tag);
    let rows = vec![row("off", &shelf.owner, &path, None, 403)];
    shelf.app.follow(rows).await;
}

#[actix_web::test]
async fn scans() {
    let shelf = Shelf::with(&[]).await;
    let one = format!("POST /api/v1/vulnerabilities/{}", shelf.tag);
    let rows = vec![
        row(
            "all",
            &shelf.admin,
            "POST /api/v1/vulnerabilities",
            None,
            202,
        ),
        row("one", &shelf.admin, &one, None, 202),
        row("as owner", &shelf.owner, &one, None, 403),
        row(
            "unknown",
            &shelf.admin,
            "POST /api/v1/vulnerabilities/4711",
            None,
            404,
        ),
        row(
            "without a body",
            &shelf.admin,
            "POST /api/v1/vulnerabilities",
            json!({}),
            202,
        ),
    ];
    let answers = shelf.app.follow(rows).await;
    assert_eq!(
        (answers[0].text.as_str(), answers[1].text.as_str()),
        ("202", "202")
    );
}
