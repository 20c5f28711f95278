//! What admins look after: somebody's logins, jobs, and how everything is.

use actix_web::test::TestRequest;
use portus_rs::{
    actions::registries::{self, RegistryChanges},
    entities::{SyncState, outgoing_mail, sync_run},
    identity::actor::Actor,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _};

use super::Site;
use crate::support::{
    fake_registry::{FakeRegistry, Fault},
    service::{PASSWORD, SERVICE, basic},
};

impl Site {
    /// Logs docker in, so that it keeps something.
    async fn docker(&self, name: &str) {
        let uri = format!("/v2/token?service={SERVICE}&offline_token=true&client_id=docker");
        let request = TestRequest::get()
            .uri(&uri)
            .insert_header(("Authorization", basic((name, PASSWORD))));
        let answer = self.service.call(request).await;
        assert!(
            answer.json()["refresh_token"].is_string(),
            "{}",
            answer.body
        );
    }

    pub async fn sql(&self, text: &str) {
        let connection = self.service.database.connect().await;
        connection.execute_unprepared(text).await.unwrap();
        connection.close().await.unwrap();
    }
}

#[actix_web::test]
async fn admins_see_and_end_where_somebody_is_signed_in() {
    let site = Site::new().await;
    for name in ["anna", "anna", "ben"] {
        site.docker(name).await;
    }
    let (anna, ben) = (site.person("anna").await.id, site.person("ben").await.id);
    let home = format!("/admin/users/{anna}/edit");
    let page = site.get(&site.root, &home).await;
    page.is(200).says("Docker logins").says("id=\"sessions\"");
    let logins = format!("/admin/users/{anna}/docker_logins");
    let id = page
        .between(&format!("action=\"{logins}/"), "\"")
        .to_owned();
    let session = page
        .between(&format!("action=\"/admin/users/{anna}/sessions/"), "\"")
        .to_owned();

    // Not under somebody else's name, and not by just anybody.
    for path in [
        format!("/admin/users/{ben}/docker_logins/{id}"),
        format!("/admin/users/{ben}/sessions/{session}"),
    ] {
        site.send(&site.root, "delete", &path, &[]).await.is(404);
    }
    let one = format!("{logins}/{id}");
    for path in [&one, &logins] {
        site.send(&site.ben, "delete", path, &[]).await.is(403);
    }
    assert_eq!(site.service.count("refresh_tokens").await, 3);

    let ended = site.send(&site.root, "delete", &one, &[]).await;
    let said = site.said(&site.root, &ended).await;
    assert!(said.contains("The docker login was ended."), "{said}");
    assert_eq!(site.service.count("refresh_tokens").await, 2);
    let ended = site.send(&site.root, "delete", &logins, &[]).await;
    let said = site.said(&site.root, &ended).await;
    assert!(
        said.contains("All docker logins of &#39;anna&#39; were ended"),
        "{said}"
    );
    let left = format!("refresh_tokens WHERE user_id = {ben}");
    assert_eq!(site.service.count("refresh_tokens").await, 1);
    assert_eq!(site.service.count(&left).await, 1);
    let told = "activities WHERE activities.key = 'session:end_docker_login'";
    assert_eq!(site.service.count(told).await, 2);

    assert!(site.anna.is_in(&site.service).await);
    let path = format!("/admin/users/{anna}/sessions/{session}");
    site.send(&site.root, "delete", &path, &[]).await.is(303);
    assert!(!site.anna.is_in(&site.service).await);
    site.get(&site.root, &home)
        .await
        .says("Signed in nowhere")
        .says("No docker logins");
}

