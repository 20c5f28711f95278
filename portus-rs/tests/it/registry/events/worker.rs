//! What each event does to the rows.

use portus_rs::{
    actions::inbox,
    entities::{Details, EventState, manifest, registry, registry_event, repository, tag},
    identity::actor::Actor,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use super::service::{HOST, Service, delete_digest, delete_tag, digest, pull, push};
use crate::support::databases::on_every_database;

on_every_database! {
    async fn a_push_is_a_repository_a_tag_and_an_entry_in_the_history(database: TestDatabase) {
        let service = Service::working(database).await;
        service.tell(push("qa/web", "1.0", "a", 0)).await;
        service.settle().await;
        let tag = service.the_tag().await;
        assert_eq!(tag.digest, Some(digest("a")));
        assert!(tag.user_id.is_some());
        assert_eq!(tag.pushed_at.to_string(), "2026-01-02 03:00:00.123456");
        let manifest = service.manifest(&digest("a")).await.unwrap();
        assert_eq!((manifest.details, manifest.manifest_size), (Details::Pending, Some(731)));
        assert_eq!(service.history().await, ["alice repository.push web:1.0"]);
        let registry = service.rows::<registry::Entity>().await.remove(0);
        assert_eq!(registry.last_event_host.as_deref(), Some(HOST));
        assert!(registry.last_event_at.is_some() && registry.events_enforced);
    }

    async fn a_push_over_a_tag_moves_it_and_an_older_one_does_not(database: TestDatabase) {
        let service = Service::working(database).await;
        service.tell(push("qa/web", "1.0", "a", 0)).await;
        let mut second = push("qa/web", "1.0", "b", 60);
        second["actor"] = json!({ "name": "nobody we know" });
        service.tell(second).await;
        service.settle().await;
        let moved = service.the_tag().await;
        assert_eq!(moved.digest, Some(digest("b")));
        assert_eq!((moved.user_id, moved.username.as_deref()), (None, Some("nobody we know")));
        service.tell(push("qa/web", "1.0", "late", 30)).await;
        service.settle().await;
        assert_eq!(service.the_tag().await, moved);
        assert!(service.manifest(&digest("late")).await.is_some());
        assert_eq!(service.history().await, [
            "alice repository.push web:1.0",
            "nobody we know repository.push web:1.0",
        ]);
    }

    async fn an_hour_old_event_does_not_undo_what_a_synchronisation_has_seen(database: TestDatabase) {
        let mut service = Service::start(database).await;
        service.work();
        service.tell(push("qa/web", "1.0", "a", 0)).await;
        service.settle().await;
        // As a synchronisation that looked an hour later leaves it.
        let tag = service.the_tag().await;
        tag::Entity::update_many()
            .col_expr(tag::Column::Digest, Expr::value(digest("b")))
            .col_expr(tag::Column::Username, Expr::value("portus"))
            .col_expr(tag::Column::UserId, Expr::value(Option::<i64>::None))
            .col_expr(tag::Column::ObservedAt, Expr::value(tag.observed_at + chrono::TimeDelta::hours(1)))
            .filter(tag::Column::Id.eq(tag.id))
            .exec(service.app.database.reader())
            .await
            .unwrap();
        service.tell(push("qa/web", "1.0", "old", 5)).await;
        service.tell(delete_tag("qa/web", "1.0", 6)).await;
        service.settle().await;
        assert_eq!(service.tags().await, [format!("web:1.0 {} portus", &digest("b")[7..11])]);
        // The event of the very push that was seen names who it was.
        service.tell(push("qa/web", "1.0", "b", 10)).await;
        service.settle().await;
        assert_eq!(service.tags().await, [format!("web:1.0 {} alice", &digest("b")[7..11])]);
    }

    async fn a_delete_takes_the_tag_or_the_digest_and_at_last_the_repository(database: TestDatabase) {
        let service = Service::working(database).await;
        for (tag, content) in [("1", "a"), ("2", "a"), ("3", "b"), ("4", "c")] {
            service.tell(push("qa/web", tag, content, 0)).await;
        }
        service.tell(delete_tag("qa/web", "4", 1)).await;
        service.settle().await;
        assert_eq!(service.tags().await.len(), 3);
        assert!(service.manifest(&digest("c")).await.is_some(), "only the tag went");
        service.tell(delete_digest("qa/web", "some blob", 2)).await;
        service.tell(delete_digest("qa/web", "a", 3)).await;
        service.tell(delete_tag("qa/web", "1", 3)).await;
        service.settle().await;
        assert_eq!(service.tags().await, [format!("web:3 {} alice", &digest("b")[7..11])]);
        assert!(service.manifest(&digest("a")).await.is_none());
        service.tell(delete_digest("qa/web", "b", 4)).await;
        service.settle().await;
        assert!(service.rows::<repository::Entity>().await.is_empty());
        assert!(service.rows::<manifest::Entity>().await.is_empty());
        let history = service.history().await.split_off(4);
        assert_eq!(history, [
            "alice repository.delete web:4",
            "alice repository.delete web:1",
            "alice repository.delete web:2",
            "alice repository.delete web:3",
            "alice namespace.delete web:",
        ]);
    }

    async fn what_we_are_deleting_ourselves_is_left_to_us(database: TestDatabase) {
        let service = Service::working(database).await;
        service.tell(push("qa/web", "1", "a", 0)).await;
        service.settle().await;
        tag::Entity::update_many()
            .col_expr(tag::Column::Marked, Expr::value(true))
            .exec(service.app.database.reader())
            .await
            .unwrap();
        service.tell(delete_digest("qa/web", "a", 1)).await;
        service.settle().await;
        assert_eq!(service.tags().await.len(), 1);
        assert!(service.manifest(&digest("a")).await.is_some());
    }

    async fn one_docker_pull_counts_once(database: TestDatabase) {
        let service = Service::working(database).await;
        service.tell(push("qa/web", "1", "a", 0)).await;
        service.tell(push("qa/web", "2", "a", 0)).await;
        service.tell(pull("qa/web", Some("1"), "a", 10)).await;
        let mut by_digest = pull("qa/web", None, "a", 11);
        by_digest["request"]["addr"] = json!("192.0.2.7:41002");
        service.tell(by_digest).await;
        service.settle().await;
        let mut tags = service.rows::<tag::Entity>().await;
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        let counts: Vec<_> = tags.iter().map(|tag| (tag.pull_count, tag.pulled_at.is_some())).collect();
        assert_eq!(counts, [(1, true), (0, true)]);
        let manifest = service.manifest(&digest("a")).await.unwrap();
        assert_eq!(manifest.pull_count, 1);
        assert_eq!(manifest.pulled_at.unwrap().to_string(), "2026-01-02 03:00:11.123456");
        service.tell(pull("qa/web", Some("1"), "a", 100)).await;
        let mut elsewhere = pull("qa/web", Some("1"), "a", 100);
        elsewhere["request"]["addr"] = json!("192.0.2.8:1");
        service.tell(elsewhere).await;
        service.settle().await;
        assert_eq!(service.manifest(&digest("a")).await.unwrap().pull_count, 3);
    }

    async fn a_push_by_digest_records_the_manifest_alone(database: TestDatabase) {
        let service = Service::working(database).await;
        let mut child = push("qa/web", "", "child", 0);
        child["target"].as_object_mut().unwrap().remove("tag");
        service.tell(child).await;
        service.settle().await;
        assert!(service.tags().await.is_empty());
        assert!(service.manifest(&digest("child")).await.is_some());
        assert!(service.history().await.is_empty());
    }

    async fn an_image_of_an_unknown_namespace_appears_once_that_is_made(database: TestDatabase) {
        let service = Service::working(database).await;
        service.tell(push("new/web", "1", "a", 0)).await;
        service.settle().await;
        let dead = portus_rs::queries::events::dead(&service.app, 0, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(
            dead[0].last_error.as_deref(),
            Some("Cannot find namespace new under registry registry.test:5000")
        );
        assert!(service.tags().await.is_empty());
        service.namespace("new").await;
        inbox::replay(&service.app, &Actor::Operator, dead[0].id).await.unwrap();
        service.settle().await;
        assert_eq!(service.tags().await.len(), 1);
        assert_eq!(service.events(EventState::Dead).await, 0);
    }

    async fn only_old_events_are_forgotten(database: TestDatabase) {
        let service = Service::working(database).await;
        service.tell(push("qa/web", "1", "a", 0)).await;
        service.tell(push("unknown/web", "1", "a", 0)).await;
        service.settle().await;
        // The worker tidies up by itself as well, so what is left counts, not who removed it.
        let left = async |days| {
            service.app.clock.advance(chrono::TimeDelta::days(days));
            inbox::purge(&service.app).await.unwrap();
            service.rows::<registry_event::Entity>().await
        };
        assert_eq!(left(6).await.len(), 2);
        let rows = left(2).await;
        assert_eq!((rows.len(), rows[0].state), (1, EventState::Dead));
        assert!(left(30).await.is_empty());
    }
}
