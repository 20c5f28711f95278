//! Teams and accounts, and what they leave behind.

use portus_rs::{
    actions::{deletion, users},
    entities::{activity, application_token, namespace, tag, team, team_user, user},
    error::Error,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::world::{World, pushed, refusal};
use crate::support::{databases::on_every_database, fake_registry::image, service::Service};

async fn parameters(world: &World, key: &str) -> Value {
    let row = activity::Entity::find()
        .filter(activity::Column::Key.eq(key))
        .one(world.service.app.database.reader())
        .await
        .unwrap()
        .unwrap();
    serde_json::from_str(&row.parameters).unwrap()
}

on_every_database! {
    async fn a_team_goes_with_its_namespaces(database: TestDatabase) {
        let world = World::on(database).await;
        world.service.namespace("second", &world.qa, "public").await;
        world.stock(&[("qa/app", "1", &image("a")), ("second/app", "1", &image("b"))]).await;
        deletion::team(&world.service.app, &world.olga(), world.qa.id, None).await.unwrap();
        assert_eq!(world.tags().await, [""; 0]);
        assert!(world.rows::<team::Entity>().await.iter().all(|row| row.id != world.qa.id));
        assert!(world.rows::<team_user::Entity>().await.iter().all(|row| row.team_id != world.qa.id));
        assert_eq!(world.history().await, [
            "olga repository.delete app:1",
            "olga namespace.delete app",
            "olga registry.delete",
            "olga repository.delete app:1",
            "olga namespace.delete app",
            "olga registry.delete",
            "olga registry.remove_team",
        ]);
        assert_eq!(parameters(&world, "registry.remove_team").await, json!({"team": "qa"}));
        world.agrees().await;
    }

    async fn a_team_hands_its_namespaces_over(database: TestDatabase) {
        let world = World::on(database).await;
        let service = &world.service;
        let paul = service.user("paul").await;
        let ops = service.team("ops", &paul).await;
        let theirs = service.team("theirs", &paul).await;
        service.member(&ops, &world.olga, "contributor").await;
        world.stock(&[("qa/app", "1", &image("a"))]).await;
        let (app, olga) = (&service.app, world.olga());
        let to = |name: &str| deletion::team(app, &olga, world.qa.id, Some(name.to_owned()));
        let text = refusal(to("qa").await);
        assert_eq!(text, "You cannot choose the same team to migrate namespaces");
        let hidden = world.rows::<team::Entity>().await.into_iter().find(|row| row.hidden).unwrap();
        for (name, forbidden) in [("nowhere", false), (hidden.name.as_str(), false), (theirs.name.as_str(), false), ("ops", true)] {
            match to(name).await {
                Err(Error::Forbidden(_)) => assert!(forbidden, "{name}"),
                Err(Error::NotFound) => assert!(!forbidden, "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
        assert_eq!(world.history().await, [""; 0]);
        let rita = Service::actor(&service.admin("rita").await);
        deletion::team(app, &rita, world.qa.id, Some("ops".to_owned())).await.unwrap();
        let space = namespace::Entity::find_by_id(world.space.id).one(app.database.reader()).await.unwrap().unwrap();
        assert_eq!(space.team_id, ops.id);
        assert_eq!(world.tags().await, ["app:1"]);
        assert_eq!(world.history().await, ["rita team.migration", "rita registry.remove_team"]);
        assert_eq!(parameters(&world, "team.migration").await, json!({"old_team": "qa", "team": "ops"}));
        // Whoever was only in the old team has no rights left.
        let left = world.rows::<team_user::Entity>().await;
        assert!(left.iter().all(|row| row.team_id != world.qa.id));
        let again = deletion::team(app, &rita, world.qa.id, None).await;
        assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
        world.agrees().await;
    }

    async fn an_account_leaves_its_name_and_its_images_behind(database: TestDatabase) {
        let world = World::on(database).await;
        let service = &world.service;
        let app = &service.app;
        let rita = Service::actor(&service.admin("rita").await);
        let alice = service.user("alice").await;
        service.token_of(&alice, "ci").await;
        world.registry.push("alice/app", "1", &image("a"));
        world.told(vec![pushed("alice", "alice/app", "1", &image("a"))]).await;
        users::delete(app, &rita, alice.id).await.unwrap();
        let row = world.rows::<tag::Entity>().await.remove(0);
        assert_eq!((row.user_id, row.username.as_deref()), (None, Some("alice")));
        let home = namespace::Entity::find().filter(namespace::Column::Name.eq("alice"))
            .one(app.database.reader()).await.unwrap().unwrap();
        assert_eq!(home.personal_user_id, None);
        let members = world.rows::<team_user::Entity>().await;
        assert!(members.iter().all(|row| row.team_id != home.team_id));
        assert!(world.rows::<application_token::Entity>().await.iter().all(|row| row.user_id != alice.id));
        let pushes = activity::Entity::find().filter(activity::Column::Key.eq("repository.push"))
            .all(app.database.reader()).await.unwrap();
        assert_eq!((pushes[0].actor_id, pushes[0].actor_name.as_str()), (None, "alice"));
        assert_eq!(world.history().await, ["rita user.delete"]);
        assert_eq!(parameters(&world, "user.delete").await, json!({"username": "alice"}));
        // The orphan is an ordinary namespace by now, and may go.
        deletion::namespace(app, &rita, home.id).await.unwrap();

        // An empty home goes along, and its hidden team.
        let bob = service.user("bob").await;
        let teams = world.rows::<team::Entity>().await.len();
        users::delete(app, &rita, bob.id).await.unwrap();
        assert!(world.rows::<namespace::Entity>().await.iter().all(|row| row.name != "bob"));
        assert_eq!(world.rows::<team::Entity>().await.len(), teams - 1);
        world.agrees().await;
    }

    async fn nobody_removes_the_last_admin_or_themselves_or_the_service(database: TestDatabase) {
        let world = World::on(database).await;
        let service = &world.service;
        let app = &service.app;
        let (rita, sam) = (service.admin("rita").await, service.admin("sam").await);
        let (by_rita, by_sam) = (Service::actor(&rita), Service::actor(&sam));
        let portus = world.rows::<user::Entity>().await.into_iter().find(|row| row.username == "portus").unwrap();
        for id in [portus.id, rita.id] {
            assert_eq!(refusal(users::delete(app, &by_rita, id).await), "Cannot remove this user");
        }
        let refused = users::delete(app, &world.olga(), sam.id).await;
        assert!(matches!(refused, Err(Error::NotFound | Error::Forbidden(_))), "{refused:?}");
        // Each removes the other at the same moment: one stays.
        let (one, two) = tokio::join!(users::delete(app, &by_rita, sam.id), users::delete(app, &by_sam, rita.id));
        let admins: Vec<_> = world.rows::<user::Entity>().await.into_iter()
            .filter(|row| row.admin && row.username != "portus").collect();
        assert_eq!(admins.len(), 1, "{one:?} {two:?}");
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    }
}
