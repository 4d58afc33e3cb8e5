# hone - `make help` lists the targets.
#
#   make [MODE=release|debug|asan|tsan|cov] [CC=gcc|clang] [OUT=dir] [WEB=yes|no] [target]
#
# Objects go to $(OUT)/$(MODE), one folder per mode and compiler, so that modes never mix.
# A new src/<layer>/<file>.c or src/<layer>/<room>/<file>.c, tests/unit/test_<module>.c, tests/e2e/<name>.sh or
# fuzz/fuzz_<reader>.c is found by itself.

VERSION = 0.1.0
MAKEFLAGS += -r
# One goal is built on all processors, unless -j says otherwise; several goals keep their order.
ifneq ($(filter 00 01,$(MAKELEVEL)$(words $(MAKECMDGOALS))),)
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($(origin CC),default)
CC = gcc
endif
# `make` is for users: release.  Everything that tests is debug unless MODE says otherwise.
DEBUG_GOALS = test unit valgrind lint check fuzz-replay
MODE := $(or $(MODE),$(if $(filter $(DEBUG_GOALS) %/debug/%,$(MAKECMDGOALS)),debug,release))
OUT  ?= build
# The interactive pages: auto leaves them out, and says so, where npm cannot bundle them; yes insists.
WEB  ?= auto
B    := $(OUT)/$(MODE)$(if $(findstring clang,$(CC)),-clang)

PREFIX  ?= /usr/local
DESTDIR ?=

# --- flags -----------------------------------------------------------------------------

# Evaluate once, at first use: on a bare machine the packages arrive while make runs.
once = $(eval $(1) := $(2))$($(1))

PKGS       = sqlite3 jansson yaml-0.1 gnutls zlib libzstd liblz4 snappy libbrotlidec libcrypto
PKG_CFLAGS = $(call once,PKG_CFLAGS,$(shell pkg-config --cflags $(PKGS)))
PKG_LIBS   = $(call once,PKG_LIBS,$(shell pkg-config --libs $(PKGS)))
TEST_LIBS  = $(call once,TEST_LIBS,$(shell pkg-config --libs cmocka))

