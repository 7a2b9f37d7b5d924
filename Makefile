# opl2: declarative plan/apply for OP Stack chains. `make help` lists targets.

VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
VARIANT  ?= release
B        := build/$(VARIANT)
CC       ?= gcc

WARN := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wvla -Wwrite-strings -Wpointer-arith \
	-Wcast-qual -Wformat=2 -Wundef
CPPFLAGS_ALL := -D_GNU_SOURCE -DOPL2_VERSION='"$(VERSION)"' -I. -Ibuild/gen \
	-include engine/base/banned.h
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-ffunction-sections -fdata-sections
CFLAGS_asan := -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -DOPL2_FAULTS
CFLAGS_fault := -O1 -g -DOPL2_FAULTS
LDFLAGS_release := -Wl,--gc-sections -Wl,-z,relro,-z,now
LDFLAGS_asan := -fsanitize=address,undefined
CFLAGS_ALL := -std=c17 $(WARN) $(CFLAGS_$(VARIANT)) $(CFLAGS)
LDFLAGS_ALL := $(LDFLAGS_$(VARIANT)) $(LDFLAGS)
# The front end is linked statically, so that it starts in a millisecond; a
# sanitizer needs the dynamic loader.
STATIC_release := -static
STATIC := $(STATIC_$(VARIANT))

BASE_LIBS   := -ljansson -lnettle -lgmp
FRONT_LIBS  := -lyaml $(BASE_LIBS)
WORKER_LIBS := -lcurl -lgit2 -larchive -lsecp256k1 -lcrypto -lz $(BASE_LIBS)
SUPER_LIBS  := -lcurl $(BASE_LIBS)

# One archive per layer; a file in the folder is in the archive.
srcs = $(sort $(wildcard $(1)/*.c))
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
LAYERS := engine/base state engine providers providers/lib providers/effect
lib = $(B)/lib$(subst /,-,$(1)).a
LIB_BASE    := $(call lib,engine/base)
LIB_STATE   := $(call lib,state)
LIB_ENGINE  := $(call lib,engine)
LIB_KINDS   := $(call lib,providers)
LIB_CLIENTS := $(call lib,providers/lib)
LIB_EFFECTS := $(call lib,providers/effect)
LIBS_FRONT  := $(LIB_KINDS) $(LIB_ENGINE) $(LIB_STATE) $(LIB_BASE)
LIBS_WORKER := $(LIB_EFFECTS) $(LIB_CLIENTS) $(LIB_STATE) $(LIB_BASE)
LIBS_SUPER  := $(LIB_CLIENTS) $(LIB_ENGINE) $(LIB_BASE)

FRONT_OBJS  := $(call objs,$(call srcs,cmd/opl2)) $(B)/obj/gen/embed.o
WORKER_OBJS := $(call objs,$(call srcs,cmd/worker))
SUPER_OBJS  := $(call objs,$(call srcs,cmd/supervise))
PROGRAMS    := $(B)/opl2 $(B)/opl2-worker $(B)/opl2-supervise
UNIT_SRCS   := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BINS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRCS))

.PHONY: all asan units clean install help
all: $(PROGRAMS)
ifeq ($(VARIANT),release)
	@for p in opl2 opl2-worker opl2-supervise; do \
		ln -sf release/$$p build/$$p; done
endif

asan:
	@$(MAKE) --no-print-directory VARIANT=asan all
units: $(UNIT_BINS)

define layer_rule
$$(call lib,$(1)): $$(call objs,$$(call srcs,$(1)))
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Schemas, presets and their assets go into the front end by .incbin.
EMBED_FILES := $(shell find schemas -type f -not -name '*.sh')
build/gen/embed.c: schemas/embed.sh $(EMBED_FILES) Makefile
	@mkdir -p $(@D)
	@sh schemas/embed.sh > $@.tmp && mv $@.tmp $@
$(B)/obj/gen/embed.o: build/gen/embed.c $(EMBED_FILES)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(B)/opl2: $(FRONT_OBJS) $(LIBS_FRONT)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(STATIC) -o $@ $(FRONT_OBJS) \
		-Wl,--start-group $(LIBS_FRONT) -Wl,--end-group $(FRONT_LIBS)
$(B)/opl2-worker: $(WORKER_OBJS) $(LIBS_WORKER)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(WORKER_OBJS) \
		-Wl,--start-group $(LIBS_WORKER) -Wl,--end-group $(WORKER_LIBS)
$(B)/opl2-supervise: $(SUPER_OBJS) $(LIBS_SUPER)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -Wl,--as-needed -o $@ $(SUPER_OBJS) \
		-Wl,--start-group $(LIBS_SUPER) -Wl,--end-group $(SUPER_LIBS) \
		-lcrypto -lsecp256k1

# A unit test may use anything; it links every layer.
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/obj/gen/embed.o $(LIB_EFFECTS) \
		$(LIB_CLIENTS) $(LIBS_FRONT)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(B)/obj/gen/embed.o \
		-Wl,--start-group $(LIB_EFFECTS) $(LIB_CLIENTS) $(LIBS_FRONT) \
		-Wl,--end-group -lcmocka -lyaml $(WORKER_LIBS)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/opl2
	install -m 755 -s build/release/opl2 $(DESTDIR)$(PREFIX)/bin/
	install -m 755 -s build/release/opl2-worker build/release/opl2-supervise \
		$(DESTDIR)$(PREFIX)/libexec/opl2/

clean:
	rm -rf build

help:
	@echo 'all          build/opl2, build/opl2-worker, build/opl2-supervise'
	@echo 'asan         the same with ASan, UBSan and crash points, in build/asan'
	@echo 'install      PREFIX= DESTDIR='
	@echo 'clean        remove build/'

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
.SECONDARY:
