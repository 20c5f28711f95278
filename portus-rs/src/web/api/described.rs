//! What programs may ask beside the API and its noun files: the registry's side of the house, and signing in as Portus'
//! pages did it. Their handlers stand elsewhere, so the document learns of them from here; a test compares it with what is
//! mounted.

mod accounts;

use serde_json::{Value, json};

/// A tag of the document with what it says of itself.
pub const TAGS: [(&str, &str); 2] = [
    (
        "registry",
        "What docker, containerd, podman and registries ask.",
    ),
    ("pages", super::twins::ABOUT),
];

fn text(about: &str) -> Value {
    json!({"description": about})
}

fn body(about: &str, schema: &Value) -> Value {
    super::reply::json_body(about, schema)
}

fn refused(about: &str) -> Value {
    let string = json!({"type": "string"});
    body(
        about,
        &json!({
            "type": "object",
            "required": ["errors", "error"],
            "properties": {
                "errors": {"type": "array", "items": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": {"code": string, "message": string},
                }},
                "error": string,
            },
        }),
    )
}

fn in_query(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

fn operation(tag: &str, id: &str, summary: &str) -> Value {
    json!({"tags": [tag], "operationId": id, "summary": summary, "security": [], "responses": {}})
}

/// Path, method and operation of each.
pub fn operations() -> Vec<(&'static str, &'static str, Value)> {
    let mut all = vec![
        ("/v2/token", "get", token()),
        ("/v2/token", "post", token_by_form()),
        ("/v2/webhooks/events", "post", events()),
        ("/.well-known/jwks.json", "get", keys()),
        ("/v1/_ping", "get", search_ping()),
        ("/v1/search", "get", search()),
        ("/users/sign_in", "post", sign_in()),
    ];
    for (path, id) in [("/v2", "registry_version"), ("/v2/", "registry_ping")] {
        let mut it = operation("registry", id, "Tells whether credentials are good");
        it["security"] = json!([{"basic": []}]);
        it["responses"] = json!({
            "200": text("They are."),
            "401": refused("They are not, or there are none."),
            "429": refused("Too many wrong ones."),
            "503": refused("Not now."),
        });
        all.push((path, "get", it));
    }
    for (method, id) in [
        ("delete", "pages_sign_out"),
        ("post", "pages_sign_out_by_form"),
    ] {
        let mut it = operation(
            "pages",
            id,
            "Ends the session of the browser, if there is one",
        );
        it["responses"] = json!({
            "204": text("There is none any more."),
            "303": text("The same, for browsers."),
            "403": problem("Not from our own pages."),
            "404": problem("There is no such page."),
            "422": problem("Not from our own pages, told to a browser."),
            "500": problem("Our fault; the log says why."),
            "503": problem("The database does not answer."),
            "400": problem("It cannot be read."),
            "406": problem("`format` asks for something other than JSON."),
            "413": problem("The body is too large."),
            "415": problem("The body is of a kind that is not read here."),
        });
        all.push(("/users/sign_out", method, it));
    }
    all.extend(accounts::operations());
    all
}

/// As a page says it, or to programs in JSON.
fn problem(about: &str) -> Value {
    let mut response = body(about, &json!({"type": "object"}));
    response["content"]["text/html"] = json!({"schema": {"type": "string"}});
    response
}

fn token_answer() -> Value {
    let string = json!({"type": "string"});
    body(
        "A token; what its scopes lack was not granted.",
        &json!({
            "type": "object",
            "required": ["token", "access_token", "expires_in"],
            "properties": {
                "token": string,
                "access_token": string,
                "refresh_token": string,
                "scope": string,
                "issued_at": string,
                "expires_in": {"type": "integer", "description": "Seconds."},
            },
        }),
    )
}

fn token_responses() -> Value {
    json!({
        "200": token_answer(),
        "401": refused("The credentials are wrong."),
        "429": refused("Too many wrong ones."),
        "503": refused("Not now."),
    })
}

fn token() -> Value {
    let mut it = operation(
        "registry",
        "registry_token",
        "Gives a bearer token for a registry",
    );
    let string = json!({"type": "string"});
    it["security"] = json!([{}, {"basic": []}]);
    it["parameters"] = json!([
        in_query("service", "Hostname of a registry.", &string),
        in_query(
            "scope",
            "`TYPE:NAME:ACTION[,ACTION...]`; may be repeated.",
            &json!({"type": "array", "items": string}),
        ),
        in_query("offline_token", "`true`: with a refresh token.", &string),
        in_query("client_id", "What the client calls itself.", &string),
        in_query(
            "account",
            "Ignored: the token names who proved who they are.",
            &string
        ),
    ]);
    it["responses"] = token_responses();
    it
}

fn token_by_form() -> Value {
    let summary = "Gives a bearer token for a registry, as OAuth 2 has it";
    let mut it = operation("registry", "registry_token_by_form", summary);
    let string = json!({"type": "string"});
    it["requestBody"] = json!({
        "required": true,
        "content": {"application/x-www-form-urlencoded": {"schema": {
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": {"type": "string", "enum": ["password", "refresh_token"]},
                "username": string,
                "password": string,
                "refresh_token": string,
                "service": string,
                "scope": {"type": "string", "description": "Several are parted by blanks."},
                "client_id": string,
                "access_type": {"type": "string", "description": "`offline`: with a refresh token."},
            },
        }}},
    });
    it["responses"] = token_responses();
    let bad = json!({"type": "object", "properties": {"error": string}});
    it["responses"]["400"] = body("The grant is not of a kind that is known.", &bad);
    it["responses"]["413"] = text("The body is too large.");
    it
}

