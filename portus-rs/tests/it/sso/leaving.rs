//! People who leave a provider, and providers that cannot say whether somebody has.

mod races;
mod rest;

use chrono::TimeDelta;
use portus_rs::{
    actions::{sessions, users},
    identity::actor::Actor,
};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{Browser, Docker, Sso, account, ask_providers, audited, how_often, location};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, Service},
};

/// A service whose provider gives leave to ask again.
async fn asking(database: TestDatabase, more: &[(&str, &str)]) -> Sso {
    let sso = Sso::with(database, more).await;
    sso.provider.state().offline = true;
    sso
}

/// A local account that was linked with somebody at the provider, who has come in through it.
async fn linked(sso: &Sso, name: &str) -> Browser {
    let service = &sso.service;
    service.user(name).await;
    sso.person(
        json!({"sub": name, "email": format!("{name}@example.org"), "email_verified": true}),
    );
    let mut browser = Browser::default();
    assert_eq!(location(&sso.enter(&mut browser).await), "/users/oauth");
    let form = [("user[password]", PASSWORD)];
    let answer = browser.post(service, "/users/oauth", &form).await;
    assert_eq!(location(&answer), "/", "{}", answer.body);
    browser
}

/// Whether something was kept in the clear.
async fn keeps_in_the_clear(service: &Service, secret: &str) -> bool {
    let found = format!("provider_grants WHERE sealed LIKE '%{secret}%'");
    service.count(&found).await > 0
}

