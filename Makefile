# The verbs of this project. `make run` is all that a fresh machine needs; `make test` proves it.
.POSIX:
.SUFFIXES:
.PHONY: run test check soak coturns pythons bundle bench bench-capacity bench-book bench-memory bench-stranger bench-join ear audit format settings confusables rnnoise icons pictures dashboard secrets coturn-conf coturn proxy-conf doctor clean

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
# setuptools warns of every editable installation, in a dozen lines.
PIP = PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
ENV_FILE = conf/meshvoice.env
BENCH = build/bench
MESHVOICE = $(BIN)/meshvoice --env-file $(ENV_FILE)
BROWSER_NEEDS = chromium:chromium turnserver:coturn firefox-esr:firefox-esr nft:nftables ip:iproute2 \
	conntrack:conntrack openssl:openssl node:nodejs certutil:libnss3-tools pulseaudio:pulseaudio \
	nginx:nginx-light caddy:caddy apache2:apache2-bin haproxy:haproxy \
	WebKitWebDriver:webkit2gtk-driver Xvfb:xvfb prometheus:prometheus dbus-daemon:dbus-daemon dbus-send:dbus-bin

# Two calls at one time would be a load test of the machine: what starts browsers and relays runs in a row. What takes
# half a minute by itself is left to `make check`.
HEAVY = browser or coturn or lab
RELAY_TESTS = -m '(coturn or lab) and not (browser or slow or deploy)'
BROWSER_TESTS = -m 'browser and not (slow or deploy)'
LIGHT = not ($(HEAVY) or slow or deploy)
LIGHT_TESTS = -n 2 -m '$(LIGHT)'
SHORT_HEAVY_TESTS = -m '($(HEAVY)) and not (long or slow or deploy)'

run: $(VENV)/serve.done $(ENV_FILE)
	@$(BIN)/python -m tools.bundle --if-there
	@$(MESHVOICE) serve

# The call's modules in a few files, which load sooner; by esbuild, of npm or of the system. Nothing needs it.
bundle: $(VENV)/serve.done
	@$(BIN)/python -m tools.bundle

test: $(VENV)/test.done
	@tests/need.sh $(BROWSER_NEEDS)
	@$(BIN)/python -m tools.bundle --if-there
	$(BIN)/python -m pytest $(LIGHT_TESTS)
	$(BIN)/python -m pytest $(SHORT_HEAVY_TESTS)
	@if command -v node >/dev/null; then node --test tests/js/; else echo "skipped: tests/js, node is missing"; fi

# Tests of relays mostly wait for an answer, or for its absence: what computes goes beside them. Browsers have the
# machine for themselves.
STATIC = $(BIN)/mypy && npm run --silent types && npm run --silent lint && npm run --silent coverage && \
	node --test --test-reporter=dot tests/js/simulator.test.js
BESIDE = .coverage-beside

check: $(VENV)/check.done node_modules/.package-lock.json
	@tests/need.sh $(BROWSER_NEEDS)
	@$(BIN)/python -m tools.bundle
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@tests/beside.sh "$(BIN)/python -m pytest $(LIGHT_TESTS) --cov --cov-report=" \
		"COVERAGE_FILE=$(BESIDE) $(BIN)/python -m pytest $(RELAY_TESTS) --cov --cov-report= && $(STATIC)"
	$(BIN)/coverage combine --quiet --append $(BESIDE)
	$(BIN)/python -m pytest $(BROWSER_TESTS) --cov --cov-append --cov-report=term
	$(BIN)/coverage report --include='$(PURE)' --fail-under=100

# What takes minutes: half an hour of comings and goings (SOAK_MINUTES), browsers asleep, deployments broken one by one;
# an hour and a half.
soak: $(VENV)/test.done $(BENCH)/loadgen
	@tests/need.sh $(BROWSER_NEEDS)
	@$(BIN)/python -m tools.bundle --if-there
	@tests/soak.sh $(BIN)/python

# All that is tested of the installed coturn, of that of other suites of Debian's or Ubuntu's: fetched once, installed nowhere.
# Who names suites wants those tested: one that can't be had fails.
SUITES = testing
coturns: $(VENV)/test.done
	@tests/need.sh nft:nftables ip:iproute2 openssl:openssl
	@tests/coturns.sh $(BIN)/python $(if $(filter file,$(origin SUITES)),--if-there) $(SUITES)

