package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDictionariesAreTestedLintedAndCarriedOver(t *testing.T) {
	if out := mustRun(t, "dict", "test", "--dossier", "none"); !strings.Contains(out, " 0 not met") {
		t.Errorf("the dictionaries in the binary: %s", out)
	}
	dir := t.TempDir()
	actors := keep(t, "Phoenix.actors.txt", "MILL_ORDER_ [AFGREB]\n+ORDER_OF_THE_MILL_\n\nNOBODY_ [QQQ]\n")
	out := mustRun(t, "import", "dictionary", actors, "--data", dir)
	if !strings.Contains(out, "1 entries") || !strings.Contains(out, "1 lines were not understood") {
		t.Errorf("import says %q", out)
	}
	text := keep(t, "a.txt", "KABUL, May 1, 2001 - Gunmen of the Mill Order killed six people, the Mill Order said.\n")
	if got := mustRun(t, "extract", text, "--data", dir, "--dossier", "none"); !strings.Contains(got, "group:mill-order") {
		t.Errorf("the dictionary of the folder is not used: %s", got)
	}
	if out := mustRun(t, "dict", "lint", filepath.Join(dir, "dict")); !strings.Contains(out, "0 findings") {
		t.Errorf("lint says %q", out)
	}
	bad := filepath.Join(dir, "bad")
	if err := os.MkdirAll(filepath.Join(bad, "en"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad, "en", "tolls.tsv"), []byte("#test \"six people were killed\" -> killed 7..7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, said, errs := command(t, "dict", "test", bad)
	if code != exitWrong || !strings.Contains(said, "en/tolls.tsv:1") || !strings.Contains(said, "1 tests, 1 not met") {
		t.Errorf("a test that is not met: exit %d, %q, %q", code, said, errs)
	}
}
