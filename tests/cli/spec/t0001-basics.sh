#!/bin/bash
# Global options, help, streams and exit codes.
. "$(dirname "$0")/../lib.sh"

test_ok 'version' '
	run 0 opl2 version && grep -qE "^opl2 [0-9.]+ on linux/" "$OUT/stdout" &&
	[ ! -s "$OUT/stderr" ]'
test_ok 'version -json' '
	run 0 opl2 version -json && jq -e ".version and .spec_format == 1" "$OUT/stdout"'
test_ok 'version -json names the libraries of each program' '
	run 0 opl2 version -json &&
	jq -e "all(.libraries | (.opl2 | .gmp, .jansson, .libyaml, .nettle),
		(.[\"opl2-worker\"] | .jansson, .libarchive, .libcurl, .libgit2,
		.libmicrohttpd, .openssl, .zlib); test(\"^[0-9]+[.][0-9]+\"))" "$OUT/stdout"'
test_ok 'without a worker it names its own' '
	mkdir alone && cp "$(command -v opl2)" alone && run 0 alone/opl2 version -json &&
	jq -e ".libraries | keys == [\"opl2\"]" "$OUT/stdout" && rm -r alone'
test_ok '-version and --version are the same' '
	opl2 -version >a && opl2 --version >b && opl2 version >c && cmp a b && cmp a c'
test_ok 'help goes to stdout and is a success' '
	for a in -h -help --help help; do
		run 0 opl2 $a && out_has "Usage: opl2" && [ ! -s "$OUT/stderr" ] || exit 1
	done'
test_ok 'every command has help' '
	opl2 help | sed -n "/^Commands:/,/^$/p" | sed -n "s/^  \([a-z ]*[a-z]\)   .*/\1/p" >cmds &&
	[ "$(wc -l <cmds)" -ge 15 ] &&
	while read -r c; do
		# shellcheck disable=SC2086
		run 0 opl2 $c -help && out_has "Usage: opl2 $c" || exit 1
	done <cmds'
test_ok 'help COMMAND is COMMAND -help' '
	opl2 help plan >a && opl2 plan --help >b && cmp a b'
test_ok 'the exit codes are listed' '
	run 0 opl2 -help && grep -q "^  13  destroy finished" "$OUT/stdout"'
test_ok 'the manual page has every option of plan' '
	opl2 help -man >man &&
	opl2 plan -help | grep -o "^  -[a-z-]*" | while read -r o; do
		grep -qF -- "${o//-/\\-}" man || { echo "no $o"; exit 1; }
	done'
test_fails 3 'no command' 'opl2' 'out_has Usage'
test_fails 3 'an unknown command' 'opl2 aply' \
	'err_has "error[E1001]" && err_has "did you mean '\''opl2 apply'\''?" && [ ! -s "$OUT/stdout" ]'
test_fails 3 'an unknown subcommand' 'opl2 state lst' 'err_has "state list"'
test_fails 3 'a group alone lists its commands' 'opl2 state' 'out_has "state rm"'
test_fails 3 'an unknown option' 'opl2 plan -detailed-exitcod' \
	'err_has "error[E1002]" && err_has "did you mean '\''-detailed-exitcode'\''?"'
test_fails 3 'an abbreviation is refused' 'opl2 apply -auto' \
	'err_has "error[E1002]" && err_has "did you mean '\''-auto-approve'\''?"'
test_fails 3 'a missing value' 'opl2 plan -out' 'err_has "write -out=FILE"'
test_fails 3 'a flag with a wrong value' 'opl2 plan -json=yes' 'err_has E1003'
test_fails 3 'a count that is none' 'opl2 plan -parallelism=0' 'err_has E1003'
test_fails 3 'a duration without unit' 'opl2 plan -lock-timeout=3' 'err_has "-lock-timeout=30s"'
test_fails 3 'too many arguments' 'opl2 version extra' 'err_has E1004'
test_fails 3 'too few arguments' 'opl2 state show' 'err_has "needs ADDR"'
test_fails 3 'all mistakes of a command line at once' 'opl2 plan -foo -bar' \
	'err_has "-foo" && err_has "-bar"'
test_fails 3 '-chdir to nowhere' 'opl2 -chdir=./nowhere version' 'err_has E1006'
test_ok '-chdir DIR and -chdir=DIR' '
	mkdir -p d && run 3 opl2 -chdir d plan && err_has "/d" && run 3 opl2 --chdir=d plan && err_has "/d"'
test_ok 'OPL2_CLI_ARGS comes first, quotes are honoured' '
	OPL2_CLI_ARGS="-json" run 0 opl2 version && jq -e . "$OUT/stdout" >/dev/null &&
	OPL2_CLI_ARGS_version="\"-json\"" run 0 opl2 version && jq -e . "$OUT/stdout" >/dev/null &&
	OPL2_CLI_ARGS="-json" run 0 opl2 version -json=false && out_has "opl2 "'
test_fails 3 'an open quote in OPL2_CLI_ARGS' 'OPL2_CLI_ARGS="\"x" opl2 version' 'err_has E1005'
test_fails 1 'a full disk is not a success' 'opl2 version >/dev/full' 'err_has E1007'
test_fails 1 'a closed stdout is not a success' 'opl2 version >&-' 'err_has E1007'
test_ok 'a reader that went away is no news' '
	{ opl2 help -man; echo "rc $?" >&2; } 2>err | head -c1 >/dev/null
	! grep -v "^rc" err'
test_ok 'colours only where wanted' '
	opl2 plan -x 2>a; ! grep -q "$(printf "\033")" a &&
	CLICOLOR_FORCE=1 opl2 plan -x 2>a; grep -q "$(printf "\033")" a &&
	NO_COLOR=1 CLICOLOR_FORCE=1 opl2 plan -x 2>a; ! grep -q "$(printf "\033")" a'
done_testing
