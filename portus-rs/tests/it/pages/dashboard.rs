//! What the dashboard shows of repositories, and what it says where there are none.

use crate::{
    api::sessions::Browser,
    deletion::world::{World, pushed},
    support::{databases::on_every_database, fake_registry::image, service::PASSWORD},
};

/// The names in the list of repositories, from the top.
fn names(page: &str) -> Vec<&str> {
    let list = page.split("<ul class=\"lines\">").nth(1);
    let list = list.map_or("", |it| it.split("</ul>").next().unwrap_or_default());
    let links = list.split("href=\"/repositories/").skip(1);
    links
        .map(|it| it.split('>').nth(1).unwrap().split('<').next().unwrap())
        .collect()
}

async fn dashboard(world: &World, who: &Browser, choice: &str) -> String {
    let answer = who
        .get(&world.service, &format!("/?repositories={choice}"))
        .await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.body
}

/// Tells of pushes, one after the other.
async fn push(world: &World, repositories: &[&str]) {
    for name in repositories {
        world
            .told(vec![pushed("olga", name, "1", &image(name))])
            .await;
    }
}

async fn star(world: &World, who: &Browser, name: &str) {
    let id = world.repository(name).await.id;
    let answer = who
        .send(
            &world.service,
            &format!("/repositories/{id}/toggle_star"),
            &[],
        )
        .await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
}

