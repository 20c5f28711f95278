//! Setting up a second factor, getting new recovery codes, and taking it off again.

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;

use super::{
    form::Form,
    route::{Route, delete, get, post, put},
    view::Page,
    visit::{Admin, Member},
};
use crate::{
    actions::{
        passkeys,
        second_factor::{self, SetUp},
    },
    error::{Error, Result},
    queries,
    web::error::PageResult,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/users/second_factor", show),
        post("/users/second_factor", begin),
        put("/users/second_factor", confirm),
        delete("/users/second_factor", remove),
        post("/users/second_factor/codes", renew),
        delete("/admin/users/{id}/second_factor", remove_from),
    ]
}

const PROFILE: &str = "/users/edit";
const HERE: &str = "/users/second_factor";
const OBJECT: &str = "second_factor";
/// Where one shows who one is, and goes on from there.
const GATE: &str = "/users/passkeys?then=factor";

/// What `profile/second_factor.html` shows: the key, and a field for its first code.
#[derive(Serialize)]
pub struct Setting {
    form: Form,
    key: String,
    /// The key in groups of four, for whoever types it.
    typed: String,
    picture: Picture,
}

/// A square of dark and light cells as the path of an SVG.
#[derive(Serialize)]
struct Picture {
    /// Cells on a side, with the quiet zone around it.
    side: usize,
    path: String,
}

/// What `profile/codes.html` shows, once.
#[derive(Serialize)]
pub struct Codes {
    codes: Vec<String>,
    /// For copying all of them.
    together: String,
    /// Whether they come with a new second factor.
    fresh: bool,
}

impl Page for Setting {
    const VIEW: &'static str = "profile/second_factor.html";

    fn samples() -> Vec<Self> {
        let mut refused = Form::new(OBJECT);
        refused.complaints.push("Wrong <canary>".to_owned());
        [Form::new(OBJECT), refused]
            .map(|form| Self {
                form,
                key: "ABCD<canary>".to_owned(),
                typed: "ABCD <canary>".to_owned(),
                picture: Picture {
                    side: 21,
                    path: "M0 0h1v1h-1z".to_owned(),
                },
            })
            .into()
    }
}

impl Page for Codes {
    const VIEW: &'static str = "profile/codes.html";

    fn samples() -> Vec<Self> {
        [true, false]
            .map(|fresh| Self::new(vec!["abcd<canary>".to_owned(); 10], fresh))
            .into()
    }
}

impl Codes {
    pub(super) fn new(codes: Vec<String>, fresh: bool) -> Self {
        Self {
            together: codes.join("\n"),
            codes,
            fresh,
        }
    }
}

impl Setting {
    fn new(form: Form, set_up: &SetUp) -> Result<Self> {
        let groups: Vec<&str> = set_up
            .key
            .as_bytes()
            .chunks(4)
            .filter_map(|it| std::str::from_utf8(it).ok())
            .collect();
        Ok(Self {
            form,
            typed: groups.join(" "),
            key: set_up.key.clone(),
            picture: Picture::of(&set_up.address)?,
        })
    }
}

impl Picture {
    fn of(text: &str) -> Result<Self> {
        /// Light cells that readers want on each side.
        const QUIET: usize = 4;
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|error| Error::Internal(error.into()))?;
        let width = code.width();
        let cells = code.into_colors();
        let mut path = String::new();
        for (index, _) in cells
            .iter()
            .enumerate()
            .filter(|(_, it)| **it == Color::Dark)
        {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            path.push_str(&["M", &x.to_string(), " ", &y.to_string(), "h1v1h-1z"].concat());
        }
        Ok(Self {
            side: width + 2 * QUIET,
            path,
        })
    }
}

fn session(visit: &Member) -> Option<i64> {
    visit.session.as_ref().map(|it| it.id)
}

/// Whether the owner has yet to show that it is them.
async fn is_gated(visit: &Member) -> Result<bool> {
    let id = visit.actor.user_id().ok_or(Error::NotFound)?;
    let owner = queries::users::by_id(&visit.app, id).await?;
    Ok(!passkeys::is_confirmed(&visit.app, &owner, session(visit)).await?)
}

