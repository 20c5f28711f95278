//! Finding things: the search field, and lists that remember how one looked at them.

use fantoccini::key::Key;

use super::site::{pushed, site, walk};
use crate::pages::driver::RUNTIME;

#[test]
fn the_search_field_is_one_key_away() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        site.namespace("qa", "qa", "private").await;
        pushed(&site, "owner", "qa/etcd", "2.1.1", "found").await;
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/teams").await;
        page.keys("/").await;
        page.keys("etcd:2.1.1").await;
        page.enter().await;
        page.at("/search").await;
        page.see("qa/etcd").await;
        // Where one is writing, the other key does it.
        page.open("/search").await;
        page.keys(&format!("{}{}{}", Key::Control, ' ', Key::Null))
            .await;
        page.keys("etcd").await;
        page.enter().await;
        page.at("/search?search=etcd").await;
        page.see("qa/etcd").await;
        page.open("/search?search=none+of+it").await;
        page.see("No match found.").await;
    });
}

#[test]
fn a_list_is_found_again_as_it_was_left() {
    let site = site(&[("PORTUS_PAGINATION_PER_PAGE", "3")]);
    RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.team("qa", owner).await;
        for name in ["alpha", "beta", "gamma", "delta", "epsilon"] {
            site.namespace(name, "qa", "private").await;
        }
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        let address = "/namespaces?ns_sort_by=name&ns_sort_asc=false&ns_page=2";
        page.open(address).await;
        let mine = page.within("Namespaces you have access to through team membership");
        mine.see("Showing from 4 to 5 of 5 entries").await;
        mine.see("alpha").await;
        mine.see("beta").await;
        mine.not_see("gamma").await;
        mine.press("Previous").await;
        mine.see("Showing from 1 to 3 of 5 entries").await;
        mine.see("gamma").await;
        page.client.back().await.unwrap();
        mine.see("Showing from 4 to 5 of 5 entries").await;
        page.reload().await;
        mine.see("Showing from 4 to 5 of 5 entries").await;
        // What nobody can sort by changes nothing.
        page.open("/namespaces?ns_sort_by=nonsense&ns_page=x").await;
        mine.see("alpha").await;
    });
}
