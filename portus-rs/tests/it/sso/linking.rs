//! Accounts that are there already: a mail address alone opens none of them.

use portus_rs::{entities::user, identity::actor::Actor};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::json;

use super::{Browser, OPENID, Sso, audited, location};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, Service},
};

/// Writes into the account as an import would.
async fn import(service: &Service, name: &str, set: &str) {
    execute(
        service,
        &format!("UPDATE users SET {set} WHERE username = '{name}'"),
    )
    .await;
}

pub async fn execute(service: &Service, sql: &str) {
    let connection = service.database.connect().await;
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

fn as_ann(verified: bool) -> serde_json::Value {
    json!({"sub": "9", "email": "ANN@example.org", "email_verified": verified})
}

on_every_database! {
    async fn an_account_with_the_same_verified_address_is_linked_by_its_password_once(database: TestDatabase) {
        let sso = Sso::with(database, &[]).await;
        let service = &sso.service;
        service.user("ann").await;
        sso.person(as_ann(true));
        let mut ann = Browser::default();
        assert_eq!(location(&sso.enter(&mut ann).await), "/users/oauth");
        assert_eq!(ann.who(service).await, None);
        let form = ann.get(service, "/users/oauth").await;
        assert!(form.body.contains("Is this account yours?"), "{}", form.body);
        assert!(form.body.contains("user[password]"), "{}", form.body);
        let answer = ann.post(service, "/users/oauth", &[("user[password]", "wrong guess")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("Invalid Username or password."), "{}", answer.body);
        assert_eq!(audited(service, "session:fail").await["method"], OPENID);
        // Nor is a new one made beside it.
        let answer = ann.post(service, "/users/oauth", &[("user[username]", "ann2")]).await;
        assert_eq!(answer.status, 422);
        assert_eq!(service.count("identities").await, 0);
        let answer = ann.post(service, "/users/oauth", &[("user[password]", PASSWORD)]).await;
        assert_eq!(location(&answer), "/");
        assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
        assert_eq!(audited(service, "user:link").await["proof"], "password");
        let mut again = Browser::default();
        sso.enter(&mut again).await;
        assert_eq!(again.who(service).await.as_deref(), Some("ann"));
    }
}

#[actix_web::test]
async fn an_unverified_address_links_nothing_and_names_nobody() {
    let sso = Sso::start().await;
    sso.service.user("ann").await;
    sso.person(as_ann(false));
    let mut ann = Browser::default();
    assert_eq!(location(&sso.enter(&mut ann).await), "/users/sign_in");
    let told = ann.told(&sso.service).await;
    assert!(told.contains("Email has already been taken"), "{told}");
    assert_eq!(sso.service.count("pending_sign_ins").await, 0);
}

#[actix_web::test]
async fn a_provider_may_be_trusted_with_its_addresses() {
    let more = [("PORTUS_OAUTH_OPENID_CONNECT_ASSUME_VERIFIED", "true")];
    let sso = Sso::with(TestDatabase::sqlite(), &more).await;
    sso.service.user("ann").await;
    sso.person(json!({"sub": "9", "email": "ann@example.org"}));
    let mut ann = Browser::default();
    assert_eq!(location(&sso.enter(&mut ann).await), "/users/oauth");
}

#[actix_web::test]
async fn an_answer_without_an_address_is_nobody_of_ours() {
    let sso = Sso::start().await;
    let service = &sso.service;
    service.user("noaddress").await;
    import(service, "noaddress", "email = NULL").await;
    for person in [
        json!({"sub": "9"}),
        json!({"sub": "9", "email": null, "email_verified": true}),
        json!({"sub": "9", "email": "", "email_verified": true}),
        json!({"sub": "9", "email": 7, "email_verified": true}),
    ] {
        sso.person(person.clone());
        let mut browser = Browser::default();
        assert_eq!(
            location(&sso.enter(&mut browser).await),
            "/users/sign_in",
            "{person}"
        );
        assert_eq!(browser.who(service).await, None);
        let told = browser.told(service).await;
        assert!(
            told.contains("because \"the provider gave no e-mail address\""),
            "{told}"
        );
    }
    assert_eq!(service.count("identities").await, 0);
}

#[actix_web::test]
async fn bots_and_the_services_own_account_are_nobodys() {
    let sso = Sso::start().await;
    let service = &sso.service;
    service.bot("robot").await;
    for (email, uid) in [
        ("robot@example.org", None),
        ("portus@portus.com", None),
        ("x@y.example", Some("robot")),
        ("x@y.example", Some("portus")),
    ] {
        if let Some(name) = uid {
            import(service, name, "provider = 'openid_connect', uid = '9'").await;
        }
        sso.person(json!({"sub": "9", "email": email, "email_verified": true}));
        let mut browser = Browser::default();
        let answer = sso.enter(&mut browser).await;
        let expected = if uid.is_some() {
            "/users/oauth"
        } else {
            "/users/sign_in"
        };
        assert_eq!(location(&answer), expected, "{email}");
        assert_eq!(browser.who(service).await, None, "{email}");
        if let Some(name) = uid {
            import(service, name, "provider = NULL, uid = NULL").await;
        }
    }
    assert_eq!(service.count("identities").await, 0);
}

#[actix_web::test]
async fn what_the_same_provider_made_before_an_import_is_known_again() {
    let sso = Sso::start().await;
    let service = &sso.service;
    // By its subject.
    service.user("ann").await;
    import(
        service,
        "ann",
        "provider = 'openid_connect', uid = '1', email = 'old@example.org'",
    )
    .await;
    sso.person(json!({"sub": "1", "email": "new@example.org", "email_verified": true}));
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
    assert_eq!(audited(service, "user:link").await["proof"], "import");
    // By its address, where no subject was kept.
    service.user("bob").await;
    import(service, "bob", "provider = 'openid_connect', uid = NULL").await;
    sso.person(json!({"sub": "2", "email": "bob@example.org", "email_verified": true}));
    let mut bob = Browser::default();
    sso.enter(&mut bob).await;
    assert_eq!(bob.who(service).await.as_deref(), Some("bob"));
    // Not an admin, not somebody with another subject, not somebody of another provider.
    for (name, set) in [
        ("cara", "provider = 'openid_connect', admin = TRUE"),
        ("dora", "provider = 'openid_connect', uid = 'another'"),
        ("emma", "provider = 'github', uid = '3'"),
        // Nor an admin with this very subject: whoever wrote the import would choose who that is.
        (
            "fred",
            "provider = 'openid_connect', uid = '3', admin = TRUE",
        ),
    ] {
        service.user(name).await;
        import(service, name, set).await;
        sso.person(
            json!({"sub": "3", "email": format!("{name}@example.org"), "email_verified": true}),
        );
        let mut browser = Browser::default();
        assert_eq!(
            location(&sso.enter(&mut browser).await),
            "/users/oauth",
            "{name}"
        );
        assert_eq!(browser.who(service).await, None, "{name}");
        if name == "fred" {
            let shown = [("user[password]", PASSWORD)];
            let answer = browser.post(service, "/users/oauth", &shown).await;
            assert_eq!(location(&answer), "/", "{}", answer.body);
            assert_eq!(browser.who(service).await.as_deref(), Some("fred"));
            assert_eq!(audited(service, "user:link").await["proof"], "password");
        }
    }
}

#[actix_web::test]
async fn a_link_moves_to_nobody_else() {
    let sso = Sso::start().await;
    let service = &sso.service;
    sso.register("1", "ann").await;
    service.user("bob").await;
    // Ann's account there takes Bob's address.
    sso.person(json!({"sub": "1", "email": "bob@example.org", "email_verified": true}));
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
    let stored = user::Entity::find()
        .all(service.app.database.reader())
        .await
        .unwrap();
    let address = |name: &str| {
        stored
            .iter()
            .find(|it| it.username == name)
            .unwrap()
            .email
            .clone()
    };
    assert_eq!(address("ann").as_deref(), Some("ann@id.example"));
    // Somebody else comes with Ann's address: it was hers, so it takes her password, which nobody has.
    sso.person(json!({"sub": "2", "email": "ann@id.example", "email_verified": true}));
    let mut mallory = Browser::default();
    sso.enter(&mut mallory).await;
    let answer = mallory
        .post(service, "/users/oauth", &[("user[password]", "")])
        .await;
    assert_eq!(answer.status, 422);
    assert_eq!(mallory.who(service).await, None);
    assert_eq!(service.count("identities").await, 1);
}

#[actix_web::test]
async fn a_token_proves_nothing_here_and_guesses_are_held_back() {
    let sso = Sso::start().await;
    let service = &sso.service;
    let row = service.user("ann").await;
    let token = service.token_of(&row, "x").await;
    sso.person(as_ann(true));
    let mut browser = Browser::default();
    sso.enter(&mut browser).await;
    let answer = browser
        .post(service, "/users/oauth", &[("user[password]", &token)])
        .await;
    assert_eq!(answer.status, 422);
    for guess in 0..10 {
        let text = format!("guess {guess}");
        browser
            .post(
                service,
                "/users/oauth",
                &[("user[password]", text.as_str())],
            )
            .await;
    }
    let answer = browser
        .post(service, "/users/oauth", &[("user[password]", PASSWORD)])
        .await;
    assert!(
        answer.body.contains("Your account is locked."),
        "{}",
        answer.body
    );
    assert_eq!(browser.who(service).await, None);
}

#[actix_web::test]
async fn a_disabled_account_is_neither_linked_nor_enabled() {
    let sso = Sso::start().await;
    let service = &sso.service;
    let row = service.user("ann").await;
    portus_rs::actions::users::set_enabled(&service.app, &Actor::Operator, row.id, false)
        .await
        .unwrap();
    sso.person(as_ann(true));
    let mut browser = Browser::default();
    sso.enter(&mut browser).await;
    let answer = browser
        .post(service, "/users/oauth", &[("user[password]", PASSWORD)])
        .await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("this account has been disabled"),
        "{}",
        answer.body
    );
    import(service, "ann", "provider = 'openid_connect', uid = '9'").await;
    let mut again = Browser::default();
    assert_eq!(location(&sso.enter(&mut again).await), "/users/sign_in");
    assert_eq!(service.count("identities").await, 0);
    assert_eq!(
        service
            .count("users WHERE username = 'ann' AND enabled")
            .await,
        0
    );
}

pub fn as_subject(subject: &str, name: &str) -> serde_json::Value {
    json!({"sub": subject, "email": format!("{name}@id.example"), "email_verified": true})
}

#[actix_web::test]
async fn an_address_comes_and_goes_through_providers_as_often_as_it_may_send_wrong_passwords() {
    let sso = Sso::start().await;
    let service = &sso.service;
    let mut ann = Browser::default();
    let refused = async |answer: crate::support::service::Answer, ann: &mut Browser| {
        assert_eq!(location(&answer), "/users/sign_in");
        let told = ann.told(service).await;
        assert!(
            told.contains("Too many attempts from your address"),
            "{told}"
        );
    };
    let path = format!("/users/auth/{OPENID}");
    for _ in 0..100 {
        let answer = ann.post(service, &path, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let answer = ann.post(service, &path, &[]).await;
    refused(answer, &mut ann).await;
    let back = format!("{path}/callback?state=guessed&code=x");
    for _ in 0..100 {
        ann.get(service, &back).await;
        let told = ann.told(service).await;
        assert!(told.contains("Could not authenticate you"), "{told}");
    }
    let answer = ann.get(service, &back).await;
    refused(answer, &mut ann).await;
    service.app.clock.advance(chrono::TimeDelta::minutes(11));
    sso.provider.state().now += 11 * 60;
    assert_eq!(ann.post(service, &path, &[]).await.status, 200);
}

on_every_database! {
    async fn who_is_let_in_does_not_count_against_the_others_of_their_address(database: TestDatabase) {
        let sso = Sso::with(database, &[]).await;
        let service = &sso.service;
        let path = format!("/users/auth/{OPENID}");
        sso.register("1", "ann").await;
        let mut ann = Browser::default();
        // One way less than an address may leave unfinished, so that the next one has to be given back each time.
        for _ in 0..99 {
            assert_eq!(ann.post(service, &path, &[]).await.status, 200);
        }
        let guessed = format!("{path}/callback?state=guessed&code=x");
        for _ in 0..99 {
            ann.get(service, &guessed).await;
        }
        for _ in 0..3 {
            let answer = sso.enter(&mut Browser::default()).await;
            assert_eq!(location(&answer), "/", "{}", answer.body);
        }
        // Whoever makes an account here comes to a good end as well, a form later.
        sso.register("2", "bob").await;
        // Who begins and does not end well counts as ever.
        assert_eq!(ann.post(service, &path, &[]).await.status, 200);
        let answer = ann.post(service, &path, &[]).await;
        assert_eq!(location(&answer), "/users/sign_in");
        let told = ann.told(service).await;
        assert!(told.contains("Too many attempts from your address"), "{told}");
    }
}
