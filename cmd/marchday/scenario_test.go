package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheScenarios(t *testing.T) {
	files, err := scenarioFiles([]string{filepath.Join("..", "..", "testdata", "scenarios")})
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			if _, err := playFile(name); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAScenarioSaysWhereItIsWrong(t *testing.T) {
	head := "scenario: x\nguards: y\noffice a co-chair\noffice w monitor\n"
	for _, c := range []struct{ name, text, want string }{
		{"an unknown verb", head + "frobs x\n", `:5: "frobs" is no verb`},
		{"nobody says it", head + "span P0 cessation\n", ":5: span is said by an office"},
		{"an unknown place", head + "w: claims c shelling in nowhere\nexpect incidents 1\n", `:5: no place is called "nowhere"`},
		{"a quotation that does not end", head + `w: same a b because "x` + "\n", ":5: a quotation does not end"},
		{"a refusal nobody expected", head + "w: instrument n\n", ":5: forbidden: kind"},
		{"an expectation that fails", head + "w: claims c shelling\nexpect incidents 2\n", ":6: incidents: expected 2, actual 1"},
		{"a refusal that does not come", head + "a: instrument n\n" + `expect refused "x" a: instrument m` + "\n", ":6: refused: expected a refusal"},
		{"a refusal for another reason", head + `expect refused "weather" w: instrument m` + "\n", `:5: refused: expected "weather" in the reason, actual forbidden`},
		{"time that runs back", head + "at 2016-05-05T10:00\na: instrument n\nat 2016-05-04T10:00\n", ":7: receipt times only go on"},
		{"an office after the founding", head + "a: instrument n\noffice b co-chair\n", ":6: office comes before"},
		{"nothing expected", head + "a: instrument n\n", ":1: a scenario expects something"},
		{"no name", "office a co-chair\na: instrument n\nexpect incidents 0\n", ":1: a scenario begins with"},
		{"a time that is none", head + "at yesterday\n", `:5: invalid: local: "yesterday"`},
		{"a premise nobody asked for", head + "a: instrument n\na: term T prohibits attack binds accepting\nw: claims c shelling\nexpect premise c a T weather yes\n", ":8: premise of T: expected weather, actual"},
		{"a view without a centre", head + "w: claims c shelling\nexpect reads a c yes\n", ":6: this is seen on a real centre alone"},
		{"alarms in words", head + "alarms noon\n", `:5: "noon" is no number of hours`},
		{"a day that is none", head + "w: claims c shelling when 2016-02-30\n", `:5: `},
		{"a file outside", head + "begins ../x.inc\n", ":5: a scenario begins once"},
		{"an unknown expectation", head + "expect weather\n", `:5: "weather" cannot be expected`},
		{"a colon and nothing", head + "a:\n", ":5: an office says something"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := play("f.txt", strings.NewReader(c.text), newHall)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

func TestPlayAllCountsWhatFailed(t *testing.T) {
	dir := t.TempDir()
	good := "scenario: good\nguards: y\noffice a co-chair\nexpect incidents 0\n"
	bad := strings.Replace(good, "incidents 0", "incidents 1", 1)
	for name, text := range map[string]string{"good.txt": good, "bad.txt": bad, "shared.inc": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	err := playAll([]string{dir}, &out)
	if err == nil || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("%v", err)
	}
	if got := out.String(); !strings.Contains(got, "FAIL") || !strings.Contains(got, "bad.txt:4: incidents: expected 1, actual 0") || !strings.Contains(got, "ok    ") {
		t.Errorf("%s", got)
	}
	if err := playAll([]string{t.TempDir()}, &out); err == nil {
		t.Error("no scenario is no success")
	}
	if err := playAll([]string{filepath.Join(dir, "none")}, &out); err == nil {
		t.Error("a folder that is not there is no success")
	}
}

// The example in docs/scenario.md is a scenario that holds.
func TestTheDocumentedExampleHolds(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "scenario.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/scenario.md has no example")
	}
	p, err := play("docs/scenario.md", strings.NewReader(example), newHall)
	if err != nil {
		t.Fatal(err)
	}
	if p.expected != 3 {
		t.Errorf("%d expectations", p.expected)
	}
	for verb, clauses := range clausesOf {
		if !strings.Contains(string(page), verb) {
			t.Errorf("docs/scenario.md does not tell of %s", verb)
		}
		for _, c := range strings.Fields(clauses) {
			if !strings.Contains(string(page), c) {
				t.Errorf("docs/scenario.md does not tell of %s ... %s", verb, c)
			}
		}
	}
}

func TestTheScenarioCommand(t *testing.T) {
	var out bytes.Buffer
	c := scenarioCommand()
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetArgs([]string{filepath.Join("..", "..", "testdata", "scenarios", "w01-shooter-unknown.txt")})
	if err := c.Execute(); err != nil || !strings.Contains(out.String(), "ok    ") {
		t.Errorf("%v: %s", err, out.String())
	}
	c = scenarioCommand()
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(nil)
	if err := c.Execute(); err == nil {
		t.Error("no file is no success")
	}
}
