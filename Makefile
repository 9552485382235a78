# make build    build .build/release/geul
# make demo     build, train on corpora/english.txt for a minute, generate text from a prompt
# make page     write docs/demo.html: a page with the models in checkpoints/
# make test     build, run all tests; GEUL_THOROUGH=1 runs the slow ones with all their arguments
# make test-page   test the page in headless Chromium; installs it if it is missing
# make serve    build geul-server and start it with the models in checkpoints/; PORT=8081 make serve chooses the port
# make build-server  build .build-server/release/geul-server
# make test-server  build geul-server and test it
# make build-mpi  build .build-mpi/release/geul for training by several processes (mpirun); needs libopenmpi-dev
# make test-mpi  build it and test it with one to four processes
# make test-write  test geul write in tmux and in a pseudoterminal
# make test-exchange  read what geul export writes with ONNX Runtime, NumPy and TensorBoard; TORCH=1 also imports from PyTorch
# make sanitize  address and thread sanitizers on the modules with C code, unsafe memory or threads; fuzzing for a minute:
#               9 minutes, after changes of such code
# make torture  kill training 200 times, 100,000 random byte strings, 2 GB of text, an hour of fuzzing, all tests under
#               each sanitizer, the slow ones with all their arguments: 3 hours
# make models   retrain the models in checkpoints/
# make install  build, install the program, its manual pages, shell completions and the models in checkpoints/ in PREFIX
#               (/usr/local); DESTDIR=... is put before it; WITH_SERVER=1 installs geul-server as well
# make stage    build and collect the files to install; `sudo make install` then only copies them
# make uninstall  remove what make install wrote to PREFIX
# make deb      build .build-deb/geul_VERSION_ARCHITECTURE.deb; installs debhelper if it is missing
# make test-install  test installation and the Debian package
# make format   format the sources with swift-format;  make lint checks the format

ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
GEUL := .build/release/geul

SERVER := .build-server/release/geul-server
# The server has a build folder of its own: another set of traits in the same folder would rebuild everything.
SERVER_TRAITS := --traits Server --scratch-path .build-server
# Options of the builds in .build: `make test TRAITS="--traits Server"` builds the server with them.
TRAITS :=

PREFIX := /usr/local
DESTDIR :=
WITH_SERVER :=
# The folder of the build that is installed, and in it the files as they lie under PREFIX, for each set of options.
BUILD := .build
STAGE := $(BUILD)/stage/geul$(if $(WITH_SERVER),-server)$(subst $() ,,$(TRAITS))
INSTALLED := $(BUILD)/release/geul $(if $(WITH_SERVER),$(SERVER))

MPI_TRAITS := --traits MPI --scratch-path .build-mpi

.PHONY: setup build demo page test test-page build-server serve test-server build-mpi test-mpi test-exchange test-write sanitize torture models format lint \
  stage install uninstall deb test-install

# Installs libicu-dev, the only package that the build needs, unless ICU's headers are present.
setup:
	@command -v swift >/dev/null || { echo "geul: Swift is not installed. Get it from https://swift.org/install." >&2; exit 1; }
	@test -e /usr/include/unicode/ubrk.h || test "$$(uname)" != Linux || \
	  { echo "Installing libicu-dev"; $(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq libicu-dev >/dev/null; }

build: setup
	swift build -c release $(TRAITS) --product geul

demo: build
	@rm -rf checkpoints/demo
	$(GEUL) train corpora/english.txt --out checkpoints/demo --seconds 60
	$(GEUL) generate checkpoints/demo --prompt "The lamp on the Hen" --length 500 --temperature 0.6 --seed 1
	@echo "To see the model at work in a browser: $(GEUL) page checkpoints/demo --out demo.html"

page: build
	$(GEUL) page checkpoints/english.safetensors checkpoints/korean.safetensors --out docs/demo.html

# Without optimization the kernels are a hundred times slower, so the tests run in release. They share the modules of `build`:
# they have no @testable imports, but see `package` declarations.
test: setup
	swift test -c release $(TRAITS) --disable-testable-imports

test-page: build
	Tests/Page/run

build-server: setup
	swift build -c release $(SERVER_TRAITS) --product geul-server

serve: build-server
	exec $(SERVER) checkpoints/english.safetensors checkpoints/korean.safetensors --port $${PORT:-8080}

# With GEUL_TEST_TARGETS, no other test is built.
test-server: build build-server
	GEUL_TEST_TARGETS=GeulServerTests swift test -c release $(SERVER_TRAITS) --disable-testable-imports --filter GeulServerTests
	Tests/Server/run

build-mpi: setup
	@test ! -e /etc/debian_version || dpkg-query -W libopenmpi-dev >/dev/null 2>&1 || \
	  { echo "Installing libopenmpi-dev"; $(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq libopenmpi-dev >/dev/null; }
	swift build -c release $(MPI_TRAITS) --product geul

test-mpi: build-mpi
	Tests/MPI/run

test-exchange: build
	Tests/Exchange/run

test-write: build
	Tests/Write/run

sanitize:
	Tests/Sanitizers/run address GeulComputeTests GeulTextTests GeulModelTests GeulCompressionTests
	Tests/Sanitizers/run thread GeulComputeTests GeulTrainingTests GeulGenerationTests
	Tests/Fuzzing/run 5

torture: export GEUL_THOROUGH = 1
torture: build
	Tests/Torture/crash
	Tests/Torture/text
	Tests/Torture/large
	Tests/Install/run
	Tests/Fuzzing/run 720
	Tests/Sanitizers/run address
	Tests/Sanitizers/run thread
	Tests/Sanitizers/run undefined

models: build
	./checkpoints/make

# After `make stage`, `make install` runs no compiler, so `sudo make install` needs no Swift in root's PATH.
stage: $(STAGE)/complete

$(STAGE)/complete: $(shell find Sources .packaging checkpoints/*.safetensors docs/*.md *.md LICENSE Package.swift -type f)
	$(MAKE) build $(if $(WITH_SERVER),build-server)
	swift build -c release $(TRAITS) --product ManualPages
	.packaging/stage $(STAGE)/files $(BUILD)/release/ManualPages $(INSTALLED)
	@touch $@

install: stage
	.packaging/install $(STAGE)/files $(DESTDIR)$(PREFIX)

uninstall:
	.packaging/install --remove $(DESTDIR)$(PREFIX)

deb: setup
	@command -v dh >/dev/null || \
	  { echo "Installing debhelper"; $(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq debhelper >/dev/null; }
	@ln -sfn .packaging/debian debian
	DEB_RULES_REQUIRES_ROOT=no debian/rules clean binary || { rm debian; exit 1; }
	@debian/rules clean >/dev/null; rm debian
	@ls .build-deb/*.deb

test-install:
	Tests/Install/run

format:
	swift format --in-place --recursive Sources Tests Package.swift

lint:
	swift format lint --strict --recursive Sources Tests Package.swift
