//! A push is listed within a second of the client's end, with all that there is to know about it.

use serde_json::{Value, json};

use crate::support::{
    images::{
        DOCKER_LIST, DOCKER_MANIFEST, HELM_CONFIG, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Package,
        signature_tag,
    },
    site::Site,
};

/// What a listed push must say.
struct Expected<'a> {
    media_type: &'a str,
    artifact_type: Value,
    platforms: Value,
    size: usize,
}

/// Pushes with skopeo as alice and looks.
async fn pushed(site: &Site, package: &Package, tag: &str, expected: Expected<'_>) {
    let target = site.image(&format!("alice/app:{tag}"));
    let alice = site.skopeo("alice");
    let _ = alice.push(package, &target).succeeded();
    let row = site
        .soon("alice/app", tag, |row| {
            row["platforms"] == expected.platforms && row["size"] == json!(expected.size)
        })
        .await;
    assert_eq!(row["digest"], json!(package.digest()), "{row}");
    assert_eq!(row["author"]["name"], json!("alice"), "{row}");
    assert_eq!(row["media_type"], json!(expected.media_type), "{row}");
    assert_eq!(row["artifact_type"], expected.artifact_type, "{row}");
    assert_eq!(row["platforms"], expected.platforms, "{row}");
    assert_eq!(row["size"], json!(expected.size), "{row}");
    let repository = site.repository("alice/app").await.unwrap();
    // Signatures are tags, but nobody's latest image.
    let latest = if tag.starts_with("sha256-") {
        "chart"
    } else {
        tag
    };
    assert_eq!(
        repository["last_tag"]["name"],
        json!(latest),
        "{repository}"
    );
    if latest != tag {
        return;
    }
    assert_eq!(
        repository["last_tag"]["author"]["name"],
        json!("alice"),
        "{repository}"
    );
    assert_eq!(
        repository["last_tag"]["size"],
        json!(expected.size),
        "{repository}"
    );
}

fn image(media_type: &str, package: &Package) -> Expected<'static> {
    Expected {
        media_type: if media_type == DOCKER_MANIFEST {
            DOCKER_MANIFEST
        } else {
            OCI_MANIFEST
        },
        artifact_type: Value::Null,
        platforms: json!(["linux/amd64"]),
        size: package.size(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_both_formats_are_listed_within_a_second() {
    let site = Site::start().await;
    site.user("alice").await;
    let docker = Package::docker_image("docker", "amd64");
    pushed(&site, &docker, "docker", image(DOCKER_MANIFEST, &docker)).await;
    let oci = Package::image("oci", "amd64");
    pushed(&site, &oci, "oci", image(OCI_MANIFEST, &oci)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_for_several_platforms_are_listed_as_one() {
    let site = Site::start().await;
    site.user("alice").await;
    for (tag, package, media_type) in [
        ("oci", Package::index("i", &["amd64", "arm64"]), OCI_INDEX),
        (
            "docker",
            Package::docker_list("l", &["amd64", "arm64"]),
            DOCKER_LIST,
        ),
    ] {
        let expected = Expected {
            media_type,
            artifact_type: Value::Null,
            platforms: json!(["linux/amd64", "linux/arm64"]),
            size: package.size(),
        };
        pushed(&site, &package, tag, expected).await;
    }
    let tags = site.count("tags").await;
    assert_eq!(tags, 2, "the manifests of an index are no tags");
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_charts_and_signatures_are_listed_as_what_they_are() {
    let site = Site::start().await;
    site.user("alice").await;
    let subject = Package::image("subject", "amd64");
    pushed(&site, &subject, "1", image(OCI_MANIFEST, &subject)).await;

    let kind = "application/spdx+json";
    let artifact = Package::artifact(&subject, kind, "{}");
    let expected = Expected {
        media_type: OCI_MANIFEST,
        artifact_type: json!(kind),
        platforms: json!([]),
        size: artifact.size(),
    };
    pushed(&site, &artifact, "sbom", expected).await;
    let about = format!(
        "manifests WHERE digest = '{}' AND subject = '{}'",
        artifact.digest(),
        subject.digest()
    );
    assert_eq!(site.count(&about).await, 1);

    let chart = Package::helm_chart("web", "1.2.3");
    let expected = Expected {
        media_type: OCI_MANIFEST,
        artifact_type: json!(HELM_CONFIG),
        platforms: json!([]),
        size: chart.size(),
    };
    pushed(&site, &chart, "chart", expected).await;

    let signature = Package::cosign_signature(&subject);
    let expected = Expected {
        media_type: OCI_MANIFEST,
        artifact_type: json!(OCI_CONFIG),
        platforms: json!([]),
        size: signature.size(),
    };
    pushed(&site, &signature, &signature_tag(&subject), expected).await;
}
