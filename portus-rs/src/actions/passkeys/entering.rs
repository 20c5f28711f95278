//! Signing in with a passkey: alone, or in the place of a code after something else.

use std::{net::IpAddr, sync::Arc};

use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _, sea_query::Expr,
};

use super::{
    COPIED, ELSEWHERE, Given, Question, UNKNOWN, WRONG, account_of,
    challenges::{self, Challenge, What},
    late, of, pace, party,
};
use crate::{
    actions::{
        change::Change,
        sessions::{self, Browser, First, Started},
    },
    activity::Activity,
    app::App,
    entities::{passkey, user},
    error::{Error, Result},
    identity::{
        actor::{Account, Actor},
        credentials,
        passkey::{Answer, Asked, Fault, Party},
        throttle,
    },
};

/// What failures are kept as that belong to nobody's name.
const NOBODY: &str = "a passkey of nobody";

/// Whether anybody may sign in with a passkey alone here.
pub fn is_open(app: &App) -> bool {
    Party::of(&app.config).is_ok() && (app.config.oauth.local_login || app.directory.is_some())
}

/// Asks a browser of whomever for a passkey.
pub async fn ask_to_enter(app: &App, address: IpAddr) -> Result<Question> {
    if !is_open(app) {
        return Err(closed());
    }
    ask(app, What::Enter, None, address).await
}

/// Asks for one of this account, which has shown its password.
pub async fn ask_to_prove(app: &App, account: &Account, address: IpAddr) -> Result<Question> {
    ask(app, What::Prove, Some(account.id), address).await
}

/// Asks for one of this account, which is signed in.
pub async fn ask_to_confirm(app: &App, account: &Account, address: IpAddr) -> Result<Question> {
    ask(app, What::Confirm, Some(account.id), address).await
}

async fn ask(app: &App, what: What, user: Option<i64>, address: IpAddr) -> Result<Question> {
    let party = party(app)?;
    pace(app, address).await?;
    let own = match user {
        Some(id) => of(app.database.reader(), id).await?,
        None => Vec::new(),
    };
    if user.is_some() && own.is_empty() {
        return Err(Error::Refused(UNKNOWN.to_owned()));
    }
    let own: Vec<String> = own.into_iter().map(|it| it.credential).collect();
    let Asked { options, state } = party.ask(&own)?;
    let challenge = Challenge { what, user, state };
    let secret = challenge.keep(app).await?;
    Ok(Question { options, secret })
}

/// Signs in whoever a passkey belongs to.
pub async fn sign_in(app: &App, given: Given<'_>, browser: &Browser<'_>) -> Result<Started> {
    if !is_open(app) {
        return Err(closed());
    }
    let account = account_of(&verify(app, given, &What::Enter, None).await?);
    if let Err(refused) = entitled(app, &account) {
        failed(app, Some(&account), given.address).await?;
        return Err(refused);
    }
    sessions::enter(app, account, given.address, browser, "passkey").await
}

/// Signs somebody in by a passkey who has shown something else already.
pub async fn sign_in_beside(
    app: &App,
    account: Arc<Account>,
    first: &First,
    given: Given<'_>,
    browser: &Browser<'_>,
) -> Result<Started> {
    credentials::usable(app, &account)?;
    verify(app, given, &What::Prove, Some(&account)).await?;
    let address = given.address;
    first.and("passkey", app, account, address, browser).await
}

/// What holds for passwords holds for what stands in for them.
fn entitled(app: &App, account: &Account) -> Result<()> {
    credentials::usable(app, account)?;
    if app.config.oauth.local_login || account.is_of_directory() {
        Ok(())
    } else {
        Err(closed())
    }
}

