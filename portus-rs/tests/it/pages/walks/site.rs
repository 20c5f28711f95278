//! Sites that walks may change: each its own.

use crate::{
    pages::{
        driver::{Look, RUNTIME},
        page::{Page, browse},
    },
    support::{databases::TestDatabase, images::Package, site::Site},
};

/// A site with these settings, run on by everything that it does as long as the test lasts.
pub fn site(settings: &[(&str, &str)]) -> Site {
    RUNTIME.block_on(async {
        let mut builder = Site::builder()
            .env("PORTUS_GRAVATAR_ENABLED", "false")
            .env("PORTUS_DELETE_ENABLED", "true");
        for (name, value) in settings {
            builder = builder.env(name, value);
        }
        builder.start(TestDatabase::sqlite()).await
    })
}

/// Walks through a site in one browser.
pub fn walk<F: Future<Output = ()>>(site: &Site, walked: impl FnOnce(Page) -> F) {
    browse(Look::DESKTOP, &site.portus.url(), walked);
}

/// Pushes an image of its own under a name, and waits until it is listed.
pub async fn pushed(site: &Site, who: &str, repository: &str, tag: &str, seed: &str) -> Package {
    let image = Package::docker_image(seed, "amd64");
    let target = site.image(&format!("{repository}:{tag}"));
    let _ = site.skopeo(who).push(&image, &target).succeeded();
    site.soon(repository, tag, |_| true).await;
    image
}
