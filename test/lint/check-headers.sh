#!/bin/sh
# Every header compiles alone, and its guard is its path. Headers of a core
# compile as strict C11, where POSIX declares nothing; .hpp as C++17, where
# libtorrent is.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

bad=0
complain() {
	echo "$1: $2"
	bad=1
}

hosts='src/io/*|src/lt/*|swarm/client/*|tracker/daemon/*|tools/*'
for h in $(sources src swarm tracker tools test); do
	comp="$cc -std=c11 -x c"
	eval "case \$h in
	*.c | *.cpp) continue ;;
	*.hpp)
		[ \"\${SP_LT_CFLAGS:-no}\" != no ] || continue
		comp=\"\${CXX:-c++} -std=c++17 -x c++\"
		flags=\$SP_LT_CFLAGS ;;
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
	    $comp -Wall -Werror -fsyntax-only $flags \
		${SP_CPPFLAGS:--I$top -I$top/src} - ||
		complain "$h" "does not compile alone"
done
exit $bad
