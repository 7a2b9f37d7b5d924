#!/usr/bin/env bash
# A spec's folder, HOME and cache whose names have spaces, quotes, a '$' or
# letters that are not ASCII.
. "$(dirname "$0")/../lib.sh"

end_all() {
	for d in "$T_DIR"/odd/*/spec; do
		cd "$d" && opl2 stop -force
	done
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT

world() { # world NAME: HOME, cache and spec are below a folder of that name
	local d="$T_DIR/odd/$1"
	mkdir -p "$d/spec" "$d/tool" && cp /bin/sleep "$d/tool/" &&
		export HOME="$d/home" XDG_CACHE_HOME="$d/cache" && mkdir -p "$HOME" &&
		cd "$d/spec" && cat >opl2.yaml <<-'Y'
		opl2: 1
		name: t
		resources:
		  key: { k: { source: { generate: true } }, f: { source: { file: my key } } }
		  jwt_secret: { j: {} }
		  datadir: { d: { key: "0x0123456789abcdef" } }
		  process:
		    p:
		      command: ["../tool/sleep", "1000"]
		      env: { KEY: "${key.k.private_key}", JWT: "${jwt_secret.j.path}" }
		Y
	sed -i "s#\"../tool/sleep\"#$(jq -n --arg p "$d/tool/sleep" '$p' | sed 's/[&#\\]/\\&/g')#" opl2.yaml
	printf '%064d\n' 9 >'my key' && chmod 600 'my key'
}
pid() { opl2 status -json | jq -r '.processes[0].pid'; }
is_sleep() { [[ $(readlink "/proc/$1/exe") == */sleep ]]; }

for name in 'a space' "it's" 'say "so"' 'dév' '$5 off $HOME' 'back\slash' '#1 & co; (x)' '-x' 100%u; do
	test_ok "a chain in a folder named $name" '
		world "$name" && run 0 opl2 validate && run 0 opl2 apply -auto-approve &&
		run 0 opl2 plan -expect-no-changes && run 0 opl2 status &&
		p=$(pid) && until_true 100 is_sleep "$p" && tr "\0" "\n" <"/proc/$p/environ" >env &&
		grep -qx "JWT=$(sed "s/[][\\\\*.^$]/\\\\&/g" <<<"$PWD")/.opl2/files/jwt_secret.j/jwt.txt" env &&
		[ -d .opl2/data/01234567/d ] && run 0 opl2 stop && run 0 opl2 start &&
		run 0 opl2 backup "b c.tar.gz" && run 13 opl2 destroy -auto-approve -force -delete-data'
	test_ok '... and its unit names that folder' '
		cd "$T_DIR/odd/$name/spec" && opl2 apply -auto-approve && opl2 service print >unit &&
		d=$(sed "s/[\\\\\"]/\\\\&/g; s/[%$]/&&/g" <<<"$PWD") &&
		grep -qF "\"-chdir=$d\" start" unit'
	test_ok '... and a devnet is planned there' '
		cd "$T_DIR/odd/$name/spec" && mkdir -p ../devnet && cd ../devnet &&
		printf "opl2: 1\nname: t\nuse: devnet\nwith: { l1: anvil }\n" >opl2.yaml &&
		case $name in
		*\$*) run 3 opl2 validate && err_has E0423 ;;
		*) run 0 opl2 plan -refresh=false ;;
		esac'
done
done_testing
