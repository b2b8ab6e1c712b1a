# A thin front for daily work; everything real is in CMakePresets.json and scripts/.
PRESET ?= dev
BUILD := build/$(PRESET)

.PHONY: help bootstrap build test e2e lint tidy demo bench soak sanitize fuzz clean
.PHONY: package test-package package-arm64 test-arm64 docker-build docker-package docker-build-multiarch test-image

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## install what building and testing needs (repeatable)
	scripts/bootstrap

build: ## the plugin as it is shipped: build/release/src/cli/cq-source-s3
	scripts/bootstrap build
	cmake --preset release
	cmake --build --preset release

test: ## all tests: unit, real S3 server, real PostgreSQL, real CloudQuery client
	scripts/bootstrap
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)
	ctest --preset $(PRESET)

e2e: ## only the end-to-end tests
	scripts/bootstrap
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)
	ctest --preset $(PRESET) -L e2e

lint: ## formatting, clang-tidy, direction of dependencies, Go and Python checks
	scripts/bootstrap
	scripts/lint

tidy: ## format every source file in place
	scripts/bootstrap
	scripts/format

demo: ## a local S3 server, a small lake, two syncs: see it work
	scripts/bootstrap demo
	scripts/demo

bench: ## speed, memory, requests of a release build: a few minutes
	scripts/bootstrap bench
	scripts/bench

soak: ## syncs of a changing lake with random faults, for 30 minutes (CQS3_SOAK_MINUTES)
	scripts/bootstrap
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET) --target cq-source-s3
	scripts/soak build/$(PRESET)/src/cli/cq-source-s3

sanitize: ## unit and end-to-end tests with ASan+UBSan, then with TSan: about half an hour
	scripts/bootstrap
	scripts/sanitize asan-ubsan
	scripts/sanitize tsan

fuzz: ## spec, listings, state, Parquet objects and Snappy blocks: two minutes each
	scripts/bootstrap fuzz
	scripts/fuzz

VERSION ?= $(shell git describe --tags --match 'v[0-9]*' 2>/dev/null || echo v0.1.0-dev)
DOCKER ?= docker
export DOCKER_BUILDKIT := 1
IMAGE ?= cq-source-s3:$(VERSION)
DOCKER_ARGUMENTS = --build-arg SOURCE_URL=$(SOURCE_URL) --build-arg CQS3_VERSION=$(VERSION) --build-arg REVISION=$(shell git rev-parse HEAD) \
  --build-arg SOURCE_DATE_EPOCH=$(shell git log -1 --format=%ct)
ONE_PLATFORM = $(if $(PLATFORM),--platform $(PLATFORM))
PLATFORMS ?= linux/amd64,linux/arm64

package: ## what is shipped, into build/package: tarball, .deb, single file, list of parts
	scripts/bootstrap package
	cmake --preset release
	cmake --build --preset release
	packaging/package.py

test-package: ## packages run in an empty root, and in the distributions CQS3_ROOTS="bookworm jammy ..."
	scripts/bootstrap
	cd tests && CQS3_PACKAGES=$(CURDIR)/build/package $${CQS3_DEPS:-$$HOME/.cache/cq-source-s3}/python/bin/python -m pytest package

package-arm64: ## the same for arm64, cross-compiled
	scripts/bootstrap arm64
	cmake --preset release-arm64
	cmake --build --preset release-arm64
	packaging/package.py --build build/release-arm64

# Within with_arm64 a program may start itself; without, a database starts, which root may not.
test-arm64: ## what package-arm64 made, emulated: packages, unit tests, syncs of CloudQuery's client
	scripts/bootstrap
	cd tests && CQS3_PACKAGES=$(CURDIR)/build/package CQS3_ARCHITECTURE=arm64 \
	  ../scripts/with_arm64 $${CQS3_DEPS:-$$HOME/.cache/cq-source-s3}/python/bin/python -m pytest package
	cmake --build --preset release-arm64 --target unit_tests
	QEMU_LD_PREFIX=$${CQS3_DEPS:-$$HOME/.cache/cq-source-s3}/arm64/root \
	  scripts/with_arm64 ctest --preset release-arm64 -E '^(e2e_|install\.)'
	ctest --preset release-arm64 -L e2e

docker-build: ## the container image, for this machine, or PLATFORM=linux/arm64
	$(DOCKER) build $(ONE_PLATFORM) $(DOCKER_ARGUMENTS) --tag $(IMAGE) .

docker-package: ## the packages of the image's build, into build/package
	$(DOCKER) build $(ONE_PLATFORM) $(DOCKER_ARGUMENTS) --target packages --output build/package .

docker-build-multiarch: ## the image for PLATFORMS, with buildx, into build/image.tar; or OUTPUT=--push
	mkdir -p build
	$(DOCKER) buildx build $(DOCKER_ARGUMENTS) --platform $(PLATFORMS) --tag $(IMAGE) \
	  $(or $(OUTPUT),--output type=oci$(comma)dest=build/image.tar) .
comma := ,

test-image: ## the image runs: health, signals, a sync of CloudQuery's client (IMAGE=...)
	scripts/bootstrap
	cd tests && CQS3_IMAGE=$(IMAGE) DOCKER=$(DOCKER) $${CQS3_DEPS:-$$HOME/.cache/cq-source-s3}/python/bin/python -m pytest image

clean: ## remove what was built here
	rm -rf build
