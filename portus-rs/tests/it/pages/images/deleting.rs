//! Images and repositories go after it has been said what goes, and only then.

use portus_rs::entities::repository;

use super::{
    location, olga, path, seen,
    told::{bill, signature_tag},
};
use crate::{
    api::sessions::Browser,
    deletion::world::World,
    support::{
        databases::on_every_database,
        fake_registry::{Fault, digest, image, index},
        service::Answer,
    },
};

/// What the page says at its top that an answer leads to.
async fn said(world: &World, who: &Browser, answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
    let cookies = answer.headers.get_all("set-cookie");
    let flash = cookies
        .map(|it| it.to_str().unwrap())
        .find(|it| it.starts_with("_portus_flash="))
        .expect("something to say");
    let cookies = format!("{}; {}", who.cookie(), flash.split(';').next().unwrap());
    let request = actix_web::test::TestRequest::with_uri(location(answer));
    let page = world
        .service
        .call(request.insert_header(("Cookie", cookies)))
        .await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    let (_, after) = page.body.split_once("id=\"flashes\"").unwrap();
    let told = after.split("<div class=\"page-header").next().unwrap();
    told.to_owned()
}

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

    async fn what_would_lack_a_part_and_what_would_refer_to_nothing_is_named(database: TestDatabase) {
        let world = World::on(database).await;
        let (amd, arm) = (image("amd"), image("arm"));
        let both = index(&[("amd64", &amd), ("arm64", &arm)]);
        world.registry.push("qa/web", "", &arm);
        world.stock(&[
            ("qa/web", "amd", &amd),
            ("qa/web", "both", &both),
            ("qa/web", &signature_tag(&amd), &image("signature")),
            ("qa/web", "bill", &bill(&amd)),
        ]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let asked = format!("{path}/tags/deletion?digests[]={}", digest(&amd));
        let preview = seen(&world, &olga, &asked).await;
        assert!(preview.contains("2 attachments refer to it and will refer to nothing."), "{preview}");
        let (_, lacking) = preview.split_once("These multi-platform images list what is to go.").unwrap();
        let lacking = lacking.split("</ul>").next().unwrap();
        assert!(lacking.contains(">both<") && lacking.contains(&digest(&amd)), "{lacking}");
        // What goes itself lacks nothing.
        let preview = seen(&world, &olga, &format!("{asked}&digests[]={}", digest(&both))).await;
        assert!(!preview.contains("These multi-platform images"), "{preview}");
        assert!(preview.contains("Delete 2 tags?"), "{preview}");
    }

    async fn what_the_registry_refuses_is_told_beside_what_is_gone(database: TestDatabase) {
        let world = World::on(database).await;
        let (first, second) = (image("first"), image("second"));
        let (third, fourth) = (image("third"), image("fourth"));
        world.stock(&[
            ("qa/web", "1.0", &first), ("qa/web", "0.9", &second), ("qa/web", "0.8", &third), ("qa/web", "0.7", &fourth),
        ]).await;
        // Of two nobody here knows what they point to.
        world.sql("UPDATE tags SET digest = NULL WHERE name IN ('0.7', '0.8')").await;
        world.registry.fail(Fault::DeleteOne(digest(&second)));
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let (one, two) = (digest(&first), digest(&second));
        let (three, four) = (world.tag("0.8").await.id.to_string(), world.tag("0.7").await.id.to_string());
        let fields = [
            ("_method", "delete"),
            ("digests[]", one.as_str()),
            ("digests[]", two.as_str()),
            ("tags[]", three.as_str()),
            ("tags[]", four.as_str()),
        ];
        let answer = olga.send(&world.service, &format!("{path}/tags"), &fields).await;
        let said = said(&world, &olga, &answer).await;
        assert!(said.contains("0.7, 0.8, 1.0 successfully removed."), "{said}");
        assert!(said.contains("0.9 (") && said.contains(") unable to be removed."), "{said}");
        assert!(said.contains("answered 500"), "{said}");
        assert_eq!(world.tags().await, ["web:0.9"]);
    }

    async fn too_many_at_once_and_what_is_gone_already_are_said(database: TestDatabase) {
        let world = World::on(database).await;
        let body = image("a");
        world.stock(&[("qa/web", "1.0", &body)]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let many: Vec<String> = (0..100).map(|it| format!("digests[]={}", digest(&it.to_string()))).collect();
        let id = world.tag("1.0").await.id;
        let many = format!("{path}/tags/deletion?{}&tags[]={id}", many.join("&"));
        let answer = olga.get(&world.service, &many).await;
        let told = said(&world, &olga, &answer).await;
        assert!(told.contains("At most 100 images can be deleted at once."), "{told}");
        let gone = digest(&image("gone"));
        let answer = olga.get(&world.service, &format!("{path}/tags/deletion?digests[]={gone}")).await;
        let told = said(&world, &olga, &answer).await;
        assert!(told.contains("What you selected is gone already."), "{told}");
        let fields = [("_method", "delete"), ("digests[]", gone.as_str())];
        let answer = olga.send(&world.service, &format!("{path}/tags"), &fields).await;
        let told = said(&world, &olga, &answer).await;
        assert!(told.contains("What you selected is gone already."), "{told}");
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
            assert!(matches!(answer.status.as_u16(), 403 | 422), "{place}: {}", answer.body);
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
