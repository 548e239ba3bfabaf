# Sourced by the tests: a private directory, processes with names, an origin,
# a channel, a swarm. Everything is started by pid and ended by pid; logs stay
# when the test fails (or with KEEP=1).

top=$(cd "${top_srcdir:-.}" && pwd)
build=$(cd "${top_builddir:-$top/build}" && pwd)
tools=$top/test/regress
test_name=${0##*/}
test_name=${test_name%.sh}
export PYTHONDONTWRITEBYTECODE=1

say() {
	echo "$test_name: $*"
}

# skip WHY: cannot run here.
skip() {
	say "skipped: $*"
	exit 77
}

fail() {
	say "FAIL: $*"
	exit 1
}

# need PROGRAM...: skips when one is not there.
need() {
	local n
	for n; do
		command -v "$n" >/dev/null || skip "no $n here"
	done
}

# need_modules NAME...: of npm, in $modules.
need_modules() {
	local n
	need node
	modules=${NODE_PATH:-$build/npm/node_modules}
	for n; do
		[ -d "$modules/$n" ] || skip "no $n in $modules: ./bootstrap" \
		    "check fetches it, or NODE_PATH names where it is"
	done
}

# need_browser: Chromium, and hls.js with what drives it, in $modules.
need_browser() {
	need chromium
	need_modules hls.js playwright-core
	CHROMIUM=$(command -v chromium)
	export CHROMIUM
}

# begin: the directory, and what happens at the end.
begin() {
	local n
	for n in spate spate-seed spate-channel spate-tracker; do
		[ -x "$build/$n" ] || fail "$build/$n is not built"
	done
	dir=$(mktemp -d "${TMPDIR:-/tmp}/spate-$test_name.XXXXXX")
	procs=
	mounts=
	at_end=:
	cpu_begun=$(cpu_times)
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

finish() {
	rc=$?
	trap - EXIT
	trap '' INT TERM HUP
	set +e
	for n in $procs; do
		signal "$n" TERM
	done
	for n in $procs; do
		stop "$n" >/dev/null
	done
	$at_end
	for n in $mounts; do
		umount "$n"
	done
	case $rc in
	0 | 77 | 130) ;;
	*)
		show_logs
		KEEP=1
		not_judged && rc=77
		;;
	esac
	if [ -n "${KEEP:-}" ]; then
		say "kept: $dir"
	else
		rm -rf "$dir"
	fi
	exit $rc
}

# cpu_times: what was stolen (used by other guests of the host), and all, in
# ticks since the machine started.
cpu_times() {
	awk '/^cpu / { for (i = 2; i <= 9; i++) n += $i; print $9, n }' \
	    /proc/stat
}

# not_judged: a test that failed, for the second time (AGAIN), while the host
# of this virtual machine gave a fifth of its time to others. Real time was not
# to be had; but wrong bytes (status 3) and crashes are what they are.
not_judged() {
	local stolen
	stolen=$(echo "$cpu_begun $(cpu_times)" |
	    awk '{ printf "%d", 100 * ($3 - $1) / ($4 - $2 + 1) }')
	say "$stolen % of the processors' time went to other machines"
	[ -n "${AGAIN:-}" ] && [ "$stolen" -ge 20 ] && [ $rc -eq 1 ] &&
	    ! grep -Eqs 'Sanitizer|runtime error|Segmentation' "$dir"/*.out &&
	    say "skipped: failed twice, but on such a machine it shows nothing"
}

show_logs() {
	local n
	for n in "$dir"/*.out; do
		[ -s "$n" ] || continue
		echo "---- ${n##*/}, its end"
		tail -n 12 "$n" | cut -c 1-300
	done
}

# ---- processes ----

# spawn NAME COMMAND...: in the background; output in $dir/NAME.out.
spawn() {
	local n=$1
	shift
	"$@" >>"$dir/$n.out" 2>&1 </dev/null &
	echo $! >"$dir/$n.pid"
	case " $procs " in
	*" $n "*) ;;
	*) procs="$n $procs" ;;
	esac
}

