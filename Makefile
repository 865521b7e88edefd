# Two commands do everything: `make repro` and `make test`. Every recipe is a line that a person
# could type with .venv activated; PATH stands in for the activation.

PYTHON ?= python3
SHELL  := /bin/bash
READY  := .venv/.ready
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1

# Under a uid without an account DVC would ask in vain who it runs for.
export USER ?= $(shell id -un 2>/dev/null || id -u)

.PHONY: setup repro taste verify test rest coverage lint mutants walk oracle faults soak bench audit \
	mlflow lock push pull

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@bash scripts/setup $(PYTHON)

repro: setup
	@python -m pipeline.study.yaml params.yaml claims.yaml dvc.yaml
	@dvc repro --keep-going && python -m pipeline track && python -m pipeline summary

taste: setup
	@python -m pipeline taste

# With a DVC remote (`dvc remote add -d NAME URL`): data, runs and work/, for others and back.
push: setup
	@dvc push && python -m pipeline work push

pull: setup
	@dvc pull && python -m pipeline work pull

verify: setup
	@python -m pipeline verify

# Images for containers set it, and then each of the suite's hundred processes compiles all anew.
unexport PYTHONDONTWRITEBYTECODE

SUITE := python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

test: setup
	@$(SUITE) -m "not slow and not each and not walk and not fault"

rest: setup
	@$(SUITE) -m "slow or each"

coverage: setup
	@$(SUITE) --cov --cov-report=term:skip-covered

lint: setup
	@ruff check . && ruff format --check . && mypy

mutants: setup
	@python -m tests.mutate

walk: setup
	@$(SUITE) -m walk
	@python -m tests.metrics.walk

oracle: setup
	@python -m tests.oracle

faults: setup
	@python -m tests.faults

soak: setup
	@python -m tests.soak

bench: setup
	@python -m benchmarks.speed
	@python -m benchmarks.ensembles
	@python -m benchmarks.tracking

audit: setup
	@python -m pip install --quiet --disable-pip-version-check pip-audit
	@python -m pip_audit --requirement constraints.txt --no-deps --disable-pip

mlflow: setup
	@python -m pipeline track
	@case "$$MLFLOW_TRACKING_URI" in http*) exit ;; esac; \
		echo "http://127.0.0.1:5000/#/experiments?workflowType=machine_learning"; \
		MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false mlflow server --workers 1 \
		--backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

lock: setup
	@bash scripts/lock
