//! An image as the pages of its repository show it: tags, platforms, what refers to it, and how to pull it.

use serde::Serialize;

use crate::{
    entities::{Details, manifest, tag},
    protocol::manifest::{ManifestKind, TagConvention, kind_by_types},
    queries::images::{self, Part, Referrer},
    web::pages::{people::Person, view::Moment, visit::Visit},
};

/// From the worst on.
pub const SEVERITIES: [&str; 7] = [
    "Defcon1",
    "Critical",
    "High",
    "Medium",
    "Low",
    "Unknown",
    "Negligible",
];

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    pub digest: Option<String>,
    pub tags: Vec<Tag>,
    /// Tags beside those.
    pub more_tags: i64,
    /// A word of [`word`].
    pub kind: &'static str,
    /// What an artifact calls itself.
    pub artifact_type: Option<String>,
    pub image_id: Option<String>,
    pub platforms: Vec<String>,
    pub size: Option<i64>,
    /// Whether the registry has yet to be asked for size and platforms.
    pub pending: bool,
    pub author: Option<Person>,
    pub pushed_at: Moment,
    pub pulled_at: Option<Moment>,
    pub pulls: i64,
    pub parts: Vec<Platform>,
    pub referrers: Vec<Companion>,
    pub scan: Option<Scan>,
    /// By digest.
    pub pull: Option<String>,
}

/// A tag with the command that pulls it.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    pub id: i64,
    pub name: String,
    pub pull: String,
}

/// What an index lists.
#[derive(Clone, Debug, Serialize)]
pub struct Platform {
    pub platform: Option<String>,
    pub digest: String,
    pub size: Option<i64>,
    pub pulled_at: Option<Moment>,
    pub missing: bool,
    pub pull: String,
}

/// A signature, an attestation or the like.
#[derive(Clone, Debug, Serialize)]
pub struct Companion {
    pub kind: &'static str,
    pub artifact_type: Option<String>,
    pub digest: String,
    pub tags: Vec<String>,
    pub size: Option<i64>,
    pub platform: Option<String>,
    pub created_at: Moment,
}

/// How far a scan has come, and what it found.
#[derive(Clone, Debug, Serialize)]
pub struct Scan {
    /// `pending`, `scanning`, `passed` or `found`.
    pub state: &'static str,
    pub total: i64,
    /// The worst severity and how many of it there are.
    pub worst: Option<&'static str>,
    pub worst_count: i64,
}

/// The message that names a kind of manifest.
pub fn word(kind: ManifestKind) -> &'static str {
    match kind {
        ManifestKind::Image => "image",
        ManifestKind::Index => "index",
        ManifestKind::HelmChart => "helm",
        ManifestKind::Signature => "signature",
        ManifestKind::Attestation => "attestation",
        ManifestKind::Plugin => "plugin",
        ManifestKind::Artifact => "artifact",
        ManifestKind::Schema1 => "schema1",
        ManifestKind::Unknown => "unknown",
    }
}

/// What a manifest stands for, as far as its row tells.
pub fn kind(manifest: &manifest::Model) -> ManifestKind {
    kind_by_types(
        &manifest.media_type,
        manifest.config_media_type.as_deref(),
        manifest.artifact_type.as_deref(),
    )
}

/// Whether people pull it for its own sake, by its [`word`].
pub fn is_for_use(kind: &str) -> bool {
    ["image", "index", "helm", "plugin", "schema1"].contains(&kind)
}

/// The command that fetches something of this kind.
pub fn command(kind: ManifestKind, reference: &str, tag: &str) -> String {
    match kind {
        ManifestKind::HelmChart => format!("helm pull oci://{reference} --version {tag}"),
        ManifestKind::Artifact | ManifestKind::Signature | ManifestKind::Attestation => {
            format!("oras pull {reference}:{tag}")
        }
        ManifestKind::Plugin => format!("docker plugin install {reference}:{tag}"),
        _ => format!("docker pull {reference}:{tag}"),
    }
}

fn command_by_digest(kind: ManifestKind, reference: &str, digest: &str) -> String {
    match kind {
        ManifestKind::HelmChart
        | ManifestKind::Artifact
        | ManifestKind::Signature
        | ManifestKind::Attestation => format!("oras pull {reference}@{digest}"),
        _ => format!("docker pull {reference}@{digest}"),
    }
}

