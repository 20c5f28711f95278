//! OpenSSL under jsonwebtoken, so that the process has one TLS and crypto stack.
//!
//! jsonwebtoken asks for a signer with every token; parsing a key costs ten times as much as an ECDSA
//! signature, so parsed keys are remembered.

mod components;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use std::sync::{PoisonError, RwLock};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: components::rsa_of_private,
        rsa_pub_components_from_public_key: components::rsa_of_public,
        ec_pub_components_from_private_key: components::ec_of_private,
        ed_pub_components_from_private_key: components::ed_of_private,
        compute_digest: components::digest,
    },
};

/// Makes OpenSSL sign and verify for jsonwebtoken in this process; may be called any number of times.
pub fn install_provider() {
    // A second call finds the same provider in place.
    let _ = PROVIDER.install_default();
}

/// Keys remembered per kind: the signing key, one in rotation, and those of a few identity providers.
const REMEMBERED: usize = 16;

/// Parsed keys by the bytes they were parsed from; the oldest leaves first.
struct Parsed<K>(RwLock<Vec<(Vec<u8>, PKey<K>)>>);

static PRIVATE: Parsed<Private> = Parsed(RwLock::new(Vec::new()));
static PUBLIC: Parsed<Public> = Parsed(RwLock::new(Vec::new()));

impl<K> Parsed<K> {
    fn get(&self, bytes: &[u8], parse: impl FnOnce() -> Result<PKey<K>>) -> Result<PKey<K>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = known.iter().find(|(source, _)| source == bytes) {
            return Ok(key.clone());
        }
        drop(known);
        let key = parse()?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.remove(0);
        }
        known.push((bytes.to_vec(), key.clone()));
        Ok(key)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that jsonwebtoken asks for"
)]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let algorithm = *algorithm;
    if key.family() != algorithm.family() || !is_known(algorithm) {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let bytes = key.as_bytes();
    let key = match key.family() {
        AlgorithmFamily::Hmac => PKey::hmac(bytes).map_err(failed)?,
        _ => PRIVATE.get(bytes, || {
            let parsed = PKey::private_key_from_der(bytes);
            parsed
                .or_else(|_| PKey::private_key_from_pkcs8(bytes))
                .map_err(failed)
        })?,
    };
    if algorithm.family() != AlgorithmFamily::Hmac {
        check_fit(algorithm, &key)?;
    }
    Ok(Box::new(OpenSslSigner { algorithm, key }))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that jsonwebtoken asks for"
)]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let algorithm = *algorithm;
    if key.family() != algorithm.family() || !is_known(algorithm) {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let key = if let AlgorithmFamily::Hmac = key.family() {
        Checker::Secret(PKey::hmac(key.try_get_as_bytes()?).map_err(failed)?)
    } else {
        let key = parse_public(key)?;
        check_fit(algorithm, &key)?;
        Checker::Public(key)
    };
    Ok(Box::new(OpenSslVerifier { algorithm, key }))
}

fn parse_public(key: &DecodingKey) -> Result<PKey<Public>> {
    if let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() {
        let source = [&[0][..], &n.len().to_be_bytes(), n, e].concat();
        return PUBLIC.get(&source, || {
            let numbers = || {
                let (n, e) = (BigNum::from_slice(n)?, BigNum::from_slice(e)?);
                PKey::from_rsa(Rsa::from_public_components(n, e)?)
            };
            numbers().map_err(failed)
        });
    }
    let bytes = key.try_get_as_bytes()?;
    PUBLIC.get(bytes, || {
        let parsed = match key.family() {
            AlgorithmFamily::Rsa => Rsa::public_key_from_der_pkcs1(bytes).and_then(PKey::from_rsa),
            AlgorithmFamily::Ec => public_point(bytes),
            _ => PKey::public_key_from_raw_bytes(bytes, Id::ED25519),
        };
        parsed
            .or_else(|_| PKey::public_key_from_der(bytes))
            .map_err(failed)
    })
}

/// An uncompressed point, whose length tells the curve.
fn public_point(bytes: &[u8]) -> std::result::Result<PKey<Public>, ErrorStack> {
    let curve = if bytes.len() == 65 {
        Nid::X9_62_PRIME256V1
    } else {
        Nid::SECP384R1
    };
    let group = EcGroup::from_curve_name(curve)?;
    let mut context = openssl::bn::BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, bytes, &mut context)?;
    let key = EcKey::from_public_key(&group, &point)?;
    key.check_key()?;
    PKey::from_ec_key(key)
}

/// Refuses a key whose kind, curve or size is not the algorithm's.
fn check_fit<K: HasPublic>(algorithm: Algorithm, key: &PKeyRef<K>) -> Result<()> {
    let fits = match algorithm.family() {
        AlgorithmFamily::Rsa => key.id() == Id::RSA && key.bits() >= 2048,
        AlgorithmFamily::Ec => {
            let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
            curve.is_some() && curve == curve_of(algorithm)
        }
        AlgorithmFamily::Ed => key.id() == Id::ED25519,
        AlgorithmFamily::Hmac => false,
    };
    if fits {
        Ok(())
    } else {
        Err(ErrorKind::InvalidKeyFormat.into())
    }
}

