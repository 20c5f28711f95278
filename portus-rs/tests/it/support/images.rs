//! Small real images, made by hand: OCI and Docker, for several architectures,
//! artifacts and charts. Everything the registry stores is a [`Package`].

use std::path::Path;

use serde_json::{Value, json};

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
pub const HELM_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
pub const HELM_CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// Bytes with the name the registry knows them by.
#[derive(Clone, Debug)]
pub struct Blob {
    pub media_type: String,
    pub bytes: Vec<u8>,
    pub digest: String,
}

impl Blob {
    pub fn new(media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        Self {
            media_type: media_type.to_owned(),
            bytes,
            digest,
        }
    }

    /// How manifests speak of it.
    pub fn descriptor(&self) -> Value {
        json!({
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.bytes.len(),
        })
    }
}

/// A manifest with all that it points at.
#[derive(Clone, Debug)]
pub struct Package {
    pub manifest: Blob,
    /// Config and layers; none for an index.
    pub blobs: Vec<Blob>,
    /// The manifests of an index.
    pub children: Vec<Package>,
    /// What an index says of it.
    pub platform: Option<Value>,
}

impl Package {
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Bytes that a client downloads for it: config and layers, of all platforms.
    pub fn size(&self) -> usize {
        let own: usize = self.blobs.iter().map(|blob| blob.bytes.len()).sum();
        own + self.children.iter().map(Self::size).sum::<usize>()
    }

    /// An image for one platform.
    ///
    /// `seed` makes its content, and so its digests, its own.
    pub fn image(seed: &str, architecture: &str) -> Self {
        Self::image_of(&OCI, seed, architecture)
    }

    /// The same in Docker's own format, schema 2.
    pub fn docker_image(seed: &str, architecture: &str) -> Self {
        Self::image_of(&DOCKER, seed, architecture)
    }

