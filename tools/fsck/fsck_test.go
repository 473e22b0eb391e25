package fsck

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marchday/marchday/record"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

const origin = "centre.example/fsck"

// keyOf is the Ed25519 key of a name: the same in every run.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("a key for tests only: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func verifierOf(t testing.TB, name string) note.Verifier {
	t.Helper()
	vkey, err := note.NewEd25519VerifierKey(name, keyOf(name).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func openLog(t testing.TB, dir string) *record.Log {
	t.Helper()
	l, err := record.Open(t.Context(), "sqlite:"+dir, record.Options{
		Origin: origin, Now: time.Now, Signer: keyOf(origin), Interval: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// grow brings the log to a size and publishes its head.
func grow(t testing.TB, l *record.Log, size int64) record.Head {
	t.Helper()
	const writers = 256
	var wg sync.WaitGroup
	for w := range int64(writers) {
		wg.Go(func() {
			for i := l.Size() / writers * writers; i < size; i += writers {
				body := fmt.Appendf(nil, "entry of writer %d, number %d", w, i)
				if i+w >= size {
					return
				}
				if _, err := l.Add(context.Background(), sha256.Sum256(body), body); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := 0; l.Size() < size; i++ {
		body := fmt.Appendf(nil, "filler %d of %d", i, size)
		if _, err := l.Add(t.Context(), sha256.Sum256(body), body); err != nil {
			t.Fatal(err)
		}
	}
	h, err := l.Publish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// hashBundle gives the leaf hashes of a bundle by Tessera's own decoder.
func hashBundle(b []byte) ([][]byte, error) {
	var eb api.EntryBundle
	if err := eb.UnmarshalText(b); err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range eb.Entries {
		out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return out, nil
}

func check(t testing.TB, dir string) error {
	t.Helper()
	f := fsck.New(origin, verifierOf(t, origin), &client.FileFetcher{Root: filepath.Join(dir, "tiles")}, hashBundle, fsck.Opts{N: 2})
	err := f.Check(t.Context())
	if err != nil {
		return fmt.Errorf("%.200s", err) // it prints whole tiles
	}
	return nil
}

// sizes are those to check: a few around each edge, or, with
// MARCHDAY_SIZES=all, every size to 1,100 and 2^k +-1 to 2^16.
func sizes() []int64 {
	if os.Getenv("MARCHDAY_SIZES") != "all" {
		return []int64{0, 1, 2, 3, 7, 8, 9, 100, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 1100, 4095, 4096, 4097}
	}
	var out []int64
	for n := range int64(1_101) {
		out = append(out, n)
	}
	for k := 11; k <= 16; k++ {
		out = append(out, 1<<k-1, 1<<k, 1<<k+1)
	}
	return out
}

func TestTesseraFindsNoFaultAtAnySize(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir)
	for _, size := range sizes() {
		if h := grow(t, l, size); h.Size != size {
			t.Fatalf("head of %d, want %d", h.Size, size)
		}
		if size == 0 {
			continue // its fsck does not know the empty log; its client does, below
		}
		if err := check(t, dir); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
	}
}

func TestTesseraFindsAFlippedBit(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir)
	grow(t, l, 600)
	for _, name := range []string{"tile/entries/000", "tile/entries/002.p/88", "tile/0/001", "tile/1/000.p/2", "checkpoint"} {
		file := filepath.Join(dir, "tiles", filepath.FromSlash(name))
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := check(t, dir); err == nil {
			t.Errorf("%s: a flipped bit was not found", name)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}

func TestTesserasClientReadsOurLog(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir)
	first := grow(t, l, 300)
	h := grow(t, l, 1_000)
	f := &client.FileFetcher{Root: filepath.Join(dir, "tiles")}
	cp, _, _, err := client.FetchCheckpoint(t.Context(), f.ReadCheckpoint, verifierOf(t, origin), origin)
	if err != nil || cp.Size != 1_000 {
		t.Fatalf("checkpoint %+v: %v", cp, err)
	}
	pb, err := client.NewProofBuilder(t.Context(), cp.Size, f.ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	cons, err := pb.ConsistencyProof(t.Context(), 300, 1_000)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, 300, 1_000, cons, first.Root[:], h.Root[:]); err != nil {
		t.Errorf("its consistency proof: %v", err)
	}
	ours, err := l.ProveConsistency(t.Context(), 300, 1_000)
	if err != nil || len(ours) != len(cons) {
		t.Fatalf("our consistency proof has %d hashes, its %d: %v", len(ours), len(cons), err)
	}
	for i := range ours {
		if string(ours[i][:]) != string(cons[i]) {
			t.Errorf("consistency proofs differ at hash %d", i)
		}
	}
	next := int64(0)
	for e, err := range client.Entries(client.EntryBundles(t.Context(), 2, func(context.Context) (uint64, error) { return cp.Size, nil }, f.ReadEntryBundle, 0, cp.Size), unbundle) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Index != uint64(next) || !strings.Contains(string(e.Entry[8:]), "of") {
			t.Fatalf("entry %d: %q", e.Index, e.Entry)
		}
		incl, err := pb.InclusionProof(t.Context(), e.Index)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, e.Index, cp.Size, rfc6962.DefaultHasher.HashLeaf(e.Entry), incl, h.Root[:]); err != nil {
			t.Errorf("entry %d: %v", e.Index, err)
		}
		next++
	}
	if next != 1_000 {
		t.Errorf("its client reads %d entries", next)
	}
}

func unbundle(b []byte) ([][]byte, error) {
	var eb api.EntryBundle
	err := eb.UnmarshalText(b)
	return eb.Entries, err
}