on_every_database! {
    async fn whoever_leaves_the_provider_is_shut_out_by_the_next_look(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        let mut ann = sso.register("1", "ann").await;
        let mut bob = sso.register("2", "bob").await;
        let docker = Docker::login(service, "ann").await;
        assert_eq!(service.count("provider_grants").await, 2);
        assert!(!keeps_in_the_clear(service, "refresh-").await);
        for _ in 0..2 {
            ask_providers(service).await.unwrap();
        }
        assert_eq!(sso.provider.state().renewals, 4);
        assert!(ann.who(service).await.is_some() && docker.renews(service).await);

        // Only with something to live from is anybody asked about.
        let out = bob.get(service, "/api/v1/session").await.json();
        let csrf = out["csrf_token"].as_str().unwrap().to_owned();
        let answer = bob.post(service, "/users/sign_out", &[("_method", "delete"), ("authenticity_token", &csrf)]).await;
        assert!(answer.status.is_redirection(), "{} {}", answer.status, answer.body);
        assert_eq!(bob.who(service).await, None);
        ask_providers(service).await.unwrap();
        assert_eq!(sso.provider.state().renewals, 5);
        service.app.clock.advance(TimeDelta::minutes(61));
        portus_rs::jobs::run_by_hand(&service.app, "housekeeping").await.unwrap();
        assert_eq!(service.count("provider_grants").await, 2, "bob may come in again without the provider");
        let bobs = account(service, "bob").await.id;
        users::set_enabled(&service.app, &Actor::Operator, bobs, false).await.unwrap();
        portus_rs::jobs::run_by_hand(&service.app, "housekeeping").await.unwrap();
        assert_eq!(service.count("provider_grants").await, 1, "what nothing lives from goes");

        sso.provider.state().revoke();
        ask_providers(service).await.unwrap();
        assert_eq!(ann.who(service).await, None);
        assert!(!docker.renews(service).await);
        assert_eq!(docker.shown(service).await.status, 401);
        assert_eq!(service.count("provider_grants").await, 0);
        assert_eq!(audited(service, "user:provider_gone").await["username"], "ann");
        let told = service.count("users WHERE provider_gone_at IS NOT NULL").await;
        assert_eq!(told, 1);
        // Nor does a letter to whatever address open it.
        portus_rs::actions::password_resets::request(&service.app, "ann@id.example", "en", [127, 0, 0, 1].into()).await.unwrap();
        drop(portus_rs::jobs::run_by_hand(&service.app, "mail").await);
        assert_eq!(service.count("password_resets").await, 0);
    }

    async fn whoever_comes_in_again_some_other_way_is_asked_about_all_the_same(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        sso.register("1", "ann").await;
        let ann = Service::actor(&account(service, "ann").await);
        let own = ann.user_id().unwrap();
        sessions::end_all(&service.app, &ann, own, None).await.unwrap();
        service.app.clock.advance(TimeDelta::minutes(61));
        portus_rs::jobs::run_by_hand(&service.app, "housekeeping").await.unwrap();
        sso.provider.state().revoke();
        ask_providers(service).await.unwrap();
        assert_eq!(how_often(service, "user:provider_gone").await, 0, "there is nothing to end");
        // By a passkey, or by a password that was sent by mail.
        let browser = sessions::Browser { user_agent: "", remember: false, replaces: None };
        sessions::start_by(&service.app, &ann, [127, 0, 0, 1].into(), &browser, "passkey").await.unwrap();
        assert_eq!(service.count("sessions WHERE identity_id IS NULL").await, 1);
        ask_providers(service).await.unwrap();
        assert_eq!(audited(service, "user:provider_gone").await["username"], "ann");
        assert_eq!(service.count("sessions").await, 0);
    }

    async fn of_an_account_that_was_only_linked_the_sessions_from_there_end(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        let mut from_there = linked(&sso, "ann").await;
        let docker = Docker::login(service, "ann").await;
        let mut here = Browser::default();
        let form = [("user[username]", "ann"), ("user[password]", PASSWORD)];
        here.post(service, "/users/sign_in", &form).await;
        assert_eq!(here.who(service).await.as_deref(), Some("ann"));
        ask_providers(service).await.unwrap();
        assert!(from_there.who(service).await.is_some());
        sso.provider.state().revoke();
        ask_providers(service).await.unwrap();
        assert_eq!(from_there.who(service).await, None);
        assert_eq!(here.who(service).await.as_deref(), Some("ann"));
        assert!(docker.renews(service).await && docker.shown(service).await.status == 200);
        let told = audited(service, "session:destroy").await;
        assert_eq!((&told["username"], &told["count"]), (&json!("ann"), &json!(1)));
        assert!(told["reason"].as_str().unwrap().contains("does not honour"), "{told}");
        assert_eq!(how_often(service, "user:provider_gone").await, 0);
    }

    async fn groups_are_compared_and_a_group_that_is_required_may_be_lost(database: TestDatabase) {
        let more = [
            ("PORTUS_OAUTH_OPENID_CONNECT_GROUPS_CLAIM", "groups"),
            ("PORTUS_OAUTH_OPENID_CONNECT_GROUP", "staff"),
            ("PORTUS_OAUTH_OPENID_CONNECT_GROUP_TEAMS", "dev=developers"),
        ];
        let sso = asking(database, &more).await;
        let service = &sso.service;
        let root = service.admin("root").await;
        service.team("developers", &root).await;
        let person = |groups: Value| {
            sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true, "groups": groups}));
        };
        person(json!(["staff"]));
        let mut ann = Browser::default();
        sso.enter(&mut ann).await;
        ann.post(service, "/users/oauth", &[("user[username]", "ann")]).await;
        let docker = Docker::login(service, "ann").await;
        let joined = "team_users WHERE group_issuer IS NOT NULL";
        assert_eq!(service.count(joined).await, 0);
        person(json!(["staff", "dev"]));
        ask_providers(service).await.unwrap();
        assert_eq!(service.count(joined).await, 1);
        person(json!(["staff"]));
        ask_providers(service).await.unwrap();
        assert_eq!(service.count(joined).await, 0);
        assert!(ann.who(service).await.is_some());

        person(json!(["dev"]));
        ask_providers(service).await.unwrap();
        assert_eq!(ann.who(service).await, None);
        assert_eq!(docker.shown(service).await.status, 401);
        let told = audited(service, "user:provider_gone").await;
        assert!(told["reason"].as_str().unwrap().contains("isn't in allowed group"), "{told}");
        // The group is given back, and nobody has to log in for their programs to go on.
        person(json!(["staff"]));
        ask_providers(service).await.unwrap();
        assert_eq!(docker.shown(service).await.status, 200);
        assert!(!docker.renews(service).await);
        assert_eq!(ann.who(service).await, None);
        assert_eq!(audited(service, "user:provider_returned").await["username"], "ann");
    }
}

