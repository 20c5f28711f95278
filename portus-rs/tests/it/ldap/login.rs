//! docker logs in with a name and password of the directory.

use actix_web::test::TestRequest;
use portus_rs::{
    actions::users,
    entities::{namespace, user},
    identity::actor::Actor,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use super::{WRONG, account, docker, enrolled, is_in, is_refused, service};
use crate::api::sessions::sign_in;
use crate::support::{
    databases::{TestDatabase, on_every_database},
    service::{PASSWORD, SERVICE, Service, basic},
    slapd::{READER, SUFFIX, Slapd, group, joins, leaves, password, person},
};

on_every_database! {
    async fn docker_login_alone_makes_an_account_with_a_namespace(database: TestDatabase) {
        let slapd = Slapd::builder().person("ann").person("Bob").start();
        let service = service(database, &slapd, &[("PORTUS_LDAP_GUESS_EMAIL_ENABLED", "true")]).await;
        let ann = enrolled(&service, "ann").await;
        assert!(ann.directory && ann.admin && ann.enabled && !ann.bot);
        assert_eq!(ann.password_hash, "");
        assert_eq!(ann.email.as_deref(), Some("ann@example.org"));
        let home = namespace::Entity::find()
            .filter(namespace::Column::PersonalUserId.eq(ann.id))
            .one(service.app.database.reader())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(home.name, "ann");
        // The directory's spelling counts, whatever was typed.
        is_in(&docker(&service, "BOB", &password("Bob")).await);
        is_in(&docker(&service, "bob", &password("Bob")).await);
        let bob = account(&service, "Bob").await.unwrap();
        assert!(!bob.admin, "only the first one is");
        assert_eq!(service.count("users WHERE username <> 'portus'").await, 2);
        assert_eq!(service.count("activities WHERE activities.key = 'user:create' AND parameters LIKE '%ldap%'").await, 2);
        let token = service.token_of(&bob, "ci").await;
        is_in(&docker(&service, "bob", &token).await);
    }

    async fn many_first_logins_at_once_make_one_account_each_and_one_admin(database: TestDatabase) {
        let slapd = Slapd::builder().person("ann").person("bob").person("eve").start();
        let service = service(database, &slapd, &[]).await;
        let (ann, bob, eve) = (password("ann"), password("bob"), password("eve"));
        let tries: Vec<_> = (0..12).map(|n| match n % 3 {
            0 => docker(&service, "ann", &ann),
            1 => docker(&service, "bob", &bob),
            _ => docker(&service, "eve", &eve),
        }).collect();
        for answer in futures_util::future::join_all(tries).await {
            is_in(&answer);
        }
        assert_eq!(service.count("users WHERE username <> 'portus'").await, 3);
        assert_eq!(service.count("users WHERE username <> 'portus' AND admin = true").await, 1);
    }
}

#[actix_web::test]
async fn a_login_costs_one_search_and_one_bind_and_the_next_one_nothing() {
    let slapd = Slapd::builder().person("ann").person("bob").start();
    let off = [("PORTUS_LDAP_GROUP_SYNC_ENABLED", "false")];
    let service = service(TestDatabase::sqlite(), &slapd, &off).await;
    enrolled(&service, "ann").await;
    let count = || {
        (
            slapd.asked("SRCH base="),
            slapd.asked("BIND dn=\"uid"),
            slapd.asked("ACCEPT"),
        )
    };
    let before = count();
    enrolled(&service, "bob").await;
    let after = count();
    assert_eq!(
        (after.0 - before.0, after.1 - before.1),
        (1, 2),
        "asked, and its answer's line"
    );
    assert_eq!(after.2, before.2, "on connections that were open");
    for _ in 0..5 {
        is_in(&docker(&service, "bob", &password("bob")).await);
    }
    assert_eq!(count(), after);
}

/// An unknown name costs what a known one does, so that what it costs tells of no account.
#[actix_web::test]
async fn an_unknown_name_costs_one_search_and_one_bind_as_a_known_one() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    let mut costs = Vec::new();
    for name in ["ann", "nobody"] {
        let count = || {
            (
                slapd.asked("SRCH base="),
                slapd.asked("\" method=128"),
                service.app.passwords.spent(),
            )
        };
        let before = count();
        is_refused(&docker(&service, name, "wrong horse").await, WRONG);
        let after = count();
        costs.push((after.0 - before.0, after.1 - before.1, after.2 - before.2));
    }
    assert_eq!(costs, [(1, 1, 1), (1, 1, 1)]);
}

