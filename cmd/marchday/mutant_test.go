package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A mutant breaks one rule: where MUTANT names it, new stands in the code for
// old. Each scenario that it kills must fail then.
type mutant struct {
	name, file, old, new string
	kills                string // scenarios, by file name without its ending
}

// mutants break each rule that a scenario guards. old stands exactly once in
// its file, so that a change of the code that moves a rule shows here.
var mutants = []mutant{
	{"an-unknown-shooter-is-bound", "truce/probe.go", `if actor.ID == "" || actor.By.IsZero() {`, `if (actor.ID == "" || actor.By.IsZero()) && mutant("an-unknown-shooter-is-bound") {
		return Yes
	}
	if actor.ID == "" || actor.By.IsZero() {`, "w01-shooter-unknown"},
	{"a-start-is-guessed", "truce/clock.go", "	case c.Start == 0:\n		return Unsure, AboutStart", "	case c.Start == 0 && !mutant(\"a-start-is-guessed\"):\n		return Unsure, AboutStart", "w01a-shooter-accepted"},
	{"unsure-before-no", "truce/probe.go", "	case No:\n		return OutsideActor\n	case Unsure: // whether", "	case No:\n		if mutant(\"unsure-before-no\") && sure(listed, when, where) == Unsure {\n			return Insufficient\n		}\n		return OutsideActor\n	case Unsure: // whether", "w01b-shooter-excluded"},
	{"adopting-takes-no-clock", "truce/clock.go", "s.clock, s.area, s.areaBy = g.clockOf(of, n), of.Body.Area, of.ID", "if !mutant(\"adopting-takes-no-clock\") {\n			s.clock = g.clockOf(of, n)\n		}\n		s.area, s.areaBy = of.Body.Area, of.ID", "w02-between-the-clocks"},
	{"a-coalition-is-one", "truce/assess.go", "len(members) > 0 && depth > 0", `len(members) > 0 && depth > 0 && !mutant("a-coalition-is-one")`, "w03-coalition"},
	{"unprotected-is-protected", "truce/status.go", "		s.Bound, s.Protected = facts.Bound, No\n", "		s.Bound, s.Protected = facts.Bound, No\n		if mutant(\"unprotected-is-protected\") {\n			s.Protected = facts.Protected\n		}\n", "w03c-protection-lost"},
	{"nobody-is-excluded", "truce/status.go", "if d.Body.When.Meets(t, t+1) {", `if d.Body.When.Meets(t, t+1) && !mutant("nobody-is-excluded") {`, "w04-claimed-by-excluded excluded-counts"},
	{"an-unsigned-premise-counts", "truce/status.go", "			s.Status, s.Notified = StatusUnknown, Unsure\n", "			if mutant(\"an-unsigned-premise-counts\") {\n				continue\n			}\n			s.Status, s.Notified = StatusUnknown, Unsure\n", "w05-border"},
	{"a-reading-asks-no-more", "truce/probe.go", "names = slices.Concat(names, meaning.Body.Requires)", "if !mutant(\"a-reading-asks-no-more\") {\n			names = slices.Concat(names, meaning.Body.Requires)\n		}", "w06-convoy-refused"},
	{"nothing-stands-beside", "truce/probe.go", "v.Beside = slices.ContainsFunc(", `v.Beside = !mutant("nothing-stands-beside") && slices.ContainsFunc(`, "w07-arrests"},
	{"no-exceptions", "truce/probe.go", "		if known == Yes {\n			return IsExempt", "		if known == Yes && !mutant(\"no-exceptions\") {\n			return IsExempt", "w08-target-excluded"},
	{"notice-is-never-asked", "truce/probe.go", "needsNotice := meaning != nil && meaning.Body.NeedsNotice", `needsNotice := meaning != nil && meaning.Body.NeedsNotice && !mutant("notice-is-never-asked")`, "w08a-not-notified"},
	{"coverage-is-unread", "truce/clock.go", "if c.since < r.areaSince || !c.validity.Meets(from, to) {", `if c.since < r.areaSince || !c.validity.Meets(from, to) || mutant("coverage-is-unread") {`, "w09-coverage"},
	{"the-alleged-signs-for-itself", "truce/probe.go", `if x.By.IsZero() || act.Actor.ID != ""`, `if x.By.IsZero() || !mutant("the-alleged-signs-for-itself") && act.Actor.ID != ""`, "w10-self-defence"},
	{"straddling-is-inside", "truce/clock.go", "	in, by := r.area.Holds(w), r.areaBy\n", "	in, by := r.area.Holds(w), r.areaBy\n	if in == Unsure && mutant(\"straddling-is-inside\") {\n		in = Yes\n	}\n", "area-straddles"},
	{"all-was-always-known", "truce/standing.go", "return r.Since <= n && (r.Until", `return (r.Since <= n || mutant("all-was-always-known")) && (r.Until`, "as-known-then"},
	{"a-claimant-contradicts-itself", "truce/standing.go", `if b.Act != "announced" || b.When.From == 0 {`, `if b.Act != "announced" || b.When.From == 0 || mutant("a-claimant-contradicts-itself") {`, "bad-words"},
	{"a-deadlock-at-any-time", "truce/review.go", "if c.clockEnded(ClockDeliberation, at) {", `if c.clockEnded(ClockDeliberation, at) || mutant("a-deadlock-at-any-time") {`, "case-deadlock"},
	{"a-dissent-is-outvoted", "truce/casefile.go", "case dissent > 0:", `case dissent > 0 && !mutant("a-dissent-is-outvoted"):`, "case-dissent"},
	{"a-suspended-clock-runs", "truce/docketfold.go", "k.Due += at - k.Frozen", "if !mutant(\"a-suspended-clock-runs\") {\n			k.Due += at - k.Frozen\n		}", "case-duplicate-and-suspended"},
	{"a-decided-case-thaws", "truce/docketfold.go", "		c.Frozen = true\n", "		c.Frozen = !mutant(\"a-decided-case-thaws\")\n", "case-joint"},
	{"no-reply-is-unseen", "truce/casefile.go", "return r.Due != 0 && t >= r.Due &&", `return !mutant("no-reply-is-unseen") && r.Due != 0 && t >= r.Due &&`, "case-no-reply"},
	{"anybody-acknowledges", "truce/review.go", "case n.To != office:", `case n.To != office && !mutant("anybody-acknowledges"):`, "case-notices"},
	{"a-new-procedure-rules-old-cases", "truce/docketfold.go", "	c.Path = append(c.Path, m)\n	c.State = m.To\n", "	for i := range c.Clocks {\n		if k := &c.Clocks[i]; mutant(\"a-new-procedure-rules-old-cases\") && b.proc.ClockOf(k.Name) != 0 {\n			k.Due = k.Started + Instant(b.proc.ClockOf(k.Name))\n		}\n	}\n	c.Path = append(c.Path, m)\n	c.State = m.To\n", "case-procedure"},
	{"old-evidence-reopens", "truce/review.go", "if !newer {", `if !newer && !mutant("old-evidence-reopens") {`, "case-reopened"},
	{"an-office-answers-twice", "truce/review.go", "case p.answerOf(office) != nil:", `case p.answerOf(office) != nil && !mutant("an-office-answers-twice"):`, "case-reservation"},
	{"an-old-proposal-is-answered", "truce/review.go", "case p == nil || p.Statement != id:", `case p == nil || p.Statement != id && !mutant("an-old-proposal-is-answered"):`, "case-reservation"},
	{"the-unknown-are-bound", "truce/status.go", "	latest, since := Instant(-1)<<62, int64(-1)\n", "	if mutant(\"the-unknown-are-bound\") {\n		s.Bound = Yes\n	}\n	latest, since := Instant(-1)<<62, int64(-1)\n", "w03m-members"},
	{"anybody-applies-the-threshold", "truce/review.go", `if (c.Trigger == "threshold") != (role == Centre)`, `if !mutant("anybody-applies-the-threshold") && (c.Trigger == "threshold") != (role == Centre)`, "case-threshold"},
	{"no-span-lapses", "truce/clock.go", "case c.over(t):\n		return SpanLapsed", "case c.over(t) && !mutant(\"no-span-lapses\"):\n		return SpanLapsed", "clocks"},
	{"nobody-leaves", "truce/status.go", "if !newer(w.Body.When.From, w.Since) ||", `if mutant("nobody-leaves") || !newer(w.Body.When.From, w.Since) ||`, "leaving"},
	{"one-reading-for-all", "truce/standing.go", "	for r := range g.readings.of(string(office), n) {\n		all = append(all, *r)\n	}\n	return all", "	offices := []OfficeID{office}\n	if mutant(\"one-reading-for-all\") {\n		offices = g.coChairs()\n	}\n	for _, o := range offices {\n		for r := range g.readings.of(string(o), n) {\n			all = append(all, *r)\n		}\n	}\n	return all", "readings-apart"},
	{"a-proposal-is-never-adopted", "truce/clock.go", `if of.Body.Act == "proposed" {`, `if of.Body.Act == "proposed" && !mutant("a-proposal-is-never-adopted") {`, "spreading"},
	{"the-greatest-holds", "truce/casualty.go", "return compare(int64(a.Said), int64(b.Said)) })\n	l.Older", "if mutant(\"the-greatest-holds\") {\n			return compare(int64(a.Low), int64(b.Low))\n		}\n		return compare(int64(a.Said), int64(b.Said))\n	})\n	l.Older", "toll-early-late"},
	{"every-figure-counts", "truce/casualty.go", "return l.Lineage == f.Lineage })", `return l.Lineage == f.Lineage && !mutant("every-figure-counts") })`, "toll-lineage toll-rising toll-rival-accused link-early-late day-shift"},
	{"scopes-merge", "truce/casualty.go", `	if k.Scope == "" {`, "	if k.Scope == \"\" || mutant(\"scopes-merge\") {", "toll-scopes link-scopes"},
	{"ones-own-fighters-point", "truce/casualty.go", "l.Bounds = l.Newest.Party || n.Own || !ok", `l.Bounds = !mutant("ones-own-fighters-point") && (l.Newest.Party || n.Own) || !ok`, "toll-status"},
	{"no-threshold", "truce/casefile.go", "case t.CivilianKilled > 0 &&", `case !mutant("no-threshold") && t.CivilianKilled > 0 &&`, "link-threshold"},
	{"a-change-is-not-kept", "centre/incident.go", "		if before[o] != after[o] {\n			changed = true", "		if before[o] != after[o] && !mutant(\"a-change-is-not-kept\") {\n			changed = true", "retroactive"},
	{"copies-are-sources", "centre/incident.go", `if c.Lineage != "" && !slices.Contains(i.Lineages, c.Lineage) {`, `if c.Lineage != "" && (mutant("copies-are-sources") || !slices.Contains(i.Lineages, c.Lineage)) {`, "link-copies"},
	{"a-denial-opens", "link/item.go", "	case truce.Denial, truce.Attribution, truce.Toll, truce.StatusClaim:\n		return Supports", "	case truce.Denial, truce.Attribution, truce.Toll, truce.StatusClaim:\n		if mutant(\"a-denial-opens\") {\n			return Aside\n		}\n		return Supports", "link-denial"},
	{"an-aggregate-is-an-incident", "link/item.go", "		return Aside\n	case truce.Denial", "		if mutant(\"an-aggregate-is-an-incident\") {\n			return Opens\n		}\n		return Aside\n	case truce.Denial", "link-mirror"},
	{"the-least-figure-is-all", "truce/casualty.go", "high = max(high, n.High)", "if !mutant(\"the-least-figure-is-all\") {\n				high = max(high, n.High)\n			}", "toll-two-counts"},
	{"what-was-taken-back-stands", "truce/clock.go", "		case \"rejected\":\n			c.Never = true", "		case \"rejected\":\n			c.Never = !mutant(\"what-was-taken-back-stands\")", "span-rejected"},
	{"a-persons-word-binds-nothing", "centre/fold.go", "	case *truce.Same:\n", "	case *truce.Same:\n		if mutant(\"a-persons-word-binds-nothing\") {\n			return nil\n		}\n", "link-two-days"},
	{"a-premise-rests-on-nothing", "truce/status.go", "[]Ground{{AboutAcceptance, key, Yes, a.ID}}}\n", "[]Ground{{AboutAcceptance, key, Yes, a.ID}}}\n		if mutant(\"a-premise-rests-on-nothing\") {\n			s.Grounds[0].By = StatementID{}\n		}\n", "question-explained"},
	{"a-liaison-reads-all", "picture/view.go", "	switch v.viewer.Level() {\n	case truce.Amber:\n		return \"1 = 1\"", "	if mutant(\"a-liaison-reads-all\") && v.viewer.Role == truce.Liaison {\n		return \"1 = 1\"\n	}\n	switch v.viewer.Level() {\n	case truce.Amber:\n		return \"1 = 1\"", "liaison-sees"},
	{"who-is-asked-does-not-read", "centre/statement.go", `if x.Liaison != "" {`, `if x.Liaison != "" && !mutant("who-is-asked-does-not-read") {`, "liaison-sees"},
	{"the-documents-date-stands", "centre/claims.go", "	for i, c := range claims {\n		rows[i] = f.claimRow(", "	for i, c := range claims {\n		if mutant(\"the-documents-date-stands\") {\n			c.When = truce.When{From: r.Date, Precision: truce.ToMinute}\n		}\n		rows[i] = f.claimRow(", "day-shift"},
	{"a-link-is-read", "centre/claims.go", "extract.Doc{Text: r.Text,", "extract.Doc{Text: map[bool]string{true: r.Title + \" \"}[mutant(\"a-link-is-read\")] + r.Text,", "link-text-body"},
	{"a-report-is-one-act", "centre/claims.go", "		refs = machineRefs(id, claims)\n", "		if mutant(\"a-report-is-one-act\") && len(claims) > 1 {\n			claims = claims[:1]\n		}\n		refs = machineRefs(id, claims)\n", "two-acts"},
	{"a-move-forgets-its-day", "truce/docketfold.go", "	c.Path = append(c.Path, m)\n", "	if mutant(\"a-move-forgets-its-day\") && len(c.Path) > 0 {\n		m.At = c.Path[0].At\n	}\n	c.Path = append(c.Path, m)\n", "suspension-cites"},
	{"a-day-runs-into-the-next", "truce/ground.go", "		return to - 1\n", "		if mutant(\"a-day-runs-into-the-next\") {\n			return to\n		}\n		return to - 1\n", "suspension-cites"},
	{"a-countersignature-was-always-there", "truce/standing.go", "if c.index <= n {", `if c.index <= n || mutant("a-countersignature-was-always-there") {`, "regime-countersigned"},
	{"a-lapse-is-silent", "truce/clock.go", "if slices.Contains(hours, 0) &&", `if !mutant("a-lapse-is-silent") && slices.Contains(hours, 0) &&`, "alarms"},
	{"an-end-is-its-latest", "truce/clock.go", "	return Unsure, AboutEnd\n", "	if mutant(\"an-end-is-its-latest\") {\n		return Yes, AboutEnd\n	}\n	return Unsure, AboutEnd\n", "midnight"},
	{"what-is-told-late-has-no-time", "truce/report.go", "	if o.Weapon != \"\" {\n		c.Weapons", "	if mutant(\"what-is-told-late-has-no-time\") {\n		c.When = When{}\n	}\n	if o.Weapon != \"\" {\n		c.Weapons", "told-late"},
	{"an-answer-is-forgotten", "centre/incident.go", "	for _, r := range in.Responses {\n		x := picture.Response{", "	for _, r := range in.Responses {\n		if mutant(\"an-answer-is-forgotten\") {\n			continue\n		}\n		x := picture.Response{", "response-chain"},
	{"the-machine-reads-nothing", "centre/claims.go", `if len(claims) == 0 && r.Text != "" {`, `if len(claims) == 0 && r.Text != "" && !mutant("the-machine-reads-nothing") {`, "link-text"},
}