fn events() -> Value {
    let mut it = operation(
        "registry",
        "registry_events",
        "Takes in a registry's notifications",
    );
    it["security"] = json!([{}, {"basic": []}, {"secret": []}]);
    it["requestBody"] = json!({
        "required": true,
        "content": {"application/vnd.docker.distribution.events.v1+json": {"schema": {
            "type": "object",
            "properties": {"events": {"type": "array", "items": {"type": "object"}}},
        }}},
    });
    it["responses"] = json!({
        "202": text("Taken in; also what cannot be read, since a registry would send it for ever."),
        "401": refused("The secret of the registry is missing or wrong."),
        "413": text("It is larger than is taken without the secret."),
        "429": text("There were too many without the secret."),
        "503": text("They cannot be stored now: send them again."),
    });
    it
}

fn keys() -> Value {
    let summary = "Shows the public keys that tokens are checked with (RFC 7517)";
    let mut it = operation("registry", "registry_keys", summary);
    let set = json!({
        "type": "object",
        "required": ["keys"],
        "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
    });
    it["responses"] = json!({"200": body("The keys.", &set), "503": refused("Not now.")});
    it
}

fn search_ping() -> Value {
    let mut it = operation(
        "registry",
        "registry_search_ping",
        "Tells that one can search here",
    );
    let answer = json!({"type": "object", "properties": {"standalone": {"type": "boolean"}}});
    it["responses"] = json!({"200": body("One can.", &answer)});
    it
}

fn search() -> Value {
    let mut it = operation(
        "registry",
        "registry_search",
        "Searches, as `docker search` does",
    );
    let (string, number) = (json!({"type": "string"}), json!({"type": "integer"}));
    it["security"] = json!([{}, {"basic": []}]);
    it["parameters"] = json!([
        in_query("q", "What is looked for.", &string),
        in_query(
            "n",
            "How many to a page, from 1 to 100; 25 unless given.",
            &number
        ),
        in_query("page", "Which page, from 1.", &number),
    ]);
    let flag = json!({"type": "boolean"});
    let found = json!({
        "type": "object",
        "required": ["query", "num_results", "num_pages", "page", "page_size", "results"],
        "properties": {
            "query": string,
            "num_results": number,
            "num_pages": number,
            "page": number,
            "page_size": number,
            "results": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "name": string,
                    "description": string,
                    "star_count": number,
                    "is_official": flag,
                    "is_automated": flag,
                    "is_trusted": flag,
                },
            }},
        },
    });
    it["responses"] = json!({
        "200": body("What one may see of it.", &found),
        "401": refused("The credentials are wrong."),
        "429": refused("Too many wrong ones."),
        "503": refused("Not now."),
    });
    it
}

fn sign_in() -> Value {
    let mut it = operation("pages", "pages_sign_in", "Signs a person in");
    it["description"] = json!(
        "The same as `POST /api/v1/session`, as a form. Whoever wants JSON says so by Accept, Content-Type or `.json`."
    );
    let string = json!({"type": "string"});
    it["requestBody"] = json!({"content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object",
        "properties": {
            "user[username]": string,
            "user[password]": string,
            "user[remember_me]": {"type": "boolean"},
            "user[code]": {"type": "string", "description": "Of the second factor, where the account has one."},
        },
    }}}});
    it["responses"] = json!({
        "201": body("Signed in.", &json!({"$ref": "#/components/schemas/SignedIn"})),
        "303": text("Signed in, for browsers."),
        "400": problem("It cannot be read."),
        "401": problem("The credentials are wrong."),
        "403": problem("Not from our own pages, or nobody signs in so here."),
        "406": problem("`format` asks for something other than JSON."),
        "413": problem("The body is too large."),
        "415": problem("The body is of a kind that is not read here."),
        "404": problem("There is no such page."),
        "422": problem("The credentials are wrong, told to a browser with the form."),
        "429": problem("Too many wrong ones."),
        "500": problem("Our fault; the log says why."),
            "503": problem("The database does not answer."),
    });
    it
}
