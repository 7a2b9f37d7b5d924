#!/usr/bin/env bash
# The command blocks of the documents that need no chain, run as they are there.
# Those that need one are in tests/e2e/t14-docs.sh; doc_run.py says which are not
# run at all.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq make >/dev/null || skip_all 'no python3, jq or make'
docs() { python3 "$ROOT/tests/cli/doc_run.py" "$@"; }

for page in $(docs pages folder); do
	test_ok "the commands of $page, in a new folder" "
		mkdir $(basename "$page") && cd $(basename "$page") &&
		printf 'opl2: 1\nname: t\n' >opl2.yaml && docs run folder $page"
done
# What the tests run is what they install, and elsewhere.
make() { command make -s -o all VARIANT="$(basename "$BIN")" STRIP= "$@"; }
export -f make
export BIN DESTDIR=$T_DIR/root
for page in $(docs pages clone); do
	test_ok "the commands of $page, in the repository" "
		cd '$ROOT' && docs run clone $page"
done
test_ok 'a command that fails is found' '
	mkdir -p root/docs root/tests/cli && cp "$ROOT/tests/cli/doc_run.py" root/tests/cli &&
	printf "<!-- run: folder -->\n\`\`\`sh\ntrue\nopl2 nothing\n\`\`\`\n" | tee root/README.md >root/docs/first-chain.md &&
	! timeout 300 python3 root/tests/cli/doc_run.py run folder README.md >said && has said "README.md:3: exit 3: opl2 nothing"'
test_ok 'and so is a block that is neither run nor says why not' '
	printf "<!-- run: elsewhere -->\n\`\`\`sh\ntrue\n\`\`\`\n" >root/docs/a.md &&
	printf "\`\`\`sh\ntrue\n\`\`\`\n" >root/docs/b.md &&
	printf "<!-- run by: none.sh -->\n\`\`\`sh\ntrue\n\`\`\`\n<!-- not run: it costs -->\n\n\`\`\`sh\n\`\`\`\n" >root/docs/c.md &&
	python3 root/tests/cli/doc_run.py check >said; cat said; [ "$(wc -l <said)" = 5 ] &&
	has said "a.md:3: no place" && has said "b.md:2: neither" && has said "c.md:3: " &&
	has said "c.md:8: neither" && has said "c.md: a mark that no block follows"'
done_testing
