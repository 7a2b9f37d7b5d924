#!/bin/bash
# What examples/ci has for other CIs is as these want it, and pinned.
. "$(dirname "$0")/lib.sh"

tool=build/tools/actionlint
schema=build/tools/jsonschema/bin/check-jsonschema
hub=examples/ci/github
workflows=("$hub"/workflows/*.yml)

valid() { # valid SCHEMA FILE...
	"$schema" --builtin-schema "vendor.$1" "${@:2}" 2>&1 | grep -v '^ok '
}
if [ -x "$tool" ] && [ -x "$schema" ]; then
	"$tool" -oneline "${workflows[@]}" |
		rule 'actionlint has nothing to say of the workflows'
	{
		valid github-workflows "${workflows[@]}"
		valid github-actions $hub/actions/*/action.yml
	} | rule 'workflows and actions are of their schema'
	valid gitlab-ci examples/ci/gitlab/.gitlab-ci.yml |
		rule "GitLab's file is of its schema"
fi
grep -rnE 'uses: ' $hub | grep -vE 'uses: (\./|[^@]*@[0-9a-f]{40} # v[0-9.]+$)' |
	rule 'actions of others are pinned by commit'
grep -L '^permissions: {}$' "${workflows[@]}" |
	rule 'a job has the permissions that it names, and no others'
grep -L '^concurrency:$' "${workflows[@]}" | rule 'a workflow says what it runs beside'
done_testing
