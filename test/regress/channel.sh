#!/bin/sh
# spate-channel: key files, sealing, links, and what verify refuses.
set -eu

chan=$(cd "${top_builddir:-.}" && pwd)/spate-channel
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

fail() {
	echo "channel.sh: $*" >&2
	exit 1
}

# refused STATUS PATTERN COMMAND...: exits so, and says so on stderr.
refused() {
	want=$1 pattern=$2
	shift 2
	set +e
	"$@" >out 2>err </dev/null
	got=$?
	set -e
	[ $got -eq "$want" ] || fail "$*: exit $got instead of $want"
	[ -z "$pattern" ] || grep -q -- "$pattern" err || {
		cat err >&2
		fail "$*: does not say '$pattern'"
	}
}

# ---- create, show, link

"$chan" create --name 'Test TV' --tracker http://t.example:8000/announce \
    --origin http://o.example/live . >made
[ "$(stat -c %a channel.key)" = 600 ] || fail "key file is not 0600"
grep -q '^key: ./channel.key$' made || fail "path is not printed"
sed -n 's/^link: //p' made >link
grep -q '^magnet:?xs=urn:btpk:[0-9a-f]\{64\}&dn=Test%20TV&tr=.*&ws=.*%2F$' \
    link || fail "bad link: $(cat link)"
"$chan" link channel.key | cmp - link || fail "link differs"
pk=$("$chan" show -o tsv channel.key | sed -n 's/^public	//p')
grep -q "$pk" link || fail "another key in the link"
"$chan" show -o json channel.key |
    grep -q '"info_hash": "[0-9a-f]\{40\}"' || fail "no info-hash"
"$chan" show channel.key | grep -q 'secret *plain' || fail "not plain"
"$chan" show channel.key | grep -qi "$(sed -n 's/^secret //p' channel.key)" &&
    fail "the secret is shown"
"$chan" link --tracker http://x/a --name '' channel.key |
    grep -q 'tr=http%3A%2F%2Fx%2Fa&ws=' || fail "URL does not stand in"
cp channel.key before
refused 1 'there is one already' "$chan" create .
cmp channel.key before || fail "key file was replaced"

# ---- a sealed key

echo 'open sesame' >phrase
echo 'open says me' >wrong
chmod 600 phrase wrong
"$chan" create --passphrase-file phrase sealed.key >/dev/null
grep -q '^secret' sealed.key && fail "sealed key has a plain secret"
"$chan" link sealed.key >/dev/null || fail "link needs a passphrase"
"$chan" show --passphrase-file phrase sealed.key | grep -q 'sealed, opens' ||
    fail "does not open"
refused 1 'wrong passphrase' "$chan" show --passphrase-file wrong sealed.key
sed '/^sealed/s/.$/0/;/^sealed/s/0$/1/' sealed.key >bent.key
chmod 600 bent.key
refused 1 'wrong passphrase' "$chan" show --passphrase-file phrase bent.key
: >empty
chmod 600 empty
refused 1 'no passphrase' "$chan" create --passphrase-file empty e.key
[ ! -e e.key ] || fail "a key file without its seal"

# ---- files that are no key files

refused 1 'No such file' "$chan" show missing.key
refused 1 'Is a directory' "$chan" show .
for mode in 640 604 660 666; do
	chmod $mode channel.key
	refused 1 'chmod 600' "$chan" show channel.key
done
chmod 600 channel.key
chmod 644 phrase
refused 1 'chmod 600' "$chan" show --passphrase-file phrase sealed.key
bad() {
	printf "$1" >bad.key
	chmod 600 bad.key
	refused 1 "$2" "$chan" show bad.key
}
bad '' 'empty key file'
bad 'hello\n' 'bad.key:1: not a key file'
bad 'spate-key 2\n' 'bad.key:1: a version'
bad 'spate-key 1\npublic 12\n' 'bad.key:2: not 64 hex digits'
bad "spate-key 1\npublic $pk\n" 'no secret key'
bad "spate-key 1\npublic $pk\nsecret $pk\n" 'not that of the secret'
bad "spate-key 1\npublic $pk\nsealed 9999999 67108864 00\n" 'bad.key:3: not'
bad 'spate-key 1\ncolour red\n' 'bad.key:2: unknown word'
bad 'spate-key 1\ntracker udp://x\n' 'bad.key:2: bad tracker'
head -c 200000 /dev/zero >bad.key
refused 1 'too long' "$chan" show bad.key
refused 1 'No such file' "$chan" create no/such/dir/k.key
if [ "$(id -u)" -ne 0 ]; then
	chmod 000 channel.key
	refused 1 'Permission denied' "$chan" show channel.key
	chmod 600 channel.key
fi

# ---- usage

refused 2 'usage' "$chan"
refused 2 'no such command' "$chan" destroy
refused 2 'colour' "$chan" show --colour channel.key
refused 2 '' "$chan" show
refused 1 'not an http(s) URL' "$chan" create --tracker ftp://x new.key
[ ! -e new.key ] || fail "made a key in spite of a bad URL"
"$chan" --help | grep -q verify || fail "help lacks verify"

# ---- what is not signed

refused 1 'nothing to verify' "$chan" verify
refused 1 'neither' "$chan" verify channel.key
refused 1 'No such file' "$chan" verify missing
printf 'd1:m2:' >half
refused 1 'in the middle' "$chan" verify half
printf 'd1:mdee' >poor
refused 1 '' "$chan" verify poor
grep -q '0 records, 1 do not verify' out || fail "poor manifest verifies"
printf '\001\000\000\000\030%024d' 0 >hello
refused 1 'nothing to verify' "$chan" verify hello
refused 1 'not a magnet' "$chan" verify -k magnet:no hello
echo ok
