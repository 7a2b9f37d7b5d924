#!/usr/bin/env bash
# opl2-worker --forward: a stand-in for a URL that may hold a key.
. "$(dirname "$0")/../lib.sh"

drive() { python3 "$ROOT/tests/cli/forward.py" "$1"; }

test_ok 'bodies and batches pass unchanged' 'drive passes'
test_ok 'the URL is in no command line' 'drive hides'
test_ok 'a wrong path, method or size is refused' 'drive refuses'
test_ok 'an L1 that is away is named without its key' 'drive explains'
test_ok 'it dies with its parent' 'drive dies'
test_fails 1 'without a URL it does not start' 'opl2-worker --forward'
done_testing