#[actix_web::test]
async fn a_filter_may_ask_for_a_group() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("devs", &["nobody"])
        .start();
    // What groups had before the server ran it writes on nobody.
    slapd.modify(&group("devs"), joins("ann")).await;
    let filter = format!("(memberOf={})", group("devs"));
    let settings = [("PORTUS_LDAP_FILTER", filter.as_str())];
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    enrolled(&service, "ann").await;
    is_refused(&docker(&service, "bob", &password("bob")).await, WRONG);
    slapd.modify(&group("devs"), leaves("ann")).await;
    service.app.passwords.forget();
    is_refused(&docker(&service, "ann", &password("ann")).await, WRONG);
}

#[actix_web::test]
async fn nothing_that_is_typed_is_taken_for_more_than_a_name_and_a_password() {
    let strange = "o(d*d)\\e";
    let slapd = Slapd::builder()
        .person("ann")
        .entry(
            &format!("uid=o(d*d)\\5Ce,ou=people,{SUFFIX}"),
            &person(strange, ""),
        )
        .start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let right = password("ann");
    let padded = format!("{right}\0");
    let names = [
        "*",
        "a*",
        "ann*",
        "*)(uid=*",
        "ann)(objectClass=*",
        "ann)(|(uid=*",
        "(ann)",
        "\\61nn",
        "ann\\",
        "ann\0",
        "\0ann",
        "ann\n",
        " ann",
        "ann ",
        "uid=ann",
        "ａｎｎ\u{200b}",
        "",
    ];
    for name in names {
        is_refused(&docker(&service, name, &right).await, WRONG);
        let answer = sign_in(&service, name, &right).await;
        assert!(answer.body.contains(WRONG), "{name:?}: {}", answer.body);
    }
    for secret in ["", " ", "\0", "*", "x\0", &padded] {
        is_refused(&docker(&service, "ann", secret).await, WRONG);
    }
    let megabyte = "x".repeat(1 << 20);
    for (name, secret) in [("ann", &megabyte), (&megabyte, &right)] {
        let answer = sign_in(&service, name, secret).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }
    assert_eq!(service.count("users WHERE username <> 'portus'").await, 0);
    // None of it was a bind without a password, which servers call a success.
    assert_eq!(slapd.asked("BIND dn=\"\""), 0, "{}", slapd.running().log());
    let entry = enrolled_as(&service, strange).await;
    assert_eq!(entry.username, strange);
}

async fn enrolled_as(service: &Service, name: &str) -> user::Model {
    service.app.throttle.forget();
    enrolled(service, name).await
}

#[actix_web::test]
async fn a_local_account_keeps_its_password_and_the_directory_never_sees_it() {
    let slapd = Slapd::builder().person("ann").person("robot").start();
    let setting = ("PORTUS_PASSWORD", "a secret of our own");
    let service = service(TestDatabase::sqlite(), &slapd, &[setting]).await;
    service.user("noller").await;
    // Made at the shell, beside the directory's.
    service.user("ann").await;
    let robot = service.bot("robot").await;
    let before = slapd.running().log().len();
    is_in(&docker(&service, "noller", PASSWORD).await);
    is_in(&docker(&service, "portus", setting.1).await);
    is_in(&docker(&service, "ann", PASSWORD).await);
    is_refused(&docker(&service, "noller", "wrong").await, WRONG);
    is_refused(&docker(&service, "ann", &password("ann")).await, WRONG);
    is_refused(&docker(&service, "robot", &password("robot")).await, WRONG);
    is_refused(&docker(&service, "robot", PASSWORD).await, WRONG);
    let token = service.token_of(&robot, "ci").await;
    is_in(&docker(&service, "robot", &token).await);
    assert_eq!(
        slapd.running().log().len(),
        before,
        "it was asked something"
    );
}

#[actix_web::test]
async fn a_password_that_was_stored_once_is_worth_nothing() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    service.admin("root").await;
    let ann = enrolled(&service, "ann").await;
    let old = service.app.passwords.hash("an old password").await.unwrap();
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(old))
        .filter(user::Column::Id.eq(ann.id))
        .exec(service.app.database.reader())
        .await
        .unwrap();
    users::set_enabled(&service.app, &Actor::Operator, ann.id, false)
        .await
        .unwrap();
    users::set_enabled(&service.app, &Actor::Operator, ann.id, true)
        .await
        .unwrap();
    is_refused(&docker(&service, "ann", "an old password").await, WRONG);
    let request = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}&account=portus"))
        .insert_header(("Authorization", basic(("ann", "an old password"))));
    is_refused(&service.call(request).await, WRONG);
    is_in(&docker(&service, "ann", &password("ann")).await);
}

