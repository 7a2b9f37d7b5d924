#!/usr/bin/env bash
# Assets that are no text: from a folder, and from a preset that opl2.lock
# keeps.
. "$(dirname "$0")/../lib.sh"

laid_down() { # laid_down FILE: the run has it, byte for byte
	cmp "$1" ".opl2/assets/$(sha256sum <"$1" | head -c 64)"
}

mkdir preset
printf 'PK\0\377\0zip' >preset/thing.zip
cat >preset/preset.yaml <<'EOF2'
opl2: 1
resources:
  go_binary:
    a:
      go: /bin/true
      go_mod: asset:thing.zip
      go_sum: asset:thing.zip
      package: example.test/a
  null: { n: {} }
EOF2
printf 'opl2: 1\nname: t\nuse: ./preset\n' >opl2.yaml
test_ok 'a folder has one' '
	opl2 apply -auto-approve -target=null.n &&
	laid_down preset/thing.zip
'

ZIP=$ROOT/schemas/presets/chain/go-v1.19.6/superchain-configs.zip
rm -rf .opl2
printf 'opl2: 1\nname: t\nuse: devnet\n' >opl2.yaml
test_ok 'opl2.lock keeps those of a preset and its parts' '
	opl2 lock &&
	jq -e ".presets.devnet.files[\"../chain/go-v1.19.6/superchain-configs.zip\"].base64" \
		opl2.lock >kept && jq -r . kept | base64 -d | cmp - "$ZIP"
'
# Of another release, as it were: its own text is used.
test_ok 'and they are used from there' '
	jq ".presets.devnet.digest = (\"0\" * 64)" opl2.lock >other &&
	mv other opl2.lock && opl2 apply -auto-approve -target=toolchain.bash &&
	laid_down "$ZIP"
'
done_testing
