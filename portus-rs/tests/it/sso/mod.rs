//! Entering through identity providers, asked as browsers and programs ask.

mod certified;
mod entering;
mod forged;
mod groups;
mod leaving;
mod linking;
mod more;
mod others;
mod unlinking;
mod workload;

use std::collections::BTreeMap;

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};

use crate::support::{
    databases::TestDatabase,
    provider::{CLIENT, Provider, SECRET},
    service::{Answer, SERVICE, Service, basic, encoded},
};
use portus_rs::entities::user;

/// The way in that most tests use.
pub const OPENID: &str = "openid_connect";

/// A service with one OpenID Connect provider.
pub struct Sso {
    pub service: Service,
    pub provider: Provider,
}

/// Where the clock of the service stands in these tests; the provider's goes with it.
pub fn start_of_time() -> chrono::NaiveDateTime {
    portus_rs::clock::Clock::default().now()
}

impl Sso {
    pub async fn start() -> Self {
        Self::with(TestDatabase::sqlite(), &[]).await
    }

    pub async fn with(database: TestDatabase, more: &[(&str, &str)]) -> Self {
        let provider = Provider::start(start_of_time());
        let mut settings = vec![
            ("PORTUS_OAUTH_OPENID_CONNECT_ENABLED", "true"),
            ("PORTUS_OAUTH_OPENID_CONNECT_ISSUER", provider.url.as_str()),
            ("PORTUS_OAUTH_OPENID_CONNECT_IDENTIFIER", CLIENT),
            ("PORTUS_OAUTH_OPENID_CONNECT_SECRET", SECRET),
        ];
        settings.extend(more);
        let service = Service::with(database, &settings).await;
        Self { service, provider }
    }

    /// Whoever is logged in at the provider.
    pub fn person(&self, claims: Value) {
        self.provider.state().person = claims;
    }

    /// Goes all the way through the provider; the answer to the callback.
    pub async fn enter(&self, browser: &mut Browser) -> Answer {
        let back = self.back(browser).await;
        browser.get(&self.service, &back).await
    }

    /// Goes to the provider and gives the address that it sends the browser back to.
    pub async fn back(&self, browser: &mut Browser) -> String {
        let url = browser.leave(&self.service, OPENID).await;
        self.provider.visit(&url).await
    }

    /// Enters as somebody with a verified address, and registers under this name.
    pub async fn register(&self, subject: &str, name: &str) -> Browser {
        self.person(
            json!({"sub": subject, "email": format!("{name}@id.example"), "email_verified": true}),
        );
        let mut browser = Browser::default();
        let answer = self.enter(&mut browser).await;
        assert_eq!(location(&answer), "/users/oauth");
        let form = [("user[username]", name), ("user[display_name]", "")];
        let answer = browser.post(&self.service, "/users/oauth", &form).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        browser
    }
}

