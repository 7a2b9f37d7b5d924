#!/bin/bash
# The Debian package is built from the libraries that `make deps` names.
. "$(dirname "$0")/lib.sh"

control=docs/packaging/debian/control
diff <(make -s deps | tr ' ' '\n' | grep -e '-dev$' | grep -v cmocka | sort) \
	<(sed -n '/^Build-Depends:/,/^[A-Z].*:/s/^ \(.*-dev\),*$/\1/p' $control | sort) |
	grep '^[<>]' | rule 'Build-Depends has the libraries of make deps'
done_testing
