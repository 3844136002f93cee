# Without git, or outside a checkout, the version is "dev".
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := go build -trimpath -buildvcs=false -ldflags "-X main.version=$(VERSION)"
PORTS   := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# Inputs that each fuzz target tries: a count, so that every machine does the same.
FUZZ := 20000x

STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build test demo check fuzz cross clean

build:
	CGO_ENABLED=0 $(BUILD) -o bin/ ./cmd/...

test:
	go test ./...

# Converts the model in testdata to a temporary container and asks it something.
demo: build
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && ( \
	PS4='$$ '; set -ex; \
	bin/llada-convert testdata/tiny-llada -o "$$dir/tiny.llada" --q4 --force; \
	bin/llada-run generate -m "$$dir/tiny.llada" --prompt "What is the capital of France?" )

check:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	go -C runtime/asm/_gen vet . && go -C runtime/asm/_gen test -count=1 .
	go test -count=1 -run "TestLayering|TestPackages|TestEngineIsSmall" ./cmd/llada-run

# One target at a time: go test fuzzes no more than that.
fuzz:
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | sed 's|/[^/]*$$||' | sort -u); do \
		for target in $$(go test -list '^Fuzz' "$$pkg" | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) "$$pkg" || exit 1; \
		done || exit 1; \
	done

cross:
	@for port in $(PORTS); do \
		echo "$$port"; mkdir -p "bin/$$port"; \
		CGO_ENABLED=0 GOOS=$${port%/*} GOARCH=$${port#*/} $(BUILD) -o "bin/$$port/" ./cmd/... || exit 1; \
	done

clean:
	rm -rf bin
