//! Taking things away: tags, repositories, namespaces, teams, and what is told before.

use sea_orm::ConnectionTrait as _;

use super::site::{pushed, site, walk};
use crate::pages::{
    driver::{Look, RUNTIME},
    page::browse,
};

#[test]
fn tags_that_share_an_image_go_together() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("qa", "qa", "private").await;
        for tag in ["1", "latest"] {
            pushed(&site, "owner", "qa/app", tag, "the same").await;
        }
        pushed(&site, "owner", "qa/app", "2", "another").await;
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/repositories").await;
        page.press("app").await;
        // One image with two tags is one row.
        let row = page.within("latest");
        row.see("1").await;
        row.tick("Select", true).await;
        page.press("Delete tags").await;
        page.see("Delete 2 tags?").await;
        page.see("latest").await;
        page.press("Delete tags").await;
        page.see("1, latest successfully removed.").await;
        assert!(site.tag("qa/app", "latest").await.is_none());
        assert!(site.tag("qa/app", "1").await.is_none());
        // The last one takes the repository with it.
        page.within("2").tick("Select", true).await;
        page.press("Delete tag").await;
        page.see("No other tag is left: the repository goes too.")
            .await;
        page.press("Delete tag").await;
        page.see("Repository removed with all its tags.").await;
        page.see("qa namespace").await;
        assert!(site.repository("qa/app").await.is_none());
        let gone = site.skopeo("owner").tags(&site.image("qa/app"));
        assert!(!gone.stdout.contains("latest"), "{gone:?}");
    });
}

/// Also tags whose manifest nobody knows.
#[test]
fn everything_on_a_page_is_selected_at_once() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("qa", "qa", "private").await;
        for tag in ["first", "second"] {
            pushed(&site, "owner", "qa/app", tag, tag).await;
        }
        let connection = site.look().await;
        let forgotten = "UPDATE tags SET digest = NULL WHERE name = 'second'";
        connection.execute_unprepared(forgotten).await.unwrap();
        connection.close().await.unwrap();
    });
    for look in [Look::DESKTOP, Look::PHONE] {
        browse(look, &site.portus.url(), async |page| {
            page.become_user("owner").await;
            page.open("/repositories").await;
            page.press("app").await;
            page.press("TAG").await;
            page.at("/repositories/1?sort_by=name&sort_asc=true&page=1")
                .await;
            page.reload().await;
            page.tick("Select all on this page", true).await;
            page.press("Delete tags").await;
            page.see("Delete 2 tags?").await;
            page.see("first").await;
            page.see("second").await;
        });
    }
}

#[test]
fn a_team_leaves_its_namespaces_to_another() {
    let site = site(&[]);
    let (team, heir) = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.user("reader").await;
        let team = site.team("leaving", owner).await;
        let heir = site.team("heirs", owner).await;
        site.member(heir, "reader", "viewer").await;
        site.namespace("kept", "leaving", "private").await;
        pushed(&site, "owner", "kept/app", "1", "inherited").await;
        (team, heir)
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open(&format!("/teams/{team}")).await;
        page.press("Delete").await;
        page.see("kept").await;
        page.fill("Team", "heirs").await;
        page.fill("Name", "leaving").await;
        page.press("Migrate namespaces and delete team").await;
        page.see(
            "Team 'leaving' was removed successfully and its namespaces were migrated to 'heirs'",
        )
        .await;
        page.open(&format!("/teams/{heir}")).await;
        page.see("kept").await;
        page.open(&format!("/teams/{team}")).await;
        page.see("Page not found").await;
        let place = tempfile::tempdir().unwrap();
        let source = site.image("kept/app:1");
        let _ = site
            .skopeo("reader")
            .pull(&source, place.path())
            .succeeded();
        // What remembers it still can be read.
        page.become_user("root").await;
        page.open("/admin/activities").await;
        page.see("leaving").await;
        page.open("/").await;
        page.see("kept/app").await;
    });
}