# hone has its own thread pool, so the OpenBLAS without threads is taken where it is installed, also when another
# one is the system's choice.  It is loaded when it is needed first (tensor/blas_priv.h).
BLAS_DIR    = $(call once,BLAS_DIR,$(firstword $(wildcard /usr/lib/*/openblas-serial)))
BLAS_CFLAGS = $(call once,BLAS_CFLAGS,$(shell pkg-config --cflags openblas))
, := ,

WARN = -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion \
       -Wdouble-promotion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
       -Wformat=2 -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough

SANITIZE       = -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all
CFLAGS_debug   = -O1
CFLAGS_release = -O2
CFLAGS_asan    = $(SANITIZE) -fsanitize=address,undefined,float-cast-overflow
CFLAGS_tsan    = $(SANITIZE) -fsanitize=thread
CFLAGS_cov     = -O0 --coverage
CFLAGS_fuzz    = -O1 -w -fsanitize=fuzzer-no-link,address,undefined

INCLUDES = -Isrc -Iinclude -isystem /usr/share/include/llhttp
DEFINES  = -D_GNU_SOURCE -DHONE_VERSION='"$(VERSION)"'
CPPFLAGS = $(INCLUDES) $(DEFINES) $(PKG_CFLAGS) $(BLAS_CFLAGS)
# Never -ffast-math (it breaks isnan); -ffp-contract=off so that compilers agree to the bit.
BASE_CFLAGS = -std=c11 -g -fno-common -fno-math-errno -ffp-contract=off
CFLAGS   = $(BASE_CFLAGS) $(CFLAGS_$(MODE)) $(WARN)
LDLIBS   = $(PKG_LIBS) -lm -lpthread

ifeq ($(shell uname -m),x86_64)
%_avx2.o:   CFLAGS += -mavx2 -mfma
%_avx512.o: CFLAGS += -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
endif

$(B)/tensor/blas.o: CPPFLAGS += $(if $(BLAS_DIR),-DHONE_OPENBLAS='"$(BLAS_DIR)/libopenblas.so.0"')

# One short line per command; V=1 shows the commands.
Q   = $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-6s %s\n' '$(1)' '$(2)')

# --- files -----------------------------------------------------------------------------

# LAYERS='base table' UNITS=tests/unit/test_x.c: a part of the tree, while the rest does not build.
LAYERS  = $(notdir $(wildcard src/*))
SRC     = $(sort $(foreach layer,$(LAYERS),$(wildcard src/$(layer)/*.c src/$(layer)/*/*.c)))
HEADERS = $(sort $(wildcard src/*/*.h src/*/*/*.h include/*.h))
UNITS   = $(sort $(wildcard tests/unit/test_*.c))
E2E     = $(sort $(wildcard tests/e2e/*.sh))
DRIVE_C = $(sort $(wildcard bench/serve/drive/*.c))
DRIVE_H = $(sort $(wildcard bench/serve/drive/*.h))
FUZZERS = $(patsubst fuzz/fuzz_%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))
MAIN    = $(filter src/cli/main.c,$(SRC))
HELPERS = $(sort $(filter-out tests/unit_main.c,$(wildcard tests/*.c)))

# Node's HTTP parser comes as C sources: compiled as they are, strict about what a request is.
LLHTTP_DIR = /usr/share/llhttp
LLHTTP  = $(if $(filter serve,$(LAYERS)),$(patsubst %,$(B)/llhttp/%.o,llhttp api http))
# The pages are compiled in only where the web layer exists to declare them.
ASSETS  = $(if $(and $(filter web,$(LAYERS)),$(wildcard src/web/assets.h)),$(B)/web/assets.o)
LIB     = $(patsubst src/%.c,$(B)/%.o,$(filter-out $(MAIN),$(SRC))) $(ASSETS) $(LLHTTP)
TESTOBJ = $(patsubst tests/%.c,$(B)/tests/%.o,$(UNITS) $(HELPERS)) $(B)/tests/unit_main.o
FORMAT  = $(SRC) $(HEADERS) $(wildcard tests/*.[ch] tests/unit/*.[ch] fuzz/*.[ch] tools/*.c bench/*/*.[ch]) \
          $(DRIVE_C) $(DRIVE_H)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(if $(MAIN),$(B)/hone,$(LIB))

# --- what the machine must have ------------------------------------------------------------

# `make` only looks and says what is missing; the goals that promise to work on a bare
# machine also install it.
DEPS ?= $(if $(filter test demo setup,$(MAKECMDGOALS)),install,check)
GROUPS = build $(if $(filter test unit setup,$(MAKECMDGOALS)),test) $(if $(filter demo setup,$(MAKECMDGOALS)),demo) \
         $(if $(filter bench bench-quality bench-csv,$(MAKECMDGOALS)),bench) \
         $(if $(and $(filter demo setup,$(MAKECMDGOALS)),$(PAGES)),web)
# Whether there are pages to bundle with npm.
PAGES := $(and $(filter-out no,$(WEB)),$(wildcard web/package.json))

deps:
ifneq ($(DEPS),no)
	@tools/install-deps --check $(strip $(GROUPS)) $(if $(filter install,$(DEPS)),|| tools/install-deps $(strip $(GROUPS)))
endif

# All that needs the network: after it make, make demo and make test run without one.
setup:
	tools/install-deps $(strip $(GROUPS))
	$(if $(PAGES),@$(MAKE) --no-print-directory DEPS=no $(OUT)/web/stamp)

# --- the program and the library -----------------------------------------------------------

$(B)/hone: $(B)/cli/main.o $(B)/all.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The program and the tests link from an archive: each takes what it refers to.
$(B)/all.list: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB)' | cmp -s - $@ || echo '$(LIB)' > $@
$(B)/all.a: $(LIB) $(B)/all.list
$(B)/libhone.a: $(filter-out $(B)/cli/%,$(LIB)) $(B)/all.list
$(B)/all.a $(B)/libhone.a:
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $(filter %.o,$^)

# A changed compiler or flag rebuilds what it touches.
$(B)/flags: deps FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','"'"',$(CC) $(CPPFLAGS) $(CFLAGS) $(LDLIBS))' | cmp -s - $@ || \
	    echo '$(subst ','"'"',$(CC) $(CPPFLAGS) $(CFLAGS) $(LDLIBS))' > $@

