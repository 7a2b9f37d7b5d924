#!/bin/bash
# The site of the documents: docs/site.sh OPL2 ZENSICAL OUT. It puts docs/, the
# README and what these link to into OUT/docs-src, with reference pages that the
# program and its tables print, and has Zensical make OUT/site of them. A link
# that leads nowhere is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
opl2=$1 zensical=$2 out=$3
src=$out/docs-src
ref=$src/reference
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

rm -rf "$src" "$out/site"
mkdir -p "$ref"

# --- what is written by hand: the README is the first page ---

cp -r docs/*.md docs/*.png docs/zh "$src"
cp ARCHITECTURE.md CONTRIBUTING.md SECURITY.md CHANGELOG.md "$src"
find examples \( -name .opl2 -o -name deployments \) -prune -o -type f \
	! -name opl2.lock ! -name .envrc ! -name '*.plan' -print |
while read -r f; do
	install -D -m 644 "$f" "$src/$f"
done
sed -E 's,\]\(docs/,](,g; s,\]\(README\.zh-CN\.md,](zh/index.md,' README.md \
	>"$src/index.md"
sed -E 's,\]\(docs/zh/,](,; s,\]\(docs/,](../,
	s,\]\(README\.md,](../index.md,; s,\]\(([A-Z]+\.md),](../\1,g' \
	README.zh-CN.md >"$src/zh/index.md"
sed -i -E 's,\]\(\.\./examples/,](examples/,g' "$src"/*.md
sed -i -E 's,\]\(\.\./\.\./docs/,](../../,g' "$src"/examples/*/README.md

# --- what the program says ---

cp docs/mkdocs.yml "$out/mkdocs.yml"
nav() { echo "      $1" >>"$out/mkdocs.yml"; }
# Plain text as Markdown; a line with backquotes is Markdown already.
escaped() { sed -E '/`/!s/[][<>*_\\#]/\\&/g'; }

{
	echo '# Commands'
	printf '\n```\n'
	"$opl2" help
	printf '```\n'
	"$opl2" help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+( [a-z-]+)?)  .*/\1/p' |
		while read -r name; do
			printf '\n## opl2 %s\n\n```\n' "$name"
			# shellcheck disable=SC2086
			"$opl2" help $name
			printf '```\n'
		done
} >"$ref/commands.md"

nav '- Presets:'
mkdir "$ref/presets"
for file in schemas/presets/*/preset.yaml; do
	name=$(basename "$(dirname "$file")")
	dir=$tmp/$name
	mkdir "$dir"
	# A preset that is a part of a chain has no spec of its own.
	"$opl2" -chdir="$dir" init "$name" >/dev/null 2>&1 || continue
	{
		# shellcheck disable=SC2016
		printf '# The preset %s\n\nWhat `opl2 init %s` writes: each input, ' \
			"$name" "$name"
		printf 'with its default.\n\n```yaml\n'
		cat "$dir/opl2.yaml"
		printf '```\n'
	} >"$ref/presets/$name.md"
	nav "    - $name: reference/presets/$name.md"
done

nav '- Kinds:'
mkdir "$ref/kinds"
"$opl2" schema | jq -r '.properties.resources.properties | keys[]' |
	while read -r kind; do
		"$opl2" schema "$kind" -markdown >"$ref/kinds/$kind.md"
		nav "    - \"$kind\": reference/kinds/$kind.md"
	done

# A page for each block of codes; codes.def has the names of the blocks.
nav '- Codes:'
mkdir "$ref/codes"
"$opl2" explain | cut -c1-5 | sort -k1.2 | while read -r code; do
	block=${code:1:2}
	page=$ref/codes/$block.md
	if [ ! -e "$page" ]; then
		title=$(sed -nE "s,^/\* --- $block (.*[^ -]) -+ \*/\$,\1,p" \
			engine/diag/codes.def)
		printf '# Codes %s: %s\n' "$block" "$title" >"$page"
		nav "    - \"$block $title\": reference/codes/$block.md"
	fi
	{
		printf '\n## %s\n\n' "$code"
		"$opl2" explain "$code" | escaped |
			sed -E "1s/^$code: (.*)/**\1**/"
	} >>"$page"
done

# --- the tables ---

{
	cat <<-'T'
	# Supported versions

	The node programs and the newest forks that each release supports. The
	spec's `programs` chooses one.

	| programs | releases | L1 up to | L2 up to |
	|---|---|---|---|
	T
	jq -r '.programs[] | "| `\(.name)` | " + (.releases | map("`\(.)`") |
		join(", ")) + " | \(.l1) | \(.l2) |"' schemas/forks.json
	cat <<-'T'

	## Combinations

	What is known not to work together, from the table that each plan checks.
	*refuse* is an error before anything is built or paid, *warn* and *remind*
	are warnings.

	| when | verdict | what it needs | why |
	|---|---|---|---|
	T
	jq -r 'def value: if type == "array" then map(value) | join(" or ")
			elif type == "object" then to_entries | map(
				if .key == "past" then "newer than these support"
				elif .key == "not" then "not " + (.value | value)
				elif .key == "absent" then "not set"
				else "\(.key) \(.value)" end) | join(" ")
			elif . == "*" then "any" else "`\(.)`" end;
		def escaped: gsub("(?<c>[*<_])"; "\\\(.c)");
		.[] | "| " + (.when | to_entries | map("\(.key): \(.value | value)") |
			join("; ")) + " | \(.verdict)" +
			(if .code then " " + .code else "" end) +
			" | \(.needs | escaped) | \(.source | escaped) |"' \
		schemas/compat-table.json
} >"$ref/versions.md"

"$zensical" build --clean --strict -f "$out/mkdocs.yml"
echo "$out/site/index.html"
