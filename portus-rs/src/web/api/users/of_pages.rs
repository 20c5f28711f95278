//! Accounts as Portus' pages made and switched them.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::User;
use crate::{
    actions::users,
    queries::{self, presented, users::Users},
    web::{
        api::{
            operation::{Operation, post, put},
            presented::UserExtras,
            reply::{Done, Reply, Schemas, Shown},
            respond::ok,
        },
        error::ApiResult,
        extract::{
            caller::{Admin, Call},
            declare::params,
        },
    },
};

/// As Portus' pages asked.
pub fn twins() -> Vec<Operation> {
    vec![
        post(
            "/admin/users.json",
            "Makes an account, and a bot's first token",
            create_with_token,
        )
        .about("A name that the directory has is refused with its words under `ldap`."),
        put(
            "/admin/users/{id}/toggle_admin",
            "Makes an account an admin, or an ordinary one again",
            toggle_admin_quietly,
        )
        .may(&[403]),
        put(
            "/toggle_enabled/{id}",
            "Shuts an account out, or lets it in again",
            toggle_enabled_quietly,
        )
        .may(&[403]),
    ]
}

params! {
    /// An account to be made; what is not said is empty.
    struct NewUserOfPage in user {
        username: Option<String>,
        email: Option<String>,
        /// From 8 to 128 characters.
        password: Option<String>,
        /// The same again, where it is given.
        password_confirmation: Option<String>,
        display_name: Option<String>,
        /// Whether it is a program, which has no namespace of its own and cannot sign in.
        bot: bool,
    }
}

/// An account that has just been made.
#[derive(Serialize, ToSchema)]
struct MadeUser {
    user: UserInFull,
    /// A bot's only way in, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    plain_token: Option<String>,
}

async fn create_with_token(call: Admin, new: NewUserOfPage) -> ApiResult<Shown<MadeUser>> {
    let repeated = new.password_confirmation;
    let new = users::NewUser {
        username: new.username.unwrap_or_default(),
        email: new.email.unwrap_or_default(),
        password: new.password.unwrap_or_default(),
        display_name: new.display_name,
        bot: new.bot,
        admin: false,
    };
    let (app, actor) = (&call.app, &call.actor);
    let (made, issued) = users::create_with_token(app, actor, new, repeated.as_deref()).await?;
    let row = queries::users::with_home(app, made.user).await?;
    let viewer = call.viewer().await?;
    let (row, more) = presented::one::<Users>(app, Some(&viewer), row).await?;
    ok(MadeUser {
        user: UserInFull {
            user: row.into(),
            more: more.map(UserExtras::from),
        },
        plain_token: issued.map(|it| it.plain),
    })
}

/// An account with what pages show besides.
#[derive(Serialize, ToSchema)]
struct UserInFull {
    #[serde(flatten)]
    user: User,
    #[serde(flatten)]
    more: Option<UserExtras>,
}

/// The 200 of a switch, which sends whoever has shut themselves out to another page.
struct Switched {
    oneself: bool,
}

impl Reply for Switched {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        let mut response = HttpResponse::Ok();
        Ok(if self.oneself {
            response.json(json!({ "redirect": true }))
        } else {
            response.finish()
        })
    }

    fn describe(_: &mut Schemas) -> Vec<(u16, Value)> {
        // A body that may be missing cannot be described otherwise.
        let about = "Done, without a body; whoever has shut themselves out is told to go elsewhere, by the object \
                     `{\"redirect\": true}`.";
        vec![(200, json!({ "description": about }))]
    }
}

async fn toggle_admin_quietly(call: Admin) -> ApiResult<Done> {
    users::toggle_admin(&call.app, &call.actor, call.id("id")?).await?;
    Ok(Done)
}

async fn toggle_enabled_quietly(call: Call) -> ApiResult<Switched> {
    let row = users::toggle_enabled(&call.app, &call.actor, call.id("id")?).await?;
    Ok(Switched {
        oneself: !row.enabled && call.actor.user_id() == Some(row.id),
    })
}