impl Image {
    /// `reference` is how clients call the repository; `scanning` whether anything scans images.
    pub fn new(visit: &Visit, image: images::Image, reference: &str, scanning: bool) -> Self {
        let manifest = image.manifest.as_ref();
        let kind = manifest.map_or(ManifestKind::Image, kind);
        let tags = image.tags.iter().map(|row| Tag {
            id: row.tag.id,
            pull: command(kind, reference, &row.tag.name),
            name: row.tag.name.clone(),
        });
        let newest = image.tags.iter().max_by_key(|row| row.tag.pushed_at);
        let pulled = image.tags.iter().filter_map(|row| row.tag.pulled_at);
        let pulled = pulled.chain(manifest.and_then(|it| it.pulled_at)).max();
        let tagged = image.tags.iter().map(|row| row.tag.pull_count).sum();
        let shown = i64::try_from(image.tags.len()).unwrap_or(i64::MAX);
        let scan = scanning && matches!(kind, ManifestKind::Image | ManifestKind::Index);
        Self {
            more_tags: image.tags_count.saturating_sub(shown),
            kind: word(kind),
            artifact_type: manifest.and_then(|it| it.artifact_type.clone()),
            image_id: manifest.and_then(|it| {
                let digest = it.config_digest.as_deref()?;
                Some(digest.strip_prefix("sha256:").unwrap_or(digest).to_owned())
            }),
            platforms: newest
                .map(crate::queries::tags::Row::platforms)
                .unwrap_or_default(),
            size: manifest.and_then(|it| it.image_size),
            pending: manifest.is_none_or(|it| it.details == Details::Pending),
            author: newest.and_then(|row| {
                Person::of(visit, row.author.as_ref(), row.tag.username.as_deref())
            }),
            pushed_at: Moment(newest.map(|row| row.tag.pushed_at).unwrap_or_default()),
            pulled_at: pulled.map(Moment),
            // A pull by tag counts for the manifest too.
            pulls: manifest.map_or(tagged, |it| it.pull_count.max(tagged)),
            scan: newest
                .filter(|_| scan)
                .map(|row| Scan::new(row.tag.scanned, image.weaknesses.as_ref())),
            pull: image
                .digest
                .as_deref()
                .map(|digest| command_by_digest(kind, reference, digest)),
            tags: tags.collect(),
            parts: image
                .parts
                .into_iter()
                .map(|part| Platform::new(part, reference))
                .collect(),
            referrers: image.referrers.into_iter().map(Companion::from).collect(),
            digest: image.digest,
        }
    }
}

impl Platform {
    fn new(part: Part, reference: &str) -> Self {
        let known = part.manifest.as_ref();
        Self {
            size: known.and_then(|it| it.image_size),
            pulled_at: known.and_then(|it| it.pulled_at).map(Moment),
            missing: part.dangling,
            platform: part.platform,
            pull: command_by_digest(ManifestKind::Image, reference, &part.digest),
            digest: part.digest,
        }
    }
}

impl From<Referrer> for Companion {
    fn from(referrer: Referrer) -> Self {
        let it = referrer.manifest;
        let named = referrer.convention.map(|convention| match convention {
            TagConvention::Signature => "signature",
            TagConvention::Attestation => "attestation",
            TagConvention::Sbom => "sbom",
            TagConvention::Referrers => "index",
        });
        let called = it.artifact_type.as_deref().unwrap_or_default();
        let bill = ["spdx", "cyclonedx", "syft", "sbom"]
            .iter()
            .any(|word| called.contains(word));
        let kind = if bill { "sbom" } else { word(kind(&it)) };
        Self {
            kind: named.unwrap_or(kind),
            artifact_type: it.artifact_type,
            digest: it.digest,
            tags: referrer.tags,
            size: it.image_size,
            platform: referrer.platform,
            created_at: Moment(it.created_at),
        }
    }
}

impl Scan {
    pub fn new(scanned: i16, weaknesses: Option<&std::collections::BTreeMap<String, i64>>) -> Self {
        let total = weaknesses.map_or(0, |found| found.values().sum());
        let worst = weaknesses.and_then(|found| {
            let mut known = SEVERITIES.iter();
            known.find_map(|name| Some((*name, *found.get(*name)?)))
        });
        Self {
            state: match scanned {
                tag::Model::SCANNED if total == 0 => "passed",
                tag::Model::SCANNED => "found",
                tag::Model::SCANNING => "scanning",
                tag::Model::FAILED => "failed",
                tag::Model::UNSCANNABLE => "unscannable",
                _ => "pending",
            },
            total,
            worst: worst.map(|(name, _)| name),
            worst_count: worst.map_or(0, |(_, count)| count),
        }
    }
}

