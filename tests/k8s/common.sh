# shellcheck shell=bash
# What api.sh and lib.sh share: programs, keys, the API server, its audit log.
# All of a cluster is below $K8S_DIR, and its addresses are of one range: with
# another K8S_ID (1, 2, ...) a second one runs beside it.

K8S_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
K8S_TOOLS=${K8S_SRC%/tests/k8s}/build/tools
K8S_RANGE=10.$((99 - ${K8S_ID:-0}))
KUBEBOX=$K8S_TOOLS/kubebox
K8S_KUBECTL=$K8S_TOOLS/kubectl

# How fast a machine is, is none of what a test is about.
wait_for() { # wait_for SECONDS COMMAND...: until it succeeds; a minute more
	local end=$((SECONDS + $1 + 60))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || {
			echo "timed out: $*" >&2
			return 1
		}
		sleep 0.05
	done
}

k8s_bin() { # the programs by their names, in $K8S_DIR/bin
	local name
	mkdir -p "$K8S_DIR/bin"
	for name in kubebox etcd kube-apiserver kube-controller-manager \
		kube-scheduler kubelet kube-proxy; do
		ln -sf "$(realpath "$KUBEBOX")" "$K8S_DIR/bin/$name"
	done
	ln -sf "$(realpath "$K8S_KUBECTL")" "$K8S_DIR/bin/kubectl"
}

# Starts a program, and once more when it ends. Of the API server a test may
# want that it is away: api_stop.
again() { # again NAME COMMAND...: its output goes to log/NAME.log
	local name=$1
	shift
	while :; do
		[ -e "$K8S_DIR/$name.off" ] || "$@" >>"log/$name.log" 2>&1
		sleep 0.2
	done
}

# The keys of a cluster, the users that it knows by a token, and a kubeconfig
# for each that people use. The cluster's own programs are another user than
# the admin, so that the audit log has what was asked from outside alone.
k8s_keys() { # k8s_keys URL: in $K8S_DIR/keys, USER.conf among them
	local dir=$K8S_DIR/keys url=$1 user token groups host
	host=${url#https://} host=${host%:*}
	mkdir -p "$dir"
	openssl ecparam -name prime256v1 -genkey -noout -out "$dir/sa.key"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/server.key" -out "$dir/server.crt" -days 30 \
		-subj /CN=kube-apiserver -addext "subjectAltName=IP:$host,\
IP:$K8S_RANGE.128.1,DNS:kubernetes.default.svc" 2>/dev/null
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

k8s_apiserver() { # k8s_apiserver ETCD_URL OPTION...: in the foreground
	local keys=$K8S_DIR/keys etcd=$1
	shift
	again apiserver kube-apiserver --etcd-servers="$etcd" \
		--tls-cert-file="$keys/server.crt" \
		--tls-private-key-file="$keys/server.key" \
		--token-auth-file="$keys/tokens.csv" \
		--authorization-mode=RBAC --allow-privileged=true \
		--service-cluster-ip-range=$K8S_RANGE.128.0/17 \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-account-key-file="$keys/sa.key" \
		--service-account-signing-key-file="$keys/sa.key" \
		--audit-policy-file="$keys/audit.yaml" \
		--audit-log-path="$K8S_DIR/audit.log" "$@"
}
k8s_etcd() { # k8s_etcd CLIENTS_URL PEERS_URL: in the foreground
	again etcd etcd --data-dir=etcd --unsafe-no-fsync \
		--listen-client-urls="$1" --advertise-client-urls="$1" \
		--listen-peer-urls="$2" --initial-advertise-peer-urls="$2" \
		--initial-cluster=default="$2"
}

api_stop() { # what runs in pods runs on
	touch "$K8S_DIR/apiserver.off"
	kill -9 "$(pgrep -f "^kube-apiserver .*$K8S_DIR/")"
}
api_start() {
	rm -f "$K8S_DIR/apiserver.off"
	wait_for 60 kubectl get --raw /readyz
}
api_away() { # api_away SECONDS
	api_stop
	sleep "$1"
	api_start
}

# What people's programs asked for since audit_mark: VERB URI STATUS USER.
audit_mark() { wc -l <"$K8S_DIR/audit.log" >"$K8S_DIR/audit.mark"; }
audit_all() {
	tail -n "+$(($(cat "$K8S_DIR/audit.mark" 2>/dev/null || echo 0) + 1))" \
		"$K8S_DIR/audit.log" |
		jq -r 'select(.stage == "ResponseComplete") |
			"\(.verb) \(.requestURI) \(.responseStatus.code) \(.user.username)"'
}
# Of that, what changes something. A dry run does not (if its URI says so), nor
# a question for rights, nor what goes on to a pod.
audit_writes() {
	audit_all | grep -E '^(create|update|patch|delete|deletecollection) ' |
		grep -vE 'dryRun=All|(access|rules)reviews|/proxy[/ ?]' || :
}
