//! The same against a provider that the OpenID Foundation has certified.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use serde_json::json;

use super::{Browser, Docker, ask_providers, location};
use crate::support::{
    databases::TestDatabase,
    http,
    process::{Server, Signal, guarded, need_program},
    provider::{CLIENT, SECRET},
    room::free_port,
    service::Service,
};

const CALLBACK: &str = "https://portus.test/users/auth/openid_connect/callback";

/// A running `oidc-provider`.
struct Certified {
    url: String,
    http: reqwest::Client,
    _server: Server,
    _log: tempfile::TempDir,
}

impl Certified {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let library =
            root.join("target/tools/oidc-provider/node_modules/oidc-provider/lib/index.js");
        assert!(
            library.is_file(),
            "oidc-provider is not there; `make install` brings it from npm"
        );
        let port = free_port();
        let mut command: Command = guarded(&need_program("node"), Signal::Kill);
        command
            .arg(root.join(".ci/oidc-provider/server.mjs"))
            .arg(&library)
            .args([&port.to_string(), CALLBACK, CLIENT, SECRET]);
        let log = tempfile::tempdir().unwrap();
        let mut server = Server::start(
            "oidc-provider",
            command,
            &log.path().join("log"),
            Signal::Kill,
        );
        let address = format!("127.0.0.1:{port}");
        server.until_ready(Duration::from_secs(30), || {
            http::status(&address, "/.well-known/openid-configuration") == Some(200)
        });
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            url: format!("http://{address}"),
            http,
            _server: server,
            _log: log,
        }
    }

    /// Has something happen to somebody there.
    async fn tell(&self, word: &str, person: &str) {
        let url = format!("{}/{word}/{person}", self.url);
        let said = self.http.get(url).send().await.unwrap();
        assert!(said.status().is_success());
    }

    /// Logs in there as somebody; path and query of where the browser is sent back to.
    async fn visit(&self, url: &str, person: &str) -> String {
        self.tell("as", person).await;
        let mut cookies = BTreeMap::new();
        let mut here = url::Url::parse(url).unwrap();
        for _ in 0..10 {
            let jar: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let asked = self.http.get(here.clone()).header("Cookie", jar.join("; "));
            let answer = asked.send().await.unwrap();
            for set in answer.headers().get_all("set-cookie") {
                let (name, value) = set
                    .to_str()
                    .unwrap()
                    .split(';')
                    .next()
                    .unwrap()
                    .split_once('=')
                    .unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let target = answer
                .headers()
                .get("location")
                .and_then(|it| it.to_str().ok())
                .map(str::to_owned);
            let Some(target) = target else {
                panic!(
                    "{here}: {} {}",
                    answer.status(),
                    answer.text().await.unwrap()
                );
            };
            here = here.join(&target).unwrap();
            if here.host_str() == Some("portus.test") {
                return format!("{}?{}", here.path(), here.query().unwrap_or_default());
            }
        }
        panic!("{url} leads nowhere");
    }
}

#[actix_web::test]
async fn a_certified_provider_lets_people_register_and_come_back() {
    let provider = Certified::start();
    let settings = [
        ("PORTUS_OAUTH_OPENID_CONNECT_ENABLED", "true"),
        ("PORTUS_OAUTH_OPENID_CONNECT_ISSUER", provider.url.as_str()),
        ("PORTUS_OAUTH_OPENID_CONNECT_IDENTIFIER", CLIENT),
        ("PORTUS_OAUTH_OPENID_CONNECT_SECRET", SECRET),
    ];
    let service = Service::with(TestDatabase::sqlite(), &settings).await;
    let mut carol = Browser::default();
    let url = carol.leave(&service, super::OPENID).await;
    let back = provider.visit(&url, "carol").await;
    let answer = carol.get(&service, &back).await;
    assert_eq!(
        location(&answer),
        "/users/oauth",
        "{}",
        carol.told(&service).await
    );
    let form = carol.get(&service, "/users/oauth").await;
    assert!(form.body.contains("value=\"carol\""), "{}", form.body);
    assert!(
        form.body.contains("carol &lt;Certified&gt;"),
        "{}",
        form.body
    );
    carol
        .post(&service, "/users/oauth", &[("user[username]", "carol")])
        .await;
    assert_eq!(carol.who(&service).await.as_deref(), Some("carol"));
    // A code is good once, there and here.
    let mut again = Browser::default();
    let url = again.leave(&service, super::OPENID).await;
    let back = provider.visit(&url, "carol").await;
    let kept = again.cookies.clone();
    again.get(&service, &back).await;
    assert_eq!(again.who(&service).await.as_deref(), Some("carol"));
    let mut replay = Browser { cookies: kept };
    let answer = replay.get(&service, &back).await;
    assert_eq!(location(&answer), "/users/sign_in");
    // Somebody else there is somebody else here.
    let mut dave = Browser::default();
    let url = dave.leave(&service, super::OPENID).await;
    let back = provider.visit(&url, "dave").await;
    assert_eq!(location(&dave.get(&service, &back).await), "/users/oauth");
    assert_eq!(dave.who(&service).await, None);
    let made = super::audited(&service, "session:create").await;
    assert_eq!(made["username"], json!("carol"));
}