# What is light, by other Pythons than that of `make run`: by default the system's, which Debian's services run by.
# Who names some wants those tested: one that can't be had fails.
PYTHONS = /usr/bin/python3
pythons: $(VENV)/test.done
	@LIGHT='$(LIGHT)' tests/pythons.sh $(BIN)/python $(if $(filter file,$(origin PYTHONS)),--if-there) $(PYTHONS)

# The relay beside others, coming and going, crowds and pages; writes docs/performance.md. QUICK=1: two minutes, and nothing written.
bench: $(VENV)/test.done $(BENCH)/loadgen $(BENCH)/channels.done benchmarks/node_modules/.package-lock.json
	@$(BIN)/python -m benchmarks.bench $(if $(QUICK),--quick)

$(BENCH)/loadgen: benchmarks/client/loadgen.c
	@tests/need.sh cc:gcc
	@mkdir -p $(BENCH)
	cc -O2 -Wall -o $@ benchmarks/client/loadgen.c -lm

# Its own environment: what is compared comes into no application's.
$(BENCH)/channels.done: $(BIN)/python benchmarks/channels.txt
	@mkdir -p $(BENCH)
	$(PYTHON) -m venv $(BENCH)/channels
	$(BENCH)/channels/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/channels.txt
	@touch $@

benchmarks/node_modules/.package-lock.json: benchmarks/package.json benchmarks/package-lock.json
	@tests/need.sh npm:npm
	cd benchmarks && npm ci --silent --ignore-scripts --omit=dev
	@touch $@

# What one process carries beside a call: peers, messages and joins a second; writes its table. QUICK=1 as above; 8 minutes.
bench-capacity: $(VENV)/test.done $(BENCH)/loadgen
	@$(BIN)/python -m benchmarks.capacity $(if $(QUICK),--quick)

# How long a large guest book holds the server's one thread; a table of milliseconds.
bench-book: $(VENV)/serve.done
	$(BIN)/python -m benchmarks.bench_guestbook

# What sockets cost in memory, before and after the hello, and with large frames on their way.
bench-memory: $(VENV)/test.done
	$(BIN)/python -m benchmarks.bench_memory

# What a call notices of a stranger who asks the server a thousand times a second; writes its table. SECONDS of each kind;
# eleven minutes.
SECONDS = 10
bench-stranger: $(VENV)/test.done
	$(BIN)/python -m tests.hostile.siege $(SECONDS)

# From the click to the first audible packet, beside a plain page: two people, six at once, 50 ms away; 10 minutes.
bench-join: $(VENV)/test.done
	@tests/need.sh chromium:chromium turnserver:coturn nft:nftables ip:iproute2 openssl:openssl certutil:libnss3-tools nginx:nginx-light
	@$(BIN)/python -m tools.bundle --if-there
	$(BIN)/python -m benchmarks.join

# What the listener's ear gets at 0 to 20 % loss, beside a plain page and one that sends all twice; 15 minutes.
ear: $(VENV)/ear.done
	@tests/need.sh $(BROWSER_NEEDS) espeak-ng:espeak-ng
	$(BIN)/python -m tests.ear

