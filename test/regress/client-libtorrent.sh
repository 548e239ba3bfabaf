#!/bin/sh
# libtorrent's clients find each other through spate-tracker, by HTTP and UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin
exchange libtorrent
