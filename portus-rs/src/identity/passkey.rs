//! Passkeys after `WebAuthn`: where an installation's can be used, what a browser is asked, and whether its answer is
//! right. Nothing is stored and nobody is asked here; the arithmetic is webauthn-rs'.

use serde_json::{Value, json};
use url::{Host, Url};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::secret;
use crate::{
    config::Config,
    error::{Error, Result},
};

/// The one place where this installation's passkeys are made and used. Browsers bind them to the name of the host, so it
/// comes from the configuration and from nothing that a request claims.
#[derive(Clone, Debug)]
pub struct Party {
    origin: Url,
    host: String,
    name: String,
    /// At localhost a port may have been moved on the way here, as containers do.
    local: bool,
}

/// Why browsers would make no passkeys for the configured address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It has no TLS.
    Plain,
    /// It is a number, and passkeys belong to names.
    Number,
}

impl Obstacle {
    /// The end of the name of the message that explains it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Number => "number",
        }
    }
}

/// What a browser is asked, and what is needed to judge its answer.
pub struct Asked {
    /// For `navigator.credentials`, with bytes in URL-safe base 64.
    pub options: Value,
    pub state: String,
}

/// A passkey that has just been made.
#[derive(Debug)]
pub struct Made {
    pub credential: String,
    pub credential_sha256: String,
}

/// What a browser says that signs in.
pub struct Answer(PublicKeyCredential);

/// Why an answer is not believed.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was given at another address.
    Elsewhere,
    /// Its counter says that the passkey is used in two places.
    Copied,
    /// Anything else, for the log.
    Wrong(String),
}

impl Party {
    pub fn of(config: &Config) -> Result<Self, Obstacle> {
        let name = format!("Portus {}", config.machine_fqdn.value);
        Self::at(&config.public_url(), name)
    }

    fn at(address: &str, name: String) -> Result<Self, Obstacle> {
        // A setting that is no address has been refused at the start.
        let origin = Url::parse(address).map_err(|_| Obstacle::Number)?;
        let Some(Host::Domain(host)) = origin.host() else {
            return Err(Obstacle::Number);
        };
        let host = host.to_owned();
        let local = host == "localhost" || host.ends_with(".localhost");
        if origin.scheme() != "https" && !local {
            return Err(Obstacle::Plain);
        }
        Ok(Self {
            origin,
            host,
            name,
            local,
        })
    }

    /// What a browser there has to call itself.
    pub fn origin(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    /// Whether any port of the host will do.
    pub fn is_local(&self) -> bool {
        self.local
    }

    fn webauthn(&self) -> Result<Webauthn> {
        WebauthnBuilder::new(&self.host, &self.origin)
            .and_then(|it| it.rp_name(&self.name).allow_any_port(self.local).build())
            .map_err(|error| internal(&error))
    }

    /// Asks for a new passkey, other than those that the account has. It has to be found without a name, and to make sure
    /// who uses it.
    pub fn ask_new(&self, handle: Uuid, names: (&str, &str), had: &[String]) -> Result<Asked> {
        let had: Vec<Passkey> = had.iter().map(|it| read(it)).collect::<Result<_>>()?;
        let had = had.iter().map(|it| it.cred_id().clone()).collect();
        let (options, state) = self
            .webauthn()?
            .start_passkey_registration(handle, names.0, names.1, Some(had))
            .map_err(|error| internal(&error))?;
        let mut options = json(&options)?;
        let wanted = &mut options["publicKey"]["authenticatorSelection"];
        wanted["residentKey"] = json!("required");
        wanted["requireResidentKey"] = json!(true);
        Ok(Asked {
            options,
            state: json(&state)?.to_string(),
        })
    }

    /// Judges the answer to [`Self::ask_new`].
    pub fn check_new(&self, answer: &str, state: &str) -> Result<Result<Made, Fault>> {
        let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer) else {
            return Ok(Err(Fault::Wrong("it cannot be read".to_owned())));
        };
        let state: PasskeyRegistration = read(state)?;
        match self
            .webauthn()?
            .finish_passkey_registration(&answer, &state)
        {
            Ok(made) => Ok(Ok(Made {
                credential: json(&made)?.to_string(),
                credential_sha256: print(made.cred_id().as_ref()),
            })),
            Err(error) => Ok(Err(fault(&error))),
        }
    }

    /// Asks for a signature: of one of these passkeys, or of any where there are none.
    pub fn ask(&self, of: &[String]) -> Result<Asked> {
        let of: Vec<Passkey> = of.iter().map(|it| read(it)).collect::<Result<_>>()?;
        let (options, state) = self
            .webauthn()?
            .start_discoverable_authentication()
            .map_err(|error| internal(&error))?;
        let mut options = json(&options)?;
        // Somebody has pressed a button: the browser is to ask at once, not to wait for a field to be filled in.
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
        let allowed = of
            .iter()
            .map(|it| json!({"type": "public-key", "id": it.cred_id()}));
        options["publicKey"]["allowCredentials"] = allowed.collect();
        Ok(Asked {
            options,
            state: json(&state)?.to_string(),
        })
    }

