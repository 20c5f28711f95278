//! Secrets that must be sent again one day, such as a webhook's password, sealed for the database with a key derived
//! from the secret key base: AES-256-GCM. What was sealed under another key base cannot be opened, and says so.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    md::Md,
    pkey::Id,
    pkey_ctx::PkeyCtx,
    rand::rand_bytes,
    sha::sha256,
    symm::{Cipher, decrypt_aead, encrypt_aead},
};

use super::{KeyError, files::hex};
use crate::config::Secret;

const VERSION: &str = "v1";
const NONCE: usize = 12;
const TAG: usize = 16;

/// Seals and opens. Has no `Debug`: it holds a key.
pub struct Vault {
    key: [u8; 32],
    /// `v1.FINGERPRINT.`: what everything sealed with this key begins with.
    prefix: String,
}

/// What a sealed text is for; one sealed for something else does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    WebhookPassword,
    WebhookSecret,
    WebhookHeader,
    /// The key of an authenticator.
    SecondFactor,
    /// That somebody has shown their password, and not yet the rest.
    HalfSignedIn,
    /// What a browser has been asked to sign with a passkey.
    Passkey,
    /// What the next page says once.
    Flash,
    /// What a browser carries to an identity provider and back.
    SignIn,
    /// What a provider said of somebody whose sign-in is not complete.
    Profile,
    /// What lets an identity provider be asked again about somebody.
    Grant,
}

impl Purpose {
    fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::WebhookPassword => b"webhook password",
            Self::WebhookSecret => b"webhook secret",
            Self::WebhookHeader => b"webhook header",
            Self::SecondFactor => b"second factor",
            Self::HalfSignedIn => b"half signed in",
            Self::Passkey => b"passkey",
            Self::Flash => b"flash",
            Self::SignIn => b"sign-in",
            Self::Profile => b"profile",
            Self::Grant => b"provider grant",
        }
    }
}

/// Why a sealed text stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    #[error(
        "it was stored under another secret key base: give PORTUS_SECRET_KEY_BASE (or the file secret_key_base of \
         PORTUS_DATA_DIR) its former value again, or enter the secret anew"
    )]
    OtherKeyBase,
    #[error("what is stored of it is damaged: enter the secret anew")]
    Damaged,
}

impl Vault {
    /// The vault of this key base. Another process with the same one opens what this one has sealed.
    pub fn new(secret_key_base: &str) -> Result<Self, KeyError> {
        let key = derive(secret_key_base.as_bytes())
            .map_err(|error| KeyError::openssl("deriving the key of the vault", &error))?;
        let print = sha256(&[b"fingerprint".as_slice(), &key].concat());
        let print: String = hex(&print).chars().take(16).collect();
        Ok(Self {
            key,
            prefix: format!("{VERSION}.{print}."),
        })
    }

    /// What everything that this vault can open begins with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Seals a text. The same text is sealed differently each time.
    pub fn seal(&self, purpose: Purpose, text: &str) -> Result<String, KeyError> {
        let sealed = || {
            let mut nonce = [0; NONCE];
            rand_bytes(&mut nonce)?;
            let mut tag = [0; TAG];
            let body = encrypt_aead(
                Cipher::aes_256_gcm(),
                &self.key,
                Some(&nonce),
                purpose.as_bytes(),
                text.as_bytes(),
                &mut tag,
            )?;
            Ok([nonce.as_slice(), &body, &tag].concat())
        };
        let bytes = sealed()
            .map_err(|error: openssl::error::ErrorStack| KeyError::openssl("sealing", &error))?;
        Ok(format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what [`Vault::seal`] made for the same purpose.
    pub fn open(&self, purpose: Purpose, sealed: &str) -> Result<Secret, Locked> {
        let Some(body) = sealed.strip_prefix(&self.prefix) else {
            let whole = sealed.starts_with("v1.") && sealed.matches('.').count() == 2;
            return Err(if whole {
                Locked::OtherKeyBase
            } else {
                Locked::Damaged
            });
        };
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| Locked::Damaged)?;
        let (nonce, rest) = bytes.split_at_checked(NONCE).ok_or(Locked::Damaged)?;
        let end = rest.len().checked_sub(TAG).ok_or(Locked::Damaged)?;
        let (body, tag) = rest.split_at(end);
        let text = decrypt_aead(
            Cipher::aes_256_gcm(),
            &self.key,
            Some(nonce),
            purpose.as_bytes(),
            body,
            tag,
        )
        .map_err(|_| Locked::Damaged)?;
        String::from_utf8(text)
            .map(Secret::new)
            .map_err(|_| Locked::Damaged)
    }
}

fn derive(secret: &[u8]) -> Result<[u8; 32], openssl::error::ErrorStack> {
    let mut key = [0; 32];
    let mut context = PkeyCtx::new_id(Id::HKDF)?;
    context.derive_init()?;
    context.set_hkdf_md(Md::sha256())?;
    context.set_hkdf_salt(b"portus-rs")?;
    context.set_hkdf_key(secret)?;
    context.add_hkdf_info(b"vault 1")?;
    context.derive(Some(&mut key))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vault(base: &str) -> Vault {
        Vault::new(base).unwrap()
    }

    #[test]
    fn another_key_base_is_told_apart_from_damage() {
        let sealed = vault("one")
            .seal(Purpose::WebhookPassword, "s3cret")
            .unwrap();
        let again = vault("one");
        let opened = again.open(Purpose::WebhookPassword, &sealed).unwrap();
        assert_eq!(opened.expose(), "s3cret");
        assert!(sealed.starts_with(again.prefix()));
        let open =
            |vault: &Vault, text: &str| vault.open(Purpose::WebhookPassword, text).unwrap_err();
        assert_eq!(open(&vault("two"), &sealed), Locked::OtherKeyBase);
        assert_eq!(open(&again, &sealed[..sealed.len() - 2]), Locked::Damaged);
        assert_eq!(open(&again, "s3cret"), Locked::Damaged);
        assert_eq!(open(&again, again.prefix()), Locked::Damaged);
        let other = again.open(Purpose::WebhookHeader, &sealed);
        assert_eq!(other.unwrap_err(), Locked::Damaged);
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        let vault = vault("one");
        let seal = || vault.seal(Purpose::WebhookSecret, "x").unwrap();
        assert_ne!(seal(), seal());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_text_comes_back_and_is_not_seen(text in "\\PC{8,80}") {
            let vault = vault("one");
            let sealed = vault.seal(Purpose::WebhookHeader, &text).unwrap();
            prop_assert!(!sealed.contains(&text));
            let opened = vault.open(Purpose::WebhookHeader, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), text);
        }

        #[test]
        fn no_changed_character_goes_unnoticed(text in "[a-z]{1,20}", at in any::<prop::sample::Index>()) {
            let vault = vault("one");
            let sealed = vault.seal(Purpose::WebhookHeader, &text).unwrap();
            let mut changed = sealed.clone().into_bytes();
            // The last character may hold bits that no byte uses.
            let at = at.index(changed.len() - 1);
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            prop_assert!(vault.open(Purpose::WebhookHeader, &changed).is_err());
        }
    }
}
