# Nothing is needed before these but Python 3.11 or later, pip and make:
#   make demo   environment, mock survey, training, evaluation; a table of results and pictures at the end
#   make test   environment and everything that tests
#   make docs   HTML pages of all notebooks in _docs
# On a machine with a GPU choose the torch build: make demo TORCH=torch

PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
RUN := data/runs/demo
OUT ?= data/runs/gpu-results
BUDGET ?= 600
STAGES ?=
WHEELS ?= .wheels
MACHINE_PYTHON ?= 3.12
MACHINE_HAS ?= torch h5py matplotlib accelerate scipy pandas pyarrow scikit-image tensorboard requests pygments
REHEARSAL := data/runs/rehearsal
PRESET ?= demo
GALAXIES ?= 12000
STEPS ?= 0
START ?=
OVERRIDES ?= {}
PAPER ?= {"steps": 1200, "batch": 8, "lr": 3e-4, "warmup": 100, "decay_from": 0.3, "ema": 0.1, "snapshots": 2, "validate_every": 600, "validation_galaxies": 64, "log_every": 10, "checkpoint_every": 50}
STUDENT ?= {}
LEVELS ?= {"consistency": {"first": [15, 30, 60], "middle": [1, 2, 4, 8]}}
NB ?=
NOTEBOOK := exec python .make/run_notebook.py
STAMP := $(VENV)/installed
export PATH := $(abspath $(VENV)/bin):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: env demo record paper student samplers tuning evolution benchmark peers gpu wheels rehearsal test export sync flakes notebooks smoke readme execute docs clean

env: $(STAMP)

$(STAMP): settings.ini setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "galaxy_diffusion needs Python 3.11 or later: make PYTHON=...")'
	@echo "Making the environment in $(VENV), once; this takes a few minutes."
	@$(PYTHON) -m venv $(VENV)
	@pip install --quiet --upgrade pip setuptools wheel
	@pip install --quiet "$(TORCH)"
	@PYTHONWARNINGS=ignore pip install --quiet --editable ".[all]"
	@touch $@

demo: env
	@$(NOTEBOOK) nbs/07_train.ipynb $(RUN)/07_train.ipynb -p run $(RUN) --again "make demo"
	@$(NOTEBOOK) nbs/10_evaluate.ipynb $(RUN)/10_evaluate.ipynb -p run $(RUN) --again "make demo"
	@python .make/show_results.py $(RUN)

