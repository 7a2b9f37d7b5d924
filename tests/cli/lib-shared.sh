# shellcheck shell=bash
# For tests of a state that several machines share: after lib.sh. A "machine"
# is a folder with a HOME of its own; they share the server alone.

MOTO=$ROOT/build/tools/moto/bin/python
[ -x "$MOTO" ] || skip_all 'no moto: make build/tools/moto'

s3_start() { # s3_start: S3_URL, and its log and faults in $S3
	S3=$T_DIR/s3
	mkdir -p "$S3"
	touch "$S3/log" "$S3/url"
	"$MOTO" "$ROOT/tests/cli/s3_server.py" "$S3" chains >"$S3/url" 2>"$S3/err" &
	S3_PID=$!
	trap 'kill $S3_PID 2>/dev/null; rm -rf "$T_DIR"' EXIT
	written "$S3/url" $S3_PID 2>/dev/null || { cat "$S3/err"; return 1; }
	S3_URL=$(cat "$S3/url")
	export S3 S3_URL AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=secret
}

faults() { printf '%s\n' "$@" >"$S3/faults"; }
holding() { # holding PID: until the server holds an answer to that process
	while_alive "$1" [ -e "$S3/holding" ]
}
requests() { grep -c "$1" "$S3/log" || :; }
sum_of() { # what S3 wants of each body
	echo "x-amz-content-sha256: $(sha256sum | cut -d' ' -f1)"
}
objects() { # objects KEY: the names below it
	curl -sf --user test:secret --aws-sigv4 aws:amz:us-east-1:s3 \
		-H "$(sum_of </dev/null)" \
		"$S3_URL/chains?list-type=2&prefix=$1%2F" | grep -o '<Key>[^<]*' |
		sed "s#<Key>$1/##"
}
object() { # object KEY/NAME
	curl -s --user test:secret --aws-sigv4 aws:amz:us-east-1:s3 \
		-H "$(sum_of </dev/null)" "$S3_URL/chains/$1"
}
put_object() { # put_object KEY/NAME FILE
	curl -sf --user test:secret --aws-sigv4 aws:amz:us-east-1:s3 \
		-H "$(sum_of <"$2")" -T "$2" "$S3_URL/chains/$1"
}

machine() { # machine NAME: enters its folder
	mkdir -p "$T_DIR/cwd/$1" "$T_DIR/home-$1" && cd "$T_DIR/cwd/$1" &&
		export HOME=$T_DIR/home-$1 XDG_CACHE_HOME=$T_DIR/home-$1/cache
}
shared() { # shared KEY: a spec with the state there; the rest from stdin
	spec <<-Y
		backend:
		  s3: { bucket: chains, key: $1, endpoint: "$S3_URL", region: us-east-1 }
		$(cat)
	Y
}
