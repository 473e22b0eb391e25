package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/mod/sumdb/tlog"
)

// pending is one body on its way to its index. From the queue on the sequencer
// owns it until it answers.
type pending struct {
	key, id [32]byte
	body    []byte
	index   int64
	recvAt  int64
	leaf    tlog.Hash
	hashes  []byte // the nodes that it completes, one after the other
	dup     bool
	twin    *pending // the same key or body earlier in this batch
	err     error
	answer  chan struct{} // closed when index, leaf, dup, err are final
}

// An edge is the right edge of the tree: what is needed to append.
type edge struct {
	size  int64
	last  int64         // receipt time of the last entry
	level [63]tlog.Hash // level[k]: root of the complete subtree of 2^k at the edge, if size has bit k
}

// ReadHashes makes the edge a tlog.HashReader of its own nodes.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		k, _ := tlog.SplitStoredHashIndex(at)
		out[i] = e.level[k]
	}
	return out, nil
}

// grow appends a leaf and returns the nodes that it completes, one after the
// other: the leaf itself, then upward.
func (e *edge) grow(leaf tlog.Hash) ([]byte, error) {
	hs, err := tlog.StoredHashesForRecordHash(e.size, leaf, e)
	if err != nil {
		return nil, err
	}
	e.level[len(hs)-1] = hs[len(hs)-1]
	e.size++
	out := make([]byte, 0, len(hs)*tlog.HashSize)
	for _, h := range hs {
		out = append(out, h[:]...)
	}
	return out, nil
}

// root is the root hash at the edge.
func (e *edge) root() (tlog.Hash, error) { return tlog.TreeHash(e.size, e) }

// emptyRoot is the root of no entries.
func emptyRoot() []byte {
	h := sha256.Sum256(nil)
	return h[:]
}

// appendEntry appends an entry's bytes as they are hashed and bundled.
func appendEntry(b []byte, recvAt int64, body []byte) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(recvAt)), body...)
}

// leafHash is the hash of an entry in the tree: SHA-256(0x00 || time || body).
func leafHash(recvAt int64, body []byte) tlog.Hash {
	h := sha256.New()
	var head [9]byte
	binary.BigEndian.PutUint64(head[1:], uint64(recvAt))
	h.Write(head[:])
	h.Write(body)
	return tlog.Hash(h.Sum(nil))
}

// loadEdge reads the edge at st and refuses a store whose nodes, entries and
// log_state do not agree there.
func (l *Log) loadEdge(ctx context.Context, q querier, st state) (edge, error) {
	e := edge{size: st.size}
	for at, k := int64(0), 62; k >= 0; k-- {
		if st.size>>k&1 == 0 {
			continue
		}
		h, err := nodes(ctx, q)([]int64{tlog.StoredHashIndex(k, at>>k)})
		if err != nil {
			return e, err
		}
		e.level[k] = h[0]
		at += 1 << k
	}
	root, err := e.root()
	if err != nil {
		return e, err
	}
	if root != st.root {
		return e, fmt.Errorf("%w: log_state has root %s at %d, the nodes give %s", ErrDamaged, st.root, st.size, root)
	}
	if st.size > 0 {
		err := q.QueryRowContext(ctx, `SELECT recv_at FROM entry WHERE idx = $1`, st.size-1).Scan(&e.last)
		if errors.Is(err, sql.ErrNoRows) {
			return e, fmt.Errorf("%w: entry %d is missing", ErrDamaged, st.size-1)
		}
		if err != nil {
			return e, fmt.Errorf("record: read entry %d: %w", st.size-1, err)
		}
	}
	return e, nil
}

// A sequencer is what it takes to write. There is one, and whoever has it from
// Log.turn writes: a caller of Add for all who wait, on its own goroutine, so
// that a lone caller hands nothing over. Who has it gives it back.
type sequencer struct {
	l      *Log
	edge   edge  // as committed
	epoch  int64 // ours in log_state
	broken bool  // an outcome is unknown: nothing is written before reopen succeeds
	stale  bool  // Admit has judged bodies that are perhaps not stored
	closed bool  // nothing is written any more

	several bool // the last batch was of more than one
}

