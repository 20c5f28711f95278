//! Whom a bot trusts: who says so, and what nobody may say.

use actix_web::{http::Method, test::TestRequest};
use portus_rs::{actions::trusts, identity::actor::Actor};
use serde_json::{Value, json};

use super::{AUDIENCE, World, audited, how_often};
use crate::support::databases::TestDatabase;

/// What is wrong about a trust.
type Change = fn(&mut trusts::NewTrust);

#[actix_web::test]
async fn trusts_are_said_by_whoever_looks_after_the_bot() {
    let world = World::new().await;
    let (service, path) = (
        &world.service,
        format!("/api/v1/bots/{}/trusts", world.bot.id),
    );
    let owner = service.token_of(&world.owner, "x").await;
    let stranger = service.user("stranger").await;
    let stranger = service.token_of(&stranger, "x").await;
    let bots_own = service.token_of(&world.bot, "x").await;
    let new = json!({"name": "github", "issuer": world.ci.url, "audience": AUDIENCE,
        "claims": ["sub=repo:octo/app:.*", "ref_protected=true"], "scope": "push", "namespaces": ["apps"]});
    let ask = async |who: &str, token: &str, method: Method, path: &str, body: &Value| {
        let request = TestRequest::with_uri(path)
            .method(method)
            .insert_header(("Portus-Auth", format!("{who}:{token}")))
            .set_json(body);
        service.call(request).await
    };
    assert_eq!(
        ask("stranger", &stranger, Method::POST, &path, &new)
            .await
            .status,
        404
    );
    assert_eq!(
        ask("stranger", &stranger, Method::GET, &path, &json!({}))
            .await
            .status,
        404
    );
    assert_eq!(
        ask("ci", &bots_own, Method::POST, &path, &new).await.status,
        403,
        "not the bot itself"
    );
    let made = ask("olga", &owner, Method::POST, &path, &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        made.json()["claims"],
        json!({"sub": "repo:octo/app:.*", "ref_protected": "true"})
    );
    assert_eq!(made.json()["namespaces"], json!(["apps"]));
    let again = ask("olga", &owner, Method::POST, &path, &new).await;
    assert_eq!(again.status, 422);
    assert!(
        again.body.contains("has already been taken"),
        "{}",
        again.body
    );
    let listed = ask("olga", &owner, Method::GET, &path, &json!({}))
        .await
        .json();
    assert_eq!(listed[0]["name"], "github");
    let person = format!("/api/v1/bots/{}/trusts", world.owner.id);
    let root = service.admin("root").await;
    let root = service.token_of(&root, "x").await;
    assert_eq!(
        ask("root", &root, Method::POST, &person, &new).await.status,
        403,
        "no person trusts"
    );
    let one = format!("{path}/{}", made.json()["id"]);
    assert_eq!(
        ask("stranger", &stranger, Method::DELETE, &one, &json!({}))
            .await
            .status,
        404
    );
    assert_eq!(
        ask("olga", &owner, Method::DELETE, &one, &json!({}))
            .await
            .status,
        204
    );
    assert_eq!(
        ask("olga", &owner, Method::DELETE, &one, &json!({}))
            .await
            .status,
        404
    );
    assert_eq!(
        audited(service, "user:create_trust").await["claims"],
        r#"{"ref_protected":"true","sub":"repo:octo/app:.*"}"#
    );
    assert_eq!(how_often(service, "user:destroy_trust").await, 1);
}

#[actix_web::test]
async fn a_trust_that_lets_anybody_in_or_asks_where_nobody_may_is_refused() {
    let world = World::on(TestDatabase::sqlite(), &[]).await;
    let create = async |change: Change| {
        let mut new = world.trust("x", "push", &[]);
        change(&mut new);
        let made = trusts::create(&world.service.app, &Actor::Operator, world.bot.id, new).await;
        made.err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let cases: [(Change, &str); 15] = [
        (|it| it.claims.clear(), "must say at least one"),
        (
            |it| {
                it.claims.insert("sub".to_owned(), ".*".to_owned());
            },
            "fit every job of that issuer",
        ),
        (
            |it| {
                it.claims.insert("sub".to_owned(), "a)(".to_owned());
            },
            "regular expression",
        ),
        (|it| it.audience.clear(), "Audience can't be blank"),
        (|it| it.name.clear(), "Name can't be blank"),
        (
            |it| it.issuer = "https://169.254.169.254/latest".to_owned(),
            "is at an address where issuers may not be",
        ),
        (
            |it| it.issuer = "https://[::ffff:10.0.0.1]/".to_owned(),
            "is at an address where issuers may not be",
        ),
        (
            |it| it.issuer = "https://localhost/".to_owned(),
            "is at an address where issuers may not be",
        ),
        (
            |it| it.issuer = "http://id.example/".to_owned(),
            "must be https",
        ),
        (
            |it| it.issuer = "https://u:p@id.example/".to_owned(),
            "is not the URL of an issuer",
        ),
        (
            |it| it.issuer = "https://id.example/?x".to_owned(),
            "is not the URL of an issuer",
        ),
        (
            |it| it.issuer = "file:///etc/passwd".to_owned(),
            "is not the URL of an issuer",
        ),
        (|it| it.issuer = "nonsense".to_owned(), "is not a URL"),
        (
            |it| it.namespaces = vec!["nowhere".to_owned()],
            "'nowhere' does not exist",
        ),
        (
            |it| it.scope = Some("full".parse().unwrap()),
            "full needs exactly one namespace",
        ),
    ];
    for (change, text) in cases {
        let said = create(change).await;
        assert!(said.contains(text), "{text}: {said}");
    }
    let only = [(
        "PORTUS_WORKLOAD_IDENTITY_ISSUERS",
        "https://gitlab.example, https://token.actions.githubusercontent.com/",
    )];
    let narrow = World::on(TestDatabase::sqlite(), &only).await;
    let mut new = narrow.trust("x", "push", &[]);
    let refused = trusts::create(
        &narrow.service.app,
        &Actor::Operator,
        narrow.bot.id,
        new.clone(),
    )
    .await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("none of workload_identity.issuers")
    );
    new.issuer = "https://token.actions.githubusercontent.com".to_owned();
    trusts::create(&narrow.service.app, &Actor::Operator, narrow.bot.id, new)
        .await
        .unwrap();
}

#[actix_web::test]
async fn an_issuer_is_asked_only_where_it_may_be_also_for_its_keys() {
    // Allowed when the trust was made, and not any more.
    let world = World::new().await;
    world.trusts("github", "push", &[]).await;
    let mut config = world.service.app.config.clone();
    config.workload_identity.places.allow_hosts.clear();
    let strict = portus_rs::remote::oauth::Issuers::trusted(&config);
    let now = world.service.app.clock.now();
    let read = strict
        .read(&world.ci.url, &world.token(), AUDIENCE, None, now)
        .await;
    let error = read.unwrap_err().to_string();
    assert!(error.contains("the issuer cannot be asked"), "{error}");
    assert!(world.ci.state().asked.is_empty());
    let off = World::on(
        TestDatabase::sqlite(),
        &[("PORTUS_WORKLOAD_IDENTITY_ENABLED", "false")],
    )
    .await;
    off.trusts("github", "push", &[]).await;
    off.refuses(&off.token(), "switched off").await;
    assert!(off.ci.state().asked.is_empty());
}
