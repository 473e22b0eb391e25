package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// piped carries out a command line with standard input.
func piped(t *testing.T, in string, args ...string) (int, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(in), &out, &errs, time.Now)
	return code, out.String(), errs.String()
}

func TestTextsArePrintedInTheOrderGivenHoweverManyCores(t *testing.T) {
	dir := t.TempDir()
	var files, lines []string
	for n := range 40 {
		text := fmt.Sprintf("HOMS, May 3, 2016 - Shells hit Homs on Monday, killing %d people, residents said.\n", n+2)
		name := filepath.Join(dir, fmt.Sprintf("t%02d.txt", n))
		if err := os.WriteFile(name, []byte(strings.Repeat(text, 1+(40-n)/4)), 0o600); err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(map[string]any{"id": n, "text": text})
		files, lines = append(files, name), append(lines, string(b))
	}
	first := mustRun(t, append([]string{"extract", "--explain"}, files...)...)
	for n, line := range strings.Split(strings.TrimSpace(first), "\n") {
		var d struct {
			DocID  string `json:"doc_id"`
			Engine string
			Claims []struct {
				Event string
				Rules []string
			}
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil || d.DocID != fmt.Sprintf("t%02d", n) || len(d.Claims) == 0 || len(d.Claims[0].Rules) == 0 || d.Engine == "" {
			t.Fatalf("line %d: %v %s", n, err, line)
		}
	}
	if again := mustRun(t, append([]string{"extract", "--explain"}, files...)...); again != first {
		t.Error("a second run prints other bytes")
	}
	code, out, errs := piped(t, strings.Join(lines, "\n"), "extract", "--taxonomy", "acled", "-")
	if want := "{\"id\":\"0\",\"type\":\"ART_MISS_ATTACK\"}\n{\"id\":\"1\","; code != exitFine || !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 40 {
		t.Errorf("labels: exit %d, %s%s", code, out, errs)
	}
	code, out, errs = piped(t, strings.Join(lines[:3], "\n"), "extract", "-", "--taxonomy", "plover")
	if code != exitFine || out != "{\"id\":\"0\",\"type\":\"ASSAULT\"}\n{\"id\":\"1\",\"type\":\"ASSAULT\"}\n{\"id\":\"2\",\"type\":\"ASSAULT\"}\n" {
		t.Errorf("plover: exit %d, %s%s", code, out, errs)
	}
	code, out, errs = piped(t, strings.ReplaceAll(lines[0], "\"id\":0", "\"id\":\"a\"")+"\n", "extract", "-")
	if code != exitFine || !strings.Contains(out, "\"doc_id\":\"a\"") {
		t.Errorf("JSON lines on standard input: exit %d, %s%s", code, out, errs)
	}
}

func TestWhatIsNoTextIsRefusedWithARemedy(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"binary":       {"\x7fELF\x00\x01killed six\x00", "zero bytes"},
		"UTF-16":       {"\xff\xfeS\x00h\x00e\x00l\x00l\x00", "UTF-16"},
		"Windows-1251": {"\xce\xe1\xf1\xf2\xf0\xe5\xeb \xd5\xee\xec\xf1\xe0", "iconv"},
	} {
		code, out, errs := piped(t, c.text, "extract", "-")
		if code == exitFine || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
	}
	for _, text := range []string{"", "\n\n", "Das ist kein Text in einer Sprache, die hier gelesen wird.", "Log in to read on."} {
		code, out, errs := piped(t, text, "extract", "-", "--dateline", "2016-05-03")
		if code != exitFine || !strings.Contains(out, "\"claims\":[]") {
			t.Errorf("%q: an honest empty answer is wanted: exit %d, %s%s", text, code, out, errs)
		}
	}
}
