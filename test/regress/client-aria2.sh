#!/bin/sh
# aria2 and libtorrent find each other through spate-tracker, by HTTP and UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need aria2c
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin
exchange aria2
