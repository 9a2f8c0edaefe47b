# Everything a developer does has a target here; CI calls the same ones.

GOLANGCI_VERSION := v2.15.0
VERSITYGW_VERSION := v1.8.0
BIN := $(CURDIR)/bin
LDFLAGS := -s -w
# The folders of the modules that go.work joins.
MODULES = $(shell go list -m -f '{{.Dir}}')

.PHONY: help build test race lint fmt vet tidy sim explore crash s3 fuzz bench parts scale demo images release clean verify

help: ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: ## Build all programs into bin/
	mkdir -p $(BIN)
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/... ./services/...

test: ## Run all tests
	go test work

race: ## Run all tests under the race detector
	go test -race -shuffle=on work

lint: $(BIN)/golangci-lint ## Run the linters that hold the architecture
	@set -e; for m in $(MODULES); do (set -x; cd $$m && $(BIN)/golangci-lint run --allow-parallel-runners ./...); done

fmt: $(BIN)/golangci-lint ## Format the code
	$(BIN)/golangci-lint fmt ./...

$(BIN)/golangci-lint:
	GOBIN=$(BIN) GOWORK=off GOFLAGS=-mod=mod go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

vet: ## Run go vet
	go vet work

tidy: ## Bring go.mod and go.sum in line with the imports
	go run ./internal/release/cmd/release tidy

verify: tidy ## Fail if tidying or formatting changes anything
	git diff --exit-code

SEEDS ?= 500
sim: ## Simulate the whole system under faults, SEEDS=500 runs
	go test ./sim -run TestSeeds -seeds $(SEEDS) -timeout 1h
	go test ./sim/embedded -run TestEmbeddedSeeds -embedded $(SEEDS) -timeout 1h

explore: ## Explore every run with two faults, and what breaks without each rule (half an hour, 4 GB)
	go test ./sim/explore -count=1 -full -v -timeout 3h

crash: ## Kill each process at every step of all that jobs do, with real containers (40 minutes)
	go test ./e2e -count=1 -timeout 2h -every-step

s3: $(BIN)/versitygw ## Run the suite of objects against a server of S3's protocol that others wrote
	go test ./internal/objects/s3 -count=1 -versitygw $(BIN)/versitygw

$(BIN)/versitygw:
	GOBIN=$(BIN) GOWORK=off GOFLAGS=-mod=mod go install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW_VERSION)

FUZZTIME ?= 30s
fuzz: ## Fuzz every decoder for FUZZTIME=30s each
	@set -e; for p in $$(go list work); do \
		for f in $$(go test -list '^Fuzz' $$p | grep ^Fuzz || true); do \
			echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p; done; done

BENCH ?= all
TASKS ?= 20000
RECORDS ?= 100000,1000000
CHURN ?= 1m
bench: ## Measure BENCH=launch,latency,churn,submit,read,replay,place,memory,failover (all) and print a table; lines of JSON in bin/bench.json
	mkdir -p $(BIN)
	go test ./bench -run TestScenarios -count=1 -timeout 2h -v -scenarios $(BENCH) -tasks $(TASKS) -records $(RECORDS) -churn $(CHURN) -rows $(BIN)/bench.json

parts: ## Measure the parts: every benchmark of every package
	go test ./bench -run '^$$' -bench . -benchtime 1x -timeout 1h -tasks 5000
	go test -run '^$$' -bench . -benchmem $$(go list work | grep -v /bench$$)

scale: ## Measure the memory of half a million tasks on ten thousand agents (6 GB)
	go test ./bench -run '^$$' -bench Memory -benchtime 1x -timeout 1h -tasks 500000

demo: ## Run the original's example job on a whole taurus
	go run ./cmd/taurus demo

release: ## Make the commit and the tags of VERSION=v0.3.0; nothing is pushed
	go run ./internal/release/cmd/release $(VERSION)

images: build ## Build the container image for deploy/compose
	mkdir -p $(BIN)/state
	docker build -t taurus:latest -f deploy/compose/Dockerfile $(BIN)

clean: ## Remove what the other targets made
	rm -rf $(BIN)
