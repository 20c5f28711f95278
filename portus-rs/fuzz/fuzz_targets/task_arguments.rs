#![no_main]

use portus_rs::cli::rake;

libfuzzer_sys::fuzz_target!(|words: Vec<String>| {
    let _ = rake::read(words);
});
