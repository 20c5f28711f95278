//! A tag: what it points to, and the weaknesses that scanners found there.

use serde::Serialize;

use super::{
    repositories::Line,
    repository::image::{Image, SEVERITIES},
    route::{Route, get, post},
    table::{Shape, Table},
    view::Page,
    visit::Member,
};
use crate::{
    actions::vulnerabilities,
    policy,
    queries::{
        images, repositories,
        tags::{self, Row},
        vulnerabilities::Weakness,
    },
    web::error::PageResult,
};

const SHAPE: Shape = Shape {
    prefix: "",
    columns: &["severity", "name", "scanner"],
    sorted_by: "severity",
    ascending: false,
    filter: "",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/tags/{id}", show).live(),
        post("/tags/{id}/scan", scan),
    ]
}

/// What `tag/show.html` shows.
#[derive(Serialize)]
pub struct Tag {
    id: i64,
    name: String,
    repository: Line,
    image: Option<Image>,
    /// `off`, `pending`, `scanning`, `passed`, `found`, `failed` or `unscannable`.
    state: &'static str,
    /// How many of each severity, the worst first.
    severities: Vec<(&'static str, usize)>,
    weaknesses: Table<Weak>,
    /// Whether the reader may have it scanned again.
    rescan: bool,
}

/// A weakness.
#[derive(Clone, Debug, Serialize)]
struct Weak {
    name: String,
    /// Only what a browser may safely follow.
    link: Option<String>,
    severity: &'static str,
    scanner: String,
    fixed_by: Option<String>,
    description: Option<String>,
}

/// Scanners spell severities differently; what is none of ours is unknown.
fn severity(text: &str) -> &'static str {
    let mut known = SEVERITIES.iter();
    let found = known.find(|name| name.eq_ignore_ascii_case(text));
    found.copied().unwrap_or("Unknown")
}

fn rank(severity: &str) -> usize {
    let place = SEVERITIES.iter().position(|name| *name == severity);
    SEVERITIES.len() - place.unwrap_or(SEVERITIES.len())
}

impl From<Weakness> for Weak {
    fn from(found: Weakness) -> Self {
        let filled = |text: String| Some(text).filter(|it| !it.trim().is_empty());
        let safe = |link: &String| link.starts_with("https://") || link.starts_with("http://");
        Self {
            severity: severity(&found.result.severity),
            name: found.vulnerability.name,
            link: filled(found.result.link).filter(safe),
            scanner: found.result.scanner,
            fixed_by: filled(found.result.fixed_by),
            description: found.vulnerability.description.and_then(filled),
        }
    }
}

impl Page for Tag {
    const VIEW: &'static str = "tag/show.html";

    fn samples() -> Vec<Self> {
        let weak = |severity, link: Option<&str>| Weak {
            name: "CVE-1<canary>".to_owned(),
            link: link.map(str::to_owned),
            severity,
            scanner: "clair<canary>".to_owned(),
            fixed_by: link.map(|_| "1.2<canary>".to_owned()),
            description: link.map(|_| "bad<canary>".to_owned()),
        };
        let page = |state, rows: Vec<Weak>| Self {
            id: 1,
            name: "1.0<canary>".to_owned(),
            repository: Line::sample(1),
            image: Image::samples().into_iter().nth(rows.len()),
            state,
            severities: rows.iter().map(|row| (row.severity, 1)).collect(),
            weaknesses: Table::sample(SHAPE, rows),
            rescan: true,
        };
        let all = SEVERITIES.map(|it| weak(it, Some("https://example.com/<canary>")));
        let mut several = vec![weak("High", None)];
        several.extend(all);
        let mut bare = page("off", Vec::new());
        bare.image = None;
        vec![
            bare,
            page("pending", Vec::new()),
            page("scanning", Vec::new()),
            page("failed", Vec::new()),
            page("unscannable", Vec::new()),
            page("passed", Vec::new()),
            page("found", several),
        ]
    }
}

async fn show(visit: Member) -> PageResult {
    let app = &visit.app;
    let viewer = visit.viewer().await?;
    let row = tags::show(app, &viewer, visit.id("id")?, None).await?;
    let (repository, namespace) = repositories::show(app, &viewer, row.tag.repository_id).await?;
    let repository = repositories::shown(app, &viewer, repository, namespace).await?;
    let repository = Line::new(&visit, repository);
    let digests: Vec<String> = row.tag.digest.iter().cloned().collect();
    let mut found = images::of_digests(app, repository.id, &digests).await?;
    if found.is_empty() {
        found = images::of_tags(app, repository.id, &[row.tag.id]).await?;
    }
    let image = found
        .pop()
        .map(|it| Image::new(&visit, it, &repository.reference, false));
    let scanning = app.config.security.is_on();
    let state = state(&row, scanning);
    let weak: Vec<Weak> = row
        .weaknesses
        .into_iter()
        .flat_map(|found| found.into_values().flatten().map(Weak::from))
        .collect();
    let severities = SEVERITIES.iter().filter_map(|name| {
        let count = weak.iter().filter(|it| it.severity == *name).count();
        (count > 0).then_some((*name, count))
    });
    let weaknesses = visit.table_of(SHAPE, async |wanted| {
        let mut sorted = weak.clone();
        match wanted.order.0 {
            "name" => sorted.sort_by(|a, b| a.name.cmp(&b.name)),
            "scanner" => sorted.sort_by(|a, b| (&a.scanner, &a.name).cmp(&(&b.scanner, &b.name))),
            _ => sorted.sort_by_key(|it| (rank(it.severity), std::cmp::Reverse(it.name.clone()))),
        }
        if wanted.order.1 {
            sorted.reverse();
        }
        let total = sorted.len() as u64;
        let offset = usize::try_from(wanted.slice.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(wanted.slice.limit).unwrap_or(usize::MAX);
        Ok((sorted.into_iter().skip(offset).take(limit).collect(), total))
    });
    let page = Tag {
        id: row.tag.id,
        name: row.tag.name,
        weaknesses: weaknesses.await?,
        severities: severities.collect(),
        repository,
        image,
        state,
        rescan: scanning && policy::users::administer(viewer.standing_nowhere()).granted,
    };
    visit.show("repositories", &page).await
}

fn state(row: &Row, scanning: bool) -> &'static str {
    use crate::entities::tag::Model;
    let none = row
        .weaknesses
        .as_ref()
        .is_none_or(|found| found.values().all(Vec::is_empty));
    match row.tag.scanned {
        _ if !scanning => "off",
        Model::SCANNED if none => "passed",
        Model::SCANNED => "found",
        Model::SCANNING => "scanning",
        Model::FAILED => "failed",
        Model::UNSCANNABLE => "unscannable",
        _ => "pending",
    }
}

async fn scan(visit: Member) -> PageResult {
    let id = visit.id("id")?;
    let back = format!("/tags/{id}");
    match vulnerabilities::rescan(&visit.app, &visit.actor, id).await {
        Ok(()) => Ok(visit.go_telling(&back, visit.say("tag-scan-again-said"))),
        Err(error) => visit.go_refused(&back, error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Tag, rank, severity};

    crate::web::pages::view::renders!(Tag);

    #[test]
    fn the_worst_counts_most() {
        assert!(rank("Critical") > rank("High"));
        assert!(rank(severity("HIGH")) > rank(severity("low")));
        assert_eq!(severity("???"), "Unknown");
    }
}
