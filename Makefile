# A thin front for daily work; everything real is in CMakePresets.json and scripts/.
PRESET ?= dev
BUILD := build/$(PRESET)

.PHONY: help bootstrap build test e2e lint tidy demo bench fuzz clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

fuzz: ## spec, listings, state and Parquet objects: a minute each
	scripts/bootstrap fuzz
	scripts/fuzz

clean: ## remove what was built here
	rm -rf build
