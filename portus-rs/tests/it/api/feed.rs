//! The newest entries of the audit log are the first of all that somebody may read.

use portus_rs::{
    actions::{application_tokens, deletion, namespaces},
    app::App,
    identity::actor::Actor,
    policy::Who,
    queries::{
        activities::Activities,
        feed,
        list::{self, Slice},
    },
};
use sea_orm::{Condition, ConnectionTrait as _, DatabaseBackend};

use crate::support::{databases::on_every_database, service::Service};

on_every_database! {
    async fn the_newest_entries_are_the_first_of_the_list(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        service.admin("root").await;
        let mut people = Vec::new();
        for name in ["anna", "ben", "zoe"] {
            people.push(service.user(name).await);
        }
        // Each of some teams has namespaces of every kind, and some of everything is gone or has moved.
        let mut made = Vec::new();
        for (n, owner) in people.iter().take(2).enumerate() {
            let team = service.team(&format!("team{n}"), owner).await;
            for visibility in ["private", "protected", "public"] {
                for m in 0..4 {
                    let name = format!("{visibility}{n}{m}");
                    made.push((service.namespace(&name, &team, visibility).await, n));
                }
            }
            application_tokens::issue(app, &Service::actor(owner), owner.id, "ci").await.unwrap();
        }
        for (namespace, n) in made.iter().filter(|(it, _)| it.name.ends_with('3')) {
            if *n == 0 {
                let moved = namespaces::NamespaceChanges { team: Some("team1".to_owned()), ..Default::default() };
                namespaces::update(app, &Actor::Operator, namespace.id, moved).await.unwrap();
            } else {
                deletion::namespace(app, &Actor::Operator, namespace.id).await.unwrap();
            }
        }
        let gone = service.team("gone", &people[0]).await;
        deletion::team(app, &Actor::Operator, gone.id, None).await.unwrap();
        let everybody = people.iter().map(|it| Who::User { id: it.id, admin: false });
        let everybody = everybody.chain([Who::Operator, Who::User { id: 2, admin: true }]);
        let everybody: Vec<Who> = everybody.collect();
        agree(app, &everybody).await;
        // Then behind more of others' doings than is looked through.
        let rows = service.database.connect().await;
        let key = if rows.get_database_backend() == DatabaseBackend::MySql { "`key`" } else { "key" };
        let row = "('registry.create', 'root', 'Registry', '{}', '2026-01-02 03:04:05.000000')";
        let others = vec![row; 2_001].join(", ");
        let columns = format!("{key}, actor_name, trackable_type, parameters, created_at");
        rows.execute_unprepared(&format!("INSERT INTO activities ({columns}) VALUES {others}")).await.unwrap();
        rows.close().await.unwrap();
        agree(app, &everybody).await;
    }
}

/// Asks for each of them in both ways.
async fn agree(app: &App, everybody: &[Who]) {
    for who in everybody {
        let all = Activities { who: *who };
        for limit in [1, 7, 20] {
            let slice = Slice {
                offset: 0,
                limit: limit as u64,
            };
            let expected = list::ids(app, &all, "id", true, Some(slice)).await.unwrap();
            assert!(!expected.is_empty(), "{who:?}");
            let found = feed::newest(app, *who, &Condition::all(), limit).await;
            assert_eq!(found.unwrap(), expected, "{who:?} {limit}");
        }
    }
}
