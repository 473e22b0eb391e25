package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/record"
)

// grownTo adds reports to a centre until it has size entries, and publishes.
func grownTo(t *testing.T, h home, size int64, words string) {
	t.Helper()
	c, err := h.open(t.Context(), time.Now, false)
	if err != nil {
		t.Fatal(err)
	}
	for c.Record().Size() < size {
		e := report(t, h, "desk", fmt.Sprintf("%s, number %d.", words, c.Record().Size()))
		if _, err := c.Submit(t.Context(), e.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.Record().Publish(t.Context())
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
}

// served serves the published files of a folder, as a mirror does.
func served(t *testing.T, dir string) string {
	t.Helper()
	files := filesOf(dir)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := files(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestRestoreNeverForks runs the drills: what is here, what a mirror has, and
// to which size the record may then grow; -1 where nothing may start.
func TestRestoreNeverForks(t *testing.T) {
	h := foundCentre(t)
	at := map[int64]string{}
	other := copyDir(t, h.dir)
	for _, size := range []int64{1, 3, 6, 8} {
		grownTo(t, h, size, "The history")
		at[size] = copyDir(t, h.dir)
	}
	grownTo(t, home{dir: other, Origin: h.Origin, Regime: h.Regime, LogKey: h.LogKey}, 7, "Another history")
	mirrors := map[string]string{"ahead": at[8], "level": at[6], "behind": at[1], "forked": other}
	locals := []struct {
		name string
		dir  string
		want map[string]int64
	}{
		{"live", at[6], map[string]int64{"ahead": 8, "level": 6, "behind": 6, "forked": -1}},
		{"backup equal", at[6], map[string]int64{"ahead": 8, "level": 6, "behind": 6, "forked": -1}},
		{"backup behind", at[3], map[string]int64{"ahead": 8, "level": 6, "behind": 3, "forked": -1}},
		{"empty disk", at[1], map[string]int64{"ahead": 8, "level": 6, "behind": 1, "forked": 7}},
	}
	for _, l := range locals {
		for name, m := range mirrors {
			t.Run(l.name+", mirror "+name, func(t *testing.T) {
				x := h
				x.dir = copyDir(t, l.dir)
				lose(t, l.name, x.dir)
				url := served(t, m)
				_, line := newMirror(t, h, "us-copy", url)
				policy := "log " + h.LogKey + "\n" + line + "group mirrors any us-copy\nquorum none\n"
				if err := os.WriteFile(filepath.Join(x.dir, policyFile), []byte(policy), 0o600); err != nil {
					t.Fatal(err)
				}
				drill(t, x, url, l.want[name])
			})
		}
	}
}

// lose deletes what a state of the disk has lost.
func lose(t *testing.T, state, dir string) {
	t.Helper()
	var gone []string
	switch state {
	case "backup equal", "backup behind":
		gone = []string{"picture.db", "picture.db-wal", "picture.db-shm", "tiles"}
	case "empty disk":
		gone = []string{"picture.db", "picture.db-wal", "picture.db-shm", "tiles", "blobs", "record.db", "record.db-wal", "record.db-shm"}
	}
	for _, f := range gone {
		if err := os.RemoveAll(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
}

// drill opens a centre held against its mirror, and says what then holds.
func drill(t *testing.T, x home, mirror string, want int64) {
	t.Helper()
	before, _ := os.ReadFile(filepath.Join(x.dir, "tiles", "checkpoint"))
	c, err := x.openHeld(t.Context(), time.Now, held{newCaller(""), slog.New(slog.DiscardHandler), false})
	if want < 0 {
		if !errors.Is(err, record.ErrFork) {
			t.Fatalf("started on a second history: %v", err)
		}
		if after, _ := os.ReadFile(filepath.Join(x.dir, "tiles", "checkpoint")); string(after) != string(before) {
			t.Error("a head was signed all the same")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Record().Size() != want {
		t.Fatalf("%d entries, want %d", c.Record().Size(), want)
	}
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Submit(t.Context(), report(t, x, "desk", "Said after the restore.").Bytes()); err != nil {
		t.Fatal(err)
	}
	if h, err := c.Record().Publish(t.Context()); err != nil || h.Size != want+1 {
		t.Fatalf("head of %d: %v", h.Size, err)
	}
	theirs, err := newCaller("").get(context.Background(), mirror+"/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Record().Compare(t.Context(), theirs); err != nil {
		t.Errorf("what the mirror holds is no beginning of what was signed: %v", err)
	}
}

func TestARecordComesBackFromAFolderAndABundle(t *testing.T) {
	h := foundCentre(t)
	grownTo(t, h, 300, "The history")
	bundle := filepath.Join(t.TempDir(), "whole.tar")
	mustRun(t, "export", "--data", h.dir, "-o", bundle)
	want := mustRun(t, "replay", "--data", h.dir, "--digest")
	for _, from := range []string{bundle, h.dir} {
		dir := t.TempDir()
		if err := os.Rename(copyDir(t, filepath.Join(h.dir, "keys")), filepath.Join(dir, "keys")); err != nil {
			t.Fatal(err)
		}
		out := mustRun(t, "restore", "--data", dir, "--from", from, "--log", h.LogKey, "--dossier", "syria-2016")
		if !strings.Contains(out, "restored: 300 entries, 300 of them") {
			t.Errorf("from %s: %s", filepath.Base(from), out)
		}
		if got := mustRun(t, "replay", "--data", dir, "--digest"); got != want {
			t.Errorf("from %s: digest %s, want %s", filepath.Base(from), got, want)
		}
		mustRun(t, "verify", dir, "--origin", h.Origin, "--key", h.LogKey)
		if out := mustRun(t, "restore", "--data", dir, "--freeze", "a drill"); !strings.Contains(out, "frozen at 300 entries") {
			t.Error(out)
		}
	}
}

func TestAStartWithoutAnyPeerWantsToBeTold(t *testing.T) {
	h := foundCentre(t)
	_, line := newMirror(t, h, "us-copy", "http://"+freeAddr(t))
	if err := os.WriteFile(filepath.Join(h.dir, policyFile), []byte("log "+h.LogKey+"\n"+line+"quorum none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	by := held{newCaller(""), slog.New(slog.DiscardHandler), false}
	if _, err := h.openHeld(t.Context(), time.Now, by); err == nil || !strings.Contains(err.Error(), "--alone") {
		t.Errorf("started alone: %v", err)
	}
	by.alone = true
	c, err := h.openHeld(t.Context(), time.Now, by)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, err := os.ReadFile(filepath.Join(h.dir, "starts.jsonl")); err != nil || !strings.Contains(string(b), `"alone":true`) {
		t.Errorf("the start was not recorded: %s %v", b, err)
	}
}
