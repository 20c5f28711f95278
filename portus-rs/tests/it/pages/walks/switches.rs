//! What an installation has switched on or off.

use super::site::{pushed, site, walk};
use crate::pages::driver::RUNTIME;

#[test]
fn without_deletion_nothing_offers_it() {
    let site = site(&[("PORTUS_DELETE_ENABLED", "false")]);
    let (team, namespace) = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        let team = site.team("qa", owner).await;
        let namespace = site.namespace("qa", "qa", "private").await;
        pushed(&site, "owner", "qa/app", "1", "kept").await;
        (team, namespace)
    });
    walk(&site, async |page| {
        for who in ["owner", "root"] {
            page.become_user(who).await;
            for path in [format!("/teams/{team}"), format!("/namespaces/{namespace}")] {
                page.open(&path).await;
                page.see("qa").await;
                assert!(!page.offers("Delete").await, "{who} at {path}");
            }
            page.open("/repositories").await;
            page.press("app").await;
            page.see("1").await;
            assert!(!page.offers("Delete repository").await, "{who}");
            assert!(!page.offers("Delete tag").await, "{who}");
            let boxes = page
                .run("return document.querySelectorAll('main input[type=checkbox]').length")
                .await;
            assert_eq!(boxes, 0, "{who}");
        }
    });
}

#[test]
fn without_sign_up_accounts_come_from_admins() {
    let site = site(&[("PORTUS_SIGNUP_ENABLED", "false")]);
    walk(&site, async |page| {
        page.open("/").await;
        page.see("Login").await;
        assert!(!page.offers("Create a new account").await);
        page.open("/users/sign_up").await;
        page.at("/users/sign_in").await;
        page.become_user("root").await;
        page.open("/admin/users?new=1").await;
        assert!(page.asks_for("Username").await);
    });
}

#[test]
fn with_sign_up_people_come_by_themselves() {
    let site = site(&[]);
    walk(&site, async |page| {
        page.open("/").await;
        page.press("Create a new account").await;
        page.at("/users/sign_up").await;
        page.fill("Username", "root").await;
        page.fill("Email", "new@example.com").await;
        page.fill("Password (8 characters min.)", "long enough")
            .await;
        page.fill("Password again", "long enoug").await;
        page.press("Create account").await;
        // What was entered is kept, but for the passwords.
        page.see("has already been taken").await;
        assert_eq!(page.value("Email").await, "new@example.com");
        assert_eq!(page.value("Password again").await, "");
        page.fill("Username", "newcomer").await;
        page.fill("Password (8 characters min.)", "long enough")
            .await;
        page.fill("Password again", "long enough").await;
        page.press("Create account").await;
        page.at("/").await;
        page.see("newcomer").await;
    });
}

#[test]
fn explore_is_for_those_who_have_not_signed_in() {
    let site = site(&[("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        for (name, visibility) in [
            ("open", "public"),
            ("closed", "private"),
            ("half", "protected"),
        ] {
            site.namespace(name, "qa", visibility).await;
            pushed(&site, "owner", &format!("{name}/etcd"), "2.1.1", name).await;
        }
    });
    walk(&site, async |page| {
        page.open("/").await;
        page.press("Explore").await;
        page.fill("Repository", "etcd").await;
        page.press("Search").await;
        page.see("1 repository was found").await;
        page.see("open/etcd").await;
        page.not_see("closed/etcd").await;
        page.not_see("half/etcd").await;
        page.see(&format!(
            "docker pull {}/open/etcd:2.1.1",
            site.registry.address
        ))
        .await;
        page.fill("Repository", "nothing like it").await;
        page.press("Search").await;
        page.see("Your search did not match any repositories.")
            .await;
        page.open("/repositories").await;
        page.at("/users/sign_in").await;
        page.see("You need to sign in or sign up before continuing.")
            .await;
    });
}

/// Whoever was sent away to sign in comes to where they were going.
#[test]
fn signing_in_leads_on_to_where_one_was_going() {
    let site = site(&[]);
    walk(&site, async |page| {
        page.open("/teams?tm_sort_by=name&tm_sort_asc=false").await;
        page.at("/users/sign_in").await;
        page.fill("Username", "root").await;
        page.fill("Password", "wrong").await;
        page.press("Login").await;
        page.see("Invalid").await;
        assert_eq!(page.value("Username").await, "root");
        page.fill("Password", crate::support::site::PASSWORD).await;
        page.press("Login").await;
        page.at("/teams?tm_sort_by=name&tm_sort_asc=false").await;
        page.press("Logout").await;
        page.see("Signed out successfully.").await;
        page.open("/teams").await;
        page.at("/users/sign_in").await;
    });
}
