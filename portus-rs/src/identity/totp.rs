//! Time-based one-time passwords of RFC 6238, as every authenticator knows them: HMAC-SHA-1, six digits, half a minute.
//! Pure: time comes in, nothing is stored.

use chrono::NaiveDateTime;
use openssl::{hash::MessageDigest, pkey::PKey, rand::rand_bytes, sign::Signer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::secret::same;
use crate::error::{Error, Result};

/// Seconds of a step.
const STEP: i64 = 30;
/// Steps that a clock may be off, either way.
const OFF: i64 = 1;
const DIGITS: usize = 6;
/// Bytes of a key: as many as the hash has, as RFC 4226 recommends.
const KEY: usize = 20;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// A new key, in the base 32 that authenticators take when it is typed.
pub fn new_key() -> Result<String> {
    let mut key = [0; KEY];
    rand_bytes(&mut key).map_err(|error| Error::Internal(error.into()))?;
    Ok(encode(&key))
}

/// What an authenticator reads from a picture.
pub fn address(issuer: &str, account: &str, key: &str) -> String {
    let quote = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    let (issuer, account) = (quote(issuer), quote(account));
    format!("otpauth://totp/{issuer}:{account}?secret={key}&issuer={issuer}")
}

/// The step of the key that this code is of, around now and after the last one that was used: no code is good twice.
pub fn step_of(key: &str, code: &str, now: NaiveDateTime, used: i64) -> Result<Option<i64>> {
    let code: String = code.chars().filter(|it| !it.is_whitespace()).collect();
    let key = decode(key).ok_or_else(|| Error::Internal(anyhow::anyhow!("a key is no base 32")))?;
    let current = now.and_utc().timestamp() / STEP;
    let mut found = None;
    for step in current - OFF..=current + OFF {
        let right = same(&code_at(&key, step)?, &code);
        if right && step > used {
            found = Some(step);
        }
    }
    Ok(found)
}

fn code_at(key: &[u8], step: i64) -> Result<String> {
    let hash = hmac(key, &step.to_be_bytes()).map_err(|error| Error::Internal(error.into()))?;
    let number = truncated(&hash) % 10_u32.pow(6);
    Ok(format!("{number:0DIGITS$}"))
}

fn hmac(key: &[u8], text: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key)?;
    signer.update(text)?;
    signer.sign_to_vec()
}

/// RFC 4226, section 5.3.
fn truncated(hash: &[u8]) -> u32 {
    let offset = usize::from(hash.last().copied().unwrap_or_default() & 0xf);
    let bytes = hash.get(offset..offset + 4).unwrap_or_default();
    let number = bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | u32::from(*byte));
    number & 0x7fff_ffff
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut five = [0; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let number = u64::from_be_bytes(five);
        let letters = (chunk.len() * 8).div_ceil(5);
        for place in 0..letters {
            let index = (number >> (35 - 5 * place)) & 31;
            let letter = ALPHABET[usize::try_from(index).unwrap_or_default()];
            text.push(char::from(letter));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|it| *it == letter)?;
        buffer = (buffer << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> NaiveDateTime {
        DateTime::from_timestamp(seconds, 0).unwrap().naive_utc()
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let key = b"12345678901234567890";
        // Eight digits there; the last six are ours.
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code_at(key, time / STEP).unwrap(), code[2..]);
        }
    }

    #[test]
    fn a_code_is_good_around_its_time_and_once() {
        let key = encode(b"12345678901234567890");
        assert_eq!(key, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let step = |code: &str, seconds, used| step_of(&key, code, at(seconds), used).unwrap();
        assert_eq!(step("287 082", 59, 0), Some(1));
        assert_eq!(step("287082", 30 + 59, 0), Some(1), "a slow clock");
        assert_eq!(step("287082", 0, 0), Some(1), "a fast clock");
        assert_eq!(step("287082", 60 + 59, 0), None, "too late");
        assert_eq!(step("287082", 59, 1), None, "used");
        for wrong in ["", "287083", "94287082", "28708", "２８７０８２"] {
            assert_eq!(step(wrong, 59, 0), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_keeps_its_parts_apart() {
        let text = address("Portus (a:b)", "ann&issuer=x", "KEY");
        assert_eq!(
            text,
            "otpauth://totp/Portus%20%28a%3Ab%29:ann%26issuer%3Dx?secret=KEY&issuer=Portus%20%28a%3Ab%29"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_in_base_32_is_read_again(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
