//! Where pages lead: every link to a page that is there, below the prefix of the service, and under a policy that lets
//! nothing else in.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::Value;

use super::{
    driver::Look,
    everywhere::on_every_page,
    page::{Page, browse},
};
use crate::support::{portus::Portus, site::PASSWORD};

/// Addresses of links in the page.
async fn links(page: &Page) -> Vec<String> {
    let found = page
        .run(
            "return [...document.querySelectorAll('a[href]')].map((it) => it.getAttribute('href'))",
        )
        .await;
    let all = found.as_array().unwrap().iter();
    all.map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Names in an address stand for others of their kind.
fn shape(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let query: Vec<&str> = address
        .split_once('?')
        .map_or("", |it| it.1)
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default())
        .collect();
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| {
            if part.parse::<i64>().is_ok() {
                ":id"
            } else {
                part
            }
        })
        .collect();
    format!("{}?{}", parts.join("/"), query.join("&"))
}

#[test]
fn every_link_leads_somewhere_and_every_page_has_its_guard() {
    let known = RefCell::new((String::new(), BTreeSet::new()));
    on_every_page(Look::DESKTOP, &async |page, seen| {
        let mut wrong = unguarded(page).await;
        let all = links(page).await;
        let new: Vec<String> = {
            let (who, known) = &mut *known.borrow_mut();
            if who != seen.who {
                seen.who.clone_into(who);
                known.clear();
            }
            all.into_iter()
                .filter(|it| it.starts_with('/') && known.insert(shape(it)))
                .collect()
        };
        let script = "const [addresses, done] = arguments; \
            Promise.all(addresses.map(async (it) => [it, (await fetch(it)).status])) \
            .then((all) => done(all.filter(([, status]) => status !== 200)), (error) => done([String(error)]))";
        let answers = page
            .client
            .execute_async(script, vec![new.into()])
            .await
            .unwrap();
        for answer in answers.as_array().unwrap() {
            wrong.push(format!("a link leads to {answer}"));
        }
        wrong
    });
}

/// What the page's headers do not say to browsers, or say too generously.
async fn unguarded(page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    let script = "const [done] = arguments; fetch(location.href).then((answer) => \
        done(Object.fromEntries(answer.headers)), (error) => done(String(error)))";
    let headers = page.client.execute_async(script, vec![]).await.unwrap();
    let header = |name: &str| headers[name].as_str().unwrap_or_default().to_owned();
    let policy = header("content-security-policy");
    for needed in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        if !policy.split(';').any(|it| it.trim() == needed) {
            wrong.push(format!("no {needed} in “{policy}”"));
        }
    }
    if policy.contains("unsafe") || policy.contains('*') {
        wrong.push(format!("too much is let in by “{policy}”"));
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        if header(name) != value {
            wrong.push(format!("{name} is “{}”", header(name)));
        }
    }
    if page.run("return document.cookie").await != "" {
        wrong.push("scripts can read a cookie".to_owned());
    }
    wrong
}

/// As behind a proxy that gives a service a folder of its host.
#[test]
fn a_service_below_a_prefix_leads_nowhere_else() {
    let portus = Portus::builder()
        .env("RAILS_RELATIVE_URL_ROOT", "/images")
        .env("PORTUS_GRAVATAR_ENABLED", "false")
        .start();
    let root = format!("{}/images", portus.url());
    browse(Look::DESKTOP, &root, async |page| {
        page.open("/").await;
        page.at("/users/sign_up").await;
        page.fill("Username", "admin").await;
        page.fill("Email", "admin@example.com").await;
        page.fill("Password (8 characters min.)", PASSWORD).await;
        page.fill("Password again", PASSWORD).await;
        page.press("Create admin").await;
        for path in [
            "/users/sign_in",
            "/admin/registries/new",
            "/users/edit",
            "/help",
        ] {
            page.open(path).await;
            let stray = page
                .run(
                    "return [...document.querySelectorAll('[href], [src], [action], [hx-get], [hx-post]')] \
                     .flatMap((it) => ['href', 'src', 'action', 'hx-get', 'hx-post'].map((name) => it.getAttribute(name))) \
                     .filter((it) => it && it.startsWith('/') && !it.startsWith('/images/') && it !== '/images')",
                )
                .await;
            assert_eq!(stray, Value::Array(Vec::new()), "{path}");
        }
        assert_eq!(page.complaints().await, Vec::<String>::new());
    });
}
