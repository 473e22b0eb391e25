package fsck

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// BenchmarkAdd measures durable adds of 1 KiB by 1, 64 and 256 callers at once,
// of our record and of Tessera's POSIX driver on the same disk. Tessera's callers
// have their answer when the entry is sequenced and integrated; it batches up to
// 256 entries or 1 ms, and looks for no duplicates.
func BenchmarkAdd(b *testing.B) {
	for _, writers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("marchday/writers=%d", writers), func(b *testing.B) {
			l := openLog(b, b.TempDir())
			addAll(b, writers, func(ctx context.Context, body []byte) error {
				_, err := l.Add(ctx, sha256.Sum256(body), body)
				return err
			})
		})
		b.Run(fmt.Sprintf("tessera/writers=%d", writers), func(b *testing.B) {
			ctx := b.Context()
			driver, err := posix.New(ctx, posix.Config{Path: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			appender, shutdown, _, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
				WithCheckpointSigner(signerOf(b, origin)).WithBatching(256, time.Millisecond).WithCheckpointInterval(time.Second))
			if err != nil {
				b.Fatal(err)
			}
			addAll(b, writers, func(ctx context.Context, body []byte) error {
				_, err := appender.Add(ctx, tessera.NewEntry(body))()
				return err
			})
			if err := shutdown(ctx); err != nil {
				b.Error(err)
			}
		})
	}
}

// addAll adds b.N bodies with so many callers at once.
func addAll(b *testing.B, writers int, add func(context.Context, []byte) error) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range writers {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				body := make([]byte, 1024)
				binary.BigEndian.PutUint64(body, uint64(i))
				start := time.Now()
				if err := add(b.Context(), body); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "adds/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// signerOf signs notes with the key of a name.
func signerOf(t testing.TB, name string) note.Signer {
	t.Helper()
	key := keyOf(name)
	vkey, err := note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	var hash string
	if _, err := fmt.Sscanf(vkey[len(name)+1:], "%8s", &hash); err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
