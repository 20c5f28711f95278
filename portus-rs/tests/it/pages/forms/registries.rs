//! Registries as admins set them up: what is wrong with one, and what belongs into its configuration.

use super::{Html, Site};
use crate::support::{
    fake_registry::{FakeRegistry, Fault},
    receiver::Receiver,
    room,
};

/// The box that skips the check.
const SKIP: &str = "name=\"registry[force]\"";
const REALM: &str = "https://portus.test/v2/token";

impl Site {
    /// What the form says of what has been typed so far.
    async fn check(&self, hostname: &str, use_ssl: bool, more: &str) -> Html {
        let ssl = if use_ssl {
            "&registry[use_ssl]=true"
        } else {
            ""
        };
        let path = format!("/admin/registries/check?registry[hostname]={hostname}{ssl}{more}");
        self.get(&self.root, &path).await
    }
}

#[actix_web::test]
async fn the_form_says_what_is_wrong_with_a_registry_and_what_to_do() {
    let site = Site::new().await;
    let fake = FakeRegistry::start(Some(REALM));
    let host = fake.host.clone();
    site.get(&site.anna, "/admin/registries/check?registry[hostname]=a")
        .await
        .is(403);
    site.check("", false, "").await.is(200).lacks("registry");
    site.check("no%20host", false, "")
        .await
        .says("Hostname is invalid")
        .lacks("You can skip")
        .lacks(SKIP);
    site.check("127.0.0.1:1", false, "")
        .await
        .says("Error: connection refused: the registry does not run")
        .says("You can skip this check by clicking on the &quot;Skip remote checks&quot; checkbox.")
        .says(SKIP)
        .lacks("value=\"true\" checked");
    // What was said about skipping it holds while one goes on typing.
    site.check("127.0.0.1:1", false, "&registry[force]=true")
        .await
        .says("value=\"true\" checked");

    // Ours.
    site.check(&host, false, "")
        .await
        .says("The registry answers. It takes our tokens.")
        .lacks("class=\"hint\"")
        .lacks(SKIP);
    // By the wrong scheme, either way.
    site.check(&host, true, "")
        .await
        .says("could not stablish connection: SSL error")
        .says("It speaks plain HTTP: take the tick from Use SSL.");
    let port = room::free_port();
    let _tls = Receiver::of_pictures(port);
    let tls = format!("127.0.0.1:{port}");
    site.check(&tls, true, "")
        .await
        .says("Its certificate is signed by an authority that is not known here.")
        .lacks("take the tick");
    site.check(&tls, false, "")
        .await
        .says("It speaks HTTPS: tick Use SSL.");

    // Somebody else's.
    fake.state().service = Some("registry.example".to_owned());
    site.check(&host, false, "")
        .await
        .says("It calls itself registry.example.")
        .lacks("It takes our tokens.");
    site.check(
        &host,
        false,
        "&registry[external_hostname]=registry.example",
    )
    .await
    .says("It takes our tokens.")
    .lacks("It calls itself");
    fake.state().service = None;
    fake.fail(Fault::Distrust);
    site.check(&host, false, "")
        .await
        .says("The registry answers.")
        .says("the registry does not trust our certificate");
    fake.fail(Fault::None);
    fake.state().realm = Some("https://auth.elsewhere.example/token".to_owned());
    site.check(&host, false, "")
        .await
        .says("The registry asks another token server: https://auth.elsewhere.example/token");
    fake.state().realm = None;
    site.check(&host, false, "")
        .await
        .says("It asks nobody for a token yet.");

    // Another's name, and its own.
    let known = site.service.registry.hostname.clone();
    site.check(&known, false, "")
        .await
        .says("Hostname has already been taken")
        .lacks(SKIP);
    let name = format!("&registry[name]={}", site.service.registry.name);
    for host in ["", host.as_str()] {
        site.check(host, false, &name)
            .await
            .says("Name has already been taken")
            .lacks(SKIP);
    }
    site.check(
        "",
        false,
        "&registry[name]=another&registry[external_hostname]=a%20b",
    )
    .await
    .says("External registry name is invalid");
    let own = format!("&id={}", site.service.registry.id);
    site.check(&known, false, &own)
        .await
        .lacks("has already been taken");
}

