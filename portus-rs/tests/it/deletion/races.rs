//! Several things at once: whoever pushes last wins, and everything is written down once.

use std::sync::Arc;

use portus_rs::{
    actions::deletion,
    entities::{deletion as intent, repository},
    error::Error,
};

use super::world::{World, deleted, pushed, refusal};
use crate::support::{
    databases::on_every_database,
    fake_registry::{digest, image},
    service::Service,
};

on_every_database! {
    async fn a_push_while_the_tag_is_deleted_wins(database: TestDatabase) {
        let world = World::on(database).await;
        let (a, b) = (image("a"), image("b"));
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &a)]).await;
        let app = &world.service.app;
        for again in [&b, &a] {
            let body = again.clone();
            world.registry.state().meanwhile = Some(Box::new(move |state| state.push("qa/app", "1", &body)));
            let text = refusal(deletion::tag(app, &world.olga(), world.tag("1").await.id).await);
            assert_eq!(text, "Could not remove 1 tag: it has been pushed again meanwhile");
            assert_eq!(world.tags().await, ["app:1"]);
            assert_eq!(world.rows::<intent::Entity>().await, []);
            // The rest comes as always.
            world.told(deleted("qa/app", &a, &["1", "2"])[..0].to_vec()).await;
            world.told(vec![pushed("olga", "qa/app", "1", again)]).await;
            assert_eq!(world.tag("1").await.digest, Some(digest(again)));
            assert_eq!(world.history().await, ["olga repository.delete app:2"]);
            world.agrees().await;
        }
    }

    async fn a_push_that_is_told_of_later_makes_the_tag_again(database: TestDatabase) {
        let world = World::on(database).await;
        let a = image("a");
        world.stock(&[("qa/app", "1", &a)]).await;
        let app = &world.service.app;
        let notifications = deleted("qa/app", &a, &["1"]);
        deletion::tag(app, &world.olga(), world.tag("1").await.id).await.unwrap();
        world.registry.push("qa/app", "1", &a);
        world.told(notifications).await;
        world.told(vec![pushed("olga", "qa/app", "1", &a)]).await;
        // A second notification of the first deletion, much too late.
        assert_eq!(world.tags().await, ["app:1"]);
        assert_eq!(world.history().await, ["olga repository.delete app:1", "olga namespace.delete app"]);
        world.agrees().await;
    }

    async fn two_who_delete_the_same_make_one_entry(database: TestDatabase) {
        let world = World::on(database).await;
        let rita = world.service.admin("rita").await;
        let rita = Service::actor(&rita);
        for round in 0..5 {
            let (a, b) = (image("a"), image("b"));
            world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &a), ("qa/app", "3", &b)]).await;
            let app = &world.service.app;
            let id = world.tag("1").await.id;
            let repository = world.repository("app").await.id;
            let olga = world.olga();
            let (one, two, three) = tokio::join!(
                deletion::tag(app, &olga, id),
                deletion::tag(app, &rita, id),
                deletion::repository(app, &rita, repository),
            );
            for done in [one, two, three] {
                assert!(matches!(done, Ok(()) | Err(Error::NotFound)), "{done:?}");
            }
            assert_eq!(world.tags().await, [""; 0]);
            assert_eq!(world.rows::<repository::Entity>().await, []);
            let mut history = world.history().await.split_off(round * 4);
            history.sort_by_key(|entry| entry.split_once(' ').unwrap().1.to_owned());
            let what: Vec<&str> = history.iter().map(|entry| entry.split_once(' ').unwrap().1).collect();
            assert_eq!(what, [
                "namespace.delete app",
                "repository.delete app:1",
                "repository.delete app:2",
                "repository.delete app:3",
            ]);
            world.agrees().await;
        }
    }

    async fn a_comparison_and_notifications_in_between_change_nothing_of_it(database: TestDatabase) {
        let world = World::on(database).await;
        let bodies: Vec<String> = (0..12).map(|it| image(&it.to_string())).collect();
        let names: Vec<String> = (0..12).map(|it| format!("t{it:02}")).collect();
        for (name, body) in names.iter().zip(&bodies) {
            world.registry.push("qa/app", name, body);
        }
        assert_eq!(world.sync().await.added, 12);
        world.stock(&[("qa/other", "1", &image("other"))]).await;
        let app = Arc::clone(&world.service.app);
        let (olga, id) = (world.olga(), world.repository("app").await.id);
        let deleting = tokio::spawn(async move { deletion::repository(&app, &olga, id).await });
        while !deleting.is_finished() {
            world.sync().await;
            let has = world.registry.holds("qa/app");
            let gone = names.iter().zip(&bodies).filter(|(name, _)| !has.contains(name));
            let events: Vec<_> = gone.flat_map(|(name, body)| deleted("qa/app", body, &[name])).collect();
            if !events.is_empty() {
                // Retried by the worker where it collides.
                let told = std::panic::AssertUnwindSafe(world.told(events));
                let _ = futures_util::FutureExt::catch_unwind(told).await;
            }
        }
        deleting.await.unwrap().unwrap();
        assert_eq!(world.tags().await, ["other:1"]);
        let history = world.history().await;
        assert_eq!(history.len(), 13, "{history:#?}");
        assert!(history.iter().all(|entry| entry.starts_with("olga ")), "{history:#?}");
        world.agrees().await;
    }
}
