//! A private key ready to sign registry tokens, with everything derived from it worked out beforehand.

use super::{Certificate, KeyError, files, provider};
use crate::protocol::token::{Claims, HeaderForm, TokenError, VerifyingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use openssl::bn::BigNumContext;
use openssl::ec::PointConversionForm;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private, Public};
use std::fmt;

/// Smallest RSA key, in bits.
const SMALLEST_RSA: u32 = 2048;

/// A private key that signs registry tokens.
pub struct SigningKey {
    algorithm: Algorithm,
    public: PKey<Public>,
    private: PKey<Private>,
    encoding: EncodingKey,
    verifying: VerifyingKey,
    key_id: String,
    fingerprint: String,
    certificate: Option<Certificate>,
    with_certificate: Option<Header>,
    with_key_id: Header,
}

impl SigningKey {
    /// Reads a PEM private key: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`).
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::new(parse_private(pem)?)
    }

    /// Makes a fresh P-256 key.
    pub fn generate() -> Result<Self, KeyError> {
        let failed = |e| KeyError::openssl("a signing key could not be generated", &e);
        let group = openssl::ec::EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).map_err(failed)?;
        let key = openssl::ec::EcKey::generate(&group).map_err(failed)?;
        Self::new(PKey::from_ec_key(key).map_err(failed)?)
    }

    fn new(private: PKey<Private>) -> Result<Self, KeyError> {
        provider::install_provider();
        let broken = |e| KeyError::openssl("the private key is damaged", &e);
        let algorithm = algorithm_of(&private)?;
        let spki = private.public_key_to_der().map_err(broken)?;
        let public = PKey::public_key_from_der(&spki).map_err(broken)?;
        let (encoding, decoding) = if algorithm == Algorithm::RS256 {
            let rsa = private.rsa().map_err(broken)?;
            let decoding = rsa.public_key_to_der_pkcs1().map_err(broken)?;
            let encoding = EncodingKey::from_rsa_der(&rsa.private_key_to_der().map_err(broken)?);
            (encoding, DecodingKey::from_rsa_der(&decoding))
        } else {
            let ec = private.ec_key().map_err(broken)?;
            let mut context = BigNumContext::new().map_err(broken)?;
            let form = PointConversionForm::UNCOMPRESSED;
            let point = ec.public_key().to_bytes(ec.group(), form, &mut context);
            let encoding = private.private_key_to_pkcs8().map_err(broken)?;
            (
                EncodingKey::from_ec_der(&encoding),
                DecodingKey::from_ec_der(&point.map_err(broken)?),
            )
        };
        let digest = openssl::sha::sha256(&spki);
        let key_id = libtrust_id(&digest);
        Ok(Self {
            with_key_id: Header {
                kid: Some(key_id.clone()),
                ..Header::new(algorithm)
            },
            algorithm,
            public,
            private,
            encoding,
            verifying: VerifyingKey::new(algorithm, decoding),
            key_id,
            fingerprint: files::hex(&digest),
            certificate: None,
            with_certificate: None,
        })
    }

    /// Attaches the certificate that stands in the registry's bundle; it must be this key's.
    pub fn with_certificate(mut self, certificate: Certificate) -> Result<Self, KeyError> {
        if !certificate.belongs_to(&self) {
            let problem = "the certificate belongs to another key than the one that signs tokens";
            return Err(KeyError::Unusable(problem.to_owned()));
        }
        self.with_certificate = Some(Header {
            x5c: Some(vec![STANDARD.encode(certificate.der())]),
            ..Header::new(self.algorithm)
        });
        self.certificate = Some(certificate);
        Ok(self)
    }

    /// Signs `claims`. Without a certificate, `x5c` becomes the libtrust form.
    pub fn sign(&self, form: HeaderForm, claims: &Claims) -> Result<String, TokenError> {
        claims.encode(self.header(form), &self.encoding)
    }

    /// The form that [`SigningKey::sign`] really uses when `wanted` is asked for.
    pub fn effective_form(&self, wanted: HeaderForm) -> HeaderForm {
        match wanted {
            HeaderForm::X5c if self.certificate.is_none() => HeaderForm::Libtrust,
            form => form,
        }
    }

    fn header(&self, form: HeaderForm) -> &Header {
        // libtrust and JWKS readers look for the same id: the JWKS names its keys by it.
        match form {
            HeaderForm::X5c => self.with_certificate.as_ref().unwrap_or(&self.with_key_id),
            HeaderForm::Libtrust | HeaderForm::Jwks => &self.with_key_id,
        }
    }

    /// RS256, ES256 or ES384, as the key is.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half, bound to its algorithm.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The libtrust key id, as in `kid`.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Hexadecimal SHA-256 of the public half (`SubjectPublicKeyInfo`): equal on all replicas.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The certificate that signs `x5c` tokens, if there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The key as PKCS#8 PEM, for the one file it is kept in.
    pub(crate) fn to_pem(&self) -> Result<Vec<u8>, KeyError> {
        let failed = |e| KeyError::openssl("the signing key could not be written", &e);
        self.private.private_key_to_pem_pkcs8().map_err(failed)
    }

    pub(super) fn private(&self) -> &PKey<Private> {
        &self.private
    }

    pub(super) fn public(&self) -> &PKey<Public> {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The id that libtrust gives a key, from the SHA-256 of its `SubjectPublicKeyInfo`: 30 bytes in
/// base32, in twelve groups of four.
pub fn libtrust_id(digest: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut id = String::with_capacity(59);
    for (index, five) in digest[..30].chunks(5).enumerate() {
        let bits = five
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            if place % 4 == 3 && (index, place) != (0, 7) {
                id.push(':');
            }
            let letter = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
            id.push(char::from(ALPHABET[letter]));
        }
    }
    id
}

