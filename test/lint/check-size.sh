#!/bin/sh
# .c and .cpp files: 400 lines warn, 600 fail; function bodies: 40 warn, 80 fail.
# Under test/ only the 600. What is listed in size.exceptions may have the
# size written there.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

{
	sources src swarm tracker tools | grep '\.c\(pp\)\{0,1\}$' || :
	sources test | grep '\.c\(pp\)\{0,1\}$' || :
} | (cd "$top" && $awk -v table="test/lint/size.exceptions" '
function read_table(    line, f)
{
	while ((getline line < table) > 0) {
		if (line ~ /^[ \t]*(#|$)/)
			continue
		if (split(line, f, /[ \t]+/) < 3) {
			print table ": no reason: " line
			bad = 1
		}
		listed[f[1]] = f[2]
	}
}

function judge(what, size, soft, hard)
{
	if (size <= hard) {
		if (size > soft)
			print what ": warning: " size " lines, soft limit " soft
		return
	}
	used[what] = 1
	if (!(what in listed)) {
		print what ": " size " lines, hard limit " hard
		bad = 1
	} else if (size > listed[what]) {
		print what ": " size " lines, exception is for " listed[what]
		bad = 1
	}
}

function measure(    line, name, start, n)
{
	while ((getline line < file) > 0) {
		n++
		if (match(line, /^[A-Za-z_][A-Za-z0-9_]*\(/))
			name = substr(line, 1, RLENGTH - 1)
		if (line ~ /^{/)
			start = n
		if (line ~ /^}/ && start > 0) {
			if (file !~ /^test\//)
				judge(file ":" name, n - start - 1, 40, 80)
			start = 0
		}
	}
	close(file)
	judge(file, n, file ~ /^test\// ? 600 : 400, 600)
}

BEGIN { read_table() }
{ file = $0; measure() }
END {
	for (what in listed)
		if (!(what in used)) {
			print table ": " what " is not needed any more"
			bad = 1
		}
	exit bad
}
')
