#!/usr/bin/env bash
# When the L2's forks come: what is refused and where, what the plan of a
# running chain says, and a database that was used with other forks.
. "$(dirname "$0")/../lib.sh"

printf '{"block_time": 2, "granite_time": 0}\n' >rollup.json
printf '{"block_time": 2, "chain_op_config": {}}\n' >rollup-chain-op.json
SHA=$(sha256sum rollup.json | cut -d' ' -f1)
FAR=2100-01-01T00:00:00Z # 4102444800
chain() { # chain SCHEDULED PROGRAMS FORK...: one of 2023
	spec <<-Y
	resources:
	  l2_forks:
	    l2:
	      genesis:
	        sha256: "${T_CHAIN:-a}"
	        time: 1700000000
	        scheduled: $1
	        rollup: $PWD/rollup.json
	        rollup_sha256: $SHA
	        rollup_chain_op: $PWD/rollup-chain-op.json
	        rollup_chain_op_sha256: b
	      block_time: 2s
	      programs: $2
	      forks:
	$(printf '        %s\n' "${@:3}")
	  datadir:
	    geth: { key: "deadbeef", forks: "\${l2_forks.l2.times}" }
	  null:
	    args:
	      triggers:
	        holocene: "\${l2_forks.l2.overrides.holocene}"
	        isthmus: "\${l2_forks.l2.overrides.isthmus}"
	        osaka: "\${l2_forks.l2.overrides.osaka}"
	  compat:
	    replica: { programs: "${T_REPLICA:-v1.19.6}", l2_fork: "\${l2_forks.l2.newest}" }
	Y
}
START="holocene: start|isthmus: start|jovian: start|karst: start"
start() { # start SCHEDULED PROGRAMS: all forks on start
	local IFS='|'
	# shellcheck disable=SC2086
	chain "$1" "$2" $START
}
attrs() { opl2 state show -json "$1" | jq -c ".attrs$2"; }
refused() { # refused CODE FORK TEXT: by validate, at the fork's line
	run 3 opl2 validate && err_has "$1" && err_has "opl2.yaml:" &&
		err_has "/forks/$2" && err_has "$3"
}

# --- what is wrong whatever the chain is -------------------------------------
test_ok 'two forks at one time' '
	chain true v1.19.6 "holocene: 4102444800" "isthmus: $FAR" &&
	refused E0461 isthmus "does not have its own L2 block" && err_has "opl2.yaml:18:" &&
	err_has "stop the chain forever"'
test_ok 'two forks within one block' '
	chain true v1.19.6 "holocene: +181s" "isthmus: +182s" && refused E0461 isthmus holocene'
test_ok 'a later one before an earlier one' '
	chain true v1.19.6 "holocene: +2h" "isthmus: +1h" && refused E0461 isthmus holocene'
test_ok 'a later one without an earlier one' '
	chain true v1.19.6 "isthmus: +1h" && refused E0461 isthmus "'\''holocene'\'' is not"'
test_ok 'no time at all' '
	chain true v1.19.6 "holocene: soon" && refused E0460 holocene "2027-01-31T12:00:00Z"'
test_ok 'a fork that the programs do not follow' '
	chain true v1.13.7 "holocene: +1m" "isthmus: +2m" "jovian: +3m" &&
	refused E0462 jovian v1.13.7 && err_has isthmus && err_has op-batcher'
test_ok 'a fork that nobody knows' '
	chain true v1.19.6 "lagoon: +1m" && run 3 opl2 validate && err_has E0201 && err_has lagoon'

# --- a new chain ---------------------------------------------------------------
test_ok 'each fork has a block of its own' '
	start true v1.19.6 && run 0 opl2 apply -auto-approve && run 0 opl2 plan -expect-no-changes &&
	[ "$(attrs l2_forks.l2 .times)" = "{\"holocene\":1700000002,\"isthmus\":1700000004,\"jovian\":1700000006,\"karst\":1700000008}" ] &&
	[ "$(attrs l2_forks.l2 .overrides.osaka)" = 1700000008 ] &&
	jq -e ".karst_time == 1700000008 and .block_time == 2" .opl2/files/l2_forks.l2/rollup.json &&
	jq -e ".karst_time == 1700000008 and .chain_op_config == {}" .opl2/files/l2_forks.l2/rollup-chain-op.json'
test_ok 'a file that was changed is written again' '
	cp .opl2/files/l2_forks.l2/rollup.json was && echo {} >.opl2/files/l2_forks.l2/rollup.json &&
	run 0 opl2 plan && out_has "changed outside of opl2" && run 0 opl2 apply -auto-approve &&
	cmp was .opl2/files/l2_forks.l2/rollup.json && run 0 opl2 plan -expect-no-changes'