#[actix_web::test]
async fn the_page_of_an_account_offers_to_take_off_a_second_factor_that_is_there() {
    let site = Site::new().await;
    let anna = site.person("anna").await.id;
    let home = format!("/admin/users/{anna}/edit");
    let path = format!("action=\"/admin/users/{anna}/second_factor\"");
    site.get(&site.root, &home)
        .await
        .is(200)
        .says("Second factor")
        .lacks(&path);
    site.sql(&format!(
        "INSERT INTO second_factors (user_id, key_sealed, last_step, created_at, confirmed_at) \
         VALUES ({anna}, 'sealed', 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    ))
    .await;
    site.sql(&format!(
        "UPDATE users SET second_factor = TRUE WHERE id = {anna}"
    ))
    .await;
    site.get(&site.root, &home).await.says(&path);
    let gone = site
        .send(
            &site.root,
            "delete",
            &format!("/admin/users/{anna}/second_factor"),
            &[],
        )
        .await;
    let said = site.said(&site.root, &gone).await;
    assert!(
        said.contains("The second factor of anna was removed."),
        "{said}"
    );
    site.get(&site.root, &home).await.lacks(&path);
}

#[actix_web::test]
async fn jobs_are_run_by_a_button_and_their_history_is_told_with_its_numbers() {
    let site = Site::new().await;
    let page = site.get(&site.root, "/admin/jobs").await;
    page.is(200)
        .says("/admin/jobs/mail/run")
        .lacks("/admin/jobs/people/run");
    for slug in ["people", "nonsense"] {
        let path = format!("/admin/jobs/{slug}/run");
        site.send(&site.root, "post", &path, &[]).await.is(404);
    }
    let path = "/admin/jobs/details/run";
    site.send(&site.anna, "post", path, &[]).await.is(403);
    assert_eq!(site.service.count("leases").await, 0);
    let asked = site.send(&site.root, "post", path, &[]).await;
    let said = site.said(&site.root, &asked).await;
    assert!(said.contains("The job begins within seconds."), "{said}");
    let due = "leases WHERE name = 'Manifest details' AND next_run_at IS NOT NULL";
    assert_eq!(site.service.count(due).await, 1);

    let begun = site.service.app.clock.now();
    let run = sync_run::ActiveModel {
        registry_id: Set(site.service.registry.id),
        state: Set(SyncState::Done),
        strategy: Set("update".to_owned()),
        repositories: Set(12),
        tags: Set(345),
        added: Set(6),
        changed: Set(0),
        removed: Set(0),
        errors: Set(0),
        started_at: Set(begun),
        updated_at: Set(begun),
        finished_at: Set(Some(begun + chrono::TimeDelta::seconds(83))),
        ..Default::default()
    };
    let connection = site.service.database.connect().await;
    #[expect(clippy::disallowed_methods, reason = "what a job has left behind")]
    run.insert(&connection).await.unwrap();
    connection.close().await.unwrap();
    site.get(&site.root, "/admin/jobs")
        .await
        .says("1 min 23 s")
        .says("12 repositories, 345 tags");
}

#[actix_web::test]
async fn mail_that_does_not_go_out_is_told_on_the_health_page() {
    let site = Site::new().await;
    site.get(&site.root, "/admin")
        .await
        .is(200)
        .says("No letter has failed lately");
    let now = site.service.app.clock.now();
    let connection = site.service.database.connect().await;
    for given_up in [None, Some(now)] {
        let letter = outgoing_mail::ActiveModel {
            kind: Set("reset".to_owned()),
            recipient: Set("ann@example.org".to_owned()),
            language: Set("en".to_owned()),
            address: Set("192.0.2.1".to_owned()),
            created_at: Set(now),
            attempts: Set(1),
            next_attempt_at: Set(now),
            last_error: Set(Some("550 no <such> mailbox".to_owned())),
            given_up_at: Set(given_up),
            ..Default::default()
        };
        #[expect(clippy::disallowed_methods, reason = "what sending has left behind")]
        letter.insert(&connection).await.unwrap();
    }
    connection.close().await.unwrap();
    site.get(&site.root, "/admin")
        .await
        .says("Letters that are tried again: 1. Given up: 1.")
        .says("550 no &lt;such&gt; mailbox")
        .says("Mend email.sendmail");
}

#[actix_web::test]
async fn the_health_page_knows_whether_registries_delete_and_asks_them_rarely() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    let fake = FakeRegistry::start(Some("https://portus.test/v2/token"));
    let id = site.service.registry.id;
    let changes = RegistryChanges {
        hostname: Some(fake.host.clone()),
        ..RegistryChanges::default()
    };
    registries::update(&site.service.app, &Actor::Operator, id, changes)
        .await
        .unwrap();
    let part = format!("/admin/registries/{id}/deletion");
    let asks = async || site.get(&site.root, &part).await;
    let deletions = || fake.asked().remove("DELETE manifests").unwrap_or(0);
    site.get(&site.anna, &part).await.is(403);
    site.get(&site.root, "/admin").await.is(200).says(&part);
    assert_eq!(deletions(), 0, "the page itself asks nobody");

    fake.fail(Fault::Delete(405, "UNSUPPORTED"));
    asks()
        .await
        .is(200)
        .says("The registry deletes nothing.")
        .says("REGISTRY_STORAGE_DELETE_ENABLED=true");
    assert!(deletions() > 0);
    fake.fail(Fault::None);
    asks().await.says("The registry deletes nothing.");
    assert_eq!(deletions(), 0, "the answer is remembered");
    site.get(&site.root, "/admin")
        .await
        .says("The registry deletes nothing.");
    site.get(&site.root, "/").await.says("deletes nothing");

    let check = format!("/admin/registries/{id}/check");
    let back = [("return_to", "/admin")];
    site.send(&site.root, "post", &check, &back)
        .await
        .goes_to("/admin");
    asks()
        .await
        .says("The registry deletes what it is told to.");
    assert!(deletions() > 0, "\"Check now\" asks at once");
    site.service
        .app
        .clock
        .advance(chrono::TimeDelta::minutes(61));
    fake.fail(Fault::Delete(405, ""));
    asks().await.says("read-only mode");
    assert!(deletions() > 0, "an hour later");
}
