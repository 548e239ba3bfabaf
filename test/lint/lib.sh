# Sourced by the gates: where the tree is and what is in it.

top=$(cd "${top_srcdir:-.}" && pwd)
build=$(cd "${top_builddir:-$top/build}" 2>/dev/null && pwd) || build=
awk=${AWK:-awk}
cc=${CC:-cc}
lint=$top/test/lint

# C and C++ files below the given folders, one per line, relative to $top.
sources() {
	(cd "$top" && for d; do
		[ ! -d "$d" ] || find "$d" -type f -name '*.[ch]' -print
		[ ! -d "$d" ] || find "$d" -type f -name '*.[ch]pp' -print
	done | LC_ALL=C sort)
}

# skip WHY: the gate cannot run here.
skip() {
	echo "${0##*/}: skipped: $*"
	exit 77
}