    /// Judges the answer to [`Self::ask`] by the passkey that it says it is of. Returns the passkey as it is kept from
    /// now on.
    pub fn check(
        &self,
        answer: &Answer,
        state: &str,
        stored: &str,
    ) -> Result<Result<String, Fault>> {
        let state: DiscoverableAuthentication = read(state)?;
        let mut passkey: Passkey = read(stored)?;
        let keys = [DiscoverableKey::from(&passkey)];
        let done = self
            .webauthn()?
            .finish_discoverable_authentication(&answer.0, state, &keys);
        match done {
            Ok(result) => {
                passkey.update_credential(&result);
                Ok(Ok(json(&passkey)?.to_string()))
            }
            Err(error) => Ok(Err(fault(&error))),
        }
    }
}

impl Answer {
    /// Nothing, if it cannot be read.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// By which its passkey is found.
    pub fn credential_sha256(&self) -> String {
        print(self.0.get_credential_id())
    }

    /// Whose it says it is, where it says so.
    pub fn user_handle(&self) -> Option<String> {
        let handle = self.0.get_user_unique_id()?;
        // What is none of ours is nobody's.
        Some(Uuid::from_slice(handle).map_or_else(|_| String::new(), |it| it.to_string()))
    }
}

/// What authenticators are to know an account by. It says nothing of the account.
pub fn new_handle() -> Uuid {
    Uuid::new_v4()
}

/// A handle as it is stored.
pub fn handle(stored: &str) -> Result<Uuid> {
    Uuid::parse_str(stored).map_err(|error| Error::Internal(error.into()))
}

fn print(credential_id: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    secret::fingerprint(&URL_SAFE_NO_PAD.encode(credential_id))
}

fn fault(error: &WebauthnError) -> Fault {
    match error {
        WebauthnError::InvalidRPOrigin | WebauthnError::InvalidRPIDHash => Fault::Elsewhere,
        WebauthnError::CredentialPossibleCompromise => Fault::Copied,
        other => Fault::Wrong(other.to_string()),
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Internal(error.into()))
}

fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(error.into()))
}

fn internal(error: &WebauthnError) -> Error {
    Error::Internal(anyhow::anyhow!("passkeys: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Result<String, Obstacle> {
        Party::at(address, "Portus".to_owned()).map(|it| format!("{} at {}", it.host, it.origin()))
    }

    #[test]
    fn passkeys_belong_to_a_name_with_tls_or_to_this_very_machine() {
        for (address, party) in [
            (
                "https://portus.example.org",
                "portus.example.org at https://portus.example.org",
            ),
            (
                "https://portus.example.org:8443/registry",
                "portus.example.org at https://portus.example.org:8443",
            ),
            (
                "https://bücher.example",
                "xn--bcher-kva.example at https://xn--bcher-kva.example",
            ),
            ("https://registry", "registry at https://registry"),
            (
                "http://localhost:3000",
                "localhost at http://localhost:3000",
            ),
            (
                "http://portus.localhost",
                "portus.localhost at http://portus.localhost",
            ),
        ] {
            assert_eq!(at(address).as_deref(), Ok(party), "{address}");
        }
        for address in ["http://portus.example.org", "http://localhost.example.org"] {
            assert_eq!(at(address), Err(Obstacle::Plain), "{address}");
        }
        for address in [
            "https://192.0.2.1",
            "http://127.0.0.1:3000",
            "https://[2001:db8::1]:3000",
        ] {
            assert_eq!(at(address), Err(Obstacle::Number), "{address}");
        }
    }

    #[test]
    fn a_browser_is_asked_for_a_passkey_that_it_finds_by_itself_and_that_knows_its_owner() {
        let party = Party::at("https://portus.example.org", "Portus".to_owned()).unwrap();
        let asked = party.ask_new(new_handle(), ("ann", "Ann"), &[]).unwrap();
        let wanted = &asked.options["publicKey"]["authenticatorSelection"];
        assert_eq!(wanted["residentKey"], "required");
        assert_eq!(wanted["requireResidentKey"], true);
        assert_eq!(wanted["userVerification"], "required");
        assert_eq!(asked.options["publicKey"]["rp"]["id"], "portus.example.org");
        let asked = party.ask(&[]).unwrap();
        let wanted = &asked.options["publicKey"];
        assert_eq!(wanted["userVerification"], "required");
        assert_eq!(wanted["allowCredentials"], json!([]));
        assert_eq!(asked.options.get("mediation"), None);
    }
}
