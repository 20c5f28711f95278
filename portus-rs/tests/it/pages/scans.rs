//! What the page of a tag tells of its scan.

use portus_rs::actions::vulnerabilities::{Finding, begin_scan, record_scan};

use crate::{
    api::sessions::Browser,
    deletion::world::World,
    support::{
        databases::on_every_database,
        fake_registry::{digest, image},
    },
};

const SCANNER: (&str, &str) = ("PORTUS_SECURITY_TRIVY_SERVER", "http://127.0.0.1:1");

fn finding(name: &str, severity: &str) -> Finding {
    Finding {
        name: name.to_owned(),
        scanner: "trivy".to_owned(),
        severity: severity.to_owned(),
        ..Finding::default()
    }
}

/// The names of what was found, as the page lists them.
fn listed(page: &str) -> Vec<&str> {
    let found = page.split("</summary>");
    let names = found.map(|it| it.rsplit('>').next().unwrap());
    let mut names: Vec<&str> = names.collect();
    names.pop();
    names.retain(|it| it.starts_with("CVE-"));
    names
}

on_every_database! {
    async fn the_page_of_a_tag_tells_how_far_its_scan_is_and_what_it_found(database: TestDatabase) {
        let world = World::with(database, &[SCANNER]).await;
        let app = &world.service.app;
        let (first, second) = (image("a"), image("b"));
        world.stock(&[("qa/web", "1.0", &first), ("qa/web", "2.0", &second)]).await;
        world.service.admin("root").await;
        let olga = Browser::signed_in(&world.service, "olga").await;
        let root = Browser::signed_in(&world.service, "root").await;
        let page = async |tag: &str, query: &str| {
            let path = format!("/tags/{}?{query}", world.tag(tag).await.id);
            let answer = olga.get(&world.service, &path).await;
            assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
            answer.body.split("id=\"vulnerabilities\"").nth(1).unwrap().to_owned()
        };
        let states = [
            "Pending", "In progress", "We have detected no vulnerabilities on this tag.", "We have detected 3 vulnerabilities:",
        ];
        let is = async |tag: &str, state: &str| {
            let page = page(tag, "").await;
            for other in states {
                assert_eq!(page.contains(other), other == state, "{tag}: {page}");
            }
        };
        is("1.0", "Pending").await;
        begin_scan(app, &digest(&first)).await.unwrap();
        is("1.0", "In progress").await;
        is("2.0", "Pending").await;
        record_scan(app, &digest(&first), &[]).await.unwrap();
        is("1.0", "We have detected no vulnerabilities on this tag.").await;

        begin_scan(app, &digest(&second)).await.unwrap();
        let bad = Finding {
            link: "https://cve.example/2".to_owned(),
            fixed_by: "1.2.3".to_owned(),
            description: Some("It <b>breaks</b>.".to_owned()),
            ..finding("CVE-2", "Critical")
        };
        let sly = Finding { link: "javascript:alert(1)".to_owned(), ..finding("CVE-1", "Low") };
        record_scan(app, &digest(&second), &[sly, bad, finding("CVE-3", "low")]).await.unwrap();
        is("2.0", "We have detected 3 vulnerabilities:").await;
        let found = page("2.0", "").await;
        assert_eq!(listed(&found), ["CVE-2", "CVE-1", "CVE-3"], "the worst first");
        for said in [
            "1 Critical-level vulnerabilities",
            "2 Low-level vulnerabilities",
            "href=\"https://cve.example/2\"",
            ">1.2.3</td>",
            "It &lt;b&gt;breaks&lt;/b&gt;.",
            "No description provided.",
            ">trivy</td>",
        ] {
            assert!(found.contains(said), "{said} is not in {found}");
        }
        assert!(!found.contains("javascript:"), "{found}");
        assert_eq!(listed(&page("2.0", "sort_by=name&sort_asc=true").await), ["CVE-1", "CVE-2", "CVE-3"]);
        assert_eq!(listed(&page("2.0", "sort_by=name&sort_asc=false").await), ["CVE-3", "CVE-2", "CVE-1"]);

        // Having it scanned again is for admins; until then it is as before.
        let path = format!("/tags/{}", world.tag("2.0").await.id);
        assert!(!olga.get(&world.service, &path).await.body.contains("Scan again"));
        assert!(root.get(&world.service, &path).await.body.contains("Scan again"));
        let refused = olga.send(&world.service, &format!("{path}/scan"), &[]).await;
        assert_eq!(refused.status.as_u16(), 303, "{}", refused.body);
        assert_eq!(refused.headers.get("location").unwrap(), path.as_str());
        is("2.0", "We have detected 3 vulnerabilities:").await;
        let again = root.send(&world.service, &format!("{path}/scan"), &[]).await;
        assert_eq!(again.status.as_u16(), 303, "{}", again.body);
        is("2.0", "Pending").await;
        is("1.0", "We have detected no vulnerabilities on this tag.").await;
    }
}

#[actix_web::test]
async fn many_findings_come_in_pages() {
    let world = World::with(
        crate::support::databases::TestDatabase::sqlite(),
        &[SCANNER],
    )
    .await;
    let body = image("a");
    world.stock(&[("qa/web", "1.0", &body)]).await;
    let app = &world.service.app;
    begin_scan(app, &digest(&body)).await.unwrap();
    let all: Vec<Finding> = (10..33)
        .map(|it| finding(&format!("CVE-{it}"), "High"))
        .collect();
    record_scan(app, &digest(&body), &all).await.unwrap();
    let olga = Browser::signed_in(&world.service, "olga").await;
    let path = format!("/tags/{}", world.tag("1.0").await.id);
    let mut seen = Vec::new();
    for (page, said) in [(1, "1 to 10"), (2, "11 to 20"), (3, "21 to 23")] {
        let answer = olga
            .get(&world.service, &format!("{path}?page={page}"))
            .await;
        let said = format!("Showing from {said} of 23 entries");
        assert!(answer.body.contains(&said), "{}", answer.body);
        assert!(answer.body.contains("We have detected 23 vulnerabilities:"));
        seen.extend(listed(&answer.body).into_iter().map(str::to_owned));
    }
    seen.sort_unstable();
    let names: Vec<String> = all.into_iter().map(|it| it.name).collect();
    assert_eq!(seen, names);
}
