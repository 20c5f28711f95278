//! Entering through an identity provider: linking, registering, and the session that follows. Nobody is let in who is
//! shut out here, and no address alone opens an account.

mod claim;
mod grants;
mod groups;
pub mod lapse;
mod pending;
pub mod upkeep;

use std::{net::IpAddr, sync::Arc};

use chrono::NaiveDateTime;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _,
};

use super::{
    change::Change,
    sessions::{Browser, First, Origin, Started, Way},
    users,
};
use crate::{
    activity::Activity,
    app::App,
    entities::{identity, user},
    error::{Error, Result, is_taken, wordings},
    identity::{
        actor::{Account, Actor},
        credentials,
        oauth::{Recognised, ended_well, recognise},
    },
    policy::{Permit, guard::KeepBooks, sessions::EndSessions},
    queries::identities::is_owner,
    remote::oauth::{Grant, Known, Profile, Provider},
};

pub use claim::claim;
pub(super) use claim::link_claimed;
pub use pending::{Pending, expire, find};

const TRY_AGAIN: &str = "This login was finished elsewhere in the meantime. Please begin again.";
const NO_ADDRESS: &str = "the provider gave no e-mail address";
const KEPT: &str =
    "This account came from there, so only an administrator can take this link back.";
const NO_ACCOUNT: &str = "there is no account for it here, and none is made";

/// The browser somebody came back with.
pub struct Guest<'a> {
    pub address: IpAddr,
    pub browser: Browser<'a>,
}

/// How far somebody has come whom a provider knows.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is moved once"
)]
pub enum Step {
    In(Started),
    /// The account asks for more than that a provider vouches for somebody.
    Half(Arc<Account>, First),
    /// A name is to be chosen, or an account's password shown. The secret is for the cookie.
    Pending(String),
    /// Not any further; the text says why.
    Out(String),
}

/// Lets somebody in whom a provider knows, or finds out what is missing.
pub async fn enter(
    app: &App,
    provider: Provider<'_>,
    known: &Known,
    return_to: Option<String>,
    guest: &Guest<'_>,
) -> Result<Step> {
    let (profile, grant) = (&known.profile, known.grant.as_ref());
    let entering = match recognise(app.database.reader(), profile).await? {
        Recognised::Linked(user, identity) => {
            refresh(app, provider, user, &identity, profile, grant).await?
        }
        Recognised::Imported(user) if user.enabled => {
            link(app, provider, user, profile, grant, "import").await?
        }
        Recognised::Imported(user) => Entering {
            user,
            identity_id: None,
            asked: false,
        },
        Recognised::Claimable(user) => {
            let pending = Pending::claiming(known, &user, return_to);
            return pending.keep(app).await.map(Step::Pending);
        }
        Recognised::Taken => {
            let text = "Email has already been taken";
            return out(app, provider, guest, None, text.to_owned(), text).await;
        }
        Recognised::Stranger => {
            let reason = match &profile.email {
                None => NO_ADDRESS,
                Some(_) if !provider.creates_users() => NO_ACCOUNT,
                Some(_) => {
                    let pending = Pending::new(known, return_to);
                    return pending.keep(app).await.map(Step::Pending);
                }
            };
            let text = wordings::NOT_AUTHENTICATED.with(&[&provider.kind(), &reason]);
            return out(app, provider, guest, None, text, reason).await;
        }
    };
    admit(app, provider, &entering, guest).await
}

/// Somebody whose account has been found.
struct Entering {
    user: user::Model,
    /// `None`: it is not linked, since it is shut out.
    identity_id: Option<i64>,
    /// Whether the provider can be asked about them again.
    asked: bool,
}

impl Entering {
    /// What the session is to know of where it began.
    fn origin(&self, app: &App) -> Option<Origin> {
        self.identity_id.map(|identity_id| Origin {
            identity_id,
            most: upkeep::unasked(app).filter(|_| !self.asked),
        })
    }
}