    fn image_of(format: &Format, seed: &str, architecture: &str) -> Self {
        let text = format!("{seed} for {architecture}\n");
        let layer = Blob::new(format.layer, tar(&[("etc/motd", text.as_bytes())]));
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": {"Cmd": ["/bin/true"], "Labels": {"seed": seed}},
            "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
            "history": [{"created": "2026-01-02T03:04:05Z", "created_by": "images.rs"}],
        });
        let config = Blob::new(format.config, config.to_string());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": format.manifest,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        });
        Self {
            manifest: Blob::new(format.manifest, manifest.to_string()),
            blobs: vec![config, layer],
            children: Vec::new(),
            platform: Some(json!({"architecture": architecture, "os": "linux"})),
        }
    }

    /// An image for several platforms.
    pub fn index(seed: &str, architectures: &[&str]) -> Self {
        Self::index_of(
            OCI_INDEX,
            architectures
                .iter()
                .map(|architecture| Self::image(seed, architecture))
                .collect(),
        )
    }

    /// The same as a Docker manifest list.
    pub fn docker_list(seed: &str, architectures: &[&str]) -> Self {
        Self::index_of(
            DOCKER_LIST,
            architectures
                .iter()
                .map(|architecture| Self::docker_image(seed, architecture))
                .collect(),
        )
    }

    /// An index of anything, an index included.
    pub fn index_of(media_type: &str, children: Vec<Self>) -> Self {
        let manifests: Vec<Value> = children
            .iter()
            .map(|child| {
                let mut descriptor = child.manifest.descriptor();
                if let Some(platform) = &child.platform {
                    descriptor["platform"] = platform.clone();
                }
                descriptor
            })
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": manifests,
        });
        Self {
            manifest: Blob::new(media_type, manifest.to_string()),
            blobs: Vec::new(),
            children,
            platform: None,
        }
    }

    /// Something that belongs to another manifest: a signature, a bill of materials.
    pub fn artifact(subject: &Self, artifact_type: &str, payload: &str) -> Self {
        let config = Blob::new(OCI_EMPTY, "{}");
        let layer = Blob::new(artifact_type, payload);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": artifact_type,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
            "subject": subject.manifest.descriptor(),
            "annotations": {"org.opencontainers.image.created": "2026-01-02T03:04:05Z"},
        });
        Self {
            manifest: Blob::new(OCI_MANIFEST, manifest.to_string()),
            blobs: vec![config, layer],
            children: Vec::new(),
            platform: None,
        }
    }

    /// A signature as cosign stores it: an image under the tag [`signature_tag`].
    pub fn cosign_signature(subject: &Self) -> Self {
        let payload = json!({"critical": {"image": {"docker-manifest-digest": subject.digest()}}});
        let layer = Blob::new(
            "application/vnd.dev.cosign.simplesigning.v1+json",
            payload.to_string(),
        );
        let config = Blob::new(
            OCI_CONFIG,
            json!({"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": [layer.digest]}})
                .to_string(),
        );
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        });
        Self {
            manifest: Blob::new(OCI_MANIFEST, manifest.to_string()),
            blobs: vec![config, layer],
            children: Vec::new(),
            platform: None,
        }
    }

    /// A chart as `helm push` stores it. Its content is not a real archive; no
    /// registry looks inside.
    pub fn helm_chart(name: &str, version: &str) -> Self {
        let config = Blob::new(
            HELM_CONFIG,
            json!({"name": name, "version": version, "apiVersion": "v2"}).to_string(),
        );
        let chart = Blob::new(HELM_CHART, format!("chart {name} {version}"));
        let manifest = json!({
            "schemaVersion": 2,
            "config": config.descriptor(),
            "layers": [chart.descriptor()],
            "annotations": {"org.opencontainers.image.title": name},
        });
        Self {
            manifest: Blob::new(OCI_MANIFEST, manifest.to_string()),
            blobs: vec![config, chart],
            children: Vec::new(),
            platform: None,
        }
    }

    /// Writes an OCI layout that holds this under `tag`, for `skopeo copy oci:…`.
    pub fn write_oci_layout(&self, directory: &Path, tag: &str) {
        let blobs = directory.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).expect("create the layout");
        self.write_blobs(&blobs);
        let mut descriptor = self.manifest.descriptor();
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        let index = json!({
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [descriptor],
        });
        write(&directory.join("index.json"), index.to_string().as_bytes());
        write(
            &directory.join("oci-layout"),
            br#"{"imageLayoutVersion":"1.0.0"}"#,
        );
    }

    /// Writes the files that `skopeo copy dir:…` reads, which may hold Docker's own formats.
    pub fn write_directory(&self, directory: &Path) {
        write(
            &directory.join("version"),
            b"Directory Transport Version: 1.1\n",
        );
        write(&directory.join("manifest.json"), &self.manifest.bytes);
        for child in &self.children {
            let name = format!("{}.manifest.json", hex(child.digest()));
            write(&directory.join(name), &child.manifest.bytes);
        }
        for blob in self
            .blobs
            .iter()
            .chain(self.children.iter().flat_map(|child| &child.blobs))
        {
            write(&directory.join(hex(&blob.digest)), &blob.bytes);
        }
    }

    fn write_blobs(&self, blobs: &Path) {
        for blob in self.blobs.iter().chain([&self.manifest]) {
            write(&blobs.join(hex(&blob.digest)), &blob.bytes);
        }
        for child in &self.children {
            child.write_blobs(blobs);
        }
    }

    /// Writes the archive that `docker load` reads, holding this image as `reference`.
    pub fn write_docker_archive(&self, file: &Path, reference: &str) {
        let [config, layers @ ..] = self.blobs.as_slice() else {
            panic!("an index does not fit into a docker archive");
        };
        let config_name = format!("{}.json", hex(&config.digest));
        let layer_names: Vec<String> = layers
            .iter()
            .map(|layer| format!("{}/layer.tar", hex(&layer.digest)))
            .collect();
        let manifest = json!([{
            "Config": config_name,
            "RepoTags": [reference],
            "Layers": layer_names,
        }])
        .to_string();
        let mut entries: Vec<(&str, &[u8])> = vec![
            (&config_name, &config.bytes),
            ("manifest.json", manifest.as_bytes()),
        ];
        for (name, layer) in layer_names.iter().zip(layers) {
            entries.push((name, &layer.bytes));
        }
        write(file, &tar(&entries));
    }
}

/// The tag under which cosign keeps the signature of a manifest.
pub fn signature_tag(subject: &Package) -> String {
    format!("{}.sig", subject.digest().replace(':', "-"))
}

/// The name the registry gives to these bytes.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut digest = String::from("sha256:");
    for byte in openssl::sha::sha256(bytes) {
        write!(digest, "{byte:02x}").expect("a String takes everything");
    }
    digest
}

struct Format {
    manifest: &'static str,
    config: &'static str,
    layer: &'static str,
}

const OCI: Format = Format {
    manifest: OCI_MANIFEST,
    config: OCI_CONFIG,
    layer: OCI_LAYER,
};

const DOCKER: Format = Format {
    manifest: DOCKER_MANIFEST,
    config: DOCKER_CONFIG,
    layer: DOCKER_LAYER,
};

fn hex(digest: &str) -> &str {
    digest.trim_start_matches("sha256:")
}

fn write(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
}

/// A ustar archive of plain files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    const BLOCK: usize = 512;
    let mut archive = Vec::new();
    for (name, content) in files {
        assert!(name.len() < 100, "'{name}' is too long for a plain header");
        let mut header = [0_u8; BLOCK];
        let mut put = |at: usize, field: &[u8]| header[at..at + field.len()].copy_from_slice(field);
        put(0, name.as_bytes());
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, format!("{:011o}\0", content.len()).as_bytes());
        put(136, b"00000000000\0");
        // The checksum counts itself as blanks.
        put(148, b"        ");
        put(156, b"0");
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}
