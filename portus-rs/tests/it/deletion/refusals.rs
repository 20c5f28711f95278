//! What the registry does not do, or does without saying so.

use portus_rs::{
    actions::deletion,
    entities::{deletion as intent, manifest, manifest_child, tag},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use super::world::{World, deleted, refusal};
use crate::support::{
    databases::on_every_database,
    fake_registry::{Fault, digest, image, index},
};

on_every_database! {
    async fn a_tag_goes_with_its_siblings_and_the_last_one_with_its_repository(database: TestDatabase) {
        let world = World::on(database).await;
        let (a, b) = (image("a"), image("b"));
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &a), ("qa/app", "3", &b)]).await;
        world.registry.asked();
        let app = &world.service.app;
        let first = world.tag("1").await.id;
        deletion::tag(app, &world.olga(), first).await.unwrap();
        assert_eq!(world.tags().await, ["app:3"]);
        assert_eq!(world.registry.holds("qa/app"), ["3".to_owned(), digest(&b)]);
        assert!(!world.knows_manifest(&a).await && world.knows_manifest(&b).await);
        assert_eq!(world.registry.asked().get("DELETE manifests"), Some(&1));
        let exactly = json!([{"type": "repository", "name": "qa/app", "actions": ["pull", "delete"]}]);
        assert_eq!(world.registry.state().permitted, exactly);
        assert_eq!(world.history().await, ["olga repository.delete app:1", "olga repository.delete app:2"]);
        world.agrees().await;

        // The registry's notifications come later, and are no news.
        world.told(deleted("qa/app", &a, &["2", "1"])).await;
        assert_eq!(world.history().await.len(), 2);
        assert_eq!(world.tags().await, ["app:3"]);
        let gone = deletion::tag(app, &world.olga(), first).await;
        assert_eq!(gone.unwrap_err().to_string(), "Not found");

        deletion::tag(app, &world.olga(), world.tag("3").await.id).await.unwrap();
        assert_eq!(world.rows::<portus_rs::entities::repository::Entity>().await, []);
        assert_eq!(world.history().await.split_off(2), ["olga repository.delete app:3", "olga namespace.delete app"]);
        world.told(deleted("qa/app", &b, &["3"])).await;
        assert_eq!(world.history().await.len(), 4);
        world.agrees().await;
    }

    async fn what_the_registry_refuses_stays_and_can_be_tried_again(database: TestDatabase) {
        let world = World::on(database).await;
        let a = image("a");
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &a)]).await;
        let app = &world.service.app;
        let (id, repository) = (world.tag("1").await.id, world.repository("app").await.id);
        let before = (world.rows::<tag::Entity>().await, world.rows::<manifest::Entity>().await);
        for (fault, reason, uncertain) in [
            (Fault::Delete(405, "UNSUPPORTED"), "set storage.delete.enabled to true", false),
            (Fault::Delete(405, ""), "read-only mode", false),
            (Fault::Delete(403, "DENIED"), "answered 403 (DENIED: denied): a rule of its own forbids it", false),
            // Not the registry's own word, so it proves nothing.
            (Fault::Delete(404, ""), "no registry's words", false),
            // No answer to a deletion.
            (Fault::Delete(200, ""), "answered 200", false),
            (Fault::Delete(500, "UNKNOWN"), "answered 500", true),
            (Fault::Delete(503, ""), "answered 503", true),
            (Fault::Status(401), "certificate", false),
        ] {
            world.registry.fail(fault.clone());
            let text = refusal(deletion::tag(app, &world.olga(), id).await);
            assert!(text.starts_with("Could not remove 1 tag: "), "{text}");
            if fault != Fault::Status(401) {
                assert!(text.contains(reason), "{fault:?}: {text}");
            }
            let whole = refusal(deletion::repository(app, &world.olga(), repository).await);
            let words = "Could not remove repository: could not remove 1, 2 tag(s): ";
            let why = text.trim_start_matches("Could not remove 1 tag: ");
            assert_eq!(whole.strip_prefix(words), Some(why), "{fault:?}: {whole}");
            let after = (world.rows::<tag::Entity>().await, world.rows::<manifest::Entity>().await);
            assert_eq!(after, before, "{fault:?}");
            assert_eq!(world.history().await, [""; 0]);
            let noted = world.rows::<intent::Entity>().await;
            assert_eq!(noted.is_empty(), !uncertain, "{fault:?}: {noted:?}");
            world.registry.fail(Fault::None);
            intent::Entity::delete_many().exec(app.database.reader()).await.unwrap();
            world.agrees().await;
        }
        deletion::tag(app, &world.olga(), id).await.unwrap();
        assert_eq!(world.tags().await, [""; 0]);
        world.agrees().await;
    }

    async fn what_the_registry_has_lost_already_counts_as_deleted(database: TestDatabase) {
        let world = World::on(database).await;
        let a = image("a");
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &image("b"))]).await;
        world.registry.remove("qa/app", Some("1"));
        world.registry.remove("qa/app", Some(&digest(&a)));
        deletion::tag(&world.service.app, &world.olga(), world.tag("1").await.id).await.unwrap();
        assert_eq!(world.tags().await, ["app:2"]);
        assert_eq!(world.history().await, ["olga repository.delete app:1"]);
        world.agrees().await;
    }

    async fn a_deletion_that_was_never_answered_is_still_whose_doing_it_was(database: TestDatabase) {
        let impatient = [("PORTUS_REGISTRY_READ_TIMEOUT_VALUE", "2")];
        let world = World::with(database, &impatient).await;
        let (a, b) = (image("a"), image("b"));
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &b), ("qa/app", "3", &image("c"))]).await;
        let app = &world.service.app;
        let ids = (world.tag("1").await.id, world.tag("2").await.id);
        world.registry.fail(Fault::DeleteHangs);
        let text = refusal(deletion::tag(app, &world.olga(), ids.0).await);
        let words = "Could not remove 1 tag: Error: read timed out: it did not answer within registry.read_timeout";
        assert!(text.starts_with(words), "{text}");
        let text = refusal(deletion::tag(app, &world.olga(), ids.1).await);
        assert!(text.contains("read timed out"), "{text}");
        assert_eq!(world.tags().await.len(), 3);
        world.registry.fail(Fault::None);
        // One is told by a notification, the other found by a comparison.
        world.told(deleted("qa/app", &a, &["1"])).await;
        assert_eq!(world.tags().await, ["app:2", "app:3"]);
        assert_eq!(world.sync().await.removed, 1);
        assert_eq!(world.history().await, ["olga repository.delete app:1", "olga repository.delete app:2"]);

        // A registry that says 500 after it has deleted is asked whether it has.
        world.registry.fail(Fault::DeleteLies);
        deletion::tag(app, &world.olga(), world.tag("3").await.id).await.unwrap();
        assert_eq!(world.history().await.split_off(2), ["olga repository.delete app:3", "olga namespace.delete app"]);
    }

    async fn a_tag_without_a_digest_is_looked_up_first(database: TestDatabase) {
        let world = World::on(database).await;
        let a = image("a");
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &a), ("qa/app", "3", &image("b"))]).await;
        let app = &world.service.app;
        let forget = |name: &'static str| {
            tag::Entity::update_many()
                .col_expr(tag::Column::Digest, Expr::value(Option::<String>::None))
                .filter(tag::Column::Name.eq(name))
                .exec(app.database.reader())
        };
        forget("1").await.unwrap();
        world.registry.fail(Fault::Status(500));
        let id = world.tag("1").await.id;
        let text = refusal(deletion::tag(app, &world.olga(), id).await);
        assert!(text.contains("answered 500"), "{text}");
        assert_eq!(world.tags().await.len(), 3);
        world.registry.fail(Fault::None);
        deletion::tag(app, &world.olga(), id).await.unwrap();
        assert_eq!(world.registry.holds("qa/app").len(), 2);
        assert!(!world.tags().await.contains(&"app:1".to_owned()));
        // The registry told of the sibling, which nobody here knew to be one.
        world.told(deleted("qa/app", &a, &["1", "2"])).await;
        assert_eq!(world.tags().await, ["app:3"]);

        forget("3").await.unwrap();
        world.registry.remove("qa/app", Some("3"));
        deletion::tag(app, &world.olga(), world.tag("3").await.id).await.unwrap();
        assert_eq!(world.tags().await, [""; 0]);
    }

    async fn an_index_remembers_that_a_child_is_gone(database: TestDatabase) {
        let world = World::on(database).await;
        let (amd, arm) = (image("amd"), image("arm"));
        world.registry.push("qa/app", "", &amd);
        world.stock(&[("qa/app", "arm", &arm)]).await;
        world.stock(&[("qa/app", "both", &index(&[("amd64", &amd), ("arm64", &arm)]))]).await;
        deletion::tag(&world.service.app, &world.olga(), world.tag("arm").await.id).await.unwrap();
        assert_eq!(world.tags().await, ["app:both"]);
        let children = manifest_child::Entity::find()
            .filter(manifest_child::Column::Digest.eq(digest(&arm)))
            .all(world.service.app.database.reader())
            .await
            .unwrap();
        assert_eq!(children.iter().map(|row| row.dangling).collect::<Vec<_>>(), [true]);
        world.agrees().await;
    }
}
