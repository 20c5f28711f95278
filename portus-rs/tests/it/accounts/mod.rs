//! Accounts that people make, lose and get back by themselves.

mod mail;
mod resets;
mod sign_up;

use actix_web::test::TestRequest;
use portus_rs::actions::mails;

use crate::support::{
    databases::TestDatabase,
    service::{Answer, Service},
    smtpd::Smtpd,
};

/// A service that sends its mail through this server.
async fn mailing(database: TestDatabase, server: &Smtpd, more: &[(&str, &str)]) -> Service {
    let settings = server.settings(more);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Service::with(database, &settings).await
}

/// Asks for a letter about a forgotten password.
async fn forgotten(service: &Service, email: &str) -> Answer {
    let request = TestRequest::post()
        .uri("/users/password.json")
        .set_form([("user[email]", email)]);
    service.call(request).await
}

/// Asks for it, has it sent, and returns the secret in its link.
async fn link(service: &Service, server: &Smtpd, email: &str) -> String {
    assert!(forgotten(service, email).await.status.is_success());
    let sent = mails::send_due(&service.app).await.unwrap();
    assert_eq!((sent.sent, sent.put_off, sent.given_up), (1, 0, 0));
    let letters = server.letters();
    let text = letters.last().unwrap()["text"].as_str().unwrap().to_owned();
    let link = text
        .lines()
        .find(|line| line.starts_with("https://"))
        .unwrap();
    let link = link.strip_prefix("https://portus.test/users/password/edit?reset_password_token=");
    link.unwrap().to_owned()
}
