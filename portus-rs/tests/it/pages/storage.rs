//! How much room images take, and who is told.

use portus_rs::{entities::storage, jobs};

use crate::{
    api::sessions::Browser,
    deletion::world::World,
    support::{
        databases::on_every_database,
        fake_registry::{image, index},
    },
};

/// What a registry holds of an image: its manifest, and what that lists.
fn size(body: &str) -> usize {
    body.len() + 100
}

async fn count(world: &World) {
    jobs::run_by_hand(&world.service.app, "storage")
        .await
        .unwrap();
}

/// What was counted for a namespace.
async fn counted(world: &World, namespace: i64) -> Option<usize> {
    let rows = world.rows::<storage::Entity>().await;
    rows.into_iter()
        .find(|row| row.namespace_id == namespace)
        .map(|row| usize::try_from(row.bytes).unwrap())
}

async fn page(world: &World, who: &str, path: &str) -> String {
    let browser = Browser::signed_in(&world.service, who).await;
    let answer = browser.get(&world.service, path).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
    answer.body
}

/// The bars of a page: names, widths and sizes.
fn bars(page: &str) -> Vec<String> {
    let Some((_, rest)) = page.split_once("<div class=\"ranking\">") else {
        return Vec::new();
    };
    let rows = rest
        .split("</table>")
        .next()
        .unwrap()
        .split("<th scope=\"row\">")
        .skip(1);
    let text = |from: &str, after: &str, until: &str| {
        let found = from
            .split(after)
            .nth(1)
            .and_then(|it| it.split(until).next());
        found.unwrap_or_default().to_owned()
    };
    rows.map(|row| {
        let name = row.split("<svg").next().unwrap();
        let name = if name.contains("<a ") {
            text(name, "\">", "</a>")
        } else {
            name.to_owned()
        };
        format!(
            "{name} {} {}",
            text(row, "class=\"bar\" width=\"", "\""),
            text(row, "<td>", "</td>")
        )
    })
    .collect()
}

on_every_database! {
    async fn an_image_counts_once_a_repository_whatever_names_it(database: TestDatabase) {
        let world = World::on(database).await;
        let (first, second) = (image("first"), image("second"));
        world.stock(&[
            ("qa/web", "1.0", &first), ("qa/web", "latest", &first), ("qa/web", "0.9", &second),
            ("qa/copy", "1.0", &first),
        ]).await;
        count(&world).await;
        assert_eq!(counted(&world, world.space.id).await, Some(2 * size(&first) + size(&second)));

        // An index adds no more than its own text to the images that it lists.
        let both = index(&[("amd64", &first), ("arm64", &second)]);
        world.stock(&[("qa/web", "both", &both)]).await;
        count(&world).await;
        assert_eq!(counted(&world, world.space.id).await, Some(2 * size(&first) + size(&second) + both.len()));

        world.registry.remove("qa/copy", Some("1.0"));
        world.sync().await;
        count(&world).await;
        assert_eq!(counted(&world, world.space.id).await, Some(size(&first) + size(&second) + both.len()));
    }

    async fn who_looks_sees_what_takes_most_of_what_they_may_see(database: TestDatabase) {
        let world = World::on(database).await;
        let service = &world.service;
        service.user("mallory").await;
        service.admin("root").await;
        let open = service.namespace("open", &world.qa, "public").await;
        for path in ["/", "/admin"] {
            assert!(!page(&world, "root", path).await.contains("class=\"ranking\""), "there is nothing yet");
        }
        let long = "x".repeat(40);
        for tag in 0..7 {
            let body = image(&format!("{long}{tag}"));
            world.stock(&[("qa/web", &format!("v{tag}"), &body)]).await;
        }
        world.stock(&[("open/etcd", "1.0", &image("etcd"))]).await;
        count(&world).await;

        let everything = page(&world, "root", "/admin").await;
        let shown = bars(&everything);
        assert_eq!(shown.len(), 2, "{everything}");
        assert!(shown[0].starts_with("qa 100 "), "{shown:?}");
        assert!(shown[1].starts_with("open 14 "), "{shown:?}");
        assert!(everything.contains(&format!("<a href=\"/namespaces/{}\">qa</a>", world.space.id)), "{everything}");
        assert_eq!(bars(&page(&world, "olga", "/").await), shown);
        // Neither the name nor a sum tells of what is not to be seen.
        let stranger = page(&world, "mallory", "/").await;
        let alone = shown[1].replace("open 14", "open 100");
        assert_eq!(bars(&stranger), [alone.as_str()]);
        let sum = alone.strip_prefix("open 100 ").unwrap();
        assert!(stranger.contains(&format!("<strong>{sum}</strong>")), "{stranger}");
        let of_open = page(&world, "mallory", &format!("/namespaces/{}", open.id)).await;
        assert!(of_open.contains(&format!(">{sum}</span>")), "{of_open}");

        // Those that do not fit are told together.
        for name in ["a", "b", "c", "d", "e"] {
            service.namespace(name, &world.qa, "private").await;
            world.stock(&[(&format!("{name}/etcd"), "1.0", &image("etcd"))]).await;
        }
        count(&world).await;
        let shown = bars(&page(&world, "olga", "/").await);
        assert_eq!(shown.len(), 6, "{shown:?}");
        assert!(shown[5].starts_with("2 other namespaces 28 "), "{shown:?}");
        assert_eq!(bars(&page(&world, "mallory", "/").await), [alone]);
    }

    async fn nothing_is_counted_again_before_anything_has_changed(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("first"))]).await;
        count(&world).await;
        let when = async || world.rows::<storage::Entity>().await[0].counted_at;
        let first = when().await;
        count(&world).await;
        assert_eq!(when().await, first);
        world.stock(&[("qa/web", "2.0", &image("second"))]).await;
        count(&world).await;
        assert!(when().await > first);
        assert_eq!(counted(&world, world.space.id).await, Some(size(&image("first")) + size(&image("second"))));
    }
}
