//! Pages of lists: what one costs, at the beginning and at the end, with more and more behind it.

use crate::load::{self, Load};
use crate::stage::{Key, Size, Stage};
use crate::table::{Bar, Table};

/// Every list that has pages, with the columns it can be sorted by.
const SORTS: [(&str, &[&str]); 7] = [
    (
        "users",
        &[
            "username",
            "email",
            "created_at",
            "updated_at",
            "admin",
            "enabled",
            "display_name",
            "bot",
        ],
    ),
    (
        "teams",
        &["name", "description", "created_at", "updated_at"],
    ),
    (
        "namespaces",
        &[
            "name",
            "description",
            "created_at",
            "updated_at",
            "visibility",
        ],
    ),
    (
        "repositories",
        &["name", "description", "created_at", "updated_at"],
    ),
    (
        "tags",
        &["name", "created_at", "updated_at", "pushed_at", "pulled_at"],
    ),
    ("activities", &["created_at", "key"]),
    ("audit", &["created_at", "key"]),
];

/// Lists in all their orders, or narrowed.
const LISTS: [(&str, &str); 21] = [
    ("users", ""),
    ("teams", ""),
    ("namespaces", ""),
    ("repositories", ""),
    ("tags", ""),
    ("activities", ""),
    ("audit", ""),
    ("users", "&name_contains=a"),
    ("teams", "&name_contains=7"),
    ("namespaces", "&name=team00003"),
    ("namespaces", "&visibility=private&created_after=2025-01-01"),
    ("repositories", "&name_contains=99"),
    ("repositories", "&namespace=team00003&sort_attr=name"),
    (
        "repositories",
        "&created_after=2025-01-01&sort_attr=updated_at",
    ),
    ("tags", "&name=v007"),
    ("tags", "&repository=app003&sort_attr=pushed_at"),
    ("tags", "&repository_id=1003&name_contains=9"),
    (
        "tags",
        "&pushed_after=2026-01-02T03:04:05.9Z&sort_attr=pushed_at",
    ),
    ("audit", "&action=repository.*"),
    ("audit", "&actor=alice"),
    ("audit", "&object=team00003"),
];

/// A list by its id and by each of its columns, or as it was asked for.
fn sorted(list: &str, query: &str) -> Vec<(String, String)> {
    if !query.is_empty() {
        return vec![(format!("?{}", &query[1..]), query.to_owned())];
    }
    let columns = SORTS
        .iter()
        .find(|(it, _)| *it == list)
        .map_or(&[][..], |(_, columns)| columns);
    let mut all = vec![(String::new(), String::new())];
    all.extend(columns.iter().map(|column| {
        let query = format!("&sort_attr={column}&sort_order=desc");
        (format!(" by {column}"), query)
    }));
    all
}

pub fn measure(table: &mut Table) {
    for repositories in [1_000, 10_000] {
        let size = Size {
            repositories,
            tags: 100,
        };
        let label = format!("{repositories} repositories, {} tags", repositories * 100);
        let mut stage = Stage::set(None, Key::Rsa2048, size, "registry.test:5000");
        let mut portus = stage.start();
        let auth = format!(
            "Portus-Auth: root:{}\r\nAccept: application/json\r\n",
            stage.admin_token
        );
        for (list, query) in LISTS {
            for (sort, query) in sorted(list, query) {
                let first = format!("/api/v1/{list}?per_page=15&page=1{query}");
                let answer = load::repeat(&portus.address, &Stage::get(&first, &auth));
                let last = pages(&answer.head);
                let what = format!("/{list}{sort}");
                add(table, &format!("{what}, first page"), &label, &answer);
                let path = format!("/api/v1/{list}?per_page=15&page={last}{query}");
                let answer = load::repeat(&portus.address, &Stage::get(&path, &auth));
                add(table, &format!("{what}, last page"), &label, &answer);
            }
        }
        portus.stop();
    }
}

fn pages(head: &str) -> u64 {
    let mut lines = head.lines();
    let pages = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("x-total-pages");
        is_it.then(|| value.trim().parse().ok())?
    });
    pages.expect("a page says how many there are")
}

fn add(table: &mut Table, what: &str, size: &str, answer: &Load) {
    let note = format!("p95 {:.1} ms", answer.within(0.95));
    table.add(
        format!("{what}, median"),
        size,
        (answer.within(0.5), "ms"),
        Bar::AtMost(20.0),
        note,
    );
}