// carry brings p, which is in the queue, to its answer: by the batch of another
// or by one of its own.
func (l *Log) carry(ctx context.Context, p *pending) error {
	for {
		select {
		case <-p.answer:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case s := <-l.turn:
			l.lead(s, p)
		}
	}
}

// await waits for the answer of p, which is in the queue. Who gives up leaves a
// goroutine in its place.
func (l *Log) await(ctx context.Context, p *pending) error {
	if !l.st.postgres {
		err := l.carry(ctx, p)
		if err != nil {
			go func() { _ = l.carry(context.Background(), p) }()
		}
		return err
	}
	go func() { _ = l.carry(context.Background(), p) }() // a commit may wait for a standby longer than its caller does
	select {
	case <-p.answer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lead writes a batch of what waits, unless p, which brought its caller here, has
// its answer. At most maxQueue bodies lie before p, so it leads few times.
func (l *Log) lead(s *sequencer, p *pending) {
	defer func() { l.turn <- s }()
	select {
	case <-p.answer:
	default:
		s.batch(s.drain())
	}
}

// drain takes what waits, up to maxBatch: while one commit runs, the queue
// fills, so no one sleeps to fill a batch. Where several add at once, those who
// have just had their answer run first: what they add next shares this commit.
func (s *sequencer) drain() []*pending {
	if s.several {
		runtime.Gosched()
	}
	batch := make([]*pending, 0, 64)
	for len(batch) < maxBatch {
		select {
		case p := <-s.l.adds:
			batch = append(batch, p)
		default:
			s.several = len(batch) > 1
			return batch
		}
	}
	return batch
}

// work runs a write other than Add.
func (s *sequencer) work(do func(*sequencer) error) error {
	if err := s.mend(context.Background()); err != nil {
		return err
	}
	s.broken = true // the write may be half known; reopening costs little
	err := do(s)
	s.broken = err != nil
	return err
}

// errPanic is what the callers of a batch are told whose writer panicked. Where
// they are HTTP handlers the process lives on, and so the store is read again.
var errPanic = fmt.Errorf("%w: its writer panicked", ErrUnknown)

// batch brings a batch to its indexes and answers every request of it.
func (s *sequencer) batch(batch []*pending) {
	err := errPanic
	defer func() {
		if errors.Is(err, errPanic) {
			s.broken, s.stale = true, true
		}
		tell(batch, err)
	}()
	err = s.write(batch)
}

// write judges a batch and stores what is new in it.
func (s *sequencer) write(batch []*pending) error {
	ctx := context.Background() // a caller who gives up must not cancel a commit
	fresh, err := s.sift(ctx, batch)
	if err != nil || len(fresh) == 0 {
		return err
	}
	return s.append(ctx, fresh)
}

// tell answers every request of a batch; err is for those to be written.
func tell(batch []*pending, err error) {
	for _, p := range batch {
		if t := p.twin; t != nil { // it is earlier in the batch, so it has its answer
			p.index, p.recvAt, p.id, p.leaf, p.dup, p.err = t.index, t.recvAt, t.id, t.leaf, true, t.err
		} else if p.err == nil && !p.dup {
			p.err = err
		}
		close(p.answer)
	}
}

// sift gives what is stored already its original receipt, judges the rest in
// order, and returns what is to be written, with index, time and leaf.
func (s *sequencer) sift(ctx context.Context, batch []*pending) ([]*pending, error) {
	if err := s.mend(ctx); err != nil {
		return nil, err
	}
	fresh := make([]*pending, 0, len(batch))
	keys, ids := make(map[[32]byte]*pending, len(batch)), make(map[[32]byte]*pending, len(batch))
	for _, p := range batch {
		if p.twin = keys[p.key]; p.twin == nil {
			p.twin = ids[p.id]
		}
		if p.twin == nil {
			keys[p.key], ids[p.id] = p, p
			fresh = append(fresh, p)
		}
	}
	if err := s.known(ctx, fresh); err != nil {
		s.broken = true // the connection may be gone; nothing was begun
		return nil, err
	}
	n := s.edge.size
	at := max(s.l.o.Now().UnixMilli(), s.edge.last)
	shut := s.l.shut()
	write := fresh[:0]
	for _, p := range fresh {
		switch {
		case p.dup:
			continue
		case shut != nil:
			p.err = shut
			continue
		case s.l.o.Admit != nil:
			if p.err = s.l.o.Admit(n, at, p.body); p.err != nil {
				continue
			}
			s.stale = true
		}
		p.index, p.recvAt, p.leaf = n, at, leafHash(at, p.body)
		write = append(write, p)
		n++
	}
	return write, nil
}

// shut says why nothing may be added now.
func (l *Log) shut() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.frozen != "":
		return fmt.Errorf("record: this log is frozen: %s", l.frozen)
	case l.size < l.behind:
		return fmt.Errorf("%w: %d entries here, %d published", ErrBehind, l.size, l.behind)
	}
	return nil
}

