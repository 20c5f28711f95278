//! Accounts that ask for more than a provider's word.

use chrono::TimeDelta;
use portus_rs::{actions::identities, entities::identity, identity::actor::Actor};
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::{Browser, OPENID, Sso, audited, location};
use crate::{
    accounts::{Page, second_factor::Authenticator},
    support::{
        databases::on_every_database,
        service::{Answer, PASSWORD},
    },
};

const CODE: &str = "/users/sign_in/code";

/// What the page for the rest is given to know by whom it is filled in.
fn ticket(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, rest) = answer.body.split_once("name=\"ticket\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

on_every_database! {
    async fn a_provider_alone_opens_nothing_where_there_is_a_second_factor(database: TestDatabase) {
        let sso = Sso::with(database, &[]).await;
        let service = &sso.service;
        service.user("ann").await;
        let page = Page::signed_in(service, "ann").await;
        let own = Authenticator::set_up(service, &page).await;
        sso.person(json!({"sub": "9", "email": "ann@example.org", "email_verified": true}));

        // Linked by the password, and still not in.
        let mut ann = Browser::default();
        assert_eq!(location(&sso.enter(&mut ann).await), "/users/oauth");
        let half = ann.post(service, "/users/oauth", &[("user[password]", PASSWORD)]).await;
        let first = ticket(&half);
        assert_eq!(ann.who(service).await, None);
        assert_eq!(ann.cookies.get("_portus_sign_in"), None, "the way through the provider is over");
        let wrong = [("ticket", first.as_str()), ("user[code]", "000000")];
        assert_eq!(ann.post(service, CODE, &wrong).await.status, 422);
        assert_eq!(ann.who(service).await, None);
        service.app.clock.advance(TimeDelta::seconds(30));
        let code = own.code(service);
        let right = [("ticket", first.as_str()), ("user[code]", code.as_str())];
        assert_eq!(location(&ann.post(service, CODE, &right).await), "/");
        assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
        let method = audited(service, "session:create").await["method"].to_string();
        assert!(method.contains(OPENID) && method.contains(", "), "{method}");
        assert_eq!(service.count("sessions WHERE identity_id IS NOT NULL").await, 1, "it is known where from");

        // And so every time, on the way to a page.
        let mut again = Browser::default();
        let url = again.leave_for(service, OPENID, "/teams").await;
        let back = sso.provider.visit(&url).await;
        let half = again.get(service, &back).await;
        assert!(half.body.contains("name=\"return_to\" value=\"/teams\""), "{}", half.body);
        assert_eq!(again.who(service).await, None);
        let second = ticket(&half);
        let recovery = [
            ("ticket", second.as_str()),
            ("user[code]", own.codes[0].as_str()),
            ("return_to", "/teams"),
        ];
        assert_eq!(location(&again.post(service, CODE, &recovery).await), "/teams");
        assert_eq!(again.who(service).await.as_deref(), Some("ann"));

        // What the provider said counts no longer than the link.
        let mut late = Browser::default();
        let third = ticket(&sso.enter(&mut late).await);
        let known = identity::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        identities::unlink(&service.app, &Actor::Operator, known.id).await.unwrap();
        let unlinked = [("ticket", third.as_str()), ("user[code]", own.codes[1].as_str())];
        assert_eq!(late.post(service, CODE, &unlinked).await.status, 422);
        assert_eq!(late.who(service).await, None);
    }
}
