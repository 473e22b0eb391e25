package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
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

// annotatedTexts are invented: in half of them something is bombed by somebody.
func annotatedTexts() string {
	var b strings.Builder
	towns := []string{"Tolma", "Castra", "Orbeck", "Nesh", "Dravin", "Karsa"}
	things := []string{"bridge", "warehouse", "pharmacy", "station"}
	for i := range 24 {
		town, thing, who := towns[i%len(towns)], things[i%len(things)], []string{"gunmen", "rebels", "smugglers"}[i%3]
		text := fmt.Sprintf("The %s of %s was destroyed by a bomb on Monday. The bomb was planted by masked %s.", thing, town, who)
		fmt.Fprintf(&b, `{"text": %q, "templates": [{"type": "bombing", "roles": {"Target": [[%q]], "Planter": [["masked %s"]]}}]}`+"\n", text, thing+" of "+town, who)
		fmt.Fprintf(&b, `{"text": %q, "templates": []}`+"\n", fmt.Sprintf("The %s of %s was opened by masked dancers on Monday. The mayor praised the builders.", thing, town))
	}
	return b.String()
}

func TestADictionaryIsLearntFromAnnotatedTexts(t *testing.T) {
	in, dir := keep(t, "annotated.jsonl", annotatedTexts()), t.TempDir()
	said := mustRun(t, "dict", "learn", "--in", in, "--out", dir, "--dossier", "none")
	file := filepath.Join(dir, "en", "fillers.tsv")
	first, err := os.ReadFile(file)
	if err != nil || !strings.Contains(said, "48 texts") {
		t.Fatalf("%q: %v", said, err)
	}
	mustRun(t, "dict", "learn", "--in", in, "--out", dir, "--dossier", "none")
	if again, _ := os.ReadFile(file); string(again) != string(first) {
		t.Error("learning the same texts twice gives two dictionaries")
	}
	text := keep(t, "a.txt", "The library of Castra was destroyed by a bomb on Friday. The bomb was planted by masked pirates.\n")
	got := mustRun(t, "extract", text, "--templates", "--dict", dir, "--dossier", "none")
	for _, want := range []string{`"type":"bombing"`, `"role":"Target","text":"library of Castra"`, `"role":"Planter","text":"masked pirates"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := mustRun(t, "extract", keep(t, "b.txt", "The library of Castra was opened by masked dancers on Friday.\n"), "--templates", "--dict", dir, "--dossier", "none"); !strings.Contains(got, `"templates":[]`) {
		t.Errorf("a peaceful text has a template: %s", got)
	}
	if _, _, errs := command(t, "extract", text, "--templates", "--dossier", "none"); !strings.Contains(errs, "dict learn") {
		t.Errorf("without weights it says %q", errs)
	}
	if code, _, errs := command(t, "dict", "learn", "--in", keep(t, "few.jsonl", `{"text": "Tolma was shelled.", "templates": [{"type": "shelling"}]}`), "--out", dir); code == 0 || !strings.Contains(errs, "are the least") {
		t.Errorf("too few texts: exit %d, %q", code, errs)
	}
}

// TestTheRecordKeepsTheDictionariesThatItsMethodNames founds a centre with a
// dictionary of its own, changes it, and reads with what the record kept.
func TestTheRecordKeepsTheDictionariesThatItsMethodNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	own := filepath.Join(dir, "dict", "actors.tsv")
	if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(id string) {
		t.Helper()
		if err := os.WriteFile(own, []byte(id+"\tOrder of the Mill\tgroup\t\t\t\ten:Order of the Mill\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("group:mill")
	mustRun(t, "init", "--data", dir, "--origin", "truce.example.org/log", "--dossier", "syria-2016", "--mode", "exercise")
	text := keep(t, "a.txt", "HOMS, May 1, 2016 - Gunmen of the Order of the Mill killed six people in Homs, the Order of the Mill said.\n")
	then := mustRun(t, "extract", text, "--data", dir)
	if !strings.Contains(then, "group:mill") {
		t.Fatalf("the centre's dictionary is not used: %s", then)
	}
	c := start(t, "serve", "--data", dir, "--addr", "127.0.0.1:0")
	if _, page := c.get("/?lang=en"); strings.Contains(page, "not those that the record names") {
		t.Error("the page says that other dictionaries run here, and none do")
	}
	c.stop()
	by := findings(t, dir, exitFine)
	wantFinding(t, by, "method", "fine", "are those that the record names")
	words := writeFile(t, mustRun(t, "dict", "export", "--data", dir))

	write("group:windmill")
	if now := mustRun(t, "extract", text, "--data", dir); now == then {
		t.Fatal("another dictionary reads the same")
	}
	if again := mustRun(t, "extract", text, "--data", dir, "--dict", words); again != then {
		t.Errorf("with what the record kept:\n%s\nnot\n%s", again, then)
	}
	by = findings(t, dir, exitWrong)
	wantFinding(t, by, "method", "wrong", "the record names extract dictionar")
	c = start(t, "serve", "--data", dir, "--addr", "127.0.0.1:0")
	if _, page := c.get("/?lang=en"); !strings.Contains(page, "not those that the record names") || !strings.Contains(page, "dictionary-files") {
		t.Error("the page does not say that other dictionaries run here")
	}
	c.stop()
	if kept := mustRun(t, "dict", "export", "--data", dir); !strings.Contains(kept, `group:mill\t`) {
		t.Errorf("the record gives back what lies in the folder: %.200s", kept)
	}
	if body := mustRun(t, "dict", "method", "--data", dir); strings.Contains(body, truceDigest(t, words)) || !strings.Contains(body, keptWords) {
		t.Errorf("the method to be signed is the old one: %s", body)
	}
	if code, _, errs := command(t, "extract", text, "--dict", text); code == exitFine || !strings.Contains(errs, "not dictionaries as a record keeps them") {
		t.Errorf("any file is taken for dictionaries: exit %d, %s", code, errs)
	}
}

func truceDigest(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return truce.DigestOf(b).String()
}