$(B)/llhttp/%.o: $(LLHTTP_DIR)/%.c $(B)/flags | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS_$(MODE)) -DLLHTTP_STRICT_MODE=1 -w -c -o $@ $<

$(B)/%.o: src/%.c $(B)/flags | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<

$(B)/tests/%.o: tests/%.c $(B)/flags | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -Itests -MMD -MP $(CFLAGS) -c -o $@ $<

# --- the pages: web/static as it is, web/package.json bundled by npm ---------------------------

NPM := $(and $(PAGES),$(or $(shell command -v npm),$(filter web,$(GROUPS))))
ifneq ($(PAGES),$(and $(PAGES),$(NPM),$(PAGES)))
ifeq ($(WEB),yes)
$(error npm is not installed (make setup installs it))
endif
$(info hone: npm is not installed, so the interactive pages are left out (make setup installs it))
endif
BUNDLE = $(if $(NPM),$(OUT)/web/stamp)
STATIC = $(shell find web/static -type f 2>/dev/null)

# web/package.json's "build" script calls esbuild; it is given --outdir.  What npm has once fetched it
# need not fetch again; without a network it gives up after seconds, not after a minute, and only once.
NPM_CI = npm ci --no-audit --no-fund --loglevel=error --prefer-offline --fetch-retry-mintimeout=2000
LEFT_OUT = $(shell [ ! -s $(OUT)/web/stamp ] || echo yes)
$(OUT)/web/stamp: $(if $(filter yes,$(WEB)),$(if $(LEFT_OUT),FORCE)) $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/static/*' 2>/dev/null) | deps
	@mkdir -p $(@D)
	@if cd web && $(NPM_CI) && npm run --silent build -- --outdir=$(abspath $(OUT)/web); then \
	    : > $(abspath $@); \
	elif [ '$(WEB)' = yes ]; then \
	    echo "hone: npm could not bundle the interactive pages" >&2; exit 1; \
	else \
	    rm -rf $(abspath $(OUT)/web)/*; \
	    echo 'left out' > $(abspath $@); \
	    echo "hone: npm could not bundle the interactive pages, so they are left out (make WEB=yes tries again)" >&2; \
	fi

$(B)/embed: tools/embed.c | deps
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -O1 $(WARN) -D_GNU_SOURCE -o $@ $<

# The list of names is part of the input: WEB=no and a removed file change it.
$(B)/web/assets.list: FORCE
	@mkdir -p $(@D)
	@echo '$(STATIC) $(BUNDLE)' | cmp -s - $@ || echo '$(STATIC) $(BUNDLE)' > $@

$(B)/web/assets.c: $(B)/embed $(B)/web/assets.list $(STATIC) $(BUNDLE)
	$(call say,EMBED,$@)
	$(Q)$(B)/embed $@ $(STATIC) $(if $(BUNDLE),$$(find $(OUT)/web -type f -not -name stamp | sort))

$(B)/web/assets.o: $(B)/web/assets.c $(B)/flags | deps
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<

# A client that checks what a server answers: for bench/serve and for tests of servers under load.
$(B)/bench/%.o: bench/%.c $(B)/flags | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -D_GNU_SOURCE -MMD -MP $(CFLAGS) -c -o $@ $<
$(B)/drive: $(DRIVE_C:%.c=$(B)/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

# --- tests --------------------------------------------------------------------------------------

$(B)/tests/units.c: FORCE
	@mkdir -p $(@D)
	@tools/gen-tests $(UNITS) | cmp -s - $@ || tools/gen-tests $(UNITS) > $@
$(B)/tests/units.o: $(B)/tests/units.c $(B)/flags tests/unit_main.h | deps
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -Itests -MMD -MP $(CFLAGS) -c -o $@ $<
$(B)/unit: $(B)/tests/units.o $(TESTOBJ) $(B)/all.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LDLIBS)
unit: $(B)/unit

# T=csv takes the unit groups and scripts whose names match the regular expression csv;
# T=csv:quoted* one case; KIND=unit or KIND=e2e one kind.
test: $(B)/unit $(if $(MAIN),$(B)/hone $(B)/drive)
	@KIND='$(KIND)' tools/run-tests $(B) '$(T)'

valgrind: $(B)/unit
	@KIND=unit WRAP='valgrind -q --error-exitcode=9' tools/run-tests $(B) '$(T)'

# --- gates --------------------------------------------------------------------------------------

check: $(LIB)
	@bad=0; \
	for gate in check-layers 'check-symbols $(B)' check-banned check-size 'check-format $(FORMAT)'; do \
	    if tools/$$gate; then echo "ok $${gate%% *}"; else echo "FAIL $${gate%% *}"; bad=1; fi; \
	done; exit $$bad

lint: deps
	@CC='$(CC)' CPPFLAGS='$(subst ','"'"',$(CPPFLAGS))' tools/lint $(SRC) $(HEADERS) $(DRIVE_C) $(DRIVE_H)

fmt:
	clang-format -i $(FORMAT)

# --- fuzzing ------------------------------------------------------------------------------------

# fuzz-replay: every seed input through every reader, with gcc and the sanitizers, in seconds.
fuzz-replay:
	@$(MAKE) --no-print-directory MODE=asan $(patsubst %,$(OUT)/asan/fuzz/%,$(FUZZERS))
	@tools/fuzz-replay $(OUT)/asan/fuzz $(FUZZERS)

$(B)/fuzz/replay.o: fuzz/replay.c $(B)/flags | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<
$(B)/fuzz/fuzz_%.o: fuzz/fuzz_%.c $(B)/flags | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) -Wno-missing-prototypes -c -o $@ $<
$(FUZZERS:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/fuzz/fuzz_%.o $(B)/fuzz/replay.o $(B)/all.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# fuzz T=csv [SECONDS=60]: search for new inputs with clang's libFuzzer.  Objects are kept from run to run.
SECONDS ?= 60
FUZZ_OUT = $(OUT)/fuzz
fuzz:
	@test -f 'fuzz/fuzz_$(T).c' || { echo "make fuzz T=<one of: $(FUZZERS)>" >&2; exit 2; }
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang WEB=no $(OUT)/fuzz-clang/search/$(T)
	@mkdir -p $(FUZZ_OUT)/found-$(T)
	$(OUT)/fuzz-clang/search/$(T) -max_total_time=$(SECONDS) -timeout=10 $(patsubst %,-dict=%,$(wildcard fuzz/dict/$(T).dict)) \
	  $(FUZZ_OUT)/found-$(T) fuzz/corpus/$(T)
$(FUZZERS:%=$(B)/search/%): $(B)/search/%: $(B)/fuzz/fuzz_%.o $(B)/all.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)

# --- demo, benchmarks, installation -----------------------------------------------------------------

demo: $(B)/hone
	HONE=$(abspath $(B)/hone) demo/run.sh

# Measurements; each says what it needs that is not here.  bench-quality T=titanic takes one data set.
# They take the machine for themselves, one after the other.
BENCHES = startup store data csv json profile parquet arrow table graph learn linear eval text serve parity quality
bench: $(B)/hone
	@failed=; for name in $(BENCHES); do \
	    echo "== bench-$$name"; $(MAKE) --no-print-directory bench-$$name || failed="$$failed $$name"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }
bench-startup: $(B)/hone
	HONE=$(abspath $(B)/hone) bench/startup.sh
bench-data bench-eval bench-profile bench-serve bench-text: bench-%: $(B)/hone
	HONE=$(abspath $(B)/hone) bench/$*/run.sh
