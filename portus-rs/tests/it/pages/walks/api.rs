//! What programmers read.

use super::site::{site, walk};
use crate::pages::{driver::Look, page::browse};

#[test]
fn the_description_of_the_api_is_there_to_read() {
    walk(&site(&[]), async |page| {
        page.become_user("root").await;
        page.open("/").await;
        page.press("API").await;
        page.at("/documentation").await;
        page.see("Secrets that stand in for a password").await;
        page.shows("documentation").await;
        page.run("document.querySelector('#operations-tag-application_tokens button').click()")
            .await;
        page.see("/api/v1/users/{id}/application_tokens").await;
        page.shows("documentation-open").await;
        assert_eq!(page.complaints().await, Vec::<String>::new());
        page.press("portus-rs").await;
        page.see("Dashboard").await;
    });
}

#[test]
fn the_api_can_be_read_without_scripts_in_the_readers_language() {
    let site = site(&[]);
    let look = Look {
        language: "ja",
        ..Look::WITHOUT_SCRIPTS
    };
    browse(look, &site.portus.url(), async |page| {
        page.open("/documentation").await;
        page.see("プログラムがこのサービスに要求できることと、その応答です。")
            .await;
        page.see("/api/v1/users/{id}/application_tokens").await;
        page.see("Secrets that stand in for a password").await;
        assert_eq!(page.complaints().await, Vec::<String>::new());
    });
}
