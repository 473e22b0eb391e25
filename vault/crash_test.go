package vault

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("VAULT_CRASH_DIR"); dir != "" {
		if err := crashLoop(dir, os.Getenv("VAULT_CRASH_KEY")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashLoop hides, seals anew and forgets until it is killed, and says what is
// done once it is done.
func crashLoop(dir, key string) error {
	ctx := context.Background()
	v, err := Open(ctx, dir, Options{Now: newClock().now})
	if err != nil {
		return err
	}
	to := Recipients{Each: []Recipient{{"amal", key}}}
	again, _, err := seal([]byte("again"), to)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		h, err := v.Hide(ctx, []byte("x"), to)
		if err != nil {
			return err
		}
		fmt.Println("hid", h.Pseudonym)
		switch n % 3 {
		case 1:
			err = v.Reseal(ctx, h.Pseudonym, again, to, "amal")
		case 2:
			sealed, rerr := v.Reveal(ctx, h.Pseudonym, "amal")
			ring, kerr := v.readRing()
			if err := errors.Join(rerr, kerr); err != nil {
				return err
			}
			fmt.Println("forgets", h.Pseudonym, hex.EncodeToString(sealed[2000:2024]), hex.EncodeToString(ring.rows[h.Pseudonym]))
			err = v.Forget(ctx, h.Pseudonym, "asked")
			fmt.Println("forgot", h.Pseudonym)
		}
		if err == nil {
			err = v.Hold(waitingAt(n), time.Hour)
		}
		if err == nil && n%5 == 4 {
			err = v.Release(waitingAt(n).Key)
		}
		if err != nil {
			return err
		}
	}
}

// TestAKilledProcessLosesNothingAndKeepsNothing kills a process at random
// points: what it said it hid is there and opens, what it said it forgot is in
// no file, and what it was about to forget can be finished.
func TestAKilledProcessLosesNothingAndKeepsNothing(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	amal := newPerson(t, "amal")
	rng := rand.New(rand.NewPCG(5, 5))
	hid, doomed, forgot := map[string]bool{}, map[string]bool{}, map[string]bool{}
	secrets := map[string][]string{} // pseudonym -> pieces that must go with it
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "VAULT_CRASH_DIR="+dir, "VAULT_CRASH_KEY="+amal.Key)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Counted in what it said, not in time: a slow machine gets as far.
		lines := bufio.NewScanner(out)
		var said []string
		for after := 1 + rng.IntN(24); lines.Scan(); {
			if said = append(said, lines.Text()); len(said) == after {
				time.AfterFunc(time.Duration(rng.IntN(20_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		for _, line := range said {
			f := strings.Fields(line)
			switch {
			case len(f) == 2 && f[0] == "hid":
				hid[f[1]] = true
			case len(f) == 4 && f[0] == "forgets":
				doomed[f[1]] = true
				secrets[f[1]] = f[2:]
			case len(f) == 2 && f[0] == "forgot":
				forgot[f[1]] = true
			}
		}
		checkAfterKill(t, round, dir, amal, hid, doomed, forgot, secrets)
	}
	t.Logf("%d hid, %d forgot", len(hid), len(forgot))
	if len(forgot) == 0 {
		t.Error("nothing was forgotten in any round")
	}
}

func checkAfterKill(t *testing.T, round int, dir string, amal person, hid, doomed, forgot map[string]bool, secrets map[string][]string) {
	t.Helper()
	v, err := Open(t.Context(), dir, Options{Now: newClock().now})
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	defer func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}()
	open, err := v.Doomed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, why := range open {
		if !doomed[name] {
			t.Errorf("round %d: %s is doomed by nobody", round, name)
		}
		if err := v.Forget(t.Context(), name, why); err != nil {
			t.Fatal(err)
		}
		forgot[name] = true
	}
	if _, err := v.Held(); err != nil {
		t.Errorf("round %d: %v", round, err)
	}
	for name := range hid {
		sealed, err := v.Reveal(t.Context(), name, "test")
		switch {
		case forgot[name]:
			if !errors.Is(err, ErrUnknown) {
				t.Errorf("round %d: %s was forgotten: %v", round, name, err)
			}
		case err != nil:
			t.Errorf("round %d: %s was hidden: %v", round, name, err)
		default:
			if _, err := Unseal(sealed, amal.identity); err != nil {
				t.Errorf("round %d: %s: %v", round, name, err)
			}
		}
	}
	files := filesOf(t, dir)
	for name := range forgot {
		for _, piece := range secrets[name] {
			raw, err := hex.DecodeString(piece)
			if err != nil {
				t.Fatal(err)
			}
			for file, data := range files {
				if strings.Contains(string(data), piece) || strings.Contains(string(data), string(raw)) {
					t.Errorf("round %d: %s is forgotten and in %s", round, name, file)
				}
			}
		}
	}
}
