//! Accounts that people make, lose and get back by themselves.

mod homes;
mod mail;
mod passkeys;
mod profile;
mod resets;
pub mod second_factor;
mod sign_up;

use std::process::Command;

use actix_web::{http::Method, test::TestRequest};
use chrono::NaiveDateTime;
use portus_rs::actions::mails;
use serde_json::json;

use crate::{
    api::sessions::Browser,
    support::{
        databases::TestDatabase,
        process::need_program,
        service::{Answer, Service},
        smtpd::Smtpd,
    },
};

/// A browser without scripts that is signed in and sends our own forms.
pub struct Page(Browser);

impl Page {
    pub async fn signed_in(service: &Service, name: &str) -> Self {
        Self(Browser::signed_in(service, name).await)
    }

    async fn get(&self, service: &Service, path: &str) -> Answer {
        self.0.get(service, path).await
    }

    /// With one more cookie.
    async fn get_with(&self, service: &Service, path: &str, cookie: &str) -> Answer {
        let cookies = format!("{}; {cookie}", self.0.cookie);
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("Cookie", cookies));
        service.call(request).await
    }

    /// A form that means this method.
    async fn send(
        &self,
        service: &Service,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut form = vec![
            ("_method", method),
            ("authenticity_token", self.0.csrf.as_str()),
        ];
        form.extend(fields);
        let request = self.0.request(Method::POST, path).set_form(form);
        service.call(request).await
    }

    /// The same without our token, as another site would send it.
    async fn forged(&self, service: &Service, method: &str, path: &str) -> Answer {
        let form = json!({"_method": method, "confirmation": "ann"});
        let request = self.0.request(Method::POST, path).set_form(form);
        service.call(request).await
    }
}

/// What an authenticator shows: Debian's own program, not our arithmetic.
pub fn oathtool(key: &str, now: NaiveDateTime) -> String {
    let now = now.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let output = Command::new(need_program("oathtool"))
        .args(["--totp", "--base32", "--now", &now, key])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

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
