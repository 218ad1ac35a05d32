# Everything a person does here, each target on its own from a clean clone of Debian with Python 3.11 and make.
PYTHON ?= python3
BIN := .venv/bin
MODEL ?= emotion
ROOT_COMMAND := $(if $(filter 0,$(shell id -u)),,sudo)

# $(call debian,TEST,PACKAGE): install a package of Debian's if TEST fails, or say which one is needed.
debian = $(1) >/dev/null 2>&1 \
  || { echo "Installing Debian's $(2)." && $(ROOT_COMMAND) apt-get update -qq \
    && $(ROOT_COMMAND) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) >/dev/null 2>&1; } \
  || { echo "$(2) is needed and could not be installed; as root: apt-get install $(2)"; exit 1; }

.PHONY: help install venv ffmpeg fluidsynth chromium browser spark demo space test test-all check format bench results docs checkpoints clean

help:  ## Say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: .venv/installed  ## Make the environment .venv and install Tonada into it (about 6 GB, mostly torch)

.venv/installed: pyproject.toml constraints.txt | venv
	@echo "Making .venv and installing; the first time this downloads torch and takes a few minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --editable '.[dev,embeddings]' --constraint constraints.txt
	touch $@

ffmpeg:  ## Install Debian's ffmpeg, which m4a, aac and the stock pipeline need, if it is missing
	@$(call debian,command -v ffmpeg,ffmpeg)

fluidsynth:  ## Install Debian's fluidsynth and a sound font, which render the scores of EMOPIA, if they are missing
	@$(call debian,command -v fluidsynth && test -e /usr/share/sounds/sf2/FluidR3_GM.sf2,fluidsynth fluid-soundfont-gm)

chromium:  ## Install Debian's chromium, in which the page is tested and photographed, if it is missing
	@$(call debian,command -v chromium,chromium)

browser: install  ## Fill space/browser with ONNX Runtime (by npm) and the exported model
	@$(call debian,command -v npm,npm)
	npm install --prefix space/browser --no-package-lock --ignore-scripts --no-audit --no-fund --silent
	$(BIN)/tonada export emotion --onnx space/browser/model.onnx

spark: install  ## Install pyspark and Debian's default-jre-headless, on which Spark is tested (about 1 GB), if they are missing
	@$(call debian,command -v java,default-jre-headless)
	@$(BIN)/python -c "import pyspark" 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --editable '.[spark]' --constraint constraints.txt

venv:
	@$(call debian,$(PYTHON) -c "import ensurepip",python3-venv)

demo: install  ## Classify the example songs
	$(BIN)/tonada classify examples --timeline

space: install ffmpeg  ## Open the page for a browser, with a bundled model (MODEL=emotion) and the example songs
	$(BIN)/python -m tonada.sharing.local_space $(MODEL) build/space
	$(BIN)/python build/space/app.py

test: install ffmpeg fluidsynth  ## Run the tests on two processes (minutes on two cores, no network; data sets from TONADA_DATA if set)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

test-all: test chromium browser spark  ## Run the slow tests too: thousands of damaged files of every format, kills at any moment
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow

check: install  ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

format: install  ## Put the code in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install ffmpeg  ## Measure speed and memory on this machine; training too if TONADA_DATA holds 4qaed
	$(BIN)/python benchmarks/descriptors.py
	$(BIN)/python benchmarks/turkish50.py
	$(BIN)/python benchmarks/attention.py
	$(BIN)/python benchmarks/listening.py
	$(BIN)/python benchmarks/separation.py
	$(BIN)/python benchmarks/commands.py
	$(BIN)/python benchmarks/decoding.py
	$(BIN)/python benchmarks/resampling.py
	@test -n "$$TONADA_DATA" || echo "TONADA_DATA is not set: training and the feature cache are not measured."
	test -z "$$TONADA_DATA" || $(BIN)/python benchmarks/feature_cache.py "$$TONADA_DATA" 120
	test -z "$$TONADA_DATA" || $(BIN)/python benchmarks/training.py "$$TONADA_DATA"
	$(BIN)/python benchmarks/similar.py $(TONADA_DATA)
	$(BIN)/python benchmarks/live_latency.py
	$(BIN)/python benchmarks/serve.py
	$(BIN)/python benchmarks/onnx_runtime.py
	$(BIN)/python benchmarks/tag.py
	$(BIN)/python benchmarks/classical.py --seconds 600

results: install  ## Compute docs/results.md anew from the predictions kept beside it
	$(BIN)/python -m tonada.proving.tables docs/results > docs/results.md
	$(BIN)/python -m tonada.proving.classical_page docs/results-classical > docs/results-classical.md

docs: install ffmpeg chromium  ## Print docs/descriptors.md and what the pages' commands print, and draw docs/pictures anew
	$(BIN)/python docs/descriptors.py > docs/descriptors.new && mv docs/descriptors.new docs/descriptors.md
	$(BIN)/python docs/hearing.py
	$(BIN)/python docs/explaining.py
	$(BIN)/python docs/space_pictures.py
	$(BIN)/python docs/pages.py README.md README.es.md docs/for-*.md

checkpoints: install  ## Train the bundled checkpoints and their ablations anew (needs TONADA_DATA and TONADA_WEIGHTS; hours)
	sh recipes/train-bundled.sh $(BIN)

clean:  ## Remove the environment and everything built
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf space/browser/node_modules space/browser/model.onnx
