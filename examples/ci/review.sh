#!/usr/bin/env bash
# The plan as a comment on a pull request, or merge request, and the digest of
# the plan that was approved there. For jobs of GitHub and of GitLab.
#
#   review.sh post NUMBER FILE   FILE becomes the comment on that request
#   review.sh digest COMMIT      of the request that was merged as COMMIT;
#                                nothing when its plan has no changes
set -euo pipefail

mark='<!-- opl2 plan -->'
if [ -n "${GITLAB_CI-}" ]; then
	api=$CI_API_V4_URL/projects/$CI_PROJECT_ID
	header="PRIVATE-TOKEN: $OPL2_REVIEW_TOKEN"
else
	api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY
	header="Authorization: Bearer $GITHUB_TOKEN"
fi

# call METHOD URL [OPTION]...: the token is not in an argument.
call() {
	curl -sSf --retry 3 -X "$1" -H @<(printf '%s\n' "$header") \
		-H 'Content-Type: application/json' "${@:3}" "$2"
}

# Where the comments of request $1 are, and where the one with id $2 is.
comments() {
	if [ -n "${GITLAB_CI-}" ]; then
		echo "$api/merge_requests/$1/notes"
	else
		echo "$api/issues/$1/comments"
	fi
}
comment() {
	if [ -n "${GITLAB_CI-}" ]; then
		echo "$api/merge_requests/$1/notes/$2"
	else
		echo "$api/issues/comments/$2"
	fi
}

# Whose comments count: anybody else's may say anything.
author() {
	if [ -n "${GITLAB_CI-}" ]; then
		call GET "$CI_API_V4_URL/user" | jq -r .id
	else
		echo "${OPL2_REVIEW_AUTHOR:-github-actions[bot]}"
	fi
}

# The comment of the plan on request $1 as {id, body}; nothing: there is none.
find_comment() {
	local page=1 me all
	me=$(author)
	while :; do
		all=$(call GET "$(comments "$1")?per_page=100&page=$page")
		jq -ec --arg me "$me" --arg mark "$mark" 'map(select(
			(.user.login // .author.id | tostring) == $me and
			(.body | startswith($mark)))) | .[0] // empty |
			{id, body}' <<<"$all" && return
		[ "$(jq length <<<"$all")" = 100 ] || return 0
		page=$((page + 1))
	done
}

post() {
	local found method=POST url
	found=$(find_comment "$1")
	url=$(comments "$1")
	if [ -n "$found" ]; then
		method=PATCH
		[ -z "${GITLAB_CI-}" ] || method=PUT
		url=$(comment "$1" "$(jq .id <<<"$found")")
	fi
	jq -n --arg mark "$mark" --rawfile text "$2" \
		'{body: ($mark + "\n" + $text)}' |
		call "$method" "$url" --data-binary @- >/dev/null
}

digest() {
	local requests number found
	if [ -n "${GITLAB_CI-}" ]; then
		requests=$(call GET "$api/repository/commits/$1/merge_requests")
	else
		requests=$(call GET "$api/commits/$1/pulls")
	fi
	number=$(jq -r '.[0] | .iid // .number // empty' <<<"$requests")
	found=${number:+$(find_comment "$number")}
	if [ -z "$found" ]; then
		echo "commit $1 comes from no request with a plan;" \
			"start this job by hand with the digest of a plan" >&2
		exit 1
	fi
	jq -r .body <<<"$found" | tr -d '\r' |
		sed -n 's/^Digest `\(sha256:[0-9a-f]*\)`$/\1/p' | tail -n 1
}

"$@"
