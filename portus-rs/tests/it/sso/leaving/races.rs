//! Answers that are lost, and logins and other processes that come between.

use chrono::TimeDelta;
use portus_rs::{
    actions::identities::upkeep::{self, Answer, Asked},
    entities::{provider_grant, user},
    remote::oauth::Provider,
};
use sea_orm::EntityTrait as _;

use super::asking;
use crate::{
    sso::{Browser, Docker, OPENID, Sso, ask_providers, audited, how_often, location},
    support::{
        databases::{TestDatabase, on_every_database},
        service::Service,
    },
};

fn provider(service: &Service) -> Provider<'_> {
    service.app.providers.named(OPENID).unwrap()
}

/// As a run begins.
async fn claim(service: &Service) -> Asked {
    let now = service.app.clock.now();
    let mut page = upkeep::claim(&service.app, &[OPENID], 0, now, 10)
        .await
        .unwrap();
    assert_eq!(page.len(), 1);
    page.remove(0)
}

async fn ask(service: &Service, asked: Asked) -> Answer {
    upkeep::ask(&service.app, provider(service), asked)
        .await
        .unwrap()
}

async fn gone(service: &Service) -> usize {
    let all = user::Entity::find()
        .all(service.app.database.reader())
        .await
        .unwrap();
    all.iter()
        .filter(|it| it.provider_gone_at.is_some())
        .count()
}

async fn comes_again(sso: &Sso) -> Browser {
    let mut browser = Browser::default();
    assert_eq!(location(&sso.enter(&mut browser).await), "/");
    browser
}

on_every_database! {
    async fn an_answer_that_is_lost_locks_nobody_out(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        let mut ann = sso.register("1", "ann").await;
        let docker = Docker::login(service, "ann").await;
        // The provider renews, and nobody hears of it.
        sso.provider.state().losing = true;
        assert!(ask_providers(service).await.is_err());
        assert_eq!(sso.provider.state().renewals, 1);
        assert!(ann.who(service).await.is_some());
        // It takes what is shown again for stolen. That says nothing about the person.
        sso.provider.state().losing = false;
        ask_providers(service).await.unwrap();
        assert_eq!(ann.who(service).await, None, "they log in again");
        assert!(docker.renews(service).await && docker.shown(service).await.status == 200);
        assert_eq!(gone(service).await, 0);
        assert_eq!(audited(service, "session:destroy").await["reason"], "the login at the provider is over");
        let mut again = comes_again(&sso).await;
        ask_providers(service).await.unwrap();
        assert_eq!(again.who(service).await.as_deref(), Some("ann"));
        // And from then on it is known again what a refusal means.
        sso.provider.state().revoke();
        ask_providers(service).await.unwrap();
        assert_eq!((gone(service).await, docker.shown(service).await.status.as_u16()), (1, 401));
    }

    async fn a_process_that_dies_while_it_asks_locks_nobody_out(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        let mut ann = sso.register("1", "ann").await;
        // It dies before it has shown anything.
        drop(claim(service).await);
        ask_providers(service).await.unwrap();
        assert!(ann.who(service).await.is_some());
        let row = provider_grant::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        assert_eq!(row.tries, 0, "an answer was kept since");
        // Or of the second one's, what is renewed is never kept.
        drop(claim(service).await);
        sso.provider.state().revoke();
        ask_providers(service).await.unwrap();
        assert_eq!((ann.who(service).await, gone(service).await), (None, 0));
    }

    async fn a_login_at_the_same_moment_counts(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        sso.register("1", "ann").await;
        for refused in [true, false] {
            let asked = claim(service).await;
            let mut ann = comes_again(&sso).await;
            if refused {
                sso.provider.state().revoke();
            }
            assert_eq!(ask(service, asked).await, Answer::There);
            assert_eq!(ann.who(service).await.as_deref(), Some("ann"), "{refused}");
            assert_eq!(gone(service).await, 0);
            let mut last = comes_again(&sso).await;
            ask_providers(service).await.unwrap();
            assert_eq!(last.who(service).await.as_deref(), Some("ann"), "what the login left was kept");
        }
    }

    async fn two_that_ask_at_once_lock_nobody_out(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        sso.register("1", "ann").await;
        let docker = Docker::login(service, "ann").await;
        let (one, two) = (claim(service).await, claim(service).await);
        ask(service, one).await;
        ask(service, two).await;
        assert_eq!(gone(service).await, 0);
        assert!(docker.renews(service).await);
        let mut ann = comes_again(&sso).await;
        ask_providers(service).await.unwrap();
        assert!(ann.who(service).await.is_some());
        assert_eq!(how_often(service, "user:provider_gone").await, 0);
    }
}

#[actix_web::test]
async fn the_job_runs_by_itself_and_leaves_out_whoever_has_just_been_asked_about() {
    use crate::support::wait::eventually;
    use portus_rs::{
        entities::lease,
        jobs::{self, Jobs},
        queries::jobs::PROVIDERS,
    };
    let sso = asking(TestDatabase::sqlite(), &[]).await;
    let service = &sso.service;
    let mut ann = sso.register("1", "ann").await;
    let runs = async || {
        let leases = lease::Entity::find()
            .all(service.app.database.reader())
            .await
            .unwrap();
        let found = leases.into_iter().find(|it| it.name == PROVIDERS);
        found
            .filter(|it| it.holder.is_none())
            .map_or(0, |it| it.fence)
    };
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = jobs::start(&service.app, Jobs::All, stopped).await.unwrap();
    let limit = std::time::Duration::from_secs(30);
    eventually("it has run at the start", limit, || async {
        runs().await == 1
    })
    .await;
    assert_eq!(
        sso.provider.state().renewals,
        0,
        "the login is a moment ago"
    );
    sso.provider.state().now += 300;
    sso.provider.state().revoke();
    // It is due by now, and whoever looks for such jobs begins it.
    service.app.clock.advance(TimeDelta::minutes(5));
    service.app.wake.wanted.notify_one();
    eventually("it has run again", limit, || async { runs().await == 2 }).await;
    assert_eq!(ann.who(service).await, None);
    stop.send(true).unwrap();
    running.finish().await;
}