pid_of() {
	cat "$dir/$1.pid"
}

# alive NAME: runs, and is not a zombie.
alive() {
	grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$(pid_of "$1")/status"
}

# signal NAME SIGNAL
signal() {
	! alive "$1" || kill -s "$2" "$(pid_of "$1")" 2>/dev/null || :
}

gone() {
	! alive "$1"
}

# stop NAME [SIGNAL]: ends it, with -9 after 5 s; its status is in $status.
stop() {
	signal "$1" "${2:-TERM}"
	status=0
	if ! await 4 gone "$1"; then
		say "$1 does not end; killed"
		signal "$1" KILL
		await 2 gone "$1" || :
	fi
	wait "$(pid_of "$1")" 2>/dev/null || status=$?
}

# await SECONDS COMMAND...: until it succeeds; 1 if it does not even in three times
# as long, for the machine may be slow or busy.
await() {
	local ticks=$(($1 * 60))
	shift
	while ! "$@" 2>/dev/null; do
		[ $ticks -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

# ports N: free TCP ports of 127.0.0.1, below those that the kernel gives out.
ports() {
	python3 - "$1" <<-'END'
	import random, socket, sys
	socks = []
	while len(socks) < int(sys.argv[1]):
	    s = socket.socket()
	    try:
	        s.bind(("127.0.0.1", random.randrange(15000, 32000)))
	        socks.append(s)
	    except OSError:
	        s.close()
	print(*(s.getsockname()[1] for s in socks))
	END
}

port_open() {
	python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))"
}

# udp_open PORT: somebody listens there.
udp_open() {
	grep -qi ":$(printf %04X "$1") " /proc/net/udp /proc/net/udp6
}

# ---- origin ----

# origin_conf PORT [ADDRESS]: nginx as we run it.
origin_conf() {
	cat <<-END
	daemon off;
	master_process off;
	pid $dir/nginx.pid-file;
	error_log $dir/nginx.err warn;
	events { worker_connections 512; }
	http {
		types {
			application/vnd.apple.mpegurl m3u8;
			video/mp2t ts;
			video/iso.segment m4s;
			video/mp4 mp4;
		}
		default_type application/octet-stream;
		log_format regress '\$msec\t\$request_time\t\$status\t'
		    '\$body_bytes_sent\t\$request_method\t\$uri\t'
		    '\$http_range\t\$http_user_agent\t\$remote_addr\t'
		    '\$connection';
		access_log $dir/access.log regress;
		client_body_temp_path $dir/nginx-tmp;
		proxy_temp_path $dir/nginx-tmp;
		fastcgi_temp_path $dir/nginx-tmp;
		uwsgi_temp_path $dir/nginx-tmp;
		scgi_temp_path $dir/nginx-tmp;
		server {
			listen ${2:-127.0.0.1}:$1;
			root $dir/origin;
			$origin_options
		}
	}
	END
}

origin_options=

# origin_start: nginx serving $dir/origin; again after a stop, same port.
origin_start() {
	if [ -z "${origin_port:-}" ]; then
		origin_port=$(ports 1)
		origin=http://127.0.0.1:$origin_port
		mkdir -p "$dir/origin"
		origin_conf "$origin_port" >"$dir/nginx.conf"
	fi
	spawn nginx nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/nginx.err"
	await 5 port_open "$origin_port" || fail "nginx does not start"
}

# ---- channel ----