test_ok 'what has come stays' '
	chain true v1.19.6 "holocene: start" "isthmus: start" "jovian: +1h" &&
	run 3 opl2 plan && err_has E0464 && err_has /forks/jovian && err_has /forks/karst &&
	err_has "karst: 2023-11-14T22:13:28Z"'
test_ok 'and its programs too' '
	start true v1.13.7 && run 3 opl2 plan && err_has E0462 && err_has jovian'
test_ok 'written out they are the same' '
	chain true v1.19.6 "holocene: 1700000002" "isthmus: +4s" "jovian: 2023-11-14T22:13:26Z" "karst: start" &&
	run 0 opl2 apply -auto-approve && ! grep -q "scheduled L2" "$OUT/stdout" &&
	[ "$(attrs l2_forks.l2 .times.jovian)" = 1700000006 ]'
test_ok 'a replica must follow them' '
	start true v1.19.6 && T_REPLICA=v1.13.7 start true v1.19.6 && run 3 opl2 plan &&
	err_has E0856 && err_has "compat.replica" && err_has karst && err_has v1.13.7'
test_ok 'a database without them is not used' '
	start true v1.19.6 && jq "del(.forks.karst)" .opl2/data/deadbeef/geth/opl2.json >m &&
	cp m .opl2/data/deadbeef/geth/opl2.json && opl2 state rm -auto-approve datadir.geth &&
	run 1 opl2 apply -auto-approve; err_has E0465 && err_has "used with '\''karst'\'' at never" &&
	cmp m .opl2/data/deadbeef/geth/opl2.json'

# --- one that began before -----------------------------------------------------
test_ok 'start schedules nothing, and the files stay those of genesis' '
	fresh old && cp ../rollup*.json . && start false v1.19.6 && run 0 opl2 plan &&
	out_has "not scheduled: holocene, isthmus, jovian, karst (the chain started before; set a time)" &&
	run 0 opl2 apply -auto-approve && [ ! -e .opl2/files/l2_forks.l2 ] &&
	[ "$(attrs l2_forks.l2 .rollup)" = "\"$PWD/rollup.json\"" ] &&
	[ "$(attrs l2_forks.l2 .rollup_sha256)" = "\"$SHA\"" ] &&
	[ "$(attrs l2_forks.l2 .times)" = "{}" ] && run 0 opl2 plan -expect-no-changes'
test_ok 'a time that is past' '
	cd old && chain false v1.19.6 "holocene: +3m" && run 3 opl2 plan && err_has E0463 && err_has /forks/holocene'
test_ok 'a time that is too near' '
	cd old && chain false v1.19.6 "holocene: $(($(date +%s) + 90))" && run 3 opl2 plan && err_has E0463 && err_has restarted'
test_ok 'a time that can be met is an upgrade, and the plan says what of' '
	cd old && chain false v1.19.6 "holocene: $FAR" "isthmus: start" && run 0 opl2 plan -out=p &&
	out_has "scheduled L2 upgrade: holocene, irreversible after $FAR" &&
	out_has "not scheduled: isthmus" && out_has "checked: " &&
	[ "$(opl2 show -json p | jq -r ".changes[] | select(.addr == \"l2_forks.l2\") | .action + \" \" + (.class // \"in_place\")")" = "update in_place" ] &&
	run 0 opl2 apply -auto-approve && jq -e ".holocene_time == 4102444800" .opl2/files/l2_forks.l2/rollup.json &&
	jq -e ".forks == {holocene: 4102444800}" .opl2/data/deadbeef/geth/opl2.json &&
	[ "$(opl2 state show -json null.args | jq -c .config.triggers)" = "{\"holocene\":\"4102444800\"}" ]'
test_ok 'start after it means nothing' '
	cd old && chain false v1.19.6 "holocene: start" "isthmus: 2101-01-01T00:00:00Z" && run 0 opl2 apply -auto-approve &&
	[ "$(attrs l2_forks.l2 .newest)" = "\"isthmus\"" ]'
test_ok 'what is to come can be taken back' '
	cd old && chain false v1.19.6 "{}" && sed -i "/^        {}$/d; s/^      forks:$/      forks: {}/" opl2.yaml &&
	run 0 opl2 plan && out_has "no longer scheduled: holocene" && run 0 opl2 apply -auto-approve &&
	[ ! -e .opl2/files/l2_forks.l2 ] && [ "$(attrs l2_forks.l2 .overrides)" = "{}" ] &&
	jq -e ".forks == {}" .opl2/data/deadbeef/geth/opl2.json && run 0 opl2 plan -expect-no-changes'
test_ok 'another chain has no past' '
	cd old && T_CHAIN=z start true v1.19.6 && opl2 state rm -auto-approve datadir.geth && rm -r .opl2/data &&
	run 0 opl2 apply -auto-approve && [ "$(attrs l2_forks.l2 .times.karst)" = 1700000008 ]'
done_testing