/// Whose passkey has answered what was asked, of this account if one was asked.
pub(super) async fn verify(
    app: &App,
    given: Given<'_>,
    what: &What,
    asked: Option<&Account>,
) -> Result<user::Model> {
    let party = party(app)?;
    let challenge = challenges::take(app, given.secret).await?;
    let challenge = challenge
        .filter(|it| it.what == *what && it.user == asked.map(|it| it.id))
        .ok_or_else(late)?;
    let source = throttle::source(given.address);
    let answer = Answer::read(given.answer);
    let Some((answer, (row, user))) = found(app, answer).await? else {
        let print = &given.answer.get(..200).unwrap_or_default();
        throttle::failed(app, &source, NOBODY, print, None).await?;
        missed(app, what, None, given.address).await?;
        return Err(Error::NotSignedIn(UNKNOWN.to_owned()));
    };
    let name = user.canonical_name.as_str();
    let failed_before = throttle::check(app, &source, name).await?;
    let owner = match answer.user_handle() {
        Some(handle) => handle == row.user_handle,
        // Old keys do not say whose they are, and need not where that was said before.
        None => asked.is_some(),
    };
    let checked = if owner && asked.is_none_or(|it| it.id == user.id) {
        party.check(&answer, &challenge.state, &row.credential)?
    } else {
        Err(Fault::Wrong("it is somebody else's".to_owned()))
    };
    let next = match checked {
        Ok(next) => next,
        Err(fault) => {
            throttle::failed(app, &source, name, &challenge.state, Some(user.id)).await?;
            return Err(refuse(app, what, &fault, (&row, &user), given.address).await?);
        }
    };
    if !advance(app, &row, next).await? {
        return Err(late());
    }
    if failed_before {
        throttle::succeeded(app, &source, name).await?;
    }
    Ok(user)
}

/// The passkey that an answer is of, with its owner.
async fn found(
    app: &App,
    answer: Option<Answer>,
) -> Result<Option<(Answer, (passkey::Model, user::Model))>> {
    let Some(answer) = answer else {
        return Ok(None);
    };
    let row = passkey::Entity::find()
        .filter(passkey::Column::CredentialSha256.eq(answer.credential_sha256()))
        .find_also_related(user::Entity)
        .one(app.database.reader())
        .await?;
    Ok(row.and_then(|(row, user)| Some((answer, (row, user?)))))
}

/// Keeps the passkey's counter. Of two answers that were given at once with the same one, one is late.
async fn advance(app: &App, row: &passkey::Model, next: String) -> Result<bool> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let used = passkey::Entity::update_many()
        .col_expr(passkey::Column::Credential, Expr::value(next))
        .col_expr(passkey::Column::LastUsedAt, Expr::value(change.now()))
        .filter(passkey::Column::Id.eq(row.id))
        .filter(passkey::Column::Credential.eq(row.credential.as_str()));
    let used = used.as_query().to_owned();
    let first = change
        .execute::<passkey::Entity, _, _>(&books, &used)
        .await?;
    change
        .commit_unrecorded("the sign-in is in the log")
        .await?;
    Ok(first > 0)
}

/// Writes down why an answer is not believed. Returns what to tell whoever sent it.
async fn refuse(
    app: &App,
    what: &What,
    fault: &Fault,
    (row, user): (&passkey::Model, &user::Model),
    address: IpAddr,
) -> Result<Error> {
    tracing::info!(
        user.name = user.username,
        client.address = %address,
        "a passkey was refused: {fault:?}"
    );
    let text = match fault {
        Fault::Copied => {
            let actor = Actor::Anonymous;
            let change = Change::begin_redoable(app, &actor).await?;
            let told = Activity::passkey_refused(user, &row.name, &address.to_string());
            change.commit([told]).await?;
            COPIED
        }
        Fault::Elsewhere => ELSEWHERE,
        Fault::Wrong(_) => WRONG,
    };
    missed(app, what, Some(user), address).await?;
    Ok(Error::NotSignedIn(text.to_owned()))
}

/// Who is signed in already has not failed to sign in.
async fn missed(app: &App, what: &What, user: Option<&user::Model>, address: IpAddr) -> Result<()> {
    match (what, user) {
        (What::Confirm, _) => Ok(()),
        (_, Some(user)) => failed(app, Some(&account_of(user)), address).await,
        (_, None) => failed(app, None, address).await,
    }
}

/// Keeps a failed attempt in the audit log.
async fn failed(app: &App, account: Option<&Account>, address: IpAddr) -> Result<()> {
    let actor = Actor::Anonymous;
    let change = Change::begin_redoable(app, &actor).await?;
    let who = account.map(|it| (it.id, it.username.as_str()));
    let told = Activity::session_failed_by(who, &address.to_string(), "passkey");
    change.commit([told]).await
}

fn closed() -> Error {
    Error::forbidden("Local login is disabled")
}
