//! The whole way of somebody new and of somebody known.

use actix_web::{http::Method, test::TestRequest};
use chrono::TimeDelta;
use portus_rs::{actions::users, identity::actor::Actor};
use serde_json::json;

use super::{Browser, OPENID, Sso, audited, location};
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::Service,
};

on_every_database! {
    async fn somebody_new_registers_and_comes_back(database: TestDatabase) {
        let sso = Sso::with(database, &[]).await;
        let service = &sso.service;
        sso.person(json!({"sub": "1001", "email": "Ann.Lee@id.example", "email_verified": true, "name": "Ann <Lee>"}));
        let mut ann = Browser::default();
        let url = ann.leave_for(service, OPENID, "/teams?page=2").await;
        let asked = url::Url::parse(&url).unwrap();
        let asked: std::collections::HashMap<_, _> = asked.query_pairs().into_owned().collect();
        assert_eq!(asked["scope"], "openid email profile address");
        assert_eq!(asked["redirect_uri"], "https://portus.test/users/auth/openid_connect/callback");
        let back = sso.provider.visit(&url).await;
        let answer = ann.get(service, &back).await;
        assert_eq!(location(&answer), "/users/oauth");
        assert_eq!(ann.who(service).await, None, "not before a name is chosen");

        let form = ann.get(service, "/users/oauth").await;
        assert!(form.body.contains("Define your Username and Display Name"), "{}", form.body);
        assert!(form.body.contains("value=\"ann.lee\""), "{}", form.body);
        assert!(form.body.contains("value=\"Ann &lt;Lee&gt;\""), "{}", form.body);
        let taken = [("user[username]", "portus"), ("user[display_name]", "")];
        let answer = ann.post(service, "/users/oauth", &taken).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("Username has already been taken"), "{}", answer.body);
        for (name, complaint) in [
            ("ann:lee", "Username can't contain a colon"),
            ("ann\u{7}lee", "Username can't contain control characters"),
            (&"a".repeat(256), "Username is too long (maximum is 255 characters)"),
        ] {
            let refused = [("user[username]", name), ("user[display_name]", "")];
            let answer = ann.post(service, "/users/oauth", &refused).await;
            assert_eq!(answer.status, 422, "{name:?}");
            assert!(crate::sso::unescaped(&answer.body).contains(complaint), "{}", answer.body);
        }
        let chosen = [("user[username]", "ann"), ("user[display_name]", "Ann Lee")];
        let answer = ann.post(service, "/users/oauth", &chosen).await;
        assert_eq!(location(&answer), "/teams?page=2");
        assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
        let page = ann.get(service, "/").await;
        assert!(crate::sso::unescaped(&page.body).contains("Successfully registered as 'ann'!"), "{}", page.body);
        assert_eq!(service.count("pending_sign_ins").await, 0);
        let made = audited(service, "session:create").await;
        assert_eq!((&made["method"], &made["username"]), (&json!(OPENID), &json!("ann")));
        assert_eq!(audited(service, "user:link").await["proof"], "new");
        let row = portus_rs::queries::users::by_email(&service.app, "ann.lee@id.example").await.unwrap();
        assert_eq!((row.provider.as_deref(), row.uid.as_deref(), row.admin), (Some(OPENID), Some("1001"), false));

        // Somebody else there, and another address: the subject is who counts.
        sso.person(json!({"sub": "1001", "email": "new@id.example", "email_verified": false}));
        let mut again = Browser::default();
        let answer = sso.enter(&mut again).await;
        assert_eq!(location(&answer), "/");
        assert_eq!(again.who(service).await.as_deref(), Some("ann"));
        let page = again.get(service, "/users/edit").await;
        drop(page);
        assert_eq!(service.count("users WHERE username <> 'portus'").await, 1);
        assert_eq!(service.count("identities").await, 1);
    }
}

