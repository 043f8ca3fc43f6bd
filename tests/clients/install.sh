#!/usr/bin/env bash
# Installs what tests/clients needs: FHIR clients that others wrote, and tools that judge us. Outside the repository, without root, once.
#
#   tests/clients/install.sh [clients] [tools]      (default: clients)
#
# clients: what examples/clients/requirements.txt and package-lock.json pin.   tools: promtool, slowhttptest, toxiproxy, Autobahn.
# Into $TRIBUTARY_CLIENTS, or ~/.cache/tributary-clients. What cannot be had here is told, and its tests are skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../examples/clients"

folder=${TRIBUTARY_CLIENTS:-$HOME/.cache/tributary-clients}
mkdir -p "$folder"
failed=0

# part NAME: runs the function of that name unless it has succeeded for the same pins.
part() {
    local name=$1 pins
    pins=$( (declare -f "$name"; cat requirements.txt package-lock.json "$here/requirements.txt") | sha256sum)
    [ "$(cat "$folder/$name.done" 2>/dev/null)" = "$pins" ] && return
    rm -rf "${folder:?}/$name" "$folder/$name.done"
    if ("$name") >"$folder/$name.log" 2>&1; then
        printf '%s' "$pins" >"$folder/$name.done"
    else
        failed=1
        echo "!!! $name cannot be installed here: $(tail -n 1 "$folder/$name.log")" >&2
    fi
}

python() {
    python3 -m venv "$folder/python" \
        && "$folder/python/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt -r "$here/requirements.txt"
}

# fhirclient by itself: with what it needs on other platforms the lock file would have nine hundred packages. Medplum's 5 beside its 4.
node() {
    mkdir "$folder/node" && cp package.json package-lock.json "$folder/node" && cd "$folder/node" && npm ci --no-audit --no-fund \
        && npm install --no-save --no-audit --no-fund --omit=optional --ignore-scripts fhirclient@2.6.3 medplum-5@npm:@medplum/core@5.2.13
}

# Debian's packages, unpacked and not installed: no service starts.
debian() {
    mkdir "$folder/debian" && cd "$folder/debian" && apt-get download prometheus slowhttptest \
        && for each in *.deb; do dpkg -x "$each" . || return; done && rm ./*.deb
}

toxiproxy() {
    GOBIN="$folder/toxiproxy" CGO_ENABLED=0 go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0
}

# Its last release that works is for Python 2.
autobahn() {
    local python2
    python2=$(ls /usr/bin/python2.7 ~/.pyenv/versions/2.7.*/bin/python2.7 2>/dev/null | head -n 1)
    "$python2" -m pip install --disable-pip-version-check --target "$folder/autobahn" autobahntestsuite==0.8.2 \
        && ln -s "$python2" "$folder/autobahn/python2"
}

for group in "${@:-clients}"; do
    case "$group" in
        clients) part python; part node ;;
        tools) part debian; part toxiproxy; part autobahn ;;
        *) echo "usage: $0 [clients] [tools]" >&2; exit 2 ;;
    esac
done
exit $failed
