//! Somebody who has just come, and what the first page makes of their first push.

use super::site::{pushed, site, walk};
use crate::pages::driver::RUNTIME;

#[test]
fn the_first_push_is_noticed_while_one_looks() {
    let site = site(&[]);
    RUNTIME.block_on(site.user("newcomer"));
    walk(&site, async |page| {
        page.become_user("newcomer").await;
        page.see("Your first push").await;
        page.see("This page notices the push by itself.").await;
        page.see("No activities yet.").await;
        pushed(&site, "newcomer", "newcomer/alpine", "latest", "first").await;
        page.see("newcomer pushed newcomer/alpine:latest").await;
        page.not_see("Your first push").await;
        page.see("Last 30 days").await;
        page.not_see("No activities yet.").await;
        // What has come in its place goes on hearing of news.
        pushed(&site, "newcomer", "newcomer/busybox", "latest", "second").await;
        page.see("newcomer pushed newcomer/busybox:latest").await;
        assert_eq!(page.complaints().await, Vec::<String>::new());
        page.reload().await;
        page.not_see("Your first push").await;
    });
}
