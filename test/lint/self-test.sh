#!/bin/sh
# The gates work: each is silent on a small clean tree, and each fault that
# is planted in a copy of it makes its gate fail and name the fault.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
seen=0

# A tree that every gate likes, in $t, and its build directory $t/b.
plant() {
	t=$tmp/tree
	[ ! -d "$t" ] || chmod -R u+w "$t"
	rm -rf "$t"
	mkdir -p "$t/src/base" "$t/src/wire" "$t/swarm" "$t/tracker" \
	    "$t/test/golden" "$t/man" "$t/b"
	cp -R "$lint" "$t/test/lint"
	chmod -R u+w "$t"
	cp "$top/.clang-format" "$t"
	sed '/^[^#]/d' "$lint/size.exceptions" >"$t/test/lint/size.exceptions"
	echo 'L += man/prog.1 src/wire/peerwire.h' >"$t/swarm/local.mk"
	for m in src/base/a src/wire/b swarm/c tracker/d; do
		echo "L += $m.c $m.h" >>"$t/swarm/local.mk"
		g=$(echo "$m" | tr 'a-z/' 'A-Z_')_H
		f=${m##*/}_get
		printf '#ifndef %s\n#define %s\n\nint %s(int x);\n\n#endif\n' \
		    "$g" "$g" "$f" >"$t/$m.h"
		printf '#include "%s.h"\n\n#include <string.h>\n\n' \
		    "${m#src/}" >"$t/$m.c"
		printf 'int\n%s(int x)\n{\n\treturn x + 1;\n}\n' "$f" \
		    >>"$t/$m.c"
	done
	{
		echo '#ifndef SRC_WIRE_PEERWIRE_H'
		echo '#define SRC_WIRE_PEERWIRE_H'
		printf '\n#define PW_MSG_LIST(X) X(PING, 1, "")\n\n#endif\n'
	} >"$t/src/wire/peerwire.h"
	echo 00 >"$t/test/golden/pw_ping.hex"
	echo ping >"$t/test/golden/pw_ping.exp"
	cat >"$t/man/prog.1" <<-'EOF'
	.Dd January 1, 2026
	.Dt PROG 1
	.Os
	.Sh NAME
	.Nm prog
	.Nd does nothing
	.Sh DESCRIPTION
	.Bl -tag -width Ds
	.It Fl p , Fl -port Ar port
	The port.
	.El
	EOF
	printf '#!/bin/sh\nprintf "p\\tport\\t80\\tThe port.\\n"\n' >"$t/b/prog"
	printf 'printf "port\\tport\\t80\\tThe port.\\n"\n' >>"$t/b/prog"
	chmod +x "$t/b/prog"
}

# The archives of the planted tree; members are compiled as they stand.
archive() {
	for m in base:src/base/a wire:src/wire/b swarm:swarm/c \
	    track:tracker/d; do
		o=$t/b/${m%%:*}.o
		$cc -I"$t" -I"$t/src" -c "$t/${m#*:}.c" -o "$o"
		l=$t/b/libsp${m%%:*}.a
		case $m in
		swarm* | track*) l=$t/b/lib${m%%:*}.a ;;
		esac
		rm -f "$l"
		${AR:-ar} cr "$l" "$o"
	done
}

# gate NAME: runs it on the planted tree; status in $rc, text in $tmp/out.
gate() {
	rc=0
	top_srcdir=$t top_builddir=$t/b SP_CPPFLAGS="-I$t -I$t/src" \
	    SP_PROGRAMS=prog SP_INSTRUMENTED=no SP_CORE_ONLY=no \
	    sh "$t/test/lint/check-$1.sh" >"$tmp/out" 2>&1 || rc=$?
	[ $rc -ne 77 ] || echo "check-$1: $(cat "$tmp/out")"
}

# clean NAME: the gate likes the clean tree.
clean() {
	plant
	[ "$1" != purity ] || archive
	gate "$1"
	seen=$((seen + 1))
	[ $rc -eq 0 ] || [ $rc -eq 77 ] || {
		echo "check-$1 complains about a clean tree:"
		cat "$tmp/out"
		bad=1
	}
}

# fault NAME WORD SHELL-COMMAND: with the fault that the command plants (in
# the tree, its working directory) the gate fails and its text has WORD.
fault() {
	plant
	(cd "$t" && eval "$3")
	[ "$1" != purity ] || archive
	gate "$1"
	seen=$((seen + 1))
	[ $rc -ne 77 ] || return 0
	if [ $rc -eq 0 ]; then
		echo "check-$1 does not see: $3"
		bad=1
	elif ! grep -qF -- "$2" "$tmp/out"; then
		echo "check-$1 fails, but not with '$2', for: $3"
		cat "$tmp/out"
		bad=1
	fi
}

lines() {
	$awk -v n="$1" 'BEGIN { while (n-- > 0) print "\tx++;" }'
}
body() {
	printf 'int\nlong_one(int x)\n{\n'
	lines $(($1 - 1))
	printf '\treturn x;\n}\n'
}

clean includes
fault includes '<stdio.h> is not allowed' \
    'echo "#include <stdio.h>" >>src/base/a.c'
fault includes '"swarm/c.h" is not allowed' \
    'echo "#include \"swarm/c.h\"" >>tracker/d.c'
fault includes '"wire/b.h" is not allowed' \
    'echo "# include \"wire/b.h\"" >>src/base/a.h'
fault includes '"base/none.h" does not exist' \
    'echo "#include \"base/none.h\"" >>swarm/c.c'