// known marks those whose key or body is stored and fills in their receipt.
func (s *sequencer) known(ctx context.Context, ps []*pending) error {
	for len(ps) > 0 {
		chunk := ps[:min(len(ps), manyRows)]
		ps = ps[len(chunk):]
		if err := s.knownChunk(ctx, chunk); err != nil {
			return fmt.Errorf("%w: look up keys: %w", ErrBusy, err)
		}
	}
	return nil
}

// append writes the entries behind the fence, all or none, and moves the edge.
func (s *sequencer) append(ctx context.Context, es []*pending) error {
	next := s.edge // built beside the old one, swapped after COMMIT
	for _, p := range es {
		if p.index != next.size || p.recvAt < next.last {
			panic(fmt.Sprintf("record: entry %d at %d after %d at %d", p.index, p.recvAt, next.size, next.last))
		}
		var err error
		if p.hashes, err = next.grow(p.leaf); err != nil {
			return s.outcome(ctx, next, tlog.Hash{}, fmt.Errorf("hash entry %d: %w", p.index, err))
		}
		next.last = p.recvAt
	}
	root, err := next.root()
	if err != nil {
		return s.outcome(ctx, next, root, fmt.Errorf("root of %d: %w", next.size, err))
	}
	err = s.l.st.tx(ctx, func() error {
		if err := s.fence(ctx, next.size, root[:]); err != nil {
			return err
		}
		return s.l.st.insertBatch(ctx, es)
	})
	return s.outcome(ctx, next, root, err)
}

// errFenced: another process has taken over.
var errFenced = errors.New("another process has taken over this log")

// fence moves log_state, if it is still where this process left it. It comes
// first in a transaction, so a stale writer fails before it works.
func (s *sequencer) fence(ctx context.Context, size int64, root []byte) error {
	r, err := s.l.st.exec(ctx, s.l.st.move, moveState,
		size, root, s.l.o.Origin, s.edge.size, s.epoch)
	if err != nil {
		return fmt.Errorf("move log_state: %w", err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return fmt.Errorf("move log_state: %w", err)
	}
	if n != 1 {
		return errFenced
	}
	return nil
}

// outcome finds out what became of a transaction. An answer that was lost is
// neither success nor failure: only the store knows.
func (s *sequencer) outcome(ctx context.Context, next edge, root tlog.Hash, failed error) error {
	if failed == nil {
		s.edge, s.stale = next, false
		s.l.advance(next.size, root)
		return nil
	}
	was := s.edge.size
	s.broken = true
	if err := s.mend(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, errors.Join(failed, err))
	}
	if s.edge.size == next.size {
		return nil // it happened; mend has moved the edge
	}
	if s.edge.size != was {
		return fmt.Errorf("%w: %w", ErrUnknown, failed)
	}
	return fmt.Errorf("%w: %w", ErrBusy, failed)
}

// mend, after a failed write, reopens the store, compares it with the last
// checkpoint and learns where the log ends. Reads go on meanwhile.
func (s *sequencer) mend(ctx context.Context) error {
	switch {
	case s.closed:
		return ErrClosed
	case !s.broken:
		return nil
	}
	st, e, err := s.reload(ctx)
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrFork) || errors.Is(err, errFenced) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: reopen: %w", ErrBusy, err)
	}
	kept := e.size > s.edge.size
	s.edge, s.broken = e, false
	s.l.advance(e.size, st.root)
	if s.stale && !kept && s.l.o.Reset != nil {
		s.l.o.Reset(e.size)
	}
	s.stale = false
	return nil
}