#[actix_web::test]
async fn wrong_passwords_of_the_directory_are_counted_and_the_right_one_is_forgotten_soon() {
    let slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    enrolled(&service, "ann").await;
    for n in 0..9 {
        let answer = docker(&service, "ann", &format!("guess {n}")).await;
        assert_eq!(answer.status.as_u16(), 401);
    }
    is_refused(
        &docker(&service, "ann", "guess 9").await,
        "Your account is locked.",
    );
    is_refused(
        &docker(&service, "ann", &password("ann")).await,
        "Your account is locked.",
    );
    // The same wrong one twice is one, and asks the directory once.
    let other = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}"))
        .peer_addr("192.0.2.7:1".parse().unwrap())
        .insert_header(("Authorization", basic(("ann", "typo"))));
    let again = TestRequest::get()
        .uri(&format!("/v2/token?service={SERVICE}"))
        .peer_addr("192.0.2.7:1".parse().unwrap())
        .insert_header(("Authorization", basic(("ann", "typo"))));
    is_refused(&service.call(other).await, WRONG);
    let asked = slapd.asked("BIND dn=\"uid");
    is_refused(&service.call(again).await, WRONG);
    assert_eq!(slapd.asked("BIND dn=\"uid"), asked);
}

#[actix_web::test]
async fn whoever_is_found_below_the_admins_base_is_one() {
    let zoe = format!("uid=zoe,ou=admins,{SUFFIX}");
    let slapd = Slapd::builder()
        .person("ann")
        .entry(&zoe, &person("zoe", "mail: zoe@mail.example.org\n"))
        .start();
    let base = format!("ou=admins,{SUFFIX}");
    let settings = [
        ("PORTUS_LDAP_ADMIN_BASE", base.as_str()),
        ("PORTUS_FIRST_USER_ADMIN_ENABLED", "false"),
        ("PORTUS_LDAP_GUESS_EMAIL_ENABLED", "true"),
        ("PORTUS_LDAP_GUESS_EMAIL_ATTR", "MAIL"),
        ("PORTUS_LDAP_FILTER", "objectClass=inetOrgPerson"),
    ];
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    assert!(!enrolled(&service, "ann").await.admin);
    let zoe = enrolled(&service, "zoe").await;
    assert!(zoe.admin);
    assert_eq!(zoe.email.as_deref(), Some("zoe@mail.example.org"));
}

#[actix_web::test]
async fn a_guessed_address_of_somebody_else_is_left_out() {
    let slapd = Slapd::builder().person("ann").start();
    let guess = [("PORTUS_LDAP_GUESS_EMAIL_ENABLED", "true")];
    let service = service(TestDatabase::sqlite(), &slapd, &guess).await;
    // `noller` has it.
    let noller = service.user("noller").await;
    let changes = users::UserChanges {
        email: Some("ann@example.org".to_owned()),
        ..Default::default()
    };
    users::update(&service.app, &Actor::Operator, noller.id, changes)
        .await
        .unwrap();
    assert_eq!(enrolled(&service, "ann").await.email, None);
}

#[actix_web::test]
async fn a_name_with_several_entries_is_nobodys() {
    let slapd = Slapd::builder()
        .person("ann")
        .entry(&format!("uid=ann,ou=admins,{SUFFIX}"), &person("ann", ""))
        .start();
    let service = service(
        TestDatabase::sqlite(),
        &slapd,
        &[("PORTUS_LDAP_BASE", SUFFIX)],
    )
    .await;
    is_refused(&docker(&service, "ann", &password("ann")).await, WRONG);
}

#[actix_web::test]
async fn where_anybody_may_search_no_account_is_needed_for_it() {
    let slapd = Slapd::builder().person("ann").anonymous().start();
    let settings = [("PORTUS_LDAP_AUTHENTICATION_ENABLED", "false")];
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    is_refused(&docker(&service, "ann", "wrong").await, WRONG);
    is_refused(&docker(&service, "bob", "wrong").await, WRONG);
    enrolled(&service, "ann").await;
    assert_eq!(slapd.asked(&format!("BIND dn=\"{READER}\"")), 0);
    // Nobody's password opens what the directory lets anybody read.
    assert_eq!(docker(&service, "ann", "").await.status.as_u16(), 401);
}