fault includes 'not relative' 'echo "#include \"a.h\"" >>src/base/a.c'
fault includes '"swarm/c.h" must come first' \
    '{ echo "#include <string.h>"; cat swarm/c.c; } >x && mv x swarm/c.c'
fault includes 'no line of includes.allow' \
    'mkdir src/new && cp src/base/a.h src/new/'
fault includes 'computed include' 'echo "#include X" >>swarm/c.c'

clean purity
fault purity 'time is not in' \
    'echo "long time(void *); long t(void) { return time(0); }" >>swarm/c.c'
fault purity 'malloc is not in' \
    'echo "void *malloc(unsigned long);
    void *t(void) { return malloc(9); }" >>src/wire/b.c'
fault purity 'printf is not in' \
    'echo "int printf(const char *, ...);
    int t(int x) { return printf(\"%d\", x); }" >>tracker/d.c'
fault purity 'crypto_sign_keypair is not in' \
    'echo "int crypto_sign_keypair(void);
    int t(void) { return crypto_sign_keypair(); }" >>swarm/c.c'
fault purity 'c_get is above, in swarm' \
    'echo "int c_get(int); int t(void) { return c_get(1); }" >>tracker/d.c'
fault purity 'b_get is above, in wire' \
    'echo "int b_get(int); int t(void) { return b_get(1); }" >>src/base/a.c'

clean headers
fault headers 'does not compile alone' \
    'sed "s/int x/size_t x/" swarm/c.h >x && mv x swarm/c.h'
fault headers 'guard is not SWARM_C_H' \
    'sed "s/SWARM_C_H/C_H/" swarm/c.h >x && mv x swarm/c.h'
fault headers 'guard is not SRC_BASE_A_H' \
    'echo "int late;" >>src/base/a.h'
# Only where there is a C++ compiler.
[ "${SP_LT_CFLAGS:-no}" = no ] || {
	fault headers 'src/lt/x.hpp: does not compile alone' \
	    'mkdir src/lt && sed "s/int x/std::string x/; s/BASE_A_H/LT_X_HPP/" \
	    src/base/a.h >src/lt/x.hpp'
	fault headers 'guard is not SRC_LT_X_HPP' \
	    'mkdir src/lt && cp src/base/a.h src/lt/x.hpp'
}

clean size
fault size 'swarm/c.c: 607 lines' 'lines 598 >>swarm/c.c'
fault size 'swarm/c.c:long_one: 81 lines' 'body 81 >>swarm/c.c'
fault size 'test/long.c: 601 lines' 'lines 601 >test/long.c'
fault size 'src/lt/x.cpp: 601 lines' 'mkdir src/lt && lines 601 >src/lt/x.cpp'
fault size 'src/lt/x.cpp:long_one: 81 lines' \
    'mkdir src/lt && body 81 >src/lt/x.cpp'
fault size 'c_get is not needed any more' \
    'echo "swarm/c.c:c_get 90 why" >>test/lint/size.exceptions'
fault size 'long_one: 91 lines, exception is for 90' 'body 91 >>swarm/c.c
    echo "swarm/c.c:long_one 90 why" >>test/lint/size.exceptions'
fault size 'no reason' \
    'echo "swarm/c.c:c_get 90" >>test/lint/size.exceptions'

clean lists
fault lists 'swarm/e.c: in no' 'cp swarm/c.c swarm/e.c'
fault lists 'man/new.5: in no' 'cp man/prog.1 man/new.5'
fault lists 'test/lint/new.sh: in no' 'cp test/lint/lib.sh test/lint/new.sh'
fault lists 'tracker/d.c: in no' \
    'sed "s/.*tracker/# &/" swarm/local.mk >x && mv x swarm/local.mk'

clean style
fault style 'floating point' 'echo "static double d;" >>swarm/c.c'
fault style 'unfinished' 'echo "/* TO""DO: more */" >>swarm/c.c'
fault style 'labels' 'echo "err:" >>swarm/c.c'
fault style 'typedef' 'echo "typedef struct c c_t;" >>swarm/c.h'
fault style 'blanks' 'echo "int x; " >>swarm/c.c'

clean format
fault format 'swarm/c.c' 'echo "int  y ;" >>swarm/c.c'
fault format 'src/lt/x.cpp' 'mkdir src/lt && echo "int  y ;" >src/lt/x.cpp'

clean man
fault man 'no such page' 'rm man/prog.1'
fault man 'prog.1' 'echo ".Nonsense" >>man/prog.1'

clean options
fault options 'prog has no option port' \
    'sed 3d b/prog >x && cat x >b/prog'
fault options 'prog has no option p' \
    'sed 2d b/prog >x && cat x >b/prog'
fault options 'option q of prog is missing' \
    'echo "printf \"port, -q\\\\targ\\\\n\"" >>b/prog'
fault options 'option quick of prog is missing' \
    'echo "echo quick" >>b/prog'
fault options '--dump-options fails' 'echo "exit 1" >>b/prog'
fault options 'prints nothing' 'echo "#!/bin/sh" >b/prog'

clean limits
fault limits 'LIM_X 6' 'echo "#define LIM_X (2 * 3)" \
    >src/wire/limits.h'

clean golden
fault golden 'pw_ping.exp: missing' 'rm test/golden/pw_ping.exp'
fault golden 'pw_pong.hex: missing' \
    'sed "s/X(PING, 1, \"\")/& X(PONG, 2, \"\")/" src/wire/peerwire.h >x
    mv x src/wire/peerwire.h'
fault golden 'no PW_MSG_LIST' 'echo >src/wire/peerwire.h'

echo "$seen gate runs"
exit $bad
