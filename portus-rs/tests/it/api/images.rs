//! Images by their last push, counted and in order, whatever their tags have in common.

use portus_rs::queries::{images, list::Slice};
use sea_orm::ConnectionTrait as _;

use super::support::TestApp;
use crate::support::databases::{TestDatabase, on_every_database};

fn digest(n: u8) -> String {
    format!("sha256:{n:064x}")
}

/// The name of a tag that goes with the image of this digest.
fn about(n: u8, kind: &str) -> String {
    format!("sha256-{n:064x}{kind}")
}

/// Manifests one to three, and tags by name, digest and minute of their push.
async fn fill(database: &TestDatabase, id: i64, tags: &[(String, Option<String>, u8)]) {
    let at = |minute: u8| format!("'2026-01-02 03:{minute:02}:00.000000'");
    let manifests =
        (1..4).map(|n| format!("({id}, '{}', '', 1, {now}, {now})", digest(n), now = at(0)));
    let rows = tags.iter().map(|(name, digest, minute)| {
        let digest = digest
            .as_ref()
            .map_or("NULL".to_owned(), |it| format!("'{it}'"));
        format!(
            "({id}, '{name}', {digest}, {at}, {at}, {at}, {at})",
            at = at(*minute)
        )
    });
    let connection = database.connect().await;
    for statement in [
        format!(
            "INSERT INTO manifests (repository_id, digest, media_type, details, created_at, updated_at) VALUES {}",
            manifests.collect::<Vec<_>>().join(",")
        ),
        format!(
            "INSERT INTO tags (repository_id, name, digest, observed_at, pushed_at, created_at, updated_at) VALUES {}",
            rows.collect::<Vec<_>>().join(",")
        ),
    ] {
        connection.execute_unprepared(&statement).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// All images, page by page, each by its tags.
async fn pages(app: &TestApp, id: i64, descending: bool) -> (Vec<String>, u64) {
    let mut all = Vec::new();
    let mut count = 0;
    for offset in (0..8).step_by(2) {
        let slice = Slice { offset, limit: 2 };
        let order = ("pushed_at", descending);
        let (found, total) = images::page(&app.app, id, order, "", slice).await.unwrap();
        all.extend(found.iter().map(|image| {
            let names: Vec<&str> = image.tags.iter().map(|it| it.tag.name.as_str()).collect();
            names.join(" ")
        }));
        count = total;
    }
    (all, count)
}

on_every_database! {
    async fn images_are_counted_and_come_by_their_last_push(database: TestDatabase) {
        let app = TestApp::on(&database).await;
        let olga = app.user("olga").await;
        let team = app.team("devs", &olga).await;
        let space = app.namespace("devs-images", &team, "private").await;
        let shared = app.repository(space.id, "shared").await;
        let (named, lost) = (|name: &str| name.to_owned(), about(8, ".sig"));
        fill(&database, shared, &[
            (named("a"), Some(digest(1)), 1),
            (named("b"), Some(digest(1)), 5),
            (named("c"), Some(digest(2)), 2),
            (named("d"), Some(digest(3)), 3),
            (named("e"), None, 4),
            (named("f"), Some(String::new()), 6),
            // These go with what is there, one of them under a digest of another image, and this one with nothing.
            (about(2, ".sig"), Some(digest(9)), 7),
            (about(3, ".att"), Some(digest(2)), 1),
            (about(1, ""), None, 9),
            (lost.clone(), Some(digest(7)), 8),
        ]).await;
        let image_c = format!("c {}", about(3, ".att"));
        let mut wanted = vec![lost, named("f"), named("a b"), named("e"), named("d"), image_c];
        assert_eq!(pages(&app, shared, true).await, (wanted.clone(), 6));
        wanted.reverse();
        assert_eq!(pages(&app, shared, false).await, (wanted, 6));

        let single = app.repository(space.id, "single").await;
        fill(&database, single, &[
            (named("x"), Some(digest(1)), 1),
            (named("y"), Some(digest(2)), 2),
            (about(1, ".sig"), Some(digest(9)), 3),
        ]).await;
        assert_eq!(pages(&app, single, true).await, (vec![named("y"), named("x")], 2));
        assert_eq!(pages(&app, single, false).await, (vec![named("x"), named("y")], 2));
    }
}