fn parse_private(pem: &[u8]) -> Result<PKey<Private>, KeyError> {
    let unusable = |text: &str| KeyError::Unusable(text.to_owned());
    let text = String::from_utf8_lossy(pem);
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(unusable(
            "the private key is encrypted; decrypt it with `openssl pkey -in OLD -out NEW` and keep the result readable by this service only",
        ));
    }
    if !text.contains("PRIVATE KEY-----") {
        return Err(unusable(
            "holds no private key; expected PEM with BEGIN PRIVATE KEY, BEGIN RSA PRIVATE KEY or BEGIN EC PRIVATE KEY",
        ));
    }
    // The callback keeps OpenSSL from asking for a passphrase on the terminal.
    PKey::private_key_from_pem_callback(pem, |_| Ok(0))
        .map_err(|e| KeyError::openssl("the private key cannot be read", &e))
}

fn algorithm_of(key: &PKey<Private>) -> Result<Algorithm, KeyError> {
    let refused = |text: String| Err(KeyError::Unusable(text));
    match key.id() {
        Id::RSA if key.bits() >= SMALLEST_RSA => Ok(Algorithm::RS256),
        Id::RSA => refused(format!(
            "an RSA key of {} bits is too weak; use at least {SMALLEST_RSA}",
            key.bits()
        )),
        Id::EC => {
            let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
            match curve {
                Some(Nid::X9_62_PRIME256V1) => Ok(Algorithm::ES256),
                Some(Nid::SECP384R1) => Ok(Algorithm::ES384),
                _ => refused(
                    "this elliptic curve is not supported; use P-256 (prime256v1) or P-384"
                        .to_owned(),
                ),
            }
        }
        Id::ED25519 => refused(
            "Ed25519 keys are not accepted by registries 2.x; use RSA (2048 bits or more) or P-256"
                .to_owned(),
        ),
        _ => refused(
            "this kind of key is not supported; use RSA (2048 bits or more) or P-256".to_owned(),
        ),
    }
}