on_every_database! {
    async fn the_latest_twenty_are_shown_and_the_others_are_one_link_away(database: TestDatabase) {
        let world = World::on(database).await;
        let olga = Browser::signed_in(&world.service, "olga").await;
        let all: Vec<String> = (1..=22).map(|it| format!("qa/app{it:02}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        push(&world, &all[..20]).await;
        let page = dashboard(&world, &olga, "").await;
        let latest: Vec<&str> = all[..20].iter().rev().map(|it| &it[3..]).collect();
        assert_eq!(names(&page), latest);
        assert!(!page.contains("All 20 repositories"), "nothing is left out");

        push(&world, &all[20..]).await;
        let page = dashboard(&world, &olga, "all").await;
        let latest: Vec<&str> = all[2..].iter().rev().map(|it| &it[3..]).collect();
        assert_eq!(names(&page), latest);
        assert!(page.contains("<a href=\"/repositories\">All 22 repositories</a>"), "{page}");

        // Whatever is pushed again is the latest.
        world.told(vec![pushed("olga", "qa/app01", "2", &image("again"))]).await;
        let page = dashboard(&world, &olga, "").await;
        assert_eq!(names(&page)[..2], ["app01", "app22"]);
        assert_eq!(names(&page).len(), 20);
        // The other tabs hold none of it.
        for (choice, said) in [("starred", "Nothing starred yet"), ("personal", "Nothing of your own yet")] {
            let page = dashboard(&world, &olga, choice).await;
            assert_eq!(names(&page), [""; 0]);
            assert!(page.contains(said), "{page}");
            assert!(!page.contains("docker login"), "{choice}: this is no first push");
        }
    }

    async fn what_nobody_told_of_is_the_latest_too(database: TestDatabase) {
        let world = World::on(database).await;
        let olga = Browser::signed_in(&world.service, "olga").await;
        world.stock(&[("qa/one", "1", &image("a")), ("qa/two", "1", &image("b"))]).await;
        assert_eq!(names(&dashboard(&world, &olga, "").await), ["two", "one"]);
        world.stock(&[("qa/one", "2", &image("c"))]).await;
        assert_eq!(names(&dashboard(&world, &olga, "").await), ["one", "two"]);
        // A comparison that finds nothing changes nothing.
        world.agrees().await;
        world.registry.push("qa/two", "1", &image("d"));
        assert_eq!(world.sync().await.changed, 1);
        world.agrees().await;
        assert_eq!(names(&dashboard(&world, &olga, "").await), ["two", "one"]);
    }

    async fn the_last_star_comes_first(database: TestDatabase) {
        let world = World::on(database).await;
        world.service.user("mia").await;
        let mia = Browser::signed_in(&world.service, "mia").await;
        let olga = Browser::signed_in(&world.service, "olga").await;
        world.service.namespace("open", &world.qa, "public").await;
        push(&world, &["open/one", "open/two", "open/three", "qa/closed", "olga/own"]).await;
        for name in ["two", "three", "one", "closed"] {
            star(&world, &olga, name).await;
        }
        star(&world, &mia, "two").await;
        let starred = dashboard(&world, &olga, "starred").await;
        assert_eq!(names(&starred), ["closed", "one", "three", "two"]);
        // How many like it, and that this is the tab one looks at.
        let two = starred.split(">two<").nth(1).unwrap().split("</li>").next().unwrap();
        assert!(two.contains("</svg>2</span>"), "{two}");
        let tab = starred.split("repositories=starred").nth(1).unwrap();
        assert!(tab.split('>').next().unwrap().contains("aria-current=\"true\""), "{tab}");
        assert_eq!(names(&dashboard(&world, &mia, "starred").await), ["two"]);

        // A star that was taken away and given again is a new one; a push moves nothing here.
        star(&world, &olga, "two").await;
        assert_eq!(names(&dashboard(&world, &olga, "starred").await), ["closed", "one", "three"]);
        star(&world, &olga, "two").await;
        push(&world, &["open/one"]).await;
        assert_eq!(names(&dashboard(&world, &olga, "starred").await), ["two", "closed", "one", "three"]);
        assert_eq!(names(&dashboard(&world, &olga, "personal").await), ["own"]);
        assert_eq!(names(&dashboard(&world, &mia, "personal").await), [""; 0]);
        // What one may see no more is gone from the tab, too.
        star(&world, &mia, "three").await;
        close(&world).await;
        assert_eq!(names(&dashboard(&world, &mia, "starred").await), [""; 0]);
    }

    async fn whoever_sees_nothing_yet_is_shown_how_to_begin(database: TestDatabase) {
        let world = World::on(database).await;
        world.service.user("mia").await;
        let mia = Browser::signed_in(&world.service, "mia").await;
        push(&world, &["qa/closed"]).await;
        let page = dashboard(&world, &mia, "").await;
        assert!(page.contains("Your first push") && page.contains("No activities yet."), "{page}");
        assert!(!page.contains("Last 30 days"), "{page}");
        push(&world, &["mia/own"]).await;
        let page = dashboard(&world, &mia, "").await;
        assert_eq!(names(&page), ["own"]);
        assert!(!page.contains("Your first push") && page.contains("Last 30 days"), "{page}");
        // An admin without anything: their own tab is empty, everybody's is not.
        world.service.admin("root").await;
        let root = Browser::signed_in(&world.service, "root").await;
        // What programs do all day is in the log, and no news.
        world.service.claims(Some(("root", PASSWORD)), &[]).await;
        world.service.app.usage.write(&world.service.app).await.unwrap();
        let log = root.get(&world.service, "/?activities=admin").await.body;
        assert!(log.contains("own:1</a>") && !log.contains("No activities yet."), "{log}");
        let used = "used their password with docker";
        assert!(!log.contains(used), "{log}");
        let all = root.get(&world.service, "/admin/activities").await.body;
        assert!(all.contains(used), "{all}");
    }
}

/// Makes the namespace `open` private.
async fn close(world: &World) {
    use portus_rs::{actions::namespaces, identity::actor::Actor};
    let rows = world.rows::<portus_rs::entities::namespace::Entity>().await;
    let open = rows.into_iter().find(|it| it.name == "open").unwrap();
    let changes = namespaces::NamespaceChanges {
        visibility: Some("private".to_owned()),
        ..namespaces::NamespaceChanges::default()
    };
    namespaces::update(&world.service.app, &Actor::Operator, open.id, changes)
        .await
        .unwrap();
}

#[actix_web::test]
async fn doors_lead_whoever_is_in_to_the_dashboard() {
    let world = World::on(crate::support::databases::TestDatabase::sqlite()).await;
    let olga = Browser::signed_in(&world.service, "olga").await;
    for door in ["/users/sign_in", "/users/sign_up", "/users/password/new"] {
        let answer = olga.get(&world.service, door).await;
        let header = |name: &str| answer.headers.get(name).map(|it| it.to_str().unwrap());
        assert_eq!(
            (answer.status.as_u16(), header("location")),
            (303, Some("/")),
            "{door}"
        );
        let said = header("set-cookie").unwrap().split(';').next().unwrap();
        let request = olga
            .request(actix_web::http::Method::GET, "/")
            .insert_header(("Cookie", format!("{}; {said}", olga.cookie())));
        let page = world.service.call(request).await.body;
        assert!(
            page.contains("You are already signed in."),
            "{door}: {page}"
        );
    }
    assert!(olga.is_in(&world.service).await);
}
