# Sourced: builds small real images without network and without docker.
# Each is an OCI layout, a directory that skopeo copies from.

# begin_layout DIR
begin_layout() {
    layout=$1
    rm -rf "$layout"
    mkdir -p "$layout/blobs/sha256"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
    entries=()
}

# put_blob TYPE FILE: moves the file into the layout; sets $digest and $descriptor.
put_blob() {
    local sum size
    sum=$(sha256sum "$2" | cut -d' ' -f1)
    size=$(stat -c %s "$2")
    mv "$2" "$layout/blobs/sha256/$sum"
    digest=sha256:$sum
    descriptor=$(printf '"mediaType":"%s","digest":"%s","size":%d' "$1" "$digest" "$size")
}

# put_image TEXT ARCHITECTURE: an image of one layer; sets $image to its descriptor.
put_image() {
    local work layer config
    work=$(mktemp -d)
    mkdir -p "$work/root/etc"
    printf '%s for %s\n' "$1" "$2" >"$work/root/etc/motd"
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
        -C "$work/root" -cf "$work/layer" etc
    put_blob application/vnd.oci.image.layer.v1.tar "$work/layer"
    layer=$descriptor layer_digest=$digest
    printf '{"architecture":"%s","os":"linux","created":"%s","config":{"Labels":{"org.opencontainers.image.title":"%s"}},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
        "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$layer_digest" >"$work/config"
    put_blob application/vnd.oci.image.config.v1+json "$work/config"
    config=$descriptor config_digest=$digest
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{%s},"layers":[{%s}]}' \
        "$config" "$layer" >"$work/manifest"
    put_blob application/vnd.oci.image.manifest.v1+json "$work/manifest"
    image=$descriptor
    rm -rf "$work"
}

# put_index TEXT ARCHITECTURE...: an image for several platforms; sets $image.
put_index() {
    local text=$1 children=() architecture work
    shift
    for architecture in "$@"; do
        put_image "$text" "$architecture"
        children+=("{$image,\"platform\":{\"architecture\":\"$architecture\",\"os\":\"linux\"}}")
    done
    work=$(mktemp)
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' \
        "$(IFS=,; echo "${children[*]}")" >"$work"
    put_blob application/vnd.oci.image.index.v1+json "$work"
    image=$descriptor
}

# put_artifact TYPE TEXT SUBJECT: something that belongs to an image; sets $image.
# SUBJECT is that image's descriptor, or nothing.
put_artifact() {
    local work config layer subject=
    [ -z "$3" ] || subject=",\"subject\":{$3}"
    work=$(mktemp)
    printf '{}' >"$work"
    put_blob application/vnd.oci.empty.v1+json "$work"
    config=$descriptor
    work=$(mktemp)
    printf '%s' "$2" >"$work"
    put_blob "$1" "$work"
    layer=$descriptor
    work=$(mktemp)
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"%s","config":{%s},"layers":[{%s}]%s}' \
        "$1" "$config" "$layer" "$subject" >"$work"
    put_blob application/vnd.oci.image.manifest.v1+json "$work"
    image=$descriptor
}

# name_it TAG: puts $image into the layout's list under a tag.
name_it() {
    entries+=("{$image,\"annotations\":{\"org.opencontainers.image.ref.name\":\"$1\"}}")
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' \
        "$(IFS=,; echo "${entries[*]}")" >"$layout/index.json"
}

# docker_archive FILE REFERENCE: the last put_image as an archive for `docker load`.
docker_archive() {
    local work
    work=$(mktemp -d)
    cp "$layout/blobs/sha256/${config_digest#sha256:}" "$work/config.json"
    cp "$layout/blobs/sha256/${layer_digest#sha256:}" "$work/layer.tar"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$2" \
        >"$work/manifest.json"
    tar -C "$work" -cf "$1" config.json layer.tar manifest.json
    rm -rf "$work"
}