#[actix_web::test]
async fn a_provider_in_trouble_shuts_nobody_out() {
    let sso = asking(TestDatabase::sqlite(), &[]).await;
    let service = &sso.service;
    let mut ann = sso.register("1", "ann").await;
    for trouble in [
        "500",
        "429",
        "404",
        "invalid_client",
        "temporarily_unavailable",
        "unauthorized_client",
    ] {
        {
            let mut state = sso.provider.state();
            state.broken = trouble.parse().ok();
            state.refusal = state.broken.is_none().then_some(trouble);
        }
        let error = ask_providers(service).await.unwrap_err();
        assert!(
            error.to_string().starts_with("openid_connect: "),
            "{trouble}: {error}"
        );
        assert_eq!(ann.who(service).await.as_deref(), Some("ann"), "{trouble}");
    }
    {
        let mut state = sso.provider.state();
        state.broken = None;
        state.refusal = None;
        // It speaks of somebody else, or signs what nobody can check.
        state.lie = Some(Box::new(|claims| claims["sub"] = json!("2")));
    }
    assert!(ask_providers(service).await.is_err());
    sso.provider.state().lie = Some(Box::new(|claims| {
        claims["iss"] = json!("https://evil.example");
    }));
    assert!(ask_providers(service).await.is_err());
    assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
    sso.provider.state().lie = None;
    ask_providers(service).await.unwrap();
    assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
    assert_eq!(how_often(service, "user:provider_gone").await, 0);
}

#[actix_web::test]
async fn a_provider_that_is_away_is_left_alone_after_a_few() {
    let sso = asking(TestDatabase::sqlite(), &[]).await;
    for number in 0..20 {
        sso.register(&number.to_string(), &format!("person{number}"))
            .await;
    }
    {
        let mut state = sso.provider.state();
        state.asked.clear();
        state.broken = Some(503);
    }
    assert!(ask_providers(&sso.service).await.is_err());
    let asked = sso.provider.state().asked.len();
    assert!(asked <= 11, "{asked} were asked about");
    let doubtful = sso.service.count("provider_grants WHERE tries > 0").await;
    assert!(doubtful <= 11, "{doubtful} have been shown");
    sso.provider.state().broken = None;
    ask_providers(&sso.service).await.unwrap();
    assert_eq!(
        sso.service.count("provider_grants WHERE tries = 0").await,
        20
    );
}

#[actix_web::test]
async fn a_login_that_does_not_outlast_the_one_there_ends_with_it_and_nothing_else_does() {
    let sso = Sso::start().await;
    let service = &sso.service;
    // It gives something to ask with, but not what was asked for.
    let mut ann = Browser::default();
    sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true}));
    let url = ann.leave(service, super::OPENID).await;
    assert!(!url.contains("offline_access"), "{url}");
    let back = sso
        .provider
        .visit(&format!("{url}&access_type=offline"))
        .await;
    ann.get(service, &back).await;
    ann.post(service, "/users/oauth", &[("user[username]", "ann")])
        .await;
    let docker = Docker::login(service, "ann").await;
    ask_providers(service).await.unwrap();
    assert_eq!(sso.provider.state().renewals, 1);
    assert!(ann.who(service).await.is_some());
    sso.provider.state().revoke();
    ask_providers(service).await.unwrap();
    assert_eq!(ann.who(service).await, None);
    assert!(docker.renews(service).await && docker.shown(service).await.status == 200);
    assert_eq!(
        audited(service, "session:destroy").await["reason"],
        "the login at the provider is over"
    );
}

#[actix_web::test]
async fn a_session_about_which_nobody_can_be_asked_ends_soon() {
    for (settings, minutes) in [
        (vec![], 10),
        (vec![("PORTUS_OAUTH_RECHECK_UNASKED", "5")], 5),
        (vec![("PORTUS_OAUTH_RECHECK_UNASKED", "0")], 20160),
        (vec![("PORTUS_OAUTH_RECHECK_INTERVAL", "0")], 20160),
    ] {
        let sso = Sso::with(TestDatabase::sqlite(), &settings).await;
        let service = &sso.service;
        let mut ann = sso.register("1", "ann").await;
        assert_eq!(service.count("provider_grants").await, 0);
        let life = TimeDelta::minutes(minutes);
        for _ in 0..(minutes / 1000) {
            // Sessions end by disuse too.
            service.app.clock.advance(TimeDelta::minutes(1000));
            assert!(ann.who(service).await.is_some());
        }
        service
            .app
            .clock
            .advance(TimeDelta::minutes(minutes % 1000) - TimeDelta::seconds(60));
        assert!(ann.who(service).await.is_some(), "{settings:?}");
        service.app.clock.advance(TimeDelta::seconds(61));
        assert_eq!(ann.who(service).await, None, "{settings:?} {life}");
    }
}

