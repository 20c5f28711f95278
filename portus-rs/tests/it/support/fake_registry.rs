//! A registry that speaks HTTP on loopback and does whatever a test tells it to, lies included.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::Method,
    web::{self, Bytes, Data},
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{room, service::claims_of};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What the registry does wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// Every request.
    Status(u16),
    /// The catalog alone.
    CatalogStatus(u16),
    EmptyCatalog,
    /// The second page of the catalog fails.
    SecondPage,
    /// Each page leads to the first.
    Loop,
    /// The catalog lacks all but these first ones, and says that it is whole.
    Short(usize),
    /// Every list of tags is empty, although the tags are there.
    EmptyTags,
    /// The text of every answer breaks off.
    Garbage,
    /// Requests are taken and never answered.
    Silence,
    /// Answers begin and never end.
    Stall,
    /// Whoever shows a token is sent to this address, with the path behind it.
    Redirect(String),
    /// No token is good enough.
    Distrust,
    /// Manifests are not deleted: this status and, where there is one, this code.
    Delete(u16, &'static str),
    /// This manifest alone is not deleted.
    DeleteOne(String),
    /// Manifests are deleted, and nobody is told.
    DeleteHangs,
    /// Manifests are deleted, and the answer is a 500.
    DeleteLies,
}

/// What happens in the registry right after it has deleted something.
pub type Meanwhile = Box<dyn FnOnce(&mut State) + Send>;

#[derive(Default)]
pub struct State {
    /// Bodies of manifests by tag or digest, by repository.
    pub repositories: BTreeMap<String, HashMap<String, String>>,
    /// Configs by digest, of whatever repository.
    pub blobs: HashMap<String, String>,
    pub page: usize,
    pub fault: Fault,
    /// The realm to name, or no authentication.
    pub realm: Option<String>,
    /// The service to name instead of the registry's own.
    pub service: Option<String>,
    /// Requests by method and kind: `GET manifests`.
    pub asked: BTreeMap<String, usize>,
    /// Requests that showed something to prove who asks.
    pub authorized: usize,
    /// What the last token that came with a deletion permitted.
    pub permitted: Value,
    pub meanwhile: Option<Meanwhile>,
}

impl State {
    /// Stores a manifest by tag and digest.
    pub fn push(&mut self, repository: &str, tag: &str, body: &str) {
        let manifests = self.repositories.entry(repository.to_owned()).or_default();
        manifests.insert(digest(body), body.to_owned());
        if !tag.is_empty() {
            manifests.insert(tag.to_owned(), body.to_owned());
        }
    }
}

/// A running fake.
pub struct FakeRegistry {
    pub host: String,
    state: Arc<Mutex<State>>,
    handle: ServerHandle,
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

pub fn digest(body: &str) -> String {
    portus_rs::protocol::digest::Digest::of(body.as_bytes()).to_string()
}

/// An image whose content is this text.
pub fn image(content: &str) -> String {
    json!({"schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest(&format!("config {content}")), "size": 10},
        "layers": [{"mediaType": LAYER, "digest": digest(content), "size": 90}]})
    .to_string()
}

/// An index of these images, one per architecture.
pub fn index(images: &[(&str, &str)]) -> String {
    let children: Vec<_> = images
        .iter()
        .map(|(architecture, body)| {
            json!({"mediaType": MANIFEST, "digest": digest(body), "size": body.len(),
                "platform": {"os": "linux", "architecture": architecture}})
        })
        .collect();
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children}).to_string()
}