#[actix_web::test]
async fn the_login_page_has_a_button_for_each_provider_and_a_get_begins_nothing() {
    let more = [
        ("PORTUS_OAUTH_OPENID_CONNECT_2_ENABLED", "true"),
        ("PORTUS_OAUTH_OPENID_CONNECT_2_TITLE", "Partners"),
        (
            "PORTUS_OAUTH_OPENID_CONNECT_2_ISSUER",
            "https://partners.example",
        ),
        ("PORTUS_OAUTH_OPEN_ID_ENABLED", "true"),
    ];
    let sso = Sso::with(TestDatabase::sqlite(), &more).await;
    let mut browser = Browser::default();
    // Without any account one is asked to make the first, which a provider may do.
    let first = browser.get(&sso.service, "/users/sign_in").await;
    assert_eq!(location(&first), "/users/sign_up");
    let page = browser.get(&sso.service, "/users/sign_up").await;
    let has_both = |page: &str| {
        for text in [
            "Social logins",
            "action=\"/users/auth/openid_connect\"",
            "Open Id Connect",
            "action=\"/users/auth/openid_connect_2\"",
            "Partners",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
        assert!(!page.contains("auth/open_id\""), "{page}");
    };
    has_both(&page.body);
    let answer = browser
        .get(&sso.service, "/users/auth/openid_connect")
        .await;
    assert_eq!(location(&answer), "/users/sign_in");
    assert!(browser.cookies.is_empty());
    for path in [
        "/users/auth/open_id",
        "/users/auth/github",
        "/users/auth/x/callback",
    ] {
        assert_eq!(browser.get(&sso.service, path).await.status, 404, "{path}");
    }
    assert_eq!(browser.get(&sso.service, "/users/oauth").await.status, 303);
    // Another site's form begins nothing either.
    let foreign = TestRequest::post()
        .uri("/users/auth/openid_connect")
        .insert_header(("Origin", "https://evil.example"));
    assert_eq!(sso.service.call(foreign).await.status, 403);
    assert!(sso.provider.state().asked.is_empty());
    // One that is not set up completely says so, to whoever tries.
    let path = "/users/auth/openid_connect_2";
    let answer = browser.post(&sso.service, path, &[]).await;
    assert_eq!(location(&answer), "/users/sign_in");
    // And with an account, on the page to sign in.
    let mut ann = sso.register("1", "ann").await;
    // Whoever has a session shows its token.
    let before = sso.provider.state().asked.len();
    for token in [&[][..], &[("authenticity_token", "another")]] {
        let answer = ann
            .post(&sso.service, "/users/auth/openid_connect", token)
            .await;
        assert_eq!(answer.status, 422);
        assert!(!answer.body.contains("0;url="), "{}", answer.body);
    }
    assert_eq!(sso.provider.state().asked.len(), before);
    ann.leave(&sso.service, OPENID).await;
    let page = Browser::default().get(&sso.service, "/users/sign_in").await;
    has_both(&page.body);
}

#[actix_web::test]
async fn several_providers_keep_their_people_apart() {
    let other = crate::support::provider::Provider::start(super::start_of_time());
    let more = [
        ("PORTUS_OAUTH_OPENID_CONNECT_3_ENABLED", "true"),
        ("PORTUS_OAUTH_OPENID_CONNECT_3_ISSUER", other.url.as_str()),
        ("PORTUS_OAUTH_OPENID_CONNECT_3_IDENTIFIER", super::CLIENT),
        ("PORTUS_OAUTH_OPENID_CONNECT_3_SECRET", super::SECRET),
    ];
    let sso = Sso::with(TestDatabase::sqlite(), &more).await;
    let mut ann = sso.register("1", "ann").await;
    // The same subject at another issuer is somebody else.
    other.state().person = json!({"sub": "1", "email": "bea@x.example", "email_verified": true});
    let mut bea = Browser::default();
    let url = bea.leave(&sso.service, "openid_connect_3").await;
    let back = other.visit(&url).await;
    let answer = bea.get(&sso.service, &back).await;
    assert_eq!(location(&answer), "/users/oauth");
    assert_eq!(bea.who(&sso.service).await, None);
    assert_eq!(ann.who(&sso.service).await.as_deref(), Some("ann"));
    // An answer of one is none of the other's.
    let mut cara = Browser::default();
    let back = sso.back(&mut cara).await;
    let crossed = back.replace("openid_connect", "openid_connect_3");
    let answer = cara.get(&sso.service, &crossed).await;
    assert_eq!(location(&answer), "/users/sign_in");
    assert_eq!(cara.who(&sso.service).await, None);
}

#[actix_web::test]
async fn only_a_restricted_provider_makes_the_first_person_admin() {
    let restricted = ("PORTUS_OAUTH_OPENID_CONNECT_DOMAIN", "id.example");
    let off = ("PORTUS_FIRST_USER_ADMIN_ENABLED", "false");
    for (settings, admin) in [
        (vec![], false),
        (vec![restricted], true),
        (vec![restricted, off], false),
    ] {
        let sso = Sso::with(TestDatabase::sqlite(), &settings).await;
        sso.register("1", "ann").await;
        sso.register("2", "bob").await;
        let admins = sso
            .service
            .count("users WHERE admin AND username <> 'portus'")
            .await;
        assert_eq!(admins == 1, admin, "{settings:?}");
        assert_eq!(
            sso.service
                .count("users WHERE admin AND username = 'ann'")
                .await
                == 1,
            admin
        );
    }
}

#[actix_web::test]
async fn who_is_shut_out_here_is_not_let_in_from_there() {
    let sso = Sso::start().await;
    let service = &sso.service;
    let mut ann = sso.register("1", "ann").await;
    let row = portus_rs::queries::users::by_email(&service.app, "ann@id.example")
        .await
        .unwrap();
    users::set_enabled(&service.app, &Actor::Operator, row.id, false)
        .await
        .unwrap();
    assert_eq!(ann.who(service).await, None, "the session ends too");
    let mut again = Browser::default();
    let answer = sso.enter(&mut again).await;
    assert_eq!(location(&answer), "/users/sign_in");
    assert!(
        again
            .told(service)
            .await
            .contains("Sorry, this account has been disabled.")
    );
    assert_eq!(again.who(service).await, None);
    assert_eq!(
        service
            .count("users WHERE username = 'ann' AND enabled")
            .await,
        0
    );
    let failed = audited(service, "session:fail").await;
    assert_eq!(failed["method"], OPENID);
    assert_eq!(failed["username"], "ann");
    assert!(failed["address"].is_string());
}

#[actix_web::test]
async fn a_provider_that_makes_no_accounts_lets_in_only_who_has_one() {
    let more = [("PORTUS_OAUTH_OPENID_CONNECT_CREATE_USERS", "false")];
    let sso = Sso::with(TestDatabase::sqlite(), &more).await;
    sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true}));
    let mut ann = Browser::default();
    let answer = sso.enter(&mut ann).await;
    assert_eq!(location(&answer), "/users/sign_in");
    let told = ann.told(&sso.service).await;
    assert!(
        told.contains("Could not authenticate you from Openid connect because"),
        "{told}"
    );
    assert_eq!(sso.service.count("pending_sign_ins").await, 0);
}

