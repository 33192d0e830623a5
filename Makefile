# The commands of the package. `make demo` and `make test` are enough on a fresh machine.
.DEFAULT_GOAL := help
SWIFT ?= swift

# Homebrew keeps its headers and libraries where the compiler does not look by itself.
ifeq ($(shell uname -s),Darwin)
PREFIX := $(shell brew --prefix 2>/dev/null)
FLAGS := -Xcc -I$(PREFIX)/include -Xlinker -L$(PREFIX)/lib
endif
BUILD := $(SWIFT) build -c release $(FLAGS)
RUN := $(SWIFT) run -c release $(FLAGS)
SOURCES := Package.swift Sources Tests examples

.PHONY: help
help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## Install the system libraries that are missing.
	@Scripts/install-dependencies

.PHONY: build
build: deps ## Build everything, optimized.
	$(BUILD)

.PHONY: demo
demo: deps ## Fit real data and optimize a beam; pictures and tables go to out/.
	$(BUILD) --product adjoint-demo
	$(RUN) --skip-build adjoint-demo fit lotka-volterra examples/data/lynx-hare.csv --out out/fit
	$(RUN) --skip-build adjoint-demo topopt mbb --elements 120x40 --filter-radius 3 \
	  --max-iterations 100 --out out/topopt
	@printf '\nOpen these files:\n'
	@ls out/fit/fit.svg out/fit/fit.csv out/fit/curve.csv out/topopt/density.png out/topopt/density.csv \
	  out/topopt/convergence.svg 2>/dev/null | sed 's/^/  /'

.PHONY: test
test: deps ## Run all tests, optimized.
	$(SWIFT) test -c release $(FLAGS)

.PHONY: bench
bench: deps ## Time the benchmark problems; one JSON object a line.
	$(BUILD) --product adjoint-bench
	$(RUN) --skip-build adjoint-bench

.PHONY: leaks
leaks: deps ## Look for leaks over 1,000 factorizations; needs valgrind.
	$(BUILD) --product adjoint-bench
	@mkdir -p out
	strip -g -o out/adjoint-bench .build/release/adjoint-bench # valgrind cannot read Swift's symbols
	valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect \
	  --errors-for-leak-kinds=definite,indirect --error-exitcode=1 \
	  out/adjoint-bench factorization_cycle --repetitions 1

.PHONY: races
races: deps ## Run the tests of threads under the thread sanitizer.
	$(SWIFT) test $(FLAGS) --sanitize thread --scratch-path .build-races --filter ThreadTests

.PHONY: docs
docs: deps ## Build the documentation of the libraries to out/docs; warnings are errors.
	@mkdir -p out/docs
	@for library in Adjoint ODE TopologyOptimization; do \
	  $(SWIFT) package $(FLAGS) --allow-writing-to-directory out/docs/$$library \
	    generate-documentation --target $$library --warnings-as-errors \
	    --output-path out/docs/$$library || exit 1; \
	done

.PHONY: format
format: ## Format all Swift files in place.
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

.PHONY: lint
lint: ## Check format and documentation comments.
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
