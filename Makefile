# Needs make and python3 (3.11 or later) only; all else comes into .venv/. See README.md.
PYTHON ?= python3
VENV := .venv
MANAGE := $(VENV)/bin/python manage.py
PACKAGES := config demo reports assessments activities members branches ledgers accounts
ADDRESS ?= 127.0.0.1:8000
ORG ?= HP
# The last quarter that is over.
PERIOD ?= $(shell $(PYTHON) -c "import datetime as d; t = d.date.today(); q = (t.month - 1) // 3; print(f'{t.year}Q{q}' if q else f'{t.year - 1}Q4')")
REPORT = var/report-$(ORG)-$(PERIOD).docx
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
# What the deployment check is run under: as in production, with keys that are thrown away.
PRODUCTION = DEBUG=False ALLOWED_HOSTS=portal.example DATABASE_URL=sqlite://:memory: \
	SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	FIELD_KEYS=$$($(PYTHON) -c 'import secrets; print(secrets.token_hex(32))')

.DEFAULT_GOAL := $(VENV)/ready
.PHONY: help demo run test test-fast steady lint format types migrations bench

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

$(VENV)/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新的版本，可用 make PYTHON=python3.11 指定"; exit 1; }
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(VENV)/ready  ## a demo street on http://127.0.0.1:8000/ ; ARGS=--no-server stops before serving
	@mkdir -p var
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_demo --if-empty >/dev/null
	@$(MANAGE) sync_findings >/dev/null
	@$(MANAGE) build_report --organization $(ORG) --period $(PERIOD) $(REPORT)
	@echo "报告已生成：$(REPORT)"
	@echo "登录名：office（党建办）、leader（领导）、shequ（社区书记）、zhibu（支部书记）、admin（系统管理员）、auditor（审计员）"
	@echo "密码：Demo-Portal-2026"
ifeq ($(filter --no-server,$(ARGS)),)
	@echo "请用浏览器打开 http://$(ADDRESS)/ ，按 Ctrl+C 停止"
	@exec $(VENV)/bin/gunicorn config.wsgi --bind $(ADDRESS) --workers 2 --timeout 300
endif

run: $(VENV)/ready  ## the portal with live reload, on the database of .env or var/
	@$(MANAGE) migrate --verbosity 0
	@DEBUG=True exec $(MANAGE) runserver $(ADDRESS)

test: $(VENV)/ready-dev  ## the whole suite; browser tests where Chromium is installed
ifeq ($(CHROMIUM),)
	@echo "没有找到 Chromium，跳过浏览器测试（Debian：apt-get install chromium fonts-noto-cjk）"
	$(VENV)/bin/python -m pytest -n 2 -m "not browser" $(ARGS)
else
	$(VENV)/bin/python -m pytest -n 2 $(ARGS)
endif

test-fast: $(VENV)/ready-dev  ## what needs no browser, stopping at the first failure
	$(VENV)/bin/python -m pytest -n 2 -x -m "not browser" $(ARGS)

# The suite three times in a row beside two processes that keep the machine busy: what fails here fails some day.
steady: $(VENV)/ready-dev  ## the suite three times beside two busy processes
	@busy() { while :; do :; done; }; busy & one=$$!; busy & other=$$!; trap "kill $$one $$other" EXIT; \
	for turn in 1 2 3; do echo "第 $$turn 遍"; $(MAKE) --no-print-directory test || exit 1; done

lint: $(VENV)/ready-dev  ## style, types, layers, migrations, deployment checks
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@$(MAKE) --no-print-directory types migrations
	$(VENV)/bin/lint-imports
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

format: $(VENV)/ready-dev  ## put imports and layout in order
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .

types: $(VENV)/ready-dev  ## mypy
	$(VENV)/bin/mypy $(PACKAGES)

migrations: $(VENV)/ready-dev  ## whether a model changed without its migration
	DATABASE_URL=sqlite://:memory: $(MANAGE) makemigrations --check --dry-run

bench: $(VENV)/ready  ## time and memory on demo data; ARGS="--streets 10 --only facts"
	$(VENV)/bin/python -m bench.run $(ARGS)
