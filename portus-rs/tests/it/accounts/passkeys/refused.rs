//! Answers of which something is wrong.

use std::mem;

use chrono::TimeDelta;
use portus_rs::{actions::users, identity::actor::Actor};

use super::{
    Answer, Asked, Authenticator, after_the_password, by_method, enter, enter_alone, id_of, is_in,
    is_refused, on_every_database, somebody, ticket, told,
};
use crate::support::service::Service;

const NOT_ACCEPTED: &str = "The passkey was not accepted.";

/// Signs in alone with an answer that is changed on its way.
async fn changed(
    service: &Service,
    own: &mut Authenticator,
    change: impl FnOnce(String) -> String,
) -> Answer {
    let asked = Asked::at_the_door(service, None).await;
    let signed = own.sign(&asked.options);
    enter(service, &asked.cookie, &change(signed), None).await
}

on_every_database! {
    async fn whatever_is_wrong_about_an_answer_lets_nobody_in(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, _) = somebody(&service, "ann").await;
        let (_, mut others, _) = somebody(&service, "bob").await;
        is_in(&enter_alone(&service, &mut own).await);

        for elsewhere in ["https://portus.test.example", "http://portus.test", "https://portus.test:8443"] {
            let mut own = own.clone();
            own.origin = elsewhere.to_owned();
            let refused = enter_alone(&service, &mut own).await;
            is_refused(&refused, "Passkeys do not work at this address");
        }
        own.verified = false;
        is_refused(&enter_alone(&service, &mut own).await, NOT_ACCEPTED);
        own.verified = true;
        // Somebody else's name on it, and somebody else's key under it.
        let theirs = mem::replace(&mut own.handle, others.handle.clone());
        is_refused(&enter_alone(&service, &mut own).await, NOT_ACCEPTED);
        own.handle = theirs;
        let (ours, foreign) = (own.id(), others.id());
        let forged = changed(&service, &mut others, |it| it.replace(&foreign, &ours)).await;
        is_refused(&forged, NOT_ACCEPTED);
        let mut nobodys = Authenticator::new();
        nobodys.handle.clone_from(&own.handle);
        is_refused(&enter_alone(&service, &mut nobodys).await, "This passkey is not known here.");
        for nothing in ["", "{}", "null", "[]"] {
            let refused = changed(&service, &mut own, |_| nothing.to_owned()).await;
            is_refused(&refused, "This passkey is not known here.");
        }

        // What was asked of another browser, or long ago.
        let (one, another) = (Asked::at_the_door(&service, None).await, Asked::at_the_door(&service, None).await);
        let signed = own.sign(&one.options);
        is_refused(&enter(&service, &another.cookie, &signed, None).await, NOT_ACCEPTED);
        is_refused(&enter(&service, "", &signed, None).await, "was answered already");
        service.app.clock.advance(TimeDelta::minutes(5));
        is_refused(&enter(&service, &one.cookie, &signed, None).await, "That took too long");
        // Guesses of a while ago count no more.
        service.app.clock.advance(TimeDelta::minutes(10));
        is_in(&enter_alone(&service, &mut own).await);
    }

    async fn a_counter_that_does_not_grow_is_refused_and_told(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, _) = somebody(&service, "ann").await;
        own.counter = 7;
        is_in(&enter_alone(&service, &mut own).await);
        let mut copy = own.clone();
        is_in(&enter_alone(&service, &mut own).await);
        let refused = enter_alone(&service, &mut copy).await;
        is_refused(&refused, "it may have been copied");
        assert_eq!((told(&service, "passkey:refuse").await, by_method(&service, "passkey").await), (1, 3));
        let failed = "activities WHERE activities.parameters LIKE '%\"passkey\":\"laptop\"%'";
        assert_eq!(service.count(failed).await, 2, "it was made, and it was refused");
        is_in(&enter_alone(&service, &mut own).await);
    }

    async fn who_guesses_is_held_back_like_with_passwords(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, _) = somebody(&service, "ann").await;
        own.verified = false;
        for _ in 0..10 {
            is_refused(&enter_alone(&service, &mut own).await, NOT_ACCEPTED);
        }
        own.verified = true;
        is_refused(&enter_alone(&service, &mut own).await, "Your account is locked.");
        service.app.clock.advance(TimeDelta::minutes(10));
        is_in(&enter_alone(&service, &mut own).await);
    }

    async fn who_is_shut_out_is_not_let_in_by_a_passkey(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, _) = somebody(&service, "ann").await;
        let ticket = ticket(&after_the_password(&service, "ann").await);
        let asked = Asked::at_the_door(&service, Some(&ticket)).await;
        let id = id_of(&service, "ann").await;
        users::set_enabled(&service.app, &Actor::Operator, id, false).await.unwrap();
        is_refused(&enter_alone(&service, &mut own).await, "this account has been disabled");
        let signed = own.sign(&asked.options);
        let beside = enter(&service, &asked.cookie, &signed, Some(&ticket)).await;
        is_refused(&beside, "this account has been disabled");
        assert_eq!(service.count("sessions").await, 0);
    }
}
