package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/truce"
)

// TestARecordMovesToPostgreSQLAndBack moves a record there and back: indexes,
// keys and cosignatures stay, the old store takes nothing more.
func TestARecordMovesToPostgreSQLAndBack(t *testing.T) {
	base := os.Getenv("MARCHDAY_POSTGRES")
	if base == "" {
		t.Skip("SKIPPED, not proved: MARCHDAY_POSTGRES holds no URL")
	}
	url := base + map[bool]string{true: "&", false: "?"}[strings.Contains(base, "?")] + "search_path=move_" + time.Now().UTC().Format("150405000000")
	h := foundCentre(t)
	w, line := startWitness(t, t.TempDir(), "us-1", h.LogKey, "127.0.0.1:0")
	policy := writeFile(t, "log "+h.LogKey+"\n"+line+"group joint all us-1\nquorum joint\n")
	var said []truce.Envelope
	serveAndSay := func(words string) {
		t.Helper()
		c := start(t, "serve", "--data", h.dir, "--policy", policy, "--addr", "127.0.0.1:0")
		e := report(t, h, "desk", words)
		said = append(said, e)
		c.file(e)
		c.await("cosigned", func() bool { x := c.heads(); return x.Cosigned != nil && x.Cosigned.Size == x.Size })
		for i, e := range said {
			c.file(e) // again: the same entry
			if s := c.standing(e); s.Index != int64(i+1) {
				t.Errorf("%s: statement %d is entry %d", words, i, s.Index)
			}
		}
		if size := c.heads().Size; size != int64(len(said)+1) {
			t.Errorf("%s: %d entries, want %d", words, size, len(said)+1)
		}
		c.stop()
	}
	serveAndSay("In the folder.")
	if out := mustRun(t, "migrate", "--data", h.dir, "--to", url); !strings.Contains(out, "moved: 2 entries") {
		t.Errorf("moving there: %s", out)
	}
	if code, _, errs := command(t, "migrate", "--data", h.dir, "--to", url); code != exitUsage {
		t.Errorf("moving there twice: %d %s", code, errs)
	}
	old, err := openHome(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	old.DB = ""
	c, err := old.open(t.Context(), time.Now, false)
	if err == nil {
		if _, err := c.Submit(t.Context(), report(t, h, "desk", "In the old place.").Bytes()); err == nil || !strings.Contains(err.Error(), "moved") {
			t.Errorf("the old store takes a statement: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	serveAndSay("In PostgreSQL.")
	mustRun(t, "migrate", "--data", h.dir, "--to", "sqlite")
	serveAndSay("In the folder again.")
	w.stop()
	mustRun(t, "verify", h.dir, "--origin", h.Origin, "--key", h.LogKey)
}

func TestAMoveThatCannotBe(t *testing.T) {
	h := foundCentre(t)
	for name, args := range map[string][]string{
		"nowhere":           {"--to", ""},
		"where it is":       {"--to", "sqlite"},
		"to another engine": {"--to", "mysql://db.example.org/x"},
		"into nothing":      {"--to", "postgres://nobody:hush-hush@127.0.0.1:1/x"},
	} {
		code, _, errs := command(t, append([]string{"migrate", "--data", h.dir}, args...)...)
		if code == exitFine || strings.Contains(errs, "hush-hush") {
			t.Errorf("%s: exit %d %s", name, code, errs)
		}
	}
	again, err := openHome(h.dir)
	if err != nil || again.DB != "" {
		t.Errorf("a move that failed points the folder at %q, %v", again.DB, err)
	}
	c := start(t, "serve", "--data", h.dir, "--addr", "127.0.0.1:0")
	c.file(report(t, h, "desk", "It goes on."))
}

// TestACentreFoundedOnPostgreSQLPlaysTheSameRegime founds a centre beside a
// database, with the dossier's own regime, and recomputes its picture.
func TestACentreFoundedOnPostgreSQLPlaysTheSameRegime(t *testing.T) {
	base := os.Getenv("MARCHDAY_POSTGRES")
	if base == "" {
		t.Skip("SKIPPED, not proved: MARCHDAY_POSTGRES holds no URL")
	}
	url := base + map[bool]string{true: "&", false: "?"}[strings.Contains(base, "?")] + "search_path=founded_" + time.Now().UTC().Format("150405000000")
	dir := filepath.Join(t.TempDir(), "centre")
	mustRun(t, "init", "--data", dir, "--origin", "truce.example.org/log", "--dossier", "syria-2016", "--mode", "exercise", "--play", "--db", url)
	if _, err := os.Stat(filepath.Join(dir, "record.db")); err == nil {
		t.Error("a record is in the folder too")
	}
	first := mustRun(t, "replay", "--data", dir, "--digest")
	if err := os.Remove(filepath.Join(dir, "picture.db")); err != nil {
		t.Fatal(err)
	}
	if again := mustRun(t, "replay", "--data", dir, "--digest"); again != first || len(first) < 64 {
		t.Errorf("digests %q and %q", first, again)
	}
	bundle := filepath.Join(t.TempDir(), "b.tar")
	mustRun(t, "export", "--data", dir, "-o", bundle)
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, "verify", bundle, "--origin", h.Origin, "--key", h.LogKey)
}
