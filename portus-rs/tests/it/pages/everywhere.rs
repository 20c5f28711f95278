//! What holds on every page: nobody is shut out by colours, size, language or missing scripts, and nothing comes from
//! elsewhere.

use std::fmt::Write as _;

use super::{
    axe::axe,
    driver::{Look, RUNTIME},
    page::{Page, browse},
    phone::{inexact, no_cards, out_of_reach},
    picture::{LOOKS, screenshots},
    seen::{Seen, pages},
    world::{World, world},
};

/// Shows every page to whom it is for, and gathers what `judge` finds wrong.
pub fn on_every_page(look: Look, judge: &impl AsyncFn(&Page, &Seen) -> Vec<String>) {
    let world = RUNTIME.block_on(world());
    on_every_page_at(&world.site.portus.url(), look, judge);
}

/// The same where another process shows them.
pub fn on_every_page_at(root: &str, look: Look, judge: &impl AsyncFn(&Page, &Seen) -> Vec<String>) {
    let wrong = found_on_every_page(root, look, &|_| true, judge);
    assert!(wrong.is_empty(), "{wrong}");
}

fn found_on_every_page(
    root: &str,
    look: Look,
    wanted: &impl Fn(&str) -> bool,
    judge: &impl AsyncFn(&Page, &Seen) -> Vec<String>,
) -> String {
    let world = RUNTIME.block_on(world());
    let mut wrong = String::new();
    browse(look, root, async |page| {
        let mut who = "";
        for seen in pages(world).into_iter().filter(|it| wanted(it.name)) {
            if seen.who != who {
                page.become_user(seen.who).await;
                who = seen.who;
            }
            page.open(&seen.path).await;
            let mut found = expected(&page, &seen).await;
            found.extend(judge(&page, &seen).await);
            for it in found {
                writeln!(wrong, "{} ({} at {}): {it}", seen.name, seen.who, seen.path).unwrap();
            }
        }
    });
    wrong
}

/// It is that page, and not another that says why not.
async fn expected(page: &Page, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let status = page
        .run("return performance.getEntriesByType('navigation')[0].responseStatus")
        .await;
    let good = if seen.path == "/404" { 404 } else { 200 };
    if status != good {
        wrong.push(format!("the status is {status}"));
    }
    let here = page.path().await;
    if here.split('?').next() != seen.path.split('?').next() {
        wrong.push(format!("it leads to {here}"));
    }
    let headings = page
        .run("return document.querySelectorAll('h1').length")
        .await;
    if headings != 1 {
        wrong.push(format!("{headings} first headings"));
    }
    wrong
}

/// Errors in the console, but that a page about an error has that status.
async fn complaints(page: &Page, seen: &Seen) -> Vec<String> {
    let mut found = page.complaints().await;
    found.retain(|it| {
        !(seen.path == "/404" && it.contains("the server responded with a status of 404"))
    });
    found
}

async fn judged_by_axe(page: &Page, seen: &Seen) -> Vec<String> {
    let mut wrong = complaints(page, seen).await;
    let report = axe(page).await;
    if !report.is_empty() {
        wrong.push(report);
    }
    wrong.extend(inexact(page).await);
    wrong
}

/// What does not fit beside one another.
async fn too_wide(page: &Page) -> Option<String> {
    let over = page
        .run(
            "const room = document.documentElement.clientWidth; \
             if (document.documentElement.scrollWidth <= room) return ''; \
             const far = [...document.querySelectorAll('body *')].find((it) => \
               it.getBoundingClientRect().right > room + 1); \
             return `${document.documentElement.scrollWidth} pixels wide: ${far?.outerHTML.slice(0, 200)}`",
        )
        .await;
    (over != "").then(|| over.to_string())
}

/// Shows what a page keeps folded away: forms, questions and explanations.
async fn unfold(page: &Page) {
    page.run("document.querySelectorAll('main details').forEach((it) => { it.open = true; })")
        .await;
}

#[test]
fn nobody_is_shut_out_of_what_was_folded_away() {
    on_every_page(Look::DESKTOP, &async |page, _| {
        unfold(page).await;
        let report = axe(page).await;
        if report.is_empty() {
            Vec::new()
        } else {
            vec![report]
        }
    });
}

