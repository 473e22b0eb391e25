package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

func TestAnExportedBundleProvesACase(t *testing.T) {
	dir := demoCopy(t)
	bundle := filepath.Join(t.TempDir(), "bundle.tar")
	mustRun(t, "export", "--data", dir, "-o", bundle)
	out := mustRun(t, "verify", "--case", "1", bundle)
	for _, want := range []string{"case 1: ", "rule open, then registered", "signed by key "} {
		if !strings.Contains(out, want) {
			t.Errorf("the proof lacks %q:\n%s", want, out)
		}
	}
	if out := mustRun(t, "verify", "--case", "1", "--json", dir); !strings.Contains(out, `"clocks":[`) || !strings.Contains(out, `"number":1`) {
		t.Errorf("the proof as JSON is %s", out)
	}
	for number, code := range map[string]int{"0": exitUsage, "-1": exitUsage, "999": exitWrong} {
		if got, _, errs := command(t, "verify", "--case", number, bundle); got != code {
			t.Errorf("--case %s: exit %d, want %d: %s", number, got, code, errs)
		}
	}
}

// TestACaseWithAnEntryThatTheRulesRefuseIsOff feeds the audit what only a
// centre that let anything in could have in its record.
func TestACaseWithAnEntryThatTheRulesRefuseIsOff(t *testing.T) {
	p := played(t, mustDossier(t), "2016-03-02T18:00:00+02:00")
	admitted, refused := 0, 0
	audit, visit := auditCase(1, func(ok bool) {
		if ok {
			admitted++
		} else {
			refused++
		}
	})
	var last record.Entry
	for e, err := range p.centre.Record().Entries(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := visit.Entry(e); err != nil {
			t.Fatal(err)
		}
		last = e
	}
	proved, err := audit.end()
	if err != nil || len(proved.Off) > 0 || len(proved.Steps) == 0 || refused > 0 {
		t.Fatalf("the record as it is: %d steps, off %v, %v", len(proved.Steps), proved.Off, err)
	}
	var id truce.StatementID
	if err := id.UnmarshalText([]byte(proved.ID)); err != nil {
		t.Fatal(err)
	}
	forged, err := truce.Seal(truce.NewStatement(demoOrigin, p.regime, "gov-liaison", "", 1, &truce.Step{Case: id, To: truce.CaseClosed}), demoKey("gov-liaison", truce.OfficeKey))
	if err != nil {
		t.Fatal(err)
	}
	if err := visit.Entry(record.Entry{Index: last.Index + 1, RecvAt: last.RecvAt, Body: forged.Bytes()}); err != nil {
		t.Fatal(err)
	}
	proved, err = audit.end()
	if err != nil || len(proved.Off) != 1 || refused != 1 {
		t.Fatalf("off %v, %d refused (%v), want the forged step and nothing else", proved.Off, refused, err)
	}
	var b strings.Builder
	if err := proved.report(&b, false); err == nil || !strings.Contains(b.String(), "OFF: ") {
		t.Errorf("the report says %v:\n%s", err, b.String())
	}
}
