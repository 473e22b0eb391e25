package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A Log is one open log. All methods may be called from many goroutines.
type Log struct {
	o      Options
	mirror bool        // o.Name is another's name than the log's
	signer *noteSigner // nil: nothing is signed here
	policy atomic.Pointer[Policy]
	st     *store
	lock   *os.File

	adds    chan *pending   // the queue; who puts one in carries it
	turn    chan *sequencer // who takes it out writes, and puts it back
	stop    chan struct{}   // closed when Close begins
	heralds sync.WaitGroup  // publisher
	copying sync.WaitGroup  // SQLite's WAL
	closing sync.Once

	mu      sync.Mutex
	size    int64         // committed; guarded by mu
	root    tlog.Hash     // of size; guarded by mu
	behind  int64         // size of the longest head that a peer holds; guarded by mu
	frozen  string        // why nothing is added any more; guarded by mu
	grown   chan struct{} // closed and replaced when size grows; guarded by mu
	wrote   int64         // size up to which tiles are on disk, -1: not known; guarded by publishing
	publish sync.Mutex    // one publisher at a time
}

// open is Open.
func open(ctx context.Context, url string, o Options) (_ *Log, err error) {
	l := &Log{
		o: o, grown: make(chan struct{}), wrote: -1,
		adds: make(chan *pending, maxQueue), turn: make(chan *sequencer, 1), stop: make(chan struct{}),
	}
	if err := l.checkOptions(url); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.release())
		}
	}()
	if strings.HasPrefix(url, "sqlite:") && !o.ReadOnly {
		if err := os.MkdirAll(l.o.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("record: make folder: %w", err)
		}
		if l.lock, err = lockFile(filepath.Join(strings.TrimPrefix(url, "sqlite:"), "record.lock")); err != nil {
			return nil, err
		}
	}
	if l.st, err = openStore(ctx, url, o.ReadOnly); err != nil {
		return nil, err
	}
	s, err := l.takeOver(ctx)
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return l, nil
	}
	l.turn <- s
	if l.st.copier != nil {
		l.copying.Go(l.copyWAL)
	}
	if l.o.Interval > 0 && l.signer != nil && !l.mirror {
		l.heralds.Go(l.publishing)
	}
	return l, nil
}

// checkOptions refuses what cannot work and fills in what was left out.
func (l *Log) checkOptions(url string) error {
	o := &l.o
	if o.Now == nil {
		return errors.New("record: Options.Now is not set")
	}
	if !validName(o.Origin) || o.Origin == receiptHeader || o.Origin == bundleHeader {
		return fmt.Errorf("record: origin %q: want a name without spaces, plus or control characters", o.Origin)
	}
	if o.Name == "" {
		o.Name = o.Origin
	}
	if o.Dir == "" {
		o.Dir = strings.TrimPrefix(url, "sqlite:")
		if o.Dir == url {
			return errors.New("record: Options.Dir must name the folder for tiles and blobs")
		}
	}
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	l.mirror = o.Name != o.Origin
	if o.Signer != nil {
		s, err := newNoteSigner(o.Name, o.Signer)
		if err != nil {
			return err
		}
		l.signer = s
	}
	if o.Policy == "" && l.signer != nil && !l.mirror {
		o.Policy = "log " + l.signer.vkey() + "\nquorum none\n"
	}
	if o.Policy == "" {
		return errors.New("record: Options.Policy must name the log's key when Options.Signer is not that key")
	}
	return l.SetPolicy(o.Policy)
}

