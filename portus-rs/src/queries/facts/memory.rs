//! What has been looked up at one epoch. One cache holds it all, whatever it is: it is made anew at every epoch, and
//! each kind of cache would be compiled once more.

use std::{any::Any, pin::Pin, sync::Arc, time::Duration};

use anyhow::anyhow;
use moka::future::Cache;

use crate::error::{Error, Result};

/// Entries kept.
const MOST: u64 = 100_000;
/// Rows changed behind our back, with an SQL client, are noticed after this long.
const LONGEST: Duration = Duration::from_secs(5);

/// What is remembered, and of whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// By the secret's SHA-256, as the next two.
    Token(String),
    Refresh(String),
    Session(String),
    /// By canonical name.
    Login(String),
    Account(i64),
    Trusts(i64),
    Roles(i64),
    /// By service.
    Registry(String),
    Registries,
    Imported,
    /// By registry and name.
    Namespace(i64, String),
}

type Anything = Arc<dyn Any + Send + Sync>;

/// The one cache. A key always stands for the same kind of thing.
pub struct Memory(Cache<Key, Anything>);

impl Memory {
    pub fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(MOST)
            .time_to_live(LONGEST)
            .build();
        Self(cache)
    }

    /// What is remembered, or else what is loaded, once for all who ask meanwhile.
    pub async fn recall<T, F>(&self, key: Key, load: F) -> Result<T>
    where
        T: Clone + Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send,
    {
        let load: Pin<Box<dyn Future<Output = Result<Anything>> + Send + '_>> =
            Box::pin(async move { Ok(Arc::new(load.await?) as Anything) });
        let found = self.0.try_get_with(key, load).await;
        let found = found.map_err(|error| shared(&error))?;
        meant(&found).ok_or_else(|| Error::Internal(anyhow!("a fact is of another kind")))
    }

    /// What is remembered.
    pub async fn get<T: Clone + 'static>(&self, key: &Key) -> Option<T> {
        let found = self.0.get(key).await?;
        meant(&found)
    }

    /// Remembers something.
    pub async fn put<T: Send + Sync + 'static>(&self, key: Key, fact: T) {
        self.0.insert(key, Arc::new(fact)).await;
    }
}

fn meant<T: Clone + 'static>(found: &Anything) -> Option<T> {
    found.downcast_ref::<T>().cloned()
}

/// An error that several wait for.
pub fn shared(error: &Arc<Error>) -> Error {
    match &**error {
        Error::Away(text) => Error::Away(text.clone()),
        other => Error::Internal(anyhow!("{other}")),
    }
}
