# The tests and checks of Latchstring. `make help` lists what there is.

# PKGS narrows the targets that run Go: make test PKGS=./internal/store
PKGS ?= ./...
# TESTFLAGS is added to `go test`: make test TESTFLAGS='-run Refresh -v'
TESTFLAGS ?=
# FUZZTIME is how long each fuzz target runs.
FUZZTIME ?= 20s
# BENCH selects benchmarks by regular expression.
BENCH ?= .

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)

export LATCHSTRING_TEST_CHROMIUM ?= /usr/bin/chromium

# The product is built without cgo, and checked as it is built. It is not stamped
# with git's state: -X main.version tells it, and a clone that another user owns
# can't be stamped.
product := CGO_ENABLED=0 GOFLAGS="$$(go env GOFLAGS) -buildvcs=false"

.PHONY: help build test check static format modules vet staticcheck fuzz bench cover clean needs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the binary, ./latchstring
	$(product) go build -trimpath $(if $(VERSION),-ldflags '-X main.version=$(VERSION)') -o latchstring ./cmd/latchstring

test: needs ## all tests, on SQLite and on a private PostgreSQL (as root, installs what it needs)
	CGO_ENABLED=1 scripts/with-postgres go test -race -shuffle=on -timeout=5m $(TESTFLAGS) $(PKGS)

check: static test ## everything that must hold before a commit

static: format modules vet staticcheck ## the checks that run no tests

format: ## list the files that are not as gofmt writes them, and fail
	@files="$$(gofmt -l .)" && { [ -z "$$files" ] || { echo "run gofmt -w on:"; echo "$$files"; exit 1; } >&2; }

modules: ## fail when go.mod is not tidy or a downloaded module was altered
	go mod tidy -diff
	go mod verify
	go mod verify -modfile=tools.mod

vet: ## go vet
	$(product) go vet $(PKGS)

staticcheck: ## staticcheck, at the version that tools.mod pins
	$(product) go tool -modfile=tools.mod staticcheck $(PKGS)

fuzz: ## each fuzz target for FUZZTIME
	scripts/fuzz $(FUZZTIME) $(PKGS)

bench: needs ## benchmarks, on SQLite and on a PostgreSQL that waits for the disk
	scripts/with-postgres --durable go test -run='^$$' -bench='$(BENCH)' -benchmem $(TESTFLAGS) $(PKGS)

cover: needs ## how much of the code the tests run; leaves cover.out
	scripts/with-postgres go test -shuffle=on -coverpkg=./... -coverprofile=cover.out $(TESTFLAGS) $(PKGS)
	go tool cover -func=cover.out | tail -n 1

clean: ## remove what the other targets made
	rm -f latchstring cover.out

needs:
	@scripts/test-needs
