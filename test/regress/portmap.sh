#!/bin/sh
# A viewer and a seeder ask a home router for their ports, by UPnP, NAT-PMP and
# PCP, give them back when they leave, and live on when it refuses; and ask
# nobody when they are told so. The router is gateway.py, in a namespace.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "$tools/gatelib.sh"
gateway_net "$top/test/regress/portmap.sh"
begin
nm "$build/libsplt.a" 2>/dev/null | grep -q 'T lt_map_port' &&
    ldd "$build/spate" | grep -q torrent || skip "built without libtorrent"

# viewer OPTION...: with peer port 4711, until its status page is there.
viewer() {
	spawn viewer "$build/spate" --port 8001 --peer-port 4711 --dht no \
	    --ephemeral --wait 60s --log-level info "$@" "$link"
	await 5 port_open 8001 || fail "no viewer"
}

viewer_stop() {
	signal viewer TERM
	stop viewer >/dev/null
}

reach() {
	curl -s http://127.0.0.1:8001/status.json | jq -c .reach
}

mapped() {
	[ "$(reach | jq -c '[.mapped, .port, .why]')" = '[true,4711,""]' ]
}

# Nothing of libtorrent's listens: of TCP the tracker, and the viewer's own; and
# the gateway has no port of it left, WAY.
quiet() {
	[ "$(awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp \
	    /proc/net/tcp6 | sort -u | tr '\n' ' ')" = "1267 1B39 1F41 " ] &&
	    asked "^$1 add tcp" && [ "$(grep -c "^$1 add" "$dir/gateway.log")" \
	    -eq $(($(grep -c "^$1 del" "$dir/gateway.log") + 1)) ]
}

# maps WAY NAME: a viewer has its port mapped that way, and gives it back.
maps() {
	gateway_start "$1"
	viewer
	await 20 mapped || fail "$1: not mapped: $(reach)"
	asked "^$1 add tcp 4711 4711" ||
	    fail "$1: $(cat "$dir/gateway.log")"
	[ "$(reach | jq -r .by)" = "$2" ] || fail "$1: $(reach)"
	await 10 quiet "$1" || fail "$1: $(cat "$dir/gateway.log" /proc/net/tcp)"
	viewer_stop
	await 5 asked "^$1 del tcp" ||
	    fail "$1: the port was not given back: $(cat "$dir/gateway.log")"
	grep -q "reach: the gateway maps the port port=4711 external=4711 by=$2" \
	    "$dir/viewer.out" || fail "$1: nothing in the log"
	gateway_stop
	say "$1: mapped, and given back"
}

ip link set lo up
tracker_port=6969
tracker=http://127.0.0.1:6969/announce
origin=http://127.0.0.1:8000
spawn tracker "$build/spate-tracker" --listen 127.0.0.1:6969
await 5 port_open 6969 || fail "no tracker"
channel_create

maps upnp upnp
maps natpmp natpmp
maps pcp natpmp

gateway_start upnp refuse
viewer
await 20 asked 'upnp refuse tcp' || fail "refuse: it was not asked"
was_refused() {
	[ "$(reach | jq -c '[.mapped, .why]')" = '[false,"Action Failed"]' ]
}
await 10 was_refused || fail "refuse: $(reach)"
say "refused: $(reach)"
viewer_stop
gateway_stop

# Where the gateway gives another port, a tracker outside is told that one, and
# that nobody is at ours any more; one of our own network is told ours alone.
cat >"$dir/tracker.py" <<'END'
import sys, urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

class Tracker(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path != "/announce":
            self.send_error(404)
            return
        q = dict(urllib.parse.parse_qsl(url.query, encoding="latin-1"))
        print("told", q["port"], q.get("event", "none"), flush=True)
        body = b"d8:intervali1800e5:peers0:e"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

HTTPServer((sys.argv[1], 6970), Tracker).serve_forever()
END
told() {
	[ "$(grep told "$dir/$1.out" | grep -v none | tr '\n' ' ')" = "$2" ]
}
gateway_start natpmp other
router ip addr add 203.0.113.1/32 dev lo
for n in far,203.0.113.1 near,10.77.0.1; do
	spawn ${n%,*} nsenter -t "$(pid_of router)" -n python3 \
	    "$dir/tracker.py" ${n#*,}
done
for n in 203.0.113.1 10.77.0.1; do
	await 10 router python3 -c \
	    "import socket; socket.create_connection((\"$n\", 6970))" ||
	    fail "no tracker at $n"
done
viewer --tracker http://203.0.113.1:6970/announce \
    --tracker http://10.77.0.1:6970/announce
other_port() {
	[ "$(reach | jq -c '[.mapped, .port]')" = '[true,5711]' ]
}
await 20 other_port || fail "another port: $(reach)"
await 20 told far \
    "told 4711 started told 4711 stopped told 5711 started " ||
    fail "a tracker outside: $(cat "$dir/far.out")"
viewer_stop
await 10 told far "told 4711 started told 4711 stopped told 5711 started \
told 5711 stopped " || fail "at the end, outside: $(cat "$dir/far.out")"
await 10 told near "told 4711 started told 4711 stopped " ||
    fail "one of our own network: $(cat "$dir/near.out")"
stop far
stop near
gateway_stop
say "another port: $(tail -n 2 "$dir/far.out" | tr '\n' ' ')"

# Who is told not to does not ask, whatever there is.
gateway_start upnp natpmp pcp
for option in --no-port-map --lan; do
	viewer $option
	sleep 3
	[ "$(reach)" = null ] || fail "$option: $(reach)"
	! asked ' add ' || fail "$option: $(cat "$dir/gateway.log")"
	viewer_stop
done
say "not asked with --no-port-map or --lan"

# A seeder that uploads.
mkdir "$dir/live"
{
	echo '#EXTM3U'
	echo '#EXT-X-TARGETDURATION:2'
	echo '#EXTINF:2,'
	echo s0.ts
} >"$dir/live/index.m3u8"
head -c 1000 /dev/zero >"$dir/live/s0.ts"
spawn seeder "$build/spate-seed" --key "$dir/key" --peer-port 4712 \
    --upload 1Mbit/s --dht no --status-listen 127.0.0.1:8002 \
    "$dir/live/index.m3u8"
seed_mapped() {
	[ "$(curl -s http://127.0.0.1:8002/status |
	    jq -c '[.reach.mapped, .reach.port]')" = '[true,4712]' ]
}
await 20 seed_mapped ||
    fail "seeder: $(curl -s http://127.0.0.1:8002/status | jq -c .reach)"
asked 'add tcp 4712 4712' || fail "seeder: $(cat "$dir/gateway.log")"
signal seeder TERM
stop seeder >/dev/null
await 5 asked 'del tcp 4712' ||
    fail "seeder: the port was not given back: $(cat "$dir/gateway.log")"
say "the seeder's port was mapped, and given back"
