#!/bin/bash
# A change with no way back: the format of geth's database. It is made when it
# is accepted, and nothing goes the other way.
. "$(dirname "$0")/../lib.sh"

command -v jq >/dev/null || skip_all 'no jq'
cat >geth <<'G'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done # options of all commands
mkdir -p "$3/geth/chaindata"
echo "Successfully wrote genesis state hash=000000..004242"
G
chmod +x geth
echo '{}' >genesis.json
chain() { # chain FORMAT [KEY]
	spec <<-Y
	resources:
	  datadir:
	    op-geth:
	      key: ${2:-abcdef0123}
	      program: "$PWD/geth"
	      genesis: "$PWD/genesis.json"
	      genesis_sha256: d1
	      ${1-}
	Y
}
MARK=.opl2/data/abcdef01/op-geth/opl2.json
format_is() { jq -e ".format == $1" $MARK; }
refused() {
	run 10 opl2 "$@" && err_has E0624 && err_has "'datadir.op-geth' could not be reverted" &&
		err_has "opl2 backup -data" && err_has "accept-irreversible=t" && format_is 8
}

test_ok 'no format is the old one' '
	chain && run 0 opl2 apply -auto-approve && format_is 8 &&
	chain "format: 8" && run 0 opl2 plan -expect-no-changes'
test_ok 'a newer one is refused' '
	chain "format: 9" && refused plan && out_has "! datadir.op-geth  (no way back)" &&
	out_has "format: 8 -> 9  # no way back" && out_has "older programs cannot open it after that" &&
	out_has "cannot be applied"'
test_ok '-auto-approve does not cover it' 'refused apply -auto-approve'
test_ok 'nor does the name of another chain' '
	run 10 opl2 plan -accept-irreversible=u && err_has E0610'
test_ok 'a plan that was refused is not saved' 'refused plan -out=no.plan && [ ! -e no.plan ]'
test_ok 'JSON says it too' '
	run 10 opl2 plan -json && jq -es "[.. | objects | select(.addr? == \"datadir.op-geth\" and .reasons)][0] | .class == \"no way back\" and .irreversible and .action == \"update\"" "$OUT/stdout"'
test_ok 'accepted, it is saved and applied' '
	run 0 opl2 plan -accept-irreversible=t -out=yes.plan && out_has "! datadir.op-geth" &&
	run 0 opl2 show -markdown yes.plan && out_has "| update **!** | \`datadir.op-geth\` | config, no way back |" &&
	run 0 opl2 apply -auto-approve yes.plan && format_is 9 && run 0 opl2 plan -expect-no-changes'
lower() { run 3 opl2 "$@" && err_has E0468 && err_has "restore a backup" && format_is 9; }
test_ok 'it is not lowered' '
	chain "format: 8" && lower plan && lower apply -auto-approve &&
	chain && lower plan -accept-irreversible=t'
test_ok 'another chain begins as it likes' '
	chain "format: 8" 123456789a && run 0 opl2 plan -accept-irreversible=t'
test_ok 'nor when nothing is recorded any more' '
	chain && rm -r .opl2/state.json .opl2/history && run 3 opl2 apply -auto-approve && err_has E0468 && format_is 9 &&
	chain "format: 9" && run 0 opl2 apply -auto-approve && format_is 9'
test_ok 'made over an older one it says so, and needs no consent' '
	jq ".format = 8" $MARK >m && cp m $MARK && rm -r .opl2/state.json .opl2/history &&
	run 0 opl2 apply -auto-approve && err_has W0469 && format_is 9'
test_ok 'the schema says it' '
	run 0 opl2 schema -markdown datadir && out_has "A change is irreversible."'
done_testing
