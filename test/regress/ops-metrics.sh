#!/bin/bash
# /metrics as Prometheus wants it; the dashboard and the alerts ask for what is
# there, and the alerts come when they should.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/opslib.sh"

need curl jq promtool
begin

ops=$top/tracker/ops
mkrecord=$build/test/regress/mkrecord
hash=$("$mkrecord" hash 7)
tracker_up --admin-listen "127.0.0.1:$(ports 1)"
admin=$(sed -n 's,.*admin: listens on=,http://,p' "$dir/tracker.out")
"$mkrecord" publish 7 last=5 | curl -s -m 5 --data-binary @- -o /dev/null \
    "http://127.0.0.1:$port/live/$hash/publish"
for i in 1001 1002 1003; do
	announce $i >/dev/null
done
curl -s -m 5 -o /dev/null "http://127.0.0.1:$port/live/$hash/window"

curl -s -m 5 "$admin/metrics" >"$dir/metrics"
promtool check metrics <"$dir/metrics" >"$dir/check.out" 2>&1 ||
    fail "check metrics: $(cat "$dir/check.out")"
[ ! -s "$dir/check.out" ] || fail "check metrics: $(cat "$dir/check.out")"

# value NAME{LABELS}: its value.
value() {
	sed -n "s/^$1 //p" "$dir/metrics"
}
[ "$(value 'spate_tracker_requests_total{kind="announce"}')" = 3 ] ||
    fail "announces: $(grep announce "$dir/metrics")"
[ "$(value 'spate_tracker_peers{family="4"}')" = 3 ] || fail "peers"
[ "$(value 'spate_tracker_handling_seconds_bucket{le="+Inf"}')" = \
    "$(value spate_tracker_handling_seconds_count)" ] || fail "histogram"
[ "$(value spate_tracker_handling_seconds_count)" = 5 ] || fail "histogram"
[ "$(value process_resident_memory_bytes | cut -d. -f1)" -gt 1000000 ] ||
    fail "memory"

# Names that are told, or that a channel with viewers tells besides.
told() {
	sed -n 's/^# TYPE \([^ ]*\) histogram$/\1_bucket\n\1_sum\n\1_count/p
	    s/^# TYPE \([^ ]*\) .*/\1/p' "$dir/metrics"
	echo up
	grep -o '"[a-z_]*", "\(gauge\|counter\|summary\)"' \
	    "$top/tracker/daemon/report_channels.c" |
	    sed 's/^"\([^"]*\)".*/spate_channel_\1/'
}
told | LC_ALL=C sort -u >"$dir/told"

# asks FILE WHAT: all names that expressions of |stdin| use are told.
asks() {
	grep -o '\b\(spate\|process\)_[a-z_]*\|\bup\b' | LC_ALL=C sort -u \
	    >"$dir/asked"
	[ -s "$dir/asked" ] || fail "$1 asks for nothing"
	LC_ALL=C comm -23 "$dir/asked" "$dir/told" >"$dir/missing"
	[ ! -s "$dir/missing" ] || fail "$1 asks for $(cat "$dir/missing")"
	say "$1: $(wc -l <"$dir/asked") metrics, all there"
}

jq -e '.panels | length > 10' "$ops/grafana.json" >/dev/null ||
    fail "the dashboard has no panels"
[ -z "$(jq -r '[.panels[].id] | group_by(.)[] | select(length > 1)[0]' \
    "$ops/grafana.json")" ] || fail "two panels have one id"
jq -r '.panels[].targets[].expr, .templating.list[].query' \
    "$ops/grafana.json" | asks grafana.json
sed -n '/expr:/,/for:\|labels:/p' "$ops/alerts.yml" | grep -v 'for:\|labels:' |
    asks alerts.yml

# A query that Prometheus cannot read would show as an empty panel: as rules
# they are parsed.
{
	echo "groups: [{name: panels, rules: ["
	jq -r '.panels[].targets[].expr
	    | gsub("\\$__rate_interval"; "5m") | {record: "a:b", expr: .}
	    | tojson + ","' "$ops/grafana.json"
	echo "]}]"
} >"$dir/panels.yml"
# (Many of one name are a warning, and no error.)
promtool check rules --lint=none "$dir/panels.yml" >"$dir/check.out" 2>&1 ||
    fail "a panel's query: $(cat "$dir/check.out")"
promtool check rules "$ops/alerts.yml" >"$dir/check.out" 2>&1 ||
    fail "alerts: $(cat "$dir/check.out")"
cp "$ops/alerts.yml" "$ops/alerts-test.yml" "$dir"
(cd "$dir" && promtool test rules alerts-test.yml) >"$dir/check.out" 2>&1 ||
    fail "alerts: $(cat "$dir/check.out")"
for n in $(sed -n 's/.*- alert: //p' "$ops/alerts.yml"); do
	grep -q "alertname: $n" "$ops/alerts-test.yml" || fail "$n is not tested"
done
stop tracker