#[actix_web::test]
async fn a_registry_is_set_up_changed_and_told_what_it_needs() {
    let site = Site::new().await;
    let fake = FakeRegistry::start(Some(REALM));
    let down = [
        ("registry[name]", "second"),
        ("registry[hostname]", "127.0.0.1:1"),
    ];
    let create = "/admin/registries";
    site.send(&site.anna, "post", create, &down).await.is(403);
    site.send(&site.root, "post", create, &down)
        .await
        .is(422)
        .says("Error: connection refused")
        .says("value=\"127.0.0.1:1\"")
        .says("value=\"second\"")
        .says(SKIP);
    // What the server refuses whatever one ticks.
    let taken = site.service.registry.hostname.clone();
    for host in [taken.as_str(), "no host"] {
        let wrong = [("registry[name]", "second"), ("registry[hostname]", host)];
        site.send(&site.root, "post", create, &wrong)
            .await
            .is(422)
            .says("Hostname ")
            .lacks(SKIP);
    }
    let up = [
        ("registry[name]", "second"),
        ("registry[hostname]", fake.host.as_str()),
    ];
    let made = site.send(&site.root, "post", create, &up).await;
    made.is(200)
        .says("Registry was successfully created.")
        .says("The secret below is shown this once.")
        .says("Authorization: [&quot;Bearer prs_e_")
        .lacks("The former one has ended.");

    // What belongs into its configuration is in sight until it has told of something.
    let list = site.get(&site.root, "/admin/registries").await;
    list.is(200)
        .says(&format!("service: &quot;{}&quot;", fake.host))
        .says("Issuer of tokens");
    let card = list.between(&fake.host, "</section>");
    assert!(
        card.contains("<details class=\"card-footer stanza\" open>"),
        "{card}"
    );
    assert!(card.contains(KEPT) && !card.contains("prs_e_"), "{card}");
    let id = card.split("/admin/registries/").nth(1).unwrap();
    let id = id.split('/').next().unwrap().to_owned();
    let place = format!("/admin/registries/{id}");
    let secret = format!("{place}/secret");
    site.send(&site.anna, "post", &secret, &[]).await.is(403);
    site.send(&site.root, "post", &secret, &[])
        .await
        .is(200)
        .says("The secret below is shown this once. The former one has ended.")
        .says("Authorization: [&quot;Bearer prs_e_");
    site.get(&site.root, &format!("{place}/edit"))
        .await
        .says(KEPT)
        .says("“Make a new secret” makes another")
        .lacks("--new-secret");

    // With images in it the hostname stays, and what is wrong with the rest is said all the same.
    site.give_repository(&id).await;
    let away = [("registry[name]", "third"), ("registry[use_ssl]", "true")];
    site.send(&site.root, "put", &place, &away)
        .await
        .is(422)
        .says("could not stablish connection: SSL error")
        .says("value=\"third\"")
        .says(SKIP)
        .lacks("name=\"registry[hostname]\"");
    site.send(&site.anna, "put", &place, &away).await.is(403);
    let named = [("registry[name]", "third")];
    let renamed = site.send(&site.root, "put", &place, &named).await;
    let said = site.said(&site.root, &renamed).await;
    assert!(said.contains("Registry updated successfully!"), "{said}");
    let skipped = [
        ("registry[name]", "third"),
        ("registry[use_ssl]", "true"),
        ("registry[force]", "true"),
    ];
    site.send(&site.root, "put", &place, &skipped)
        .await
        .goes_to("/admin/registries");
}

/// What a secret is told of that nobody can show any more.
const KEPT: &str = "&lt;the secret that was shown when it was made&gt;";

/// As one that the settings, a program or an import made.
#[actix_web::test]
async fn a_registry_without_a_secret_gets_a_configuration_that_works() {
    let site = Site::new().await;
    let place = format!("/admin/registries/{}", site.service.registry.id);
    for page in ["/admin/registries".to_owned(), format!("{place}/edit")] {
        site.get(&site.root, &page)
            .await
            .is(200)
            .says("“Make a new secret” makes one.")
            .says("It has no secret yet for its notifications.")
            .lacks(KEPT)
            .lacks("Authorization")
            .lacks("--new-secret");
    }
    let secret = format!("{place}/secret");
    site.send(&site.root, "post", &secret, &[])
        .await
        .is(200)
        .says("Authorization: [&quot;Bearer prs_e_")
        .says("The secret below is shown this once.")
        .lacks("The former one has ended.");
    site.get(&site.root, &format!("{place}/edit"))
        .await
        .says(KEPT)
        .lacks("It has no secret yet");
}

/// The session's token is nothing for the logs of a proxy.
#[actix_web::test]
async fn the_check_asks_with_what_it_needs() {
    let site = Site::new().await;
    let edit = format!("/admin/registries/{}/edit", site.service.registry.id);
    for page in ["/admin/registries/new", edit.as_str()] {
        let page = site.get(&site.root, page).await;
        let check = page.is(200).between("id=\"registry-check\"", ">");
        let sent = check.split_once("hx-params=\"").expect("a choice").1;
        let sent = sent.split('"').next().unwrap();
        assert!(
            sent.split(',').all(|name| name.starts_with("registry[")),
            "{check}"
        );
    }
}

impl Site {
    /// Puts a repository into the global namespace of a registry.
    async fn give_repository(&self, registry: &str) {
        self.sql(&format!(
            "INSERT INTO repositories (namespace_id, name, created_at, updated_at) SELECT id, 'tool', created_at, created_at \
             FROM namespaces WHERE registry_id = {registry} AND name IS NOT NULL LIMIT 1"
        ))
        .await;
    }
}
