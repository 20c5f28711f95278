#![no_main]

use portus_rs::keys::{Certificate, SigningKey};

libfuzzer_sys::fuzz_target!(|pem: &[u8]| {
    let _ = SigningKey::from_pem(pem);
    let _ = Certificate::bundle(pem);
});
