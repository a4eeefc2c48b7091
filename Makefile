# Targets that measure against OpenBLAS, or test that, first make sure that it is there, and say so when they install
# it.
# ARGS is passed on: make report ARGS='--format json', make test ARGS='--filter Softmax'.

SWIFT ?= swift
ARGS ?=

export SWIFT

# BINARIES names a folder of programs that are built already.
BINARIES ?=
export BINARIES

tessera := $(or $(BINARIES),.build/release)/tessera
# Each configuration of the tests has a build folder of its own, so that going from one to the other rebuilds nothing.
# Release: the portable kernels and the oracle are too slow to test without optimisation. All tests are Swift Testing's.
swift_test := $(SWIFT) test -c release --disable-xctest

.DEFAULT_GOAL := help
.PHONY: help build report page sweep peers compare compare-linear compare-training compare-fusion bench-recipe \
	generate train token-times machine verify docs test test-asan test-tsan test-traffic test-mutations \
	check-mutations test-exhaustive fuzz format check-format clean openblas valgrind gnuplot model command

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	while IFS='|' read -r target text; do printf '%-20s%s\n' "$$target" "$$text"; done

build: ## Build the library and the command `tessera`, optimised
	$(SWIFT) build -c release

report: openblas command ## Measure the encoder layer's forward pass and print its tables
	@$(tessera) report $(ARGS)

page: openblas gnuplot command ## Measure the layer and write report.html: tables and pictures
	@$(tessera) report --format html --output report.html $(ARGS)

sweep: command ## Time the layer's linear maps against the number of tokens
	@$(tessera) report --sweep tokens $(ARGS)

# PEERS_PYTHON names a Python that has PyTorch; without it a virtual environment is made in the build folder.
peers: ## Measure the same layer in PyTorch and write .build-peers/pytorch.json, for tessera report --peer
	@mkdir -p .build-peers
	@python=$$(.ci/ensure-peers .build-peers/venv) && \
	"$$python" -B Benchmarks/Peers/pytorch.py --output .build-peers/pytorch.json $(ARGS)

compare: openblas command ## Time this layer and PyTorch's in turns and print the ratios
	@mkdir -p .build-peers
	@python=$$(.ci/ensure-peers .build-peers/venv) && \
	"$$python" -B Benchmarks/Peers/pytorch.py --against $(tessera) $(ARGS)

compare-linear: command ## Time linear maps with something on their results and oneDNN's in turns and print the ratios
	@mkdir -p .build-peers
	@python=$$(.ci/ensure-peers .build-peers/venv) && \
	"$$python" Benchmarks/Peers/fused_linear.py --against $(tessera) $(ARGS)

compare-training: command ## Train the decoder of make train in PyTorch too, in turns: times, and curves of the loss
	@mkdir -p .build-peers
	@python=$$(.ci/ensure-peers .build-peers/venv) && text=$$(.ci/ensure-text) && \
	"$$python" -B Benchmarks/Peers/train_decoder.py --against $(tessera) --text "$$text" $(ARGS)

compare-fusion: openblas command
compare-fusion: ## Time the layer with full fusion and the paper's kernels in turns, over a list of shapes
	@python3 Benchmarks/full_fusion.py --against $(tessera) $(ARGS)

# Minutes to an hour: the largest shapes take seconds a call.
bench-recipe: command ## Check that tiled attention is nowhere slower than storing the scores
	@$(tessera) bench attention --against materialised --list Benchmarks/attention-against-materialised.csv $(ARGS)

# Arguments are the prompt and options: make generate ARGS='"Why is the sky blue?" --tokens 64'
generate: command ## Answer a prompt with SmolLM2-135M-Instruct, which it fetches
	@path=$$(.ci/ensure-model) && { [ -n "$$path" ] || { \
	  echo 'tessera: TESSERA_OFFLINE forbids fetching the model; TESSERA_MODEL may name a copy' >&2; exit 1; }; } && \
	$(tessera) generate --model "$$path" $(if $(ARGS),$(ARGS),"Why is the sky blue?")

