//! What the token path must know of accounts, registries and permissions, from memory as long as it is true.
//!
//! Every change to accounts or permissions raises one number in the database. It is read before each answer, by one
//! query for all requests that wait at that moment; when it has grown, everything remembered is dropped. So what one
//! replica revokes holds on all at the next request.

mod memory;

use std::{collections::HashMap, sync::Arc};

use anyhow::anyhow;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::{RwLock, mpsc, oneshot};

use crate::{
    database::Database,
    entities::{
        Role, application_token, auth_epoch, bot_trust, namespace, refresh_token, registry,
        session, team_user, user,
    },
    error::{Error, Result},
    identity::{actor::Account, session::LastSeen, workload::Trust},
    policy::{NamespaceFacts, Reach},
};

use memory::{Key, Memory, shared};

/// An application token and the account it stands for.
#[derive(Clone, Debug)]
pub struct TokenFacts {
    pub id: i64,
    pub expires_at: Option<chrono::NaiveDateTime>,
    pub reach: Reach,
    pub account: Arc<Account>,
}

impl TokenFacts {
    fn new(token: &application_token::Model, account: Arc<Account>) -> Self {
        Self {
            id: token.id,
            expires_at: token.expires_at,
            reach: Reach {
                scope: token.scope,
                namespace: token.namespace_id,
                ends: token.expires_at.is_some(),
            },
            account,
        }
    }

    /// Whether its time is over.
    pub fn has_ended(&self, now: chrono::NaiveDateTime) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// A refresh token and the account it stands for.
#[derive(Clone, Debug)]
pub struct RefreshFacts {
    pub id: i64,
    /// The registry's service it was given out for.
    pub service: String,
    pub last_used_at: chrono::NaiveDateTime,
    pub account: Arc<Account>,
    /// The application token it was given out for, if any.
    pub application_token: Option<TokenFacts>,
}

/// A browser's session and the account it stands for.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    pub id: i64,
    pub account: Arc<Account>,
    /// The account's when the session began.
    pub credentials_version: i64,
    pub remember: bool,
    pub last_seen: LastSeen,
    pub expires_at: chrono::NaiveDateTime,
}

/// An account and the hash of its password.
#[derive(Clone)]
pub struct Login {
    pub account: Arc<Account>,
    pub password_hash: Arc<str>,
    pub email: Option<String>,
}

/// What was true at one epoch.
pub struct Facts {
    epoch: i64,
    database: Database,
    memory: Memory,
}

