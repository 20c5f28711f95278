//! Images and repositories go after it has been said what goes, and only then.

use portus_rs::entities::repository;

use super::{location, olga, path, seen};
use crate::{
    deletion::world::World,
    support::{
        databases::on_every_database,
        fake_registry::{digest, image},
    },
};

on_every_database! {
    async fn what_goes_along_is_named_before_it_goes(database: TestDatabase) {
        let world = World::on(database).await;
        let (first, second) = (image("first"), image("second"));
        world.stock(&[("qa/web", "1.0", &first), ("qa/web", "latest", &first), ("qa/web", "0.9", &second)]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let preview = seen(&world, &olga, &format!("{path}/tags/deletion?digests[]={}", digest(&first))).await;
        assert!(preview.contains(">1.0<") && preview.contains(">latest<") && !preview.contains(">0.9<"), "{preview}");
        assert!(preview.contains("Delete 2 tags?") && !preview.contains("No other tag is left"), "{preview}");
        assert_eq!(world.tags().await.len(), 3, "looking changes nothing");

        let chosen = digest(&first);
        let fields = [("_method", "delete"), ("digests[]", chosen.as_str())];
        let answer = olga.send(&world.service, &format!("{path}/tags"), &fields).await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (303, path.as_str()));
        assert_eq!(world.tags().await, ["web:0.9"]);
        let mut told = world.history().await;
        told.sort();
        assert_eq!(told, ["olga repository.delete web:1.0", "olga repository.delete web:latest"]);
        world.agrees().await;
    }

    async fn the_last_tag_takes_the_repository_along(database: TestDatabase) {
        let world = World::on(database).await;
        let body = image("a");
        world.stock(&[("qa/web", "1.0", &body)]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let preview = seen(&world, &olga, &format!("{path}/tags/deletion?digests[]={}", digest(&body))).await;
        assert!(preview.contains("No other tag is left"), "{preview}");
        let chosen = digest(&body);
        let fields = [("_method", "delete"), ("digests[]", chosen.as_str())];
        let answer = olga.send(&world.service, &format!("{path}/tags"), &fields).await;
        assert_eq!(location(&answer), format!("/namespaces/{}", world.space.id));
        assert!(world.rows::<repository::Entity>().await.is_empty());
    }

    async fn a_repository_goes_by_its_name(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a")), ("qa/web", "2.0", &image("b"))]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let asked = seen(&world, &olga, &format!("{path}/deletion")).await;
        assert!(asked.contains("Type qa/web to confirm") && asked.contains("Its 2 tags go with it"), "{asked}");
        let wrong = [("_method", "delete"), ("confirmation[name]", "web")];
        let answer = olga.send(&world.service, &path, &wrong).await;
        assert_eq!(answer.status.as_u16(), 422);
        assert!(answer.body.contains("That is not its name.") && answer.body.contains("value=\"web\""), "{}", answer.body);
        assert_eq!(world.tags().await.len(), 2);
        let right = [("_method", "delete"), ("confirmation[name]", "qa/web")];
        let answer = olga.send(&world.service, &path, &right).await;
        assert_eq!(location(&answer), format!("/namespaces/{}", world.space.id));
        assert_eq!(world.tags().await, [""; 0]);
        world.agrees().await;
    }

    async fn nothing_chosen_deletes_nothing(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a"))]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let answer = olga.get(&world.service, &format!("{path}/tags/deletion")).await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (303, path.as_str()));
        let answer = olga.send(&world.service, &format!("{path}/tags"), &[("_method", "delete")]).await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (303, path.as_str()));
        assert_eq!(world.tags().await, ["web:1.0"]);
    }

    async fn without_the_pages_token_nothing_goes(database: TestDatabase) {
        let world = World::on(database).await;
        let body = image("a");
        world.stock(&[("qa/web", "1.0", &body)]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let chosen = digest(&body);
        for (place, fields) in [
            ("/tags", [("_method", "delete"), ("digests[]", chosen.as_str())]),
            ("", [("_method", "delete"), ("confirmation[name]", "qa/web")]),
        ] {
            let request = olga
                .request(actix_web::http::Method::POST, &format!("{path}{place}"))
                .set_form(fields);
            let answer = world.service.call(request).await;
            assert_eq!(answer.status.as_u16(), 422, "{place}: {}", answer.body);
        }
        assert_eq!(world.tags().await, ["web:1.0"]);
    }

    async fn where_deletion_is_off_there_is_no_button(database: TestDatabase) {
        let world = World::with(database, &[("PORTUS_DELETE_ENABLED", "false")]).await;
        let body = image("a");
        world.stock(&[("qa/web", "1.0", &body)]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let page = seen(&world, &olga, &path).await;
        assert!(!page.contains("Delete repository") && !page.contains("digests[]"), "{page}");
        let preview = format!("{path}/tags/deletion?digests[]={}", digest(&body));
        assert_eq!(crate::pages::images::status(&world, &olga, &preview).await, 404);
    }
}
