#!/usr/bin/env bash
# datadir and reth_chain: a database of op-reth, and that neither client opens
# one of the other.
. "$(dirname "$0")/../lib.sh"

command -v jq >/dev/null || skip_all 'no jq'
HASH=0x$(printf '%064d' 4242)
# What op-reth's init does, and says.
cat >op-reth <<E2
#!/bin/sh
[ "\$1" != --version ] || { echo "Reth Version: 2.3.0-dev"; exit; }
[ "\$1 \$2 \$4 \$6" = "init --datadir --chain --color=never" ] && [ \$# = 6 ] || exit 2
echo "\$5" >chain-of
mkdir -p "\$3/db" "\$3/static_files" && : >"\$3/db/mdbx.dat"
echo "INFO Opening storage db_path=\"\$3/db\" parent_hash=0x1"
echo "INFO Genesis block written hash=\$(cat "$PWD/said")"
E2
cat >geth <<'E2'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done # options of all commands
mkdir -p "$3/geth/chaindata" && echo "Successfully wrote genesis state hash=000000..004242"
E2
chmod +x op-reth geth
echo "$HASH" >said
echo '{"config": {"chainId": 7, "graniteTime": 0}, "alloc": {"a": {"balance": "0x1"}}}' >genesis.json
datadir() { # datadir NAME CLIENT [FIELD...]
	printf '    %s:\n      key: abcdef0123\n      genesis_sha256: d1\n      genesis_hash: "%s"\n' "$1" "$HASH"
	if [ "$2" = op-reth ]; then
		printf '      %s\n' 'client: op-reth' 'program: "${toolchain.op-reth.path}"' 'genesis: "${reth_chain.l2.path}"'
	else
		printf '      %s\n' "program: '$PWD/geth'" "genesis: '$PWD/genesis.json'"
	fi
	shift 2
	[ $# -eq 0 ] || printf '      %s\n' "$@"
}
reth() {
	cat <<-Y
	  toolchain:
	    op-reth: { program: op-reth, version: "*", host: false, from: { path: op-reth } }
	  reth_chain:
	    l2: { genesis: "$PWD/genesis.json", genesis_sha256: d1, forks: { ${FORKS-karst: 99} } }
	Y
}
both() { { echo 'resources:'; reth; echo '  datadir:'; "$@"; } | spec; }
CHAIN=.opl2/files/reth_chain.l2/chain.json
GETH=.opl2/data/abcdef01/op-geth RETH=.opl2/data/abcdef01/op-reth

test_ok 'a database of op-reth is made by its init, from a file with the forks' '
	both datadir op-reth op-reth && run 0 opl2 apply -auto-approve && [ -e $RETH/db/mdbx.dat ] &&
	jq -e "(.config | .karstTime == 99 and .graniteTime == 0 and .chainId == 7) and .alloc.a.balance == \"0x1\"" $CHAIN &&
	cmp "$(cat .opl2/chain-of 2>/dev/null || cat chain-of)" $CHAIN'
test_ok 'and there is nothing left to do' 'run 0 opl2 plan -expect-no-changes'
test_ok 'other forks are another file, and the same database' '
	FORKS="karst: 98, jovian: 1" && both datadir op-reth op-reth && run 0 opl2 apply -auto-approve &&
	jq -e ".config.karstTime == 98 and .config.jovianTime == 1" $CHAIN && run 0 opl2 plan -expect-no-changes'
test_ok 'a file that is gone is written again' '
	FORKS="karst: 98, jovian: 1" && rm $CHAIN && run 0 opl2 apply -auto-approve && [ -s $CHAIN ]'
test_fails 10 'the same datadir cannot become one of op-geth' '
	both datadir op-reth op-geth && opl2 plan' 'err_has E0486 && err_has "geth cannot open a database of op-reth"'
test_ok 'nor is a folder with one opened' '
	run 0 opl2 state rm -auto-approve datadir.op-reth && rm $RETH/opl2.json && both datadir op-reth op-geth &&
	run 10 opl2 apply -auto-approve && err_has E0486 && [ ! -e $RETH/geth ]'
test_ok 'in the other direction neither' '
	fresh other && cp ../op-reth ../geth ../genesis.json . && mkdir -p $RETH/geth/chaindata &&
	both datadir op-reth op-reth && run 10 opl2 apply -auto-approve && err_has E0486 &&
	err_has "holds a database of geth" && [ ! -e $RETH/db ]'
test_ok 'another block 0 than that of the chain' '
	fresh wrong && cp ../op-reth ../geth ../genesis.json . && echo 0x1234 >../said &&
	both datadir op-reth op-reth && run 1 opl2 apply -auto-approve && err_has E0422 && err_has 0x1234
	rc=$?; echo '"$HASH"' >../said; exit $rc'

begin() { # a chain on op-geth
	fresh "$1" && cp ../op-reth ../geth ../genesis.json . && both datadir op-geth op-geth && run 0 opl2 apply -auto-approve
}
test_ok 'in place of op-geth'\''s it is refused, before anything is done' '
	begin chain && both datadir op-reth op-reth "instead_of: op-geth" && run 3 opl2 plan && err_has E0487 &&
	err_has "abcdef01/op-geth" && err_has "moved:" && run 3 opl2 apply -auto-approve && [ ! -e $RETH ]'
test_ok '... unless it is one that had another name' '
	begin renamed && both eval "datadir op-geth op-geth; datadir replica op-reth" &&
	run 0 opl2 apply -auto-approve && echo blocks >.opl2/data/abcdef01/replica/db/mdbx.dat &&
	both datadir op-reth op-reth "instead_of: op-geth" &&
	printf "%s\n" "moved:" "  - { from: datadir.replica, to: datadir.op-reth }" >>opl2.yaml &&
	run 13 opl2 apply -auto-approve && has .opl2/data/abcdef01/replica/db/mdbx.dat blocks && [ ! -e $RETH ] &&
	[ -d $GETH/geth/chaindata ] && run 0 opl2 plan -expect-no-changes'
test_ok '... or is imported' '
	begin adopted && mkdir -p by-hand/db by-hand/static_files && echo blocks >by-hand/db/mdbx.dat &&
	both datadir op-reth op-reth "instead_of: op-geth" &&
	printf "%s\n" "import:" "  - { to: datadir.op-reth, id: by-hand }" >>opl2.yaml &&
	run 13 opl2 apply -auto-approve && [ -L $RETH ] && run 0 opl2 plan -expect-no-changes'
test_ok 'or its folder was moved away' '
	begin away && mv $GETH elsewhere && both datadir op-reth op-reth "instead_of: op-geth" &&
	run 13 opl2 apply -auto-approve && [ -e $RETH/db/mdbx.dat ]'

test_ok 'op-reth given by path: another file there is another program' '
	fresh path && cp ../op-reth ../geth ../genesis.json . && both datadir op-reth op-reth && run 0 opl2 apply -auto-approve &&
	before=$(opl2 state show -json toolchain.op-reth | jq -r .attrs.digest) && echo "# new" >>op-reth &&
	run 0 opl2 apply -auto-approve && [ "$(opl2 state show -json toolchain.op-reth | jq -r .attrs.digest)" != "$before" ]'
test_ok '... that is not there is missed before anything is done' '
	fresh none && cp ../geth ../genesis.json . && both datadir op-reth op-reth &&
	sed -i "s|path: op-reth|path: no/op-reth|" opl2.yaml && run 10 opl2 plan && err_has "no/op-reth" &&
	run 10 opl2 apply -auto-approve && err_has "no/op-reth" && [ ! -e $CHAIN ]'
done_testing
