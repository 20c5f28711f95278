#!/usr/bin/env bash
# A registry and portus-rs beside it, on this machine, ready for a first push.
#
# Everything is kept in target/run/ and found there again next time. Ctrl-C stops both.
#
#   PORTUS_PORT=3000 REGISTRY_PORT=5000    where they listen, on loopback
#   RUN_DIR=target/run                     where they keep their state
#   REGISTRY_BIN=/path/to/registry         another registry, 2.x or 3.x
#   PORTUS_BIN=/path/to/portus-rs          a program already built
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
. "$here/images.sh"

umask 077
state=${RUN_DIR:-target/run}
mkdir -p "$state/registry"
state=$(cd "$state" && pwd)
shown=${state#"$root"/}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# The registry's address stands in the database, so a state belongs to its ports.
if [ -f "$state/ports" ]; then
    read -r kept_portus kept_registry <"$state/ports"
    PORTUS_PORT=${PORTUS_PORT:-$kept_portus} REGISTRY_PORT=${REGISTRY_PORT:-$kept_registry}
    [ "$PORTUS_PORT $REGISTRY_PORT" = "$kept_portus $kept_registry" ] || fail \
        "The state in $shown was made for the ports $kept_portus (portus-rs) and $kept_registry (registry)." \
        "Leave PORTUS_PORT and REGISTRY_PORT unset to go on with it, or begin another one:" \
        "    RUN_DIR=target/run-$PORTUS_PORT PORTUS_PORT=$PORTUS_PORT REGISTRY_PORT=$REGISTRY_PORT make run"
fi
portus_port=${PORTUS_PORT:-3000}
registry_port=${REGISTRY_PORT:-5000}
portus=127.0.0.1:$portus_port
registry=127.0.0.1:$registry_port

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for port in "$portus_port" "$registry_port"; do
    ! taken "$port" || fail \
        "Port $port is taken on this machine; another 'make run' may be running." \
        "Stop what listens there (ss -ltnp 'sport = :$port' names it), or choose other ports:" \
        "    RUN_DIR=target/run-2 PORTUS_PORT=$((portus_port + 10)) REGISTRY_PORT=$((registry_port + 10)) make run"
done

.ci/install run
if [ -z "${PORTUS_BIN:-}" ]; then
    cargo build --release --locked --bin portus-rs
    PORTUS_BIN=${CARGO_TARGET_DIR:-$root/target}/release/portus-rs
fi
registry_program=${REGISTRY_BIN:-$(command -v docker-registry)}

# Settings for the service and for tasks beside it; `make demo` reads them too. Nothing
# of the caller's environment may leak in.
cat >"$state/environment" <<END
PORTUS_DATA_DIR=$state/portus
PORTUS_PUMA_HOST=$portus
PORTUS_MACHINE_FQDN_VALUE=127.0.0.1
PORTUS_MACHINE_FQDN_EXTERNAL_URL=http://$portus
PORTUS_INIT_REGISTRY_NAME=registry
PORTUS_INIT_REGISTRY_HOSTNAME=$registry
PORTUS_INIT_REGISTRY_USE_SSL=false
PORTUS_DELETE_ENABLED=true
PORTUS_ANONYMOUS_BROWSING_ENABLED=true
PORTUS_GRAVATAR_ENABLED=false
END
printf '%s\n' "$PORTUS_BIN" >"$state/program"
mapfile -t settings <"$state/environment"
portus_rs() { env -i PATH="$PATH" "${settings[@]}" "$PORTUS_BIN" "$@"; }

portus_pid='' registry_pid=''
stop() {
    trap - EXIT INT TERM
    # The registry first: what it has queued still finds somebody to take it.
    for pid in $registry_pid $portus_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
trap stop EXIT
trap 'echo; echo "Stopping. The state stays in $shown; make run finds it again."; stop; exit 0' INT TERM

# until_up NAME PID URL LOG CODE...
until_up() {
    local name=$1 pid=$2 url=$3 log=$4 code
    shift 4
    for _ in $(seq 300); do
        code=$(curl --noproxy '*' -s -o /dev/null -w '%{http_code}' --max-time 5 "$url" || true)
        case " $* " in *" $code "*) return ;; esac
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 30 "$log" >&2
    fail "$name did not start; the end of its log is above, the rest in $log"
}

# Both in sessions of their own: a terminal's Ctrl-C is for this script, which knows the order.
env -i PATH="$PATH" "${settings[@]}" setsid "$PORTUS_BIN" serve >>"$state/portus.log" 2>&1 &
portus_pid=$!
until_up portus-rs "$portus_pid" "http://$portus/api/v1/_ping" "$state/portus.log" 200
# Only now do the ports belong to the state.
echo "$portus_port $registry_port" >"$state/ports"

# The registry trusts portus-rs and tells it of every push: the part that
# registry-config prints. The rest is any registry's configuration.
{
    cat <<END
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: $state/registry}
  delete: {enabled: true}
http: {addr: "$registry"}
END
    portus_rs registry-config --new-secret --bundle "$state/registry.crt"
} >"$state/registry.yml"
env -i PATH="$PATH" OTEL_TRACES_EXPORTER=none \
    setsid "$registry_program" serve "$state/registry.yml" >>"$state/registry.log" 2>&1 &
registry_pid=$!
until_up "the registry" "$registry_pid" "http://$registry/v2/" "$state/registry.log" 401

if [ ! -s "$state/admin-password" ]; then
    head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$state/admin-password.new"
    portus_rs 'portus:create_user[admin,admin@example.com,-,true]' <"$state/admin-password.new"
    mv "$state/admin-password.new" "$state/admin-password"
fi
password=$(cat "$state/admin-password")

if [ ! -f "$state/hello.tar" ]; then
    case $(uname -m) in x86_64) architecture=amd64 ;; aarch64) architecture=arm64 ;; *) architecture=$(uname -m) ;; esac
    begin_layout "$state/hello"
    put_image hello "$architecture"
    name_it 1
    docker_archive "$state/hello.tar" "$registry/admin/hello:1"
fi

cat <<END

portus-rs is up.

  Console    http://$portus
  Registry   $registry
  Login      admin
  Password   $password      (kept in $shown/admin-password)

First push, with docker:

  docker login -u admin --password-stdin $registry < $shown/admin-password
  docker load -i $shown/hello.tar
  docker push $registry/admin/hello:1
  docker pull $registry/admin/hello:1

or with skopeo (leave out its login where docker has logged in already: it uses docker's, and refuses another):

  skopeo login --tls-verify=false -u admin --password-stdin $registry < $shown/admin-password
  skopeo copy --dest-tls-verify=false oci:$shown/hello:1 docker://$registry/admin/hello:1
  skopeo inspect --tls-verify=false docker://$registry/admin/hello:1

A token for the API and for scripts, shown once (under another name, another one):

  env \$(cat $shown/environment) ${PORTUS_BIN#"$root"/} token admin my-script
  curl -H 'Portus-Auth: admin:TOKEN' http://$portus/api/v1/repositories

More to look at: 'make demo' in another terminal. Ctrl-C stops both.
END

# Ends when either does, which neither should.
wait -n "$portus_pid" "$registry_pid" || true
kill -0 "$portus_pid" 2>/dev/null ||
    fail "portus-rs ended by itself; see $shown/portus.log" "$(tail -n 5 "$state/portus.log")"
fail "The registry ended by itself; see $shown/registry.log" "$(tail -n 5 "$state/registry.log")"