/// Begins the session of somebody whose account has been found, if the account may be used.
async fn admit(
    app: &App,
    provider: Provider<'_>,
    entering: &Entering,
    guest: &Guest<'_>,
) -> Result<Step> {
    let user = &entering.user;
    let account = Arc::new(Account::from(user));
    if let Err(refused) = credentials::usable(app, &account) {
        let text = refused.to_string();
        return out(app, provider, guest, Some(user), text.clone(), &text).await;
    }
    let (address, browser) = (guest.address, &guest.browser);
    let first = First {
        method: provider.key().to_owned(),
        way: entering.origin(app).map_or(Way::Here, Way::Linked),
    };
    ended_well(app, address).await;
    if account.second_factor {
        return Ok(Step::Half(account, first));
    }
    let started = first.alone(app, account, address, browser).await?;
    Ok(Step::In(started))
}

/// Keeps in the audit log that somebody was not let in.
pub async fn fail(
    app: &App,
    provider: Provider<'_>,
    address: IpAddr,
    user: Option<&user::Model>,
    reason: &str,
) -> Result<()> {
    let actor = Actor::Anonymous;
    let change = Change::begin_redoable(app, &actor).await?;
    let account = user.map(|it| (it.id, it.username.as_str()));
    let told = Activity::provider_failed(account, provider.key(), reason, &address.to_string());
    change.commit([told]).await
}

async fn out(
    app: &App,
    provider: Provider<'_>,
    guest: &Guest<'_>,
    user: Option<&user::Model>,
    text: String,
    reason: &str,
) -> Result<Step> {
    fail(app, provider, guest.address, user, reason).await?;
    Ok(Step::Out(text))
}

/// Brings what is known of a linked account up to date.
async fn refresh(
    app: &App,
    provider: Provider<'_>,
    user: user::Model,
    known: &identity::Model,
    profile: &Profile,
    grant: Option<&Grant>,
) -> Result<Entering> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let row = identity::ActiveModel {
        id: Set(known.id),
        provider: Set(profile.provider.clone()),
        email: Set(profile.email.clone()),
        last_used_at: Set(change.now()),
        ..Default::default()
    };
    change.update(&books, row).await?;
    let asked = change.keep_grant(&books, app, known.id, grant).await?;
    let mut told = Vec::new();
    // What was said of it until the grant was renewed counts no more, what has been said before does.
    let found = user::Entity::find_by_id(user.id).one(change.reader());
    let mut user = found.await?.unwrap_or(user);
    if let Some(back) = change.vouched_for(&books, &user, known).await? {
        told.push(Activity::provider_returned(&back, &profile.provider));
        user = back;
    }
    let groups = change
        .settle_groups(&books, provider, &user, profile)
        .await?;
    told.extend(groups);
    change.commit(told).await?;
    Ok(Entering {
        user,
        identity_id: Some(known.id),
        asked,
    })
}

/// Links an account with one at a provider.
async fn link(
    app: &App,
    provider: Provider<'_>,
    user: user::Model,
    profile: &Profile,
    grant: Option<&Grant>,
    proof: &'static str,
) -> Result<Entering> {
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    let identity_id = change.add_identity(&books, &user, profile).await?;
    let asked = change.keep_grant(&books, app, identity_id, grant).await?;
    let linked = Activity::user_linked(&user, &profile.provider, &profile.issuer, proof)
        .by(Some(user.id), user.username.as_str());
    let mut told = vec![linked];
    told.extend(
        change
            .settle_groups(&books, provider, &user, profile)
            .await?,
    );
    change.commit(told).await?;
    Ok(Entering {
        user,
        identity_id: Some(identity_id),
        asked,
    })
}

/// What somebody chose for themselves.
pub struct Choice {
    pub username: String,
    pub display_name: String,
}

