//! Which key signs and which certificate goes with it, decided once at start.

use super::{Certificate, KeyError, SigningKey, files, jwks::Jwks};
use chrono::NaiveDateTime;
use std::path::{Path, PathBuf};

/// Fingerprints (`SubjectPublicKeyInfo`) of private keys that anybody can download with Portus' examples.
const SAMPLE_KEYS: [&str; 2] = [
    "7ced32b524fcedfa2d1f1e6004a52888d30d33fe38fc6cc642abd0577434b3cb",
    "b750dd624ece753aafab3a323c47a390b62c5ef98aca154a76ab8cae6f7bb9d4",
];

/// Where keys may lie.
#[derive(Debug, Clone, Copy)]
pub struct KeySources<'a> {
    /// Home of the generated `portus.key` and `portus.crt`.
    pub data_dir: &'a Path,
    /// `PORTUS_KEY_PATH`; nothing is generated where it is set.
    pub key_path: Option<&'a Path>,
    /// `PORTUS_CERT_PATH`.
    pub cert_path: Option<&'a Path>,
    /// `PORTUS_PUMA_TLS_CERT`, often the same certificate.
    pub tls_cert: Option<&'a Path>,
}

/// The keys in force.
#[derive(Debug)]
pub struct Keys {
    /// Signs, with its certificate if one was found.
    pub signing: SigningKey,
    /// The certificates of the registry's `rootcertbundle`: the signing one and those beside it.
    pub bundle: Vec<Certificate>,
    /// The file the signing key came from.
    pub key_file: PathBuf,
    /// Sentences for log and health page.
    pub warnings: Vec<String>,
}

impl Keys {
    /// Loads the configured key, or makes one and keeps it.
    ///
    /// The certificate is the first of these that belongs to the key: `cert_path`, `.crt` or `.pem`
    /// of the key's name beside it, `tls_cert`. A generated key has a generated certificate.
    pub fn load(sources: KeySources<'_>, now: NaiveDateTime) -> Result<Self, KeyError> {
        let generated = sources.data_dir.join("portus.key");
        let key_file = sources.key_path.unwrap_or(&generated).to_owned();
        let pem = if sources.key_path.is_some() {
            let missing = || KeyError::Io {
                doing: "read",
                path: key_file.clone(),
                cause: std::io::ErrorKind::NotFound.into(),
            };
            files::read(&key_file)?.ok_or_else(missing)?
        } else {
            files::create_once(&key_file, || SigningKey::generate()?.to_pem())?
        };
        let mut signing = SigningKey::from_pem(&pem).map_err(|e| e.in_file(&key_file))?;
        refuse_samples(&signing, &SAMPLE_KEYS).map_err(|e| e.in_file(&key_file))?;

        let mut warnings = Vec::new();
        let mut found = find_certificate(&signing, &key_file, sources, &mut warnings)?;
        if found.is_none() && sources.key_path.is_none() {
            let file = sources.data_dir.join("portus.crt");
            let make = || Ok(Certificate::generate(&signing, now)?.to_pem()?.into_bytes());
            let pem = files::create_once(&file, make)?;
            found = matching(&signing, &pem).map_err(|e| e.in_file(&file))?;
            if found.is_none() {
                let problem = "belongs to another key than portus.key beside it; remove it to have a new one made";
                return Err(KeyError::Unusable(problem.to_owned()).in_file(&file));
            }
        }
        let mut bundle = Vec::new();
        if let Some((certificate, certificates)) = found {
            warnings.extend(certificate.warning(now));
            signing = signing.with_certificate(certificate)?;
            bundle = certificates;
        } else {
            warnings.push(format!(
                "no certificate belongs to the key in {}: tokens carry a key id that only registries up to 2.8 understand; set PORTUS_CERT_PATH to the certificate in their rootcertbundle",
                key_file.display()
            ));
        }
        Ok(Self {
            signing,
            bundle,
            key_file,
            warnings,
        })
    }

    /// The registry's `rootcertbundle`; empty without a certificate.
    pub fn bundle_pem(&self) -> Result<String, KeyError> {
        self.bundle.iter().map(Certificate::to_pem).collect()
    }

    /// The document behind `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Result<Jwks, KeyError> {
        Jwks::new(&self.signing, &self.bundle)
    }
}

type Found = Option<(Certificate, Vec<Certificate>)>;

fn find_certificate(
    key: &SigningKey,
    key_file: &Path,
    sources: KeySources<'_>,
    warnings: &mut Vec<String>,
) -> Result<Found, KeyError> {
    if let Some(path) = sources.cert_path {
        let missing = || KeyError::Io {
            doing: "read",
            path: path.to_owned(),
            cause: std::io::ErrorKind::NotFound.into(),
        };
        let pem = files::read(path)?.ok_or_else(missing)?;
        let found = matching(key, &pem).map_err(|e| e.in_file(path))?;
        if found.is_some() {
            return Ok(found);
        }
        warnings.push(format!(
            "{} (PORTUS_CERT_PATH) holds no certificate of the key in {}; it is not used",
            path.display(),
            key_file.display()
        ));
    }
    let beside = [
        key_file.with_extension("crt"),
        key_file.with_extension("pem"),
    ];
    let guesses = beside.iter().map(PathBuf::as_path).chain(sources.tls_cert);
    for path in guesses {
        // Guessed files may be anything; only one that fits is of interest.
        let found = files::read(path).ok().flatten();
        if let Some(found) = found.and_then(|pem| matching(key, &pem).ok().flatten()) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The key's certificate among those in `pem`, the one that lasts longest, and all of them.
fn matching(key: &SigningKey, pem: &[u8]) -> Result<Found, KeyError> {
    let bundle = Certificate::bundle(pem)?;
    let own = bundle
        .iter()
        .filter(|certificate| certificate.belongs_to(key));
    let best = own
        .max_by_key(|certificate| certificate.not_after())
        .cloned();
    Ok(best.map(|certificate| (certificate, bundle)))
}

/// Stops the start with a key whose private half is public.
pub(super) fn refuse_samples(key: &SigningKey, samples: &[&str]) -> Result<(), KeyError> {
    if samples.contains(&key.fingerprint()) {
        let problem = "this private key is published with Portus' examples, so anybody could sign tokens with it; make your own, or unset PORTUS_KEY_PATH to have one generated";
        return Err(KeyError::Unusable(problem.to_owned()));
    }
    Ok(())
}
