//! A registry that costs as little as one can: it wants a token of anybody, pages its catalog, and counts.
//!
//! Its images are made up from a number each, and told apart by it; so it holds any count of them in little memory.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Tags of each repository.
pub const TAGS: usize = 10;
/// Of all its manifests.
pub const MEDIA_TYPE: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A running registry; its threads end with it.
pub struct FakeRegistry {
    pub address: SocketAddr,
    shelf: Arc<Shelf>,
    _runtime: tokio::runtime::Runtime,
}

struct Shelf {
    repositories: usize,
    digests: Vec<String>,
    by_digest: HashMap<String, usize>,
    realm: String,
    address: SocketAddr,
    manifests: AtomicU64,
    heads: AtomicU64,
    lists: AtomicU64,
}

/// Requests answered, of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub manifests: u64,
    pub heads: u64,
    pub lists: u64,
}

impl FakeRegistry {
    /// Holds so many repositories of [`TAGS`] tags each; `realm` is the address of the token endpoint that it names.
    pub fn start(repositories: usize, realm: &str) -> Self {
        let digests: Vec<String> = (0..repositories * TAGS)
            .map(|number| digest(manifest(number).as_bytes()))
            .collect();
        let by_digest = digests.iter().cloned().zip(0..).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", 0)))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Arc::new(Shelf {
            repositories,
            digests,
            by_digest,
            realm: realm.to_owned(),
            address,
            manifests: AtomicU64::default(),
            heads: AtomicU64::default(),
            lists: AtomicU64::default(),
        });
        runtime.spawn(accept(listener, Arc::clone(&shelf)));
        Self {
            address,
            shelf,
            _runtime: runtime,
        }
    }

    pub fn digest(&self, number: usize) -> &str {
        &self.shelf.digests[number]
    }

    pub fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            manifests: of(&self.shelf.manifests),
            heads: of(&self.shelf.heads),
            lists: of(&self.shelf.lists),
        }
    }
}

/// The name of a repository, in the order of the catalog.
pub fn name(repository: usize) -> String {
    format!("team{:05}/app{:03}", repository / 100, repository % 100)
}

/// The name of a tag of the image with this number.
pub fn tag(number: usize) -> String {
    format!("v{:03}", number % TAGS)
}

/// As registries write it.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in openssl::sha::sha256(bytes) {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The manifest of the image with this number.
pub fn manifest(number: usize) -> String {
    let layer = |kind: usize| {
        format!(
            r#"{{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":{},"digest":"sha256:{kind:032x}{number:032x}"}}"#,
            1_000_000 + number
        )
    };
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{MEDIA_TYPE}","config":{{"mediaType":"application/vnd.docker.container.image.v1+json","size":1500,"digest":"sha256:{number:064x}"}},"layers":[{},{},{},{}]}}"#,
        layer(1),
        layer(2),
        layer(3),
        layer(4)
    )
}

async fn accept(listener: TcpListener, shelf: Arc<Shelf>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, Arc::clone(&shelf)));
    }
}

/// Answers requests, none of which has a body, until the client hangs up.
async fn serve(mut stream: TcpStream, shelf: Arc<Shelf>) {
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        while let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            let head: Vec<u8> = buffer.drain(..end + 4).collect();
            let answer = shelf.answer(&String::from_utf8_lossy(&head));
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

impl Shelf {
    fn answer(&self, head: &str) -> String {
        let mut words = head.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let has_token = head
            .lines()
            .any(|line| line.len() > 15 && line[..15].eq_ignore_ascii_case("authorization: "));
        if !has_token {
            let challenge = format!(
                "Www-Authenticate: Bearer realm=\"{}\",service=\"{}\"\r\n",
                self.realm, self.address
            );
            return said("401 Unauthorized", &challenge, "{}");
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/v2/" {
            return said("200 OK", "", "{}");
        }
        if path == "/v2/_catalog" {
            self.lists.fetch_add(1, Ordering::Relaxed);
            return self.catalog(query);
        }
        let rest = path.strip_prefix("/v2/").unwrap_or_default();
        if let Some(name) = rest.strip_suffix("/tags/list") {
            self.lists.fetch_add(1, Ordering::Relaxed);
            let tags: Vec<String> = (0..TAGS).map(|it| format!("\"{}\"", tag(it))).collect();
            let body = format!(r#"{{"name":"{name}","tags":[{}]}}"#, tags.join(","));
            return said("200 OK", "", &body);
        }
        let found = rest
            .split_once("/manifests/")
            .and_then(|(name, reference)| self.find(name, reference));
        let Some(number) = found else {
            let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
            return said("404 Not Found", "", body);
        };
        let body = manifest(number);
        let headers = format!(
            "Content-Type: {MEDIA_TYPE}\r\nDocker-Content-Digest: {}\r\n",
            self.digests[number]
        );
        if method == "HEAD" {
            self.heads.fetch_add(1, Ordering::Relaxed);
            return format!(
                "HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n",
                body.len()
            );
        }
        self.manifests.fetch_add(1, Ordering::Relaxed);
        said("200 OK", &headers, &body)
    }

    fn catalog(&self, query: &str) -> String {
        let value = |name: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let size: usize = value("n").and_then(|it| it.parse().ok()).unwrap_or(100);
        let begin = value("last")
            .and_then(|last| number(&last))
            .map_or(0, |it| it + 1);
        let end = (begin + size).min(self.repositories);
        let names: Vec<String> = (begin..end).map(|it| format!("\"{}\"", name(it))).collect();
        let link = if end < self.repositories {
            let last = name(end - 1).replace('/', "%2F");
            format!("Link: </v2/_catalog?last={last}&n={size}>; rel=\"next\"\r\n")
        } else {
            String::new()
        };
        let body = format!(r#"{{"repositories":[{}]}}"#, names.join(","));
        said("200 OK", &link, &body)
    }

    fn find(&self, name: &str, reference: &str) -> Option<usize> {
        if reference.starts_with("sha256:") {
            return self.by_digest.get(reference).copied();
        }
        let tag: usize = reference.strip_prefix('v')?.parse().ok()?;
        let repository = number(name).filter(|it| *it < self.repositories)?;
        (tag < TAGS).then_some(repository * TAGS + tag)
    }
}

/// The repository of a name.
fn number(name: &str) -> Option<usize> {
    let (team, app) = name.split_once('/')?;
    let team: usize = team.strip_prefix("team")?.parse().ok()?;
    let app: usize = app.strip_prefix("app")?.parse().ok()?;
    Some(team * 100 + app)
}

fn said(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
