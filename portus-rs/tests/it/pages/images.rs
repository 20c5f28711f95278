//! Repositories, what lies in them, and the ways to it, as the server writes them.

mod deleting;
mod told;

use crate::{
    api::sessions::Browser,
    deletion::world::{World, pushed},
    support::{
        databases::on_every_database,
        fake_registry::{digest, image},
        service::Answer,
    },
};

/// A page, seen by somebody who may.
async fn seen(world: &World, who: &Browser, path: &str) -> String {
    let answer = who.get(&world.service, path).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
    answer.body
}

async fn status(world: &World, who: &Browser, path: &str) -> u16 {
    who.get(&world.service, path).await.status.as_u16()
}

fn location(answer: &Answer) -> &str {
    let location = answer.headers.get("location");
    location.and_then(|it| it.to_str().ok()).unwrap_or_default()
}

async fn olga(world: &World) -> Browser {
    Browser::signed_in(&world.service, "olga").await
}

async fn path(world: &World, name: &str) -> String {
    format!("/repositories/{}", world.repository(name).await.id)
}

on_every_database! {
    async fn tags_of_one_image_share_a_row_with_everything_about_it(database: TestDatabase) {
        let world = World::on(database).await;
        let (first, second) = (image("first"), image("second"));
        world.stock(&[("qa/web", "1.0", &first), ("qa/web", "latest", &first), ("qa/web", "0.9", &second)]).await;
        let olga = olga(&world).await;
        let page = seen(&world, &olga, &path(&world, "web").await).await;
        assert_eq!(page.matches("<tr class=\"image\">").count(), 2);
        let host = &world.registry.host;
        for command in [
            format!("docker pull {host}/qa/web:1.0"),
            format!("docker pull {host}/qa/web:latest"),
            format!("docker pull {host}/qa/web@{}", digest(&first)),
            format!("docker pull {host}/qa/web:0.9"),
        ] {
            assert!(page.contains(&command), "{command} in {page}");
        }
        assert_eq!(page.matches(&format!("value=\"{}\"", digest(&first))).count(), 1);
    }

    async fn images_are_sorted_filtered_and_paged_by_the_server(database: TestDatabase) {
        let world = World::on(database).await;
        for place in 0..13 {
            let body = image(&format!("body {place}"));
            world.stock(&[("qa/web", &format!("v{place:02}"), &body)]).await;
        }
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let names = async |query: &str| {
            let page = seen(&world, &olga, &format!("{path}?{query}")).await;
            let rows = page.split("class=\"tagged-list\"").skip(1);
            let named = rows.filter_map(|row| Some(row.split("/tags/").nth(1)?.split_once('>')?.1));
            named.map(|it| it.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let up = names("sort_by=name&sort_asc=true").await;
        assert_eq!((up.len(), up[0].as_str()), (10, "v00"));
        assert_eq!(names("sort_by=name&sort_asc=true&page=2").await, ["v10", "v11", "v12"]);
        assert_eq!(names("sort_by=name&sort_asc=false").await[0], "v12");
        assert_eq!(names("sort_by=size&sort_asc=true").await.len(), 10);
        assert_eq!(names("sort_by=pulled_at&sort_asc=false").await.len(), 10);
        assert_eq!(names("q=v03").await, ["v03"]);
        assert_eq!(names(&format!("q={}", &digest(&image("body 7"))[..20])).await, ["v07"]);
        assert_eq!(names("q=nothing").await, [""; 0]);
        assert_eq!(names("sort_by=nonsense&page=99").await.len(), 3);
        // A further tag makes its image the newest, once; both ways round, the pages are the same.
        world.stock(&[("qa/web", "again", &image("body 3"))]).await;
        let down = [names("").await, names("page=2").await].concat();
        let mut up = [names("sort_by=pushed_at&sort_asc=true").await, names("sort_by=pushed_at&sort_asc=true&page=2").await].concat();
        up.reverse();
        assert_eq!((down.len(), down[0].as_str(), down[12].as_str()), (13, "again", "v00"), "{down:?}");
        assert_eq!(up, down);
    }

    async fn strangers_see_nothing_of_a_private_repository(database: TestDatabase) {
        let world = World::on(database).await;
        world.service.user("mallory").await;
        let body = image("a");
        world.stock(&[("qa/web", "1.0", &body)]).await;
        let mallory = Browser::signed_in(&world.service, "mallory").await;
        let path = path(&world, "web").await;
        let tag = format!("/tags/{}", world.tag("1.0").await.id);
        let preview = format!("{path}/tags/deletion?digests[]={}", digest(&body));
        for hidden in [&path, &tag, &preview, &format!("{path}/deletion"), &"/repositories/x".to_owned()] {
            assert_eq!(status(&world, &mallory, hidden).await, 404, "{hidden}");
        }
        for (method, fields) in [
            ("/toggle_star", &[][..]),
            ("/comments", &[("comment[body]", "hello")][..]),
            ("", &[("_method", "put"), ("repository[description]", "mine")][..]),
            ("", &[("_method", "delete"), ("confirmation[name]", "qa/web")][..]),
            ("/tags", &[("_method", "delete"), ("digests[]", "sha256:0")][..]),
        ] {
            let answer = mallory.send(&world.service, &format!("{path}{method}"), fields).await;
            assert_eq!(answer.status.as_u16(), 404, "{method} {fields:?}: {}", answer.body);
        }
        for list in ["/", "/repositories", "/search?search=web", "/search?search=qa&type=namespaces"] {
            assert!(!seen(&world, &mallory, list).await.contains(">web<"), "{list}");
        }
        assert_eq!(world.tags().await, ["web:1.0"]);
    }

    async fn what_is_not_signed_in_is_sent_to_the_door(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a"))]).await;
        let path = path(&world, "web").await;
        for page in [path.as_str(), "/repositories", "/search?search=web", "/help"] {
            let request = actix_web::test::TestRequest::get().uri(page);
            let answer = world.service.call(request).await;
            assert_eq!(answer.status.as_u16(), 303, "{page}");
            assert!(location(&answer).starts_with("/users/sign_in"), "{page}");
        }
    }

    async fn a_repository_is_described_starred_and_talked_about(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a"))]).await;
        let olga = olga(&world).await;
        let path = path(&world, "web").await;
        let words = "Serves **pages**. <script>alert(1)</script>";
        let fields = [("_method", "put"), ("repository[description]", words)];
        let answer = olga.send(&world.service, &path, &fields).await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (303, path.as_str()));
        let page = seen(&world, &olga, &path).await;
        assert!(page.contains("title=\"Star repository\"") && !page.contains("Unstar repository"), "{page}");
        let answer = olga.send(&world.service, &format!("{path}/toggle_star"), &[]).await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (303, path.as_str()));
        let blank = olga.send(&world.service, &format!("{path}/comments"), &[("comment[body]", " ")]).await;
        assert_eq!(blank.status.as_u16(), 422);
        assert!(blank.body.contains("Comment can&#39;t be blank") || blank.body.contains("Comment can&#x27;t be blank"), "{}", blank.body);
        let said = [("comment[body]", "Use `1.0`. <img src=x onerror=alert(1)>")];
        let answer = olga.send(&world.service, &format!("{path}/comments"), &said).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        let page = seen(&world, &olga, &path).await;
        assert!(page.contains("<strong>pages</strong>") && page.contains("<code>1.0</code>"), "{page}");
        assert!(!page.contains("alert(1)</script>") && !page.contains("onerror=alert"), "{page}");
        assert!(page.contains("aria-pressed=\"true\" title=\"Unstar repository\""), "{page}");
        assert!(seen(&world, &olga, "/?repositories=starred").await.contains(">web<"));
        let comment = page.split("<li id=\"comment_").nth(1).unwrap().split('"').next().unwrap();
        let gone = olga.send(&world.service, &format!("{path}/comments/{comment}"), &[("_method", "delete")]).await;
        assert_eq!(gone.status.as_u16(), 303);
        assert!(!seen(&world, &olga, &path).await.contains("<code>1.0</code>"));
    }

    async fn search_shows_the_first_kind_that_has_something(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a"))]).await;
        let olga = olga(&world).await;
        let current = async |query: &str| {
            let page = seen(&world, &olga, &format!("/search?{query}")).await;
            let at = page.split("class=\"choice\"").nth(1).unwrap();
            let at = at.split("aria-current=\"true\"").next().unwrap();
            let word = at.rsplit("type=").next().unwrap();
            word.split('"').next().unwrap().to_owned()
        };
        assert_eq!(current("search=web:1.0").await, "repositories");
        assert_eq!(current("search=qa/w").await, "repositories");
        assert_eq!(current("search=olga").await, "namespaces");
        assert_eq!(current("search=QA&type=teams").await, "teams");
        assert_eq!(current("search=zzz").await, "repositories");
        for prompt in ["/search", "/search?search=", "/search?search=%20"] {
            assert!(seen(&world, &olga, prompt).await.contains("What are you looking for?"), "{prompt}");
        }
    }

    async fn visitors_explore_what_is_public_and_nothing_else(database: TestDatabase) {
        let world = World::with(database, &[("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")]).await;
        world.service.namespace("open", &world.qa, "public").await;
        world.service.namespace("half", &world.qa, "protected").await;
        world.stock(&[("qa/etcd", "1", &image("a")), ("half/etcd", "1", &image("b"))]).await;
        for number in 0..12 {
            world.stock(&[("open/etcd", &format!("2.{number:02}"), &image(&format!("c{number}")))]).await;
        }
        // Signatures and the like are no tags that anybody pulls.
        for kind in [".sig", ".att", ""] {
            let about = digest(&image("c1")).replace(':', "-");
            world.stock(&[("open/etcd", &format!("{about}{kind}"), &image(kind))]).await;
        }
        let explore = async |query: &str| {
            let request = actix_web::test::TestRequest::get().uri(query);
            let answer = world.service.call(request).await;
            assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
            answer.body
        };
        let page = explore("/explore?explore[search]=etcd:2.1.1").await;
        assert!(page.contains("1 repository was found"), "{page}");
        assert!(page.contains(&format!("docker pull {}/open/etcd:2.11", world.registry.host)), "{page}");
        assert!(page.contains("+2 more"), "{page}");
        for hidden in [">qa<", ">half<"] {
            assert!(!page.contains(hidden), "{page}");
        }
        let none = explore("/explore?explore[search]=nothing").await;
        assert!(none.contains("Your search did not match any repositories."));
    }

    async fn what_is_pushed_shows_on_the_dashboard(database: TestDatabase) {
        let world = World::on(database).await;
        let olga = olga(&world).await;
        let empty = seen(&world, &olga, "/").await;
        assert!(empty.contains(&format!("docker login {}", world.registry.host)), "{empty}");
        assert!(empty.contains(&format!("docker push {}/olga/alpine:latest", world.registry.host)), "{empty}");
        world.told(vec![
            pushed("olga", "qa/web", "1.0", &image("a")),
            pushed("olga", "qa/web", "2.0", &image("b")),
        ]).await;
        let page = seen(&world, &olga, "/").await;
        assert!(!page.contains("docker login"));
        let repository = path(&world, "web").await;
        let namespace = format!("/namespaces/{}", world.repository("web").await.namespace_id);
        let pushed = format!("<a href=\"{namespace}\">qa</a>/<a href=\"{repository}\">web:2.0</a>");
        assert!(page.contains(&format!("<strong>olga</strong> pushed {pushed}")), "{page}");
        assert!(page.contains("<figcaption><span>Pushes</span><strong>2</strong>"), "{page}");
        // The others' traffic is theirs.
        world.service.user("mallory").await;
        let mallory = Browser::signed_in(&world.service, "mallory").await;
        let other = seen(&world, &mallory, "/").await;
        assert!(!other.contains("qa/web") && other.contains("docker login"), "{other}");
    }

    async fn admins_see_how_much_there_is_and_how_it_goes(database: TestDatabase) {
        let world = World::on(database).await;
        world.service.admin("root").await;
        world.told(vec![pushed("olga", "qa/web", "1.0", &image("a"))]).await;
        let root = Browser::signed_in(&world.service, "root").await;
        let own = seen(&world, &root, "/").await;
        assert!(own.contains("registry tells of pushes and pulls; last"), "{own}");
        assert!(own.contains("The catalog has not been compared yet"), "{own}");
        assert!(!own.contains("web:1.0</a>"), "what concerns others is in the other tab");
        let all = seen(&world, &root, "/?activities=admin").await;
        assert!(all.contains("web:1.0</a>"), "{all}");
        let olga = olga(&world).await;
        let page = seen(&world, &olga, "/?activities=admin").await;
        assert!(!page.contains("tells of pushes") && !page.contains("/admin/users"), "{page}");
    }

    async fn sentences_are_told_in_the_readers_language(database: TestDatabase) {
        let world = World::on(database).await;
        world.told(vec![pushed("olga", "qa/web", "1.0", &image("a"))]).await;
        let olga = olga(&world).await;
        let row = world.repository("web").await;
        let (namespace, repository) = (row.namespace_id, row.id);
        let name = format!("<a href=\"/namespaces/{namespace}\">qa</a>/<a href=\"/repositories/{repository}\">web:1.0</a>");
        for (language, sentence) in [
            ("ja", format!("<strong>olga</strong> が {name} をプッシュしました")),
            ("zh-CN", format!("<strong>olga</strong> 推送了 {name}")),
        ] {
            let request = olga.request(actix_web::http::Method::GET, "/").insert_header(("Accept-Language", language));
            let page = world.service.call(request).await.body;
            assert!(page.contains(&sentence), "{page}");
        }
    }

    async fn a_tag_page_tells_of_the_image_and_that_nothing_scans(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a"))]).await;
        let olga = olga(&world).await;
        let tag = format!("/tags/{}", world.tag("1.0").await.id);
        let page = seen(&world, &olga, &tag).await;
        assert!(page.contains("Scanning is not configured") && page.contains(&digest(&image("a"))), "{page}");
        let answer = olga.send(&world.service, &format!("{tag}/scan"), &[]).await;
        assert!(matches!(answer.status.as_u16(), 303 | 403), "{}", answer.body);
        assert!(page.contains("Vulnerabilities for tag 1.0 of qa/web"));
    }
}
