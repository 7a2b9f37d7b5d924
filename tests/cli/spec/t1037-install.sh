#!/bin/bash
# What `make install` puts where. The programs are those that the tests run.
. "$(dirname "$0")/../lib.sh"

command -v make >/dev/null || skip_all 'make is not installed'
at() { # at NAME=VALUE...: installs into ./root; builds nothing
	make -s -C "$ROOT" -o all install VARIANT="$(basename "$BIN")" STRIP= \
		DESTDIR="$PWD/root" "$@"
}

test_ok 'make install takes DESTDIR and PREFIX' '
	at PREFIX=/usr && ls root >top && echo usr | cmp - top'
test_ok 'programs, completions, the manual page and the schema' '
	cd root/usr && find bin libexec share ! -type d ! -path "share/doc/*" | sort >../../list &&
	cat >../../want <<-L && diff ../../want ../../list
	bin/opl2
	libexec/opl2/clients.env
	libexec/opl2/opl2-meeda
	libexec/opl2/opl2-metrics
	libexec/opl2/opl2-supervise
	libexec/opl2/opl2-ui
	libexec/opl2/opl2-worker
	share/bash-completion/completions/opl2
	share/fish/vendor_completions.d/opl2.fish
	share/man/man1/opl2.1
	share/opl2/opl2.schema.json
	share/zsh/site-functions/_opl2
	L'
test_ok 'completions are those that opl2 prints' '
	cd root/usr/share && bash -n bash-completion/completions/opl2 &&
	opl2 completion bash | cmp - bash-completion/completions/opl2 &&
	opl2 completion zsh | cmp - zsh/site-functions/_opl2 &&
	opl2 completion fish | cmp - fish/vendor_completions.d/opl2.fish &&
	opl2 help -man | cmp - man/man1/opl2.1 &&
	jq -e .properties.resources opl2/opl2.schema.json'
test_ok 'documents and all examples, as they are in the repository' '
	cd root/usr/share/doc/opl2 && ls CHANGELOG.md LICENSE README.md README.zh-CN.md \
		docs/kubernetes.md docs/ui.png docs/zh/first-chain.md &&
	git -C "$ROOT" ls-files examples | sort >"$T_DIR/want" &&
	find examples -type f | sort | diff "$T_DIR/want" - &&
	cmp examples/devnet/opl2.yaml "$ROOT/examples/devnet/opl2.yaml" &&
	[ -x examples/ci/install.sh ]'
test_ok 'the installed opl2 finds its worker' '
	root/usr/bin/opl2 version -json | jq -e ".libraries[\"opl2-worker\"].libcurl"'
done_testing
