#![no_main]

use portus_rs::protocol::manifest::Manifest;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let _ = Manifest::parse(body, None);
    let _ = Manifest::parse(body, Some("application/vnd.oci.image.index.v1+json"));
});
