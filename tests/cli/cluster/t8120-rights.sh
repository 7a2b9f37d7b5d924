#!/bin/bash
# What a user may do in a namespace is what `opl2 schema -rbac` says, and what
# lacks of it is named before anything is done.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-kube.sh"

kube_up
kubectl create namespace chain >/dev/null
spec <<-Y
runtime:
  kubernetes:
    kubeconfig: $K8S_DIR/keys/limited.conf
    namespace: chain
    service_monitor: {}
    ingress: { domain: example.com }
    images: { repository: 127.0.0.1:9/none }
resources:
  process:
    one: { command: [/bin/sleep, "1000"] }
Y
opl2 schema -rbac | sed s/USER/limited/ >role.yaml
give() { # the first Role; that of the state has some of the same rights
	kubectl -n chain apply --server-side --force-conflicts -f role.yaml >/dev/null &&
		kubectl -n chain delete rolebinding opl2-state >/dev/null
}

test_ok 'it is what kubectl takes' 'give && kubectl -n chain get role opl2 opl2-state'
test_ok 'with that Role a plan is made' 'run 0 opl2 plan && out_has "process.one"'
# Of each rule another verb.
verbs() {
	kubectl -n chain get role opl2 -o json |
		jq -r '.rules[] | .resources[0] as $r | (.apiGroups[0] | if . == "" then . else "." + . end) as $g | "\(.verbs[(.verbs | length) - 1 - ($r | length) % (.verbs | length)]) \($r)\($g)"'
}
without() { # without VERB RESOURCE.GROUP
	kubectl -n chain get role opl2 -o json | jq --arg v "$1" --arg r "${2%%.*}" '
		(.rules[] | select(.resources[0] == $r) | .verbs) -= [$v] |
		.rules |= map(select(.verbs != [])) | del(.metadata) | .metadata.name = "opl2"' |
		kubectl -n chain replace -f - >/dev/null
}
# By the cluster, of what a plan itself needs; by opl2, of the rest.
named() { # named VERB RESOURCE.GROUP
	grep -qE "^ .* $1 $2$|cannot $1 resource \"${2%%.*}\"" "$OUT/stderr"
}
test_ok 'a plan names each right that lacks' '
	verbs >all && [ "$(wc -l <all)" = 14 ] && while read -r verb what; do
		give && without "$verb" "$what" && run 10 opl2 plan &&
			err_has E1302 && named "$verb" "$what" || { echo "$verb $what"; cat "$OUT/stderr"; exit 1; }
	done <all'
test_ok 'nothing was changed by that' '[ -z "$(kubectl -n chain get configmaps,secrets,statefulsets -l opl2.dev/chain -o name)" ]'
done_testing
