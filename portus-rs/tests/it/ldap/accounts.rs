//! Accounts of the directory go out of use with their entries.

use actix_web::test::TestRequest;
use chrono::TimeDelta;
use ldap3::Mod;
use portus_rs::{
    actions::users,
    app::App,
    entities::lease,
    error::Error,
    identity::actor::Actor,
    jobs::{self, Jobs},
    queries::jobs::PEOPLE,
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};

use super::{WRONG, account, docker, enrolled, is_in, is_refused, run, service};
use crate::{
    api::sessions::{Browser, sign_in},
    support::{
        databases::{TestDatabase, on_every_database},
        service::{PASSWORD, SERVICE, Service, encoded},
        slapd::{Slapd, dn, password},
        wait::eventually,
    },
};

const GONE: &str = "This user is not in the LDAP directory any more.";

async fn refreshed(service: &Service, token: &str) -> bool {
    let form = format!(
        "grant_type=refresh_token&service={SERVICE}&client_id=docker&refresh_token={}",
        encoded(token)
    );
    let request = TestRequest::post()
        .uri("/v2/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload(form);
    service.call(request).await.status.is_success()
}

on_every_database! {
    async fn whoever_leaves_the_directory_is_shut_out_by_the_next_look(database: TestDatabase) {
        let slapd = Slapd::builder().person("ann").person("bob").start();
        let service = service(database, &slapd, &[]).await;
        enrolled(&service, "bob").await;
        let login = docker(&service, "ann", &password("ann")).await.json();
        let refresh = login["refresh_token"].as_str().unwrap().to_owned();
        let ann = account(&service, "ann").await.unwrap();
        let token = service.token_of(&ann, "ci").await;
        let browser = Browser::of(&sign_in(&service, "ann", &password("ann")).await);
        run(&service, "ldap-accounts").await;
        assert!(browser.is_in(&service).await && refreshed(&service, &refresh).await);

        slapd.remove(&dn("ann")).await;
        run(&service, "ldap-accounts").await;
        assert!(!browser.is_in(&service).await);
        assert!(!refreshed(&service, &refresh).await);
        is_refused(&docker(&service, "ann", &token).await, GONE);
        // The password that was remembered is worth nothing either.
        is_refused(&docker(&service, "ann", &password("ann")).await, WRONG);
        is_refused(&docker(&service, "ann", "wrong").await, WRONG);
        is_in(&docker(&service, "bob", &password("bob")).await);
        assert_eq!(service.count("activities WHERE activities.key = 'user:ldap_gone'").await, 1);
        run(&service, "ldap-accounts").await;
        assert_eq!(service.count("activities WHERE activities.key = 'user:ldap_gone'").await, 1);

        // Coming back opens the account again, but not what was ended.
        slapd.add_person("ann").await;
        run(&service, "ldap-accounts").await;
        is_in(&docker(&service, "ann", &token).await);
        assert!(!browser.is_in(&service).await);
        assert!(!refreshed(&service, &refresh).await);
    }
}

on_every_database! {
    async fn an_admin_who_cannot_log_in_does_not_make_another_one_spare(database: TestDatabase) {
        let slapd = Slapd::builder().person("ann").start();
        let service = service(database, &slapd, &[]).await;
        assert!(enrolled(&service, "ann").await.admin);
        let (root, eve) = (service.admin("root").await, service.admin("eve").await);
        let execute = async |sql: &str| {
            let connection = service.database.connect().await;
            connection.execute_unprepared(sql).await.unwrap();
            connection.close().await.unwrap();
        };
        execute("UPDATE users SET provider_gone_at = '2024-01-01 00:00:00' WHERE username = 'eve'").await;
        let step_down = async |app: &App| {
            let done = users::set_admin(app, &Actor::Operator, root.id, false).await;
            if done.is_ok() {
                users::set_admin(app, &Actor::Operator, root.id, true).await.unwrap();
            }
            done.map(|row| row.admin)
        };
        let refused = |done: Result<bool, Error>| matches!(done, Err(Error::Forbidden(_)));
        assert!(!step_down(&service.app).await.unwrap(), "ann is one");
        let without = service.replica_with(|config| config.ldap = None).await;
        assert!(refused(step_down(&without).await), "nobody asks for ann's password");
        slapd.remove(&dn("ann")).await;
        run(&service, "ldap-accounts").await;
        assert!(refused(step_down(&service.app).await), "ann is gone");
        assert!(users::delete(&service.app, &Actor::Operator, root.id).await.is_err());
        execute("UPDATE users SET provider_gone_at = NULL WHERE username = 'eve'").await;
        assert!(!step_down(&service.app).await.unwrap(), "eve is one");
        assert!(eve.admin);
    }
}

/// Nobody has to ask for it, and it comes again soon enough: within the ten minutes that are promised.
#[actix_web::test]
async fn the_directory_is_looked_at_by_itself_every_few_minutes() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    slapd.remove(&dn("ann")).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = jobs::start(&service.app, Jobs::All, stopped).await.unwrap();
    let looked = async || {
        let leases = lease::Entity::find()
            .all(service.app.database.reader())
            .await
            .unwrap();
        let found = leases.into_iter().find(|it| it.name == PEOPLE);
        found.and_then(|it| it.next_run_at)
    };
    let limit = std::time::Duration::from_secs(30);
    eventually("it has been looked at", limit, || async {
        looked().await.is_some()
    })
    .await;
    assert!(
        account(&service, "ann")
            .await
            .unwrap()
            .directory_gone_at
            .is_some()
    );
    let next = looked().await.unwrap() - service.app.clock.now();
    assert!(next <= TimeDelta::minutes(10), "again in {next}");
    stop.send(true).unwrap();
    running.finish().await;
}

