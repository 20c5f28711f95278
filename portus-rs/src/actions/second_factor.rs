//! A second factor for the console: codes of an authenticator, and a few to fall back on. Set up in two steps, so that
//! nobody shuts themselves out with a key that they never read; from then on a password alone opens nothing, at the
//! registry neither.

use std::net::IpAddr;

use openssl::rand::rand_bytes;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait as _,
    sea_query::Expr,
};

use super::{application_tokens::unknown_like_foreign, change::Change, passkeys};
use crate::{
    activity::Activity,
    app::App,
    entities::{passkey, recovery_code, second_factor, session, user},
    error::{Error, Result},
    identity::{
        actor::{Account, Actor},
        secret, throttle, totp,
    },
    keys::vault::{Locked, Purpose},
    policy::{
        Rule,
        guard::Authority,
        users::{DropSecondFactor, EditProfile},
    },
    queries,
};

/// Codes of an account that may be tried within [`throttle::HELD`], from wherever: six digits are not many.
const TRIES: i64 = 10;
/// Recovery codes that one has.
pub const CODES: usize = 10;
/// Bytes of randomness in one.
const RANDOM: usize = 10;

const WRONG: &str = "The code is wrong or has been used already.";

/// A key that is not good yet: the next code of its authenticator makes it so.
pub struct SetUp {
    /// To be typed.
    pub key: String,
    /// To be read from a picture.
    pub address: String,
}

/// What proved the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Code,
    RecoveryCode,
}

impl Proof {
    /// For the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::RecoveryCode => "recovery code",
        }
    }
}

/// Makes a key. Nothing asks for its codes before [`confirm`]; until then it may be made anew. Its owner shows first that
/// it is them: it outlasts the session, and its codes open what else does.
pub async fn begin(app: &App, actor: &Actor, session: Option<i64>) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change
        .permit::<EditProfile>(actor.user_id().ok_or_else(no_account)?)
        .await?;
    let owner = permit.on().clone();
    let had = stored(change.reader(), owner.id).await?;
    if had.is_some_and(|row| row.confirmed_at.is_some()) {
        return Err(Error::Refused(
            "There is a second factor already: remove it first.".to_owned(),
        ));
    }
    passkeys::require_confirmed(app, &owner, session).await?;
    let sealed = app
        .vault
        .seal(Purpose::SecondFactor, &totp::new_key()?)
        .map_err(|error| Error::Internal(error.into()))?;
    change
        .delete_where::<second_factor::Entity, _>(
            &permit,
            second_factor::Column::UserId.eq(owner.id),
        )
        .await?;
    let row = second_factor::ActiveModel {
        id: NotSet,
        user_id: Set(owner.id),
        key_sealed: Set(sealed),
        confirmed_at: Set(None),
        last_step: Set(0),
        created_at: Set(change.now()),
    };
    change.insert(&permit, row).await?;
    change
        .commit_unrecorded("it asks nobody for anything yet")
        .await
}

/// The key that somebody is setting up. Whoever may not [`begin`] does not see it either.
pub async fn being_set_up(
    app: &App,
    account: &Account,
    session: Option<i64>,
) -> Result<Option<SetUp>> {
    let owner = queries::users::by_id(app, account.id).await?;
    if !passkeys::is_confirmed(app, &owner, session).await? {
        return Ok(None);
    }
    let Some(row) = stored(app.database.reader(), account.id).await? else {
        return Ok(None);
    };
    if row.confirmed_at.is_some() {
        return Ok(None);
    }
    let key = open(app, &row)?;
    let issuer = format!("Portus {}", app.config.machine_fqdn.value);
    Ok(Some(SetUp {
        address: totp::address(&issuer, &account.username, &key),
        key,
    }))
}

