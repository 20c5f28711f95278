//! Jobs that somebody wants run now, whichever process is asked.

use std::{sync::Arc, time::Duration};

use portus_rs::{
    actions::{
        self,
        job_runs::{self, KEPT, Run, TOGETHER},
    },
    app::App,
    entities::{JobOutcome, job_run, lease},
    identity::actor::Actor,
    jobs::{self, Jobs, lease as leases},
    queries::jobs::{HOUSEKEEPING, SELF_TEST},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tokio::sync::watch;

use crate::support::{
    databases::on_every_database, registry::Registry, service::Service, wait::eventually,
};

const LIMIT: Duration = Duration::from_mins(1);

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

/// The history, the oldest first.
async fn history(app: &App) -> Vec<job_run::Model> {
    job_run::Entity::find()
        .order_by_asc(job_run::Column::Id)
        .all(app.database.reader())
        .await
        .unwrap()
}

/// A run of ours that the schedule began, and that did so much.
fn ran(app: &App, did: u64) -> Run<'static> {
    Run {
        name: "a job",
        shared: true,
        outcome: JobOutcome::Done,
        did,
        message: None,
        wanted_by: None,
        replica: "one:1".to_owned(),
        began_at: app.clock.now(),
    }
}

fn failed(app: &App, why: &str) -> Run<'static> {
    Run {
        outcome: JobOutcome::Failed,
        message: Some(why.to_owned()),
        ..ran(app, 0)
    }
}

async fn record(app: &App, run: Run<'_>) {
    job_runs::record(app, run).await.unwrap();
}

on_every_database! {
    async fn a_job_that_has_nothing_to_do_writes_nothing(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        for _ in 0..3 {
            record(app, ran(app, 0)).await;
        }
        assert_eq!(history(app).await, []);
        // Somebody who asked wants to know all the same.
        let asked = Run { wanted_by: Some("root".to_owned()), ..ran(app, 0) };
        record(app, asked.clone()).await;
        record(app, asked).await;
        record(app, ran(app, 0)).await;
        let kept = history(app).await;
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|it| it.times == 1 && it.wanted_by.as_deref() == Some("root")));
    }

    async fn runs_that_are_alike_share_a_row(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        for did in [3, 4] {
            record(app, ran(app, did)).await;
        }
        for why in ["away", "away", "refused"] {
            record(app, failed(app, why)).await;
        }
        // It works again, which is told once.
        for _ in 0..2 {
            record(app, ran(app, 0)).await;
        }
        let long_after = Run { began_at: app.clock.now() + TOGETHER, ..ran(app, 1) };
        record(app, long_after).await;
        let told: Vec<_> = history(app).await.into_iter()
            .map(|it| (it.outcome, it.times, it.did, it.message))
            .collect();
        let why = |it: &str| Some(it.to_owned());
        let wanted = [
            (JobOutcome::Done, 2, 7, None),
            (JobOutcome::Failed, 2, 0, why("away")),
            (JobOutcome::Failed, 1, 0, why("refused")),
            (JobOutcome::Done, 1, 0, None),
            (JobOutcome::Done, 1, 1, None),
        ];
        assert_eq!(told, wanted);
    }

    async fn each_process_tells_of_its_own_what_each_does_for_itself(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        let elsewhere = |run| Run { shared: false, replica: "two:1".to_owned(), ..run };
        let here = |run| Run { shared: false, ..run };
        for _ in 0..2 {
            record(app, here(failed(app, "away"))).await;
            // That it is well is no news, whatever happens to the other one.
            record(app, elsewhere(ran(app, 0))).await;
        }
        let kept = history(app).await;
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!((kept[0].times, kept[0].replica.as_str()), (2, "one:1"));
    }

    async fn only_the_newest_runs_of_each_job_are_kept(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        record(app, Run { name: "another", ..failed(app, "x") }).await;
        for number in 0..KEPT + 3 {
            record(app, failed(app, &number.to_string())).await;
        }
        let kept = history(app).await;
        assert_eq!(kept.len() as u64, KEPT + 1);
        assert_eq!(kept[0].name, "another");
        assert_eq!(kept[1].message.as_deref(), Some("3"));
    }

    async fn a_run_whose_process_died_is_told_of_by_whoever_takes_over(database: TestDatabase) {
        let service = Service::on(database).await;
        let app = &service.app;
        let watch = leases::Watch::default();
        let ours = leases::take(app, &watch, HOUSEKEEPING).await.unwrap().unwrap();
        let holder = lease(app).await.unwrap().holder.unwrap();
        assert!(ours.release(app, leases::Ending::default()).await.unwrap());
        assert_eq!(history(app).await, []);

        // A process of this machine that is no more.
        let process = format!("/{}/", std::process::id());
        let dead = holder.replace(&process, "/4194304/");
        leases::take_as(app, &watch, HOUSEKEEPING, &dead).await.unwrap().unwrap();
        let began = lease(app).await.unwrap().started_at;
        leases::take(app, &watch, HOUSEKEEPING).await.unwrap().unwrap();
        let kept = history(app).await;
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(kept[0].message.as_deref(), Some("its process ended before it did"));
        assert_eq!(Some(kept[0].began_at), began);
        assert!(kept[0].replica.ends_with(":4194304"), "{}", kept[0].replica);
    }

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
        let mut told = history(here).await;
        told.retain(|it| it.name == HOUSEKEEPING);
        assert_eq!(told.len(), 1, "the first had nothing to do: {told:?}");
        assert_eq!(told[0].outcome, JobOutcome::Done);
        assert_eq!((told[0].wanted_by.as_deref(), after.wanted_by), (Some("root"), None));
        let told = "activities WHERE activities.key = 'job:run' AND actor_name = 'root'";
        assert_eq!(service.count(told).await, 1);
        stop.send(true).unwrap();
        running.finish().await;
    }

    async fn a_registry_that_starts_after_us_is_asked_again_soon(database: TestDatabase) {
        let mut service = Service::on(database).await;
        let later = Registry::builder();
        service.move_registry(&later.address()).await;
        let (stop, stopped) = watch::channel(false);
        let running = jobs::start(&service.app, Jobs::All, stopped).await.unwrap();
        let app = &service.app;
        let tests = || async {
            let mut told = history(app).await;
            told.retain(|it| it.name == SELF_TEST);
            told.into_iter().map(|it| it.outcome).collect::<Vec<_>>()
        };
        eventually("it was not there", LIMIT, || async { tests().await == [JobOutcome::Failed] }).await;
        let _registry = later.start();
        // By its schedule it would be asked in an hour.
        let wanted = [JobOutcome::Failed, JobOutcome::Done];
        eventually("it is", LIMIT, || async { tests().await == wanted }).await;
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
