#!/bin/bash
# examples/ci as it stands: each job's steps in a fresh clone, on a machine that
# has the credentials and nothing else.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"

command -v git >/dev/null || skip_all 'no git'
s3_start || skip_all 'moto does not start'
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org

# --- an L1, and what keeps the comments ---
mkfifo hold && exec 7<>hold && rm hold
echo 3151 >chain
echo '[]' >comments
python3 "$ROOT/tests/fake/l1.py" "$PWD/asked" <&7 >port &
PIDS=$!
python3 "$ROOT/tests/fake/review.py" "$PWD/comments" >review &
PIDS="$PIDS $!"
# shellcheck disable=SC2086
trap 'kill $S3_PID $PIDS 2>/dev/null; rm -rf "$T_DIR"' EXIT
written review $! && written port "${PIDS% *}" || exit 1
TOP=$PWD

# --- the repository of a chain ---
REPO=$TOP/repo
git init -qb main "$REPO" && cp -r "$ROOT/examples/ci/github" "$REPO/.github" &&
	cp "$ROOT/examples/ci/gitlab/.gitlab-ci.yml" "$REPO" && mkdir "$REPO/ci" &&
	cp "$ROOT"/examples/ci/*.sh "$REPO/ci" || exit 1
chain() { # chain KEY NOTE: its spec, committed
	cd "$REPO" && shared "$1" <<-Y && git add -A && git commit -qm "$2"
		encryption: { passphrase: { env: OPL2_PASSPHRASE } }
		variables: { l1: { type: url, env: L1_RPC_URL, sensitive: true } }
		resources:
		  endpoint: { l1: { rpc: "\${var.l1}" } }
		  key: { admin: { source: { generate: true } } }
		  jwt_secret: { j: {} }
		  null: { n: { note: "$2 \${endpoint.l1.served_chain_id}" } }
		outputs: { admin: "\${key.admin.address}" }
	Y
}

context() { # context: what runner and settings give; SHA is what was merged
	jq -n --arg path "$PATH" --arg home "$TOP/empty" --arg asan "$ASAN_OPTIONS" \
		--arg api "$(cat "$TOP/review")" --arg sha "${SHA:-merged}" \
		--arg l1 "http://127.0.0.1:$(cat "$TOP/port")" --arg s3 "$S3_URL" \
		--arg digest "${DIGEST-}" --argjson hub "${HUB:-true}" '
		{env: ({PATH: $path, HOME: $home, ASAN_OPTIONS: $asan} + if $hub then
			{AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "secret",
			GITHUB_API_URL: $api, GITHUB_REPOSITORY: "o/r", GITHUB_SHA: $sha}
		else
			{AWS_ENDPOINT_URL_STS: $s3, OPL2_REVIEW_TOKEN: "t0ken",
			OPL2_PASSPHRASE: "correct-horse", L1_RPC_URL: $l1,
			OPL2_PLAN_ROLE: "arn:aws:iam::123456789012:role/plan",
			OPL2_APPLY_ROLE: "arn:aws:iam::123456789012:role/apply",
			CI_API_V4_URL: $api, CI_PROJECT_ID: "1", CI_COMMIT_SHA: $sha,
			CI_MERGE_REQUEST_IID: "7"} end),
		AWS_ID_TOKEN: "a.b.c", "github.token": "t0ken",
		"github.event.pull_request.number": 7,
		"secrets.OPL2_PASSPHRASE": "correct-horse", "secrets.L1_RPC_URL": $l1,
		"needs.reviewed.outputs.digest": $digest}
		+ ("role region repository ref" | split(" ") |
			map({key: "vars.\(.)", value: "x"}) | from_entries)'
}
job() { # job CODE github|gitlab FILE JOB: in a fresh clone, with an empty HOME
	cd "$TOP" && rm -rf clone empty
	git clone -q "$REPO" clone && mkdir empty && cd clone &&
		context >"$TOP/context" && run "$1" env -i PATH="$PATH" \
		"$MOTO" "$ROOT/tests/cli/ci_steps.py" "$2" "$3" "$4" "$TOP/context"
}
hub() { job "$1" github ".github/workflows/opl2-$2.yml" "$3"; }
lab() { HUB=false job "$1" gitlab .gitlab-ci.yml "$2"; }
body() { jq -r '.[0].body' "$TOP/comments"; }
digest() { body | sed -n 's/^Digest `\(.*\)`$/\1/p'; }
clear_comments() { echo '[]' >"$TOP/comments"; }
unchanged() { # unchanged: another machine has nothing to do
	hub 0 plan plan && out_has "No changes. The chain matches the spec."
}

test_ok 'a pull request gets its plan as a comment, with the digest' '
	chain hub one && hub 0 plan plan && digest | grep -qE "^sha256:[0-9a-f]{64}$" &&
	body | grep -q "null.n" && ! body | grep -qE "correct-horse|127.0.0.1:$(cat "$TOP/port")"'
test_ok 'a second plan takes the place of the comment' '
	old=$(digest) && chain hub two && hub 0 plan plan && test "$(digest)" != "$old" &&
	test "$(jq length "$TOP/comments")" = 1'
test_ok 'what was reviewed is applied, and then there is nothing to do' '
	hub 0 apply reviewed && DIGEST=$(jq -r .digest "$OUT/stdout") &&
	test "$DIGEST" = "$(digest)" && hub 0 apply apply && out_has "null.n" &&
	objects hub | grep -q log/ && unchanged'
test_ok 'a plan with no changes has no digest, and none is looked for' '
	test -z "$(digest)" && hub 0 apply reviewed && jq -e ".digest == \"\"" "$OUT/stdout"'
test_ok 'a spec that changed after the review is refused' '
	chain hub three && hub 0 plan plan && DIGEST=$(digest) && chain hub four &&
	hub 5 apply apply && err_has E0652 && git -C "$REPO" reset -q --hard HEAD~2'
test_ok 'a commit that no request brought is refused' '
	SHA=direct && hub 1 apply reviewed && err_has "comes from no request"'
test_ok "what others write in a comment does not count" "
	jq -n '[range(100) | {id: (. + 1), author: \"someone\", body:
		(\"<!-- opl2 plan -->\\nDigest \`sha256:\" + \"0\" * 64 + \"\`\")}]' >\$TOP/comments &&
	hub 1 apply reviewed && chain hub five && hub 0 plan plan &&
	test \$(jq length \$TOP/comments) = 101 && hub 0 apply reviewed &&
	jq -e '.digest | test(\"^sha256:[^0]\")' \$OUT/stdout &&
	clear_comments && git -C \$REPO reset -q --hard HEAD~1"
test_ok 'no drift is no alarm, and drift is one' '
	hub 0 drift drift && out_has "No changes." && echo 999 >"$TOP/chain" &&
	hub 6 drift drift; rc=$?; out_has "endpoint.l1" || rc=1
	echo 3151 >"$TOP/chain"; exit $rc'
test_ok 'what was never applied has not drifted' '
	chain never one && hub 0 drift drift && out_has "No changes."; rc=$?
	git -C "$REPO" reset -q --hard HEAD~1; exit $rc'
test_ok 'a plan writes nothing: its role may read alone' '
	faults "99 denied PUT hub/" "99 denied DELETE hub/" && hub 0 plan plan &&
	hub 0 drift drift; rc=$?; faults; exit $rc'
test_ok 'no secret is an argument of a program' '
	! grep -nE "(opl2|curl|echo) .*(PASSPHRASE|_KEY|L1_RPC_URL|TOKEN)" -r \
		"$REPO/.github" "$REPO/.gitlab-ci.yml" "$REPO/ci"'

# --- GitLab: by the web identity of the job ---
test_ok 'the same on GitLab' '
	clear_comments && chain lab one && lab 0 plan && digest | grep -q sha256: &&
	lab 0 apply && out_has "null.n" && lab 0 plan && out_has "No changes." &&
	lab 0 drift && lab 0 apply && out_has "has no changes"'
test_ok 'where another spec and drift are refused too' '
	chain lab two && lab 0 plan && chain lab three && lab 5 apply && err_has E0652 &&
	SHA=direct lab 1 apply && err_has "comes from no request" &&
	echo 999 >"$TOP/chain" && lab 6 drift; rc=$?
	echo 3151 >"$TOP/chain"; exit $rc'
done_testing
