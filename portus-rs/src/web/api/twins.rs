//! What Portus' pages asked for beside the API: the same operations, answered as those pages know it.

use actix_web::{
    HttpResponse, ResponseError as _,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

use super::{
    operation::{Gate, Operation},
    reply::json_body,
};
use crate::{
    error::{Error, Invalid},
    policy::Rule,
    web::error::{ApiError, ApiResult},
};

/// What the document says of them all.
pub const ABOUT: &str = "What Portus' pages asked, under its addresses, and answered as Portus did, so not as the API \
    answers: what is made comes with 200; who may not do it gets 401 without a body; a session without its token gets \
    422; 422 else carries a list of sentences. Any other refusal is an object with the text `error`.\n\n\
    Four things differ from Portus. What one may not see is missing (404), and does not tell by 401 that it exists. \
    `Portus-Auth` is heard for writes too, which need no token of a session then. A token that is good for less than \
    its account gets 403 with the reason. An admin is not sent to make a registry first.";

/// What one is told who is not signed in.
const SIGN_IN_FIRST: &str = "You need to sign in or sign up before continuing.";

/// The operation as Portus' pages ask it.
pub fn twin(mut it: Operation) -> Operation {
    it.id.push_str("_of_pages");
    it.twin = true;
    let (run, may_not) = (it.run.clone(), denied(&it));
    it.run = std::rc::Rc::new(move |request, payload| {
        let answer = run(request, payload);
        Box::pin(async move { Ok(answered(answer.await, may_not)) })
    });
    it
}

/// How it says that somebody may not: in the area of admins 401 comes first, and 403 where Portus has it.
#[derive(Clone, Copy)]
struct Denied {
    by_the_way: StatusCode,
    at_the_gate: StatusCode,
}

fn denied(it: &Operation) -> Denied {
    let by_the_way = if it.may_be(403) {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::UNAUTHORIZED
    };
    Denied {
        by_the_way,
        at_the_gate: match it.gate {
            Gate::Admin => StatusCode::UNAUTHORIZED,
            _ => by_the_way,
        },
    }
}

fn answered(answer: ApiResult<HttpResponse>, denied: Denied) -> HttpResponse {
    match answer {
        Ok(mut response) => {
            *response.status_mut() = plain(response.status());
            response
        }
        Err(error) => refusal(&error, denied),
    }
}

/// There is nothing but 200 for what was done.
pub fn plain(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::CREATED => StatusCode::OK,
        other => other,
    }
}

fn refusal(error: &ApiError, denied: Denied) -> HttpResponse {
    let bare = |status| HttpResponse::build(status).finish();
    let told = |text: &str| HttpResponse::build(error.status_code()).json(json!({ "error": text }));
    match error {
        ApiError::Failed(Error::NotSignedIn(_) | Error::Unproved(_)) => told(SIGN_IN_FIRST),
        ApiError::Failed(Error::Forbidden(rule)) => {
            tracing::info!(rule, "refused a request of a page: {rule}");
            if rule == Rule::ForgedRequest.text() {
                HttpResponse::UnprocessableEntity().json(json!({ "error": rule }))
            } else if rule == Rule::OnlyAdmins.text() {
                bare(denied.at_the_gate)
            } else {
                bare(denied.by_the_way)
            }
        }
        ApiError::Failed(Error::Invalid(invalid)) => {
            HttpResponse::UnprocessableEntity().json(complaints(invalid))
        }
        ApiError::Failed(Error::Refused(text)) => HttpResponse::UnprocessableEntity().json([text]),
        ApiError::Failed(Error::Kept(reason)) => {
            HttpResponse::UnprocessableEntity().json([reason.to_string()])
        }
        ApiError::Failed(
            Error::NotFound
            | Error::Unknown(_)
            | Error::Limited(_)
            | Error::Disabled
            | Error::Remote(_),
        )
        | ApiError::BadRequest(_)
        | ApiError::Format(_)
        | ApiError::ContentType(_)
        | ApiError::TooLarge(_) => told(&error.to_string()),
        ApiError::Parameters(problems) => told(&problems.to_string()),
        // The API's own answer logs what is ours to mend, and says when to come again.
        ApiError::Failed(Error::TooMany(_) | Error::Away(_) | Error::Internal(_)) => {
            let logged = error.error_response();
            let mut response = told(match error {
                ApiError::Failed(Error::Internal(_)) => "Internal server error",
                ApiError::Failed(Error::Away(_)) => "The database does not answer",
                _ => "Too many requests",
            });
            if let Some(when) = logged.headers().get(header::RETRY_AFTER) {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, when.clone());
            }
            response
        }
    }
}

/// `["Url can't be blank"]`; the directory's word on a name stands under its own.
fn complaints(invalid: &Invalid) -> Value {
    if let Some((_, said)) = invalid.fields().find(|(field, _)| *field == "ldap") {
        return json!({ "ldap": said });
    }
    let sentence = |field: &str, message: &String| {
        if field == "base" {
            return message.clone();
        }
        let words = field.replace('_', " ");
        let mut letters = words.chars();
        let head = letters.next().map(|it| it.to_ascii_uppercase());
        let label: String = head.into_iter().chain(letters).collect();
        format!("{label} {message}")
    };
    invalid
        .fields()
        .flat_map(|(field, messages)| messages.iter().map(move |it| sentence(field, it)))
        .collect()
}

/// How the document describes a refusal of one of them.
pub fn described(status: u16, about: &str) -> Value {
    let error = json!({
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}},
    });
    match status {
        401 => json!({
            "description": "Credentials are missing or wrong, said in `error` of an object; or, without a body, the \
                            caller may see it, but not do this."
        }),
        403 => json!({
            "description": "The caller may not do this to it, without a body; or a token is good for less than its \
                            account, said in `error` of an object."
        }),
        422 => {
            let sentences = json!({"type": "array", "items": {"type": "string"}});
            let directory = json!({
                "type": "object",
                "required": ["ldap"],
                "properties": {"ldap": sentences},
            });
            json_body(
                "What is wrong, in sentences; or what the directory has against a name; or a session without its token.",
                &json!({"anyOf": [sentences, directory, error]}),
            )
        }
        _ => json_body(about, &error),
    }
}