async fn show(visit: Member) -> PageResult {
    let form = Form::new(OBJECT);
    match setting(&visit, form).await? {
        Some(page) => visit.show("profile", &page).await,
        None => Ok(visit.go(PROFILE)),
    }
}

/// Nothing, if nothing is being set up.
async fn setting(visit: &Member, form: Form) -> Result<Option<Setting>> {
    let Some(account) = visit.actor.account() else {
        return Ok(None);
    };
    let set_up = second_factor::being_set_up(&visit.app, account, session(visit)).await?;
    set_up.map(|it| Setting::new(form, &it)).transpose()
}

async fn begin(visit: Member) -> PageResult {
    if is_gated(&visit).await? {
        return Ok(visit.go(GATE));
    }
    begin_shown(&visit).await
}

/// Goes on with the set-up of somebody who has shown that it is them.
pub(super) async fn begin_shown(visit: &Member) -> PageResult {
    match second_factor::begin(&visit.app, &visit.actor, session(visit)).await {
        Ok(()) => Ok(visit.go(HERE)),
        Err(error) => visit.go_refused(PROFILE, error),
    }
}

async fn confirm(visit: Member) -> PageResult {
    if is_gated(&visit).await? {
        return Ok(visit.go(GATE));
    }
    let code = visit.text("second_factor[code]");
    match second_factor::confirm(&visit.app, &visit.actor, &code, session(&visit)).await {
        Ok(codes) => visit.show("profile", &Codes::new(codes, true)).await,
        Err(error @ Error::Refused(_)) => visit.go_refused(PROFILE, error),
        Err(error) => {
            let mut form = visit.refused(OBJECT, error)?;
            form.values.clear();
            match setting(&visit, form).await? {
                Some(page) => visit.show_again("profile", &page).await,
                None => Ok(visit.go(PROFILE)),
            }
        }
    }
}

async fn renew(visit: Member) -> PageResult {
    let code = visit.text("second_factor[code]");
    match second_factor::renew_codes(&visit.app, &visit.actor, &code).await {
        Ok(codes) => visit.show("profile", &Codes::new(codes, false)).await,
        Err(error) => visit.go_refused(PROFILE, error),
    }
}

async fn remove(visit: Member) -> PageResult {
    let id = visit.actor.user_id().ok_or(Error::NotFound)?;
    let code = visit.text("second_factor[code]");
    match second_factor::remove(&visit.app, &visit.actor, id, Some(&code)).await {
        Ok(()) => Ok(visit.go_telling(PROFILE, visit.say("factor-removed"))),
        Err(error) => visit.go_refused(PROFILE, error),
    }
}

/// An admin helps somebody who has lost theirs.
async fn remove_from(visit: Admin) -> PageResult {
    let id = visit.id("id")?;
    let code = visit.filled("second_factor[code]");
    let owner = queries::users::by_id(&visit.app, id).await?;
    let back = visit.back_to(&format!("/admin/users/{id}/edit"));
    match second_factor::remove(&visit.app, &visit.actor, id, code.as_deref()).await {
        Ok(()) => {
            let text = visit.tell("factor-removed-from", &owner.username);
            Ok(visit.go_telling(&back, text))
        }
        Err(error) => visit.go_refused(&back, error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Codes, Picture, Setting};

    crate::web::pages::view::renders!(Setting, Codes);

    #[test]
    fn a_picture_has_its_three_eyes_and_room_around_it() {
        let picture = Picture::of("otpauth://totp/Portus:ann?secret=ABC&issuer=Portus").unwrap();
        let last = picture.side - 5;
        for corner in [
            "M4 4h".to_owned(),
            format!("M{last} 4h"),
            format!("M4 {last}h"),
        ] {
            assert!(picture.path.contains(&corner), "{corner}");
        }
        assert!(!picture.path.contains("M3 ") && !picture.path.contains("M0 "));
    }
}
