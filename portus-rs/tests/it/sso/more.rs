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

        // The password alone neither lets in nor links.
        let mut ann = Browser::default();
        assert_eq!(location(&sso.enter(&mut ann).await), "/users/oauth");
        let half = ann.post(service, "/users/oauth", &[("user[password]", PASSWORD)]).await;
        assert_eq!(location(&half), CODE);
        let first = ticket(&ann.get(service, CODE).await);
        // The page can be loaded again.
        ticket(&ann.get(service, CODE).await);
        assert_eq!(ann.who(service).await, None);
        let wrong = [("ticket", first.as_str()), ("user[code]", "000000")];
        assert_eq!(ann.post(service, CODE, &wrong).await.status, 422);
        assert_eq!(ann.who(service).await, None);
        assert_eq!(service.count("identities").await, 0, "it is not linked yet");
        service.app.clock.advance(TimeDelta::seconds(30));
        let code = own.code(service);
        let right = [("ticket", first.as_str()), ("user[code]", code.as_str())];
        assert_eq!(location(&ann.post(service, CODE, &right).await), "/");
        assert_eq!(ann.who(service).await.as_deref(), Some("ann"));
        assert_eq!(ann.cookies.get("_portus_sign_in"), None, "the way through the provider is over");
        assert_eq!(audited(service, "user:link").await["proof"], "password");
        let method = audited(service, "session:create").await["method"].to_string();
        assert!(method.contains(OPENID) && method.contains(", "), "{method}");
        assert_eq!(service.count("sessions WHERE identity_id IS NOT NULL").await, 1, "it is known where from");

        // And so every time, on the way to a page.
        let mut again = Browser::default();
        let url = again.leave_for(service, OPENID, "/teams").await;
        let back = sso.provider.visit(&url).await;
        let here = location(&again.get(service, &back).await).to_owned();
        assert_eq!(here, "/users/sign_in/code?return_to=%2Fteams");
        let half = again.get(service, &here).await;
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
        let here = location(&sso.enter(&mut late).await).to_owned();
        let third = ticket(&late.get(service, &here).await);
        let known = identity::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        identities::unlink(&service.app, &Actor::Operator, known.id).await.unwrap();
        let unlinked = [("ticket", third.as_str()), ("user[code]", own.codes[1].as_str())];
        assert_eq!(late.post(service, CODE, &unlinked).await.status, 422);
        assert_eq!(late.who(service).await, None);

        // Nobody who comes along with nothing, or for too long, is asked for anything.
        assert_eq!(location(&Browser::default().get(service, CODE).await), "/users/sign_in");
        service.app.clock.advance(TimeDelta::minutes(6));
        assert_eq!(location(&late.get(service, CODE).await), "/users/sign_in");
        assert_eq!(late.cookies.get("_portus_sign_in"), None);
    }
}
