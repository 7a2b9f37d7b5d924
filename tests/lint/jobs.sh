#!/bin/bash
# make uses all cores, or as many as it is told to, also in what it starts
# itself; what cleans first is not done at the same time as the rest.
. "$(dirname "$0")/lib.sh"

unset MAKEFLAGS MAKELEVEL MFLAGS
mk=$(mktemp)
trap 'rm -f "$mk"' EXIT
cat >"$mk" <<'M'
include Makefile
.PHONY: jobs inner
jobs:
	@echo "$(filter -j%,$(MAKEFLAGS))"
inner:
	@$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) jobs
M
is() { # is WANTED ARGUMENTS...
	local got
	# Of this variant there is nothing whose dependencies were read.
	got=$(make -f "$mk" VARIANT=none "${@:2}" 2>&1)
	[ "$got" = "$1" ] || echo "make ${*:2}: '$got', not '$1'"
}
{
	is "-j$(nproc)" jobs
	is "-j$(nproc)" inner
	is "-j$(nproc)" -k jobs
	for n in 1 3; do
		is "-j$n" "-j$n" jobs
		is "-j$n" --jobs="$n" inner
	done
} | rule 'make uses all cores, or what -j says'
make -f "$mk" VARIANT=none -n clean jobs 2>&1 | grep 'echo "-j' |
	rule 'clean is no job beside others'
done_testing
