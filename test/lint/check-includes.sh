#!/bin/sh
# Every #include is allowed by includes.allow, every quoted one names a file
# of the tree, and x.c includes x.h before anything else.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

table=$lint/includes.allow
sources src swarm tracker tools test | (cd "$top" && $awk -v table="$table" '
function complain(text)
{
	print file ":" n ": " text
	bad = 1
}

# Pattern with * to an anchored regular expression.
function regex(p)
{
	gsub(/[.+]/, "\\\\&", p)
	gsub(/\*/, "[^/]*", p)
	return "^" p "$"
}

function exists(path,    line, rv)
{
	rv = getline line < path
	close(path)
	return rv >= 0
}

# Adds the words of |s| to list |key|; groups are replaced by theirs.
function add(key, s,    w, k, i)
{
	k = split(s, w, " ")
	for (i = 1; i <= k; i++) {
		if (w[i] in group)
			add(key, group[w[i]])
		else
			may[key, w[i]] = 1
	}
}

function read_table(    line, f)
{
	while ((getline line < table) > 0) {
		if (line ~ /^[ \t]*(#|$)/)
			continue
		if (line ~ /^@/) {
			split(line, f, / = /)
			group[f[1]] = group[f[1]] " " f[2]
			continue
		}
		if (split(line, f, /[ \t]*[|][ \t]*/) != 3) {
			print table ": not understood: " line
			bad = 1
			continue
		}
		npat++
		pat[npat] = regex(f[1])
		add(npat "q", f[2])
		add(npat "a", f[3])
	}
}

function allowed(kind, word,    i)
{
	for (i = 1; i <= npat; i++)
		if (file ~ pat[i] && ((i kind, word) in may ||
		    (i kind, "*") in may))
			return 1
	return 0
}

function known(    i)
{
	for (i = 1; i <= npat; i++)
		if (file ~ pat[i])
			return 1
	return 0
}

function quoted(name,    dir)
{
	if (name !~ /\//) {
		complain("\"" name "\" is not relative to the tree")
		return
	}
	if (!exists(name) && !exists("src/" name))
		complain("\"" name "\" does not exist")
	dir = name
	sub(/\/[^\/]*$/, "", dir)
	if (!allowed("q", dir))
		complain("\"" name "\" is not allowed here")
}

function check(    line, name, first, own)
{
	own = file
	sub(/^src\//, "", own)
	sub(/\.(c|cpp)$/, ".h", own)
	if (file ~ /\.h(pp)?$/ || (!exists(own) && !exists("src/" own)))
		own = ""
	n = 0
	if (!known())
		complain("no line of includes.allow is for this file")
	while ((getline line < file) > 0) {
		n++
		if (line !~ /^[ \t]*#[ \t]*include/)
			continue
		name = line
		sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
		if (own != "" && !first++ && name !~ ("^\"" own "\""))
			complain("\"" own "\" must come first")
		if (name ~ /^"/) {
			sub(/^"/, "", name)
			sub(/".*/, "", name)
			quoted(name)
		} else if (name ~ /^</) {
			sub(/^</, "", name)
			sub(/>.*/, "", name)
			if (!allowed("a", name))
				complain("<" name "> is not allowed here")
		} else {
			complain("computed include")
		}
	}
	close(file)
}

BEGIN { read_table() }
{ file = $0; check() }
END { exit bad }
')
