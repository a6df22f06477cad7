PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-browser test-long test-superset test-scale check format docs ui bench clean

demo: .venv/installed ## sync the bundled sandbox for several nights and show what can be asked
	$(BIN)/aegis-etl demo

test: .venv/installed-dev ## the tests: some minutes on two cores
	$(BIN)/pytest -n 2 --dist worksteal -m "not long and not browser and not scale"

test-browser: .venv/installed-dev ## the pages in headless Chromium
	$(BIN)/pytest -m browser

test-long: .venv/installed-dev ## the tests that take minutes
	$(BIN)/pytest -m long --ignore=tests/superset

test-superset: .venv/installed-dev ## docs/superset/ in a Superset of its own: downloads 1 GB once, takes minutes
	$(BIN)/pytest tests/superset -m long

test-scale: .venv/installed-dev ## object storage, Iceberg, Spark on real servers: downloads them once, takes minutes
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,dashboard,iceberg,s3,spark]'
	$(BIN)/pytest -m scale

check: .venv/installed-dev ## linters, types, import directions, SQL
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 --nocolor sql

format: .venv/installed-dev ## format code and SQL
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/sqlfluff fix --processes 2 --nocolor sql

docs: .venv/installed-dev ## write the generated pages of docs/
	$(BIN)/python -m aegis_etl.tables.dictionary > docs/tables.md
	$(BIN)/python -m aegis_etl.warehouse.mart_dictionary > docs/marts.md
	$(BIN)/python -m aegis_etl.demo.questions > docs/questions.md

ui: .venv/installed ## Dagster's page and daemon on http://127.0.0.1:3000
	umask 077; DAGSTER_HOME=$${DAGSTER_HOME:-$(CURDIR)/dagster_home} $(BIN)/dagster dev -m aegis_etl.definitions -h 127.0.0.1 -p 3000

bench: .venv/installed ## our speed beside others'; ARGS selects cells, see docs/performance.md
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove what this file made
	rm -rf .venv

.venv/bin/pip:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,dashboard]'
	touch $@ .venv/installed