#[actix_web::test]
async fn an_outage_shuts_nobody_out() {
    let mut slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    slapd.stop();
    let failed = portus_rs::jobs::run_by_hand(&service.app, "ldap-accounts").await;
    let text = failed.unwrap_err().to_string();
    assert!(text.contains("could not connect"), "{text}");
    assert!(
        account(&service, "ann")
            .await
            .unwrap()
            .directory_gone_at
            .is_none()
    );
}

#[actix_web::test]
async fn an_account_that_the_directory_has_closed_is_closed_here() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let ann = enrolled(&service, "ann").await;
    let token = service.token_of(&ann, "ci").await;
    let switch = |attribute: &str, value: &str| {
        vec![
            Mod::Replace(
                "objectClass".to_owned(),
                ["inetOrgPerson", "extensibleObject"]
                    .map(str::to_owned)
                    .into(),
            ),
            Mod::Replace(attribute.to_owned(), [value.to_owned()].into()),
        ]
    };
    for (attribute, closed, open) in [
        ("nsAccountLock", "TRUE", "FALSE"),
        ("loginDisabled", "TRUE", "FALSE"),
        ("pwdAccountLockedTime", "000001010000Z", "20240101000000Z"),
        // From the beginning of 2024 on.
        (
            "accountExpires",
            "133485408000000000",
            "9223372036854775807",
        ),
        ("shadowExpire", "19723", "-1"),
        (
            "krbPrincipalExpiration",
            "20240101000000Z",
            "20990101000000Z",
        ),
    ] {
        slapd.modify(&dn("ann"), switch(attribute, open)).await;
        run(&service, "ldap-accounts").await;
        let browser = Browser::of(&sign_in(&service, "ann", &password("ann")).await);
        slapd.modify(&dn("ann"), switch(attribute, closed)).await;
        assert!(browser.is_in(&service).await);
        run(&service, "ldap-accounts").await;
        assert!(!browser.is_in(&service).await, "{attribute}");
        is_refused(&docker(&service, "ann", &token).await, GONE);
        // Not even the right password opens it.
        let text = "Sorry, this account has been disabled.";
        is_refused(&docker(&service, "ann", &password("ann")).await, text);
        is_refused(&docker(&service, "ann", &token).await, GONE);
        slapd.modify(&dn("ann"), switch(attribute, open)).await;
        // Logging in is as good as being found.
        is_in(&docker(&service, "ann", &password("ann")).await);
        is_in(&docker(&service, "ann", &token).await);
    }
}

#[actix_web::test]
async fn an_account_that_was_removed_is_made_anew_at_the_next_login() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    service.admin("root").await;
    let first = enrolled(&service, "ann").await;
    let token = service.token_of(&first, "ci").await;
    let browser = Browser::of(&sign_in(&service, "ann", &password("ann")).await);
    users::delete(&service.app, &Actor::Operator, first.id)
        .await
        .unwrap();
    assert!(account(&service, "ann").await.is_none());
    let second = enrolled(&service, "ann").await;
    assert!(second.id != first.id && second.directory && !second.admin);
    // Nothing of the old one opens the new one.
    is_refused(&docker(&service, "ann", &token).await, WRONG);
    assert!(!browser.is_in(&service).await);
}

#[actix_web::test]
async fn coming_back_undoes_nothing_that_an_admin_did() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    service.admin("root").await;
    let ann = enrolled(&service, "ann").await;
    users::set_enabled(&service.app, &Actor::Operator, ann.id, false)
        .await
        .unwrap();
    slapd.remove(&dn("ann")).await;
    run(&service, "ldap-accounts").await;
    slapd.add_person("ann").await;
    run(&service, "ldap-accounts").await;
    let text = "Sorry, this account has been disabled.";
    is_refused(&docker(&service, "ann", &password("ann")).await, text);
    let answer = sign_in(&service, "ann", &password("ann")).await;
    assert!(answer.body.contains(text), "{}", answer.body);
}

#[actix_web::test]
async fn an_admin_ties_an_account_to_the_directory_and_loosens_it() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let root = Service::actor(&service.admin("root").await);
    let ann = service.user("ann").await;
    is_in(&docker(&service, "ann", PASSWORD).await);
    let tied = users::set_directory(&service.app, &root, ann.id, true)
        .await
        .unwrap();
    assert!(tied.directory);
    is_refused(&docker(&service, "ann", PASSWORD).await, WRONG);
    is_in(&docker(&service, "ann", &password("ann")).await);
    let changes = users::UserChanges {
        password: Some(PASSWORD.to_owned()),
        ..Default::default()
    };
    assert!(
        users::update(&service.app, &root, ann.id, changes.clone())
            .await
            .is_err()
    );
    let renamed = users::UserChanges {
        username: Some("anne".to_owned()),
        ..Default::default()
    };
    let refused = users::update(&service.app, &root, ann.id, renamed).await;
    assert!(refused.is_err());
    users::set_directory(&service.app, &root, ann.id, false)
        .await
        .unwrap();
    is_refused(&docker(&service, "ann", &password("ann")).await, WRONG);
    users::update(&service.app, &root, ann.id, changes)
        .await
        .unwrap();
    is_in(&docker(&service, "ann", PASSWORD).await);
    let bot = service.bot("robot").await;
    assert!(
        users::set_directory(&service.app, &root, bot.id, true)
            .await
            .is_err()
    );
}

#[actix_web::test]
async fn clearing_passwords_leaves_accounts_to_the_directory() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    service.user("ann").await;
    assert_eq!(
        users::clear_passwords(&service.app, &Actor::Operator)
            .await
            .unwrap(),
        1
    );
    is_refused(&docker(&service, "ann", PASSWORD).await, WRONG);
    is_in(&docker(&service, "ann", &password("ann")).await);
}