/// Makes the key good, by a code of it. Returns the recovery codes, which are never shown again. The account's sessions
/// but `kept` end: they were opened by the password alone.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    code: &str,
    kept: Option<i64>,
) -> Result<Vec<String>> {
    let account = actor.account().ok_or_else(no_account)?;
    pace(app, account.id).await?;
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let permit = change.permit::<EditProfile>(account.id).await?;
    let row = stored(change.reader(), account.id).await?;
    let Some(row) = row.filter(|row| row.confirmed_at.is_none()) else {
        return Err(Error::Refused(
            "There is nothing to confirm: begin again.".to_owned(),
        ));
    };
    passkeys::require_confirmed(app, permit.on(), kept).await?;
    let key = open(app, &row)?;
    let Some(step) = totp::step_of(&key, code, change.now(), row.last_step)? else {
        return Err(wrong());
    };
    let confirmed = second_factor::ActiveModel {
        id: Set(row.id),
        confirmed_at: Set(Some(change.now())),
        last_step: Set(step),
        ..Default::default()
    };
    change.update(&permit, confirmed).await?;
    let codes = switch_on(&mut change, &permit, account.id, kept).await?;
    change
        .commit([Activity::second_factor_added(permit.on())])
        .await?;
    Ok(codes)
}

/// From now on the account asks for more than its password. Returns its recovery codes, which are never shown again;
/// sessions but `kept` end.
pub(super) async fn switch_on<P: Authority>(
    change: &mut Change<'_>,
    permit: &P,
    user_id: i64,
    kept: Option<i64>,
) -> Result<Vec<String>> {
    let codes = renew(change, permit, user_id).await?;
    mark(change, permit, user_id, true).await?;
    let mut others = sea_orm::Condition::all().add(session::Column::UserId.eq(user_id));
    if let Some(kept) = kept {
        others = others.add(session::Column::Id.ne(kept));
    }
    change
        .delete_where::<session::Entity, _>(permit, others)
        .await?;
    Ok(codes)
}

/// The account asks for no more than its password once there is nothing more.
pub(super) async fn settle<P: Authority>(
    change: &mut Change<'_>,
    permit: &P,
    user_id: i64,
) -> Result<()> {
    let codes = stored(change.reader(), user_id).await?;
    let codes = codes.is_some_and(|row| row.confirmed_at.is_some());
    if codes || passkeys::count(change.reader(), user_id).await? > 0 {
        return Ok(());
    }
    change
        .delete_where::<recovery_code::Entity, _>(permit, recovery_code::Column::UserId.eq(user_id))
        .await?;
    mark(change, permit, user_id, false).await
}

/// Makes new recovery codes; the old ones are good no more.
pub async fn renew_codes(app: &App, actor: &Actor, code: &str) -> Result<Vec<String>> {
    let account = actor.account().ok_or_else(no_account)?;
    prove(app, account, code).await?;
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<EditProfile>(account.id).await?;
    let codes = renew(&mut change, &permit, account.id).await?;
    change
        .commit([Activity::recovery_codes_renewed(permit.on())])
        .await?;
    Ok(codes)
}

/// Takes the second factor off an account. Whoever does it to themselves shows a code once more, and keeps their
/// passkeys; an admin does it for somebody who has lost everything, and takes those too.
pub async fn remove(app: &App, actor: &Actor, user_id: i64, code: Option<&str>) -> Result<()> {
    let oneself = actor.account().filter(|it| it.id == user_id);
    if let Some(account) = oneself {
        prove(app, account, code.unwrap_or_default()).await?;
    }
    let mut change = Change::begin(app, actor).await?;
    change.take_turns().await?;
    let permit = change.permit::<DropSecondFactor>(user_id).await;
    let permit = permit.map_err(|error| unknown_like_foreign(actor, error))?;
    let owner = permit.on().clone();
    change
        .delete_where::<second_factor::Entity, _>(
            &permit,
            second_factor::Column::UserId.eq(user_id),
        )
        .await?;
    if oneself.is_none() {
        change
            .delete_where::<passkey::Entity, _>(&permit, passkey::Column::UserId.eq(user_id))
            .await?;
    }
    if !owner.second_factor {
        return change
            .commit_unrecorded("it was being set up and asked nobody for anything")
            .await;
    }
    settle(&mut change, &permit, user_id).await?;
    change
        .commit([Activity::second_factor_removed(&owner)])
        .await
}

