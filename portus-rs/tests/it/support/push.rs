//! Talks to a registry as a bare client: pushes what the usual clients would not, and
//! looks at what the registry holds.

use reqwest::header::{AUTHORIZATION, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};

use super::images::{Blob, DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Package};

/// A client of one registry, with the token it was given.
#[derive(Clone)]
pub struct RawClient {
    http: Client,
    registry: String,
    token: Option<String>,
}

impl RawClient {
    /// `registry` as `http://host:port`.
    pub fn new(registry: &str) -> Self {
        let http = Client::builder()
            .no_proxy()
            .build()
            .expect("make an HTTP client");
        Self::with_http(http, registry)
    }

    /// The same over a client that knows whom to trust.
    pub fn with_http(http: Client, registry: &str) -> Self {
        Self {
            http,
            registry: registry.trim_end_matches('/').to_owned(),
            token: None,
        }
    }

    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Pushes everything the package consists of; the top manifest under `reference`,
    /// a tag or its own digest.
    ///
    /// # Panics
    /// When the registry refuses any of it.
    pub async fn push(&self, repository: &str, reference: &str, package: &Package) {
        for child in &package.children {
            Box::pin(self.push(repository, child.digest(), child)).await;
        }
        for blob in &package.blobs {
            self.push_blob(repository, blob).await;
        }
        let answer = self
            .put_manifest(repository, reference, &package.manifest)
            .await;
        expect(answer, StatusCode::CREATED, "the manifest").await;
    }

    /// Sends a manifest alone and gives back what the registry says to it.
    pub async fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        manifest: &Blob,
    ) -> Response {
        self.request(
            Method::PUT,
            &format!("/v2/{repository}/manifests/{reference}"),
        )
        .header("Content-Type", &manifest.media_type)
        .body(manifest.bytes.clone())
        .send()
        .await
        .expect("the registry answers")
    }

    /// Uploads a blob in one piece.
    pub async fn push_blob(&self, repository: &str, blob: &Blob) {
        let begun = self
            .request(Method::POST, &format!("/v2/{repository}/blobs/uploads/"))
            .send()
            .await
            .expect("the registry answers");
        let begun = expect(begun, StatusCode::ACCEPTED, "an upload").await;
        let location = begun
            .headers()
            .get(LOCATION)
            .and_then(|location| location.to_str().ok())
            .expect("an upload has a location");
        // Either form is allowed.
        let path = location
            .strip_prefix(&self.registry)
            .unwrap_or(location)
            .to_owned();
        let done = self
            .request(Method::PUT, &path)
            .query(&[("digest", blob.digest.as_str())])
            .header("Content-Type", "application/octet-stream")
            .body(blob.bytes.clone())
            .send()
            .await
            .expect("the registry answers");
        expect(done, StatusCode::CREATED, "the blob").await;
    }

    /// The manifest under a tag or digest: status, digest, bytes.
    pub async fn manifest(&self, repository: &str, reference: &str) -> Response {
        let accept = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST].join(", ");
        self.request(
            Method::GET,
            &format!("/v2/{repository}/manifests/{reference}"),
        )
        .header("Accept", accept)
        .send()
        .await
        .expect("the registry answers")
    }

    /// Removes a manifest by digest, or a tag where the registry knows how to.
    pub async fn delete_manifest(&self, repository: &str, reference: &str) -> StatusCode {
        self.request(
            Method::DELETE,
            &format!("/v2/{repository}/manifests/{reference}"),
        )
        .send()
        .await
        .expect("the registry answers")
        .status()
    }

    /// A request to the registry with the token, for everything else.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with('/') {
            format!("{}{path}", self.registry)
        } else {
            path.to_owned()
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }
}

async fn expect(answer: Response, status: StatusCode, what: &str) -> Response {
    if answer.status() == status {
        return answer;
    }
    let got = answer.status();
    let url = answer.url().clone();
    let body = answer.text().await.unwrap_or_default();
    panic!("the registry answered {got} instead of {status} to {what} at {url}: {body}");
}
