package vault

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"
)

// everything calls every method that reads or writes, and returns the names of
// those that found nothing wrong.
func everything(ctx context.Context, v *Vault, h Hidden, to Recipients, sealed []byte) (fine []string) {
	none := func(Hidden) (bool, error) { return false, nil }
	type step struct {
		name string
		do   func() error
	}
	for _, s := range []step{
		{"hide", func() error { _, err := v.Hide(ctx, []byte("x"), to); return err }},
		{"reveal", func() error { _, err := v.Reveal(ctx, h.Pseudonym, "amal"); return err }},
		{"reseal", func() error { return v.Reseal(ctx, h.Pseudonym, sealed, to, "amal") }},
		{"doomed", func() error { _, err := v.Doomed(ctx); return err }},
		{"entries", func() error { _, err := v.Entries(ctx); return err }},
		{"issue", func() error { _, err := v.Issue(ctx, h.Pseudonym, [32]byte{}); return err }},
		{"receipt", func() error { _, _, err := v.Receipt(ctx, "0000000000000000"); return err }},
		{"sweep", func() error { _, err := v.Sweep(ctx, none); return err }},
		{"doom", func() error { return v.Doom(ctx, h.Pseudonym, "asked") }},
		{"forget", func() error { return v.Forget(ctx, h.Pseudonym, "asked") }},
	} {
		if err := s.do(); err == nil || errors.Is(err, ErrUnknown) {
			fine = append(fine, s.name)
		}
	}
	return fine
}

