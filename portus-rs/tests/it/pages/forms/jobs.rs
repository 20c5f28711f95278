//! The history of the jobs.

use portus_rs::{
    actions::job_runs::{self, Run},
    entities::JobOutcome,
    queries::jobs::{HOUSEKEEPING, WEBHOOKS},
};

use super::Site;

impl Site {
    async fn ran(&self, name: &str, did: u64, failed: Option<&str>) {
        let run = Run {
            name,
            shared: name == HOUSEKEEPING,
            outcome: failed.map_or(JobOutcome::Done, |_| JobOutcome::Failed),
            did,
            message: failed.map(str::to_owned),
            wanted_by: Some("root".to_owned()),
            replica: "portus-1:7".to_owned(),
            began_at: self.service.app.clock.now(),
        };
        job_runs::record(&self.service.app, run).await.unwrap();
    }
}

#[actix_web::test]
async fn a_job_has_a_page_with_its_runs() {
    let site = Site::new().await;
    site.get(&site.root, "/admin/jobs/housekeeping")
        .await
        .is(200)
        .says("Nothing to tell yet");
    for did in 1..=11 {
        site.ran(HOUSEKEEPING, did, None).await;
    }
    site.ran(HOUSEKEEPING, 0, Some("the <b>disk</b> is full"))
        .await;
    site.ran(WEBHOOKS, 1, Some("no way out")).await;

    let page = site.get(&site.root, "/admin/jobs/housekeeping").await;
    page.is(200)
        .says("the &lt;b&gt;disk&lt;/b&gt; is full")
        .says("11 old entries cleared away")
        .lacks("1 old entry cleared away")
        .says("portus-1:7")
        .says("href=\"/admin/jobs/housekeeping?j_page=2\"");
    site.get(&site.root, "/admin/jobs/housekeeping?j_page=2")
        .await
        .says("1 old entry cleared away");
    site.get(&site.root, "/admin/jobs/housekeeping?only=failed")
        .await
        .says("is full")
        .lacks("cleared away");

    // Whoever looks at all jobs sees which one is in trouble, and which one was.
    site.ran(HOUSEKEEPING, 0, None).await;
    let all = site.get(&site.root, "/admin/jobs").await;
    all.is(200)
        .says("no way out")
        .says("href=\"/admin/jobs/housekeeping?only=failed\"")
        .says("href=\"/admin/jobs/mail\"")
        .lacks("href=\"/admin/jobs/mail?only=failed\"")
        .lacks("/admin/jobs/people");
}

#[actix_web::test]
async fn only_admins_look_at_jobs_and_only_shared_ones_are_asked_for() {
    let site = Site::new().await;
    site.get(&site.anna, "/admin/jobs/mail").await.is(403);
    for nothing in ["nonsense", "people", "1"] {
        let path = format!("/admin/jobs/{nothing}");
        site.get(&site.root, &path).await.is(404);
    }
    let page = site.get(&site.root, "/admin/jobs/webhooks").await;
    page.is(200).lacks("/admin/jobs/webhooks/run");
    for refused in ["webhooks", "nonsense"] {
        let path = format!("/admin/jobs/{refused}/run");
        site.send(&site.root, "post", &path, &[]).await.is(404);
    }
    let fields = [("return_to", "/admin/jobs/mail")];
    let asked = site
        .send(&site.root, "post", "/admin/jobs/mail/run", &fields)
        .await;
    asked.goes_to("/admin/jobs/mail");
    assert_eq!(
        site.service.count("leases WHERE wanted_by = 'root'").await,
        1
    );
}

#[actix_web::test]
async fn all_that_was_given_up_is_tried_again_at_once() {
    let site = Site::new().await;
    let page = site.get(&site.root, "/admin/events").await;
    page.is(200).lacks("Try all again");
    for event in ["one", "two"] {
        site.sql(&format!(
            "INSERT INTO registry_events (registry_id, event_id, action, repository, data, state, attempts, last_error, \
             next_attempt_at, created_at, updated_at) SELECT id, '{event}', 'push', 'qa/{event}', '{{}}', 2, 5, 'gone', \
             created_at, created_at, created_at FROM registries"
        ))
        .await;
    }
    let page = site.get(&site.root, "/admin/events").await;
    let form = page
        .says("Try again</button>")
        .between("action=\"/admin/events/replay\"", "</form>");
    assert!(form.contains("Try all again</button>"), "{form}");
    let all = "/admin/events/replay";
    site.send(&site.anna, "post", all, &[]).await.is(403);
    let done = site.send(&site.root, "post", all, &[]).await;
    let said = site.said(&site.root, &done).await;
    assert!(said.contains("2 notifications are tried again."), "{said}");
    let left = site.service.count("registry_events WHERE state = 2").await;
    assert_eq!(left, 0);
}
