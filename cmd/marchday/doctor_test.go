package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// findings runs doctor and returns what it says of each thing, worst last.
func findings(t *testing.T, dir string, code int) map[string]string {
	t.Helper()
	got, out, errs := command(t, "doctor", "--data", dir, "--json")
	if got != code {
		t.Fatalf("doctor: exit %d, want %d: %s %s", got, code, out, errs)
	}
	var all []finding
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for _, f := range all {
		if old := by[f.Of]; old == "" || f.State == "wrong" || f.State == "warn" && strings.HasPrefix(old, "fine") {
			by[f.Of] = f.State + ": " + f.Says
		}
	}
	return by
}

func wantFinding(t *testing.T, by map[string]string, of, state, says string) {
	t.Helper()
	if !strings.HasPrefix(by[of], state+": ") || !strings.Contains(by[of], says) {
		t.Errorf("%s: %q, want %s with %q", of, by[of], state, says)
	}
}

func TestTheDoctorSaysWhatIsWrong(t *testing.T) {
	h := foundCentre(t)
	w, line := startWitness(t, t.TempDir(), "us-1", h.LogKey, "127.0.0.1:0")
	policy := "log " + h.LogKey + "\n" + line + "group joint all us-1\nquorum joint\n"
	c := start(t, "serve", "--data", h.dir, "--policy", writeFile(t, policy), "--addr", "127.0.0.1:0")
	c.file(report(t, h, "desk", "All is well."))
	c.await("cosigned", func() bool { x := c.heads(); return x.Cosigned != nil && x.Cosigned.Size == 2 })

	by := findings(t, h.dir, exitFine) // beside the running centre
	wantFinding(t, by, "record", "fine", "2 entries agree")
	wantFinding(t, by, "joint head", "fine", "at 2 entries")
	wantFinding(t, by, "witness us-1", "fine", "holds 2 entries")
	wantFinding(t, by, "clock", "fine", "compared")
	wantFinding(t, by, "keys", "warn", "hand them to their offices")
	if by["sync"] == "" || by["disk"] == "" {
		t.Errorf("nothing of the disk: %v", by)
	}
	if left, _ := filepath.Glob(filepath.Join(h.dir, ".sync-*")); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
	c.stop()
	w.stop()
	if err := os.Mkdir(filepath.Join(h.dir, vaultDir), 0o700); err != nil {
		t.Fatal(err)
	}
	by = findings(t, h.dir, exitFine)
	wantFinding(t, by, "witness us-1", "warn", "does not answer")
	wantFinding(t, by, "vault", "warn", "no recipients")

	if err := os.Chmod(filepath.Join(h.dir, "keys", "desk-desk.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(h.dir, "evidence"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "evidence", "1.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	by = findings(t, h.dir, exitWrong)
	wantFinding(t, by, "keys", "wrong", "others can read this")
	wantFinding(t, by, "evidence", "wrong", "two histories")

	db, err := os.ReadFile(filepath.Join(h.dir, "record.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "record.db"), db[:len(db)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	wantFinding(t, findings(t, h.dir, exitWrong), "record", "wrong", "")
}

func TestTheDoctorSeesAClockThatIsBehind(t *testing.T) {
	h := foundCentre(t)
	d := &doctor{home: h, now: func() time.Time { return time.Now().Add(-time.Hour) }}
	d.examine(t.Context())
	for _, f := range d.found {
		if f.Of == "clock" && strings.Contains(f.Says, "behind the last receipt time") {
			return
		}
	}
	t.Errorf("a clock an hour behind: %+v", d.found)
}
