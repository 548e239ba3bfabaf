#!/bin/sh
# qBittorrent and libtorrent find each other through spate-tracker, by HTTP and
# UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need qbittorrent-nox
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin
exchange qbittorrent
