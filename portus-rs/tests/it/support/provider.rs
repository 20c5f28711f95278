//! Identity providers that listen on loopback and speak the wire formats of OpenID Connect (and so Google's), GitHub's,
//! GitLab's and Bitbucket's. They log in whoever the test says, check what a client has to prove, and lie where told to.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{self, Bytes, Data},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey};
use openssl::{rsa::Rsa, sha::sha256};
use serde_json::{Value, json};

pub const CLIENT: &str = "portus-client";
pub const SECRET: &str = "portus-client-s3cret-canary";

/// A key pair of an issuer.
#[derive(Clone)]
pub struct Key {
    pub id: String,
    private: Vec<u8>,
    pub public: Value,
}

impl Key {
    pub fn new(id: &str) -> Self {
        portus_rs::keys::install_provider();
        let rsa = Rsa::generate(2048).unwrap();
        let b64 = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        Self {
            id: id.to_owned(),
            private: rsa.private_key_to_der().unwrap(),
            public: json!({"kty": "RSA", "kid": id, "use": "sig",
                "n": b64(rsa.n().to_vec()), "e": b64(rsa.e().to_vec())}),
        }
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(
            &json!({"alg": "RS256", "kid": self.id, "typ": "JWT"}),
            claims,
        )
    }

    /// The same with a header of the forger's choice.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let key = EncodingKey::from_rsa_der(&self.private);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256).unwrap();
        format!("{message}.{signature}")
    }

    /// Signed with the public key as if it were a shared secret.
    pub fn sign_by_public_half(&self, claims: &Value) -> String {
        let message = unsigned(&json!({"alg": "HS256", "kid": self.id}), claims);
        let modulus = URL_SAFE_NO_PAD
            .decode(self.public["n"].as_str().unwrap())
            .unwrap();
        let key = EncodingKey::from_secret(&modulus);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }
}

/// Header and claims without a signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// What happens to the ID token's claims before they are signed.
pub type Lie = Box<dyn Fn(&mut Value) + Send>;
/// How claims become a token.
pub type Forge = Box<dyn Fn(&Key, &Value) -> String + Send>;

/// What was asked for with a code.
struct Grant {
    nonce: Option<String>,
    challenge: String,
    redirect: String,
    offline: bool,
}

pub struct State {
    pub key: Key,
    /// Claims about whoever is logged in.
    pub person: Value,
    /// Claims that only the userinfo endpoint tells.
    pub userinfo: Value,
    /// Seconds since 1970, as the service under test has it.
    pub now: i64,
    pub lie: Option<Lie>,
    pub forge: Option<Forge>,
    /// What REST paths answer; a list is answered in pages of two.
    pub rest: BTreeMap<String, Value>,
    /// Everything is refused with this status.
    pub broken: Option<u16>,
    /// The consent was refused with this error.
    pub denied: Option<String>,
    /// Says that it gives leave to ask again later, and gives it where it is asked for.
    pub offline: bool,
    /// Access tokens of REST interfaces end by themselves, and come with one to renew them.
    pub renewing: bool,
    /// Refuses to renew anything with this error.
    pub refusal: Option<&'static str>,
    /// Renews, and then fails to say so.
    pub losing: bool,
    /// Status with which paths are refused.
    pub refused: BTreeMap<String, u16>,
    /// Times something was renewed.
    pub renewals: u32,
    /// Every token that was given out, of each kind.
    pub given: Vec<String>,
    /// Paths that were asked, with queries.
    pub asked: Vec<String>,
    /// Scopes of the last login.
    pub scope: String,
    issuer: String,
    codes: HashMap<String, Grant>,
    /// Whose subject each may read of.
    tokens: HashMap<String, Value>,
    refresh: HashMap<String, Login>,
}

/// A login, as what renews it remembers it.
#[derive(Clone)]
struct Login {
    person: Value,
    /// Of all that came of it.
    family: String,
    used: bool,
}

impl State {
    /// Takes back all that was ever given out.
    pub fn revoke(&mut self) {
        self.tokens.clear();
        self.refresh.clear();
    }

    fn renewable(&mut self, login: Login) -> String {
        let token = format!("refresh-{}", uuid::Uuid::new_v4());
        self.refresh.insert(token.clone(), login);
        self.given.push(token.clone());
        token
    }
}

