//! The audit log as admins read it: narrowed, sorted, turned page by page, and taken along as files.

use super::{Html, Site};

/// What happened: when, who, what, and the names of what it was about.
const HISTORY: [(&str, &str, &str, &str); 6] = [
    (
        "2026-01-05 10:00:00",
        "anna",
        "repository.push",
        "web/app:1",
    ),
    ("2026-01-10 10:00:00", "ben", "repository.push", "web/api:2"),
    (
        "2026-01-10 11:00:00",
        "anna",
        "repository.delete",
        "web/app:1",
    ),
    ("2026-01-15 10:00:00", "zoe", "namespace.create", "shop"),
    ("2026-01-20 10:00:00", "root", "namespace.create", "web"),
    ("2026-01-25 10:00:00", "anna", "comment.create", "web/app"),
];

impl Site {
    /// With this history and no other.
    async fn with_history(settings: &[(&str, &str)]) -> Self {
        let site = Self::with(settings).await;
        site.sql("DELETE FROM activities").await;
        for (at, who, key, about) in HISTORY {
            let (image, tag) = about.split_once(':').unwrap_or((about, ""));
            let (namespace, repository) = image.split_once('/').unwrap_or((image, ""));
            let kind = if repository.is_empty() {
                "Namespace"
            } else {
                "Repository"
            };
            site.sql(&format!(
                "INSERT INTO activities (key, actor_name, trackable_type, namespace_name, repository_name, tag_name, \
                 visibility, parameters, created_at) VALUES ('{key}', '{who}', '{kind}', '{namespace}', \
                 NULLIF('{repository}', ''), NULLIF('{tag}', ''), 0, '{{}}', '{at}.000000')"
            ))
            .await;
        }
        site
    }

    async fn log(&self, query: &str) -> Html {
        self.get(&self.root, &format!("/admin/activities?{query}"))
            .await
    }
}

impl Html {
    /// Day and action of each entry, as they stand.
    fn entries(&self) -> Vec<String> {
        self.is(200);
        let body = self.0.body.split("<tbody>").nth(1).unwrap_or_default();
        let rows = body.split("</tbody>").next().unwrap_or_default();
        let days = rows.split("datetime=\"").skip(1).map(|it| &it[5..10]);
        let keys = self.rows().into_iter().map(|row| row[2].clone());
        days.zip(keys)
            .map(|(day, key)| format!("{day} {key}"))
            .collect()
    }

    /// Where the first link that begins so leads.
    #[track_caller]
    fn link(&self, begins: &str) -> String {
        let rest = self.between(&format!("href=\"{begins}"), "\"");
        format!("{begins}{rest}").replace("&amp;", "&")
    }
}

/// What the form sends: all of its fields, filled or not.
fn form(filled: &[(&str, &str)]) -> String {
    let names = [
        "actor",
        "action",
        "object",
        "created_after",
        "created_before",
    ];
    let value = |name| filled.iter().find(|it| it.0 == name).map_or("", |it| it.1);
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(names.map(|name| (name, value(name))))
        .finish()
}

#[actix_web::test]
async fn each_field_narrows_the_log_and_all_of_them_together() {
    let site = Site::with_history(&[]).await;
    let all = [
        "01-25 comment.create",
        "01-20 namespace.create",
        "01-15 namespace.create",
        "01-10 repository.delete",
        "01-10 repository.push",
        "01-05 repository.push",
    ];
    assert_eq!(site.log("").await.entries(), all);
    assert_eq!(site.log(&form(&[])).await.entries(), all);
    for (filled, expected) in [
        (&[("actor", "anna")][..], &[0, 3, 5][..]),
        (&[("actor", "ann")], &[]),
        (&[("action", "repository.push")], &[4, 5]),
        (&[("action", "repository.*")], &[3, 4, 5]),
        (&[("action", "repository")], &[]),
        (&[("object", "web/app")], &[0, 3, 5]),
        (&[("object", "web/api:2")], &[4]),
        (&[("object", "shop")], &[2]),
        (&[("created_after", "2026-01-11")], &[0, 1, 2]),
        (&[("created_before", "2026-01-10")], &[5]),
        (
            &[
                ("created_after", "2026-01-10"),
                ("created_before", "2026-01-16"),
            ],
            &[2, 3, 4],
        ),
        (
            &[
                ("actor", "anna"),
                ("action", "repository.*"),
                ("created_before", "2026-01-06"),
            ],
            &[5],
        ),
    ] {
        let page = site.log(&form(filled)).await;
        let expected: Vec<&str> = expected.iter().map(|place| all[*place]).collect();
        assert_eq!(page.entries(), expected, "{filled:?}");
        for (name, value) in filled {
            page.says(&format!("name=\"{name}\" value=\"{value}\""));
        }
        let nothing = page.0.body.contains("Nothing like that has happened");
        assert_eq!(nothing, expected.is_empty(), "{filled:?}");
    }
}

