# Sourced by the tests of spate-seed: a private directory in which they stay,
# processes in $pids that end with them.

# seed_begin PROGRAM...: which it needs.
seed_begin() {
	test_name=${0##*/}
	for tool; do
		command -v "$tool" >/dev/null || {
			echo "$test_name: skipped: no $tool"
			exit 77
		}
	done
	bin=$(cd "${top_builddir:-.}" && pwd)
	tmp=$(mktemp -d)
	cd "$tmp"
	pids=
	trap seed_end EXIT
}

seed_end() {
	for p in $pids; do
		kill -9 "$p" 2>/dev/null || :
	done
	rm -rf "$tmp"
}

fail() {
	echo "$test_name: $*" >&2
	tail -n 30 "$tmp"/*.log >&2 2>/dev/null || :
	exit 1
}

# until_ok SECONDS COMMAND...: waits for it to succeed.
until_ok() {
	left=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}