/// Checks a code of somebody who has shown their password already. It is used up by that.
pub async fn prove(app: &App, account: &Account, code: &str) -> Result<Proof> {
    pace(app, account.id).await?;
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let used = recovery_code::Column::CodeSha256.eq(secret::fingerprint(&normal(code)));
    let used = sea_orm::Condition::all()
        .add(recovery_code::Column::UserId.eq(account.id))
        .add(used);
    let gone = change
        .purge::<recovery_code::Entity, _>(&books, used)
        .await?;
    if gone > 0 {
        change
            .commit([Activity::recovery_code_used(account.id, &account.username)])
            .await?;
        return Ok(Proof::RecoveryCode);
    }
    let row = stored(change.reader(), account.id).await?;
    let Some(row) = row.filter(|row| row.confirmed_at.is_some()) else {
        return Err(wrong());
    };
    let key = open(app, &row)?;
    let Some(step) = totp::step_of(&key, code, change.now(), row.last_step)? else {
        return Err(wrong());
    };
    // Of two who come with the same code at once, one is late.
    let used = second_factor::Entity::update_many()
        .col_expr(second_factor::Column::LastStep, Expr::value(step))
        .filter(second_factor::Column::Id.eq(row.id))
        .filter(second_factor::Column::LastStep.lt(step));
    let used = used.as_query().to_owned();
    let first = change
        .execute::<second_factor::Entity, _, _>(&books, &used)
        .await?;
    if first == 0 {
        return Err(wrong());
    }
    change
        .commit_unrecorded("the sign-in is in the log")
        .await?;
    Ok(Proof::Code)
}

/// Keeps a wrong code in the audit log.
pub async fn failed(app: &App, account: &Account, address: IpAddr) -> Result<()> {
    let actor = Actor::Anonymous;
    let change = Change::begin_redoable(app, &actor).await?;
    let who = Some((account.id, account.username.as_str()));
    let told = Activity::session_failed_by(who, &address.to_string(), "code");
    change.commit([told]).await
}

async fn pace(app: &App, user_id: i64) -> Result<()> {
    throttle::pace(app, "second factor", &user_id.to_string(), TRIES).await
}

async fn stored(
    connection: &impl sea_orm::ConnectionTrait,
    user_id: i64,
) -> Result<Option<second_factor::Model>> {
    Ok(second_factor::Entity::find()
        .filter(second_factor::Column::UserId.eq(user_id))
        .one(connection)
        .await?)
}

fn open(app: &App, row: &second_factor::Model) -> Result<String> {
    match app.vault.open(Purpose::SecondFactor, &row.key_sealed) {
        Ok(key) => Ok(key.expose().to_owned()),
        Err(locked) => {
            tracing::error!(
                "the second factor of the user {} cannot be checked: {locked}",
                row.user_id
            );
            Err(Error::NotSignedIn(match locked {
                Locked::OtherKeyBase | Locked::Damaged => {
                    "Codes cannot be checked at the moment: use a recovery code, or ask an administrator.".to_owned()
                }
            }))
        }
    }
}

/// Makes the recovery codes of an account anew.
pub(super) async fn renew<P: Authority>(
    change: &mut Change<'_>,
    permit: &P,
    user_id: i64,
) -> Result<Vec<String>> {
    change
        .delete_where::<recovery_code::Entity, _>(permit, recovery_code::Column::UserId.eq(user_id))
        .await?;
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let code = new_code()?;
        let row = recovery_code::ActiveModel {
            id: NotSet,
            user_id: Set(user_id),
            code_sha256: Set(secret::fingerprint(&normal(&code))),
        };
        change.insert(permit, row).await?;
        codes.push(code);
    }
    Ok(codes)
}

/// Five groups of four, of letters and digits that are not mistaken for each other.
fn new_code() -> Result<String> {
    let mut bytes = [0; RANDOM * 2];
    rand_bytes(&mut bytes).map_err(|error| Error::Internal(error.into()))?;
    let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
    let text: Vec<String> = bytes
        .chunks(4)
        .map(|group| {
            let letter = |byte: &u8| char::from(letters[usize::from(*byte) % letters.len()]);
            group.iter().map(letter).collect()
        })
        .collect();
    Ok(text.join("-"))
}

/// However somebody types it.
fn normal(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|it| it.to_ascii_lowercase())
        .collect()
}

async fn mark<P: Authority>(
    change: &mut Change<'_>,
    permit: &P,
    user_id: i64,
    second_factor: bool,
) -> Result<()> {
    let row = user::ActiveModel {
        id: Set(user_id),
        second_factor: Set(second_factor),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    change.update(permit, row).await?;
    Ok(())
}

fn wrong() -> Error {
    Error::NotSignedIn(WRONG.to_owned())
}

fn no_account() -> Error {
    Error::forbidden(Rule::LogIn)
}
