# Sourced by the tests of trackers that share state through Redis, after
# lib.sh.

mkrecord=$build/test/regress/mkrecord
hash=$("$mkrecord" hash 7)

# need_redis: servers, and a tracker that was built for them.
need_redis() {
	need redis-server redis-cli python3 curl
	"$build/spate-tracker" --redis redis://127.0.0.1 -n >/dev/null 2>&1 ||
	    skip "spate-tracker has no --redis"
}

# tracker_ports: $p1 to $p3, and $all, their URLs.
tracker_ports() {
	set -- $(ports 3)
	p1=$1 p2=$2 p3=$3
	all="http://127.0.0.1:$p1 http://127.0.0.1:$p2 http://127.0.0.1:$p3"
}

# tracker I: at $url, with $redis_options.
redis_options=
tracker() {
	eval "port=\$p$1"
	spawn "tracker$1" "$build/spate-tracker" --listen "127.0.0.1:$port" \
	    --redis "$url" $redis_options
	await 5 port_open "$port" || fail "tracker $1 does not start"
}

# trackers I...: and they have their connections.
trackers() {
	local i
	for i; do
		tracker $i
	done
	for i; do
		await 10 up $i || fail "tracker $i does not come up"
	done
}

# up I: tracker I has its connections.
up() {
	eval "port=\$p$1"
	curl -s -m 5 "http://127.0.0.1:$port/metrics" |
	    grep -q '^spate_tracker_redis_up 1$'
}

# records I: the numbers of the records that tracker I has.
records() {
	eval "port=\$p$1"
	curl -s -m 5 "http://127.0.0.1:$port/live/$hash/window$2" |
	    "$mkrecord" frames | sed -n 's/.*number=//p' | tr '\n' ' '
}

# has I N: tracker I has record N.
has() {
	case " $(records "$1" '')" in
	*" $2 "*) ;;
	*) return 1 ;;
	esac
}

# all_have N SECONDS [WHEN]: all three, in the end.
all_have() {
	local i
	for i in 1 2 3; do
		await "$2" has $i "$1" || fail "tracker $i lacks record $1${3:+: $3}"
	done
}

# publish I FIRST LAST [manifest=0]
publish() {
	eval "port=\$p$1"
	"$mkrecord" publish 7 first="$2" last="$3" "${4:-manifest=1}" \
	    >"$dir/body"
	curl -s -m 5 --data-binary "@$dir/body" \
	    "http://127.0.0.1:$port/live/$hash/publish" >"$dir/reply"
	! grep -aq 'failure reason' "$dir/reply" || fail "publish at $1: $(
	    tr -d '\000' <"$dir/reply")"
}
