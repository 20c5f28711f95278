//! Names lead to what they name, and people are called as they want to be.

use portus_rs::{
    actions::job_runs::{self, Run},
    entities::JobOutcome,
    queries::jobs::HOUSEKEEPING,
};

use super::Site;

const NAMED: [(&str, &str); 1] = [("PORTUS_DISPLAY_NAME_ENABLED", "true")];

impl Site {
    /// A repository in Anna's namespace, with its page.
    async fn shelf(&self) -> (i64, String) {
        let space = self.web().await;
        let space = space.rsplit('/').next().unwrap().to_owned();
        self.sql(&format!(
            "INSERT INTO repositories (name, namespace_id, created_at, updated_at) \
             VALUES ('app', {space}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        ))
        .await;
        let id = self.service.count("repositories").await;
        (id, format!("/repositories/{id}"))
    }
}

#[actix_web::test]
async fn who_wrote_or_did_something_goes_by_their_display_name() {
    let site = Site::with(&NAMED).await;
    let (_, page) = site.shelf().await;
    let named = [("user[display_name]", "Anna <Lind>")];
    site.send(&site.anna, "put", "/users", &named).await.is(303);
    let body = [("comment[body]", "It works")];
    site.send(&site.anna, "post", &format!("{page}/comments"), &body)
        .await
        .is(303);
    let shown = site.get(&site.root, &page).await;
    let by = shown.between("<p class=\"comment-by\">", "</p>");
    assert!(by.contains(">Anna &lt;Lind&gt;</a>"), "{by}");
    assert!(!by.contains(">anna<"), "{by}");

    // Neither pictures nor rights make the difference.
    for (who, path) in [
        (&site.root, "/?activities=admin"),
        (&site.anna, "/"),
        (&site.ben, "/"),
        (&site.root, "/admin/activities"),
    ] {
        site.get(who, path)
            .await
            .is(200)
            .says(">Anna &lt;Lind&gt;<")
            .lacks(">anna<");
    }
    // Files and programs get the name that does not change with taste.
    let file = site.get(&site.root, "/admin/activities.csv").await;
    file.is(200).says("anna").lacks("Lind");
    let comments = format!("/api/v1{page}/comments");
    site.get(&site.root, &comments)
        .await
        .says("\"username\":\"anna\"");

    // Whoever is gone keeps the name of then.
    let anna = site.person("anna").await.id;
    site.sql(&format!(
        "UPDATE activities SET actor_id = 999999 WHERE actor_id = {anna}"
    ))
    .await;
    site.get(&site.root, "/?activities=admin")
        .await
        .says("<strong>anna</strong>")
        .lacks("Lind");
}

#[actix_web::test]
async fn without_display_names_everybody_goes_by_their_user_name() {
    let site = Site::new().await;
    site.web().await;
    site.sql("UPDATE users SET display_name = 'Anna Lind' WHERE username = 'anna'")
        .await;
    site.get(&site.root, "/?activities=admin")
        .await
        .is(200)
        .says(">anna<")
        .lacks("Lind");
}

#[actix_web::test]
async fn jobs_and_notifications_lead_to_registries_people_and_repositories() {
    let site = Site::new().await;
    let (repository, _) = site.shelf().await;
    let registry = site.service.registry.id;
    let registry = format!("<a href=\"/admin/registries/{registry}/edit\">registry</a>");
    let ben = site.person("ben").await.id;
    let page_of_ben = format!("<a href=\"/admin/users/{ben}/edit\">ben</a>");
    for (id, who) in [(1, "'ben'"), (2, "'root'"), (3, "'gone'"), (4, "NULL")] {
        site.sql(&format!(
            "INSERT INTO sync_runs (id, registry_id, strategy, state, requested_by, started_at, updated_at) \
             VALUES ({id}, 1, 'update', 2, {who}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        ))
        .await;
    }
    let jobs = site.get(&site.root, "/admin/jobs").await;
    jobs.is(200)
        .says(&registry)
        .says(&page_of_ben)
        .says("<a href=\"/users/edit\">root</a>")
        .says(">gone</td>")
        .says(">the schedule</td>");
    site.get(&site.root, "/admin/sync/1")
        .await
        .is(200)
        .says(&registry)
        .says(&page_of_ben);

    for (id, name) in [(1, "web/app"), (2, "web/other"), (3, "No!Name")] {
        site.sql(&format!(
            "INSERT INTO registry_events (registry_id, event_id, action, repository, data, state, attempts, \
             next_attempt_at, created_at, updated_at) VALUES (1, 'e{id}', 'push', '{name}', '{{}}', 2, 5, \
             CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        ))
        .await;
    }
    site.get(&site.root, "/admin/events")
        .await
        .is(200)
        .says(&registry)
        .says(&format!(
            "<a href=\"/repositories/{repository}\">web/app</a>"
        ))
        .says(">web/other</td>")
        .says(">No!Name</td>");

    let run = Run {
        name: HOUSEKEEPING,
        shared: true,
        outcome: JobOutcome::Done,
        did: 1,
        message: None,
        wanted_by: Some("ben".to_owned()),
        replica: "portus-1:7".to_owned(),
        began_at: site.service.app.clock.now(),
    };
    job_runs::record(&site.service.app, run).await.unwrap();
    site.get(&site.root, "/admin/jobs/housekeeping")
        .await
        .says(&page_of_ben);
}

#[actix_web::test]
async fn repositories_of_others_are_fetched_again_when_something_happens() {
    let site = Site::new().await;
    site.shelf().await;
    let page = site.get(&site.root, "/repositories").await;
    let other = page.between("id=\"other\"", ">");
    assert!(other.contains("data-live"), "{other}");
}
