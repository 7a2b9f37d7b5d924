#!/bin/bash
# The Debian package is built from the libraries that `make deps` names, and the
# version is that of the newest changes.
. "$(dirname "$0")/lib.sh"

control=docs/packaging/debian/control
diff <(make -s deps | tr ' ' '\n' | grep -e '-dev$' | grep -v cmocka | sort) \
	<(sed -n '/^Build-Depends:/,/^[A-Z].*:/s/^ \(.*-dev\),*$/\1/p' $control | sort) |
	grep '^[<>]' | rule 'Build-Depends has the libraries of make deps'
diff <(sed -n 's/^VERSION  := //p' Makefile) \
	<(sed -n 's/^## \([0-9.]*\), .*/\1/p' CHANGELOG.md | head -n 1) |
	grep '^[<>]' | rule 'CHANGELOG.md begins with VERSION of the Makefile'
done_testing
