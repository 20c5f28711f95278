use super::*;
use proptest::prelude::*;
use serde_json::json;

fn blob(media_type: &str, content: &str, size: u64) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(content.as_bytes()).as_str(), "size": size})
}

const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn read(value: &Value) -> Manifest {
    Manifest::parse(value.to_string().as_bytes(), None)
}

fn image(layers: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": OCI, "config": blob(IMAGE_CONFIG, "c", 10), "layers": layers})
}

#[test]
fn an_image_has_config_layers_and_size() {
    for media_type in [OCI, SCHEMA2] {
        let mut value = image(&[
            blob(LAYER, "1", 100),
            blob(LAYER, "2", 1000),
            blob(LAYER, "1", 100),
        ]);
        value["mediaType"] = json!(media_type);
        let manifest = read(&value);
        assert_eq!(
            (manifest.kind, manifest.media_type.as_str()),
            (ManifestKind::Image, media_type)
        );
        assert_eq!((manifest.layers_size, manifest.size), (1200, Some(1210)));
        assert_eq!(manifest.image_id(), Some(Digest::of(b"c").digits()));
        assert_eq!(manifest.blobs.len(), 3);
        assert_eq!(manifest.artifact_type, None);
        assert!(manifest.digest.matches(value.to_string().as_bytes()));
    }
}

