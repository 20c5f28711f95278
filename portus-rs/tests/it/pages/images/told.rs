//! What a page says of an image: its platforms, what refers to it, who pushed it, and where it is.

use portus_rs::{
    actions::{deletion, registries},
    identity::actor::Actor,
};
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::{olga, path, seen};
use crate::{
    api::sessions::Browser,
    deletion::world::{World, pushed},
    support::{
        databases::on_every_database,
        fake_registry::{MANIFEST, digest, image, index},
    },
};

impl World {
    pub(super) async fn sql(&self, text: &str) {
        let connection = self.service.database.connect().await;
        connection.execute_unprepared(text).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// A bill of materials about this image.
pub(super) fn bill(about: &str) -> String {
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/spdx+json",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest("{}"), "size": 2},
        "layers": [{"mediaType": "application/spdx+json", "digest": digest("bill"), "size": 70}],
        "subject": {"mediaType": MANIFEST, "digest": digest(about), "size": about.len()}})
    .to_string()
}

/// The tag by which cosign finds what it says of this image.
pub(super) fn signature_tag(about: &str) -> String {
    format!("{}.sig", digest(about).replace(':', "-"))
}

/// What tells of a registry.
const BESIDE: &str = "<span class=\"registry-of\"";

/// From a mark to the next one.
#[track_caller]
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let after = page.split_once(from);
    let (_, after) = after.unwrap_or_else(|| panic!("{from} is not in {page}"));
    after.split_once(to).map_or(after, |(inside, _)| inside)
}

