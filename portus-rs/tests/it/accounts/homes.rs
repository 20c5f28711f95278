//! Everybody has a namespace of their own in every registry.

use portus_rs::entities::user;
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    EntityTrait as _, IntoActiveModel as _,
};

use crate::support::{databases::on_every_database, service::Service};

const PEOPLE: usize = 600;

/// People who came from elsewhere, without homes.
async fn many(service: &Service) {
    let model = service.user("model").await;
    let people = (0..PEOPLE).map(|number| {
        let name = format!("p{number}");
        user::ActiveModel {
            id: NotSet,
            email: Set(Some(format!("{name}@example.org"))),
            canonical_name: Set(name.clone()),
            username: Set(name),
            ..model.clone().into_active_model().reset_all()
        }
    });
    user::Entity::insert_many(people)
        .exec_without_returning(service.app.database.reader())
        .await
        .unwrap();
}

on_every_database! {
    async fn a_new_registry_has_a_home_for_everybody_without_asking_for_each(database: TestDatabase) {
        let service = Service::on(database).await;
        let olga = service.user("olga").await;
        // It has the name that the hidden team of p7 would have; those of p70 to p79 have the next ones.
        service.team("p7", &olga).await;
        many(&service).await;
        for (round, host) in ["second.example:5000", "third.example:5000"].into_iter().enumerate() {
            service.selects.lock().unwrap().clear();
            let registry = service.add_registry(&format!("registry {round}"), host).await;
            let asked = service.selects.lock().unwrap().len();
            assert!(asked < 60, "{asked} questions for {PEOPLE} people");
            let homes = format!(
                "namespaces JOIN users ON users.id = namespaces.personal_user_id \
                 JOIN teams ON teams.id = namespaces.team_id \
                 JOIN team_users ON team_users.team_id = teams.id AND team_users.user_id = users.id \
                 WHERE namespaces.registry_id = {} AND namespaces.name = users.username AND namespaces.visibility = 0 \
                 AND team_users.role = 2",
                registry.id
            );
            assert_eq!(
                service.count(&homes).await,
                service.count("users WHERE NOT bot").await,
                "{host}",
            );
        }
        let of_p7 = "teams JOIN namespaces ON namespaces.team_id = teams.id WHERE namespaces.name = 'p7' AND teams.name = 'p710'";
        assert_eq!(service.count(of_p7).await, 2, "one team for both");
        assert_eq!(service.count("teams WHERE name LIKE 'p%' AND name NOT LIKE 'portus%'").await, i64::try_from(PEOPLE).unwrap() + 1);
    }
}