#[test]
fn an_index_lists_platforms_and_attestations() {
    let mut amd = blob(OCI, "a", 500);
    amd["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let mut arm = blob(OCI, "b", 501);
    arm["platform"] = json!({"os": "linux", "architecture": "arm64", "variant": "v8"});
    let mut proof = blob(OCI, "p", 502);
    proof["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    proof["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    for media_type in [INDEX, LIST] {
        let value = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": [amd, arm, proof, {"digest": "x"}]});
        let manifest = read(&value);
        assert_eq!((manifest.kind, manifest.size), (ManifestKind::Index, None));
        let children: Vec<_> = manifest
            .children
            .iter()
            .map(|child| {
                (
                    child.platform.as_ref().map(ToString::to_string),
                    child.attestation,
                )
            })
            .collect();
        let platform = |text: &str| Some(text.to_owned());
        assert_eq!(
            children,
            [
                (platform("linux/amd64"), false),
                (platform("linux/arm64/v8"), false),
                (None, true)
            ]
        );
    }
}

#[test]
fn an_index_counts_each_blob_once() {
    let one = read(&image(&[blob(LAYER, "shared", 100), blob(LAYER, "1", 5)]));
    let two = read(&image(&[blob(LAYER, "shared", 100), blob(LAYER, "2", 7)]));
    assert_eq!(total_size([&one, &two]), 10 + 100 + 5 + 7);
}

#[test]
fn artifacts_are_told_apart() {
    let empty = "application/vnd.oci.empty.v1+json";
    let with = |config: &str, artifact_type: Option<&str>, layer: &str| {
        let mut value = image(&[blob(layer, "1", 1)]);
        value["config"] = blob(config, "c", 2);
        if let Some(artifact_type) = artifact_type {
            value["artifactType"] = json!(artifact_type);
        }
        let manifest = read(&value);
        (manifest.kind, manifest.artifact_type)
    };
    let called = |text: &str| Some(text.to_owned());
    let helm = "application/vnd.cncf.helm.config.v1+json";
    assert_eq!(
        with(helm, None, LAYER),
        (ManifestKind::HelmChart, called(helm))
    );
    let plugin = "application/vnd.docker.plugin.v1+json";
    assert_eq!(
        with(plugin, None, LAYER),
        (ManifestKind::Plugin, called(plugin))
    );
    let cosign = "application/vnd.dev.cosign.simplesigning.v1+json";
    assert_eq!(with(IMAGE_CONFIG, None, cosign).0, ManifestKind::Signature);
    let notary = "application/vnd.cncf.notary.signature";
    assert_eq!(with(notary, None, LAYER).0, ManifestKind::Signature);
    assert_eq!(
        with(IMAGE_CONFIG, None, "application/vnd.in-toto+json").0,
        ManifestKind::Attestation
    );
    let sbom = "application/spdx+json";
    assert_eq!(
        with(empty, Some(sbom), sbom),
        (ManifestKind::Artifact, called(sbom))
    );
    assert_eq!(
        with("application/x.other", None, LAYER),
        (ManifestKind::Artifact, called("application/x.other"))
    );
}

#[test]
fn subject_and_annotations_are_read() {
    let mut value = image(&[]);
    value["subject"] = blob(OCI, "s", 9);
    value["annotations"] = json!({"org.opencontainers.image.title": "x", "number": 1});
    let manifest = read(&value);
    assert_eq!(manifest.subject.unwrap().digest, Digest::of(b"s"));
    assert_eq!(manifest.annotations.len(), 1);
}

#[test]
fn a_missing_media_type_is_taken_from_the_answer_or_the_content() {
    let mut value = image(&[]);
    value.as_object_mut().unwrap().remove("mediaType");
    let body = value.to_string();
    for said in [
        Some("application/vnd.oci.image.manifest.v1+json; charset=utf-8"),
        Some("application/json"),
        Some(""),
        None,
    ] {
        assert_eq!(
            Manifest::parse(body.as_bytes(), said).kind,
            ManifestKind::Image,
            "{said:?}"
        );
    }
    assert_eq!(
        read(&json!({"schemaVersion": 2, "manifests": []})).kind,
        ManifestKind::Index
    );
    let old = read(&json!({"schemaVersion": 1, "fsLayers": []}));
    assert_eq!(
        (old.kind, old.size, old.image_id()),
        (ManifestKind::Schema1, None, None)
    );
    for body in ["", "null", "[]", "{}", "\u{0}"] {
        let manifest = Manifest::parse(body.as_bytes(), Some("application/vnd.x"));
        assert_eq!(
            (manifest.kind, manifest.media_type.as_str()),
            (ManifestKind::Unknown, "application/vnd.x")
        );
    }
}

#[test]
fn hostile_numbers_and_lengths_are_bounded() {
    let huge = blob(LAYER, "1", u64::MAX);
    let manifest = read(&image(&[huge.clone(), huge]));
    assert_eq!(manifest.size, Some(i64::MAX));
    let mut value = image(&[json!({"digest": Digest::of(b"x").as_str(), "size": -5})]);
    let notes: Map<String, Value> = (0..500)
        .map(|n| (format!("k{n}"), json!("é".repeat(2000))))
        .collect();
    value["annotations"] = Value::Object(notes);
    let manifest = read(&value);
    assert_eq!(manifest.layers_size, 0);
    assert_eq!(manifest.annotations.len(), MAX_ANNOTATIONS);
    assert!(
        manifest
            .annotations
            .values()
            .all(|note| note.len() <= MAX_TEXT)
    );
    let many = json!({"mediaType": INDEX, "manifests": vec![blob(OCI, "m", 1); MAX_CHILDREN + 5]});
    assert_eq!(read(&many).children.len(), MAX_CHILDREN);
}

#[test]
fn conventional_tags_name_their_manifest() {
    let digest = Digest::of(b"m");
    let stem = format!("sha256-{}", digest.digits());
    for (suffix, convention) in [
        ("", TagConvention::Referrers),
        (".sig", TagConvention::Signature),
        (".att", TagConvention::Attestation),
        (".sbom", TagConvention::Sbom),
    ] {
        assert_eq!(
            tag_convention(&format!("{stem}{suffix}")),
            Some((convention, digest.clone()))
        );
    }
    for tag in [
        "latest",
        "sha256-abc",
        &format!("{stem}.sigs"),
        &format!("x{stem}.sig"),
        &format!("{stem}0"),
    ] {
        assert_eq!(tag_convention(tag), None, "{tag}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in any::<Vec<u8>>(), said in proptest::option::of(any::<String>())) {
        let _ = Manifest::parse(&bytes, said.as_deref());
    }

    #[test]
    fn no_tag_breaks_the_convention(tag in any::<String>()) {
        let _ = tag_convention(&tag);
    }
}

#[test]
fn types_alone_tell_most_kinds() {
    let image = "application/vnd.oci.image.config.v1+json";
    let helm = "application/vnd.cncf.helm.config.v1+json";
    for (media_type, config, artifact_type, kind) in [
        (OCI, Some(image), None, ManifestKind::Image),
        (OCI, None, None, ManifestKind::Image),
        (SCHEMA2, None, None, ManifestKind::Image),
        (INDEX, None, None, ManifestKind::Index),
        (OCI, Some(helm), None, ManifestKind::HelmChart),
        (
            OCI,
            None,
            Some("application/spdx+json"),
            ManifestKind::Artifact,
        ),
        (OCI, Some("application/x"), None, ManifestKind::Artifact),
        ("application/x", None, None, ManifestKind::Unknown),
    ] {
        let told = kind_by_types(media_type, config, artifact_type);
        assert_eq!(told, kind, "{media_type} {config:?} {artifact_type:?}");
    }
}