// reload opens the store anew and reads where the log ends.
func (s *sequencer) reload(ctx context.Context) (state, edge, error) {
	if err := s.l.st.reopenWriter(ctx); err != nil {
		return state{}, edge{}, err
	}
	st, err := readState(ctx, s.l.st.w)
	if err != nil {
		return st, edge{}, err
	}
	if st.epoch != s.epoch {
		return st, edge{}, fmt.Errorf("%w (epoch %d, ours was %d): stop this one", errFenced, st.epoch, s.epoch)
	}
	e, err := s.l.loadEdge(ctx, s.l.st.w, st)
	if err != nil {
		return st, e, err
	}
	return st, e, s.l.compare(ctx, e)
}

// Add appends body under key and returns when it is durable: at that moment,
// and not before, the entry survives a crash of process and machine. The same
// key, or the same body, gives the original index with Duplicate set; key is
// 32 bytes of the caller's choice, not all zero. A refusal by Options.Admit is
// returned as it is. Who writes for all who wait sees ctx only after the commit,
// on SQLite. ErrBusy and ErrClosed: not stored. ErrUnknown, or ctx's
// own error: perhaps stored; add again with the same key to learn it.
func (l *Log) Add(ctx context.Context, key [32]byte, body []byte) (Receipt, error) {
	if l.o.ReadOnly || l.mirror {
		return Receipt{}, errors.New("record: Add on a mirror or a log opened read-only")
	}
	if len(body) == 0 || len(body) > maxBody {
		return Receipt{}, fmt.Errorf("record: body of %d bytes: want 1 to %d, keep what is bigger as a blob", len(body), maxBody)
	}
	if key == [32]byte{} {
		return Receipt{}, errors.New("record: the key is all zero")
	}
	p := &pending{key: key, id: sha256.Sum256(body), body: body, answer: make(chan struct{})}
	select {
	case <-l.stop:
		return Receipt{}, ErrClosed
	default:
	}
	select {
	case l.adds <- p:
	default:
		return Receipt{}, ErrBusy
	}
	if err := l.await(ctx, p); err != nil {
		return Receipt{}, err
	}
	if p.err != nil {
		return Receipt{}, p.err
	}
	return Receipt{Origin: l.o.Origin, Index: p.index, RecvAt: p.recvAt, ID: p.id, Leaf: p.leaf, Duplicate: p.dup}, nil
}

// submit waits until nobody writes, and does another write than Add.
func (l *Log) submit(ctx context.Context, do func(*sequencer) error) error {
	if l.o.ReadOnly {
		return errors.New("record: the log is open read-only")
	}
	select {
	case s := <-l.turn:
		defer func() { l.turn <- s }()
		return s.work(do)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// knownChunk is known for at most manyRows.
func (s *sequencer) knownChunk(ctx context.Context, ps []*pending) error {
	rs, err := s.l.st.stored(ctx, ps)
	if err != nil {
		return err
	}
	defer rs.Close()
	type row struct {
		index, recvAt int64
		id            [32]byte
		leaf          tlog.Hash
	}
	byKey, byID := map[[32]byte]row{}, map[[32]byte]row{}
	for rs.Next() {
		var r row
		var key, id, hashes []byte
		if err := rs.Scan(&r.index, &key, &r.recvAt, &id, &hashes); err != nil {
			return err
		}
		if key == nil {
			key = id
		}
		if len(key) != 32 || len(id) != 32 || len(hashes) < tlog.HashSize {
			return fmt.Errorf("%w: entry %d has a misshapen key or leaf", ErrDamaged, r.index)
		}
		r.id, r.leaf = [32]byte(id), tlog.Hash(hashes[:tlog.HashSize])
		byKey[[32]byte(key)], byID[r.id] = r, r
	}
	if err := errors.Join(rs.Err(), rs.Close()); err != nil {
		return err
	}
	for _, p := range ps {
		r, ok := byKey[p.key]
		if !ok {
			if r, ok = byID[p.id]; !ok {
				continue
			}
		}
		p.index, p.recvAt, p.id, p.leaf, p.dup = r.index, r.recvAt, r.id, r.leaf, true
	}
	return nil
}