impl Image {
    /// For samples: an index with everything, a plain image, an artifact, and a tag of which nothing is known.
    pub fn samples() -> Vec<Self> {
        let at = Moment(chrono::NaiveDateTime::default());
        let text = |text: &str| Some(format!("{text}<canary>"));
        let tag = |name: &str| Tag {
            id: 5,
            name: format!("{name}<canary>"),
            pull: "docker pull a<canary>".to_owned(),
        };
        let scan = |state, total| Scan {
            state,
            total,
            worst: (total > 0).then_some("High"),
            worst_count: total,
        };
        let plain = Self {
            digest: text("sha256:0123456789abcdef"),
            tags: vec![tag("1.0"), tag("latest")],
            more_tags: 0,
            kind: "image",
            artifact_type: None,
            image_id: text("0123456789abcdef"),
            platforms: vec!["linux/amd64<canary>".to_owned()],
            size: Some(123_456_789),
            pending: false,
            author: Some(Person::sample(true)),
            pushed_at: at,
            pulled_at: Some(at),
            pulls: 12,
            parts: Vec::new(),
            referrers: Vec::new(),
            scan: Some(scan("found", 2)),
            pull: text("docker pull a@b"),
        };
        let part = |platform: Option<String>, missing: bool| Platform {
            platform,
            digest: "sha256:0123456789abcdef<canary>".to_owned(),
            size: (!missing).then_some(1000),
            pulled_at: (!missing).then_some(at),
            missing,
            pull: "docker pull a@b<canary>".to_owned(),
        };
        let companion = |kind| Companion {
            kind,
            artifact_type: text("application/x"),
            digest: "sha256:0123456789abcdef<canary>".to_owned(),
            tags: vec!["sha256-1.sig<canary>".to_owned()],
            size: Some(10),
            platform: text("linux/arm64"),
            created_at: at,
        };
        let index = Self {
            kind: "index",
            more_tags: 3,
            parts: vec![part(text("linux/arm64"), false), part(None, true)],
            referrers: [
                "signature",
                "sbom",
                "attestation",
                "artifact",
                "index",
                "image",
            ]
            .map(companion)
            .into(),
            scan: Some(scan("passed", 0)),
            ..plain.clone()
        };
        let kinds = [
            "helm",
            "plugin",
            "artifact",
            "schema1",
            "unknown",
            "signature",
            "attestation",
        ];
        let others = kinds.into_iter().map(|kind| Self {
            kind,
            artifact_type: text("application/x"),
            scan: Some(scan("scanning", 0)),
            ..plain.clone()
        });
        let others: Vec<Self> = others.collect();
        let bare = Self {
            digest: None,
            image_id: None,
            platforms: Vec::new(),
            size: None,
            pending: true,
            author: None,
            pulled_at: None,
            pulls: 0,
            pull: None,
            scan: Some(scan("pending", 0)),
            ..plain.clone()
        };
        [plain, index, bare].into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_scan_tells_the_worst() {
        let found: BTreeMap<String, i64> = [("Low", 7), ("High", 2), ("Negligible", 1)]
            .map(|(name, n)| (name.to_owned(), n))
            .into();
        let scan = Scan::new(tag::Model::SCANNED, Some(&found));
        assert_eq!((scan.state, scan.worst), ("found", Some("High")));
        assert_eq!((scan.worst_count, scan.total), (2, 10));
        let clean = Scan::new(tag::Model::SCANNED, Some(&BTreeMap::new()));
        assert_eq!((clean.state, clean.worst), ("passed", None));
        for (scanned, state) in [
            (tag::Model::PENDING, "pending"),
            (tag::Model::FAILED, "failed"),
            (tag::Model::UNSCANNABLE, "unscannable"),
        ] {
            assert_eq!(Scan::new(scanned, None).state, state);
        }
    }

    #[test]
    fn each_kind_is_fetched_by_its_own_tool() {
        let by = |kind| command(kind, "hub.test/a/b", "1");
        assert_eq!(by(ManifestKind::Index), "docker pull hub.test/a/b:1");
        assert_eq!(
            by(ManifestKind::HelmChart),
            "helm pull oci://hub.test/a/b --version 1"
        );
        assert_eq!(by(ManifestKind::Artifact), "oras pull hub.test/a/b:1");
        let digest = command_by_digest(ManifestKind::Image, "hub.test/a/b", "sha256:0");
        assert_eq!(digest, "docker pull hub.test/a/b@sha256:0");
    }
}
