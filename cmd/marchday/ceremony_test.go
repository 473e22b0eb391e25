package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
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
	write("late.json", `{"channel":"field","publisher":"us","text":"Said with a revoked key.","lang":"en","marking":"green"}`)
	logKey, lines := "", 0
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(string(doc), -1) {
		for line := range strings.Lines(block[1]) {
			line, refused := strings.CutPrefix(strings.TrimSpace(line), "! ")
			words, file, _ := strings.Cut(line, " > ")
			args := strings.Fields(strings.ReplaceAll(words, "LOGKEY", logKey))[1:]
			if args[0] == "sign" && strings.Contains(line, "revoke.json") {
				write("revoke.json", revokes(t, "grant.json"))
			}
			code, out, errs := command(t, args...)
			if (code != exitFine) != refused {
				t.Fatalf("%s: exit %d %s", line, code, errs)
			}
			if file != "" {
				write(file, out)
			}
			if args[0] == "init" {
				h, err := openHome("geneva")
				if err != nil {
					t.Fatal(err)
				}
				logKey = h.LogKey
			}
			if refused && !strings.Contains(errs, "key") {
				t.Errorf("%s: refused with %s", line, errs)
			}
			lines++
		}
	}
	if lines < 10 {
		t.Errorf("%d lines were carried out", lines)
	}
	if _, err := os.Stat(filepath.Join("geneva", "offline", "ru-root.pem")); err != nil {
		t.Error(err)
	}
}

// revokes is the body that revokes the key of a grant.
func revokes(t *testing.T, grant string) string {
	t.Helper()
	var k truce.KeyAct
	b, err := os.ReadFile(grant)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		t.Fatal(err)
	}
	return `{"act":"revoke","office":"us","key":"` + string(truce.KeyIDOf(k.Public)) + `","why":"stolen"}`
}
