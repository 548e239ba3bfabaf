#!/bin/sh
# Every header compiles alone, and its guard is its path. Headers of a core
# compile as strict C11, where POSIX declares nothing.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

bad=0
complain() {
	echo "$1: $2"
	bad=1
}

hosts='src/io/*|src/lt/*|swarm/client/*|tracker/daemon/*|tools/*'
for h in $(sources src swarm tracker tools test); do
	eval "case \$h in
	*.c | *.cpp) continue ;;
	$hosts)
		[ \"\${SP_CORE_ONLY:-no}\" = no ] || continue
		flags=-D_GNU_SOURCE ;;
	test/*) flags=-D_GNU_SOURCE ;;
	*) flags= ;;
	esac"
	guard=$(echo "$h" | tr 'a-z/.-' 'A-Z___')
	$awk -v g="$guard" '
	    NF == 0 { next }
	    { last = $0; n++ }
	    n == 1 && $0 != "#ifndef " g { bad = 1 }
	    n == 2 && $0 != "#define " g { bad = 1 }
	    END { exit bad || last !~ /^#endif/ }' "$top/$h" ||
		complain "$h" "guard is not $guard around everything"
	printf '#include "%s"\n' "${h#src/}" |
	    $cc -std=c11 -Wall -Werror -fsyntax-only $flags \
		${SP_CPPFLAGS:--I$top -I$top/src} -x c - ||
		complain "$h" "does not compile alone"
done
exit $bad