/// A running provider.
pub struct Provider {
    pub url: String,
    state: Arc<Mutex<State>>,
    handle: ServerHandle,
    http: reqwest::Client,
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Provider {
    /// Starts one whose clock shows this moment.
    pub fn start(now: chrono::NaiveDateTime) -> Self {
        let state = Arc::new(Mutex::new(State {
            key: Key::new("first"),
            person: json!({}),
            userinfo: json!({}),
            now: now.and_utc().timestamp(),
            lie: None,
            forge: None,
            rest: BTreeMap::new(),
            broken: None,
            denied: None,
            offline: false,
            renewing: true,
            refusal: None,
            losing: false,
            refused: BTreeMap::new(),
            renewals: 0,
            given: Vec::new(),
            asked: Vec::new(),
            scope: String::new(),
            issuer: String::new(),
            codes: HashMap::new(),
            tokens: HashMap::new(),
            refresh: HashMap::new(),
        }));
        let shared = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let running = server.run();
        let handle = running.handle();
        tokio::spawn(running);
        state.lock().unwrap().issuer.clone_from(&url);
        Self {
            url,
            state,
            handle,
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Opens the page that a browser was sent to, consents, and gives where it is sent back: path and query.
    pub async fn visit(&self, url: &str) -> String {
        let answer = self.http.get(url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 302, "{url}");
        let back = answer.headers()["location"].to_str().unwrap();
        let back = url::Url::parse(back).unwrap();
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }

    /// A token of a job, as CI systems make them.
    pub fn job_token(&self, claims: &Value) -> String {
        let state = self.state();
        let mut all = json!({"iss": state.issuer, "iat": state.now, "nbf": state.now, "exp": state.now + 300});
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        state.key.sign(&all)
    }
}

fn query(request: &HttpRequest) -> HashMap<String, String> {
    pairs(request.query_string().as_bytes())
}

fn pairs(text: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

async fn answer(request: HttpRequest, body: Bytes, state: Data<Mutex<State>>) -> HttpResponse {
    let mut state = state.lock().unwrap();
    let uri = request.uri().to_string();
    state.asked.push(format!("{} {uri}", request.method()));
    if let Some(status) = state.broken {
        return HttpResponse::build(status.try_into().unwrap()).body("out of order");
    }
    match request.path() {
        "/.well-known/openid-configuration" => discovery(&state),
        "/jwks" => HttpResponse::Ok().json(json!({"keys": [state.key.public]})),
        "/authorize" | "/login/oauth/authorize" | "/oauth/authorize" | "/site/oauth2/authorize" => {
            authorize(&request, &mut state)
        }
        "/token" | "/login/oauth/access_token" | "/oauth/token" | "/site/oauth2/access_token" => {
            token(&request, &body, &mut state)
        }
        path => rest(&request, path, &state),
    }
}

fn discovery(state: &State) -> HttpResponse {
    let issuer = &state.issuer;
    let mut scopes = vec!["openid", "email", "profile", "address"];
    if state.offline {
        scopes.push("offline_access");
    }
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "scopes_supported": scopes,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

fn authorize(request: &HttpRequest, state: &mut State) -> HttpResponse {
    let asked = query(request);
    let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
    assert_eq!(get("client_id"), CLIENT);
    assert_eq!(get("response_type"), "code");
    assert_eq!(get("code_challenge_method"), "S256");
    assert!(get("state").len() >= 16, "a state that nobody guesses");
    state.scope = get("scope");
    let mut back = url::Url::parse(&get("redirect_uri")).unwrap();
    if let Some(error) = &state.denied {
        back.query_pairs_mut()
            .append_pair("error", error)
            .append_pair("state", &get("state"));
    } else {
        let code = format!("code-{}", uuid::Uuid::new_v4());
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &get("state"));
        let grant = Grant {
            nonce: asked.get("nonce").cloned(),
            challenge: get("code_challenge"),
            redirect: get("redirect_uri"),
            offline: get("scope").contains("offline_access") || get("access_type") == "offline",
        };
        state.codes.insert(code, grant);
    }
    HttpResponse::Found()
        .insert_header(("Location", back.to_string()))
        .finish()
}

fn token(request: &HttpRequest, body: &[u8], state: &mut State) -> HttpResponse {
    let refuse = |error: &str| HttpResponse::BadRequest().json(json!({ "error": error }));
    let asked = pairs(body);
    let get = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let basic = request.headers().get("Authorization").map(|value| {
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    });
    let shown = basic.unwrap_or_else(|| format!("{}:{}", get("client_id"), get("client_secret")));
    if shown != format!("{CLIENT}:{SECRET}") {
        return HttpResponse::Unauthorized().json(json!({"error": "invalid_client"}));
    }
    if get("grant_type") == "refresh_token" {
        return renew(request, get("refresh_token"), state);
    }
    // A code is good once.
    let Some(grant) = state.codes.remove(get("code")) else {
        return refuse("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(sha256(get("code_verifier").as_bytes()));
    if get("grant_type") != "authorization_code"
        || challenge != grant.challenge
        || get("redirect_uri") != grant.redirect
    {
        return refuse("invalid_grant");
    }
    let login = Login {
        person: state.person.clone(),
        family: uuid::Uuid::new_v4().to_string(),
        used: false,
    };
    let openid = request.path() == "/token";
    // GitHub's tokens have no end; GitLab's and Bitbucket's come with one that renews them.
    let endless = request.path() == "/login/oauth/access_token";
    let renewing = if openid {
        grant.offline
    } else {
        state.renewing && !endless
    };
    let mut tokens = given(state, openid, &login, grant.nonce);
    if !endless {
        tokens["expires_in"] = json!(300);
    }
    if renewing {
        tokens["refresh_token"] = json!(state.renewable(login));
    }
    HttpResponse::Ok().json(tokens)
}

/// Access to what somebody may see, and who they are where that is said.
fn given(state: &mut State, openid: bool, login: &Login, nonce: Option<String>) -> Value {
    let access = format!("access-{}", uuid::Uuid::new_v4());
    state
        .tokens
        .insert(access.clone(), login.person["sub"].clone());
    state.given.push(access.clone());
    let mut tokens = json!({"access_token": access, "token_type": "bearer"});
    if openid {
        let mut claims =
            json!({"iss": state.issuer, "aud": CLIENT, "iat": state.now, "exp": state.now + 300});
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        for (name, value) in login.person.as_object().unwrap() {
            claims[name] = value.clone();
        }
        if let Some(lie) = &state.lie {
            lie(&mut claims);
        }
        tokens["id_token"] = json!(match &state.forge {
            Some(forge) => forge(&state.key, &claims),
            None => state.key.sign(&claims),
        });
        let said = tokens["id_token"].as_str().unwrap_or_default();
        state.given.push(said.to_owned());
    }
    tokens
}

/// Renews a login. What is used twice ends all that came of the same login.
fn renew(request: &HttpRequest, token: &str, state: &mut State) -> HttpResponse {
    let refuse = |error: &str| HttpResponse::BadRequest().json(json!({ "error": error }));
    if let Some(error) = state.refusal {
        return refuse(error);
    }
    let Some(known) = state.refresh.get_mut(token) else {
        return refuse("invalid_grant");
    };
    if known.used {
        let family = known.family.clone();
        state.refresh.retain(|_, it| it.family != family);
        return refuse("invalid_grant");
    }
    known.used = true;
    let mut login = Login {
        used: false,
        ..known.clone()
    };
    state.renewals += 1;
    // Whoever is logged in now may have changed.
    if login.person["sub"] == state.person["sub"] {
        login.person = state.person.clone();
    }
    let openid = request.path() == "/token";
    let mut tokens = given(state, openid, &login, None);
    tokens["expires_in"] = json!(300);
    tokens["refresh_token"] = json!(state.renewable(login));
    if state.losing {
        return HttpResponse::BadGateway().body("the answer is lost");
    }
    HttpResponse::Ok().json(tokens)
}

/// What a bearer of an access token may ask.
fn rest(request: &HttpRequest, path: &str, state: &State) -> HttpResponse {
    let bearer = request.headers().get("Authorization");
    let bearer = bearer.and_then(|it| it.to_str().unwrap().strip_prefix("Bearer "));
    // GitHub takes tokens in the query no more.
    let Some(subject) = bearer.and_then(|it| state.tokens.get(it)) else {
        return HttpResponse::Unauthorized().json(json!({"message": "Bad credentials"}));
    };
    if let Some(status) = state.refused.get(path) {
        return HttpResponse::build((*status).try_into().unwrap())
            .json(json!({"message": "not now"}));
    }
    if path == "/userinfo" {
        let mut claims = state.userinfo.clone();
        if claims.get("sub").is_none() {
            claims["sub"] = subject.clone();
        }
        return HttpResponse::Ok().json(claims);
    }
    let Some(found) = state.rest.get(path) else {
        return HttpResponse::NotFound().json(json!({"message": "Not Found"}));
    };
    let Some(list) = found.as_array() else {
        return HttpResponse::Ok().json(found);
    };
    let asked = query(request);
    let page: usize = asked.get("page").map_or(1, |it| it.parse().unwrap());
    let start = (page - 1) * 2;
    let part: Vec<_> = list.iter().skip(start).take(2).collect();
    let mut response = HttpResponse::Ok();
    if start + 2 < list.len() {
        let next = format!("{}{path}?per_page=100&page={}", state.issuer, page + 1);
        response.insert_header(("Link", format!("<{next}>; rel=\"next\"")));
    }
    response.json(part)
}
