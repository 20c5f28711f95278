//! The numbers that jsonwebtoken asks for when it writes a JWK or a thumbprint.

use super::{coordinate_size, curve_of, failed};
use jsonwebtoken::Algorithm;
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use openssl::bn::{BigNum, BigNumContext};
use openssl::pkey::{HasPublic, PKey};
use openssl::rsa::{Rsa, RsaRef};

pub(super) fn rsa_of_private(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    Ok(numbers(&*Rsa::private_key_from_der(der).map_err(failed)?))
}

pub(super) fn rsa_of_public(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let key = Rsa::public_key_from_der_pkcs1(der).or_else(|_| Rsa::public_key_from_der(der));
    Ok(numbers(&*key.map_err(failed)?))
}

fn numbers<K: HasPublic>(key: &RsaRef<K>) -> (Vec<u8>, Vec<u8>) {
    (key.n().to_vec(), key.e().to_vec())
}

pub(super) fn ec_of_private(
    der: &[u8],
    algorithm: Algorithm,
) -> Result<(EllipticCurve, Vec<u8>, Vec<u8>)> {
    let curve = match algorithm {
        Algorithm::ES256 => EllipticCurve::P256,
        Algorithm::ES384 => EllipticCurve::P384,
        _ => return Err(ErrorKind::InvalidEcdsaKey.into()),
    };
    let key = PKey::private_key_from_der(der)
        .and_then(|key| key.ec_key())
        .map_err(failed)?;
    if key.group().curve_name() != curve_of(algorithm) {
        return Err(ErrorKind::InvalidEcdsaKey.into());
    }
    let size = i32::try_from(coordinate_size(algorithm)).unwrap_or(i32::MAX);
    let point = || {
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        let mut context = BigNumContext::new()?;
        key.public_key()
            .affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
        Ok((x.to_vec_padded(size)?, y.to_vec_padded(size)?))
    };
    let (x, y) = point().map_err(failed)?;
    Ok((curve, x, y))
}

pub(super) fn ed_of_private(der: &[u8], curve: &EllipticCurve) -> Result<Vec<u8>> {
    if !matches!(curve, EllipticCurve::Ed25519) {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let key = PKey::private_key_from_der(der).map_err(failed)?;
    key.raw_public_key().map_err(failed)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that jsonwebtoken asks for"
)]
pub(super) fn digest(data: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>> {
    Ok(match hash {
        ThumbprintHash::SHA256 => openssl::sha::sha256(data).to_vec(),
        ThumbprintHash::SHA384 => openssl::sha::sha384(data).to_vec(),
        ThumbprintHash::SHA512 => openssl::sha::sha512(data).to_vec(),
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    })
}
