//! Where pages lead: every link to a page that is there, below the prefix of the service, and under a policy that lets
//! nothing else in.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::Value;

use super::{
    driver::{Look, RUNTIME},
    everywhere::{on_every_page, on_every_page_at},
    page::{Page, browse},
    world::world,
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

/// What a page below `/images` names that is not: any attribute that holds an address, whatever a script makes of it,
/// and everything that the page has asked for.
const STRAY: &str = "\
    const ours = (address) => { \
      const url = new URL(address, document.baseURI); \
      return url.origin !== location.origin || url.pathname === '/images' || url.pathname.startsWith('/images/'); \
    }; \
    const named = ['href', 'src', 'action', 'formaction', 'poster', 'hx-get', 'hx-post']; \
    const stray = [...document.querySelectorAll('*')].flatMap((it) => [...it.attributes] \
      .filter(({ name, value }) => name !== 'value' && (named.includes(name) || value.startsWith('/'))) \
      .filter(({ value }) => !ours(value)) \
      .map(({ name, value }) => `${it.localName} ${name}=${value}`)); \
    const asked = performance.getEntriesByType('resource').map((it) => it.name).filter((it) => !ours(it)); \
    return [...stray, ...asked];";

/// Where these addresses lead in the end, if that is not below `/images` or nothing is there.
const LED_ASTRAY: &str = "\
    const [addresses, done] = arguments; \
    Promise.all(addresses.map(async (it) => { \
      const answer = await fetch(it); \
      const { pathname } = new URL(answer.url); \
      return (answer.ok || answer.status === 403) && (pathname === '/images' || pathname.startsWith('/images/')) ? [] : [`${it}: ${answer.status} ${answer.url}`]; \
    })).then((all) => done(all.flat()), (error) => done([String(error)]));";

/// Addresses that send one on to others.
const SENT_ON: &[&str] = &[
    "/images",
    "/images/dashboard",
    "/images/admin/users/new",
    "/images/users/sign_in",
];

async fn led_astray(page: &Page, addresses: Value) -> Vec<String> {
    let answered = page.client.execute_async(LED_ASTRAY, vec![addresses]);
    let all = answered.await.unwrap();
    all.as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect()
}

/// As behind a proxy that gives a service a folder of its host, beside others in the root.
#[test]
fn every_page_of_a_service_below_a_prefix_leads_nowhere_else() {
    let world = RUNTIME.block_on(world());
    let mut portus = Portus::builder();
    for (name, value) in world.site.portus.environment() {
        if name != "PORTUS_PUMA_HOST" {
            portus = portus.env(name, value);
        }
    }
    let url = portus.url();
    let _portus = portus
        .env("PORTUS_MACHINE_FQDN_EXTERNAL_URL", &url)
        .env("RAILS_RELATIVE_URL_ROOT", "/images")
        .arguments(&["serve", "--no-jobs"])
        .start();
    let known = RefCell::new(BTreeSet::new());
    let root = format!("{url}/images");
    on_every_page_at(&root, Look::DESKTOP, &async |page, seen| {
        let stray = page.run(STRAY).await;
        let stray = stray.as_array().unwrap().iter();
        let mut wrong: Vec<String> = stray.map(Value::to_string).collect();
        let all = links(page).await;
        let mut new: Vec<String> = {
            let known = &mut *known.borrow_mut();
            all.into_iter()
                .filter(|it| it.starts_with('/') && known.insert((seen.who, shape(it))))
                .collect()
        };
        if known.borrow_mut().insert((seen.who, String::new())) {
            new.extend(SENT_ON.iter().map(|it| (*it).to_owned()));
        }
        wrong.extend(led_astray(page, new.into()).await);
        wrong
    });
}

#[test]
fn the_forms_of_a_service_below_a_prefix_lead_nowhere_else() {
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
        for path in ["/admin/registries/new", "/users/edit", "/help"] {
            page.open(path).await;
            assert_eq!(page.run(STRAY).await, Value::Array(Vec::new()), "{path}");
        }
        page.open("/users/edit").await;
        page.press("Logout").await;
        page.at("/users/sign_in").await;
        page.fill("Username", "admin").await;
        page.fill("Password", PASSWORD).await;
        page.press("Login").await;
        page.at("/admin/registries/new").await;
        assert_eq!(page.complaints().await, Vec::<String>::new());
    });
}