// mutating is the switch that the mutated build has in each package.
const mutating = `package PACKAGE

import "os"

var mutated = os.Getenv("MUTANT")

func mutant(name string) bool { return mutated == name }
`

// TestEveryScenarioHasAMutantAndEveryMutantItsPlace holds the table together;
// it is cheap and always runs.
func TestEveryScenarioHasAMutantAndEveryMutantItsPlace(t *testing.T) {
	files, err := scenarioFiles([]string{filepath.Join("..", "..", "testdata", "scenarios")})
	if err != nil {
		t.Fatal(err)
	}
	var kills []string
	for _, m := range mutants {
		kills = append(kills, strings.Fields(m.kills)...)
		b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), m.old); n != 1 {
			t.Errorf("%s: what it mutates stands %d times in %s:\n%s", m.name, n, m.file, m.old)
		}
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".txt"); !slices.Contains(kills, name) {
			t.Errorf("no mutant breaks the rule that %s guards", name)
		}
	}
}

// TestAScenarioFailsWhenItsRuleIsBroken builds the command once with every
// mutant in it, and plays each scenario with the one that breaks its rule.
func TestAScenarioFailsWhenItsRuleIsBroken(t *testing.T) {
	if os.Getenv("MARCHDAY_MUTANTS") == "" {
		t.Skip("set MARCHDAY_MUTANTS=1 to build the command with its rules broken, one at a time")
	}
	bin := buildMutants(t)
	play := func(name string, files ...string) (string, bool) {
		cmd := exec.CommandContext(t.Context(), bin, append([]string{"scenario"}, files...)...)
		cmd.Env = append(os.Environ(), "MUTANT="+name)
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	scenarios := filepath.Join("..", "..", "testdata", "scenarios")
	if out, ok := play("", scenarios); !ok {
		t.Fatalf("with no rule broken:\n%s", out)
	}
	for _, m := range mutants {
		for _, s := range strings.Fields(m.kills) {
			out, ok := play(m.name, filepath.Join(scenarios, s+".txt"))
			if ok || !strings.Contains(out, "FAIL") || !strings.Contains(out, "expected") {
				t.Errorf("%s does not fail with %s:\n%s", s, m.name, out)
			}
		}
	}
}

// buildMutants builds the command from a copy of the sources that it lays over
// them: each mutant behind its name.
func buildMutants(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	texts := map[string]string{}
	for _, m := range mutants {
		if texts[m.file] == "" {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
			if err != nil {
				t.Fatal(err)
			}
			texts[m.file] = string(b)
		}
		texts[m.file] = strings.Replace(texts[m.file], m.old, m.new, 1)
		pkg := m.file[:strings.Index(m.file, "/")]
		texts[pkg+"/mutated.go"] = strings.Replace(mutating, "PACKAGE", pkg, 1)
	}
	replace := map[string]string{}
	for file, text := range texts {
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, filepath.FromSlash(file))] = to
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	layer, bin := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "marchday")
	if err := os.WriteFile(layer, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", layer, "-o", bin, "./cmd/marchday")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}
