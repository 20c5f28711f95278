//! What the registry client sends where: a registry that hangs, lies or sends us elsewhere gets no more than it needs,
//! and others get nothing.

use std::time::{Duration, Instant};

use portus_rs::{
    actions::registries::{self, NewRegistry, RegistryChanges},
    entities::registry,
    identity::actor::Actor,
    remote::{RegistryClient, RegistryError, Trust},
};

use crate::support::{
    databases::TestDatabase,
    fake_registry::{FakeRegistry, Fault, digest, image},
    service::Service,
};

/// Where the service itself gives tokens.
const REALM: &str = "https://portus.test/v2/token";

/// A service beside this registry that waits two seconds for what it reads.
async fn beside(fake: &FakeRegistry) -> Service {
    let settings = [("PORTUS_REGISTRY_READ_TIMEOUT_VALUE", "2")];
    let mut service = Service::with(TestDatabase::sqlite(), &settings).await;
    service.registry = rename(&service, service.registry.id, &fake.host).await;
    fake.push("qa/app", "1", &image("1"));
    service
}

async fn rename(service: &Service, id: i64, hostname: &str) -> registry::Model {
    let changes = RegistryChanges {
        hostname: Some(hostname.to_owned()),
        ..RegistryChanges::default()
    };
    registries::update(&service.app, &Actor::Operator, id, changes)
        .await
        .unwrap()
}

/// How often it was asked anything, and how often with a token, since this was last called.
fn asked(fake: &FakeRegistry) -> (usize, usize) {
    let authorized = std::mem::take(&mut fake.state().authorized);
    (fake.asked().values().sum(), authorized)
}