impl FakeRegistry {
    /// Starts an empty registry that asks for tokens of `realm`.
    pub fn start(realm: Option<&str>) -> Self {
        let state = Arc::new(Mutex::new(State {
            page: 3,
            realm: realm.map(str::to_owned),
            ..State::default()
        }));
        let shared = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", room::free_port()))
        .unwrap();
        let host = server.addrs()[0].to_string();
        let running = server.run();
        let handle = running.handle();
        tokio::spawn(running);
        Self {
            host,
            state,
            handle,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Stores a manifest by tag and digest.
    pub fn push(&self, repository: &str, tag: &str, body: &str) {
        self.state().push(repository, tag, body);
    }

    /// Tags and digests of a repository.
    pub fn holds(&self, repository: &str) -> Vec<String> {
        let state = self.state();
        let manifests = state.repositories.get(repository);
        let mut names: Vec<String> = manifests
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        names.sort();
        names
    }

    pub fn remove(&self, repository: &str, tag: Option<&str>) {
        let mut state = self.state();
        match tag {
            None => drop(state.repositories.remove(repository)),
            Some(tag) => drop(state.repositories.get_mut(repository).unwrap().remove(tag)),
        }
    }

    pub fn fail(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// How often something was asked since this was last called.
    pub fn asked(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut self.state().asked)
    }
}

fn error(status: u16, code: &str) -> HttpResponse {
    HttpResponse::build(status.try_into().unwrap())
        .json(json!({"errors": [{"code": code, "message": code.to_lowercase()}]}))
}

async fn answer(request: HttpRequest, state: Data<Mutex<State>>) -> HttpResponse {
    let fault = state.lock().unwrap().fault.clone();
    match fault {
        Fault::Silence => return std::future::pending().await,
        Fault::Stall => {
            let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
            return HttpResponse::Ok().streaming(begun.chain(stream::pending()));
        }
        _ => {}
    }
    let (answer, hangs) = {
        let mut state = state.lock().unwrap();
        let answer = answer_now(&request, &mut state);
        let deleted = request.method() == Method::DELETE && answer.status() == 202;
        (answer, deleted && state.fault == Fault::DeleteHangs)
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    answer
}

fn answer_now(request: &HttpRequest, state: &mut State) -> HttpResponse {
    let path = request.path().strip_prefix("/v2/").unwrap_or_default();
    let kind = ["manifests", "blobs", "tags", "_catalog"]
        .into_iter()
        .find(|kind| path.contains(kind))
        .unwrap_or("base");
    *state
        .asked
        .entry(format!("{} {kind}", request.method()))
        .or_default() += 1;
    state.authorized += usize::from(request.headers().contains_key("Authorization"));
    if let Some(challenge) = challenge(request, state, path) {
        return challenge;
    }
    match (&state.fault, kind) {
        (Fault::Redirect(to), _) => {
            return HttpResponse::TemporaryRedirect()
                .insert_header(("Location", format!("{to}{}", request.uri())))
                .finish();
        }
        (Fault::Status(status), _) | (Fault::CatalogStatus(status), "_catalog") => {
            return error(*status, "UNKNOWN");
        }
        (Fault::Garbage, _) => return HttpResponse::Ok().body("{\"repositories\":[\"a"),
        _ => {}
    }
    if kind == "base" {
        return HttpResponse::Ok()
            .insert_header(("Docker-Distribution-Api-Version", "registry/2.0"))
            .body("{}");
    }
    if kind == "blobs" {
        let blob = path.rsplit('/').next().and_then(|it| state.blobs.get(it));
        return match blob {
            Some(blob) => HttpResponse::Ok().body(blob.clone()),
            None => error(404, "BLOB_UNKNOWN"),
        };
    }
    if kind == "_catalog" {
        return catalog(request, state);
    }
    if let Some(name) = path.strip_suffix("/tags/list") {
        let Some(manifests) = state.repositories.get(name) else {
            return error(404, "NAME_UNKNOWN");
        };
        let tags: Vec<_> = manifests.keys().filter(|tag| !tag.contains(':')).collect();
        if tags.is_empty() || state.fault == Fault::EmptyTags {
            return HttpResponse::Ok().json(json!({"name": name, "tags": null}));
        }
        return HttpResponse::Ok().json(json!({"name": name, "tags": tags}));
    }
    let (name, reference) = path.split_once("/manifests/").unwrap();
    if request.method() == Method::DELETE {
        return delete(request, state, name, reference);
    }
    let body = state
        .repositories
        .get(name)
        .and_then(|all| all.get(reference));
    let Some(body) = body else {
        return error(404, "MANIFEST_UNKNOWN");
    };
    let media_type = if body.contains("\"manifests\"") {
        INDEX
    } else {
        MANIFEST
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header(("Docker-Content-Digest", digest(body)))
        .content_type(media_type);
    if request.method() == Method::HEAD {
        return response.finish();
    }
    response.body(body.clone())
}

/// As registries 2.x do it: by digest, with every tag that points to it.
fn delete(request: &HttpRequest, state: &mut State, name: &str, reference: &str) -> HttpResponse {
    let token = request.headers().get("Authorization");
    if let Some(token) = token.and_then(|value| value.to_str().unwrap().strip_prefix("Bearer ")) {
        state.permitted = claims_of(token)["access"].clone();
    }
    match &state.fault {
        Fault::Delete(status, "") => {
            return HttpResponse::build((*status).try_into().unwrap()).body("Nothing here");
        }
        Fault::Delete(status, code) => return error(*status, code),
        Fault::DeleteOne(digest) if digest == reference => return error(500, "UNKNOWN"),
        _ => {}
    }
    if !reference.contains(':') {
        return error(400, "DIGEST_INVALID");
    }
    let manifests = state.repositories.get_mut(name);
    let Some(manifests) = manifests.filter(|all| all.contains_key(reference)) else {
        return error(404, "MANIFEST_UNKNOWN");
    };
    let body = manifests.remove(reference).unwrap();
    manifests.retain(|_, other| *other != body);
    if let Some(meanwhile) = state.meanwhile.take() {
        meanwhile(state);
    }
    if state.fault == Fault::DeleteLies {
        return error(500, "UNKNOWN");
    }
    HttpResponse::Accepted().finish()
}

fn challenge(request: &HttpRequest, state: &State, path: &str) -> Option<HttpResponse> {
    let realm = state.realm.as_ref()?;
    let host = request.connection_info().host().to_owned();
    let service = state.service.clone().unwrap_or(host);
    let sent = request.headers().get("Authorization");
    let token = sent.and_then(|value| value.to_str().unwrap().strip_prefix("Bearer "));
    let granted = token.is_some_and(|token| {
        let claims = claims_of(token);
        let name = path
            .split_once("/manifests/")
            .or_else(|| path.split_once("/blobs/"))
            .map(|(name, _)| name)
            .or_else(|| path.strip_suffix("/tags/list"))
            .unwrap_or("catalog");
        let named = claims["access"]
            .as_array()
            .is_some_and(|access| access.iter().any(|entry| entry["name"] == name));
        let meant = claims["aud"] == service.as_str() && claims["sub"] == "portus";
        state.fault != Fault::Distrust && meant && (named || path.is_empty())
    });
    (!granted).then(|| {
        HttpResponse::Unauthorized()
            .insert_header((
                "WWW-Authenticate",
                format!("Bearer realm=\"{realm}\",service=\"{service}\",scope=\"x:y:pull,push\""),
            ))
            .insert_header(("Docker-Distribution-Api-Version", "registry/2.0"))
            .json(json!({"errors": [{"code": "UNAUTHORIZED"}]}))
    })
}

fn catalog(request: &HttpRequest, state: &State) -> HttpResponse {
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(request.query_string().as_bytes())
            .into_owned()
            .collect();
    if query
        .get("n")
        .is_some_and(|n| n.parse::<usize>().unwrap() > 500)
    {
        return error(400, "PAGINATION_NUMBER_INVALID");
    }
    let mut names: Vec<&String> = state.repositories.keys().collect();
    match state.fault {
        Fault::EmptyCatalog => names.clear(),
        Fault::Short(kept) => names.truncate(kept),
        _ => {}
    }
    let last = query.get("last").cloned().unwrap_or_default();
    if state.fault == Fault::SecondPage && !last.is_empty() {
        return error(500, "UNKNOWN");
    }
    let start = names
        .iter()
        .position(|name| **name > last)
        .unwrap_or(names.len());
    let page: Vec<_> = names.iter().skip(start).take(state.page).collect();
    let mut response = HttpResponse::Ok();
    let more = start + page.len() < names.len();
    let looping = state.fault == Fault::Loop;
    if more || looping {
        let last = if looping {
            names[0]
        } else {
            **page.last().unwrap()
        };
        let link = format!(
            "</v2/_catalog?last={}&n=3>; rel=\"next\"",
            super::service::encoded(last)
        );
        response.insert_header(("Link", link));
    }
    response.json(json!({"repositories": page}))
}
