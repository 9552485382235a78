# make demo   build, learn corpora/english.txt for a minute, write on from a prompt
# make test   build, run every test
# make torture  kill training 200 times, 100,000 random byte strings, 2 GB of text, an hour of fuzzing, sanitizers: 3 hours;
#               slow tests in full (GEUL_THOROUGH=1)
# make models train anew the models that are shipped in checkpoints/
# make format write the sources as .swift-format says;  make lint checks that

ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
GEUL := .build/release/geul

.PHONY: setup build demo test torture models format lint

# The one package that building needs. Nothing is done where ICU's headers are there already.
setup:
	@command -v swift >/dev/null || { echo "geul: there is no swift here. Get it from https://swift.org/install." >&2; exit 1; }
	@test -e /usr/include/unicode/ubrk.h || test "$$(uname)" != Linux || \
	  { echo "Installing libicu-dev"; $(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq libicu-dev >/dev/null; }

build: setup
	swift build -c release --product geul

demo: build
	@rm -rf checkpoints/demo
	$(GEUL) train corpora/english.txt --out checkpoints/demo --seconds 60
	$(GEUL) generate checkpoints/demo --prompt "The lamp on the Hen" --length 500 --temperature 0.6 --seed 1

# Without optimization the kernels are a hundred times slower, so tests run in release. Without testable imports they share the
# modules of `build`; they see `package` declarations.
test: setup
	swift test -c release --disable-testable-imports

torture: export GEUL_THOROUGH = 1
torture: build
	Tests/Torture/crash
	Tests/Torture/text
	Tests/Torture/large
	Tests/Fuzzing/run 720
	Tests/Sanitizers/run address
	Tests/Sanitizers/run thread
	Tests/Sanitizers/run undefined

models: build
	./checkpoints/make

format:
	swift format --in-place --recursive Sources Tests Package.swift

lint:
	swift format lint --strict --recursive Sources Tests Package.swift