/// Makes an account for somebody whom a provider knows, and lets them in.
pub async fn register(
    app: &App,
    provider: Provider<'_>,
    pending: &Pending,
    choice: Choice,
    guest: &Guest<'_>,
) -> Result<Step> {
    let profile = &pending.profile;
    let stale = || Error::Refused(TRY_AGAIN.to_owned());
    if pending.claims.is_some() || !provider.creates_users() {
        return Err(stale());
    }
    let new = users::Registration {
        username: choice.username,
        display_name: Some(choice.display_name),
        email: profile.email.clone().ok_or_else(stale)?,
        // As with sign-up, but only where not just anybody could have come this way.
        may_be_first_admin: provider.is_restricted(),
    };
    let made = users::prepare_registration(app, new).await?;
    let actor = Actor::Portus;
    let mut change = Change::begin(app, &actor).await?;
    let books = change.books()?;
    change.take_turns().await?;
    if !pending.take(&mut change, &books).await? {
        return Err(stale());
    }
    let created = made.insert(app, &mut change, &books, profile).await?;
    let user = &created.user;
    let identity_id = change.add_identity(&books, user, profile).await?;
    let grant = pending.grant.as_ref();
    let asked = change.keep_grant(&books, app, identity_id, grant).await?;
    let by = |told: Activity| told.by(Some(user.id), user.username.as_str());
    let mut told = vec![
        by(Activity::user_created(user)),
        by(Activity::user_linked(
            user,
            &profile.provider,
            &profile.issuer,
            "new",
        )),
    ];
    told.extend(
        change
            .settle_groups(&books, provider, user, profile)
            .await?,
    );
    change.commit(told).await?;
    let entering = Entering {
        user: created.user,
        identity_id: Some(identity_id),
        asked,
    };
    admit(app, provider, &entering, guest).await
}

/// Takes a link back: the account at the provider opens this one no more. The one that an account came from stays while
/// only its owner wants it gone: the provider decides whether they may go on.
pub async fn unlink(app: &App, actor: &Actor, id: i64) -> Result<()> {
    let mut change = Change::begin(app, actor).await?;
    let found = identity::Entity::find_by_id(id)
        .find_also_related(user::Entity)
        .one(change.reader())
        .await?;
    let Some((known, Some(owner))) = found else {
        return Err(Error::NotFound);
    };
    let permit = change.permit_loaded::<EndSessions>(owner).await?;
    let came_from_there = is_owner(&known, permit.on());
    if came_from_there && actor.user_id() == Some(permit.on().id) {
        return Err(Error::Refused(KEPT.to_owned()));
    }
    change
        .delete_where::<identity::Entity, _>(&permit, identity::Column::Id.eq(id))
        .await?;
    if came_from_there {
        // What an import brought along would link it again.
        let cut = user::ActiveModel {
            id: Set(permit.on().id),
            provider: Set(None),
            uid: Set(None),
            // No provider has a say in it any more.
            provider_gone_at: Set(None),
            ..Default::default()
        };
        change.update(&permit, cut).await?;
    }
    let owner = permit.into_inner();
    let told = Activity::user_unlinked(&owner, &known.provider, &known.issuer);
    change.commit([told]).await
}

impl Change<'_> {
    async fn add_identity(
        &mut self,
        books: &Permit<KeepBooks>,
        user: &user::Model,
        profile: &Profile,
    ) -> Result<i64> {
        let now: NaiveDateTime = self.now();
        let row = identity::ActiveModel {
            id: NotSet,
            user_id: Set(user.id),
            provider: Set(profile.provider.clone()),
            issuer: Set(profile.issuer.clone()),
            subject: Set(profile.subject.clone()),
            email: Set(profile.email.clone()),
            created_at: Set(now),
            last_used_at: Set(now),
        };
        match self.insert(books, row).await {
            Err(error) if is_taken(&error) => Err(Error::Refused(TRY_AGAIN.to_owned())),
            done => done.map(|row| row.id).map_err(Error::from),
        }
    }
}
