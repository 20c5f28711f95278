//! Words of help, and runs that are told as what they were.

use sea_orm::ConnectionTrait as _;

use super::Site;

#[actix_web::test]
async fn help_stands_where_it_is_asked_for() {
    let site = Site::new().await;
    let anna = site.person("anna").await;
    let ops = site.service.team("ops", &anna).await;
    let space = site.service.namespace("web", &ops, "public").await;
    site.get(&site.anna, "/namespaces")
        .await
        .is(200)
        .says("What&#39;s this?")
        .says("Protected: whoever is signed in pulls.");
    let page = format!("/namespaces/{}", space.id);
    site.get(&site.zoe, &page).await.says("What can I do?");
    let team = format!("/teams/{}", site.team);
    site.get(&site.ben, &team)
        .await
        .says("What&#39;s my role?")
        .says("Viewers pull images");
    // An admin who is not in it has no role there.
    site.get(&site.root, &team)
        .await
        .is(200)
        .lacks("What&#39;s my role?");
}

#[actix_web::test]
async fn a_comparison_that_only_removes_what_was_held_back_says_so() {
    let site = Site::new().await;
    let rows = site.service.database.connect().await;
    let when = "(SELECT created_at FROM users WHERE username = 'anna')";
    for (id, removed, confirms) in [(1, 0, "NULL"), (2, 7, "1")] {
        let row = format!(
            "INSERT INTO sync_runs (id, registry_id, strategy, state, removed, confirms, started_at, updated_at, \
             finished_at) VALUES ({id}, {}, 'update-delete', 1, {removed}, {confirms}, {when}, {when}, {when})",
            site.service.registry.id
        );
        rows.execute_unprepared(&row).await.unwrap();
    }
    rows.close().await.unwrap();
    let told =
        "Nothing anew: it carried out <a href=\"/admin/sync/1\">removals that were held back</a>";
    site.get(&site.root, "/admin/sync/2")
        .await
        .is(200)
        .says(told)
        .says("7 removed")
        .lacks("0 repositories");
    site.get(&site.root, "/admin/sync/1")
        .await
        .is(200)
        .says("0 repositories")
        .lacks("Nothing anew");
    site.get(&site.root, "/admin/jobs").await.is(200).says(told);
}