# source_start KIND BITRATE: ffmpeg writes a live channel below $dir/origin;
# $playlist is its path there. Old segments stay, for the comparison.
segment_seconds=1
source_options=
source_start() {
	local rate=$2 enc hls one
	enc="-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p
	    -sc_threshold 0 -g 25 -keyint_min 25 -threads 1
	    -c:a aac -b:a 96k -ac 2"
	hls="-f hls -hls_time $segment_seconds -hls_list_size 10
	    -hls_flags independent_segments+program_date_time+temp_file"
	one="-b:v $rate -maxrate $rate -bufsize $rate $source_options"
	playlist=live/index.m3u8
	mkdir -p "$dir/origin/live"
	case $1 in
	ts)
		set -- $enc $one $hls \
		    -hls_segment_filename "$dir/origin/live/seg%06d.ts" \
		    "$dir/origin/live/index.m3u8"
		;;
	aes)
		key_files
		set -- $enc $one $hls -hls_key_info_file "$dir/key.info" \
		    -hls_segment_filename "$dir/origin/live/seg%06d.ts" \
		    "$dir/origin/live/index.m3u8"
		;;
	abr)
		playlist=live/master.m3u8
		set -- -filter_complex \
		    "[0:v]split=3[a][b0][c0];[b0]scale=480:270[b];[c0]scale=320:180[c]" \
		    -map "[a]" -map "[b]" -map "[c]" -map 1:a -map 1:a -map 1:a \
		    $enc \
		    -b:v:0 900k -maxrate:v:0 900k -bufsize:v:0 900k \
		    -b:v:1 500k -maxrate:v:1 500k -bufsize:v:1 500k \
		    -b:v:2 250k -maxrate:v:2 250k -bufsize:v:2 250k \
		    $hls -hls_segment_type fmp4 \
		    -hls_fmp4_init_filename init.mp4 \
		    -master_pl_name master.m3u8 -master_pl_publish_rate 1 \
		    -var_stream_map "v:0,a:0,name:hi v:1,a:1,name:mid v:2,a:2,name:lo" \
		    -hls_segment_filename "$dir/origin/live/%v/seg%06d.m4s" \
		    "$dir/origin/live/%v/index.m3u8"
		;;
	esac
	spawn source ffmpeg -hide_banner -loglevel warning -nostats -nostdin \
	    -re -f lavfi -i "testsrc2=size=640x360:rate=25" \
	    -re -f lavfi \
	    -i "sine=frequency=440:sample_rate=48000:beep_factor=4" \
	    -t 900 "$@"
	await 20 source_is_there || fail "ffmpeg writes no channel"
}

# Enough segments everywhere for a viewer to begin at once.
source_is_there() {
	[ -s "$dir/origin/$playlist" ] && find "$dir/origin/live" \
	    -name 'seg000004.*' | grep -q . && alive source
}

# A key at the origin, named by a relative URI.
key_files() {
	mkdir -p "$dir/origin/live"
	head -c 16 /dev/urandom >"$dir/origin/live/enc.key"
	printf '%s\n' enc.key "$dir/origin/live/enc.key" \
	    00112233445566778899aabbccddeeff >"$dir/key.info"
}

# ---- swarm ----

tracker_start() {
	if [ -z "${tracker_port:-}" ]; then
		tracker_port=$(ports 1)
		tracker=http://127.0.0.1:$tracker_port/announce
	fi
	spawn tracker "$build/spate-tracker" --listen \
	    "127.0.0.1:$tracker_port" $tracker_options
	await 5 port_open "$tracker_port" || fail "no tracker"
}
tracker_options=

# need_websocket: of the tracker that runs; 426: it asks for a version.
need_websocket() {
	local code
	code=$(curl -sS -m 5 -o "$dir/upgrade" -w '%{http_code}' \
	    -H 'Connection: Upgrade' -H 'Upgrade: websocket' "$tracker")
	[ "$code" != 501 ] || skip "built without wslay"
	[ "$code" = 426 ] || fail "WebSocket without a version: $code"
}

# channel_create: the key, $dir/key, and the link, $link.
channel_options=
channel_create() {
	"$build/spate-channel" create --name "$test_name" \
	    --tracker "$tracker" $channel_options \
	    --origin "$origin/live/" "$dir/key" \
	    >"$dir/create.out" 2>&1 || fail "spate-channel create"
	link=$("$build/spate-channel" link "$dir/key")
}