bench-store bench-graph bench-learn bench-linear bench-csv bench-json bench-parquet bench-arrow bench-table: bench-%: | deps
	MAKEFLAGS= OUT=$(OUT) bench/$*/run.sh
bench-parity: $(B)/hone
	cd bench/onnx && $(NPM_CI) && HONE=$(abspath $(B)/hone) npm test
	HONE=$(abspath $(B)/hone) bench/onnx/matrix.sh --full
bench-quality: $(B)/hone
	/usr/bin/python3 bench/quality/run.py --hone $(abspath $(B)/hone) $(T)

# The library is an archive only, so what it stands on is not private: --libs alone links a program.
$(B)/hone.pc: $(B)/flags Makefile
	@{ echo 'prefix=$(PREFIX)'; \
	  echo 'Name: hone'; \
	  echo 'Description: the machine-learning lifecycle in one C library'; \
	  echo 'Version: $(VERSION)'; \
	  echo 'Requires: $(PKGS)'; \
	  echo 'Libs: -L$${prefix}/lib -lhone -lm -lpthread'; \
	  echo 'Cflags: -I$${prefix}/include -I$${prefix}/include/hone'; } > $@

# The man page and the completions are made from the verbs' rows.
DOCS = $(B)/hone.1 $(B)/hone.bash $(B)/_hone
$(B)/hone.1:    DOC = man
$(B)/hone.bash: DOC = bash
$(B)/_hone:     DOC = zsh
$(DOCS): $(B)/hone
	$(Q)$(B)/hone internal-docs $(DOC) > $@

