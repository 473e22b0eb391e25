package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/marchday/marchday/truce"
)

// TestADeputysKeyIsMadeWithItsEnd reads the grant that keygen prints.
func TestADeputysKeyIsMadeWithItsEnd(t *testing.T) {
	dir := t.TempDir()
	var k truce.KeyAct
	out := mustRun(t, "keygen", "--office", "us", "--class", "office", "--until", "2016-05-05T18:00:00+03:00", filepath.Join(dir, "deputy.pem"))
	if err := json.Unmarshal([]byte(out), &k); err != nil || k.End.String() != "2016-05-05T15:00:00Z" {
		t.Errorf("the grant ends at %s (%v), want 2016-05-05T15:00:00Z", k.End, err)
	}
	for name, args := range map[string][]string{
		"a root with an end":      {"--class", "root", "--until", "2016-05-05T18:00:00+03:00"},
		"an end that is no time":  {"--class", "office", "--until", "in May"},
		"an end without its zone": {"--class", "office", "--until", "2016-05-05T18:00:00"},
	} {
		args = append([]string{"keygen", "--office", "us"}, append(args, filepath.Join(dir, "none.pem"))...)
		if code, _, _ := command(t, args...); code != exitUsage {
			t.Errorf("%s: exit %d, want %d", name, code, exitUsage)
		}
	}
}
