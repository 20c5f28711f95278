//! Faults: nothing acknowledged is missing, nothing takes effect twice, one bad event holds up its repository only.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use portus_rs::{
    actions::{inbox, tags},
    entities::{EventState, registry_event},
    identity::actor::Actor,
};
use reqwest::StatusCode;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter as _,
    QueryOrder,
};

use super::service::{Service, envelope, push};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    wait::eventually,
};

async fn sql(service: &Service, text: &str) {
    service
        .app
        .database
        .reader()
        .execute_unprepared(text)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_applied_holds_up_its_repository_until_it_is_given_up() {
    let service = Service::working(TestDatabase::sqlite()).await;
    sql(
        &service,
        "CREATE TRIGGER poison BEFORE INSERT ON tags WHEN NEW.name = 'poison' BEGIN SELECT RAISE(ABORT, 'bad luck'); END",
    )
    .await;
    let body = serde_json::json!({ "events": [
        push("qa/web", "before", "a", 0),
        push("qa/web", "poison", "b", 1),
        push("qa/web", "after", "c", 2),
        push("qa/api", "1", "d", 3),
    ]});
    assert_eq!(service.send(body.to_string()).await, StatusCode::ACCEPTED);
    for _ in 0..100 {
        if service.tags().await.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let names = || async {
        let lines = service.tags().await;
        lines
            .iter()
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["api:1", "web:before"]);
    for attempts in 1..inbox::ATTEMPTS {
        let what = format!("attempt {attempts} has failed");
        eventually(&what, Duration::from_mins(1), || async {
            let failed = registry_event::Entity::find()
                .filter(registry_event::Column::Attempts.gte(attempts))
                .count(service.app.database.reader());
            failed.await.unwrap() == 1
        })
        .await;
        service.app.clock.advance(TimeDelta::minutes(2));
    }
    service.settle().await;
    assert_eq!(names().await, ["api:1", "web:after", "web:before"]);
    let dead = portus_rs::queries::events::dead(&service.app, 0, 10)
        .await
        .unwrap();
    assert_eq!((dead.len(), dead[0].attempts), (1, inbox::ATTEMPTS));
    assert!(dead[0].last_error.as_deref().unwrap().contains("bad luck"));

    sql(&service, "DROP TRIGGER poison").await;
    assert_eq!(
        inbox::replay_all(&service.app, &Actor::Operator)
            .await
            .unwrap(),
        1
    );
    service.settle().await;
    assert_eq!(
        names().await,
        ["api:1", "web:after", "web:before", "web:poison"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_the_registry_is_asked_to_come_again() {
    let service = Service::working(TestDatabase::sqlite()).await;
    sql(&service, "ALTER TABLE registry_events RENAME TO away").await;
    let body = envelope(push("qa/web", "1", "a", 0));
    assert_eq!(
        service.send(body.clone()).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    sql(&service, "ALTER TABLE away RENAME TO registry_events").await;
    assert_eq!(service.send(body).await, StatusCode::ACCEPTED);
    service.settle().await;
    assert_eq!(service.tags().await.len(), 1);
}

on_every_database! {
    async fn two_workers_on_one_inbox_apply_each_event_once(database: TestDatabase) {
        let mut service = Service::start(database).await;
        for number in 0..40 {
            service.tell(push("qa/web", &format!("t{number}"), &number.to_string(), number)).await;
        }
        service.work();
        service.work();
        service.settle().await;
        assert_eq!(service.tags().await.len(), 40);
        assert_eq!(service.history().await.len(), 40);
        assert_eq!(service.events(EventState::Done).await, 40);
    }

    async fn events_that_somebody_else_has_taken_are_not_applied_again(database: TestDatabase) {
        let service = Service::start(database).await;
        service.tell(push("qa/web", "1", "a", 0)).await;
        service.tell(push("qa/web", "2", "b", 0)).await;
        let app = Arc::clone(&service.app);
        let rows = registry_event::Entity::find()
            .order_by_asc(registry_event::Column::Id)
            .all(app.database.reader())
            .await
            .unwrap();
        assert_eq!(tags::apply(&app, &rows[..1]).await.unwrap(), tags::Applied::Settled { dead: 0 });
        assert_eq!(tags::apply(&app, &rows).await.unwrap(), tags::Applied::Raced);
        assert_eq!(service.tags().await.len(), 1);
        assert_eq!(service.history().await.len(), 1);
    }
}
