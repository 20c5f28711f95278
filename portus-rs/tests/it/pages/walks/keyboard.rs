//! A keyboard alone is enough: what one comes to, in which order, and that it can be seen where one is.

use fantoccini::key::Key;
use serde_json::Value;

use super::site::{pushed, site, walk};
use crate::pages::{driver::RUNTIME, page::Page};

/// What has the focus: its name, and whether anything around it shows so.
const FOCUSED: &str = "\
    const it = document.activeElement; \
    if (!it || it === document.body) return null; \
    const style = getComputedStyle(it); \
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0; \
    const box = it.getBoundingClientRect(); \
    return { \
      name: (it.ariaLabel || it.labels?.[0]?.innerText || it.innerText || it.title || it.placeholder || '').trim(), \
      kind: it.localName, \
      visible: (outlined || style.boxShadow !== 'none') && box.width > 0 && box.height > 0 && box.bottom > 0, \
      inside: it.closest('main') !== null, \
    };";

/// Where the focus is after one more press of the tabulator.
async fn tab(page: &Page) -> Value {
    page.keys(&Key::Tab.to_string()).await;
    page.run(FOCUSED).await
}

/// Presses the tabulator until something with this name has the focus.
async fn tab_to(page: &Page, name: &str) {
    let mut met = Vec::new();
    for _ in 0..120 {
        let focused = tab(page).await;
        assert!(
            focused.is_null() || focused["visible"] == true,
            "one cannot see that one is at {focused}"
        );
        let here = focused["name"].as_str().unwrap_or_default().to_owned();
        if here == name {
            return;
        }
        met.push(here);
    }
    panic!("the keyboard never came to “{name}”, but to {met:#?}");
}

#[test]
fn the_first_key_leads_past_what_is_on_every_page() {
    let site = site(&[]);
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/teams").await;
        let first = tab(&page).await;
        assert_eq!(first["name"], "Skip to the content");
        assert_eq!(first["visible"], true, "{first}");
        page.enter().await;
        let focused = page.run("return document.activeElement.id").await;
        assert_eq!(focused, "content");
        let next = tab(&page).await;
        assert_eq!(next["inside"], true, "{next}");
    });
}

#[test]
fn the_whole_of_a_page_is_walked_through_and_seen() {
    let site = site(&[]);
    let team = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        let team = site.team("qa", owner).await;
        site.namespace("qa", "qa", "private").await;
        pushed(&site, "owner", "qa/app", "1", "walked").await;
        team
    });
    walk(&site, async |page| {
        page.become_user("owner").await;
        for path in ["/", "/namespaces", &format!("/teams/{team}"), "/users/edit"] {
            page.open(path).await;
            let script = "return [...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), select, textarea')] \
                .filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.disabled && it.tabIndex >= 0).length";
            let all = page.run(script).await.as_u64().unwrap();
            let mut seen = 0;
            loop {
                let focused = tab(&page).await;
                if focused.is_null() || seen > all {
                    break;
                }
                assert_eq!(focused["visible"], true, "{path}: {focused}");
                seen += 1;
            }
            // What is one choice of several is one stop.
            assert!(seen + 2 >= all, "{path}: {seen} of {all}");
        }
    });
}

#[test]
fn menus_and_questions_are_opened_answered_and_left_by_keys() {
    let site = site(&[]);
    let team = RUNTIME.block_on(async {
        let owner = site.user("owner").await;
        site.user("helper").await;
        let team = site.team("qa", owner).await;
        site.member(team, "helper", "viewer").await;
        team
    });
    let helpers = "team_users WHERE user_id = (SELECT id FROM users WHERE username = 'helper')";
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/teams").await;
        tab_to(&page, "Create new team").await;
        page.enter().await;
        tab_to(&page, "Name").await;
        page.keys("by hand").await;
        page.enter().await;
        page.see("Team 'by hand' was created successfully").await;

        page.open(&format!("/teams/{team}")).await;
        let before = site.count(helpers).await;
        // Escape leaves the question, and leads back to where it was asked.
        tab_to(&page, "Remove helper from the team").await;
        page.enter().await;
        page.see("Please confirm").await;
        page.keys(&Key::Escape.to_string()).await;
        page.not_see("Please confirm").await;
        let focused = page.run(FOCUSED).await;
        assert_eq!(focused["name"], "Remove helper from the team", "{focused}");
        assert_eq!(site.count(helpers).await, before);
        page.enter().await;
        page.see("Please confirm").await;
        tab_to(&page, "Yes").await;
        page.enter().await;
        page.see("was successfully removed from the team").await;
        assert_eq!(site.count(helpers).await, before - 1);
    });
}