#[actix_web::test]
async fn a_date_that_is_none_is_left_aside_and_said_so() {
    let site = Site::with_history(&[]).await;
    for odd in ["yesterday", "2026-13-01", "31.01.2026"] {
        let page = site
            .log(&form(&[("created_after", odd), ("actor", "ben")]))
            .await;
        page.says("One of the dates cannot be read");
        assert_eq!(page.entries(), ["01-10 repository.push"], "{odd}");
    }
    site.log(&form(&[("created_after", "2026-01-01")]))
        .await
        .lacks("cannot be read");
}

#[actix_web::test]
async fn the_log_is_sorted_by_its_heads_both_ways() {
    let site = Site::with_history(&[]).await;
    let page = site.log("actor=anna").await;
    let oldest = page.link("/admin/activities?actor=anna&amp;sort_by=created_at");
    let page = site.get(&site.root, &oldest).await;
    page.says("aria-sort=\"ascending\"");
    assert_eq!(
        page.entries(),
        [
            "01-05 repository.push",
            "01-10 repository.delete",
            "01-25 comment.create"
        ]
    );
    let back = page.link("/admin/activities?actor=anna&amp;sort_by=created_at");
    let page = site.get(&site.root, &back).await;
    assert_eq!(page.entries()[0], "01-25 comment.create");
    let by_key = page.link("/admin/activities?actor=anna&amp;sort_by=key");
    let page = site.get(&site.root, &by_key).await;
    assert_eq!(
        page.entries(),
        [
            "01-25 comment.create",
            "01-10 repository.delete",
            "01-05 repository.push"
        ]
    );
    // What nobody can sort by changes nothing.
    let odd = site.log("sort_by=parameters&sort_asc=true").await;
    assert_eq!(odd.entries().len(), HISTORY.len());
}

#[actix_web::test]
async fn pages_keep_what_was_asked_for() {
    let site = Site::with(&[]).await;
    site.sql("DELETE FROM activities").await;
    site.sql(
        "INSERT INTO activities (key, actor_name, parameters, created_at) \
         WITH RECURSIVE round(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM round WHERE i < 60) \
         SELECT 'repository.push', CASE WHEN i % 2 = 0 THEN 'anna' ELSE 'ben' END, '{}', CURRENT_TIMESTAMP FROM round",
    )
    .await;
    let first = site
        .log("actor=anna&sort_by=created_at&sort_asc=true")
        .await;
    first.says("Showing from 1 to 25 of 30 entries");
    assert_eq!(first.entries().len(), 25);
    let next = "/admin/activities?actor=anna&amp;sort_by=created_at&amp;sort_asc=true&amp;page=2";
    let second = site.get(&site.root, &first.link(next)).await;
    second.says("Showing from 26 to 30 of 30 entries");
    assert_eq!(second.entries().len(), 5);
    second.lacks(">ben<");
}

#[actix_web::test]
async fn the_files_hold_what_the_page_shows() {
    let site = Site::with_history(&[]).await;
    for (filled, count) in [
        (&[][..], HISTORY.len()),
        (&[("actor", "anna"), ("action", "repository.*")], 2),
        (&[("object", "web/app"), ("created_after", "2026-01-20")], 1),
        (&[("actor", "nobody")], 0),
    ] {
        let page = site.log(&form(filled)).await;
        assert_eq!(page.entries().len(), count);
        let table = page.link("/admin/activities.csv?");
        let table = site.get(&site.root, &table).await;
        let kind = table.is(200).0.headers.get("content-type").unwrap();
        assert_eq!(kind, "text/csv; charset=utf-8");
        let lines: Vec<&str> = table.0.body.lines().collect();
        assert_eq!(lines.len(), count + 1, "{filled:?}: {lines:?}");
        assert_eq!(
            lines[0],
            "Tracked item,Item,Event,Recipient,Triggered by,Time,Notes"
        );
        let own = |line: &&str| {
            filled
                .iter()
                .all(|it| it.0 != "actor" || line.contains(it.1))
        };
        assert!(lines[1..].iter().all(own), "{lines:?}");

        let lines = page.link("/api/v1/audit?as=jsonl");
        let lines = site.get(&site.root, &lines).await;
        let kind = lines.is(200).0.headers.get("content-type").unwrap();
        assert_eq!(kind, "application/x-ndjson");
        let keys: Vec<String> = lines
            .0
            .body
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .map(|entry| {
                let at = entry["created_at"].as_str().unwrap();
                format!("{} {}", &at[5..10], entry["key"].as_str().unwrap())
            })
            .collect();
        assert_eq!(keys, page.entries(), "{filled:?}");
    }
}
