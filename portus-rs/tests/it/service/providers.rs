//! What passes between us, identity providers, CI systems and the mail server is said in no log, at its most talkative.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Client, Method, Response, redirect::Policy};
use serde_json::json;

use crate::support::{
    databases::TestDatabase,
    provider::{CLIENT, Provider, SECRET},
    site::{PASSWORD, Site},
    smtpd::{LOGIN, Mode, Smtpd},
    wait::eventually,
};

const NEW: &str = "canary-new-password";

/// A browser outside of the process.
struct Browser {
    http: Client,
    url: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(url: String) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none());
        Self {
            http: http.build().unwrap(),
            url,
            cookies: BTreeMap::new(),
        }
    }

    async fn ask(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Response {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("Cookie", cookies.join("; "));
        if !form.is_empty() {
            request = request.form(form);
        }
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_providers_jobs_or_mail_is_ever_logged() {
    let now = portus_rs::clock::Clock::default().now();
    let (provider, mail) = (Provider::start(now), Smtpd::start(Mode::Login));
    provider.state().offline = true;
    let ca = mail.ca_file().display().to_string();
    let login = [
        ("PORTUS_EMAIL_SMTP_USER_NAME", LOGIN.0),
        ("PORTUS_EMAIL_SMTP_PASSWORD", LOGIN.1),
        ("PORTUS_EMAIL_SMTP_AUTHENTICATION", "plain"),
        ("PORTUS_EMAIL_SMTP_ENABLE_STARTTLS_AUTO", "true"),
        ("PORTUS_EMAIL_SMTP_OPENSSL_VERIFY_MODE", "peer"),
        ("PORTUS_EMAIL_SMTP_CA_FILE", ca.as_str()),
    ];
    let mut builder = Site::builder()
        .env("PORTUS_LOG_LEVEL", "debug")
        .env("PORTUS_WORKLOAD_IDENTITY_ALLOW_HOSTS", "127.0.0.1")
        .env("PORTUS_OAUTH_OPENID_CONNECT_ENABLED", "true")
        .env("PORTUS_OAUTH_OPENID_CONNECT_ISSUER", &provider.url)
        .env("PORTUS_OAUTH_OPENID_CONNECT_IDENTIFIER", CLIENT)
        .env("PORTUS_OAUTH_OPENID_CONNECT_SECRET", SECRET);
    for (name, value) in mail.settings(&login) {
        builder = builder.env(name, &value);
    }
    let site = builder.start(TestDatabase::sqlite()).await;
    let mut browser = Browser::new(site.portus.url());

    // Somebody enters through the provider.
    provider.state().person =
        json!({"sub": "1", "email": "ann@example.org", "email_verified": true});
    let begin = [("return_to", "")];
    let page = browser
        .ask(Method::POST, "/users/auth/openid_connect", &begin)
        .await;
    let page = page.text().await.unwrap();
    let away = page.split("0;url=").nth(1).unwrap().split('"').next();
    let away = away.unwrap().replace("&amp;", "&");
    let back = provider.visit(&away).await;
    let answer = browser.ask(Method::GET, &back, &[]).await;
    assert_eq!(answer.headers()["location"], "/users/oauth");
    let name = [("user[username]", "ann"), ("user[display_name]", "")];
    let answer = browser.ask(Method::POST, "/users/oauth", &name).await;
    assert_eq!(answer.status().as_u16(), 303);
    let flow = browser.cookies.clone();
    // What comes a second time, or is made up, is refused, and said so.
    browser.ask(Method::GET, &back, &[]).await;
    let made_up = "/users/auth/openid_connect/callback?code=canary-code&state=canary-state";
    browser.ask(Method::GET, made_up, &[]).await;

    // A job enters.
    let team = site.post("/api/v1/teams", json!({"name": "apps"})).await;
    let bots = format!("/api/v1/teams/{}/bots", team["id"]);
    let bot = site
        .post(
            &bots,
            json!({"bot": {"username": "ci", "role": "contributor"}}),
        )
        .await;
    let trusts = format!("/api/v1/bots/{}/trusts", bot["id"]);
    let trust = json!({"name": "ci", "issuer": provider.url, "audience": "portus.test", "claims": ["sub=main"]});
    site.post(&trusts, trust).await;
    let url = site.portus.url();
    let claims = |audience: &str, id: &str| json!({"sub": "main", "aud": audience, "jti": id});
    let good = provider.job_token(&claims("portus.test", "1"));
    let other = provider.job_token(&claims("another", "2"));
    let answer = site.ask_token(&url, "ci", &good, "").await;
    assert_eq!(answer.status().as_u16(), 200);
    let answer = site.ask_token(&url, "ci", &other, "").await;
    assert_eq!(answer.status().as_u16(), 401);

    // Somebody has forgotten a password.
    site.user("bob").await;
    let mut bob = Browser::new(site.portus.url());
    let asked = [("user[email]", "bob@example.com")];
    bob.ask(Method::POST, "/users/password.json", &asked).await;
    let limit = Duration::from_mins(1);
    eventually("the letter is there", limit, || async {
        !mail.letters().is_empty()
    })
    .await;
    let text = mail.letters()[0]["text"].as_str().unwrap().to_owned();
    let reset = text.split("reset_password_token=").nth(1).unwrap();
    let reset = reset.split_whitespace().next().unwrap();
    let edit = format!("/users/password/edit?reset_password_token={reset}");
    assert_eq!(
        bob.ask(Method::GET, &edit, &[]).await.status().as_u16(),
        200
    );
    let form = [
        ("_method", "put"),
        ("user[reset_password_token]", reset),
        ("user[password]", NEW),
        ("user[password_confirmation]", NEW),
    ];
    let answer = bob.ask(Method::POST, "/users/password", &form).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());

    let log = site.portus.log();
    assert!(
        log.contains("an answer of openid_connect counts for nothing")
            && log.contains("sent 1 letters"),
        "it is talkative enough: {log}"
    );
    let code = back.split("code=").nth(1).unwrap();
    let code = code.split('&').next().unwrap();
    let state = back.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let given = provider.state().given.clone();
    assert!(
        given.len() >= 3,
        "access, identity, and what renews: {given:?}"
    );
    let mut secrets = vec![
        SECRET.to_owned(),
        LOGIN.1.to_owned(),
        PASSWORD.to_owned(),
        NEW.to_owned(),
        "canary".to_owned(),
        code.to_owned(),
        state.to_owned(),
        reset.to_owned(),
        signature(&good),
        signature(&other),
    ];
    secrets.extend(given.iter().map(|it| signature(it)));
    secrets.extend(
        flow.into_values()
            .chain(bob.cookies.into_values())
            .filter(|it| it.len() >= 16),
    );
    for secret in secrets {
        let at = log.find(&secret).map(|at| &log[at.saturating_sub(200)..at]);
        assert!(at.is_none(), "{secret} is logged after: {at:?}");
    }
}
