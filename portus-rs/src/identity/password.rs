//! Local passwords: argon2id for new ones, bcrypt accepted from imports. Hashing is slow on purpose, so it runs on a
//! few threads, and a password that was right a moment ago need not be hashed again.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::anyhow;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use moka::sync::Cache;
use openssl::{hash::MessageDigest, pkey::PKey, rand::rand_bytes, sign::Signer};

use super::{
    actor::Account,
    throttle::{self, Shown},
    turns::{Turn, Turns},
};
use crate::error::{Error, Result};

/// Shortest and longest password of a person, in characters.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;
/// bcrypt reads no further, in bytes.
const BCRYPT_BYTES: usize = 72;
/// Nothing longer is hashed at all, in bytes: 128 characters have at most this many.
const MAX_BYTES: usize = 512;
const REMEMBERED_FOR: Duration = Duration::from_mins(1);
/// A bcrypt hash of the cost that Portus' tokens have.
const IMPORTED_DECOY: &str = "$2a$10$Q1dUv0rWk8Jm2sXfZ3bC9eswWA90BEhz8Ya3A6.TRqP35BaHXhy2q";

/// Checks and makes password hashes.
pub struct Passwords {
    turns: Turns,
    /// Accounts whose password was right lately, by a keyed hash of password, account and its version.
    right: Cache<[u8; 32], ()>,
    key: PKey<openssl::pkey::Private>,
    /// Verified when there is no account, so that an unknown name costs the same time.
    decoy: String,
    spent: AtomicU64,
}

/// Whether a password is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    Right,
    /// Right, but hashed in a way that should be replaced.
    RightButOld,
    Wrong,
}

impl Passwords {
    pub fn new() -> Result<Self> {
        let mut secret = [0; 32];
        rand_bytes(&mut secret).map_err(|error| Error::Internal(error.into()))?;
        let key = PKey::hmac(&secret).map_err(|error| Error::Internal(error.into()))?;
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        // One core stays for those whose credentials cost nothing.
        let turns = cores.saturating_sub(1).max(1);
        Ok(Self {
            turns: Turns::new(turns),
            right: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(REMEMBERED_FOR)
                .build(),
            key,
            decoy: hash("no account has this password")?,
            spent: AtomicU64::new(0),
        })
    }

    /// Compares a password with a stored hash; an empty hash matches nothing.
    pub async fn check(
        &self,
        account: &Account,
        stored: &str,
        shown: Shown<'_>,
    ) -> Result<Checked> {
        let memory = self.fingerprint(account, shown.password)?;
        if self.right.contains_key(&memory) {
            return Ok(Checked::Right);
        }
        let checked = self.compare(stored.to_owned(), shown).await?;
        if checked != Checked::Wrong {
            self.right.insert(memory, ());
        }
        Ok(checked)
    }

    /// Forgets every password that was right lately.
    pub fn forget(&self) {
        self.right.invalidate_all();
    }

    /// Whether somebody else said lately that this password is right.
    pub fn recalls(&self, account: &Account, password: &str) -> Result<bool> {
        Ok(self
            .right
            .contains_key(&self.fingerprint(account, password)?))
    }

    /// Keeps that somebody else said so.
    pub fn remember(&self, account: &Account, password: &str) -> Result<()> {
        self.right.insert(self.fingerprint(account, password)?, ());
        Ok(())
    }

    /// Takes as long as a wrong password.
    pub async fn check_nobody(&self, shown: Shown<'_>) -> Result<()> {
        self.compare(self.decoy.clone(), shown).await?;
        Ok(())
    }

    /// Takes as long as a wrong token that was brought along from Portus.
    pub async fn check_no_import(&self, shown: Shown<'_>) -> Result<()> {
        self.compare(IMPORTED_DECOY.to_owned(), shown).await?;
        Ok(())
    }

    async fn compare(&self, stored: String, shown: Shown<'_>) -> Result<Checked> {
        let place = self.turns.join(shown.source);
        let place = place.ok_or_else(throttle::crowded)?;
        let turn = self.turns.wait(&place).await?;
        shown.still_counts()?;
        let password = shown.password.to_owned();
        self.spend(turn, move || Ok(verify(&stored, &password)))
            .await
    }

    /// Hashes a new password with argon2id.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        let turn = self.turns.any().await?;
        self.spend(turn, move || hash(&password)).await
    }

    async fn spend<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.spent.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        })
        .await
        .map_err(|error| Error::Internal(anyhow!("hashing a password: {error}")))?
    }

    /// How many hashes were computed since the start: what guessing costs us, and what it tells.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    fn fingerprint(&self, account: &Account, password: &str) -> Result<[u8; 32]> {
        self.sealed(&[
            &account.id.to_be_bytes(),
            &account.credentials_version.to_be_bytes(),
            password.as_bytes(),
        ])
    }

    /// A fingerprint of texts by which only this process knows them again.
    pub fn seal(&self, texts: &[&str]) -> Result<[u8; 32]> {
        // Lengths keep texts apart.
        let lengths: Vec<[u8; 8]> = texts
            .iter()
            .map(|text| (text.len() as u64).to_be_bytes())
            .collect();
        let parts: Vec<&[u8]> = lengths
            .iter()
            .map(<[u8; 8]>::as_slice)
            .chain(texts.iter().map(|text| text.as_bytes()))
            .collect();
        self.sealed(&parts)
    }

    fn sealed(&self, parts: &[&[u8]]) -> Result<[u8; 32]> {
        let seal = || {
            let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
            for part in parts {
                signer.update(part)?;
            }
            let mut seal = [0; 32];
            signer.sign(&mut seal)?;
            Ok::<_, openssl::error::ErrorStack>(seal)
        };
        seal().map_err(|error| Error::Internal(error.into()))
    }
}

fn hash(password: &str) -> Result<String> {
    // The parameters of OWASP's first recommendation: 19 MiB, two passes, one lane.
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| Error::Internal(anyhow!("hashing a password: {error}")))?;
    Ok(hash.to_string())
}

fn verify(stored: &str, password: &str) -> Checked {
    if password.is_empty() || password.len() > MAX_BYTES {
        return Checked::Wrong;
    }
    if stored.starts_with("$2") {
        let bytes = password.as_bytes();
        let read = &bytes[..bytes.len().min(BCRYPT_BYTES)];
        return match bcrypt::verify(read, stored) {
            Ok(true) => Checked::RightButOld,
            _ => Checked::Wrong,
        };
    }
    let right = PasswordHash::new(stored).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    });
    if right {
        Checked::Right
    } else {
        Checked::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imported_bcrypt_hash_is_right_but_old() {
        let stored = "$2a$10$Q1dUv0rWk8Jm2sXfZ3bC9eswWA90BEhz8Ya3A6.TRqP35BaHXhy2q";
        assert_eq!(
            verify(stored, "correct horse battery"),
            Checked::RightButOld
        );
        assert_eq!(verify(stored, "correct horse batterx"), Checked::Wrong);
    }

    #[test]
    fn an_empty_hash_or_password_matches_nothing() {
        assert_eq!(verify("", ""), Checked::Wrong);
        assert_eq!(verify("", "x"), Checked::Wrong);
        assert_eq!(verify(&hash("secret99").unwrap(), ""), Checked::Wrong);
    }

    #[test]
    fn a_new_hash_is_argon2id_and_verifies() {
        let stored = hash("secret99").unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert_eq!(verify(&stored, "secret99"), Checked::Right);
        assert_eq!(verify(&stored, "secret9"), Checked::Wrong);
    }
}
