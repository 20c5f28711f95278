//! People whose passwords are not ours, accounts that are no people, and what asking costs.

use portus_rs::{actions::passkeys, error::Error, jobs};

use super::{
    Browser, CONFIRM, DOOR, Page, Service, TestDatabase, TestRequest, add, enter_alone, is_in,
    is_refused, sign_in,
};
use crate::support::slapd::{Slapd, dn, password};

#[actix_web::test]
async fn people_of_the_directory_have_passkeys_as_long_as_it_has_them() {
    let slapd = Slapd::builder().person("ann").start();
    let mut settings = slapd.settings();
    settings.push(("PORTUS_OAUTH_LOCAL_LOGIN_ENABLED", "false".to_owned()));
    let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let service = Service::with(TestDatabase::sqlite(), &settings).await;
    let page = Page(Browser::of(
        &sign_in(&service, "ann", &password("ann")).await,
    ));
    let wrong = [("confirm[password]", "wrong")];
    let wrong = page.send(&service, "post", CONFIRM, &wrong).await;
    is_refused(&wrong, "Invalid Username or password.");
    let right = password("ann");
    let right = [("confirm[password]", right.as_str())];
    let right = page.send(&service, "post", CONFIRM, &right).await;
    assert_eq!(right.status, 303, "{}", right.body);
    let (mut own, done) = add(&service, &page, "laptop").await;
    assert_eq!(done.status, 200, "{}", done.body);
    is_in(&enter_alone(&service, &mut own).await);
    slapd.remove(&dn("ann")).await;
    jobs::run_by_hand(&service.app, "ldap-accounts")
        .await
        .unwrap();
    let gone = enter_alone(&service, &mut own).await;
    is_refused(&gone, "This user is not in the LDAP directory any more.");
}

#[actix_web::test]
async fn bots_have_no_passkeys() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let bot = Service::actor(&service.bot("robot").await);
    let address = "192.0.2.1".parse().unwrap();
    let refused = passkeys::begin(&service.app, &bot, None, address).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
}

#[actix_web::test]
async fn one_address_asks_a_hundred_times_and_not_without_end() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let ask = || {
        let request = TestRequest::post()
            .uri("/users/sign_in/passkey/challenge")
            .insert_header(("X-Forwarded-Proto", "https"));
        service.call(request.insert_header(("X-Forwarded-For", "198.51.100.7")))
    };
    for _ in 0..100 {
        assert_eq!(ask().await.status, 200);
    }
    let held = ask().await;
    assert_eq!(held.status, 429);
    assert!(
        held.json()["error"]
            .as_str()
            .unwrap()
            .contains("Too many attempts")
    );
    assert_eq!(service.count("passkey_challenges").await, 100);
    let other = TestRequest::post().uri(&format!("{DOOR}/challenge"));
    assert_eq!(service.call(other).await.status, 200, "others go on");
}