func TestNoFaultIsTakenForAnAnswer(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	drop := func(table string) func(t *testing.T, v *Vault) {
		return func(t *testing.T, v *Vault) {
			t.Helper()
			if _, err := v.db.ExecContext(t.Context(), `DROP TABLE `+table); err != nil {
				t.Fatal(err)
			}
		}
	}
	put := func(file, text string) func(t *testing.T, v *Vault) {
		return func(t *testing.T, v *Vault) {
			t.Helper()
			if err := os.WriteFile(v.path(file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	block := func(file string) func(t *testing.T, v *Vault) { // a folder where a file should go
		return func(t *testing.T, v *Vault) {
			t.Helper()
			if err := os.MkdirAll(v.path(file)+"/x", 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, v *Vault)
		ctx  context.Context
		not  []string // need not notice
	}{
		"a caller who gave up":     {func(*testing.T, *Vault) {}, gone, nil},
		"no table of sources":      {drop("source"), t.Context(), []string{"doomed", "issue", "receipt"}},
		"no table of readings":     {drop("reading"), t.Context(), []string{"hide", "doom", "doomed", "issue", "receipt"}},
		"no table of tombstones":   {drop("tombstone"), t.Context(), []string{"hide", "issue", "receipt"}},
		"no table of receipts":     {drop("receipt"), t.Context(), []string{"hide", "reveal", "reseal", "doom", "doomed", "entries"}},
		"keys that are not ours":   {put(fileKeys, "x"), t.Context(), []string{"doom", "doomed", "entries"}},
		"no room for new keys":     {block(fileKeys + ".new"), t.Context(), []string{"reveal", "doom", "doomed", "entries", "issue", "receipt"}},
		"what waits is not ours":   {put(fileWaiting, "x"), t.Context(), []string{"hide", "reveal", "reseal", "doom", "forget", "doomed", "entries", "issue", "receipt"}},
		"a lock that is not there": {func(t *testing.T, v *Vault) { t.Helper(); _ = v.lock.Close() }, t.Context(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			v, err := Open(t.Context(), t.TempDir(), Options{Now: clock.now})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = v.Close() }() // what it says of a harmed vault is not the question
			to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
			clock.at = clock.at.Add(-48 * time.Hour)
			h := hideTest(t, v, "x", to)
			sealed, _, err := seal([]byte("y"), to)
			if err != nil {
				t.Fatal(err)
			}
			clock.at = clock.at.Add(48 * time.Hour)
			c.harm(t, v)
			for _, f := range everything(c.ctx, v, h, to, sealed) {
				if !slices.Contains(c.not, f) {
					t.Errorf("%s found nothing wrong", f)
				}
			}
		})
	}
}

func TestTheSmallFilesSayWhatIsWrong(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	for _, file := range []string{fileRecipients, fileWaiting} {
		if err := os.MkdirAll(v.path(file)+"/x", 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.Recipients(); err == nil {
		t.Error("a folder was read as recipients")
	}
	if v.SetRecipients(to) == nil {
		t.Error("recipients were written over a folder")
	}
	if _, err := v.Held(); err == nil {
		t.Error("a folder was read as what waits")
	}
	if v.Release([32]byte{}) == nil || v.Hold(waitingAt(1), time.Hour) == nil {
		t.Error("what waits was written over a folder")
	}
	for name, f := range map[string]func(string) error{
		"shred":   shred,
		"syncDir": syncDir,
		"write":   func(p string) error { return writeSynced(p+"/x", nil) },
		"rewrite": func(p string) error { return rewrite(p+"/x", nil) },
	} {
		if f(v.path("nowhere")) == nil {
			t.Errorf("%s: nothing is there", name)
		}
	}
}

func TestAVaultThatCannotBeOpenedSaysSo(t *testing.T) {
	for name, harm := range map[string]func(dir string) error{
		"a file in the folder's place": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"a folder in the lock's place": func(dir string) error { return os.MkdirAll(dir+"/"+fileLock, 0o700) },
		"a database that is none": func(dir string) error {
			return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(dir+"/"+fileDB, make([]byte, 4096), 0o600), os.WriteFile(dir+"/"+fileDB, []byte("not a database, and long enough to be taken for one, since the header has a hundred bytes of its own"), 0o600))
		},
		"what was left cannot be shredded": func(dir string) error { return os.MkdirAll(dir+"/"+fileKeys+".old/x", 0o700) },
		"the keys are a folder":            func(dir string) error { return os.MkdirAll(dir+"/"+fileKeys, 0o700) },
	} {
		dir := t.TempDir() + "/vault"
		if err := harm(dir); err != nil {
			t.Fatal(err)
		}
		if v, err := Open(t.Context(), dir, Options{Now: newClock().now}); err == nil {
			t.Errorf("%s: opened", name)
			_ = v.Close()
		}
	}
}

// TestOfTwoKeysOfARowTheOneThatFitsStays puts the ring as a crash leaves it
// before and after the row was changed.
func TestOfTwoKeysOfARowTheOneThatFitsStays(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	v := openTest(t, dir, clock)
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	h := hideTest(t, v, "x", to)
	r, err := v.readRing()
	if err != nil {
		t.Fatal(err)
	}
	good, other, stray := r.rows[h.Pseudonym], make([]byte, rowKey), waitingAt(9).Pseudonym
	for name, c := range map[string]struct{ row, former []byte }{
		"before the row changed": {other, good}, "after it changed": {good, other},
	} {
		r.rows[h.Pseudonym], r.former[h.Pseudonym] = c.row, c.former
		r.rows[stray], r.former[stray] = other, other
		if err := v.writeRing(r); err != nil {
			t.Fatal(err)
		}
		w := openTest(t, dir, clock)
		revealTest(t, w, h.Pseudonym)
		got, err := w.readRing()
		if err != nil || len(got.rows) != 1 || len(got.former) != 0 || string(got.rows[h.Pseudonym]) != string(good) {
			t.Errorf("%s: %d keys, %d former, %v", name, len(got.rows), len(got.former), err)
		}
	}
}

func TestUnsealRefusesWhatHideDidNotMake(t *testing.T) {
	amal := newPerson(t, "amal")
	to := Recipients{Each: []Recipient{amal.Recipient}}
	padded, err := pad([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	dirty := append([]byte(nil), padded...)
	dirty[len(dirty)-1] = 1
	long := append([]byte(nil), padded...)
	long[0] = 0xff
	for name, plain := range map[string][]byte{
		"not padded": []byte("x"), "words after the end": dirty, "a length beyond the end": long, "nothing said": make([]byte, classes()[0]),
	} {
		b, err := encrypt(make([]byte, commitKey), plain, to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Unseal(b, amal.identity); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	b, err := encrypt(make([]byte, 3), nil, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unseal(b, amal.identity); err == nil {
		t.Error("too short: opened")
	}
	for _, id := range []string{"", "AGE-SECRET-KEY-1QQQ", amal.Key} {
		if _, err := Unseal(b, id); err == nil {
			t.Errorf("%q is an identity", id)
		}
		if _, err := PartOf(b, id); err == nil {
			t.Errorf("%q is an identity", id)
		}
	}
}