impl Facts {
    /// Grows with each change of what is known here.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    fn new(epoch: i64, database: Database) -> Self {
        Self {
            epoch,
            database,
            memory: Memory::new(),
        }
    }

    /// The account behind an application token, by the token's SHA-256.
    pub async fn token(&self, sha256: &str) -> Result<Option<TokenFacts>> {
        let load = async {
            let row = application_token::Entity::find()
                .filter(application_token::Column::TokenSha256.eq(sha256))
                .find_also_related(user::Entity)
                .one(self.database.reader())
                .await?;
            Ok::<_, Error>(row.and_then(|(token, owner)| {
                let account = Arc::new(Account::from(&owner?));
                Some(TokenFacts::new(&token, account))
            }))
        };
        self.memory
            .recall(Key::Token(sha256.to_owned()), load)
            .await
    }

    /// The account behind a refresh token, by the token's SHA-256.
    pub async fn refresh(&self, sha256: &str) -> Result<Option<RefreshFacts>> {
        let load = async {
            let row = refresh_token::Entity::find()
                .filter(refresh_token::Column::TokenSha256.eq(sha256))
                .find_also_related(user::Entity)
                .one(self.database.reader())
                .await?;
            let Some((token, Some(owner))) = row else {
                return Ok(None);
            };
            let account = Arc::new(Account::from(&owner));
            let application_token = match token.application_token_id {
                // It goes with the application token, by the schema's own rule.
                Some(id) => {
                    let Some(behind) = application_token::Entity::find_by_id(id)
                        .one(self.database.reader())
                        .await?
                    else {
                        return Ok(None);
                    };
                    Some(TokenFacts::new(&behind, Arc::clone(&account)))
                }
                None => None,
            };
            Ok::<_, Error>(Some(RefreshFacts {
                id: token.id,
                service: token.service,
                last_used_at: token.last_used_at,
                account,
                application_token,
            }))
        };
        self.memory
            .recall(Key::Refresh(sha256.to_owned()), load)
            .await
    }

    /// The session of a cookie, by its secret's SHA-256, whether it still counts or not.
    pub async fn session(&self, sha256: &str) -> Result<Option<SessionFacts>> {
        let load = async {
            let row = session::Entity::find()
                .filter(session::Column::SecretSha256.eq(sha256))
                .find_also_related(user::Entity)
                .one(self.database.reader())
                .await?;
            Ok::<_, Error>(row.and_then(|(session, owner)| {
                Some(SessionFacts {
                    id: session.id,
                    account: Arc::new(Account::from(&owner?)),
                    credentials_version: session.credentials_version,
                    remember: session.remember,
                    last_seen: LastSeen::new(session.last_seen_at),
                    expires_at: session.expires_at,
                })
            }))
        };
        self.memory
            .recall(Key::Session(sha256.to_owned()), load)
            .await
    }

    /// The account of a canonical user name, with the hash of its password.
    pub async fn login(&self, canonical_name: &str) -> Result<Option<Login>> {
        // No name holds it, and PostgreSQL does not take it in a question.
        if canonical_name.contains('\0') {
            return Ok(None);
        }
        let load = async {
            let row = user::Entity::find()
                .filter(user::Column::CanonicalName.eq(canonical_name))
                .one(self.database.reader())
                .await?;
            Ok::<_, Error>(row.map(|row| Login {
                account: Arc::new(Account::from(&row)),
                password_hash: row.password_hash.as_str().into(),
                email: row.email,
            }))
        };
        self.memory
            .recall(Key::Login(canonical_name.to_owned()), load)
            .await
    }

    pub async fn account(&self, id: i64) -> Result<Option<Arc<Account>>> {
        let load = async {
            let row = user::Entity::find_by_id(id)
                .one(self.database.reader())
                .await?;
            Ok::<_, Error>(row.map(|row| Arc::new(Account::from(&row))))
        };
        self.memory.recall(Key::Account(id), load).await
    }

    /// How many application tokens brought along from Portus, which only slow hashes tell apart, any account still has
    /// at most.
    pub async fn most_imported(&self) -> Result<u64> {
        let load = async {
            let most: Option<i64> = application_token::Entity::find()
                .select_only()
                .column_as(application_token::Column::Id.count(), "number")
                .filter(application_token::Column::TokenBcrypt.is_not_null())
                .group_by(application_token::Column::UserId)
                .order_by_desc(application_token::Column::Id.count())
                .limit(1)
                .into_tuple()
                .one(self.database.reader())
                .await?;
            Ok::<_, Error>(most.unwrap_or_default().unsigned_abs())
        };
        self.memory.recall(Key::Imported, load).await
    }

    /// Whose tokens open a bot, the oldest first.
    pub async fn trusts(&self, user_id: i64) -> Result<Arc<Vec<Trust>>> {
        let load = async {
            let rows = bot_trust::Entity::find()
                .filter(bot_trust::Column::UserId.eq(user_id))
                .order_by_asc(bot_trust::Column::Id)
                .all(self.database.reader())
                .await?;
            Ok::<_, Error>(Arc::new(rows.iter().map(Trust::from).collect()))
        };
        self.memory.recall(Key::Trusts(user_id), load).await
    }

    /// The registry whose hostname, or else whose external hostname, is this service. Nothing matches no service.
    pub async fn registry(&self, service: &str) -> Result<Option<Arc<registry::Model>>> {
        if service.is_empty() || service.len() > 255 {
            return Ok(None);
        }
        let load = async {
            let rows = registry::Entity::find()
                .filter(
                    Condition::any()
                        .add(registry::Column::Hostname.eq(service))
                        .add(registry::Column::ExternalHostname.eq(service)),
                )
                .order_by_asc(registry::Column::Id)
                .all(self.database.reader())
                .await?;
            let by_hostname = rows.iter().position(|row| row.hostname == service);
            let found = rows.into_iter().nth(by_hostname.unwrap_or(0));
            Ok::<_, Error>(found.map(Arc::new))
        };
        self.memory
            .recall(Key::Registry(service.to_owned()), load)
            .await
    }

    /// All registries, the oldest first.
    pub async fn all_registries(&self) -> Result<Arc<Vec<Arc<registry::Model>>>> {
        let load = async {
            let rows = registry::Entity::find()
                .order_by_asc(registry::Column::Id)
                .all(self.database.reader())
                .await?;
            Ok::<_, Error>(Arc::new(rows.into_iter().map(Arc::new).collect()))
        };
        self.memory.recall(Key::Registries, load).await
    }

    /// The namespaces of these names in a registry, `""` being the global one; one query for all that are not
    /// remembered.
    pub async fn namespaces(
        &self,
        registry_id: i64,
        names: &[&str],
    ) -> Result<HashMap<String, Option<NamespaceFacts>>> {
        let mut found = HashMap::with_capacity(names.len());
        let mut missing = Vec::new();
        for name in names {
            let name = (*name).to_owned();
            let key = Key::Namespace(registry_id, name.clone());
            match self.memory.get::<Option<NamespaceFacts>>(&key).await {
                Some(facts) => {
                    found.insert(name, facts);
                }
                None => missing.push(name),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let rows = namespace::Entity::find()
            .filter(namespace::Column::RegistryId.eq(registry_id))
            .filter(
                Condition::any()
                    .add(namespace::Column::Name.is_in(missing.iter().map(String::as_str)))
                    .add(namespace::Column::Global.eq(true)),
            )
            .limit(missing.len() as u64 + 1)
            .all(self.database.reader())
            .await?;
        for name in missing {
            let row = rows
                .iter()
                // The global namespace has no name that a client could write.
                .find(|row| {
                    if name.is_empty() {
                        row.global
                    } else {
                        row.name == name && !row.global
                    }
                });
            let facts = row.map(NamespaceFacts::from);
            let key = Key::Namespace(registry_id, name.clone());
            self.memory.put(key, facts).await;
            found.insert(name, facts);
        }
        Ok(found)
    }

    /// An account's roles, by team.
    pub async fn roles(&self, user_id: i64) -> Result<Arc<HashMap<i64, Role>>> {
        let load = async {
            let rows = team_user::Entity::find()
                .filter(team_user::Column::UserId.eq(user_id))
                .all(self.database.reader())
                .await?;
            let roles = rows
                .into_iter()
                .map(|row| (row.team_id, row.role))
                .collect();
            Ok::<_, Error>(Arc::new(roles))
        };
        self.memory.recall(Key::Roles(user_id), load).await
    }
}

type Question = oneshot::Sender<Result<i64, Arc<Error>>>;

/// Hands out facts that are true now.
pub struct Present {
    database: Database,
    facts: RwLock<Arc<Facts>>,
    ask: mpsc::UnboundedSender<Question>,
}

impl Present {
    /// Starts the task that reads the epoch; it ends with this value.
    pub fn start(database: &Database) -> Self {
        let (ask, questions) = mpsc::unbounded_channel();
        tokio::spawn(read_epochs(database.clone(), questions));
        Self {
            database: database.clone(),
            facts: RwLock::new(Arc::new(Facts::new(-1, database.clone()))),
            ask,
        }
    }

    /// What is true at this moment or later.
    pub async fn facts(&self) -> Result<Arc<Facts>> {
        let (question, answer) = oneshot::channel();
        let gone = || Error::Internal(anyhow!("the reader of the permissions' epoch has ended"));
        self.ask.send(question).map_err(|_| gone())?;
        let epoch = answer.await.map_err(|_| gone())?;
        let epoch = epoch.map_err(|error| shared(&error))?;
        {
            let facts = self.facts.read().await;
            if facts.epoch >= epoch {
                return Ok(Arc::clone(&facts));
            }
        }
        let mut facts = self.facts.write().await;
        if facts.epoch < epoch {
            *facts = Arc::new(Facts::new(epoch, self.database.clone()));
        }
        Ok(Arc::clone(&facts))
    }
}

/// Whoever asks while a query runs waits for the next one: an answer is never older than its question.
async fn read_epochs(database: Database, mut questions: mpsc::UnboundedReceiver<Question>) {
    let mut waiting = Vec::new();
    while questions.recv_many(&mut waiting, 1024).await > 0 {
        let row = auth_epoch::Entity::find().one(database.reader()).await;
        let answer = match row {
            Ok(Some(row)) => Ok(row.value),
            Ok(None) => {
                let text = "the table auth_epoch has lost its row: run `portus-rs db:migrate`";
                Err(Arc::new(Error::Internal(anyhow!(text))))
            }
            Err(error) => Err(Arc::new(Error::from(error))),
        };
        for question in waiting.drain(..) {
            // Whoever asked may have hung up.
            let _ = question.send(answer.clone());
        }
    }
}
