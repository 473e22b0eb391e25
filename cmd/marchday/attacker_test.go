package main

import (
	"regexp"
	"testing"
	"time"
)

// TestEachCommandSaysWhatAnAttackerCanDo holds the help of each command that
// keeps, carries or checks a part of the house to saying what who holds that
// part can do, and what they cannot.
func TestEachCommandSaysWhatAnAttackerCanDo(t *testing.T) {
	who, cannot := regexp.MustCompile(`Who(ever)? `), regexp.MustCompile(`cannot|nothing|refuse|shows|found out|until|only|gap|be seen|public`)
	held := []string{"account", "doctor", "export", "field", "import", "init", "keygen", "migrate", "mirror", "notes", "replay", "restore", "serve", "sign", "submit", "vault", "verify", "witness"}
	root := newRoot(time.Now)
	for _, name := range held {
		cmd, _, err := root.Find([]string{name})
		if err != nil || cmd == root {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !who.MatchString(cmd.Long) || !cannot.MatchString(cmd.Long) {
			t.Errorf("marchday help %s does not say what an attacker who holds this part can and cannot do", name)
		}
	}
}