# the run of record, hours on two cores; what is evaluated is the small copy that is committed. To train it further, in a new run folder, on two
# cores, or in minutes on a GPU:
#   rm -rf data/runs/record; make record START=data/record OVERRIDES='{"steps": 12000, "lr": 0.0005, "decay_from": 0.1}'
#   rm -rf data/runs/record; make record START=data/record OVERRIDES='{"steps": 6400, "batch": 1024, "lr": 0.002, "warmup": 200}' TORCH=torch
record: env
	@$(NOTEBOOK) nbs/07_train.ipynb data/runs/record/07_train.ipynb -p preset record -p survey data/survey-record -p survey_galaxies 40000 \
		-p start "$(START)" -p overrides '$(OVERRIDES)' --again "make record"
	@python -c 'from galaxy_diffusion.runs.checkpoints import publish; publish("data/runs/record", "data/record")'
	@$(NOTEBOOK) nbs/10_evaluate.ipynb data/runs/record/10_evaluate.ipynb -p run data/record -p out data/runs/record \
		-p survey data/survey-record -p n 2048 -p sampler hybrid -p steps 40 -p beside figures/paper --again "make record"
	@python -c 'from galaxy_diffusion.photoz.instrument import publish_instrument; publish_instrument("data/runs/instrument-survey-record", "data/record")'
	cp data/runs/record/summary.json data/record/
	mkdir -p figures/record
	cp data/runs/record/figures/*.* figures/record/
	@python .make/show_results.py data/runs/record

# the preset `paper` as far as a CPU takes it in an hour or two, on the record's survey, and its table beside the record's: figures/paper
paper: env
	@$(NOTEBOOK) nbs/07_train.ipynb data/runs/paper/07_train.ipynb -p preset paper -p run data/runs/paper -p survey data/survey-record \
		-p survey_galaxies 40000 -p generated 16 -p sampling_steps 12 -p overrides '$(PAPER)' --again "make paper"
	@OMP_NUM_THREADS=1 $(NOTEBOOK) nbs/10_evaluate.ipynb data/runs/paper/10_evaluate.ipynb -p run data/runs/paper -p survey data/survey-record -p processes 2 --again "make paper"
	mkdir -p figures/paper
	cp data/runs/paper/summary.json data/runs/paper/tables/beside.csv figures/paper/
	@python -c 'import PIL.Image; PIL.Image.open("data/runs/paper/figures/beside.png").convert("RGB").save("figures/paper/beside.jpg", quality=85)'

# a student of the record, which makes a galaxy in two calls, published as its small difference from the record: data/student; and figures/student: its table
# beside the record's, and the levels of its calls on validation galaxies. Meant for a GPU: STUDENT='{"batch": 512}' TORCH=torch.
STUDIES := $(NOTEBOOK) nbs/bench/00_samplers.ipynb
student: env
	@$(NOTEBOOK) nbs/07_train.ipynb data/runs/student/07_train.ipynb -p preset fewstep -p start "$(or $(START),data/record)" -p run data/runs/student \
		-p survey data/survey-record -p survey_galaxies 40000 -p generated 64 -p overrides '$(STUDENT)' --again "make student"
	@python -c 'from galaxy_diffusion.data import GalaxyFile; from galaxy_diffusion.fast.sky import match_sky; match_sky("data/runs/student", GalaxyFile("data/survey-record/training.hdf5"))'
	@python -c 'from galaxy_diffusion.runs.checkpoints import publish; publish("data/runs/student", "data/student", base="data/record", rank=32)'
	@OMP_NUM_THREADS=1 $(STUDIES:exec%=%) data/runs/student/levels.ipynb -p run data/student -p out data/runs/student/levels -p figures_in figures/student/levels \
		-p survey data/survey-record -p split validation -p n 1024 -p samplers consistency -p options '$(LEVELS)' -p calls 2 \
		-p reference_calls 0 -p fp32 False -p shapes False --again "make student"
	@OMP_NUM_THREADS=1 $(STUDIES) data/runs/student/samplers.ipynb -p student data/student -p out data/runs/student/samplers -p figures_in figures/student \
		-p survey data/survey-record -p n 1024 -p samplers "hybrid, consistency" -p calls "25, 4, 2, 1" -p reference_calls 0 -p fp32 False \
		-p processes 2 --again "make student"

# samplers against the survey, after make record, on its survey: figures/samplers.*; bench/00_samplers has all samplers and a reference by default
samplers: env
	@OMP_NUM_THREADS=1 $(NOTEBOOK) nbs/bench/00_samplers.ipynb data/runs/samplers/00_samplers.ipynb -p processes 2 -p survey data/survey-record \
		-p n 1024 -p samplers "dpm++2m, hybrid" -p reference_calls 0 -p fp32 False -p calls "40, 25, 15" --again "make samplers"

# thresholds of the hybrid sampler compared in the same way: figures/hybrid/samplers.*
tuning: env
	@OMP_NUM_THREADS=1 $(NOTEBOOK) nbs/bench/00_samplers.ipynb data/runs/tuning/00_samplers.ipynb -p processes 2 -p survey data/survey-record \
		-p out data/runs/tuning -p figures_in figures/hybrid -p n 1024 -p samplers hybrid -p reference_calls 0 -p fp32 False -p calls 25 \
		-p options '{"hybrid": {"threshold": [0.25, 0.5, 1, 2, 4]}}' --again "make tuning"

# galaxies carried along redshift by the run of record, with scores and a film: figures/evolution.*
evolution: env
	@$(NOTEBOOK) nbs/11_evolution.ipynb data/runs/evolution/11_evolution.ipynb --again "make evolution"
	cp data/runs/evolution/figures/evolution.* figures/
	cp data/runs/evolution/figures/frontier.png figures/evolution-frontier.png

# the libraries that bench/02_benchmark compares with; torchvision, which one of them names, is not needed and PyPI's does not load beside a CPU build
peers: env
	@pip install --quiet --no-deps denoising-diffusion-pytorch ema-pytorch einops

# speed beside the published implementation and two libraries; small, for a CPU: figures/benchmark-DEVICE.*
benchmark: peers
	@$(NOTEBOOK) nbs/bench/02_benchmark.ipynb data/runs/02_benchmark.ipynb --again "make benchmark"

# on a machine with a GPU, offline, with the Python at hand: the stages that are named, or all, in BUDGET seconds, results in OUT
gpu:
	PYTHONPATH=".$${PYTHONPATH:+:$$PYTHONPATH}" $(PYTHON) -m galaxy_diffusion.bench.playbook --out $(OUT) --budget $(BUDGET) --preset $(PRESET) --start "$(START)" \
		--galaxies $(GALAXIES) --steps $(STEPS) --overrides '$(OVERRIDES)' --stages "$(STAGES)"

# what such a machine lacks, as wheels for its Python, to be carried there; MACHINE_HAS names what it has
wheels: env
	@python .make/wheels.py $(WHEELS) $(MACHINE_PYTHON) $(MACHINE_HAS)

# make gpu as it will be there: an environment with nothing but what such a machine has and the wheels, every stage, on the CPU, small
rehearsal: env
	@rm -rf $(REHEARSAL) && mkdir -p $(REHEARSAL)
	@python .make/wheels.py $(REHEARSAL)/wheels $$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])') $(MACHINE_HAS)
	@$(PYTHON) -m venv $(REHEARSAL)/venv
	@$(REHEARSAL)/venv/bin/pip install --quiet "$(TORCH)" $(filter-out torch,$(MACHINE_HAS))
	@$(REHEARSAL)/venv/bin/pip install --quiet --no-index --no-deps --no-compile --target $(REHEARSAL)/site $(REHEARSAL)/wheels/*.whl
	@PYTHONPATH=.:$(REHEARSAL)/site $(REHEARSAL)/venv/bin/python -m galaxy_diffusion.bench.playbook --out $(REHEARSAL)/out --work $(REHEARSAL)/work \
		--budget 3600 --preset smoke --galaxies 1024
	@python -c 'import json; s = json.load(open("$(REHEARSAL)/out/summary.json"))["stages"]; assert all(v.startswith("done") for v in s.values()), s'

# everything that tests; the checkout is only read, and what takes one core goes beside the notebooks
test: env
	@started=$$(date +%s); $(MAKE) --no-print-directory --jobs 2 notebooks sync flakes smoke && echo "make test: package, notebooks and README in step," \
		"no unused name, $$(find nbs -name "*.ipynb" -not -path "*/.*" | wc -l) notebooks, run notebooks as a user starts them: all passed in $$((($$(date +%s) - started + 59) / 60)) min"

