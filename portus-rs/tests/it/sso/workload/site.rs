//! The whole program with a real registry, and a client that knows nothing of jobs.

use serde_json::json;

use super::super::start_of_time;
use crate::support::{
    databases::TestDatabase, images::Package, provider::Provider, site::Site, skopeo::Skopeo,
};

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_logs_in_with_a_jobs_token_and_pushes() {
    let ci = Provider::start(start_of_time());
    let site = Site::builder()
        .env("PORTUS_WORKLOAD_IDENTITY_ALLOW_HOSTS", "127.0.0.1")
        .env("PORTUS_LOG_LEVEL", "debug")
        .start(TestDatabase::sqlite())
        .await;
    let olga = site.user("olga").await;
    let team = site.team("apps", olga).await;
    site.namespace("apps", "apps", "private").await;
    let bot = json!({"bot": {"username": "ci", "role": "contributor"}});
    let bot = site.post(&format!("/api/v1/teams/{team}/bots"), bot).await;
    let trust = json!({
        "name": "main", "issuer": ci.url, "audience": "portus.test", "claims": ["sub=main"], "scope": "push",
    });
    site.post(&format!("/api/v1/bots/{}/trusts", bot["id"]), trust)
        .await;
    let token =
        |branch: &str| ci.job_token(&json!({"sub": branch, "aud": "portus.test", "jti": branch}));
    let (good, other) = (token("main"), token("feature"));
    let registry = &site.registry.address;
    let _ = Skopeo::anonymous().login(registry, "ci", &other).failed();
    let job = Skopeo::anonymous();
    let _ = job.login(registry, "ci", &good).succeeded();
    let package = Package::image("a job's", "amd64");
    let _ = job.push(&package, &site.image("apps/app:1")).succeeded();
    let row = site.soon("apps/app", "1", |_| true).await;
    assert_eq!(row["author"]["name"], "ci", "{row}");
    let _ = job
        .inspect(&site.image("apps/app:1"), &["--raw"])
        .succeeded();
    // No further than the bot may.
    let _ = job.push(&package, &site.image("olga/app:1")).failed();
    let told = site.get("/api/v1/audit?action=user:job_login").await;
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    let log = site.portus.log();
    for token in [good, other] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "{log}");
    }
}
