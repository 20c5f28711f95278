//! What people do most, in a browser that runs no scripts: every step is a link or a form.

use super::site::{pushed, site};
use crate::{
    pages::{
        driver::{Look, RUNTIME},
        page::browse,
    },
    support::site::PASSWORD,
};

#[test]
fn everyday_work_needs_no_scripts() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
    });
    browse(Look::WITHOUT_SCRIPTS, &site.portus.url(), async |page| {
        // One comes to where one was going.
        page.open("/namespaces").await;
        page.at("/users/sign_in").await;
        page.fill("Username", "owner").await;
        page.fill("Password", PASSWORD).await;
        page.press("Login").await;
        page.at("/namespaces").await;

        page.press("Create new namespace").await;
        page.fill("Name", "Wrong!").await;
        page.fill("Team", "qa").await;
        page.press("Create").await;
        page.see("Name can only contain lower case alphanumeric characters")
            .await;
        page.fill("Name", "apps").await;
        page.press("Create").await;
        page.see("Namespace 'apps' was created successfully").await;
        page.open("/namespaces").await;
        page.within("apps").press("Public").await;
        page.see("Visibility of 'apps' namespace updated").await;
        assert_eq!(
            site.count("namespaces WHERE name = 'apps' AND visibility = 2")
                .await,
            1
        );

        for tag in ["1", "2"] {
            pushed(&site, "owner", "apps/web", tag, tag).await;
        }
        page.open("/repositories").await;
        page.press("web").await;
        page.press("Star repository").await;
        page.see_offered("Unstar repository").await;
        assert_eq!(site.count("stars").await, 1);
        page.press("Edit description").await;
        page.fill("Description", "Serves **pages**.").await;
        page.press("Save").await;
        page.see("Repository's description was updated successfully")
            .await;
        page.see("Serves pages.").await;

        // What is taken away is asked about first, on a page or beside the button.
        page.within("1").tick("Select", true).await;
        page.press("Delete tags").await;
        page.see("Delete 1 tag?").await;
        page.press("Delete tag").await;
        page.see("1 successfully removed.").await;
        assert!(site.tag("apps/web", "1").await.is_none());
        assert!(site.tag("apps/web", "2").await.is_some());
        page.open("/users/edit").await;
        page.press("Create new token").await;
        page.fill("Application", "laptop").await;
        page.press("Create").await;
        page.see("laptop").await;
        assert_eq!(
            site.count("application_tokens WHERE application = 'laptop'")
                .await,
            1
        );
        page.within("laptop").press("Remove").await;
        page.press("Yes").await;
        page.see("was removed successfully").await;
        assert_eq!(
            site.count("application_tokens WHERE application = 'laptop'")
                .await,
            0
        );
        page.press("Logout").await;
        page.see("Signed out successfully.").await;
        let mut complaints = page.complaints().await;
        // The name that was refused above.
        complaints.retain(|it| !it.contains("status of 422"));
        assert_eq!(complaints, Vec::<String>::new());
    });
}
