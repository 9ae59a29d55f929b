.PHONY: help build test check static clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

build: ## the binary, ./latchstring
	CGO_ENABLED=0 go build -trimpath -o latchstring ./cmd/latchstring

test: ## all tests, on SQLite and on a private PostgreSQL (installs what it needs)
	scripts/with-postgres go test -race -shuffle=on ./...

static: ## format, tidy and vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go mod tidy -diff
	go vet ./...

check: static test ## everything that must hold before a commit

clean: ## remove what build made
	rm -f latchstring
