#!/usr/bin/env bash
# Fuzzes what strangers write, each target for some seconds, from seeds that get it past the first words.
#
#   portus-rs/fuzz/run.sh [SECONDS [TARGET...]]
#
# What it finds is under target/fuzz/artifacts; `cargo fuzz run TARGET FILE` (in portus-rs, with RUSTC_BOOTSTRAP=1) shows
# it again. Put the input into the property tests of that parser, then mend it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(scopes id_tokens envelopes manifests configuration task_arguments keys)
place=$(realpath -m "${CARGO_TARGET_DIR:-../target}")/fuzz
# Instrumentation is a nightly option; the release that the rest is built with has it too, hidden.
export RUSTC_BOOTSTRAP=1

seed() { # target: what it begins with, a file each
    case $1 in
    scopes)
        for scope in 'repository:team/app:pull,push' 'repository(plugin):host.example:5000/a/b:*' 'registry:catalog:*' \
            'repository:a:pull repository:b:push,delete'; do
            printf '%s' "$scope" >"$2/$(printf '%s' "$scope" | cksum | cut -d' ' -f1)"
        done
        ;;
    id_tokens)
        printf '%s' 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIiwic3ViIjoiYiIsImV4cCI6OTk5OTk5OTk5OX0.eA' >"$2/token"
        printf '%s' '{"sub":"repo:octo/app:ref:refs/heads/main"}repo:octo/.*' >"$2/pattern"
        ;;
    envelopes)
        find tests/fixtures/registry-events -name '*.json' -size -64k -printf '%p\n' | sort | while read -r file; do
            cp "$file" "$2/$(echo "$file" | cksum | cut -d' ' -f1)"
        done
        ;;
    manifests)
        local image=application/vnd.oci.image.manifest.v1+json digest
        digest=sha256:$(printf '%064d' 7)
        printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"%s","size":1},"layers":[{"digest":"%s","size":2}],"subject":{"digest":"%s","size":1},"artifactType":"a/b"}' \
            "$image" application/vnd.oci.image.config.v1+json "$digest" "$digest" "$digest" >"$2/image"
        printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"%s","digest":"%s","size":1,"platform":{"os":"linux","architecture":"arm","variant":"v7"}}]}' \
            "$image" "$digest" >"$2/index"
        printf '{"schemaVersion":1,"name":"a/b","tag":"1","architecture":"amd64","fsLayers":[{"blobSum":"%s"}],"history":[{"v1Compatibility":"{}"}]}' \
            "$digest" >"$2/first"
        ;;
    keys)
        openssl ecparam -name prime256v1 -genkey -noout -out "$2/ec" 2>/dev/null
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$2/rsa" 2>/dev/null
        openssl req -x509 -key "$2/ec" -subj /CN=fuzz -out "$2/certificate" 2>/dev/null
        ;;
    esac
}

for target in "${targets[@]}"; do
    mkdir -p "$place/corpus/$target" "$place/artifacts/$target"
    seed "$target" "$place/corpus/$target"
    # No sanitizer: the code has no unsafe, and without it a machine does five times as much.
    cargo fuzz run --sanitizer none "$target" "$place/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$place/artifacts/$target/" -print_final_stats=1 -verbosity=0
    echo "$target: nothing found in $seconds s"
done
