//! Many who leave the directory at once: more likely its answers are wrong.

use actix_web::{http::Method, test::TestRequest};
use portus_rs::{actions::departures, entities::user, error::Error, identity::actor::Actor, jobs};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;

use super::{account, docker, enrolled, is_in, run, service};
use crate::{
    api::sessions::Browser,
    support::{
        databases::{TestDatabase, on_every_database},
        service::Service,
        slapd::{Slapd, dn, password},
    },
};

const PEOPLE: [&str; 12] = [
    "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11",
];

fn company() -> Slapd {
    let people = PEOPLE
        .iter()
        .fold(Slapd::builder(), |slapd, name| slapd.person(name));
    people.group("crew", &PEOPLE).start()
}

/// Everybody has been here; the first by docker, the others by a row, which takes less time.
async fn inhabited(database: TestDatabase, slapd: &Slapd) -> Service {
    let service = service(database, slapd, &[]).await;
    let first = enrolled(&service, "p0").await;
    for name in &PEOPLE[1..] {
        let row = user::ActiveModel {
            id: sea_orm::ActiveValue::NotSet,
            username: Set((*name).to_owned()),
            canonical_name: Set((*name).to_owned()),
            email: Set(None),
            admin: Set(false),
            ..first.clone().into_active_model().reset_all()
        };
        user::Entity::insert(row)
            .exec(service.app.database.reader())
            .await
            .unwrap();
    }
    service
}

async fn look(service: &Service) -> Result<(), Error> {
    jobs::run_by_hand(&service.app, "ldap-accounts").await
}

async fn gone(service: &Service) -> i64 {
    service
        .count("users WHERE directory_gone_at IS NOT NULL")
        .await
}

async fn leaves(slapd: &Slapd, names: &[&str]) {
    for name in names {
        slapd.remove(&dn(name)).await;
    }
}

on_every_database! {
    async fn a_directory_that_is_emptied_shuts_nobody_out_until_a_person_says_so(database: TestDatabase) {
        let slapd = company();
        let service = inhabited(database, &slapd).await;
        let root = service.admin("root").await;
        let crew = service.team("crew", &root).await;
        run(&service, "ldap-groups").await;
        let members = format!("team_users WHERE team_id = {}", crew.id);
        assert_eq!(service.count(&members).await, 13);
        let token = service.token_of(&account(&service, "p11").await.unwrap(), "ci").await;
        let browser = Browser::signed_in(&service, "root").await;
        let health = || TestRequest::get().uri("/api/v1/health");
        let confirm = |browser: &Browser| TestRequest::post()
            .uri("/admin/ldap/confirm")
            .insert_header(("Cookie", browser.cookie()))
            .set_form([("authenticity_token", browser.csrf.as_str())]);

        // One who leaves is out by the next look.
        leaves(&slapd, &["p0"]).await;
        look(&service).await.unwrap();
        assert_eq!(gone(&service).await, 1);
        assert_eq!(service.call(confirm(&browser)).await.status, 303, "there is nothing to confirm");
        assert_eq!(service.count("activities WHERE activities.key = 'user:confirm_gone'").await, 0);

        leaves(&slapd, &PEOPLE[1..]).await;
        for _ in 0..3 {
            let held = look(&service).await.unwrap_err().to_string();
            assert!(held.contains("11 of its 11 accounts"), "{held}");
            assert!(held.contains("ldap.base") && held.contains("ldap:confirm"), "{held}");
        }
        service.app.clock.advance(chrono::TimeDelta::hours(2));
        let held = jobs::run_by_hand(&service.app, "ldap-groups").await.unwrap_err().to_string();
        assert!(held.contains("11 of 11 people are missing"), "{held}");
        assert_eq!(gone(&service).await, 1);
        assert_eq!(service.count(&members).await, 13, "no group takes anything away");
        is_in(&docker(&service, "p11", &token).await);
        let sick = service.call(health()).await.json();
        assert_eq!(sick["ldap"]["success"], json!(false), "{sick}");
        let page = service.call(browser.request(Method::GET, "/admin")).await;
        assert!(page.body.contains("does not have 11 of its 11 accounts"), "{}", page.body);

        // Back again: nothing is held any more.
        for name in &PEOPLE[1..] {
            slapd.add_person(name).await;
        }
        look(&service).await.unwrap();
        let page = service.call(browser.request(Method::GET, "/admin")).await;
        assert!(!page.body.contains("does not have"), "{}", page.body);
        assert_eq!(gone(&service).await, 1);

        leaves(&slapd, &PEOPLE[1..]).await;
        look(&service).await.unwrap_err();
        let mallory = service.user("mallory").await;
        let refused = departures::confirm(&service.app, &Service::actor(&mallory)).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        look(&service).await.unwrap_err();
        assert_eq!(service.call(confirm(&browser)).await.status, 303);
        look(&service).await.unwrap();
        assert_eq!(gone(&service).await, 12);
        assert_eq!(docker(&service, "p11", &token).await.status, 401);
        assert_eq!(service.count("activities WHERE activities.key = 'user:confirm_gone'").await, 1);
        look(&service).await.unwrap();
        assert_eq!(service.count("settings WHERE name = 'ldap_departures'").await, 0);
    }
}

/// A word counts for those who were told, not for more.
#[actix_web::test]
async fn who_confirms_some_has_not_confirmed_all() {
    let slapd = company();
    let service = inhabited(TestDatabase::sqlite(), &slapd).await;
    leaves(&slapd, &PEOPLE[..11]).await;
    look(&service).await.unwrap_err();
    departures::confirm(&service.app, &Actor::Operator)
        .await
        .unwrap();
    leaves(&slapd, &PEOPLE[11..]).await;
    let held = look(&service).await.unwrap_err().to_string();
    assert!(held.contains("12 of its 12"), "{held}");
    assert_eq!(gone(&service).await, 0);
    departures::confirm(&service.app, &Actor::Operator)
        .await
        .unwrap();
    look(&service).await.unwrap();
    assert_eq!(gone(&service).await, 12);
    assert_eq!(docker(&service, "p1", &password("p1")).await.status, 401);
}
