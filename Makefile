# The commands of this project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build unit test soak bench lint format run lab-up lab-down lab-status

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the project needs (Debian 12; asks sudo when you are not root)
	@deploy/setup.sh

run: ## everything up, then one real SIP call through Tandem; stays until Ctrl-C (ONESHOT=1: ends after the call)
	@deploy/run.sh

test: ## all checks: format, build, unit tests, then tests and real calls against a lab of its own
	@deploy/check.sh

unit: ## format, build and the tests that need no servers
	@deploy/check.sh unit

soak: ## 100,000 random orders of events for each state machine
	@deploy/check.sh soak

build: ## the server and the tools
	swift build

bench: ## the core's figures beside bare programs (ONLY="rest events": those sections; see docs/performance.md)
	@Benchmarks/run.sh $(ONLY)

lint: ## the format check alone
	swift format lint --strict -r Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift

format: ## let the formatter rewrite the sources
	swift format -i -r Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift

lab-up: ## start Asterisk, PostgreSQL and RabbitMQ (LAB_WITH, LAB_OFFSET: see deploy/lab/up.sh)
	@deploy/lab/up.sh

lab-down: ## stop them
	@deploy/lab/down.sh

lab-status: ## which of them are up, and where
	@deploy/lab/status.sh || true