# The pure core: what decides who is where, who hears what and who may enter.
PURE = meshvoice/signaling/*,meshvoice/access/*,meshvoice/turn/credentials.py,meshvoice/turn/deny.py,meshvoice/turn/coturn.py,meshvoice/turn/versions.py,meshvoice/proxies/conf.py,meshvoice/settings*.py,meshvoice/turn_settings.py,meshvoice/values.py,meshvoice/sites.py,meshvoice/env_lines.py,meshvoice/names.py,meshvoice/lookalikes.py,meshvoice/forwarding.py,meshvoice/user_header.py,meshvoice/passphrases.py,meshvoice/ids.py,meshvoice/timekeeping.py,meshvoice/accepted.py,meshvoice/languages.py,meshvoice/plurals.py,meshvoice/histogram.py

# Known vulnerabilities of what is installed; asks the package index, so it is no part of check.
audit: $(VENV)/check.done
	$(PIP) pip-audit
	$(BIN)/pip-audit --skip-editable

format: $(VENV)/check.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

settings: $(VENV)/serve.done $(ENV_FILE)
	@$(MESHVOICE) settings

# Which characters look alike, anew from the ICU of this machine: rarely, and looked at before it is committed.
confusables: $(BIN)/python
	$(BIN)/python tools/confusables.py > meshvoice/confusables.txt.new
	mv meshvoice/confusables.txt.new meshvoice/confusables.txt

# RNNoise, anew from its npm package: the bytes are those of the last time, or this fails.
rnnoise:
	@tests/need.sh npm:npm node:nodejs
	npm ci --silent --prefix tools/rnnoise
	node tools/rnnoise/make.mjs
	sha256sum --check tools/rnnoise/SHA256SUMS

# The installed app's icons, anew from static/icon.svg.
icons: $(VENV)/test.done
	@tests/need.sh chromium:chromium
	$(BIN)/python tools/icons.py

# What letters the pictures show; a font is no command, so that need.sh could look for it.
FONTS = fc-list | grep -qi 'Inter' && fc-list | grep -q 'Noto Color Emoji' || \
	tests/need.sh no-such-font:fonts-inter no-such-font:fonts-noto-color-emoji

# The pictures under docs/pictures/, each looked at before it is committed; 5 minutes, and as root also those of networks.
pictures: $(VENV)/pictures.done
	@tests/need.sh chromium:chromium turnserver:coturn nft:nftables ip:iproute2 conntrack:conntrack certutil:libnss3-tools fc-list:fontconfig
	@$(FONTS)
	$(BIN)/python -m tools.pictures

# The dashboard's picture, of what a real Prometheus read in 5 minutes of calls; as root.
dashboard: $(VENV)/pictures.done
	@tests/need.sh chromium:chromium turnserver:coturn nft:nftables ip:iproute2 conntrack:conntrack certutil:libnss3-tools fc-list:fontconfig prometheus:prometheus
	@$(FONTS)
	$(BIN)/python -m tools.dashboard

secrets: $(ENV_FILE)

$(ENV_FILE): | $(VENV)/serve.done
	@$(BIN)/meshvoice secrets $@

coturn-conf: $(VENV)/serve.done $(ENV_FILE)
	@mkdir -p build && umask 077 && $(MESHVOICE) coturn-conf > build/turnserver.conf.new
	@mv build/turnserver.conf.new build/turnserver.conf && echo "wrote build/turnserver.conf"

coturn: $(VENV)/serve.done $(ENV_FILE)
	@tests/need.sh turnserver:coturn
	@$(MESHVOICE) coturn

# Which one: make proxy-conf PROXY=caddy (or apache, haproxy, traefik)
PROXY = nginx
proxy-conf: $(VENV)/serve.done $(ENV_FILE)
	@$(MESHVOICE) proxy-conf $(PROXY)

doctor: $(VENV)/serve.done $(ENV_FILE)
	@$(MESHVOICE) doctor

clean:
	rm -rf build dist static/built .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage $(BESIDE) node_modules $(VENV)

# After an upgrade of the system its Python finds nothing that was installed for the last one.
BROKEN := $(shell test ! -e $(VENV)/pyvenv.cfg || $(BIN)/python -c 'import pip' 2>/dev/null || rm -f $(VENV)/*.done $(BIN)/python)

$(BIN)/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || CI=true tests/need.sh no-ensurepip:python3-venv
	@# Whole or not at all: half an environment would be taken for one the next time.
	$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/serve.done: $(BIN)/python setup.cfg pyproject.toml
	$(PIP) --editable .
	@touch $@

# Each in one go with all that it holds: every installation asks for everything anew.
$(VENV)/test.done: $(BIN)/python setup.cfg pyproject.toml
	$(PIP) --editable '.[test]'
	@touch $(VENV)/serve.done $@

$(VENV)/ear.done: $(VENV)/test.done
	$(PIP) --editable '.[test,ear]'
	@touch $@

$(VENV)/pictures.done: $(VENV)/test.done
	$(PIP) --editable '.[test,pictures]'
	@touch $@

$(VENV)/check.done: $(BIN)/python setup.cfg pyproject.toml
	$(PIP) --editable '.[test,lint]'
	@touch $(VENV)/serve.done $(VENV)/test.done $@

node_modules/.package-lock.json: package.json package-lock.json
	@tests/need.sh npm:npm
	npm ci --silent
	@touch $@
