//! While a registry does not answer, pages say what still works.

use portus_rs::{
    actions::registries::{self, RegistryChanges},
    identity::actor::Actor,
};

use super::Site;

const STILL: &str = "these pages, teams and logins work";

impl Site {
    /// The registry is where nobody answers.
    async fn lose_the_registry(&self) {
        let changes = RegistryChanges {
            hostname: Some("127.0.0.1:1".to_owned()),
            ..RegistryChanges::default()
        };
        let id = self.service.registry.id;
        registries::update(&self.service.app, &Actor::Operator, id, changes)
            .await
            .unwrap();
    }
}

#[actix_web::test]
async fn the_health_page_says_what_works_without_a_registry() {
    let site = Site::new().await;
    site.lose_the_registry().await;
    let id = site.service.registry.id;
    site.get(&site.root, "/admin").await.is(200).lacks(STILL);
    let check = format!("/admin/registries/{id}/check");
    let back = [("return_to", "/admin")];
    site.send(&site.root, "post", &check, &back).await.is(303);
    for page in ["/admin", &format!("/admin/registries/{id}/status")] {
        site.get(&site.root, page)
            .await
            .is(200)
            .says("connection refused")
            .says(STILL)
            .says("Pulling, pushing, deleting and comparing wait");
    }
}

#[actix_web::test]
async fn a_deletion_that_the_registry_does_not_answer_says_so_too() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    site.lose_the_registry().await;
    let web = site.web().await;
    let space = web.rsplit('/').next().unwrap();
    site.sql(&format!(
        "INSERT INTO repositories (name, namespace_id, created_at, updated_at) \
         VALUES ('app', {space}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    ))
    .await;
    let id = site.service.count("repositories").await;
    let digest = format!("sha256:{}", "a".repeat(64));
    site.sql(&format!(
        "INSERT INTO tags (repository_id, name, digest, observed_at, pushed_at, created_at, updated_at) \
         VALUES ({id}, '1.0', '{digest}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    ))
    .await;
    let page = format!("/repositories/{id}");
    for (path, fields) in [
        (page.clone(), [("confirmation[name]", "web/app")]),
        (format!("{page}/tags"), [("digests[]", digest.as_str())]),
    ] {
        let kept = site.send(&site.anna, "delete", &path, &fields).await;
        let said = site.said(&site.anna, &kept).await;
        assert!(said.contains("connection refused"), "{path}: {said}");
        assert_eq!(said.matches(STILL).count(), 1, "{path}: {said}");
    }
    // What is refused for another reason is not about the registry.
    let wrong = [("confirmation[name]", "nonsense")];
    site.send(&site.anna, "delete", &page, &wrong)
        .await
        .is(422)
        .lacks(STILL);
}
