//! What programmers read.

use super::site::{site, walk};

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
