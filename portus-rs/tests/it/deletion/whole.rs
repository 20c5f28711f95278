//! Whole repositories, namespaces and teams, as far as the registry lets them go.

use portus_rs::{
    actions::deletion,
    entities::{activity, namespace, repository, team},
    error::Error,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::world::{World, parts, pushed, refusal};
use crate::support::{
    databases::on_every_database,
    fake_registry::{Fault, digest, image, index},
    service::Service,
    wait::wait_for,
};

on_every_database! {
    async fn a_repository_goes_with_all_its_manifests_or_tells_which_tags_stay(database: TestDatabase) {
        let world = World::on(database).await;
        let (a, b, child) = (image("a"), image("b"), image("child"));
        let both = index(&[("amd64", &child)]);
        world.registry.push("qa/app", "", &child);
        world.stock(&[("qa/app", "latest", &a), ("qa/app", "1.0", &b), ("qa/app", "both", &both)]).await;
        // Details that events and jobs learn: the child is known, though no tag points to it.
        world.told(vec![{
            let mut event = pushed("olga", "qa/app", "x", &child);
            event["target"].as_object_mut().unwrap().remove("tag");
            event
        }]).await;
        let app = &world.service.app;
        let id = world.repository("app").await.id;
        world.registry.fail(Fault::DeleteOne(digest(&b)));
        let text = refusal(deletion::repository(app, &world.olga(), id).await);
        assert_eq!(text, "Could not remove repository: could not remove 1.0 tag(s): the registry answered 500 (UNKNOWN: unknown): its log says why");
        assert_eq!(world.tags().await, ["app:1.0"]);
        assert_eq!(world.registry.holds("qa/app"), ["1.0".to_owned(), digest(&b)]);
        assert_eq!(world.history().await, ["olga repository.delete app:latest", "olga repository.delete app:both"]);
        world.registry.fail(Fault::None);
        assert_eq!(world.sync().await.removed, 0);

        world.registry.fail(Fault::Delete(405, "UNSUPPORTED"));
        world.registry.asked();
        let text = refusal(deletion::repository(app, &world.olga(), id).await);
        let words = "Could not remove repository: could not remove 1.0 tag(s): the registry does not delete: set storage.delete.enabled";
        assert!(text.starts_with(words), "{text}");
        assert_eq!(world.registry.asked().get("DELETE manifests"), Some(&1));
        world.registry.fail(Fault::None);
        deletion::repository(app, &world.olga(), id).await.unwrap();
        assert_eq!(world.registry.holds("qa/app"), [""; 0]);
        assert_eq!(world.rows::<repository::Entity>().await, []);
        assert_eq!(world.history().await.split_off(2), ["olga repository.delete app:1.0", "olga namespace.delete app"]);
        world.agrees().await;
    }

    async fn several_manifests_go_in_one_call_and_the_rest_is_told(database: TestDatabase) {
        let world = World::on(database).await;
        let (a, b, c) = (image("a"), image("b"), image("c"));
        world.stock(&[("qa/app", "1", &a), ("qa/app", "2", &a), ("qa/app", "3", &b), ("qa/app", "4", &c)]).await;
        let app = &world.service.app;
        let id = world.repository("app").await.id;
        let unknown = digest("nobody has this");
        world.registry.fail(Fault::DeleteOne(digest(&b)));
        let wanted = vec![digest(&a), digest(&b), unknown.clone(), digest(&a)];
        let report = deletion::digests(app, &world.olga(), id, wanted).await.unwrap();
        assert_eq!((report.removed, report.repository_removed), (vec!["1".to_owned(), "2".to_owned()], false));
        assert_eq!(report.kept.keys().collect::<Vec<_>>(), ["3"]);
        assert!(report.kept["3"].contains("answered 500"), "{:?}", report.kept);
        assert_eq!(world.tags().await, ["app:3", "app:4"]);
        for (wanted, complaint) in [
            (vec![], "Digests can't be blank"),
            (vec!["latest".to_owned()], "Digests is invalid"),
            (vec![unknown.clone(); deletion::MOST_DIGESTS + 1], "Digests is too long (maximum is 100 digests)"),
            (vec![unknown], "Not found"),
        ] {
            let error = deletion::digests(app, &world.olga(), id, wanted).await.unwrap_err();
            assert_eq!(error.to_string().trim_start_matches("Validation failed: "), complaint);
        }
        world.registry.fail(Fault::None);
        let report = deletion::digests(app, &world.olga(), id, vec![digest(&b), digest(&c)]).await.unwrap();
        assert!(report.repository_removed && report.kept.is_empty());
        assert_eq!(world.history().await.len(), 5);
        world.agrees().await;
    }

    async fn a_namespace_goes_after_its_repositories_or_names_those_that_stay(database: TestDatabase) {
        let world = World::on(database).await;
        let b = image("b");
        world.stock(&[("qa/app", "1", &image("a")), ("qa/deep/web", "cementiri", &b), ("qa/deep/web", "2", &b)]).await;
        let app = &world.service.app;
        world.registry.fail(Fault::DeleteOne(digest(&b)));
        let kept = parts(deletion::namespace(app, &world.olga(), world.space.id).await);
        let words = "Could not remove repository: could not remove cementiri, 2 tag(s): the registry answered 500";
        assert!(kept["qa/deep/web"].as_str().unwrap().starts_with(words), "{kept}");
        assert_eq!(kept.as_object().unwrap().len(), 1);
        assert_eq!(world.tags().await, ["deep/web:2", "deep/web:cementiri"]);
        assert_eq!(world.history().await, ["olga repository.delete app:1", "olga namespace.delete app"]);
        world.registry.fail(Fault::None);
        deletion::namespace(app, &world.olga(), world.space.id).await.unwrap();
        assert!(world.rows::<namespace::Entity>().await.iter().all(|row| row.name != "qa"));
        assert_eq!(world.history().await.pop().unwrap(), "olga registry.delete");
        let entry = activity::Entity::find()
            .filter(activity::Column::Key.eq("registry.delete"))
            .one(app.database.reader()).await.unwrap().unwrap();
        let told: serde_json::Value = serde_json::from_str(&entry.parameters).unwrap();
        assert_eq!(told, json!({"namespace_name": "qa", "team_name": "qa", "registry_id": world.service.registry.id}));
        assert_eq!((entry.trackable_type.as_deref(), entry.namespace_name.as_deref()), (Some("Registry"), Some("qa")));
        assert_eq!((entry.team_id, entry.visibility), (Some(world.qa.id), Some(0)));
        world.agrees().await;
    }

    async fn personal_and_global_namespaces_stay(database: TestDatabase) {
        let world = World::on(database).await;
        let app = &world.service.app;
        let rita = Service::actor(&world.service.admin("rita").await);
        for row in world.rows::<namespace::Entity>().await {
            if row.global {
                let refused = deletion::namespace(app, &rita, row.id).await;
                assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
            } else if row.personal_user_id.is_some() {
                let text = refusal(deletion::namespace(app, &rita, row.id).await);
                assert_eq!(text, "Cannot remove personal namespace");
            }
        }
        assert_eq!(world.history().await, [""; 0]);
    }

    async fn a_registry_that_is_away_loses_nothing_and_is_not_asked_for_everything(database: TestDatabase) {
        let world = World::on(database).await;
        for number in 0..6 {
            world.registry.push(&format!("qa/r{number}"), "1", &image(&number.to_string()));
        }
        assert_eq!(world.sync().await.added, 6);
        let World { service, registry, olga, qa, space } = world;
        let address = registry.host.clone();
        drop(registry);
        let limit = std::time::Duration::from_secs(30);
        wait_for("nobody answers there", limit, || std::net::TcpStream::connect(&address).is_err());
        let actor = Service::actor(&olga);
        let began = std::time::Instant::now();
        let kept = parts(deletion::team(&service.app, &actor, qa.id, None).await);
        assert!(began.elapsed() < std::time::Duration::from_secs(15), "{:?}", began.elapsed());
        let named = kept[&space.name].as_object().unwrap();
        assert_eq!(named.len(), 6);
        let words = "Could not remove repository: could not remove 1 tag(s): Error: connection refused: the registry does not run";
        assert!(named["qa/r3"].as_str().unwrap().starts_with(words), "{kept}");
        let reader = service.app.database.reader();
        assert_eq!(repository::Entity::find().all(reader).await.unwrap().len(), 6);
        assert!(team::Entity::find_by_id(qa.id).one(reader).await.unwrap().is_some());
        let told = activity::Entity::find()
            .filter(activity::Column::Key.contains("delete"))
            .all(reader).await.unwrap();
        assert_eq!(told, []);
    }
}