#[actix_web::test]
async fn a_wrong_client_secret_is_told_to_the_log_alone() {
    let provider = Certified::start();
    let settings = [
        ("PORTUS_OAUTH_OPENID_CONNECT_ENABLED", "true"),
        ("PORTUS_OAUTH_OPENID_CONNECT_ISSUER", provider.url.as_str()),
        ("PORTUS_OAUTH_OPENID_CONNECT_IDENTIFIER", CLIENT),
        ("PORTUS_OAUTH_OPENID_CONNECT_SECRET", "another"),
    ];
    let service = Service::with(TestDatabase::sqlite(), &settings).await;
    let mut carol = Browser::default();
    let url = carol.leave(&service, super::OPENID).await;
    let back = provider.visit(&url, "carol").await;
    assert_eq!(
        location(&carol.get(&service, &back).await),
        "/users/sign_in"
    );
    let told = carol.told(&service).await;
    assert!(
        told.contains("because \"the provider refused the login\""),
        "{told}"
    );
}

/// A service that asks for leave to ask again later.
async fn asking(provider: &Certified) -> Service {
    let settings = [
        ("PORTUS_OAUTH_OPENID_CONNECT_ENABLED", "true"),
        ("PORTUS_OAUTH_OPENID_CONNECT_ISSUER", provider.url.as_str()),
        ("PORTUS_OAUTH_OPENID_CONNECT_IDENTIFIER", CLIENT),
        ("PORTUS_OAUTH_OPENID_CONNECT_SECRET", SECRET),
        ("PORTUS_OAUTH_OPENID_CONNECT_OFFLINE_ACCESS", "consent"),
    ];
    Service::with(TestDatabase::sqlite(), &settings).await
}

async fn enters(service: &Service, provider: &Certified, name: &str) -> Browser {
    let mut browser = Browser::default();
    let url = browser.leave(service, super::OPENID).await;
    let back = provider.visit(&url, name).await;
    let answer = browser.get(service, &back).await;
    if location(&answer) == "/users/oauth" {
        let form = [("user[username]", name)];
        browser.post(service, "/users/oauth", &form).await;
    }
    assert_eq!(browser.who(service).await.as_deref(), Some(name));
    browser
}

#[actix_web::test]
async fn whoever_a_certified_provider_drops_is_shut_out_by_the_next_look() {
    let provider = Certified::start();
    let service = asking(&provider).await;
    let (mut carol, mut dave, mut erin) = (
        enters(&service, &provider, "carol").await,
        enters(&service, &provider, "dave").await,
        enters(&service, &provider, "erin").await,
    );
    let docker = Docker::login(&service, "carol").await;
    let other = Docker::login(&service, "dave").await;
    // What is renewed each time is used up each time.
    for _ in 0..3 {
        ask_providers(&service).await.unwrap();
    }
    assert!(docker.renews(&service).await && carol.who(&service).await.is_some());

    provider.tell("gone", "carol").await;
    provider.tell("revoke", "dave").await;
    ask_providers(&service).await.unwrap();
    for (browser, docker, name) in [(&mut carol, &docker, "carol"), (&mut dave, &other, "dave")] {
        assert_eq!(browser.who(&service).await, None, "{name}");
        assert!(!docker.renews(&service).await, "{name}");
        let answer = docker.shown(&service).await;
        assert_eq!(answer.status, 401, "{name}");
        assert!(
            answer
                .body
                .contains("does not vouch for this user any more"),
            "{}",
            answer.body
        );
    }
    assert_eq!(erin.who(&service).await.as_deref(), Some("erin"));
    assert_eq!(super::how_often(&service, "user:provider_gone").await, 2);
    let told = super::audited(&service, "user:provider_gone").await;
    assert_eq!(told["provider"], super::OPENID);
    assert!(
        told["reason"].as_str().unwrap().contains("does not honour"),
        "{told}"
    );
    ask_providers(&service).await.unwrap();
    assert_eq!(super::how_often(&service, "user:provider_gone").await, 2);

    // A login opens the account again, but not what was ended.
    provider.tell("known", "carol").await;
    enters(&service, &provider, "carol").await;
    assert_eq!(docker.shown(&service).await.status, 200);
    assert!(!docker.renews(&service).await);
    assert_eq!(carol.who(&service).await, None);
    assert_eq!(
        super::audited(&service, "user:provider_returned").await["username"],
        "carol"
    );
}

#[actix_web::test]
async fn a_certified_provider_that_is_away_shuts_nobody_out() {
    let provider = Certified::start();
    let service = asking(&provider).await;
    let mut carol = enters(&service, &provider, "carol").await;
    let docker = Docker::login(&service, "carol").await;
    drop(provider);
    let error = ask_providers(&service).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("openid_connect: the provider cannot be reached"),
        "{error}"
    );
    assert_eq!(carol.who(&service).await.as_deref(), Some("carol"));
    assert!(docker.renews(&service).await);
    assert_eq!(docker.shown(&service).await.status, 200);
    assert_eq!(super::how_often(&service, "user:provider_gone").await, 0);
    assert_eq!(
        service.count("provider_grants WHERE tries = 0").await,
        1,
        "nothing was shown"
    );
}