# bring package, notebooks and README in step
README := jupyter nbconvert --log-level=ERROR --to markdown --no-input --NbConvertApp.output_files_dir=figures/readme --output-dir . --output README nbs/index.ipynb
EXPORT := nbdev_export && nbdev_clean && $(README)
export: env
	$(EXPORT)

readme: env
	$(README)

# ask whether they are: the same commands in a copy, which is compared with the checkout
sync: env
	@python .make/sync.py "$(EXPORT)"

flakes: env
	@pyflakes galaxy_diffusion setup.py .make

# all notebooks as tests, or some: make notebooks NB="fast/00_principal 03_unet"
notebooks: env
	@OMP_NUM_THREADS=1 CUDA_VISIBLE_DEVICES= TQDM_DISABLE=1 python .make/test_notebooks.py --processes 2 $(NB:%=nbs/%.ipynb)

# the run notebooks as a user starts them: from a clean folder, then once more on what is there
SMOKE := data/runs/smoke
smoke: export TQDM_DISABLE := 1
smoke: export OMP_NUM_THREADS := 1
smoke: env
	@rm -rf $(SMOKE) && mkdir -p $(SMOKE)
	@papermill --log-level ERROR --no-progress-bar nbs/07_train.ipynb $(SMOKE)/07_train.ipynb -p preset smoke -p survey $(SMOKE)/survey \
		-p survey_galaxies 1024 -p generated 16 -p sampling_steps 4
	@$(NOTEBOOK) nbs/07_train.ipynb $(SMOKE)/again.ipynb -p preset smoke -p data $(SMOKE)/survey -p generated 16 -p sampling_steps 4
	@for k in 1 2; do $(NOTEBOOK:exec%=%) nbs/10_evaluate.ipynb $(SMOKE)/10_evaluate.ipynb -p run $(SMOKE) \
		-p data $(SMOKE)/survey -p instrument $(SMOKE)/instrument -p n 100 -p steps 4 -p repeats 99 -p structure False \
		-p photoz '{"steps": 24, "batch": 32, "warmup": 4, "log_every": 8, "validate_every": 12, "checkpoint_every": 12}' || exit 1; done
	@python .make/show_results.py $(SMOKE)
	@rm -rf data/runs/gpu-smoke
	@PYTHONPATH=. python -m galaxy_diffusion.bench.playbook --out data/runs/gpu-smoke/out --work data/runs/gpu-smoke/work --budget 3600 --preset smoke \
		--galaxies 1024 --stages checks,survey,training,evaluation
	@python -c 'import json; s = json.load(open("data/runs/gpu-smoke/out/summary.json"))["stages"]; assert all(v.startswith("done") for v in s.values()), s'

# refresh the committed outputs of notebooks: make execute NB="fast/00_principal 03_unet"
execute: env
	@test -n "$(NB)" || { echo 'Name the notebooks: make execute NB="fast/00_principal 03_unet"'; exit 1; }
	@for n in $(NB); do echo $$n; TQDM_DISABLE=1 jupyter nbconvert --log-level=ERROR --to notebook --execute --inplace nbs/$$n.ipynb || exit 1; done
	@nbdev_clean

# needs no network, nor do its pages: open _docs/index.html
docs: env
	@python .make/build_docs.py

clean:
	rm -rf $(VENV) build _docs *.egg-info
