//! Jobs that somebody wants run now, whichever process is asked.

use std::{sync::Arc, time::Duration};

use portus_rs::{
    actions,
    app::App,
    entities::lease,
    identity::actor::Actor,
    jobs::{self, Jobs},
    queries::jobs::HOUSEKEEPING,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tokio::sync::watch;

use crate::support::{databases::on_every_database, service::Service, wait::eventually};

const LIMIT: Duration = Duration::from_secs(30);

async fn lease(app: &App) -> Option<lease::Model> {
    lease::Entity::find()
        .filter(lease::Column::Name.eq(HOUSEKEEPING))
        .one(app.database.reader())
        .await
        .unwrap()
}

/// How often it has begun and ended.
async fn ended(app: &App) -> i64 {
    let found = lease(app).await;
    found
        .filter(|it| it.holder.is_none())
        .map_or(0, |it| it.fence)
}

on_every_database! {
    async fn a_job_that_is_wanted_at_one_process_is_run_by_another(database: TestDatabase) {
        let service = Service::on(database).await;
        let other: Arc<App> = service.replica().await;
        let (stop, stopped) = watch::channel(false);
        let running = jobs::start(&other, Jobs::All, stopped).await.unwrap();
        let here = &service.app;
        eventually("it has run at the start", LIMIT, || async { ended(here).await == 1 }).await;
        let due = lease(here).await.unwrap().next_run_at.unwrap();
        assert!(due > here.clock.now() + chrono::TimeDelta::minutes(50), "due in an hour");

        let root = service.admin("root").await;
        actions::jobs::want(here, &Service::actor(&root), HOUSEKEEPING).await.unwrap();
        eventually("it has run again", LIMIT, || async { ended(here).await == 2 }).await;
        let after = lease(here).await.unwrap();
        assert!(after.next_run_at > Some(here.clock.now()), "and goes by its schedule again");
        let told = "activities WHERE activities.key = 'job:run' AND actor_name = 'root'";
        assert_eq!(service.count(told).await, 1);
        stop.send(true).unwrap();
        running.finish().await;
    }

    async fn a_job_that_has_never_run_is_due_once_it_is_wanted_and_only_admins_want_it(database: TestDatabase) {
        let service = Service::on(database).await;
        let ann = service.user("ann").await;
        let refused = actions::jobs::want(&service.app, &Service::actor(&ann), HOUSEKEEPING).await;
        assert!(refused.is_err());
        assert_eq!(lease(&service.app).await, None);
        for _ in 0..2 {
            actions::jobs::want(&service.app, &Actor::Operator, HOUSEKEEPING).await.unwrap();
        }
        let due = portus_rs::queries::jobs::due(&service.app).await.unwrap();
        assert_eq!(due, [HOUSEKEEPING]);
        assert_eq!(service.count("leases").await, 1);
    }
}
