//! Passkeys that go: by their owner, who shows again that it is them, or with everything by an admin.

use actix_web::test::TestRequest;
use serde_json::json;

use super::{
    Answer, Asked, Browser, CONFIRM, PASSWORD, Page, Service, add, answer, ask, enter_alone, id_of,
    is_in, is_refused, on_every_database, passkey_id, sign_in, somebody, told,
};
use crate::accounts::second_factor;

/// Shows a code, or the password.
async fn show(service: &Service, page: &Page, what: &str, value: &str) -> Answer {
    let field = format!("confirm[{what}]");
    page.send(service, "post", CONFIRM, &[(field.as_str(), value)])
        .await
}

on_every_database! {
    async fn the_last_passkey_takes_the_second_factor_along_and_the_others_do_not(database: TestDatabase) {
        let service = Service::on(database).await;
        let (page, mut first, codes) = somebody(&service, "ann").await;
        let (second, done) = add(&service, &page, "phone").await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_ne!(first.id(), second.id());
        assert_eq!(first.handle, second.handle, "authenticators know one account");
        service.app.clock.advance(chrono::TimeDelta::minutes(10));

        let path = format!("/users/passkeys/{}", passkey_id(&service, "phone").await);
        let early = page.send(&service, "delete", &path, &[]).await;
        assert_eq!(early.status, 303);
        assert_eq!(service.count("passkeys").await, 2, "not without showing who it is");
        is_refused(&show(&service, &page, "password", PASSWORD).await, "Invalid Username or password.");
        is_refused(&show(&service, &page, "code", "000000").await, "The code is wrong");
        // With the passkey itself, and not with an answer that was meant for the door.
        let asked = Asked::at_the_door(&service, None).await;
        let signed = first.sign(&asked.options);
        let wrong = answer(&service, &page, CONFIRM, &asked.cookie, &[("passkey[answer]", &signed)]).await;
        is_refused(&wrong, "was answered already");
        let asked = Asked::of(&ask(&service, &page, CONFIRM).await);
        let signed = first.sign(&asked.options);
        let done = answer(&service, &page, CONFIRM, &asked.cookie, &[("passkey[answer]", &signed)]).await;
        assert_eq!(done.status, 303, "{}", done.body);
        page.send(&service, "delete", &path, &[]).await;
        assert_eq!(service.count("passkeys").await, 1);
        assert_eq!(sign_in(&service, "ann", PASSWORD).await.status, 401, "one is left");

        service.app.clock.advance(chrono::TimeDelta::minutes(10));
        assert_eq!(show(&service, &page, "code", &codes[0]).await.status, 303);
        let renewed = page.send(&service, "post", "/users/passkeys/codes", &[]).await;
        assert_eq!(renewed.body.matches("<li><code>").count(), 10, "{}", renewed.body);
        let stale = json!({"user": {"username": "ann", "password": PASSWORD, "code": codes[1]}});
        let stale = TestRequest::post().uri("/api/v1/session").set_json(&stale);
        assert_eq!(service.call(stale).await.status, 401, "the old ones are good no more");
        let path = format!("/users/passkeys/{}", passkey_id(&service, "laptop").await);
        page.send(&service, "delete", &path, &[]).await;
        assert_eq!(service.count("passkeys").await, 0);
        assert_eq!(service.count("recovery_codes").await, 0);
        Browser::of(&sign_in(&service, "ann", PASSWORD).await);
        is_refused(&enter_alone(&service, &mut first).await, "This passkey is not known here.");
        assert_eq!(told(&service, "passkey:destroy").await, 2);
    }

    async fn codes_and_passkeys_go_one_by_one(database: TestDatabase) {
        let service = Service::on(database).await;
        let (page, mut own, _) = somebody(&service, "ann").await;
        let authenticator = second_factor::Authenticator::set_up(&service, &page).await;
        let code = [("second_factor[code]", authenticator.codes[0].as_str())];
        page.send(&service, "delete", "/users/second_factor", &code).await;
        assert_eq!(service.count("second_factors").await, 0);
        assert_eq!(service.count("passkeys").await, 1, "it stays");
        assert_eq!(service.count("recovery_codes").await, 9, "and what one falls back on");
        assert_eq!(sign_in(&service, "ann", PASSWORD).await.status, 401);
        is_in(&enter_alone(&service, &mut own).await);
        // Who only has the session adds no authenticator of their own.
        service.app.clock.advance(chrono::TimeDelta::minutes(10));
        page.send(&service, "post", "/users/second_factor", &[]).await;
        assert_eq!(service.count("second_factors").await, 0);
    }

    async fn an_admin_takes_everything_off_somebody_who_has_lost_it(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, _) = somebody(&service, "ann").await;
        let (bob, ..) = somebody(&service, "bob").await;
        service.admin("root").await;
        let path = format!("/users/passkeys/{}", passkey_id(&service, "laptop").await);
        assert_eq!(bob.send(&service, "delete", &path, &[]).await.status, 404, "it is ann's");
        let path = format!("/admin/users/{}/second_factor", id_of(&service, "ann").await);
        assert_eq!(bob.send(&service, "delete", &path, &[]).await.status, 403);
        assert_eq!(service.count("passkeys").await, 2);
        let root = Page::signed_in(&service, "root").await;
        assert_eq!(root.send(&service, "delete", &path, &[]).await.status, 303);
        assert_eq!(service.count("passkeys").await, 1, "bob's");
        is_refused(&enter_alone(&service, &mut own).await, "This passkey is not known here.");
        Browser::of(&sign_in(&service, "ann", PASSWORD).await);
        assert_eq!(told(&service, "second_factor:destroy").await, 1);
    }
}
