#!/bin/sh
# The core archives reach nothing but each other, downwards, and what
# symbols.allow lists: so no clock, heap, socket, file, stdio or random.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

[ "${SP_INSTRUMENTED:-no}" = no ] || skip "instrumented build"

for a in base:libspbase.a wire:libspwire.a swarm:libswarm.a \
    tracker:libtrack.a; do
	[ -f "$build/${a#*:}" ] || {
		echo "$build/${a#*:}: not built"
		exit 1
	}
	# member name type
	LC_ALL=C ${NM:-nm} -g -P -A "$build/${a#*:}" 2>/dev/null |
	    $awk -v layer="${a%%:*}" '{ print layer, $1, $2, $3 }'
done | LC_ALL=C sort -u | $awk -v table="$lint/symbols.allow" '
function regex(p)
{
	gsub(/\*/, "[A-Za-z0-9_]*", p)
	return "^" p "$"
}

function read_table(    line)
{
	while ((getline line < table) > 0) {
		if (line ~ /^[ \t]*(#|$)/)
			continue
		npat++
		deny[npat] = sub(/^!/, "", line)
		pat[npat] = regex(line)
	}
}

function listed(name,    i)
{
	for (i = 1; i <= npat; i++)
		if (name ~ pat[i])
			return !deny[i]
	return 0
}

BEGIN {
	read_table()
	below["base"] = "base"
	below["wire"] = "base wire"
	below["swarm"] = "base wire swarm"
	below["tracker"] = "base wire tracker"
}

$4 ~ /^[Uwv]$/ {
	n++
	user[n] = $1
	where[n] = $2
	want[n] = $3
	next
}
{ def[$3] = $1 }

END {
	for (i = 1; i <= n; i++) {
		if (want[i] in def) {
			if (index(" " below[user[i]] " ",
			    " " def[want[i]] " ") == 0) {
				print where[i] " " want[i] " is above, in " \
				    def[want[i]]
				bad = 1
			}
		} else if (!listed(want[i])) {
			print where[i] " " want[i] " is not in symbols.allow"
			bad = 1
		}
	}
	exit bad
}'