on_every_database! {
    async fn an_image_is_told_with_its_parts_and_what_refers_to_it(database: TestDatabase) {
        let world = World::on(database).await;
        let (amd, arm) = (image("amd"), image("arm"));
        let both = index(&[("amd64", &amd), ("arm64", &arm)]);
        let chart = image("chart").replace("vnd.oci.image.config.v1", "vnd.cncf.helm.config.v1");
        world.registry.push("qa/web", "", &amd);
        world.stock(&[
            ("qa/web", "arm", &arm),
            ("qa/web", "both", &both),
            ("qa/web", &signature_tag(&both), &image("signature")),
            ("qa/web", "bill", &bill(&both)),
            ("qa/web", "chart", &chart),
        ]).await;
        // A part that the registry does not have any more.
        deletion::tag(&world.service.app, &world.olga(), world.tag("arm").await.id).await.unwrap();

        let olga = olga(&world).await;
        let repository = seen(&world, &olga, &path(&world, "web").await).await;
        let row = between(&repository, &format!("value=\"{}\"", digest(&both)), "</tbody></table></div>\n<dl");
        assert!(row.contains("Multi-platform") && row.contains("2 platforms") && row.contains("2 attachments"), "{row}");
        let tag = format!("/tags/{}", world.tag("both").await.id);
        let tag = seen(&world, &olga, &tag).await;
        for page in [row, &tag] {
            let parts = between(page, "<h3>Platforms</h3>", "</table>");
            assert!(parts.contains("linux/amd64") && parts.contains("linux/arm64"), "{parts}");
            let lines: Vec<&str> = parts.split("<tr>").filter(|it| it.contains(">missing<")).collect();
            assert_eq!(lines.len(), 1, "{parts}");
            assert!(lines[0].contains("linux/arm64") && lines[0].contains(&digest(&arm)), "{parts}");
            let others = between(page, "<h3>Signatures, bills", "</table>");
            for told in ["Signature", "Bill of materials", "application/spdx+json"] {
                assert!(others.contains(told), "{told} in {others}");
            }
            assert!(others.contains(&digest(&bill(&both))), "{others}");
        }
        assert!(tag.contains("<span class=\"platform\">linux/amd64</span>"), "{tag}");

        assert!(repository.contains("Helm chart"), "{repository}");
        let bill = seen(&world, &olga, &format!("/tags/{}", world.tag("bill").await.id)).await;
        let facts = between(&bill, "<dl class=\"ids\">", "</dl>");
        assert!(facts.contains("<code>application/spdx+json</code>"), "{facts}");
    }

    async fn whoever_pushed_goes_by_the_name_that_people_see(database: TestDatabase) {
        let world = World::with(database, &[("PORTUS_DISPLAY_NAME_ENABLED", "true")]).await;
        world.service.admin("root").await;
        let ben = world.service.user("ben").await;
        world.service.member(&world.qa, &ben, "viewer").await;
        world.told(vec![pushed("olga", "qa/web", "1.0", &image("a"))]).await;
        world.sql("UPDATE users SET display_name = 'Olga N.' WHERE username = 'olga'").await;
        let repository = path(&world, "web").await;
        let tag = format!("/tags/{}", world.tag("1.0").await.id);
        let theirs = format!("/admin/users/{}/edit", world.olga.id);
        for (name, shown) in [
            ("olga", "<a href=\"/users/edit\">Olga N.</a>".to_owned()),
            ("root", format!("<a href=\"{theirs}\">Olga N.</a>")),
            ("ben", "Olga N.".to_owned()),
        ] {
            let who = Browser::signed_in(&world.service, name).await;
            for place in ["/repositories", &repository, &tag] {
                let page = seen(&world, &who, place).await;
                let main = between(&page, "id=\"content\"", "</main>");
                assert!(main.contains(&shown), "{name} at {place}: {main}");
                assert!(name != "ben" || !main.contains(">Olga N.</a>"), "{place}: {main}");
            }
        }
        // The account is gone, and its name is kept; then that is not known either.
        let ben = Browser::signed_in(&world.service, "ben").await;
        for (name, shown) in [("'gone'", "gone"), ("NULL", "Someone")] {
            world.sql(&format!("UPDATE tags SET user_id = NULL, username = {name}")).await;
            for place in ["/repositories", &repository, &tag] {
                let page = seen(&world, &ben, place).await;
                let main = between(&page, "id=\"content\"", "</main>");
                assert!(main.contains(shown) && !main.contains("Olga N."), "{place}: {main}");
            }
        }
    }

    async fn where_there_are_several_registries_each_name_says_in_which_it_is(database: TestDatabase) {
        let world = World::with(database, &[("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")]).await;
        world.service.namespace("open", &world.qa, "public").await;
        world.stock(&[("open/web", "1.0", &image("a")), ("tool", "1.0", &image("b"))]).await;
        let external = registries::RegistryChanges {
            external_hostname: Some("hub.example".to_owned()),
            ..Default::default()
        };
        let id = world.service.registry.id;
        registries::update(&world.service.app, &Actor::Operator, id, external).await.unwrap();
        let olga = olga(&world).await;
        let (repository, tag) = (path(&world, "web").await, format!("/tags/{}", world.tag("1.0").await.id));
        let space = format!("/namespaces/{}", world.repository("web").await.namespace_id);
        let team = format!("/teams/{}", world.qa.id);
        let places = [
            "/", "/repositories", "/search?search=web", "/search?search=open&type=namespaces", "/namespaces",
            "/explore?explore[search]=web", &repository, &tag, &team,
        ];
        for place in places {
            let page = seen(&world, &olga, place).await;
            assert!(!page.contains(BESIDE), "{place}: {page}");
        }
        world.service.add_registry("second", "second.test:5000").await;
        for place in places {
            let page = seen(&world, &olga, place).await;
            assert!(page.contains(BESIDE) && page.contains("</span> hub.example</span>"), "{place}: {page}");
        }
        let page = seen(&world, &olga, &space).await;
        assert!(page.contains("<dt>Registry</dt><dd>hub.example</dd>"), "{page}");
        // The own one is there twice. A global one goes by the name of its registry, the same everywhere.
        let page = seen(&world, &olga, "/namespaces").await;
        assert!(page.contains("</span> second.test:5000</span>"), "{page}");
        let global = format!("/namespaces/{}", world.repository("tool").await.namespace_id);
        for place in ["/namespaces", "/repositories", "/search?search=tool"] {
            let page = seen(&world, &olga, place).await;
            let link = between(&page, &format!("href=\"{global}\">"), "</a>");
            assert!(link.ends_with("hub.example"), "{place}: {link}");
        }
        let page = seen(&world, &olga, &global).await;
        assert!(page.contains("hub.example namespace"), "{page}");
    }

    async fn a_repository_without_tags_tells_how_to_push(database: TestDatabase) {
        let world = World::on(database).await;
        world.sql(
            "INSERT INTO repositories (name, namespace_id, created_at, updated_at) \
             SELECT 'empty', id, created_at, created_at FROM namespaces WHERE name = 'qa'",
        ).await;
        let path = path(&world, "empty").await;
        let hint = format!("docker push {}/qa/empty:latest", world.registry.host);
        let ben = world.service.user("ben").await;
        world.service.member(&world.qa, &ben, "viewer").await;
        for (name, may) in [("olga", true), ("ben", false)] {
            let who = Browser::signed_in(&world.service, name).await;
            let page = seen(&world, &who, &path).await;
            assert_eq!(page.contains(&hint), may, "{name}: {page}");
        }
    }
}
