package extract

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/marchday/marchday/gazetteer"
)

func TestOurOwnDictionariesHaveNoFinding(t *testing.T) {
	for folder, from := range map[string]int{"../dossiers/syria-2016": 0, "testdata/xv": 1} {
		g, err := gazetteer.Load(gazetteer.World(), os.DirFS(folder))
		if err != nil {
			t.Fatal(err)
		}
		x, err := Inspect(Options{Gazetteer: g, Dictionaries: []fs.FS{os.DirFS(folder + "/dict")}}, from)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range append(x.Failed, x.Findings...) {
			t.Errorf("%s: %s", folder, f)
		}
		if from == 0 && x.Tests < 400 {
			t.Errorf("%d tests were run", x.Tests)
		}
	}
}

const wrongActors = "group:tolma-terrorist\tA\tgroup\tXV\t\t\ten:Hill Men\n" +
	"group:hill\tHill\tgroup\tXV\t2029-01-01\t2029-12-31\ten:Front of the Hills\n" +
	"group:dale\tDale\tgroup\tXV\t2029-06-01\t\ten:front of the hills|Dalesmen\n" +
	"group:later\tLater\tgroup\tXV\t2031-01-01\t\ten:Hill Watch\ngroup:sooner\tSooner\tgroup\tXV\t\t2030-12-31\ten:Hill Watch\n" +
	"group:deir\tDeir\tgroup\tXV\t\t\ten:Orbeck\n#test \"Hill Men said\" -> group:nobody\n"

const wrongFrames = "frame one\n  event: shelling\n  verb: zapp\n  actor: subj\n  test \"They zapped Tolma\" -> event=shelling\n  test \"They slept\" -> none\n" +
	"frame two\n  event: clash\n  verb: zapp\n  actor: subj\n  test \"They zapped Tolma\" -> event=clash\n  test \"They slept\" -> none\n"

func TestInspectFindsWhatLoadsAndIsWrong(t *testing.T) {
	g, err := gazetteer.Load(os.DirFS("testdata/xv/places"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := Inspect(Options{Gazetteer: g, Dictionaries: []fs.FS{fstest.MapFS{
		"actors.tsv": {Data: []byte(wrongActors)}, "en/frames.txt": {Data: []byte(wrongFrames)},
		"en/roles.tsv": {Data: []byte("hill chief\torg:missing\tperson:missing\n")}, "en/weapons.tsv": {Data: []byte("mortar\tpotato gun\nrocket\tpotato gun\n")},
	}}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(x.Findings, "\n")
	for _, want := range []string{
		"actors.tsv:1: the id group:tolma-terrorist takes a side", "actors.tsv:3: \"front of the hills\" means group:dale here and group:hill", "actors.tsv:3: \"Dalesmen\" has no language", "actors.tsv:6: \"Orbeck\" is the name of a place too",
		"en/frames.txt:9: \"zapp\" of frame two can never open it", "no actor has the organisation's id org:missing", "no actor has the holder's id person:missing", "en/weapons.tsv:2: \"potato gun\" means rocket here and mortar",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not found: %s\nin\n%s", want, all)
		}
	}
	if strings.Contains(all, "Hill Watch") {
		t.Error("one name of two actors one after the other is no fault")
	}
	if x.Tests != 5 || len(x.Failed) == 0 || !strings.Contains(strings.Join(x.Failed, "\n"), "actors.tsv:7") {
		t.Errorf("%d tests, failed: %v", x.Tests, x.Failed)
	}
}

func TestADictionaryThatCannotBeReadIsRefusedByLine(t *testing.T) {
	for text, want := range map[string]string{
		"frame a\n  verb: x\n  test \"x\" -> none\n":         "frame a has 0 tests that it fits",
		"frame a\n  event: nothing\n":                        "en/frames.txt:2",
		"frame a\n  verb: x\n  need: obj {nowhere}\n":        "is not in sets.txt",
		"frame a\n  colour: red\n":                           "a frame has event, verb",
		"frame a\n  verb: x\n  actor: subj\n  test x -> y\n": "en/frames.txt:4",
		"  verb: x\n": "before the first frame",
		"frame a\n  verb: x\n  prior: 2000\n  test \"x\" -> none\n  test \"x\" -> event=y": "per mille",
	} {
		_, err := New(Options{Dictionaries: []fs.FS{fstest.MapFS{"en/frames.txt": {Data: []byte(text)}}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, wanted %q", text, err, want)
		}
	}
	if _, err := New(Options{Dictionaries: []fs.FS{fstest.MapFS{"en/verbs.tsv": {Data: []byte("x\n")}}}}); err == nil || !strings.Contains(err.Error(), "docs/dictionaries.md") {
		t.Errorf("a file of no known name: %v", err)
	}
}

func TestATableOfWordsBelongsIntoALanguagesFolder(t *testing.T) {
	_, err := New(Options{Dictionaries: []fs.FS{fstest.MapFS{"weapons.tsv": {Data: []byte("mortar\tpotato gun\n")}}}})
	if err == nil || !strings.Contains(err.Error(), "en/weapons.tsv") {
		t.Errorf("%v", err)
	}
}

func TestAnotherDictionaryHasAnotherDigest(t *testing.T) {
	a, b := engine(t).Digest(), inventedEngine(t).Digest()
	if a == b || a.IsZero() {
		t.Errorf("digests %s and %s", a.Short(), b.Short())
	}
}
