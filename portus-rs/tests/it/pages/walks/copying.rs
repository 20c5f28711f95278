//! Taking a pull command along, also where browsers have no clipboard for pages: on plain HTTP.

use fantoccini::key::Key;

use super::site::{pushed, site};
use crate::pages::{
    driver::{ELSEWHERE, Look, RUNTIME},
    page::browse,
};

#[test]
fn a_pull_command_is_one_press_away() {
    let site = site(&[("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("qa", "qa", "public").await;
        pushed(&site, "owner", "qa/app", "1", "copied").await;
    });
    let command = format!("docker pull {}/qa/app:1", site.registry.address);
    let here = site.portus.url();
    let elsewhere = here.replace("127.0.0.1", ELSEWHERE);
    for url in [here, elsewhere] {
        browse(Look::DESKTOP, &url, async |page| {
            page.open("/explore?explore[search]=app").await;
            page.see(&command).await;
            page.press("Copy").await;
            page.see_offered("Copied pull command to clipboard").await;
            page.field("Repository").await.clear().await.unwrap();
            page.fill("Repository", &format!("{}v{}", Key::Control, Key::Null))
                .await;
            assert_eq!(page.value("Repository").await, command, "{url}");
        });
    }
}
