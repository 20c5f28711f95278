//! What the forms of several nouns share: which refusals are no matter of the form, forms that are out of date, names
//! that have to be repeated, and what a field is told while somebody types.

use actix_web::HttpResponse;
use chrono::NaiveDateTime;
use serde_json::json;

use super::{form::Form, view::Moment, visit::Visit};
use crate::{
    entities::user,
    error::{Error, Invalid, Result},
    keys::files::hex,
};

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

/// The state that something is in, as a form remembers it.
pub trait State {
    fn stamp(&self) -> String;
}

/// When it was last changed.
impl State for NaiveDateTime {
    fn stamp(&self) -> String {
        self.and_utc().timestamp_micros().to_string()
    }
}

/// What a form may change, where the row changes for other reasons too.
pub struct Values<const N: usize>(pub [Option<String>; N]);

impl<const N: usize> State for Values<N> {
    fn stamp(&self) -> String {
        let text = json!(&self.0[..]).to_string();
        hex(&openssl::sha::sha256(text.as_bytes()))
    }
}

/// What forms about an account change of it.
pub fn account(row: &user::Model) -> Values<2> {
    Values([row.email.clone(), row.display_name.clone()])
}

/// A form about something in this state.
pub fn about(object: &'static str, state: &impl State) -> Form {
    Form::new(object).with(SEEN, state.stamp())
}

/// The form again if its subject has changed since it was shown. Sent once more, it holds.
pub fn stale(visit: &Visit, object: &'static str, state: &impl State) -> Option<Form> {
    let seen = visit.filled(&format!("{object}[{SEEN}]"))?;
    let stamp = state.stamp();
    if seen == stamp {
        return None;
    }
    let mut form = visit.form(object).with(SEEN, stamp);
    form.again = true;
    form.complaints.push(visit.say("form-stale"));
    Some(form)
}

/// A refused form that can be sent again.
pub fn up_to_date(form: Form, state: &impl State) -> Form {
    form.with(SEEN, state.stamp())
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
