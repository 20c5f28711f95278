#!/usr/bin/env bash
# Makes what the compose files mount: a private CA, the server's certificate, the key
# that signs registry tokens, and random secrets. What is already there stays.
#
#   ./certificates.sh registry.example.com [DIRECTORY]
#
# The name may be followed by others that clients use: registry.example.com,10.0.0.5
# The directories are closed to everybody else on this machine; the files in them are
# readable, because inside the containers an unprivileged user has to read them.
set -euo pipefail
[ $# -ge 1 ] || {
    echo "usage: certificates.sh NAME[,NAME...] [DIRECTORY]" >&2
    exit 2
}
IFS=, read -ra names <<<"$1"
cd "${2:-$(dirname "${BASH_SOURCE[0]}")}"
umask 077
mkdir -p certificates secrets

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
new_key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

alternatives=
for name in "${names[@]}"; do
    case $name in
    *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) kind=IP ;;
    *) kind=DNS ;;
    esac
    alternatives+=${alternatives:+,}$kind:$name
done

if [ ! -s certificates/ca.crt ]; then
    new_key certificates/ca.key
    openssl req -x509 -new -key certificates/ca.key -days 3650 -out certificates/ca.crt \
        -subj "/CN=Private CA of ${names[0]}" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
fi

if [ ! -s certificates/server.crt ]; then
    new_key certificates/server.key
    openssl req -new -key certificates/server.key -subj "/CN=${names[0]}" -out "$work/server.csr"
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' \
        "$alternatives" >"$work/server.ext"
    openssl x509 -req -in "$work/server.csr" -extfile "$work/server.ext" -days 825 \
        -CA certificates/ca.crt -CAkey certificates/ca.key -CAcreateserial \
        -out certificates/server.crt 2>/dev/null
fi

# Signs registry tokens. The registry knows it by this very certificate, which has
# nothing to do with TLS.
if [ ! -s certificates/token.crt ]; then
    new_key secrets/token.key
    openssl req -x509 -new -key secrets/token.key -days 3650 -out certificates/token.crt \
        -subj "/CN=Registry tokens of ${names[0]}"
fi

[ -s secrets/secret_key_base ] || openssl rand -hex 64 >secrets/secret_key_base
[ -s secrets/db_password ] || openssl rand -hex 24 >secrets/db_password

chmod 0444 certificates/*.crt secrets/*
chmod 0444 certificates/server.key
chmod 0400 certificates/ca.key