#[actix_web::test]
async fn the_form_takes_nothing_that_only_admins_say_and_ends_with_its_time() {
    let sso = Sso::start().await;
    let service = &sso.service;
    sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true}));
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    for field in [
        "admin",
        "bot",
        "enabled",
        "provider",
        "uid",
        "email",
        "password_hash",
    ] {
        let name = format!("user[{field}]");
        let form = [("user[username]", "ann"), (name.as_str(), "true")];
        assert_eq!(
            ann.post(service, "/users/oauth", &form).await.status,
            403,
            "{field}"
        );
    }
    // The form works in the browser that came back, and in no other.
    let form = [("user[username]", "ann")];
    let mut other = Browser::default();
    let answer = other.post(service, "/users/oauth", &form).await;
    assert_eq!(location(&answer), "/users/sign_in");
    service.app.clock.advance(TimeDelta::minutes(11));
    let answer = ann.post(service, "/users/oauth", &form).await;
    assert_eq!(location(&answer), "/users/sign_in");
    assert_eq!(service.count("users WHERE username = 'ann'").await, 0);
    assert_eq!(
        portus_rs::actions::identities::expire(&service.app)
            .await
            .unwrap(),
        1
    );
    assert!(
        portus_rs::identity::seen::expire(&service.app)
            .await
            .unwrap()
            > 0
    );
}

#[actix_web::test]
async fn the_suggested_name_is_free() {
    let sso = Sso::start().await;
    sso.service.user("ann").await;
    sso.service.user("Ann_01").await;
    sso.person(json!({"sub": "1", "email": "x@id.example", "email_verified": true, "preferred_username": "ann@corp"}));
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    let form = ann.get(&sso.service, "/users/oauth").await;
    assert!(form.body.contains("value=\"ann_02\""), "{}", form.body);
}

#[actix_web::test]
async fn one_goes_back_to_pages_of_ours_only() {
    let sso = Sso::start().await;
    let service = &sso.service;
    sso.register("1", "ann").await;
    for (wanted, target) in [
        ("/teams", "/teams"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\tx", "/"),
        ("", "/"),
    ] {
        let mut browser = Browser::default();
        let url = browser.leave_for(service, OPENID, wanted).await;
        let back = sso.provider.visit(&url).await;
        // What the answer says of it counts for nothing.
        let back = format!("{back}&return_to=//evil.example");
        let answer = browser.get(service, &back).await;
        assert_eq!(location(&answer), target, "{wanted}");
    }
}

#[actix_web::test]
async fn below_a_root_and_behind_a_proxy_the_callback_is_what_was_registered() {
    let root = [("RAILS_RELATIVE_URL_ROOT", "/portus")];
    for (settings, headers, expected) in [
        (&[][..], vec![], "https://portus.test"),
        (&root[..], vec![], "https://portus.test/portus"),
        (
            &[][..],
            vec![
                ("X-Forwarded-Host", "console.example"),
                ("X-Forwarded-Proto", "https"),
            ],
            "https://console.example",
        ),
        (
            &[][..],
            vec![
                ("X-Forwarded-Host", "a b/?x"),
                ("X-Forwarded-Proto", "https"),
            ],
            "https://portus.test",
        ),
        (
            &[(
                "PORTUS_MACHINE_FQDN_EXTERNAL_URL",
                "https://p.example:8443/x",
            )][..],
            vec![("X-Forwarded-Host", "console.example")],
            "https://p.example:8443/x",
        ),
    ] {
        let sso = Sso::with(TestDatabase::sqlite(), settings).await;
        let mut request = Browser::default().request(Method::POST, "/users/auth/openid_connect");
        for header in &headers {
            request = request.insert_header(*header);
        }
        let answer = sso.service.call(request).await;
        let wanted = format!("{expected}/users/auth/openid_connect/callback");
        let encoded: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
        assert!(
            answer.body.contains(&encoded),
            "{settings:?} {headers:?} {}",
            answer.body
        );
    }
    let _ = Service::actor;
}
