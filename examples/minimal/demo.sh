#!/usr/bin/env bash
# Pushes a handful of real images as two users into what `make run` has started.
# They are built here, without network. Run it again: it pushes new versions.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
. "$here/images.sh"

umask 077
state=${RUN_DIR:-target/run}
if [ ! -s "$state/admin-password" ] || [ ! -s "$state/ports" ]; then
    echo "There is nothing in $state yet: 'make run' in another terminal comes first." >&2
    exit 1
fi
read -r portus_port registry_port <"$state/ports"
registry=127.0.0.1:$registry_port
curl --noproxy '*' -sf -o /dev/null "http://127.0.0.1:$portus_port/api/v1/_ping" || {
    echo "portus-rs does not answer on port $portus_port: 'make run' in another terminal comes first." >&2
    exit 1
}
mapfile -t settings <"$state/environment"
portus_rs() { env -i PATH="$PATH" "${settings[@]}" "$(cat "$state/program")" "$@"; }

if [ ! -s "$state/grace-password" ]; then
    head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$state/grace-password.new"
    portus_rs 'portus:create_user[grace,grace@example.com,-,false]' <"$state/grace-password.new"
    mv "$state/grace-password.new" "$state/grace-password"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A login of docker's in the caller's home would be read too, and skopeo refuses to log in beside it.
export HOME=$work
for user in admin grace; do
    REGISTRY_AUTH_FILE=$work/$user.json skopeo login --tls-verify=false -u "$user" \
        --password-stdin "$registry" <"$state/$user-password" >/dev/null
done

# push USER LAYOUT-TAG REPOSITORY:TAG
push() {
    printf '  %-6s %s\n' "$1" "$3"
    REGISTRY_AUTH_FILE=$work/$1.json skopeo --insecure-policy copy --quiet --all \
        --preserve-digests --dest-tls-verify=false \
        "oci:$layout:$2" "docker://$registry/$3"
}

now=$(date -u +%Y%m%d%H%M%S)
begin_layout "$work/layout"
put_index "base system, $now" amd64 arm64 s390x; name_it base
put_image "web 1.0" amd64; name_it web-1.0
put_image "web 1.1" amd64; name_it web-1.1; web=$image
put_index "nightly build of $now" amd64 arm64; name_it nightly
put_artifact application/spdx+json '{"spdxVersion":"SPDX-2.3","name":"web"}' "$web"; name_it sbom
put_artifact application/vnd.example.notes.v1 "made at $now" ''; name_it notes

echo "Pushing to $registry:"
push admin base base:1.0            # the global namespace, admins only
push admin base base:latest
push grace web-1.0 grace/web:1.0    # her own namespace
push grace web-1.1 grace/web:1.1
push grace web-1.1 grace/web:latest
push grace sbom grace/web:1.1-sbom  # an artifact that belongs to web:1.1
push grace nightly grace/nightly:"$now"
push grace notes grace/notes:1

echo
echo "Look at http://127.0.0.1:$portus_port, as admin or as grace"
echo "(passwords in $state/admin-password and $state/grace-password)."
