#!/usr/bin/env bash
# status and doctor name the server of others that is away, not the adapter in
# front of it; a plan takes what it cannot look at to be as recorded.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

serve_l1 "{ eth_getBalance: \"0x7\", eth_getTransactionCount: \"0x1\",
	eth_getBlockByNumber: { number: \"0x10\", timestamp: \"$(printf '0x%x' $(($(date +%s) + 900)))\" } }"
mkfifo hold && exec 7<>hold && rm hold
python3 "$ROOT/tests/fake/meeda.py" "$PWD" <&7 >port 2>/dev/null &
meeda=$!
until [ -s port ]; do kill -0 $meeda || exit 1; done
MEEDA=http://127.0.0.1:$(cat port)
end_all() {
	opl2 stop -force
	kill $server $meeda
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
{
	chain_spec
	cat <<-Y
		  endpoint:
		    meeda: { type: meeda, rpc: "$MEEDA" }
		  process:
		    op-batcher:
		      command: [/bin/sh, -c, "exec sleep 1000", sh]
		      args: { altda.da-server: "$MEEDA" }
		      owns: { sender: "\${key.admin.address}" }
		      pause:
		        steps: [{ rpc: { url: "$L1_URL", method: eth_chainId } }]
		        resume: [{ rpc: { url: "$L1_URL", method: eth_chainId } }]
	Y
} | spec

test_ok 'while it is there nothing is wrong' '
	adopt && opl2 apply -auto-approve -target=endpoint.meeda -target=process.op-batcher &&
	run 0 opl2 status && lacks "$OUT/stdout" Meeda && opl2 doctor -json |
	jq -e "[.findings[].code] | contains([\"E1110\"]) | not"'
{
	kill $meeda
	wait $meeda
} 2>/dev/null
test_ok 'status names it when it is not' '
	run 1 opl2 status && out_has "meeda: the Meeda server at '"'$MEEDA'"' does not answer: connection refused"'
test_ok 'and doctor what to start, and nothing of a log' '
	run 1 opl2 doctor -json && jq -e "[.findings[] | [.code, .what]] == [[\"E1110\", \"meeda\"]]
		and (.findings[0].cure | contains(\"start the Meeda server\"))
		and (.findings[0] | tostring | contains(\" log\") | not)" "$OUT/stdout"'
test_ok 'a plan takes it to be as recorded' '
	run 0 opl2 plan -target=endpoint.meeda && err_has "is assumed to be unchanged: the Meeda server at" &&
	err_has "no batch can be stored"'
done_testing
