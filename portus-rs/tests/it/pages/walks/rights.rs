//! What people may do shows on the page, and nothing else does.

use super::site::{pushed, site, walk};
use crate::{pages::driver::RUNTIME, support::images::Package};

#[test]
fn badges_say_who_may_push_under_each_policy() {
    let mut site = site(&[]);
    let namespace = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.user("viewer").await;
        let team = site.team("qa", owner).await;
        site.member(team, "viewer", "viewer").await;
        site.namespace("qa", "qa", "private").await
    });
    let namespace = format!("/namespaces/{namespace}");
    let rights = [("viewer", "Viewer", false), ("owner", "Owner", true)];
    walk(&site, async |page| {
        for (who, role, pushes) in rights {
            page.become_user(who).await;
            page.open(&namespace).await;
            let about = page.within("About this namespace");
            about.see("Pull").await;
            about.see(role).await;
            assert_eq!(about.text().await.contains("Push"), pushes, "{who}");
        }
    });
    let image = Package::docker_image("allowed", "amd64");
    let target = site.image("qa/app:1");
    let _ = site.skopeo("owner").push(&image, &target).succeeded();

    site.portus
        .set("PORTUS_USER_PERMISSION_PUSH_IMAGES_POLICY", "admin-only");
    site.portus.restart();
    walk(&site, async |page| {
        for (who, pushes) in [("owner", false), ("root", true)] {
            page.become_user(who).await;
            page.open(&namespace).await;
            let about = page.within("About this namespace");
            about.see("Pull").await;
            assert_eq!(about.text().await.contains("Push"), pushes, "{who}");
        }
    });
    let target = site.image("qa/app:2");
    let _ = site.skopeo("owner").push(&image, &target).failed();
    let _ = site.skopeo("root").push(&image, &target).succeeded();
}

#[test]
fn outsiders_talk_about_what_is_public_and_do_not_see_the_rest() {
    let site = site(&[]);
    let ids = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.user("outsider").await;
        site.team("qa", owner).await;
        let mut ids = Vec::new();
        for (name, visibility) in [("open", "public"), ("closed", "private")] {
            site.namespace(name, "qa", visibility).await;
            let repository = format!("{name}/app");
            pushed(&site, "owner", &repository, "1", name).await;
            ids.push(site.repository(&repository).await.unwrap()["id"].clone());
        }
        ids
    });
    walk(&site, async |page| {
        page.become_user("outsider").await;
        page.open(&format!("/repositories/{}", ids[0])).await;
        page.press("Write comment").await;
        page.fill("Comment", "Does **it** run on arm64?").await;
        page.within("Comments").press("Add").await;
        page.see("Comment was posted successfully").await;
        page.see("Does it run on arm64?").await;
        page.within("Comments").see("outsider").await;
        page.open(&format!("/repositories/{}", ids[1])).await;
        page.see("Page not found").await;
        // The author takes it back; the owner of the repository cannot.
        page.become_user("owner").await;
        page.open(&format!("/repositories/{}", ids[0])).await;
        page.see("Does it run on arm64?").await;
        assert!(!page.offers("Delete comment").await);
        page.become_user("outsider").await;
        page.open(&format!("/repositories/{}", ids[0])).await;
        page.press("Delete comment").await;
        page.press("Yes").await;
        page.see("Comment was deleted successfully").await;
        page.see("Nobody has left a comment yet").await;
    });
}

#[test]
fn an_admin_may_leave_when_another_stays() {
    let site = site(&[]);
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/admin/users").await;
        page.see("root@example.com").await;
        let own = page.within("root");
        assert!(
            !own.offers("Yes").await,
            "nobody else could let root in again"
        );
        site.user("boss").await;
        let _ = site.portus.cli(&["portus:make_admin[boss]"]).exits(0);
        page.become_user("boss").await;
        page.open("/admin/users").await;
        page.within("boss").press("Yes").await;
        page.see("Disable your own account?").await;
        page.press("Yes").await;
        page.at("/users/sign_in").await;
        page.see("You've successfully disabled your own user account.")
            .await;
        page.open("/teams").await;
        page.at("/users/sign_in").await;
        page.fill("Username", "boss").await;
        page.fill("Password", crate::support::site::PASSWORD).await;
        page.press("Login").await;
        page.see("disabled").await;
        assert_eq!(page.path().await, "/users/sign_in");
    });
}
