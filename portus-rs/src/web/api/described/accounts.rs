//! Making an account, and getting back into one: what programs may do as the forms of the pages do it.

use serde_json::{Value, json};

use super::{body, operation, problem, text};

pub fn operations() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("/users", "post", sign_up()),
        ("/users/sign_in/code", "post", code()),
        ("/users/password", "post", forgotten()),
        ("/users/password", "put", another()),
    ]
}

fn form(fields: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|field| ((*field).to_owned(), json!({"type": "string"})))
        .collect();
    json!({"content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object",
        "properties": properties,
    }}}})
}

/// What each of them may be refused with, beside what it answers itself.
fn answers(own: Value) -> Value {
    let mut all = json!({
        "303": text("Done, or to be done elsewhere; for browsers."),
        "400": problem("It cannot be read."),
        "403": problem("Not from our own pages, or not for whoever asks."),
        "404": problem("There is no such page."),
        "405": problem("This installation has it switched off."),
        "406": problem("`format` asks for something other than JSON."),
        "413": problem("The body is too large."),
        "415": problem("The body is of a kind that is not read here."),
        "422": problem("What was sent cannot be; browsers get the form again."),
        "429": problem("Too often from there; `Retry-After` says when to come again."),
        "500": problem("Our fault; the log says why."),
            "503": problem("The database does not answer."),
    });
    if let (Some(all), Value::Object(own)) = (all.as_object_mut(), own) {
        all.extend(own);
    }
    all
}

fn message() -> Value {
    json!({"type": "object", "properties": {"message": {"type": "string"}}})
}

fn sign_up() -> Value {
    let mut it = operation("pages", "pages_sign_up", "Makes an account for the caller");
    it["description"] = json!(
        "Where `signup.enabled` is on and no directory has the people. The first account is the admin's, unless \
         `first_user_admin` is off. What only admins set is refused with 403."
    );
    it["requestBody"] = form(&[
        "user[username]",
        "user[email]",
        "user[password]",
        "user[password_confirmation]",
    ]);
    let signed_in = json!({"$ref": "#/components/schemas/SignedIn"});
    it["responses"] = answers(json!({
        "201": body("Signed up and in.", &json!({"allOf": [signed_in, message()]})),
    }));
    it
}

fn code() -> Value {
    let mut it = operation(
        "pages",
        "pages_sign_in_code",
        "Signs a person in by a code of their second factor",
    );
    it["description"] = json!(
        "For browsers that have shown the password, of which `ticket` speaks. Programs send `user[code]` with the password."
    );
    it["requestBody"] = form(&["ticket", "user[code]"]);
    it["responses"] = answers(json!({
        "201": body("Signed in.", &json!({"$ref": "#/components/schemas/SignedIn"})),
    }));
    it
}

fn forgotten() -> Value {
    let mut it = operation(
        "pages",
        "pages_forgotten_password",
        "Asks for a letter by which a forgotten password is set anew",
    );
    it["description"] = json!("The answer is the same whether the address is anybody's or not.");
    it["requestBody"] = form(&["user[email]"]);
    it["responses"] = answers(json!({
        "202": body("Whoever has this address gets a letter.", &message()),
    }));
    it
}

fn another() -> Value {
    let mut it = operation(
        "pages",
        "pages_another_password",
        "Sets a password anew by the secret of such a letter",
    );
    it["requestBody"] = form(&[
        "user[reset_password_token]",
        "user[password]",
        "user[password_confirmation]",
    ]);
    it["responses"] = answers(json!({
        "200": body("Changed; a session comes with it, unless the account asks for more.", &message()),
    }));
    it
}
