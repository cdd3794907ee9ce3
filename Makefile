# Two commands, nothing needed before them but Python 3.11 or later, pip and make:
#   make demo   environment, mock survey, training, evaluation, figures
#   make test   environment and everything that tests
# On a machine with a GPU choose the torch build: make demo TORCH=torch

PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
RUN := data/runs/demo
OUT ?= data/runs/gpu-results
BUDGET ?= 600
PRESET ?= demo
GALAXIES ?= 12000
STEPS ?= 0
START ?=
OVERRIDES ?= {}
PAPERMILL := TQDM_MININTERVAL=5 papermill --no-progress-bar --log-output
STAMP := $(VENV)/installed
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: env demo record samplers benchmark peers gpu test sync flakes notebooks smoke readme execute clean

env: $(STAMP)

$(STAMP): settings.ini setup.py Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "galaxy_diffusion needs Python 3.11 or later: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --upgrade pip setuptools wheel
	pip install --quiet "$(TORCH)"
	pip install --quiet --editable ".[dev]"
	touch $@

# --log-output shows the notebooks' own bars, a line every few seconds
demo: env
	mkdir -p $(RUN)
	$(PAPERMILL) nbs/07_train.ipynb $(RUN)/07_train.ipynb -p run $(RUN)
	$(PAPERMILL) nbs/12_evaluate.ipynb $(RUN)/12_evaluate.ipynb -p run $(RUN)
	@echo "Run folder: $(RUN). Look at $(RUN)/figures and $(RUN)/summary.json."

# the run of record, hours on two cores; what is evaluated is the small copy that is committed. To train it further, in a new run folder:
#   rm -rf data/runs/record; make record START=data/record OVERRIDES='{"steps": 12000, "lr": 0.001, "decay_from": 0.1}'
record: env
	mkdir -p data/runs/record
	$(PAPERMILL) nbs/07_train.ipynb data/runs/record/07_train.ipynb -p preset record -p survey data/survey-record -p survey_galaxies 40000 \
		-p start "$(START)" -p overrides '$(OVERRIDES)'
	python -c 'from galaxy_diffusion.evaluation import publish; publish("data/runs/record", "data/record")'
	$(PAPERMILL) nbs/12_evaluate.ipynb data/runs/record/12_evaluate.ipynb -p run data/record -p out data/runs/record \
		-p survey data/survey-record -p n 1024 -p beside ""
	cp data/runs/record/summary.json data/record/
	mkdir -p figures/record
	cp data/runs/record/figures/*.* figures/record/

# the libraries that 15_benchmark compares with; torchvision, which one of them names, is not needed and PyPI's does not load beside a CPU build
peers: env
	pip install --quiet --no-deps denoising-diffusion-pytorch ema-pytorch einops

# speed beside the published implementation and two libraries; small, for a CPU: figures/benchmark-DEVICE.*
benchmark: peers
	mkdir -p data/runs
	$(PAPERMILL) nbs/15_benchmark.ipynb data/runs/15_benchmark.ipynb

# every sampler against 1000 steps of DDPM, after make demo, on the run of record: figures/samplers.*
samplers: env
	OMP_NUM_THREADS=1 $(PAPERMILL) nbs/13_samplers.ipynb data/runs/13_samplers.ipynb -p processes 2

# on a machine with a GPU, offline, with the Python at hand: survey, training, benchmark, evaluation in BUDGET seconds, results in OUT
gpu:
	PYTHONPATH=. $(PYTHON) -m galaxy_diffusion.playbook --out $(OUT) --budget $(BUDGET) --preset $(PRESET) --galaxies $(GALAXIES) --steps $(STEPS)

test: env sync flakes notebooks smoke

# the package is what the notebooks export, the notebooks are clean, README is what index says
sync: env
	find galaxy_diffusion -name '*.py' -delete
	nbdev_export
	nbdev_clean
	$(MAKE) --no-print-directory readme
	@git diff --exit-code --stat -- nbs galaxy_diffusion README.md figures && test -z "$$(git ls-files --others --exclude-standard nbs galaxy_diffusion)" \
		|| { echo "Notebooks, package and README are out of step: commit what nbdev_export, nbdev_clean and make readme changed."; exit 1; }

flakes: env
	pyflakes galaxy_diffusion setup.py

notebooks: env
	OMP_NUM_THREADS=1 CUDA_VISIBLE_DEVICES= TQDM_DISABLE=1 nbdev_test --n_workers 2 --do_print --timing

# the run notebooks as a user starts them: from a clean folder, then once more on what is there
smoke: env
	rm -rf data/runs/smoke && mkdir -p data/runs/smoke
	papermill --no-progress-bar nbs/07_train.ipynb data/runs/smoke/07_train.ipynb -p preset smoke -p survey data/runs/smoke/survey \
		-p survey_galaxies 1024 -p generated 16 -p sampling_steps 4
	papermill --no-progress-bar nbs/07_train.ipynb data/runs/smoke/again.ipynb -p preset smoke -p data data/runs/smoke/survey \
		-p generated 16 -p sampling_steps 4
	for k in 1 2; do papermill --no-progress-bar nbs/12_evaluate.ipynb data/runs/smoke/12_evaluate.ipynb -p run data/runs/smoke \
		-p data data/runs/smoke/survey -p instrument data/runs/smoke/instrument -p n 100 -p steps 4 -p repeats 99 -p structure False \
		-p photoz '{"steps": 24, "batch": 32, "warmup": 4, "log_every": 8, "validate_every": 12, "checkpoint_every": 12}' || exit 1; done
	for n in 07_train 12_evaluate 13_samplers 15_benchmark; do papermill --help-notebook nbs/$$n.ipynb || exit 1; done
	rm -rf data/runs/gpu-smoke
	PYTHONPATH=. python -m galaxy_diffusion.playbook --out data/runs/gpu-smoke/out --work data/runs/gpu-smoke --budget 900 --preset smoke --galaxies 1024
	python -c 'import json; s = json.load(open("data/runs/gpu-smoke/out/summary.json"))["stages"]; assert all(v.startswith("done") for k, v in s.items() if k != "weights"), s'

readme: env
	jupyter nbconvert --log-level=ERROR --to markdown --no-input --NbConvertApp.output_files_dir=figures/readme \
		--output-dir . --output README nbs/index.ipynb

# refresh the committed outputs of notebooks: make execute NB="01_data 03_unet"
execute: env
	for n in $(NB); do TQDM_DISABLE=1 jupyter nbconvert --log-level=ERROR --to notebook --execute --inplace nbs/$$n.ipynb || exit 1; done
	nbdev_clean

clean:
	rm -rf $(VENV) build *.egg-info