/// Every kind of call, once; all of them must fail.
async fn failures(client: &RegistryClient<'_>) -> Vec<RegistryError> {
    let known = digest(&image("1")).parse().unwrap();
    vec![
        client.tags("qa/app").await.unwrap_err(),
        client.manifest("qa/app", "1").await.unwrap_err(),
        client.head_manifest("qa/app", "1").await.unwrap_err(),
        client.catalog().unwrap().next().await.unwrap_err(),
        client.delete_manifest("qa/app", "1").await.unwrap_err(),
        client.delete_blob("qa/app", &known).await.unwrap_err(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_falls_silent_is_waited_for_no_longer_than_configured() {
    let fake = FakeRegistry::start(Some(REALM));
    let service = beside(&fake).await;
    let client = RegistryClient::new(&service.app, &service.registry);
    assert_eq!(client.tags("qa/app").await.unwrap(), ["1"]);
    for fault in [Fault::Silence, Fault::Stall] {
        fake.fail(fault.clone());
        for call in 0..3 {
            let begun = Instant::now();
            let error = match call {
                0 => client.tags("qa/app").await.unwrap_err(),
                1 => client.manifest("qa/app", "1").await.unwrap_err(),
                _ => client.catalog().unwrap().next().await.unwrap_err(),
            };
            assert_eq!(error.to_string(), "Error: read timed out", "{fault:?}");
            let waited = begun.elapsed();
            let about = Duration::from_millis(900)..Duration::from_secs(5);
            assert!(about.contains(&waited), "{fault:?}: {waited:?}");
        }
    }
    fake.fail(Fault::None);
    assert_eq!(client.tags("qa/app").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_followed_to_another_host() {
    let fake = FakeRegistry::start(Some(REALM));
    let elsewhere = FakeRegistry::start(None);
    elsewhere.push("qa/app", "1", &image("1"));
    let service = beside(&fake).await;
    let client = RegistryClient::new(&service.app, &service.registry);
    // The same host under another name, or another port of it, is another host too.
    let port = fake.host.rsplit_once(':').unwrap().1;
    for target in [elsewhere.host.clone(), format!("localhost:{port}")] {
        asked(&fake);
        fake.fail(Fault::Redirect(format!("http://{target}")));
        for error in failures(&client).await {
            let RegistryError::Status { status: 307, .. } = error else {
                panic!("{error:?}");
            };
        }
        assert_eq!(asked(&elsewhere), (0, 0), "{target}");
        // With a token each, and some of them first without; the HEAD that fails is tried as a GET.
        let (all, with_token) = asked(&fake);
        assert!(with_token <= 7 && all <= 8, "{all} {with_token}");
    }
    // The config of an image may lie elsewhere: then it stays unread.
    fake.fail(Fault::Redirect(format!("http://{}", elsewhere.host)));
    let layer = digest("1").parse().unwrap();
    assert_eq!(client.config("qa/app", &layer).await, Ok(None));
    assert_eq!(asked(&elsewhere), (0, 0));
    // One that leads to itself is not followed for ever.
    asked(&fake);
    fake.fail(Fault::Redirect(format!("http://{}", fake.host)));
    client.manifest("qa/app", "1").await.unwrap_err();
    assert!(asked(&fake).0 <= 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_of_another_token_server_gets_no_token() {
    let fake = FakeRegistry::start(Some(REALM));
    let elsewhere = FakeRegistry::start(None);
    let service = beside(&fake).await;
    let client = RegistryClient::new(&service.app, &service.registry);
    for realm in [
        format!("http://{}/v2/token", elsewhere.host),
        "https://portus.test.evil.example/v2/token".to_owned(),
        "https://evil.example/portus.test/v2/token".to_owned(),
        "https://portus.test@evil.example/v2/token".to_owned(),
        "https://xportus.test/v2/token".to_owned(),
        "nonsense".to_owned(),
    ] {
        fake.state().realm = Some(realm.clone());
        for error in failures(&client).await {
            assert_eq!(error, RegistryError::OtherTokenServer(realm.clone()));
        }
        assert_eq!(
            client.check_token().await,
            Trust::Failed(RegistryError::OtherTokenServer(realm.clone()))
        );
        let text = RegistryError::OtherTokenServer(realm.clone()).to_string();
        assert!(text.contains(&realm), "{text}");
        assert_eq!(asked(&fake).1, 0, "a token was shown for {realm}");
        assert_eq!(asked(&elsewhere), (0, 0), "{realm}");
    }
    fake.state().realm = Some(REALM.to_owned());
    assert_eq!(client.tags("qa/app").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_registry_gets_a_token_for_another_one() {
    let fake = FakeRegistry::start(Some(REALM));
    let service = beside(&fake).await;
    let other = NewRegistry {
        name: "other".to_owned(),
        hostname: "other.test".to_owned(),
        ..NewRegistry::default()
    };
    registries::create(&service.app, &Actor::Operator, other)
        .await
        .unwrap();
    let client = RegistryClient::new(&service.app, &service.registry);
    fake.state().service = Some("other.test".to_owned());
    for error in failures(&client).await {
        let expected = RegistryError::OtherService("other.test".to_owned());
        assert_eq!(error, expected);
    }
    assert_eq!(asked(&fake).1, 0);
    // A name that nobody else has is an older one of its own.
    fake.state().service = Some("registry.before".to_owned());
    assert_eq!(client.tags("qa/app").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_likes_no_token_is_not_asked_again_and_again() {
    let fake = FakeRegistry::start(Some(REALM));
    let service = beside(&fake).await;
    let client = RegistryClient::new(&service.app, &service.registry);
    fake.fail(Fault::Distrust);
    for round in 0..3 {
        for error in failures(&client).await {
            let RegistryError::TokenRefused(advice) = error else {
                panic!("{error:?}");
            };
            assert!(advice.contains("rootcertbundle"), "{advice}");
        }
        let (all, with_token) = asked(&fake);
        assert!(all <= 12 && with_token <= 6, "{round}: {all} {with_token}");
    }
    // Once it has been set right, it is believed at once.
    fake.fail(Fault::None);
    assert_eq!(client.tags("qa/app").await.unwrap(), ["1"]);
    fake.fail(Fault::Distrust);
    client.tags("qa/app").await.unwrap_err();
    fake.fail(Fault::None);
    assert_eq!(client.tags("qa/app").await.unwrap(), ["1"]);
}
