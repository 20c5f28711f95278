#![no_main]

use portus_rs::protocol::event;

libfuzzer_sys::fuzz_target!(|envelope: &[u8]| {
    let (events, _) = event::parse(envelope);
    for event in events {
        let _ = event.kind();
    }
});
