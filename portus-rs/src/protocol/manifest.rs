//! What a manifest is: image, index, chart, signature or anything else that registries hold.
//!
//! Manifests are written by strangers: sizes saturate, lists and texts are bounded, and what cannot
//! be read is still a manifest with a digest and a media type.

use super::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

/// Children read from one index.
pub const MAX_CHILDREN: usize = 1000;
/// Layers whose sizes are counted.
pub const MAX_LAYERS: usize = 100_000;
/// Annotations kept, and bytes kept of each key and value.
pub const MAX_ANNOTATIONS: usize = 100;
/// Bytes kept of any one text.
pub const MAX_TEXT: usize = 1024;

const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1";

/// The media types of what holds nothing itself but lists other manifests.
pub const LISTS: [&str; 2] = [LIST, INDEX];

/// The `Accept` header with which registries hand out manifests unchanged.
pub const ACCEPT: &str = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

/// What a manifest stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestKind {
    /// A container image for one platform.
    Image,
    /// Several manifests under one name.
    Index,
    /// A helm chart.
    HelmChart,
    /// A signature by cosign or notation.
    Signature,
    /// Statements about another manifest: provenance, bills of materials.
    Attestation,
    /// A docker plugin.
    Plugin,
    /// Something else with a type of its own.
    Artifact,
    /// The first format of all; neither size nor image id can be told.
    Schema1,
    /// Not understood.
    Unknown,
}

/// A pointer to content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Type of the content.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: i64,
}

/// What an index's child runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, …
    pub os: String,
    /// `amd64`, …
    pub architecture: String,
    /// `v8`, …
    pub variant: Option<String>,
}

impl Platform {
    /// What an image runs on, as its config says; `None` if it does not, as a signature's.
    pub fn of_config(config: &[u8]) -> Option<Self> {
        Self::read(&serde_json::from_slice(config).ok()?)
            .filter(|platform| !platform.os.is_empty() && !platform.architecture.is_empty())
    }

    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            os: text(value, "os")?,
            architecture: text(value, "architecture")?,
            variant: text(value, "variant"),
        })
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant
            .iter()
            .try_for_each(|variant| write!(f, "/{variant}"))
    }
}

/// One manifest of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The child's manifest; its size is the manifest's own.
    pub descriptor: Descriptor,
    /// `None` where it is unknown or does not apply.
    pub platform: Option<Platform>,
    /// Says something about another child instead of being an image.
    pub attestation: bool,
}