/// A browser with its cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    fn request(&self, method: Method, path: &str) -> TestRequest {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        TestRequest::with_uri(path)
            .method(method)
            .insert_header(("Cookie", cookies.join("; ")))
            .insert_header(("User-Agent", "Browser/1.0"))
    }

    async fn ask(&mut self, service: &Service, request: TestRequest) -> Answer {
        let answer = service.call(request).await;
        for set in answer.headers.get_all("set-cookie") {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn get(&mut self, service: &Service, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.ask(service, request).await
    }

    pub async fn post(&mut self, service: &Service, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).set_form(form);
        self.ask(service, request).await
    }

    /// Presses a provider's button; where the browser is sent.
    pub async fn leave(&mut self, service: &Service, key: &str) -> String {
        self.leave_for(service, key, "").await
    }

    /// The same on the way to a page.
    pub async fn leave_for(&mut self, service: &Service, key: &str, return_to: &str) -> String {
        let path = format!("/users/auth/{key}");
        let mut form = vec![("return_to", return_to)];
        let session = self.get(service, "/api/v1/session").await;
        let session = session.status.is_success().then(|| session.json());
        let token = session.as_ref().and_then(|it| it["csrf_token"].as_str());
        form.extend(token.map(|token| ("authenticity_token", token)));
        let answer = self.post(service, &path, &form).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        let start = answer.body.find("0;url=").expect("a way to go on") + "0;url=".len();
        let url = answer.body[start..].split('"').next().unwrap();
        url.replace("&amp;", "&")
    }

    /// Who is signed in, if anybody is.
    pub async fn who(&mut self, service: &Service) -> Option<String> {
        let answer = self.get(service, "/api/v1/session").await;
        answer.status.is_success().then(|| {
            answer.json()["user"]["username"]
                .as_str()
                .unwrap()
                .to_owned()
        })
    }

    /// What the login page says at the top, or the page for the first account when there is none.
    pub async fn told(&mut self, service: &Service) -> String {
        let mut page = self.get(service, "/users/sign_in").await;
        if page.status.is_redirection() {
            page = self.get(service, location(&page)).await;
        }
        let part = page.body.split("id=\"flashes\"").nth(1).unwrap();
        unescaped(part.split("<div class=\"card").next().unwrap())
    }
}

pub fn unescaped(text: &str) -> String {
    text.replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[track_caller]
pub fn location(answer: &Answer) -> &str {
    let found = answer.headers.get("location");
    found
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
        .to_str()
        .unwrap()
}

/// Runs the job that asks providers whether people are still theirs.
pub async fn ask_providers(service: &Service) -> Result<(), portus_rs::error::Error> {
    portus_rs::jobs::run_by_hand(&service.app, "identity-providers").await
}

/// What somebody has here besides a browser: an application token, and what docker made of it.
pub struct Docker {
    name: String,
    pub token: String,
    pub refresh: String,
}

impl Docker {
    /// Logs in with an application token of this account.
    pub async fn login(service: &Service, name: &str) -> Self {
        let who = account(service, name).await;
        let token = service.token_of(&who, "ci").await;
        let answer = offline(service, name, &token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        Self {
            name: name.to_owned(),
            token,
            refresh,
        }
    }

    /// What the application token is answered with.
    pub async fn shown(&self, service: &Service) -> Answer {
        offline(service, &self.name, &self.token).await
    }

    /// Whether what docker keeps is good.
    pub async fn renews(&self, service: &Service) -> bool {
        let form = format!(
            "grant_type=refresh_token&service={SERVICE}&client_id=docker&refresh_token={}",
            encoded(&self.refresh)
        );
        let request = TestRequest::post()
            .uri("/v2/token")
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(form);
        service.call(request).await.status.is_success()
    }
}

async fn offline(service: &Service, name: &str, secret: &str) -> Answer {
    let path = format!("/v2/token?service={SERVICE}&client_id=docker&offline_token=true");
    let request = TestRequest::get().uri(&path);
    let request = request.insert_header(("Authorization", basic((name, secret))));
    service.call(request).await
}

/// The row of an account.
pub async fn account(service: &Service, name: &str) -> user::Model {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    user::Entity::find()
        .filter(user::Column::Username.eq(name))
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap_or_else(|| panic!("no {name}"))
}

/// The parameters of the last entry of this kind in the audit log.
pub async fn audited(service: &Service, key: &str) -> Value {
    use portus_rs::entities::activity;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    let row = activity::Entity::find()
        .filter(activity::Column::Key.eq(key))
        .order_by_desc(activity::Column::Id)
        .one(service.app.database.reader())
        .await
        .unwrap()
        .unwrap_or_else(|| panic!("no {key}"));
    serde_json::from_str(&row.parameters).unwrap()
}

/// How many entries of this kind there are.
pub async fn how_often(service: &Service, key: &str) -> u64 {
    use portus_rs::entities::activity;
    use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
    activity::Entity::find()
        .filter(activity::Column::Key.eq(key))
        .count(service.app.database.reader())
        .await
        .unwrap()
}
