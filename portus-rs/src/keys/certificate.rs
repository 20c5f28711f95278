//! Certificates for `x5c`: reading bundles, matching them to the key, making our own.

use super::{KeyError, SigningKey, files};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use openssl::asn1::{Asn1Integer, Asn1Time, Asn1TimeRef};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509NameBuilder};
use std::fmt;

/// Days that a generated certificate is valid: registries refuse `x5c` once it ends.
const GENERATED_DAYS: i64 = 50 * 365 + 12;
/// How long before its end a certificate is announced.
const ANNOUNCED: TimeDelta = TimeDelta::days(120);

/// One certificate of the bundle.
#[derive(Clone)]
pub struct Certificate {
    x509: X509,
    der: Vec<u8>,
    not_after: NaiveDateTime,
}

impl Certificate {
    fn new(x509: X509) -> Result<Self, KeyError> {
        let broken = |e| KeyError::openssl("the certificate cannot be read", &e);
        Ok(Self {
            der: x509.to_der().map_err(broken)?,
            not_after: moment(x509.not_after()).map_err(broken)?,
            x509,
        })
    }

    /// Every certificate in a PEM text, in order; private keys and comments between them are skipped.
    pub fn bundle(pem: &[u8]) -> Result<Vec<Self>, KeyError> {
        let stack = X509::stack_from_pem(pem)
            .map_err(|e| KeyError::openssl("the certificates cannot be read", &e))?;
        stack.into_iter().map(Self::new).collect()
    }

    /// A self-signed certificate for `key`, valid for about fifty years from `now`.
    pub fn generate(key: &SigningKey, now: NaiveDateTime) -> Result<Self, KeyError> {
        let x509 = self_signed(key, now)
            .map_err(|e| KeyError::openssl("a certificate could not be generated", &e))?;
        Self::new(x509)
    }

    /// Whether this is the certificate of `key`.
    pub fn belongs_to(&self, key: &SigningKey) -> bool {
        self.x509
            .public_key()
            .is_ok_and(|public| public.public_eq(key.public()))
    }

    pub(super) fn public_key(&self) -> Result<PKey<Public>, KeyError> {
        let broken = |e| KeyError::openssl("the certificate's key cannot be read", &e);
        self.x509.public_key().map_err(broken)
    }

    /// The certificate as it goes into `x5c`.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as it goes into the registry's `rootcertbundle`.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let pem = self.x509.to_pem();
        let pem = pem.map_err(|e| KeyError::openssl("the certificate cannot be written", &e))?;
        Ok(String::from_utf8_lossy(&pem).into_owned())
    }

    /// The end of its validity, UTC.
    pub fn not_after(&self) -> NaiveDateTime {
        self.not_after
    }

    /// A sentence for log and health page if the end is near or past.
    pub fn warning(&self, now: NaiveDateTime) -> Option<String> {
        let end = self.not_after.format("%Y-%m-%d");
        if self.not_after <= now {
            Some(format!(
                "the token certificate ended on {end}: registries refuse every token signed with it; put a new one into their rootcertbundle and restart them"
            ))
        } else if self.not_after - now < ANNOUNCED {
            Some(format!(
                "the token certificate ends on {end}: put a new one beside it into the registries' rootcertbundle before, and restart them"
            ))
        } else {
            None
        }
    }

    /// Hexadecimal SHA-256 of the certificate.
    pub fn fingerprint(&self) -> String {
        files::hex(&openssl::sha::sha256(&self.der))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint())
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

fn moment(time: &Asn1TimeRef) -> Result<NaiveDateTime, ErrorStack> {
    let span = Asn1Time::from_unix(0)?.diff(time)?;
    let span = TimeDelta::days(span.days.into()) + TimeDelta::seconds(span.secs.into());
    Ok((DateTime::UNIX_EPOCH + span).naive_utc())
}

fn self_signed(key: &SigningKey, now: NaiveDateTime) -> Result<X509, ErrorStack> {
    let now = now.and_utc().timestamp();
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "portus-rs")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;

    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(Asn1Integer::from_bn(&serial)?.as_ref())?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key.public())?;
    // A day back, for registries whose clock is behind.
    builder.set_not_before(Asn1Time::from_unix(now - 86_400)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(now + GENERATED_DAYS * 86_400)?.as_ref())?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    let subject_key = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(subject_key)?;
    builder.sign(key.private(), MessageDigest::sha256())?;
    Ok(builder.build())
}
