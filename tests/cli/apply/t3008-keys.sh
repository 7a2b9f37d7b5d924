#!/bin/bash
# Keys in keystores: the password from a file or the environment, the address
# in the plan, the key in a process's environment and nowhere else.
. "$(dirname "$0")/../lib.sh"

# A vector of geth's tests: password "foo", and n 2, so that nothing takes long.
key=00fa7b3db73dc7dfdf8c5fbdb796d741e4488628c41fc4febd9160a866ba0f35
address=0xd1E64E5480bFaf733Ba7D48712DEcb8227797a4e
keystore() { # keystore [FIELDS]: with these in front
	cat <<J
{ $* "crypto": { "cipher": "aes-128-ctr",
  "cipherparams": {"iv": "e0c41130a323adc1446fc82f724bca2f"},
  "ciphertext": "9517cd5bdbe69076f9bf5057248c6c050141e970efa36ce53692d5d59a3984",
  "kdf": "scrypt", "kdfparams": {"dklen": 32, "n": 2, "r": 8, "p": 1,
    "salt": "711f816911c92d649fb4c84b047915679933555030b3552c1212609b38208c63"},
  "mac": "d5e116151c6aa71470e67a7d42c9620c75c4d23229847dcc127794f0732b0db5" },
  "id": "fecfc4ce-e956-48fd-953b-30f8b52ed66c", "version": 3 }
J
}

world() { # world NAME SOURCE [FIELDS]: a key, and a process that is given it
	fresh "$1" && keystore "${3:-}" >k.json &&
		(umask 077 && echo foo >pw) && spec <<Y
resources:
  key: { k: { source: $2 } }
  process:
    p:
      command: [sh, -c, 'umask 077; printf %s "\$K" >got; exec sleep 300']
      dir: .
      env: { K: "\${key.k.private_key}" }
outputs: { address: "\${key.k.address}" }
Y
}
ends() { opl2 destroy -auto-approve || [ $? -eq 13 ]; }
gets_key() { until_true 100 test -s got && [ "$(cat got)" = "$key" ]; } # the process
nowhere() { # nowhere TEXT: it is in nothing that opl2 wrote
	! grep -rlF "$1" .opl2 && ! grep -lF "$1" "$OUT/stdout" "$OUT/stderr"
}

test_ok 'a keystore and a password file: a process gets the key' '
	world file "{ keystore: k.json, password_file: pw }" &&
	run 0 opl2 apply -auto-approve && nowhere "$key" && nowhere foo &&
	gets_key && rm got &&
	[ "$(opl2 output -raw address)" = '$address' ] &&
	run 0 opl2 state show -json key.k && out_has "\"file\": null" &&
	run 0 opl2 plan -detailed-exitcode &&
	run 0 opl2 restart p && gets_key && ends'

test_ok 'the address that the file says is in the plan' '
	world plan "{ keystore: k.json, password_file: pw }" \
		"\"address\": \"${address#0x}\"," &&
	rm pw && run 0 opl2 plan -full && out_has "address: '$address'"'

test_ok 'a password from the environment, which a plan does not need' '
	world env "{ keystore: k.json, password_env: PW }" &&
	PW=foo run 0 opl2 apply -auto-approve && gets_key &&
	run 0 opl2 plan -detailed-exitcode && ends'

test_fails 10 'without it, apply says which is missing' '
	world unset "{ keystore: k.json, password_env: PW }" &&
	opl2 apply -auto-approve' 'err_has "environment variable '\''PW'\''"'

test_fails 10 'another password' '
	world wrong "{ keystore: k.json, password_file: pw }" && echo bar >pw &&
	opl2 apply -auto-approve' 'err_has E0892 && lacks "$OUT/stderr" bar'

test_fails 10 'a password file that others can read' '
	world open "{ keystore: k.json, password_file: pw }" && chmod 644 pw &&
	opl2 apply -auto-approve' 'err_has E0922'

test_fails 10 'which a plan says, too' '
	world said "{ keystore: k.json, password_file: pw }" && chmod 644 pw &&
	opl2 plan' 'err_has E0922 && err_has pw'

test_fails 10 'a key file that others can read, already in the plan' '
	world plain "{ file: hex }" && echo $key >hex && chmod 640 hex &&
	opl2 plan' 'err_has E0922 && err_has "chmod 600"'

test_ok 'and of a chain that knows it' '
	world known "{ file: hex }" && (umask 077 && echo $key >hex) &&
	run 0 opl2 apply -auto-approve && chmod 644 hex &&
	run 10 opl2 plan && err_has "chmod 600" && chmod 600 hex &&
	run 0 opl2 plan -detailed-exitcode && ends'

test_fails 10 'a keystore that says another address than its key has' '
	world lies "{ keystore: k.json, password_file: pw }" \
		"\"address\": \"70997970c51812dc3a010c7d01b50e0d17dc79c8\"," &&
	opl2 apply -auto-approve' 'err_has E0893'

test_ok 'the password is gone at a restart: blocked, until it is back' '
	world gone "{ keystore: k.json, password_file: pw }" &&
	run 0 opl2 apply -auto-approve && gets_key && mv pw away && rm got &&
	run 10 opl2 restart p && err_has "secret file" &&
	run 1 opl2 status && out_has blocked && mv away pw &&
	run 0 opl2 start && gets_key && ends'

test_ok 'a keystore that was exchanged is drift' '
	world drift "{ keystore: k.json, password_file: pw }" \
		"\"address\": \"${address#0x}\"," &&
	run 0 opl2 apply -auto-approve &&
	sed -i "s/\"address\": \"[^\"]*\"/\"address\": \"70997970c51812dc3a010c7d01b50e0d17dc79c8\"/" k.json &&
	run 2 opl2 plan -detailed-exitcode && out_has 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 &&
	run 0 opl2 stop'

for t in '{ keystore: k.json }' '{ keystore: k.json, password_file: pw, password_env: P }' \
	'{ env: A, password_file: pw }' '{ generate: true, password_env: P }'; do
	test_fails 3 "refused: $t" "world bad '$t' && opl2 plan" 'err_has E0823'
done
done_testing
