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
    async fn whoever_has_no_password_shows_themselves_by_coming_from_their_provider(database: TestDatabase) {
        let sso = Sso::with(database, &[("PORTUS_OAUTH_RECHECK_UNASKED", "60")]).await;
        let service = &sso.service;
        let mut ann = sso.register("1", "ann").await;
        let send = async |ann: &mut Browser, method: &str, path: &str, field: (&str, &str)| {
            let session = ann.get(service, "/api/v1/session").await.json();
            let csrf = session["csrf_token"].as_str().unwrap().to_owned();
            let form = [("_method", method), ("authenticity_token", csrf.as_str()), field];
            ann.post(service, path, &form).await
        };
        let set_up = ("post", "/users/second_factor", ("", ""));
        let (gate, here) = ("/users/passkeys?then=factor", "/users/second_factor");
        let address = |name| ("put", "/users", ("user[email]", name));
        let moved = async |name: &str| service.count(&format!("users WHERE email = '{name}'")).await == 1;

        // She has just come from there.
        let begun = send(&mut ann, set_up.0, set_up.1, set_up.2).await;
        assert_eq!(location(&begun), here);
        let (method, path, field) = address("one@ann.example");
        send(&mut ann, method, path, field).await;
        assert!(moved("one@ann.example").await);

        service.app.clock.advance(TimeDelta::minutes(10));
        sso.provider.state().now += 600;
        let begun = send(&mut ann, set_up.0, set_up.1, set_up.2).await;
        assert_eq!(location(&begun), gate);
        let page = ann.get(service, gate).await.body;
        assert!(page.contains("action=\"/users/auth/openid_connect\""), "{page}");
        assert!(page.contains("name=\"return_to\" value=\"/users/edit\""), "{page}");
        assert!(!page.contains("confirm[password]"), "nobody knows it: {page}");
        let (method, path, field) = address("two@ann.example");
        let refused = send(&mut ann, method, path, field).await;
        assert!(refused.body.contains("Please show first that it is you"), "{}", refused.body);
        assert!(!moved("two@ann.example").await);
        let profile = ann.get(service, "/users/edit").await.body;
        assert!(profile.contains("sign in through your provider"), "{profile}");
        assert!(!profile.contains("user[current_password]"), "{profile}");

        assert_eq!(location(&sso.enter(&mut ann).await), "/");
        send(&mut ann, method, path, field).await;
        assert!(moved("two@ann.example").await);
        let begun = send(&mut ann, set_up.0, set_up.1, set_up.2).await;
        assert_eq!(location(&begun), here);
        // Who has come from there and knows a password shows that one.
        service.user("bob").await;
        sso.person(json!({"sub": "2", "email": "bob@example.org", "email_verified": true}));
        let mut bob = Browser::default();
        sso.enter(&mut bob).await;
        bob.post(service, "/users/oauth", &[("user[password]", PASSWORD)]).await;
        assert_eq!(bob.who(service).await.as_deref(), Some("bob"));
        assert_eq!(location(&send(&mut bob, set_up.0, set_up.1, set_up.2).await), gate);
        assert!(bob.get(service, gate).await.body.contains("confirm[password]"));
    }

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