/// A manifest, understood as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Of the body, SHA-256.
    pub digest: Digest,
    /// From the body, else as the registry said, else guessed from the content.
    pub media_type: String,
    /// What it stands for.
    pub kind: ManifestKind,
    /// `artifactType`, else for artifacts the config's type.
    pub artifact_type: Option<String>,
    /// The config, by whose digest docker knows an image.
    pub config: Option<Descriptor>,
    /// Sum of the layers' (or blobs') sizes.
    pub layers_size: i64,
    /// Config and layers; `None` for schema 1, unknown formats and indexes, whose size is that of
    /// their children's distinct blobs ([`total_size`]).
    pub size: Option<i64>,
    /// The distinct blobs with their sizes, config included.
    pub blobs: Vec<(Digest, i64)>,
    /// The manifests of an index.
    pub children: Vec<Child>,
    /// The manifest that this one is about.
    pub subject: Option<Descriptor>,
    /// The author's remarks.
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// Understands a body; `content_type` is what the registry called it, if it did.
    pub fn parse(body: &[u8], content_type: Option<&str>) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let said = content_type
            .and_then(|said| said.split(';').next())
            .map(str::trim);
        let media_type = media_type(&value, said.filter(|said| !said.is_empty()));
        let config = value.get("config").and_then(descriptor);
        let artifact_type = text(&value, "artifactType");
        let layers = ["layers", "blobs"]
            .iter()
            .find_map(|name| value.get(name)?.as_array());
        let layers = layers.map_or(&[][..], Vec::as_slice);
        let layers = &layers[..layers.len().min(MAX_LAYERS)];
        let shape = Shape::of(&media_type);
        let config_type = config.as_ref().map(|config| config.media_type.as_str());
        let kind = kind(shape, config_type, artifact_type.as_deref(), layers);
        let layers: Vec<Descriptor> = layers.iter().filter_map(descriptor).collect();
        let layers_size = sum(layers.iter().map(|layer| layer.size));
        let own_size = config
            .as_ref()
            .map_or(0, |config| config.size)
            .saturating_add(layers_size);
        let is_artifact = !matches!(kind, ManifestKind::Image | ManifestKind::Index);
        let config_type = config.as_ref().map(|config| config.media_type.clone());
        let artifact_type = artifact_type
            .or_else(|| config_type.filter(|_| shape == Shape::Manifest && is_artifact));
        let mut seen = HashSet::new();
        let blobs = config
            .iter()
            .chain(&layers)
            .filter(|blob| seen.insert(&blob.digest))
            .map(|blob| (blob.digest.clone(), blob.size))
            .collect();
        Self {
            digest: Digest::of(body),
            kind,
            artifact_type,
            layers_size,
            size: (shape == Shape::Manifest).then_some(own_size),
            blobs,
            children: if shape == Shape::Index {
                children(&value)
            } else {
                Vec::new()
            },
            subject: value.get("subject").and_then(descriptor),
            annotations: annotations(value.get("annotations")),
            config,
            media_type,
        }
    }

    /// Docker's image id, without `sha256:`; images only.
    pub fn image_id(&self) -> Option<&str> {
        let image = matches!(self.kind, ManifestKind::Image | ManifestKind::Plugin);
        self.config
            .as_ref()
            .filter(|_| image)
            .map(|config| config.digest.digits())
    }
}

/// Size of an index: every distinct blob of its children once.
pub fn total_size<'a>(children: impl IntoIterator<Item = &'a Manifest>) -> i64 {
    let mut seen = HashSet::new();
    let blobs = children.into_iter().flat_map(|child| &child.blobs);
    sum(blobs
        .filter(|(digest, _)| seen.insert(digest))
        .map(|(_, size)| *size))
}

/// What a tag's name says about what it points to, by the conventions of tools that have no
/// referrers API: `sha256-<hex>` with or without `.sig`, `.att`, `.sbom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagConvention {
    /// An index of everything about the manifest.
    Referrers,
    /// A cosign signature.
    Signature,
    /// An attestation.
    Attestation,
    /// A bill of materials.
    Sbom,
}

/// Reads such a tag: the convention and the manifest it is about.
pub fn tag_convention(tag: &str) -> Option<(TagConvention, Digest)> {
    let (stem, convention) = match tag.rsplit_once('.') {
        None => (tag, TagConvention::Referrers),
        Some((stem, "sig")) => (stem, TagConvention::Signature),
        Some((stem, "att")) => (stem, TagConvention::Attestation),
        Some((stem, "sbom")) => (stem, TagConvention::Sbom),
        Some(_) => return None,
    };
    let (algorithm, digits) = stem.split_once('-')?;
    let digest = Digest::parse(&format!("{algorithm}:{digits}")).ok()?;
    Some((convention, digest))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Manifest,
    Index,
    Schema1,
    Unknown,
}

impl Shape {
    fn of(media_type: &str) -> Self {
        match media_type {
            SCHEMA2 | OCI | ARTIFACT => Self::Manifest,
            LIST | INDEX => Self::Index,
            other if other.starts_with(SCHEMA1) => Self::Schema1,
            _ => Self::Unknown,
        }
    }
}

fn media_type(value: &Value, said: Option<&str>) -> String {
    if let Some(own) = text(value, "mediaType") {
        return own;
    }
    // `application/json` and the like say nothing.
    if let Some(said) = said.filter(|said| Shape::of(said) != Shape::Unknown) {
        return said.to_owned();
    }
    let schema = value.get("schemaVersion").and_then(Value::as_u64);
    let guess = match schema {
        Some(1) => "application/vnd.docker.distribution.manifest.v1+json",
        _ if value.get("manifests").is_some() => INDEX,
        _ if value.get("config").is_some() => OCI,
        _ => said.unwrap_or("application/octet-stream"),
    };
    bounded(guess)
}

