#!/bin/sh
# Small rules that a pattern can see: no floating point in a core, no
# unfinished work, no labels but out and fail, no typedef of a struct, no
# blanks at the end of a line.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

sources src swarm tracker tools test | (cd "$top" && $awk '
function complain(text)
{
	print file ":" n ": " text
	bad = 1
}

function check(    line, code, core)
{
	n = 0
	core = file ~ /^(src\/base|src\/wire|swarm|tracker)\/[^\/]*$/
	while ((getline line < file) > 0) {
		n++
		if (line ~ /[ \t]$/)
			complain("blanks at the end of the line")
		if (line ~ /(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/)
			complain("unfinished work")
		code = line
		gsub(/\/\*.*\*\//, "", code)
		if (code ~ /^[ \t]*(\/\*|\*)/)
			continue
		gsub(/"([^"\\]|\\.)*"/, "", code)
		if (core && code ~ /(^|[^A-Za-z0-9_])(float|double)([^A-Za-z0-9_]|$)/)
			complain("floating point in a core")
		if (code ~ /^[a-z_]+:$/ && code !~ /^(out|fail|default):$/)
			complain("labels are out or fail")
		if (code ~ /^[ \t]*typedef[ \t]+(struct|union)([ \t]|$)/)
			complain("typedef of a struct")
	}
	close(file)
}

{ file = $0; check() }
END { exit bad }
')
