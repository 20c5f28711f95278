//! What the forms of several nouns share: which refusals are no matter of the form, forms that are out of date, names
//! that have to be repeated, and what a field is told while somebody types.

use actix_web::HttpResponse;
use chrono::NaiveDateTime;
use serde_json::json;

use super::{form::Form, view::Moment, visit::Visit};
use crate::error::{Error, Invalid, Result};

/// The hidden field that says in which state the form's subject was shown.
const SEEN: &str = "seen";
/// The field in which a name is repeated.
pub const CONFIRM: &str = "confirm";

/// What is said beside a form. Whoever may not do it at all gets a page that says so instead: no other entry would help.
pub fn refused(visit: &Visit, object: &'static str, error: Error) -> Result<Form> {
    match error {
        denied @ (Error::Forbidden(_) | Error::Limited(_)) => Err(denied),
        other => visit.refused(object, other),
    }
}

/// A form about something that was last changed then.
pub fn about(object: &'static str, changed: NaiveDateTime) -> Form {
    Form::new(object).with(SEEN, stamp(changed))
}

fn stamp(changed: NaiveDateTime) -> String {
    changed.and_utc().timestamp_micros().to_string()
}

/// The form again if its subject has changed since it was shown. Sent once more, it holds.
pub fn stale(visit: &Visit, object: &'static str, changed: NaiveDateTime) -> Option<Form> {
    let seen = visit.filled(&format!("{object}[{SEEN}]"))?;
    if seen == stamp(changed) {
        return None;
    }
    let mut form = visit.form(object).with(SEEN, stamp(changed));
    form.again = true;
    form.complaints.push(visit.say("form-stale"));
    Some(form)
}

/// A refused form that can be sent again.
pub fn up_to_date(form: Form, changed: NaiveDateTime) -> Form {
    form.with(SEEN, stamp(changed))
}

/// The form again if the name of what is to go was not repeated in it.
pub fn unconfirmed(visit: &Visit, object: &'static str, name: &str) -> Option<Form> {
    let typed = visit.text(&format!("{object}[{CONFIRM}]"));
    if typed.trim() == name {
        return None;
    }
    let mut form = visit.form(object);
    form.again = true;
    let text = visit.tell("removal-other-name", name);
    form.errors.insert(CONFIRM.to_owned(), vec![text]);
    Some(form)
}

/// Tells a field what is wrong with what has been typed so far.
pub fn complaints(visit: &Visit, invalid: Invalid) -> Result<HttpResponse> {
    let form = visit.refused("", Error::Invalid(invalid))?;
    let sentences: Vec<String> = form.sentences().collect();
    Ok(HttpResponse::Ok().json(sentences))
}

/// Offers names to a field.
pub fn offers(names: &[String]) -> HttpResponse {
    let names: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    HttpResponse::Ok().json(names)
}

/// When something happened, if it did.
pub fn moment(at: Option<NaiveDateTime>) -> Option<Moment> {
    at.map(Moment)
}