/// What a manifest stands for, as far as its types tell without its layers. One of which nothing more is known yet is
/// taken for an image.
pub fn kind_by_types(
    media_type: &str,
    config: Option<&str>,
    artifact_type: Option<&str>,
) -> ManifestKind {
    let shape = Shape::of(media_type);
    if shape == Shape::Manifest && config.is_none() && artifact_type.is_none() {
        return ManifestKind::Image;
    }
    kind(shape, config, artifact_type, &[])
}

fn kind(
    shape: Shape,
    config: Option<&str>,
    artifact_type: Option<&str>,
    layers: &[Value],
) -> ManifestKind {
    match shape {
        Shape::Index => return ManifestKind::Index,
        Shape::Schema1 => return ManifestKind::Schema1,
        Shape::Unknown => return ManifestKind::Unknown,
        Shape::Manifest => {}
    }
    let config = config.unwrap_or_default();
    let any_layer = |test: fn(&str) -> bool| {
        layers
            .iter()
            .filter_map(|layer| layer.get("mediaType")?.as_str())
            .any(test)
    };
    let called = artifact_type.unwrap_or(config);
    if called.starts_with("application/vnd.cncf.helm.config.") {
        ManifestKind::HelmChart
    } else if config == "application/vnd.docker.plugin.v1+json" {
        ManifestKind::Plugin
    } else if called == "application/vnd.cncf.notary.signature"
        || called.starts_with("application/vnd.dev.cosign.artifact.sig.")
        || any_layer(|layer| layer == "application/vnd.dev.cosign.simplesigning.v1+json")
    {
        ManifestKind::Signature
    } else if called.starts_with("application/vnd.in-toto")
        || called.starts_with("application/vnd.dev.sigstore.bundle")
        || any_layer(|layer| {
            layer.starts_with("application/vnd.in-toto")
                || layer == "application/vnd.dsse.envelope.v1+json"
        })
    {
        ManifestKind::Attestation
    } else if artifact_type.is_none() && is_image_config(config) {
        ManifestKind::Image
    } else {
        ManifestKind::Artifact
    }
}

fn is_image_config(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.docker.container.image.v1+json"
            | "application/vnd.oci.image.config.v1+json"
    )
}

fn children(value: &Value) -> Vec<Child> {
    let manifests = value.get("manifests").and_then(Value::as_array);
    let manifests = manifests
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .take(MAX_CHILDREN);
    manifests.filter_map(child).collect()
}

fn child(value: &Value) -> Option<Child> {
    let platform = value.get("platform").and_then(Platform::read);
    let reference = value.pointer("/annotations/vnd.docker.reference.type");
    Some(Child {
        descriptor: descriptor(value)?,
        attestation: reference.and_then(Value::as_str) == Some("attestation-manifest"),
        // buildx writes unknown/unknown for what has no platform.
        platform: platform.filter(|platform| platform.os != "unknown"),
    })
}

fn descriptor(value: &Value) -> Option<Descriptor> {
    let size = value.get("size").unwrap_or(&Value::Null);
    let size = size.as_i64().or_else(|| size.as_u64().map(|_| i64::MAX));
    Some(Descriptor {
        media_type: text(value, "mediaType").unwrap_or_default(),
        digest: Digest::parse(value.get("digest")?.as_str()?).ok()?,
        size: size.unwrap_or(0).max(0),
    })
}

fn annotations(value: Option<&Value>) -> BTreeMap<String, String> {
    let texts = value
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter);
    texts
        .filter_map(|(key, value)| Some((bounded(key), bounded(value.as_str()?))))
        .take(MAX_ANNOTATIONS)
        .collect()
}

fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(bounded)
}

/// At most [`MAX_TEXT`] bytes, without NUL, which `PostgreSQL` does not store.
fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].replace('\0', "\u{FFFD}")
}

fn sum(sizes: impl Iterator<Item = i64>) -> i64 {
    sizes.fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests;
