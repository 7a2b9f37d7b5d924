#!/usr/bin/env bash
# balance: amounts that contradict each other are shown where they stand.
. "$(dirname "$0")/../lib.sh"

account() { # account FIELDS
	spec <<-Y
	resources:
	  balance:
	    b:
	      rpc: http://127.0.0.1:1
	      address: "0x00000000000000000000000000000000000000aa"
	      at_least: 1eth
	      $1
	Y
}

test_ok 'a target below what must be there' '
	account "top_up_to: 0.5eth" && run 3 opl2 validate &&
	err_has E0833 && err_has "opl2.yaml:9:" && err_has "top_up_to"'
test_ok 'more to keep than there must be at first' '
	account "keep: 2eth" && run 3 opl2 validate && err_has E0833 &&
	err_has "opl2.yaml:9:" && err_has "or less"'
test_ok 'as much is as well' '
	account "keep: 1eth" && run 0 opl2 validate'
done_testing
