//! Who may pull, as the buttons of a namespace say it, and as a client then finds it.

use super::site::{pushed, site, walk};
use crate::{pages::driver::RUNTIME, support::site::Site};

/// Whether somebody (`""`: nobody) can pull.
fn pulls(site: &Site, who: &str) -> bool {
    let place = tempfile::tempdir().unwrap();
    let source = site.image("qa/app:1");
    site.skopeo(who).pull(&source, place.path()).ok
}

#[test]
fn a_namespace_opens_and_closes_with_its_buttons() {
    let site = site(&[]);
    let id = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.user("other").await;
        site.team("qa", owner).await;
        let id = site.namespace("qa", "qa", "private").await;
        pushed(&site, "owner", "qa/app", "1", "visible").await;
        id
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        for (button, everybody, visitor) in [
            ("Public", true, true),
            ("Protected", true, false),
            ("Private", false, false),
        ] {
            page.open("/namespaces").await;
            page.within("qa").press(button).await;
            page.see("Visibility of 'qa' namespace updated").await;
            assert_eq!(pulls(&site, ""), visitor, "{button}");
            assert_eq!(pulls(&site, "other"), everybody, "{button}");
            assert!(pulls(&site, "owner"), "{button}");
        }
        // Somebody else sees the page of a public one, without what they may not do.
        page.within("qa").press("Public").await;
        page.see("Visibility of 'qa' namespace updated").await;
        page.become_user("other").await;
        page.open(&format!("/namespaces/{id}")).await;
        page.see("qa namespace").await;
        assert!(!page.offers("Edit").await);
        assert!(!page.offers("Delete").await);
        page.become_user("root").await;
        page.open("/namespaces").await;
        let host = site.registry.address.clone();
        assert!(
            page.within(&host).is_disabled("Private").await,
            "the global namespace stays open"
        );
    });
}
