# shellcheck shell=bash
# What tests/k8s/api.sh and tests/k8s/lib.sh share: programs, keys, audit log.

K8S_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
K8S_TOOLS=${K8S_SRC%/tests/k8s}/build/tools
KUBEBOX=$K8S_TOOLS/kubebox

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
	local left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || {
			echo "timed out: $*" >&2
			return 1
		}
		sleep 0.05
	done
}

# The keys of a cluster, the users that it knows by a token, and a kubeconfig
# for each that people use. The cluster's own programs are another user than
# the admin, so that the audit log has what was asked from outside alone.
k8s_keys() { # k8s_keys DIR URL: DIR/admin.conf, limited.conf, cluster.conf
	local dir=$1 url=$2 user token groups host
	host=${url#https://} host=${host%:*}
	mkdir -p "$dir"
	openssl ecparam -name prime256v1 -genkey -noout -out "$dir/sa.key"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/server.key" -out "$dir/server.crt" -days 30 \
		-subj /CN=kube-apiserver -addext "subjectAltName=IP:$host,\
IP:10.96.0.1,DNS:kubernetes.default.svc" 2>/dev/null
	for user in admin cluster limited; do
		token=$(openssl rand -hex 16)
		groups=,system:masters
		[ $user = limited ] && groups=
		echo "$token,$user,$user$groups"
		(umask 077 && cat >"$dir/$user.conf") <<-Y
			apiVersion: v1
			kind: Config
			current-context: $user
			clusters:
			- name: test
			  cluster:
			    server: $url
			    certificate-authority-data: $(base64 -w 0 "$dir/server.crt")
			users: [{ name: $user, user: { token: $token } }]
			contexts: [{ name: $user, context: { cluster: test, user: $user } }]
		Y
	done >"$dir/tokens.csv"
	cat >"$dir/audit.yaml" <<-Y
		apiVersion: audit.k8s.io/v1
		kind: Policy
		omitStages: [RequestReceived, ResponseStarted]
		rules:
		- { level: None, users: [cluster, "system:apiserver"] }
		- { level: None, nonResourceURLs: ["*"] }
		- { level: Metadata }
	Y
}

# Of an API server, what does not depend on where it runs.
k8s_apiserver_args() { # k8s_apiserver_args DIR
	printf '%s\n' "--tls-cert-file=$1/server.crt" \
		"--tls-private-key-file=$1/server.key" \
		"--token-auth-file=$1/tokens.csv" \
		--authorization-mode=RBAC --allow-privileged=true \
		--service-cluster-ip-range=10.96.0.0/16 \
		--service-account-issuer=https://kubernetes.default.svc \
		"--service-account-key-file=$1/sa.key" \
		"--service-account-signing-key-file=$1/sa.key" \
		"--audit-policy-file=$1/audit.yaml" "--audit-log-path=$1/audit.log"
}

# The requests that people's programs made, one a line, since the last
# mark: VERB URI STATUS.
k8s_audit_mark() { # k8s_audit_mark DIR
	wc -l <"$1/audit.log" >"$1/audit.mark"
}
k8s_audit_all() { # k8s_audit_all DIR
	tail -n "+$(($(cat "$1/audit.mark" 2>/dev/null || echo 0) + 1))" \
		"$1/audit.log" |
		jq -r 'select(.stage == "ResponseComplete") |
			"\(.verb) \(.requestURI) \(.responseStatus.code) \(.user.username)"'
}
# Those that change something. A dry run does not, nor what asks for rights, nor
# what goes on to a pod.
k8s_audit_writes() { # k8s_audit_writes DIR
	k8s_audit_all "$1" | grep -E '^(create|update|patch|delete|deletecollection) ' |
		grep -vE 'dryRun=All|(access|rules)reviews|/proxy[/ ?]' || :
}