on_every_database! {
    async fn tokens_about_whose_owner_nobody_can_be_asked_need_a_login_from_time_to_time(database: TestDatabase) {
        let sso = asking(database, &[]).await;
        let service = &sso.service;
        sso.register("1", "ann").await;
        let docker = Docker::login(service, "ann").await;
        // Somebody of this service's own, who is only linked, and somebody who came from there with nothing to live from.
        linked(&sso, "eve").await;
        let eve = Docker::login(service, "eve").await;
        sso.register("2", "bob").await;
        // The logins so far left nothing to ask with.
        let connection = service.database.connect().await;
        connection.execute_unprepared("DELETE FROM provider_grants").await.unwrap();
        connection.close().await.unwrap();
        sso.register("3", "sue").await;
        let sue = Docker::login(service, "sue").await;

        let pass = |time: TimeDelta| {
            service.app.clock.advance(time);
            sso.provider.state().now += time.num_seconds();
        };
        pass(TimeDelta::days(7) - TimeDelta::minutes(1));
        ask_providers(service).await.unwrap();
        assert!(docker.renews(service).await && docker.shown(service).await.status == 200);
        pass(TimeDelta::minutes(2));
        ask_providers(service).await.unwrap();
        assert_eq!(how_often(service, "user:provider_gone").await, 1);
        let told = audited(service, "user:provider_gone").await;
        assert_eq!(told["username"], "ann");
        assert!(told["reason"].as_str().unwrap().contains("more than 7 days ago"), "{told}");
        assert!(!docker.renews(service).await);
        assert_eq!(docker.shown(service).await.status, 401);
        assert!(eve.renews(service).await && eve.shown(service).await.status == 200);
        assert!(sue.renews(service).await && sue.shown(service).await.status == 200, "she is asked about");

        // The next login opens them again.
        sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true}));
        sso.enter(&mut Browser::default()).await;
        assert_eq!(docker.shown(service).await.status, 200);
        ask_providers(service).await.unwrap();
        assert_eq!(docker.shown(service).await.status, 200);
    }
}

#[actix_web::test]
async fn tokens_last_where_somebody_has_decided_so() {
    for settings in [
        ("PORTUS_OAUTH_RECHECK_UNASKED_TOKENS", "0"),
        ("PORTUS_OAUTH_RECHECK_INTERVAL", "0"),
    ] {
        let sso = Sso::with(TestDatabase::sqlite(), &[settings]).await;
        sso.register("1", "ann").await;
        let docker = Docker::login(&sso.service, "ann").await;
        sso.service.app.clock.advance(TimeDelta::days(80));
        ask_providers(&sso.service).await.unwrap();
        assert_eq!(docker.shown(&sso.service).await.status, 200);
    }
}

#[actix_web::test]
async fn who_may_be_asked_about_is_a_switch() {
    for (word, asked) in [("auto", true), ("consent", true), ("never", false)] {
        let more = [("PORTUS_OAUTH_OPENID_CONNECT_OFFLINE_ACCESS", word)];
        let sso = asking(TestDatabase::sqlite(), &more).await;
        let url = Browser::default().leave(&sso.service, super::OPENID).await;
        assert_eq!(url.contains("offline_access"), asked, "{url}");
        assert_eq!(url.contains("prompt=consent"), word == "consent", "{url}");
    }
    let off = [("PORTUS_OAUTH_RECHECK_INTERVAL", "0")];
    let sso = asking(TestDatabase::sqlite(), &off).await;
    let url = Browser::default().leave(&sso.service, super::OPENID).await;
    assert!(!url.contains("offline_access"), "{url}");
}

#[actix_web::test]
async fn taking_a_link_back_takes_what_was_kept_along_and_gives_the_account_to_itself() {
    use portus_rs::{actions::identities, entities::identity};
    use sea_orm::EntityTrait as _;
    let sso = asking(TestDatabase::sqlite(), &[]).await;
    let service = &sso.service;
    sso.register("1", "ann").await;
    let docker = Docker::login(service, "ann").await;
    sso.provider.state().revoke();
    ask_providers(service).await.unwrap();
    assert_eq!(docker.shown(service).await.status, 401);
    sso.register("2", "bob").await;
    assert_eq!(service.count("provider_grants").await, 1);
    let links = identity::Entity::find()
        .all(service.app.database.reader())
        .await
        .unwrap();
    for link in links {
        identities::unlink(&service.app, &Actor::Operator, link.id)
            .await
            .unwrap();
    }
    assert_eq!(service.count("provider_grants").await, 0);
    assert_eq!(account(service, "ann").await.provider_gone_at, None);
    assert_eq!(docker.shown(service).await.status, 200);
}