# TRAIN_OUTPUT is where checkpoints go; the same command goes on from there. TESSERA_TEXT names another text.
TRAIN_OUTPUT ?= .build-train

train: command ## Train a small decoder from nothing on a text, which it fetches: make train ARGS='--steps 200'
	@.ci/ensure-gnuplot || true
	@path=$$(.ci/ensure-text) && $(tessera) train --text "$$path" --output $(TRAIN_OUTPUT) $(ARGS)

token-times: gnuplot command ## Time a token with and without a cache, for docs/decoder.md
	@path=$$(.ci/ensure-model) && Benchmarks/token-times $(tessera) "$$path" docs/images/token-times.svg

machine: command ## Measure and print this machine's peaks, and the kernels chosen for it
	@$(tessera) machine $(ARGS)

verify: command ## Compare every operator and variant with the Float64 oracle
	@$(tessera) verify $(ARGS)

docs: command ## Write docs/operators.md anew from the catalog
	@$(tessera) docs --output docs/operators.md $(ARGS)

test: openblas model ## Run the tests
	$(swift_test) --scratch-path .build-test $(ARGS)

# A sanitizer's own memory would count as a reader's growth, and it takes more address space than those tests leave; of
# a whole model's gradients it takes several gigabytes.
under_sanitizer := $(swift_test) --skip ModelFileMemoryTests --skip AddressSpaceTests --skip WholeModelGradientTests

# Swift's runtime keeps metadata for the life of the process, which the leak detector would report. Three checks of the
# undefined-behaviour sanitizer are left out: AddressSanitizer and guard pages look at where pointers lead, and
# pointer-overflow makes ten minutes of compiling a file of unrolled kernels, null and object-size 100 seconds of 40.
test-asan: openblas model ## Run the tests with AddressSanitizer, C's asserts, and traps on undefined behaviour in C
	TESSERA_C_ASSERTS=1 ASAN_OPTIONS=detect_leaks=0 TESSERA_TEST_REPETITIONS=4 $(under_sanitizer) --sanitize=address \
	  -Xcc -fsanitize=undefined -Xcc -fno-sanitize=pointer-overflow,null,object-size -Xcc -fsanitize-trap=undefined \
	  --scratch-path .build-asan $(ARGS)

# The sanitizer ends a forked child that starts threads unless told otherwise; that the pool does so is what a test
# tests.
test-tsan: openblas model ## Run the tests with ThreadSanitizer
	TSAN_OPTIONS=die_after_fork=0 TESSERA_TEST_REPETITIONS=1 $(under_sanitizer) --sanitize=thread \
	  --scratch-path .build-tsan $(ARGS)

test-traffic: valgrind ## Compare counted bytes with a traced program's, replayed through a cache
	Tests/Traffic/run $(ARGS)

test-exhaustive: ## Compare the exponential of every float with double precision
	@$(SWIFT) build -c release --product ExhaustiveExp2 >&2
	.build/release/ExhaustiveExp2

test-mutations: openblas ## Check that the tests notice each of a list of small faults
	Tests/Mutations/run $(ARGS)

check-mutations: ## Check that the list of faults fits the sources, without putting any in
	Tests/Mutations/check

fuzz: ## Read model files made by a fuzzer, with AddressSanitizer, for FUZZ_SECONDS (60)
	@Tests/Fuzz/run $(ARGS)

format: ## Format the sources in place
	.ci/format

check-format: ## Fail where a source is not formatted
	.ci/check-format

clean: ## Remove everything that was built
	rm -rf .build .build-*

openblas:
	@.ci/ensure-openblas

valgrind:
	@.ci/ensure-valgrind

gnuplot:
	@.ci/ensure-gnuplot

# Tests find it where this puts it. TESSERA_MODEL names another file; TESSERA_OFFLINE=1 does without.
model:
	@.ci/ensure-model >/dev/null

# The build speaks on standard error, so that standard output holds only what the command prints.
command:
	@[ -n "$(BINARIES)" ] || $(SWIFT) build -c release --product tessera >&2
