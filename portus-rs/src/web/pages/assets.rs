//! Style sheets, scripts and images, from inside the binary. What others made is in there compressed, as `NAME.gz` and
//! perhaps `NAME.br`; our own is compressed when it is first asked for. Pages name each file by an address that
//! changes with its content, so browsers keep it for a year; the plain name is asked about each time.

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{Read as _, Write as _},
    sync::{Arc, LazyLock, OnceLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, EntityTag, IfNoneMatch},
    route,
    web::{Bytes, Header, Path},
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::fresh::{self, Fresh};
use crate::{keys::files::hex, web::error::PageError};

/// How many bytes of a file's SHA-256 are in its address.
const FINGERPRINT: usize = 8;
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "public, max-age=0, must-revalidate";

#[derive(RustEmbed)]
#[folder = "../assets"]
struct Files;

/// A file in every form that browsers may ask for.
struct Asset {
    fingerprint: String,
    kind: &'static str,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    plain: OnceLock<Bytes>,
}

/// In a release the files cannot change; a debug build looks at them anew.
static KNOWN: LazyLock<HashMap<String, Arc<Asset>>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|stored| {
            let name = stored
                .strip_suffix(".gz")
                .or(stored.strip_suffix(".br"))
                .unwrap_or(&stored);
            Some((name.to_owned(), Arc::new(Asset::read(name)?)))
        })
        .collect()
});

impl Asset {
    fn find(path: &str) -> Option<Arc<Self>> {
        if cfg!(debug_assertions) {
            Self::fresh(path)
        } else {
            KNOWN.get(path).cloned()
        }
    }

    fn fresh(path: &str) -> Option<Arc<Self>> {
        static FRESH: LazyLock<Fresh<String, Arc<Asset>>> = LazyLock::new(Fresh::default);
        // On the disk of a debug build there is more than what was meant.
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains('\\') {
            return None;
        }
        let files = ["", ".gz", ".br"].into_iter();
        let stamp = fresh::stamp("../assets", files.map(|it| format!("{path}{it}")));
        let made = || Self::read(path).map(Arc::new).ok_or(());
        FRESH.get(path.to_owned(), stamp, made).ok()
    }

    fn read(path: &str) -> Option<Self> {
        let kind = kind(path)?;
        if let Some(file) = Files::get(path) {
            let text = kind.starts_with("text/") || kind.starts_with("image/svg");
            let fingerprint = fingerprint(&file);
            let plain = bytes(file.data);
            return Some(Self {
                fingerprint,
                kind,
                brotli: None,
                gzip: text.then(|| packed(&plain)),
                plain: plain.into(),
            });
        }
        let file = Files::get(&format!("{path}.gz"))?;
        Some(Self {
            fingerprint: fingerprint(&file),
            kind,
            brotli: Files::get(&format!("{path}.br")).map(|file| bytes(file.data)),
            gzip: Some(bytes(file.data)),
            plain: OnceLock::new(),
        })
    }

    /// The smallest form that the browser understands, and what it is called.
    fn body(&self, accepted: Option<&AcceptEncoding>) -> (Bytes, Option<Encoding>) {
        for (encoding, form) in [
            (Encoding::brotli(), &self.brotli),
            (Encoding::gzip(), &self.gzip),
        ] {
            if let Some(form) = form
                && accepted.is_some_and(|it| takes(it, &encoding))
            {
                return (form.clone(), Some(encoding));
            }
        }
        let plain = self.plain.get_or_init(|| unpacked(self.gzip.as_deref()));
        (plain.clone(), None)
    }
}

/// Where a page finds this file, below the root: `assets/0123456789abcdef/css/console.css`. `None` where there is no
/// such file.
pub fn address(path: &str) -> Option<String> {
    let asset = Asset::find(path)?;
    Some(format!("assets/{}/{path}", asset.fingerprint))
}

/// The same with the root before it (`""`, or `/portus` for a service that lives below that path).
pub fn url(root: &str, path: &str) -> Option<String> {
    address(path).map(|address| format!("{root}/{address}"))
}

#[route("/assets/{path:.*}", method = "GET", method = "HEAD")]
pub async fn serve(
    _request: HttpRequest,
    path: Path<String>,
    known: Option<Header<IfNoneMatch>>,
    accepted: Option<Header<AcceptEncoding>>,
) -> Result<HttpResponse, PageError> {
    let (given, name) = named(&path);
    let Some(asset) = Asset::find(name) else {
        return Ok(HttpResponse::NotFound().body("Not found"));
    };
    // Another version's page may ask here while we are being replaced: it gets what we have, and should not keep it.
    let lasting = given.is_some_and(|given| given == asset.fingerprint);
    let tag = EntityTag::new_weak(asset.fingerprint.clone());
    let unchanged = known.is_some_and(|known| match known.0 {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|it| it.weak_eq(&tag)),
    });
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(header::ETag(tag))
        .insert_header((
            header::CACHE_CONTROL,
            if lasting { FOR_A_YEAR } else { ASK_EACH_TIME },
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if asset.gzip.is_some() {
        response.insert_header((header::VARY, "Accept-Encoding"));
    }
    if unchanged {
        return Ok(response.finish());
    }
    let (body, encoding) = asset.body(accepted.as_deref());
    response.content_type(asset.kind);
    match encoding {
        Some(Encoding::Known(encoding)) => {
            response.insert_header(encoding);
        }
        // Nobody after us compresses it again.
        _ => {
            response.insert_header(ContentEncoding::Identity);
        }
    }
    Ok(response.body(body))
}

/// The fingerprint before a name, if there is one, and the name.
fn named(path: &str) -> (Option<&str>, &str) {
    match path.split_once('/') {
        Some((given, name))
            if given.len() == 2 * FINGERPRINT && given.bytes().all(|it| it.is_ascii_hexdigit()) =>
        {
            (Some(given), name)
        }
        _ => (None, path),
    }
}

/// The media types that browsers get from us; what else lies beside the files is for people.
fn kind(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "ico" => Some("image/x-icon"),
        "LICENSE" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

fn takes(accepted: &AcceptEncoding, encoding: &Encoding) -> bool {
    accepted
        .negotiate(std::iter::once(encoding))
        .is_some_and(|it| it == *encoding)
}

fn fingerprint(file: &EmbeddedFile) -> String {
    hex(&file.metadata.sha256_hash()[..FINGERPRINT])
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

fn packed(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    written.expect("memory takes what is written").into()
}

fn unpacked(gzip: Option<&[u8]>) -> Bytes {
    let mut plain = Vec::new();
    GzDecoder::new(gzip.unwrap_or_default())
        .read_to_end(&mut plain)
        .expect("what is in the binary was packed by update.sh");
    plain.into()
}
