#!/bin/sh
# Trackers reach Redis with TLS and a password: who is not signed for, or has
# another name, is not spoken to; who has no certificate of his own is refused
# where the server wants one.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "$tools/redislib.sh"

need openssl
need_redis
begin
tracker_ports
set -- $(ports 2)
open=$1 strict=$2

# authority NAME: its key and certificate.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 2 -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.pem" \
	    2>/dev/null || fail "openssl req"
}

# certificate NAME SAN: signed by ca; key and certificate in NAME.pem.
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
	echo "subjectAltName=$2" >"$dir/ext"
	openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" \
	    -CAkey "$dir/ca.key" -CAcreateserial -days 2 -extfile "$dir/ext" \
	    -out "$dir/$1.crt" 2>/dev/null || fail "openssl x509"
	cat "$dir/$1.crt" "$dir/$1.key" >"$dir/$1.pem"
}

# server NAME PORT CERT auth-clients
server() {
	spawn "$1" redis-server --port 0 --bind 127.0.0.1 --tls-port "$2" \
	    --dir "$dir" --save "" --requirepass s3cret \
	    --tls-cert-file "$dir/$3.crt" --tls-key-file "$dir/$3.key" \
	    --tls-ca-cert-file "$dir/ca.pem" --tls-auth-clients "$4"
	if ! await 5 port_open "$2"; then
		! grep -q 'Bad directive' "$dir/$1.out" || skip "Redis has no TLS"
		fail "redis-server does not start"
	fi
}

# why I TEXT: what tracker I says of it.
why() {
	grep -q "redis: not there.*$2" "$dir/tracker$1.out"
}

authority ca
authority other
certificate server IP:127.0.0.1
certificate elsewhere DNS:elsewhere.example
certificate tracker DNS:tracker.example
server open "$open" server no
server strict "$strict" server yes

# ---- who is believed ----

url=rediss://:s3cret@127.0.0.1:$open
redis_options="--redis-ca $dir/ca.pem"
trackers 1 2
publish 1 1 5
await 5 has 2 5 || fail "nothing comes through TLS"

redis_options="--redis-ca $dir/other.pem"
tracker 3
await 5 why 3 certificate || fail "who is not signed for is believed"
stop tracker3
rm "$dir/tracker3.out"
redis_options=
tracker 3
await 5 why 3 certificate || fail "the system's authorities signed for it"
stop tracker3
rm "$dir/tracker3.out"

# ---- whose certificate they want ----

url=rediss://:s3cret@127.0.0.1:$strict
redis_options="--redis-ca $dir/ca.pem"
tracker 3
await 5 why 3 . || fail "who has no certificate is let in"
! up 3 || fail "who has no certificate is let in"
stop tracker3
redis_options="--redis-ca $dir/ca.pem --redis-cert $dir/tracker.pem"
trackers 3
stop tracker3
rm "$dir/tracker3.out"

# ---- another name, another language, another password ----

redis_options="--redis-ca $dir/ca.pem"
stop strict
server strict "$strict" elsewhere no
url=rediss://:s3cret@127.0.0.1:$strict
tracker 3
await 5 why 3 'IP address mismatch' || fail "another's certificate is believed"
stop tracker3
rm "$dir/tracker3.out"
redis_options=
url=redis://:s3cret@127.0.0.1:$open
tracker 3
await 8 why 3 . || fail "TLS is taken for Redis"
stop tracker3
rm "$dir/tracker3.out"
redis_options="--redis-ca $dir/ca.pem"
url=rediss://:wrong@127.0.0.1:$open
tracker 3
await 5 why 3 WRONGPASS || fail "a wrong password is let in"

# ---- certificates that are renewed ----

cp "$dir/ca.pem" "$dir/believed.pem"
stop tracker1
redis_options="--redis-ca $dir/believed.pem"
url=rediss://:s3cret@127.0.0.1:$open
trackers 1
cp "$dir/ca.pem" "$dir/old.pem"
authority ca
certificate server IP:127.0.0.1
stop open
server open "$open" server no
sleep 1
! up 1 || fail "the old authority signed for the new one"
cp "$dir/ca.pem" "$dir/believed.pem"
signal tracker1 HUP
await 15 up 1 || fail "a new authority is not read"

"$build/spate-tracker" --redis redis://h --redis-ca "$dir/ca.pem" -n \
    >"$dir/n.txt" 2>&1 && fail "redis-ca without TLS is taken"
"$build/spate-tracker" --redis rediss://h --redis-ca "$dir/none" \
    --listen 127.0.0.1:0 >"$dir/n.txt" 2>&1 && fail "no file is taken for one"
! grep -q s3cret "$dir"/tracker?.out || fail "a password is logged"
