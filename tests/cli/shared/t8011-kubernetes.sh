#!/bin/bash
# A state in Secrets of a Kubernetes cluster, shared by the folders a and b,
# which stand for two machines. The server is one of ours.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$T_DIR"' EXIT
all=$T_DIR/secrets
log=$T_DIR/log
tail -f /dev/null | exec python3 "$ROOT/tests/fake/kube.py" "$all" --log "$log" >"$T_DIR/port" &
written "$T_DIR/port" $! || exit 1
OPL2_KUBERNETES_PROXY=http://127.0.0.1:$(cat "$T_DIR/port")
export OPL2_KUBERNETES_PROXY

both() { # both NAME
	rm -rf a b "$all.fault"
	mkdir a b
	(cd a && spec) <<-Y
	backend:
	  kubernetes: { namespace: chains, name: $1 }
	resources:
	  null:
	    one: { triggers: { x: "1" } }
	    two: { note: "\${null.one.id}" }
	Y
	cp a/opl2.yaml b
}
change() { # change X
	sed -i "s/x: \"[0-9]*\"/x: \"$1\"/" a/opl2.yaml b/opl2.yaml
}
apply() { # apply CODE FOLDER [OPTION...]
	(cd "$2" && run "$1" opl2 apply -auto-approve "${@:3}")
}
same() { # same FOLDER: there is nothing to do
	(cd "$1" && run 0 opl2 plan -detailed-exitcode && out_has "No changes")
}
names() { # names STATE ROLE
	jq -r --arg s "$1" --arg r "$2" '.[].metadata | select(.labels["opl2/state"] == $s and .labels["opl2/role"] == $r) | .name' "$all"
}

test_ok 'applied in one folder, there in the other' 'both s && apply 0 a && same b'
test_ok 'and the other way round' 'change 2 && apply 0 b && out_has "null.one: replaced" && same a'
test_ok 'two states of a namespace are apart' 'both t && apply 0 a && both s && change 2 && same a && same b'
test_ok 'many runs do not leave many Secrets' '
	both m && for i in 1 2 3 4 5 6; do change $i && apply 0 a && same b || exit; done; [ "$(names m head | wc -l)" -lt 14 ]'
test_ok 'two applies at once' '
	both w && apply 0 a && change 2
	(cd a && exec opl2 apply -auto-approve -lock-timeout=10m >../a.out 2>&1) & one=$!
	(cd b && exec opl2 apply -auto-approve -lock-timeout=10m >../b.out 2>&1) & two=$!
	wait $one && wait $two; rc=$?; cat a.out b.out
	[ $rc = 0 ] && same a && same b'
# What does not fit in one Secret.
big() { head -c 2400000 /dev/urandom | base64 -w 0; }
test_ok 'a large state is cut, and found whole' '
	both big && apply 0 a && { echo "    three:"; echo "      note: $(big)"; } >>a/opl2.yaml && cp a/opl2.yaml b &&
	apply 0 a && [ "$(names big part | wc -l)" -ge 1 ] && same b'
for mode in lost 503; do
	for method in GET POST PUT; do
		test_ok "$method: $mode" "
			both $mode-$(echo $method | tr A-Z a-z) && apply 0 a && change 2 && echo $method $mode 2 >\"\$all.fault\" &&
			apply 0 a && [ ! -e \"\$all.fault\" ] && same b"
	done
done
test_ok 'not allowed' 'both s && change 3 && echo POST 403 1 >"$all.fault" && apply 11 a && err_has E0531 && err_has "namespace"'
test_ok 'no such namespace' 'both s && sed -i s/chains/other/ a/opl2.yaml && apply 11 a && err_has E0533'
test_ok 'no cluster' 'both s && unset OPL2_KUBERNETES_PROXY && mkdir -p bin && ln -sf /bin/sh bin &&
	cd a && run 11 env PATH="$BIN:$PWD/../bin" opl2 apply -auto-approve &&
	err_has E0532 && err_has "not installed" && err_has OPL2_KUBERNETES_PROXY'

KUBECTL=$(command -v "$ROOT/build/tools/kubectl" || command -v kubectl)
kubectl_at() { # kubectl_at URL: in a/, where kubectl reaches that server
	printf '%s\n' 'apiVersion: v1' 'kind: Config' 'current-context: here' \
		"clusters: [{ name: c, cluster: { server: '$1' } }]" \
		'users: [{ name: u, user: {} }]' 'contexts:' \
		'- { name: here, context: { cluster: c, user: u } }' >a/config
	mkdir -p kubectl tmp && ln -sf "$KUBECTL" kubectl/kubectl
	export KUBECONFIG=$PWD/a/config TMPDIR=$PWD/tmp PATH=$PWD/kubectl:$PATH
	server=$OPL2_KUBERNETES_PROXY
	unset OPL2_KUBERNETES_PROXY
}
gone() { # what kubectl was started for is gone, and so is it
	until [ -z "$(ls tmp)" ] && ! pgrep -f "unix-socket=$PWD/tmp/" >/dev/null; do
		sleep 0.1 # wait: for a process
	done
}
if [ -z "$KUBECTL" ]; then
	skip 'no kubectl: make build/tools/kubectl' 5
else
	test_ok 'as kubectl reaches the cluster' '
		both k && apply 0 a && kubectl_at "$OPL2_KUBERNETES_PROXY" && same a && change 2 &&
		apply 0 a && gone && OPL2_KUBERNETES_PROXY=$server same b'
	test_ok 'a context and a kubeconfig of the spec' '
		both k && kubectl_at "$OPL2_KUBERNETES_PROXY" && unset KUBECONFIG && cp a/config b &&
		sed -i "s/name: k }/name: k, context: here, kubeconfig: config }/" [ab]/opl2.yaml && apply 0 a && same b'
	test_ok 'a context that is none' '
		both k && kubectl_at "$OPL2_KUBERNETES_PROXY" && sed -i "s/name: k }/name: k, context: gone }/" a/opl2.yaml &&
		apply 11 a && err_has E0532 && err_has "\"gone\" does not exist" && gone'
	test_ok 'a server that is away' '
		both k && kubectl_at http://127.0.0.1:1 && apply 11 a && err_has E0530 && err_has "connection refused" && gone'
	test_ok 'a run that is killed leaves no kubectl' '
		both k && kubectl_at "$OPL2_KUBERNETES_PROXY" && change 7 &&
		(cd a && ! OPL2_FAULT=apply.after_effect:1 opl2 apply -auto-approve) &&
		until ! pgrep -f "unix-socket=$PWD/tmp/" >/dev/null; do sleep 0.1; done; apply 0 a'
fi
test_ok 'killed, and finished elsewhere' '
	both kill && apply 0 a && change 2 && (cd a && OPL2_FAULT=apply.after_effect:1 opl2 apply -auto-approve); apply 0 b && same b && same a'
test_ok 'another key' '
	export P1=correct-horse P2=battery-staple && both reseal && sed -i "1a encryption: { passphrase: { env: P1 } }" a/opl2.yaml &&
	{ echo "    three:"; echo "      note: $(big)"; } >>a/opl2.yaml && apply 0 a &&
	sed "s/env: P1 }/env: P2 }, old: { passphrase: { env: P1 } }/" a/opl2.yaml >b/opl2.yaml && (cd b && run 0 opl2 state reseal) &&
	(cd a && run 11 opl2 plan && err_has E0536) && sed "s/env: P1/env: P2/" a/opl2.yaml >b/opl2.yaml && cp b/opl2.yaml a && unset P1 && same b && same a'
done_testing
