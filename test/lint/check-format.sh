#!/bin/sh
# clang-format leaves every C file unchanged. Its output differs between
# major versions, so only the one of Debian 12 counts.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

cf=${CLANG_FORMAT:-clang-format}
v=$($cf --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$v" = 14 ] || skip "clang-format is ${v:-not there}, not 14"

files=$(sources src swarm tracker tools test)
[ -n "$files" ] || exit 0
cd "$top"
$cf --dry-run --Werror --style=file $files
