#!/usr/bin/env bash
# import of a database: it stays where it is, and is the spec's or refused.
. "$(dirname "$0")/../lib.sh"

HASH=0x$(printf '%064d' 4242)
# `geth init`: the database knows its genesis, and tells the hash in short.
cat >geth <<'EOF'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done # options of all commands
[ "$1 $2" = "init --datadir" ] || exit 9
if [ -e "$3/geth/of" ] && ! cmp -s "$3/geth/of" "$5"; then
	echo "Fatal: database contains incompatible genesis"
	exit 1
fi
mkdir -p "$3/geth/chaindata" && cp "$5" "$3/geth/of"
echo "Successfully wrote genesis state hash=000000..004242"
EOF
chmod +x geth
echo '{"of": "this chain"}' >genesis.json
spec <<Y
resources:
  datadir:
    op-geth:
      key: abcdef0123
      program: "$PWD/geth"
      genesis: "$PWD/genesis.json"
      genesis_sha256: d1
      genesis_hash: "$HASH"
Y
hand() { # a database as it was made by hand
	rm -rf by-hand && ./geth init --datadir by-hand --state.scheme=hash \
		genesis.json && echo blocks >by-hand/geth/chaindata/000001
}
nothing() { [ -z "$(opl2 state list)" ] && [ ! -e .opl2/data ]; }
PLACE=.opl2/data/abcdef01/op-geth

test_ok 'a folder without a database' '
	mkdir empty && run 3 opl2 import datadir.op-geth empty && err_has E1048 && nothing'
test_ok 'one that a node has open' '
	hand && : >by-hand/geth/LOCK && {
		flock -x 8 && run 10 opl2 import datadir.op-geth by-hand
	} 8>by-hand/geth/LOCK && err_has E1049 && err_has "stop the geth" && nothing'
test_ok 'one of another genesis' '
	hand && echo "{}" >by-hand/geth/of && run 1 opl2 import datadir.op-geth by-hand &&
	err_has "incompatible genesis" && nothing &&
	has by-hand/geth/chaindata/000001 blocks'
test_ok 'that of the chain is adopted where it is' '
	hand && run 0 opl2 import datadir.op-geth by-hand && [ -L $PLACE ] &&
	has $PLACE/geth/chaindata/000001 blocks &&
	has by-hand/geth/chaindata/000001 blocks'
test_ok 'and there is nothing left to do' '
	run 0 opl2 plan -expect-no-changes && run 0 opl2 apply -auto-approve'
test_ok 'once is enough' '
	run 3 opl2 import datadir.op-geth by-hand && err_has E1040'
test_ok 'destroy takes the link, and not what it leads to' '
	run 0 opl2 destroy -auto-approve -delete-data && [ ! -e $PLACE ] &&
	has by-hand/geth/chaindata/000001 blocks'
test_ok 'what is in its place is kept' '
	mkdir -p $PLACE && echo mine >$PLACE/x && run 5 opl2 import datadir.op-geth by-hand &&
	err_has E1050 && has $PLACE/x mine'
done_testing