# hone.h includes the layers' headers by the names they have here, so they go below include/hone.
PUBLIC = $(filter-out %_priv.h src/cli/% src/web/%,$(wildcard src/*/*.h))
TO = $(DESTDIR)$(PREFIX)
INSTALLED = bin/hone lib/libhone.a lib/pkgconfig/hone.pc share/man/man1/hone.1 \
            share/bash-completion/completions/hone share/zsh/site-functions/_hone \
            $(wildcard include/*.h) $(PUBLIC:src/%=include/hone/%)
install: $(B)/hone $(B)/libhone.a $(B)/hone.pc $(DOCS)
	install -d $(sort $(foreach file,$(INSTALLED),'$(TO)/$(patsubst %/,%,$(dir $(file)))'))
	install -m 755 $(B)/hone '$(TO)/bin/hone'
	install -m 644 $(B)/libhone.a '$(TO)/lib/libhone.a'
	install -m 644 $(B)/hone.pc '$(TO)/lib/pkgconfig/hone.pc'
	install -m 644 $(B)/hone.1 '$(TO)/share/man/man1/hone.1'
	install -m 644 $(B)/hone.bash '$(TO)/share/bash-completion/completions/hone'
	install -m 644 $(B)/_hone '$(TO)/share/zsh/site-functions/_hone'
	$(Q)set -e; $(foreach file,$(wildcard include/*.h),install -m 644 $(file) '$(TO)/$(file)';) \
	$(foreach file,$(PUBLIC),install -m 644 $(file) '$(TO)/$(file:src/%=include/hone/%)';)

uninstall:
	rm -f $(foreach file,$(INSTALLED),'$(TO)/$(file)')

clean:
	rm -rf $(OUT)

help:
	@echo 'make            the program: build/release/hone'
	@echo 'make demo       set up, build, and the main job from end to end'
	@echo 'make test       set up, build, unit and end-to-end tests; T=csv for some, MODE=asan|tsan|cov'
	@echo 'make setup      what needs the network: system packages (Debian, Ubuntu), npm packages'
	@echo 'make check      layers, symbols, banned functions, sizes, format'
	@echo 'make lint       ignored error codes, lone headers, analyzers, shellcheck'
	@echo 'make fmt        format the C'
	@echo 'make fuzz-replay            every seed input through every reader under ASan'
	@echo 'make fuzz T=csv SECONDS=60  search for new inputs with libFuzzer'
	@echo 'make valgrind   unit tests under valgrind (long)'
	@echo 'make bench      measurements, most of them beside peers; or one of'
	@echo '                bench-startup store data csv json profile parquet arrow table graph learn linear text serve parity quality'
	@echo 'make install    PREFIX=/usr/local DESTDIR=   (make uninstall takes it away)'
	@echo 'make clean'
	@echo 'variables       MODE=release|debug|asan|tsan|cov CC=gcc|clang OUT=dir WEB=yes|no'

FORCE:
.PHONY: all deps setup unit test valgrind check lint fmt fuzz fuzz-replay demo bench \
        $(BENCHES:%=bench-%) install uninstall clean help FORCE

-include $(LIB:.o=.d) $(DRIVE_C:%.c=$(B)/%.d) $(B)/cli/main.d $(TESTOBJ:.o=.d) $(wildcard $(B)/fuzz/*.d)