# seeder_start: of the origin's URL, or with seed_from=directory of the
# encoder's directory, serving as a peer.
seeder_start() {
	local what="$origin/$playlist"
	[ "$seed_from" = url ] || what="--upload 3Mbit/s $dir/origin/$playlist"
	spawn seeder $run_seeder "$build/spate-seed" --lan --no-lsd --key "$dir/key" \
	    $seed_options $what
}
seed_from=url
seed_options=
run_seeder=

# viewer_start I [OPTION...]: spate, for players on port $(viewer_port I).
viewer_start() {
	local i=$1
	shift
	date +%s.%N >"$dir/viewer$i.begun"
	spawn "viewer$i" $run_viewer "$build/spate" --port "$(viewer_port "$i")" --lan --no-lsd \
	    --ephemeral --status-interval 5s $viewer_options "$@" "$link"
}
viewer_options=
run_viewer=

# swarm_start N KIND: origin, source, tracker, key, seeder, ports for N viewers.
swarm_start() {
	origin_start
	source_start "$2" "$source_rate"
	tracker_start
	channel_create
	seeder_start
	viewer_ports "$1"
}

source_rate=900k

# viewers_up N SECONDS [FIRST]: viewers 1 to N, one after the other, with
# readers on FIRST (else 2) to N that wait for them.
viewers_up() {
	local i n=$1 seconds=$2 first=${3:-2}
	for i in $(seq "$first" "$n"); do
		read_with "$i" "$seconds"
	done
	sleep 1
	for i in $(seq "$n"); do
		viewer_start "$i"
		sleep 0.2
	done
}

# viewers_leave N...: with SIGINT; all must end well and report.
viewers_leave() {
	local i
	for i; do
		stop "viewer$i" INT
		[ $status -eq 0 ] || fail "viewer$i: status $status"
	done
}

# viewer_ready I: its port is open.
viewer_ready() {
	await 5 port_open "$(viewer_port "$1")" || fail "viewer$1 is not there"
}

# viewer_ports N: ports for N viewers, and their tees.
viewer_ports() {
	viewer_port_list=$(ports "$1")
	tee_port_list=$(ports "$1")
}

nth() {
	shift "$1"
	echo "$1"
}

viewer_port() {
	nth "$1" $viewer_port_list
}

tee_port() {
	nth "$1" $tee_port_list
}

# ---- players ----

# read_with I SECONDS [OPTION...]: hlsget on viewer I.
read_with() {
	local i=$1 seconds=$2
	shift 2
	spawn "hlsget$i" python3 "$tools/hlsget.py" --log "$dir/hlsget$i.log" \
	    --seconds "$seconds" --begun-file "$dir/viewer$i.begun" "$@" \
	    "http://127.0.0.1:$(viewer_port "$i")/index.m3u8"
}

# play_with ffmpeg|mpv I SECONDS [OPTION...]: through a tee, so that what it
# was given is known.
play_with() {
	local p=$1 i=$2 seconds=$3
	shift 3
	spawn "tee$i" python3 "$tools/tee.py" --listen "$(tee_port "$i")" \
	    --to "$(viewer_port "$i")" --log "$dir/$p$i.log"
	await 5 port_open "$(tee_port "$i")" || fail "no tee"
	spawn "$p$i" python3 "$tools/play.py" --log "$dir/$p$i.log" \
	    --seconds "$seconds" "$@" "$p" \
	    "http://127.0.0.1:$(tee_port "$i")/index.m3u8"
}

# players_done SECONDS NAME...: waits for them; their verdict is judge.py's.
players_done() {
	local bound=$1 n
	shift
	for n; do
		await "$bound" gone "$n" || say "$n is still there"
		stop "$n"
	done
}

# judge OPTION... PLAYER-LOG...
judge() {
	python3 "$tools/judge.py" --origin "$dir/origin" \
	    --access "$dir/access.log" "$@"
}

# counter I JQ-FILTER: from viewer I's /status.json.
counter() {
	curl -sS -m 5 "http://127.0.0.1:$(viewer_port "$1")/status.json" |
	    jq -r "$2"
}