fn curve_of(algorithm: Algorithm) -> Option<Nid> {
    match algorithm {
        Algorithm::ES256 => Some(Nid::X9_62_PRIME256V1),
        Algorithm::ES384 => Some(Nid::SECP384R1),
        _ => None,
    }
}

/// Bytes of `r` and of `s` in a JWT's ECDSA signature.
fn coordinate_size(algorithm: Algorithm) -> usize {
    if algorithm == Algorithm::ES384 {
        48
    } else {
        32
    }
}

/// `None` for `EdDSA`, which hashes by itself, and for what we do not know.
fn hash(algorithm: Algorithm) -> Option<MessageDigest> {
    match algorithm {
        Algorithm::HS256 | Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => {
            Some(MessageDigest::sha256())
        }
        Algorithm::HS384 | Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => {
            Some(MessageDigest::sha384())
        }
        Algorithm::HS512 | Algorithm::RS512 | Algorithm::PS512 => Some(MessageDigest::sha512()),
        _ => None,
    }
}

fn is_known(algorithm: Algorithm) -> bool {
    algorithm == Algorithm::EdDSA || hash(algorithm).is_some()
}

fn is_pss(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512
    )
}

struct OpenSslSigner {
    algorithm: Algorithm,
    key: PKey<Private>,
}

impl OpenSslSigner {
    fn sign_raw(&self, message: &[u8]) -> std::result::Result<Vec<u8>, ErrorStack> {
        let Some(digest) = hash(self.algorithm) else {
            return Signer::new_without_digest(&self.key)?.sign_oneshot_to_vec(message);
        };
        let mut signer = Signer::new(digest, &self.key)?;
        if is_pss(self.algorithm) {
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        let signature = signer.sign_oneshot_to_vec(message)?;
        if self.algorithm.family() != AlgorithmFamily::Ec {
            return Ok(signature);
        }
        let size = i32::try_from(coordinate_size(self.algorithm)).unwrap_or(i32::MAX);
        let signature = EcdsaSig::from_der(&signature)?;
        let mut fixed = signature.r().to_vec_padded(size)?;
        fixed.extend(signature.s().to_vec_padded(size)?);
        Ok(fixed)
    }
}

impl signature::Signer<Vec<u8>> for OpenSslSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        self.sign_raw(message)
            .map_err(signature::Error::from_source)
    }
}

impl JwtSigner for OpenSslSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

enum Checker {
    Secret(PKey<Private>),
    Public(PKey<Public>),
}

struct OpenSslVerifier {
    algorithm: Algorithm,
    key: Checker,
}

impl OpenSslVerifier {
    fn holds(&self, message: &[u8], given: &[u8]) -> std::result::Result<bool, ErrorStack> {
        let key = match (&self.key, hash(self.algorithm)) {
            (Checker::Public(key), _) => key,
            (Checker::Secret(key), Some(digest)) => {
                let computed = Signer::new(digest, key)?.sign_oneshot_to_vec(message)?;
                let comparable = computed.len() == given.len();
                return Ok(comparable && openssl::memcmp::eq(&computed, given));
            }
            (Checker::Secret(_), None) => return Ok(false),
        };
        let Some(digest) = hash(self.algorithm) else {
            return Verifier::new_without_digest(key)?.verify_oneshot(given, message);
        };
        let mut verifier = Verifier::new(digest, key)?;
        if is_pss(self.algorithm) {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        if self.algorithm.family() != AlgorithmFamily::Ec {
            return verifier.verify_oneshot(given, message);
        }
        let size = coordinate_size(self.algorithm);
        if given.len() != 2 * size {
            return Ok(false);
        }
        let (r, s) = (
            BigNum::from_slice(&given[..size])?,
            BigNum::from_slice(&given[size..])?,
        );
        let der = EcdsaSig::from_private_components(r, s)?.to_der()?;
        verifier.verify_oneshot(&der, message)
    }
}

impl signature::Verifier<Vec<u8>> for OpenSslVerifier {
    fn verify(&self, message: &[u8], given: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        match self.holds(message, given) {
            Ok(true) => Ok(()),
            Ok(false) => Err(signature::Error::new()),
            Err(e) => Err(signature::Error::from_source(e)),
        }
    }
}

impl JwtVerifier for OpenSslVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn failed(error: ErrorStack) -> Error {
    let reasons: Vec<_> = error
        .errors()
        .iter()
        .filter_map(openssl::error::Error::reason)
        .collect();
    ErrorKind::Provider(reasons.join(", ")).into()
}