#[test]
fn nobody_is_shut_out_in_light() {
    on_every_page(Look::DESKTOP, &judged_by_axe);
}

#[test]
fn nobody_is_shut_out_in_the_dark() {
    on_every_page(Look::DARK, &judged_by_axe);
}

#[test]
fn a_phone_has_room_for_every_page_also_in_japanese() {
    let look = Look {
        language: "ja",
        ..Look::PHONE
    };
    on_every_page(look, &async |page, seen| {
        let mut wrong = complaints(page, seen).await;
        wrong.extend(unspoken(page, "ja").await);
        wrong.extend(no_cards(page).await);
        wrong.extend(out_of_reach(page).await);
        wrong.extend(too_wide(page).await);
        unfold(page).await;
        wrong.extend(too_wide(page).await);
        wrong
    });
}

#[test]
fn every_page_can_be_read_without_scripts_also_in_chinese() {
    let look = Look {
        language: "zh-CN",
        ..Look::WITHOUT_SCRIPTS
    };
    on_every_page(look, &async |page, seen| {
        let mut wrong = complaints(page, seen).await;
        wrong.extend(unspoken(page, "zh-CN").await);
        wrong.extend(inexact(page).await);
        if page.text().await.trim().len() < 40 {
            wrong.push("there is nothing to read".to_owned());
        }
        wrong
    });
}

/// What a missing language or a message without its values leaves behind.
async fn unspoken(page: &Page, language: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let said = page.run("return document.documentElement.lang").await;
    if said != language {
        wrong.push(format!("the page says that it is in {said}"));
    }
    let title = page.run("return document.title").await;
    let text = format!("{title} {}", page.text().await);
    let ours = |it: char| matches!(it, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    if text.chars().filter(|it| ours(*it)).count() < 10 {
        wrong.push("hardly a word is of that language".to_owned());
    }
    let unfilled = text
        .split_whitespace()
        .find(|word| word.contains("{$") || word.contains("{ $"));
    if let Some(word) = unfilled {
        wrong.push(format!("a message was not filled in: {word}"));
    }
    wrong
}

/// 150 KiB, for a browser that has never been here, at its first page and at its first after signing in.
#[test]
fn a_first_visit_is_light() {
    let world: &World = RUNTIME.block_on(world());
    browse(Look::DESKTOP, &world.site.portus.url(), async |page| {
        page.open("/users/sign_in").await;
        let (bytes, answers) = page.transferred().await;
        println!("the first visit: {bytes} bytes in {answers} answers");
        assert!(bytes <= 100 * 1024, "{bytes} bytes in {answers} answers");
        page.become_user("anna").await;
        page.open("/").await;
        let (bytes, answers) = page.transferred().await;
        println!("the second page: {bytes} bytes in {answers} answers");
        assert!(
            bytes <= 40 * 1024,
            "{bytes} bytes in {answers} answers: what is kept is asked for again"
        );
        let elsewhere = page
            .run("return performance.getEntriesByType('resource').map((it) => it.name).filter((it) => !it.startsWith(location.origin))")
            .await;
        assert_eq!(elsewhere.as_array().map(Vec::len), Some(0), "{elsewhere}");
    });
}

/// Whether a picture is wanted: of all pages, or of those that `PAGES` names.
#[expect(
    clippy::disallowed_methods,
    reason = "PAGES belongs to the tests, not to the service's configuration"
)]
fn is_wanted(name: &str) -> bool {
    let Ok(pages) = std::env::var("PAGES") else {
        return true;
    };
    pages.split(',').any(|it| it.trim() == name)
}

/// For `make screenshots`.
#[test]
#[ignore = "it judges nothing: `make screenshots` runs it"]
fn pictures() {
    let mut wrong = String::new();
    let root = RUNTIME.block_on(world()).site.portus.url();
    for (name, look) in LOOKS {
        wrong += &found_on_every_page(&root, look, &is_wanted, &async |page, seen| {
            page.keep(&format!("{name}/{}", seen.name)).await;
            Vec::new()
        });
    }
    println!("pictures are in {}", screenshots().display());
    assert!(wrong.is_empty(), "{wrong}");
}
