//! Lists that are narrowed and put in order by the server, and what the names in them lead to.

use portus_rs::{
    actions::{
        comments,
        vulnerabilities::{Failure, begin_scan, fail_scan},
    },
    entities::tag,
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};

use crate::{
    api::sessions::Browser,
    deletion::world::World,
    support::{
        databases::on_every_database,
        fake_registry::{digest, image},
        service::Service,
    },
};

async fn page(world: &World, who: &Browser, path: &str) -> String {
    let answer = who.get(&world.service, path).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
    answer.body
}

/// Where each of these stands in a page, those that are not there left out.
fn order<'a>(page: &str, names: &[&'a str]) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = names
        .iter()
        .filter_map(|name| Some((page.find(name)?, *name)))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|it| it.1).collect()
}

async fn signed_in(world: &World, name: &str) -> Browser {
    Browser::signed_in(&world.service, name).await
}

on_every_database! {
    async fn members_are_sorted_by_what_they_may_and_lead_to_their_pages(database: TestDatabase) {
        let world = World::on(database).await;
        let service = &world.service;
        service.admin("root").await;
        for (name, role) in [("zed", "contributor"), ("abe", "viewer")] {
            let who = service.user(name).await;
            service.member(&world.qa, &who, role).await;
        }
        let names = [">abe<", ">olga<", ">zed<"];
        let team = format!("/teams/{}", world.qa.id);
        let olga = signed_in(&world, "olga").await;
        let root = signed_in(&world, "root").await;
        let seen = async |query: &str| order(&page(&world, &root, &format!("{team}?{query}")).await, &names);
        assert_eq!(seen("").await, names);
        assert_eq!(seen("tm_sort_by=role&tm_sort_asc=true").await, [">abe<", ">zed<", ">olga<"]);
        assert_eq!(seen("tm_sort_by=role&tm_sort_asc=false").await, [">olga<", ">zed<", ">abe<"]);
        assert_eq!(seen("tm_sort_by=role&tm_sort_asc=false&tm_q=e").await, [">zed<", ">abe<"]);

        // Admins open anybody's page, others their own.
        let of_root = page(&world, &root, &team).await;
        assert!(of_root.contains(&format!("<a href=\"/admin/users/{}/edit\"><span class=\"person-name\">olga<", world.olga.id)), "{of_root}");
        let of_olga = page(&world, &olga, &team).await;
        assert!(of_olga.contains("<a href=\"/users/edit\"><span class=\"person-name\">olga<"), "{of_olga}");
        assert!(!of_olga.contains("/admin/users/") && of_olga.contains(">zed<"), "{of_olga}");
    }

    async fn comments_are_searched_and_name_their_authors(database: TestDatabase) {
        let world = World::on(database).await;
        world.stock(&[("qa/web", "1.0", &image("a"))]).await;
        let root = world.service.admin("root").await;
        let id = world.repository("web").await.id;
        for (who, text) in [(&world.olga, "It needs libssl 3"), (&root, "100% agreed"), (&world.olga, "Rebuilt on Monday")] {
            comments::write(&world.service.app, &Service::actor(who), id, text).await.unwrap();
        }
        let texts = ["libssl", "100%", "Monday"];
        let olga = signed_in(&world, "olga").await;
        let path = format!("/repositories/{id}");
        let found = async |query: &str| order(&page(&world, &olga, &format!("{path}?{query}")).await, &texts);
        assert_eq!(found("").await.len(), 3);
        assert_eq!(found("c_q=Monday").await, ["Monday"]);
        assert_eq!(found("c_q=0%25+a").await, ["100%"]);
        let none = page(&world, &olga, &format!("{path}?c_q=nothing")).await;
        assert_eq!(order(&none, &texts), [""; 0]);
        assert!(none.contains("value=\"nothing\"") && !none.contains("Nobody has left a comment"), "{none}");
        let mine = page(&world, &olga, &path).await;
        assert!(mine.contains("<a href=\"/users/edit\">olga</a>") && !mine.contains("/admin/users/"), "{mine}");
        let theirs = page(&world, &signed_in(&world, "root").await, &path).await;
        assert!(theirs.contains(&format!("<a href=\"/admin/users/{}/edit\">olga</a>", world.olga.id)), "{theirs}");
    }

    async fn webhooks_and_what_belongs_to_them_are_narrowed(database: TestDatabase) {
        let world = World::on(database).await;
        let olga = signed_in(&world, "olga").await;
        let hooks = format!("/namespaces/{}/webhooks", world.space.id);
        for name in ["Deploy staging", "Chat"] {
            let fields = [
                ("webhook[name]", name), ("webhook[url]", "http://hooks.example.org/in"),
                ("webhook[request_method]", "POST"), ("webhook[content_type]", "application/json"),
            ];
            assert_eq!(olga.send(&world.service, &hooks, &fields).await.status.as_u16(), 303);
        }
        let names = [">Deploy staging<", ">Chat<"];
        let seen = async |query: &str| {
            let page = page(&world, &olga, &format!("{hooks}?{query}")).await;
            (order(&page.replace("</svg>", ">"), &names).len(), page)
        };
        assert_eq!(seen("").await.0, 2);
        let (found, one) = seen("q=stag").await;
        assert!(found == 1 && one.contains("Deploy staging"), "{one}");
        let (found, none) = seen("q=nothing").await;
        assert!(found == 0 && !none.contains("No webhooks yet"), "{none}");

        let all = page(&world, &olga, &hooks).await;
        let id = all.split(&format!("href=\"{hooks}/")).nth(1).unwrap().split('"').next().unwrap();
        let hook = format!("{hooks}/{id}");
        for name in ["X-Environment", "X-Token"] {
            let fields = [("webhook_header[name]", name), ("webhook_header[value]", "1")];
            assert_eq!(olga.send(&world.service, &format!("{hook}/headers"), &fields).await.status.as_u16(), 303);
        }
        let rows = world.service.database.connect().await;
        let when = "(SELECT created_at FROM users WHERE username = 'olga')";
        for (uuid, state) in [("aaaa-1", 0), ("bbbb-2", 1), ("cccc-3", 2), ("dddd-4", 3)] {
            rows.execute_unprepared(&format!(
                "INSERT INTO webhook_deliveries (webhook_id, uuid, event, state, next_attempt_at, request_body, created_at, \
                 updated_at) VALUES ({id}, '{uuid}', 'push', {state}, {when}, '{{}}', {when}, {when})"
            )).await.unwrap();
        }
        rows.close().await.unwrap();
        let parts = ["X-Environment", "X-Token", "aaaa-1", "bbbb-2", "cccc-3", "dddd-4"];
        let seen = async |query: &str| {
            let page = page(&world, &olga, &format!("{hook}?{query}")).await;
            let mut found = order(&page, &parts);
            found.sort_unstable();
            found
        };
        assert_eq!(seen("").await.len(), 6);
        assert_eq!(seen("wb_q=Tok&wd_q=cc-3").await, ["X-Token", "cccc-3"]);
        assert_eq!(seen("wb_q=none&wd_state=failed").await, ["dddd-4"]);
        assert_eq!(seen("wb_q=none&wd_state=delivered").await, ["cccc-3"]);
        assert_eq!(seen("wb_q=none&wd_state=waiting").await, ["aaaa-1", "bbbb-2"]);
        assert_eq!(seen("wb_q=none&wd_state=waiting&wd_q=bb").await, ["bbbb-2"]);
        assert_eq!(seen("wb_q=none&wd_state=nonsense").await.len(), 4);
    }

    async fn bots_are_narrowed_by_name(database: TestDatabase) {
        let world = World::on(database).await;
        let olga = signed_in(&world, "olga").await;
        let team = format!("/teams/{}", world.qa.id);
        for name in ["deployer", "tester"] {
            let fields = [("bot[username]", name)];
            assert_eq!(olga.send(&world.service, &format!("{team}/bots"), &fields).await.status.as_u16(), 303);
        }
        let listed = async |query: &str| {
            let page = page(&world, &olga, &format!("{team}?{query}")).await;
            let bots = page.split("id=\"bots\"").nth(1).unwrap();
            order(bots, &["deployer", "tester"]).len()
        };
        assert_eq!(listed("").await, 2);
        assert_eq!(listed("bt_q=ploy").await, 1);
        assert_eq!(listed("bt_q=nobody").await, 0);
    }

    async fn a_scan_that_failed_is_told_apart_from_one_that_is_to_come(database: TestDatabase) {
        let scanner = [("PORTUS_SECURITY_TRIVY_SERVER", "http://127.0.0.1:1")];
        let world = World::with(database, &scanner).await;
        let body = image("a");
        world.stock(&[("qa/web", "1.0", &body)]).await;
        let app = &world.service.app;
        let olga = signed_in(&world, "olga").await;
        let tag = world.tag("1.0").await.id;
        let (of_tag, of_all) = (format!("/tags/{tag}"), format!("/repositories/{}", world.repository("web").await.id));
        let state = async || {
            let row = tag::Entity::find_by_id(tag).one(app.database.reader()).await.unwrap();
            row.unwrap().scanned
        };
        // Nobody has it in hand.
        assert_eq!(fail_scan(app, &digest(&body), Failure::ForGood).await.unwrap(), 0);
        for (failure, scanned, said) in [
            (Failure::ForNow, tag::Model::PENDING, "Pending"),
            (Failure::ForGood, tag::Model::FAILED, "Scan failed"),
            (Failure::Unscannable, tag::Model::UNSCANNABLE, "Not scannable"),
        ] {
            begin_scan(app, &digest(&body)).await.unwrap();
            assert!(page(&world, &olga, &of_tag).await.contains("In progress"));
            assert_eq!(fail_scan(app, &digest(&body), failure).await.unwrap(), 1);
            assert_eq!(state().await, scanned);
            for path in [&of_tag, &of_all] {
                let page = page(&world, &olga, path).await;
                let others = ["Pending", "Scan failed", "Not scannable"].into_iter().filter(|it| *it != said);
                assert!(page.contains(said), "{said} in {page}");
                for other in others {
                    assert!(!page.contains(other), "{other} in {page}");
                }
            }
        }
    }
}
