//! The same against a provider that the OpenID Foundation has certified.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use serde_json::json;

use super::{Browser, location};
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

    /// Logs in there as somebody; path and query of where the browser is sent back to.
    async fn visit(&self, url: &str, person: &str) -> String {
        let said = self
            .http
            .get(format!("{}/as/{person}", self.url))
            .send()
            .await;
        assert!(said.unwrap().status().is_success());
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
