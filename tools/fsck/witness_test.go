package fsck

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/record"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// openWitness serves a witness of ours.
func openWitness(t *testing.T, name, log string) (*record.Witness, string) {
	t.Helper()
	w, err := record.OpenWitness(t.Context(), record.WitnessOptions{
		Dir: t.TempDir(), Name: name, Signer: keyOf(name), Now: time.Now, Logs: "log " + log + "\nquorum none\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w)
	t.Cleanup(func() {
		s.Close()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, s.URL
}

// tesseraSigner is keyOf(name) in the form that note.NewSigner reads.
func tesseraSigner(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(strings.NewReader(strings.Repeat(name, 64)), name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return s, vkey
}

// Tessera's own log, over its own client, gets cosignatures of two of our
// witnesses for each head, as it grows.
func TestTesserasLogIsCosignedByOurWitnesses(t *testing.T) {
	signer, vkey := tesseraSigner(t, "tessera.example/log")
	us, usURL := openWitness(t, "us-1.example", vkey)
	ru, ruURL := openWitness(t, "ru-1.example", vkey)
	group, err := tessera.NewWitnessGroupFromPolicy(fmt.Appendf(nil, "log %s\nwitness us %s %s\nwitness ru %s %s\ngroup both all us ru\nquorum both\n", vkey, us.Key(), usURL, ru.Key(), ruURL))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	driver, err := posix.New(t.Context(), posix.Config{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	app, shutdown, reader, err := tessera.NewAppender(t.Context(), driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).WithCheckpointInterval(100*time.Millisecond).WithBatching(64, 5*time.Millisecond).WithWitnesses(group, nil))
	if err != nil {
		t.Fatal(err)
	}
	await := tessera.NewPublicationAwaiter(t.Context(), reader.ReadCheckpoint, 20*time.Millisecond)
	for i := range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		idx, cp, err := await.Await(ctx, app.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, "entry %d", i))))
		cancel()
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		for _, w := range []*record.Witness{us, ru} {
			h, err := w.Head(t.Context(), "tessera.example/log")
			if err != nil || h.Size <= int64(idx.Index) {
				t.Errorf("witness head of %d after entry %d: %v", h.Size, idx.Index, err)
			}
		}
		if !strings.Contains(string(cp), "— us-1.example ") || !strings.Contains(string(cp), "— ru-1.example ") {
			t.Errorf("published head without both cosignatures:\n%s", cp)
		}
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if es, err := us.Evidence(t.Context()); err != nil || len(es) != 0 {
		t.Errorf("an honest log left evidence %v, %v", es, err)
	}
}

// Our client side against our witness over HTTP, with a policy as Tessera reads it.
func TestOurLogsJointHeadSatisfiesTesserasPolicy(t *testing.T) {
	logKey, err := note.NewEd25519VerifierKey(origin, keyOf(origin).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	us, usURL := openWitness(t, "us-1.example", logKey)
	ru, ruURL := openWitness(t, "ru-1.example", logKey)
	policy := fmt.Sprintf("log %s\nwitness us %s %s\nwitness ru %s %s\ngroup both all us ru\nquorum both\n", logKey, us.Key(), usURL, ru.Key(), ruURL)
	dir := t.TempDir()
	l := openLog(t, dir)
	if err := l.SetPolicy(policy); err != nil {
		t.Fatal(err)
	}
	group, err := tessera.NewWitnessGroupFromPolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{1, 300} {
		grow(t, l, size)
		peers, err := l.Peers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range peers {
			if _, err := l.Ask(t.Context(), p.Name, poster(p.URL)); err != nil {
				t.Fatal(err)
			}
		}
		cp, err := os.ReadFile(filepath.Join(dir, "tiles", "checkpoint.cosigned"))
		if err != nil {
			t.Fatal(err)
		}
		if !group.Satisfied(cp) {
			t.Errorf("size %d: Tessera's policy is not met by\n%s", size, cp)
		}
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}

// poster posts to a witness's add-checkpoint.
func poster(base string) func(context.Context, []byte) (int, []byte, error) {
	return func(ctx context.Context, body []byte) (int, []byte, error) {
		u, err := url.JoinPath(base, "add-checkpoint")
		if err != nil {
			return 0, nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(string(body)))
		if err != nil {
			return 0, nil, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer res.Body.Close()
		answer := make([]byte, 4096)
		n, _ := res.Body.Read(answer)
		return res.StatusCode, answer[:n], nil
	}
}
