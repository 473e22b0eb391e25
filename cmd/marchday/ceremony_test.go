package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// TestTheKeyCeremonyOfTheDocs carries out the commands of docs/keys.md, each as
// it stands there; a line that begins with ! must be refused.
func TestTheKeyCeremonyOfTheDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("report.json", `{"channel":"field","publisher":"us","text":"Said with the new key.","lang":"en","marking":"green"}`)
	write("night.json", `{"channel":"field","publisher":"us","text":"Said while one root has asked.","lang":"en","marking":"green"}`)
	write("after.json", `{"channel":"field","publisher":"us","text":"Said when enough have.","lang":"en","marking":"green"}`)
	write("late.json", `{"channel":"field","publisher":"us","text":"Said with a revoked key.","lang":"en","marking":"green"}`)
	logKey, lines := "", 0
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(string(doc), -1) {
		for line := range strings.Lines(block[1]) {
			line, refused := strings.CutPrefix(strings.TrimSpace(line), "! ")
			words, file, _ := strings.Cut(line, " > ")
			args := strings.Fields(strings.ReplaceAll(words, "LOGKEY", logKey))[1:]
			switch {
			case args[0] == "sign" && strings.Contains(line, "revoke.json"):
				write("revoke.json", revokes(t, "grant.json", false))
			case args[0] == "sign" && strings.Contains(line, "seize.json"):
				write("seize.json", revokes(t, "third.json", true))
			case len(args) > 1 && args[1] == "seal":
				write("holders", holders(t, "anna.line", "boris.line", "chloe.line")+"need 2\n")
			}
			code, out, errs := command(t, args...)
			if (code != exitFine) != refused {
				t.Fatalf("%s: exit %d %s", line, code, errs)
			}
			if file != "" {
				write(file, out)
			}
			if len(args) > 1 && args[1] == "seal" { // from here on the parts are all there is
				if err := os.Remove(args[2]); err != nil {
					t.Fatal(err)
				}
			}
			if args[0] == "init" {
				h, err := openHome("geneva")
				if err != nil {
					t.Fatal(err)
				}
				logKey = h.LogKey
			}
			if refused && !strings.Contains(errs, "key") && !strings.Contains(errs, "too few parts") {
				t.Errorf("%s: refused with %s", line, errs)
			}
			lines++
		}
	}
	if lines < 27 {
		t.Errorf("%d lines were carried out", lines)
	}
	if _, err := os.Stat(filepath.Join("geneva", "offline", "ru-root.pem")); err != nil {
		t.Error(err)
	}
}

// holders reads what vault keygen printed for each holder, as holders of parts.
func holders(t *testing.T, files ...string) (lines string) {
	t.Helper()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(file, ".")
		lines += strings.Replace(string(b), "open NAME", "part "+name, 1)
	}
	return lines
}

// revokes is the body that revokes the key of a grant.
func revokes(t *testing.T, grant string, emergency bool) string {
	t.Helper()
	var k truce.KeyAct
	b, err := os.ReadFile(grant)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		t.Fatal(err)
	}
	return `{"act":"revoke","office":"us","key":"` + string(truce.KeyIDOf(k.Public)) + `","why":"stolen","emergency":` + strconv.FormatBool(emergency) + `}`
}