// takeOver checks the store against itself, its last checkpoint and the heads
// that peers have seen, and only then raises the epoch, which shuts out
// whoever wrote before. It returns the sequencer, not yet running.
func (l *Log) takeOver(ctx context.Context) (*sequencer, error) {
	s := &sequencer{l: l}
	const tries = 10 // another process may be writing until the epoch is ours
	for range tries {
		st, err := readState(ctx, l.st.rd)
		if errors.Is(err, ErrNotFound) && !l.o.ReadOnly {
			err = l.st.tx(ctx, func() error {
				_, err := l.st.w.ExecContext(ctx, `INSERT INTO log_state (origin, format, size, root, epoch) VALUES ($1, $2, 0, $3, 0)`,
					l.o.Origin, storeFormat, emptyRoot())
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("record: begin a log in %s: %w", l.st.place(), err)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if st.origin != l.o.Origin {
			return nil, fmt.Errorf("record: %s holds the log %q, not %q: open each origin in a folder of its own", l.st.place(), st.origin, l.o.Origin)
		}
		if st.format < storeFormat {
			return nil, fmt.Errorf("record: %s has format %d, this release writes %d: export a bundle with the release that wrote it and restore that", l.st.place(), st.format, storeFormat)
		}
		if st.format != storeFormat {
			return nil, fmt.Errorf("record: %s has format %d, this release knows %d: use a newer release", l.st.place(), st.format, storeFormat)
		}
		if s.edge, err = l.loadEdge(ctx, l.st.rd, st); err != nil {
			return nil, err
		}
		if err := l.compare(ctx, s.edge); err != nil {
			return nil, err
		}
		l.size, l.root, l.frozen = st.size, st.root, st.frozen
		if l.o.ReadOnly {
			return s, nil
		}
		won, err := s.raiseEpoch(ctx, st)
		if err != nil {
			return nil, err
		}
		if won {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: another process keeps writing to %s", ErrBusy, l.st.place())
}

// raiseEpoch makes this process the writer, if nothing was written since st.
func (s *sequencer) raiseEpoch(ctx context.Context, st state) (bool, error) {
	var n int64
	err := s.l.st.tx(ctx, func() error {
		r, err := s.l.st.w.ExecContext(ctx, `UPDATE log_state SET epoch = $1 WHERE origin = $2 AND size = $3 AND epoch = $4`,
			st.epoch+1, st.origin, st.size, st.epoch)
		if err != nil {
			return err
		}
		n, err = r.RowsAffected()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record: take over %s: %w", s.l.st.place(), err)
	}
	s.epoch = st.epoch + 1
	return n == 1, nil
}

// compare holds the edge against the last checkpoint of our own, in the store
// and as published below Dir, and against what peers had seen before Open,
// before anything is signed.
func (l *Log) compare(ctx context.Context, e edge) error {
	own, err := l.newest(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil {
		if own.Size > e.size {
			return fmt.Errorf("%w: the store has %d entries, but its own checkpoint has %d", ErrDamaged, e.size, own.Size)
		}
		if err := l.compareHead(ctx, own, e.size); err != nil {
			return err
		}
	}
	seen := l.o.Seen
	if n, err := readFile(filepath.Join(l.o.Dir, "tiles", "checkpoint"), maxNote); err == nil {
		if _, err := l.openHead(n); err == nil { // else the file is damaged, and is written anew
			seen = append(slices.Clip(seen), n)
		}
	}
	for _, n := range seen {
		h, err := l.openHead(n)
		if err != nil {
			return fmt.Errorf("record: a head in Options.Seen: %w", err)
		}
		if err := l.compareHead(ctx, h, e.size); err != nil && !errors.Is(err, ErrBehind) {
			return err
		}
	}
	return nil
}

// Compare holds a checkpoint that a peer has against this log. ErrFork: it is
// of another history; keep both notes and raise the alarm. ErrBehind: it is
// longer; Add and Publish are shut until Pull or Adopt has reached it. Only the
// log's own signature on the note gives it this power.
func (l *Log) Compare(ctx context.Context, checkpoint []byte) error {
	h, err := l.openHead(checkpoint)
	if err != nil {
		return fmt.Errorf("record: compare: %w", err)
	}
	return l.compareHead(ctx, h, l.Size())
}

// compareHead compares one head with the first size entries.
func (l *Log) compareHead(ctx context.Context, h Head, size int64) error {
	if h.Size > size {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.behind = max(l.behind, h.Size)
		return fmt.Errorf("%w: %d entries here, %d there", ErrBehind, size, h.Size)
	}
	root, err := tlog.TreeHash(h.Size, nodes(ctx, l.st.rd))
	if err != nil {
		return fmt.Errorf("record: root of %d entries: %w", h.Size, err)
	}
	if root != tlog.Hash(h.Root) {
		return fmt.Errorf("%w: at size %d the store has root %s, the signed head:\n%s", ErrFork, h.Size, root, h.Note)
	}
	return nil
}

// Size is the number of committed entries.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Root is the root hash of the first size entries, 0 <= size <= Size.
func (l *Log) Root(ctx context.Context, size int64) ([32]byte, error) {
	l.mu.Lock()
	now, root := l.size, l.root
	l.mu.Unlock()
	if size == now {
		return root, nil
	}
	if size < 0 || size > now {
		return [32]byte{}, fmt.Errorf("%w: root of %d entries, there are %d", ErrNotFound, size, now)
	}
	return tlog.TreeHash(size, nodes(ctx, l.st.rd))
}

// Wait returns when more than size entries are committed, or with ctx's error
// or ErrClosed. A read-only log looks at the store every 200 ms.
func (l *Log) Wait(ctx context.Context, size int64) error {
	for {
		l.mu.Lock()
		now, grown := l.size, l.grown
		l.mu.Unlock()
		if now > size {
			return nil
		}
		var look <-chan time.Time
		if l.o.ReadOnly {
			look = time.After(200 * time.Millisecond)
		}
		select {
		case <-grown:
		case <-look:
			st, err := readState(ctx, l.st.rd)
			if err != nil {
				return err
			}
			l.advance(st.size, st.root)
		case <-l.stop:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// advance makes a committed size known and wakes who waits.
func (l *Log) advance(size int64, root tlog.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if size <= l.size {
		return
	}
	l.size, l.root = size, root
	close(l.grown)
	l.grown = make(chan struct{})
}

// Entries yields the committed entries from index from on, in order, up to
// those committed when the last page was read. Each is checked against its
// hash; ErrDamaged ends the sequence. Body belongs to the caller.
func (l *Log) Entries(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if from < 0 {
			yield(Entry{}, fmt.Errorf("%w: entry %d", ErrNotFound, from))
			return
		}
		for {
			page, err := l.page(ctx, from, 256)
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			from += int64(len(page))
		}
	}
}

// page reads at most n entries from index from on and checks each against its
// leaf hash. What was read before an error is returned with it.
func (l *Log) page(ctx context.Context, from int64, n int64) ([]Entry, error) {
	n = min(n, l.Size()-from)
	if n <= 0 {
		return nil, nil
	}
	rs, err := l.st.rd.QueryContext(ctx, `SELECT idx, COALESCE(key, id), recv_at, hashes, body FROM entry WHERE idx >= $1 AND idx < $2 ORDER BY idx`, from, from+n)
	if err != nil {
		return nil, fmt.Errorf("record: read entries: %w", err)
	}
	defer rs.Close()
	out := make([]Entry, 0, n)
	for rs.Next() {
		var e Entry
		var key, hashes []byte
		if err := rs.Scan(&e.Index, &key, &e.RecvAt, &hashes, &e.Body); err != nil {
			return out, fmt.Errorf("record: read entry %d: %w", from+int64(len(out)), err)
		}
		want := from + int64(len(out))
		leaf := leafHash(e.RecvAt, e.Body)
		if e.Index != want || len(key) != len(e.Key) || !bytes.HasPrefix(hashes, leaf[:]) {
			return out, fmt.Errorf("%w: entry %d", ErrDamaged, want)
		}
		e.Key = [32]byte(key)
		out = append(out, e)
	}
	if err := rs.Err(); err != nil {
		return out, fmt.Errorf("record: read entries: %w", err)
	}
	if int64(len(out)) != n {
		return out, fmt.Errorf("%w: entry %d is missing", ErrDamaged, from+int64(len(out)))
	}
	return out, nil
}

// Close ends the log: nothing more is taken in, a last checkpoint is published
// where this process signs them by itself, and files are closed.
func (l *Log) Close() error {
	var err error
	l.closing.Do(func() {
		close(l.stop)
		l.heralds.Wait() // it needs the sequencer
		if l.signer != nil && !l.mirror && !l.o.ReadOnly && l.o.Interval > 0 {
			// What cannot be published now is published at the next start.
			_, _ = l.Publish(context.Background())
		}
		if !l.o.ReadOnly {
			s := <-l.turn
			s.closed = true
			l.turn <- s
		}
		l.copying.Wait()
		err = l.release()
	})
	return err
}

// copyWAL lets SQLite's WAL begin anew each time that it is full. Most of it is
// copied beside the writers, and the rest while nobody writes: the next to write
// then finds nothing in it that is still needed.
func (l *Log) copyWAL() {
	for {
		select {
		case <-l.st.full:
		case <-l.stop:
			return
		}
		_ = l.st.copyWAL() // an error is met again
		// After an error here the sequencer reopens the store before it writes.
		_ = l.submit(context.Background(), func(*sequencer) error { return l.st.copyWAL() })
	}
}

// release closes store and lock.
func (l *Log) release() error {
	var errs []error
	if l.st != nil {
		errs = append(errs, l.st.close())
	}
	if l.lock != nil {
		errs = append(errs, l.lock.Close())
	}
	return errors.Join(errs...)
}
