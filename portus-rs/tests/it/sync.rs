//! Comparing with the registry: everything is found, what is gone goes, and nothing else ever does.

use std::{sync::Arc, time::Duration};

use portus_rs::{
    actions::registries::{self, RegistryChanges},
    entities::{Details, SyncState, activity, manifest, namespace, repository, tag},
    identity::actor::Actor,
    jobs::{
        self, Jobs,
        catalog_sync::{self, Options, Report},
        lease, manifest_details,
    },
    remote::{RegistryClient, RegistryError, Trust},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::support::{
    databases::{TestDatabase, on_every_database},
    fake_registry::{FakeRegistry, Fault, digest, image, index},
    service::Service,
};

const REALM: &str = "https://portus.test/v2/token";

async fn beside(registry: &FakeRegistry, database: TestDatabase) -> Service {
    let mut service = Service::on(database).await;
    service.move_registry(&registry.host).await;
    service
}

async fn pass(service: &Service, options: Options) -> Report {
    let mut reports = catalog_sync::run_once(&service.app, None, options, &())
        .await
        .unwrap();
    reports.remove(0)
}

async fn compare(service: &Service) -> Report {
    pass(service, Options::default()).await
}

/// `repository:tag` of all rows, sorted.
async fn tags(service: &Service) -> Vec<String> {
    let reader = service.app.database.reader();
    let rows = tag::Entity::find()
        .find_also_related(repository::Entity)
        .all(reader)
        .await
        .unwrap();
    let mut names: Vec<String> = rows
        .into_iter()
        .map(|(tag, repository)| format!("{}:{}", repository.unwrap().name, tag.name))
        .collect();
    names.sort();
    names
}

async fn repositories(service: &Service) -> u64 {
    repository::Entity::find()
        .count(service.app.database.reader())
        .await
        .unwrap()
}

on_every_database! {
    async fn everything_is_found_once_and_what_is_gone_goes(database: TestDatabase) {
        let registry = FakeRegistry::start(Some(REALM));
        let service = beside(&registry, database).await;
        for number in 0..7 {
            registry.push(&format!("qa/app{number}"), "1.0", &image(&format!("{number}")));
        }
        registry.push("busybox", "latest", &image("b"));
        registry.push("busybox", "1", &image("b"));
        let first = compare(&service).await;
        assert_eq!((first.state, first.counts.added, first.counts.errors), (SyncState::Done, 9, 0));
        assert_eq!(first.counts.repositories, 8);
        let reader = service.app.database.reader();
        let orphan = namespace::Entity::find()
            .filter(namespace::Column::Name.eq("qa"))
            .one(reader).await.unwrap().unwrap();
        assert_eq!(orphan.visibility.as_str(), "private");
        let row = tag::Entity::find().filter(tag::Column::Name.eq("latest")).one(reader).await.unwrap().unwrap();
        assert_eq!(row.username.as_deref(), Some("portus"));
        assert_eq!(row.digest, Some(digest(&image("b"))));
        let read = manifest::Entity::find()
            .filter(manifest::Column::Digest.eq(digest(&image("b"))))
            .one(reader).await.unwrap().unwrap();
        // Its size is known from the manifest; what it runs on stands in its config, which is read later.
        assert_eq!((read.details, read.image_size), (Details::Pending, Some(100)));
        let pushes = activity::Entity::find().filter(activity::Column::Key.eq("repository.push"));
        assert_eq!(pushes.count(reader).await.unwrap(), 9);

        registry.asked();
        let second = compare(&service).await;
        assert_eq!((second.counts.added, second.counts.changed, second.counts.removed), (0, 0, 0));
        let asked = registry.asked();
        assert_eq!(asked.get("HEAD manifests"), Some(&9), "{asked:?}");
        assert_eq!(asked.get("GET manifests"), None, "{asked:?}");

        registry.push("busybox", "1", &image("new"));
        registry.remove("busybox", Some("latest"));
        registry.remove("qa/app3", None);
        let third = compare(&service).await;
        let counts = third.counts;
        assert_eq!((counts.added, counts.changed, counts.removed, counts.errors), (0, 1, 2, 0));
        assert_eq!(
            tags(&service).await,
            ["app0:1.0", "app1:1.0", "app2:1.0", "app4:1.0", "app5:1.0", "app6:1.0", "busybox:1"]
        );
        assert_eq!(repositories(&service).await, 7);
        let gone = activity::Entity::find()
            .filter(activity::Column::Key.eq("namespace.delete"))
            .all(reader).await.unwrap();
        assert_eq!(gone.len(), 1);
        assert_eq!((gone[0].actor_name.as_str(), gone[0].repository_name.as_deref()), ("portus", Some("app3")));
    }

    async fn only_one_of_many_gets_a_lease_and_old_holders_are_recognised(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        let mut racers = tokio::task::JoinSet::new();
        for number in 0..16 {
            let app = Arc::clone(app);
            racers.spawn(async move {
                let watch = lease::Watch::default();
                lease::take_as(&app, &watch, "a job", &format!("elsewhere/{number}")).await.unwrap()
            });
        }
        let winners: Vec<_> = racers.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        let held = winners.into_iter().next().unwrap();
        let watch = lease::Watch::default();
        assert_eq!(lease::take(app, &watch, "a job").await.unwrap(), None);
        assert!(held.renew(app).await.unwrap());
        let again = held.clone();
        assert!(held.release(app, lease::Ending::default()).await.unwrap());
        let mine = lease::take(app, &watch, "a job").await.unwrap().unwrap();
        assert!(!again.renew(app).await.unwrap(), "an old holder is recognised");
        assert!(!again.release(app, lease::Ending::default()).await.unwrap());
        assert!(mine.renew(app).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_proves_nothing_deletes_nothing() {
    let registry = FakeRegistry::start(Some(REALM));
    let service = beside(&registry, TestDatabase::sqlite()).await;
    for number in 0..8 {
        registry.push(
            &format!("qa/app{number}"),
            "1.0",
            &image(&format!("{number}")),
        );
    }
    compare(&service).await;
    let before = tags(&service).await;
    assert_eq!(before.len(), 8);
    for fault in [
        Fault::Status(500),
        Fault::Status(401),
        Fault::Status(404),
        Fault::Status(429),
        Fault::CatalogStatus(503),
        Fault::EmptyCatalog,
        Fault::SecondPage,
        Fault::Loop,
        Fault::Short(1),
        Fault::EmptyTags,
        Fault::Garbage,
    ] {
        registry.fail(fault.clone());
        let report = compare(&service).await;
        assert_eq!(report.counts.removed, 0, "{fault:?}");
        assert_eq!(tags(&service).await, before, "{fault:?}");
        let harmless = matches!(
            fault,
            Fault::EmptyCatalog | Fault::Short(_) | Fault::EmptyTags
        );
        assert_eq!(
            report.state == SyncState::Done,
            harmless,
            "{fault:?}: {report:?}"
        );
    }
    registry.fail(Fault::None);
    registry.state().realm = Some("https://elsewhere.test/auth".to_owned());
    let refused = RegistryClient::new(&service.app, &service.registry)
        .check_token()
        .await;
    assert_eq!(
        refused,
        Trust::Failed(RegistryError::OtherTokenServer(
            "https://elsewhere.test/auth".to_owned()
        ))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_half_waits_for_a_word() {
    let registry = FakeRegistry::start(None);
    let service = beside(&registry, TestDatabase::sqlite()).await;
    for number in 10..22 {
        registry.push(
            &format!("qa/app{number}"),
            "1.0",
            &image(&format!("{number}")),
        );
    }
    compare(&service).await;
    for number in 10..17 {
        registry.remove(&format!("qa/app{number}"), None);
    }
    let held = compare(&service).await;
    assert_eq!(
        (held.state, held.held.len(), held.counts.removed),
        (SyncState::Held, 7, 0)
    );
    assert_eq!(repositories(&service).await, 12);
    // One of them comes back before somebody confirms.
    registry.push("qa/app10", "1.0", &image("10"));
    let confirm = Options {
        confirm: true,
        ..Options::default()
    };
    let done = pass(&service, confirm.clone()).await;
    assert_eq!(done.state, SyncState::Done, "{done:?}");
    assert_eq!(repositories(&service).await, 6);
    assert!(tags(&service).await.contains(&"app10:1.0".to_owned()));
    assert_eq!(
        pass(&service, confirm).await.state,
        SyncState::Failed,
        "nothing waits any more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_writes_nothing_and_a_cache_loses_nothing() {
    let registry = FakeRegistry::start(None);
    let service = beside(&registry, TestDatabase::sqlite()).await;
    registry.push("qa/app", "1.0", &image("1"));
    registry.push("qa/app", "2.0", &image("2"));
    let dry = Options {
        dry_run: true,
        ..Options::default()
    };
    assert_eq!(pass(&service, dry).await.counts.added, 2);
    assert_eq!(repositories(&service).await, 0);
    compare(&service).await;
    let changes = RegistryChanges {
        proxy: Some(true),
        ..RegistryChanges::default()
    };
    registries::update(&service.app, &Actor::Operator, service.registry.id, changes)
        .await
        .unwrap();
    registry.remove("qa/app", Some("1.0"));
    assert_eq!(compare(&service).await.counts.removed, 0);
    assert_eq!(tags(&service).await, ["app:1.0", "app:2.0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_gets_its_platforms_at_once_and_its_size_from_its_children() {
    let registry = FakeRegistry::start(Some(REALM));
    let service = beside(&registry, TestDatabase::sqlite()).await;
    let (amd, arm) = (image("amd"), image("arm"));
    registry.push("qa/multi", "", &amd);
    registry.push("qa/multi", "", &arm);
    let whole = index(&[("amd64", &amd), ("arm64", &arm)]);
    registry.push("qa/multi", "1", &whole);
    compare(&service).await;
    let find = || manifest::Entity::find().order_by_asc(manifest::Column::Id);
    let reader = service.app.database.reader();
    let row = find().one(reader).await.unwrap().unwrap();
    assert_eq!(row.platforms.as_deref(), Some("linux/amd64,linux/arm64"));
    assert_eq!((row.details, row.image_size), (Details::Pending, None));
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let done = manifest_details::run(&service.app, &stopped).await.unwrap();
    assert_eq!((done.described, done.failed), (1, 0));
    let row = find().one(reader).await.unwrap().unwrap();
    assert_eq!((row.details, row.image_size), (Details::Known, Some(200)));
    assert_eq!(find().all(reader).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_image_that_was_read_only_the_config_is_fetched_later() {
    let registry = FakeRegistry::start(Some(REALM));
    let service = beside(&registry, TestDatabase::sqlite()).await;
    let config = r#"{"os":"linux","architecture":"arm64"}"#;
    let with_config = image("1").replace(&digest("config 1"), &digest(config));
    let blob = (digest(config), config.to_owned());
    registry.state().blobs.extend([blob]);
    registry.push("qa/app", "1", &with_config);
    registry.push("qa/app", "lost", &image("2"));
    compare(&service).await;
    registry.asked();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let done = manifest_details::run(&service.app, &stopped).await.unwrap();
    assert_eq!((done.described, done.failed), (2, 0));
    let asked = registry.asked();
    assert_eq!(asked.get("GET blobs"), Some(&2), "{asked:?}");
    assert_eq!(asked.get("GET manifests"), None, "{asked:?}");
    let reader = service.app.database.reader();
    let rows = manifest::Entity::find().all(reader).await.unwrap();
    let mut found: Vec<_> = rows
        .iter()
        .map(|row| (row.details, row.image_size, row.platforms.as_deref()))
        .collect();
    found.sort_by_key(|(_, _, platform)| platform.is_some());
    let whole = (Details::Known, Some(100));
    assert_eq!(
        found,
        [
            (whole.0, whole.1, None),
            (whole.0, whole.1, Some("linux/arm64"))
        ]
    );
    // Nothing is left to be asked.
    manifest_details::run(&service.app, &stopped).await.unwrap();
    assert!(registry.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reachability_is_told_in_the_words_people_know() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let clients = &service.app.registries;
    let registry = FakeRegistry::start(Some(REALM));
    assert!(
        clients
            .reachable(&registry.host, false)
            .await
            .unwrap()
            .authenticates
    );
    registry.fail(Fault::Status(404));
    registry.state().realm = None;
    let told = |error: RegistryError| error.to_string();
    let other = clients.reachable(&registry.host, false).await.map_err(told);
    assert_eq!(
        other,
        Err("Error: registry does not implement v2 of the API.".to_owned())
    );
    let tls = clients.reachable(&registry.host, true).await.map_err(told);
    assert_eq!(
        tls,
        Err("Error: could not stablish connection: SSL error".to_owned())
    );
    for refused in [
        "127.0.0.1:1",
        "no-such-host.invalid",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
    ] {
        let answer = clients.reachable(refused, false).await.map_err(told);
        assert_eq!(
            answer,
            Err("Error: connection refused".to_owned()),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_run_by_themselves_when_called_and_end_when_told() {
    let registry = FakeRegistry::start(Some(REALM));
    let service = beside(&registry, TestDatabase::sqlite()).await;
    registry.push("qa/app", "1.0", &image("1"));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = jobs::start(&service.app, Jobs::OnlySync, stopped)
        .await
        .unwrap();
    let until = |count: usize| {
        let service = &service;
        async move {
            while tags(service).await.len() != count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, until(1))
        .await
        .expect("a pass at the start");
    registry.push("qa/app", "2.0", &image("2"));
    service.app.wake.sync.notify_one();
    tokio::time::timeout(patience, until(2))
        .await
        .expect("a pass on demand");
    stop.send(true).unwrap();
    let begun = std::time::Instant::now();
    running.finish().await;
    assert!(begun.elapsed() < jobs::LAST_STEPS);
}
