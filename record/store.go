package record

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"math/bits"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"
	_ "modernc.org/sqlite" // the embedded engine
)

//go:embed schema.sql
var schema string

const (
	sizes    = 6                // prepared statements for 1, 2, 4, ... rows
	manyRows = 1 << (sizes - 1) // rows of the largest

	beginNow  = "BEGIN IMMEDIATE"
	moveState = `UPDATE log_state SET size = $1, root = $2 WHERE origin = $3 AND size = $4 AND epoch = $5`
)

// A store is the SQL engine of one log: a pool of readers, and one writing
// connection that only the sequencer uses.
type store struct {
	url      string // as given to Open
	dir      string // of the database file (SQLite)
	postgres bool
	readOnly bool

	rd *sql.DB
	wr *sql.DB
	w  *sql.Conn // owned by the sequencer

	warned atomic.Bool // PostgreSQL: a commit was not confirmed by a standby

	// SQLite only.
	copier  *sql.DB       // copies the WAL into the database file, beside the writer
	every   int           // commits until the WAL begins anew
	commits int           // since full was sent to
	written int           // bytes of the WAL since then, at most
	full    chan struct{} // the WAL is to begin anew

	// On w, SQLite only: [i] is for 1<<i rows.
	entry, known        [sizes]*sql.Stmt
	begin, commit, move *sql.Stmt
}

// openStore connects and, unless read-only, creates what is missing.
func openStore(ctx context.Context, rawURL string, readOnly bool) (*store, error) {
	s := &store{url: rawURL, readOnly: readOnly, every: walCommits}
	switch {
	case strings.HasPrefix(rawURL, "sqlite:"):
		s.dir = strings.TrimPrefix(rawURL, "sqlite:")
		if s.dir == "" {
			return nil, errors.New(`record: the URL names no folder: write sqlite:DIR`)
		}
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		s.postgres = true
	default:
		return nil, fmt.Errorf("record: URL %q: want sqlite:DIR or postgres://HOST/NAME", rawURL)
	}
	if !readOnly {
		err := s.openWriter(ctx, true)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	rd, err := s.connect(true)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.rd = rd
	if !readOnly && !s.postgres {
		s.full = make(chan struct{}, 1)
		if s.copier, err = s.connect(false); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// When the WAL begins anew. A file that grows costs each sync the journal of the
// file system as well, and makes it wait for the syncs of other files: so the WAL
// is kept short and written over in place.
const (
	walCommits = 256
	walBytes   = 8 << 20
)

// wrote notes that n entries of so many bytes were committed.
func (s *store) wrote(n, bytes int) {
	const page = 4096
	s.commits++
	s.written += bytes + (n+4)*page // each touches a page of the index of IDs
	if s.commits < s.every && s.written < walBytes {
		return
	}
	s.commits, s.written = 0, 0
	select {
	case s.full <- struct{}{}:
	default: // it is being done
	}
}

// copyWAL copies what is committed from the WAL into the database file.
func (s *store) copyWAL() error {
	if _, err := s.copier.Exec(`PRAGMA wal_checkpoint(PASSIVE)`); err != nil {
		return fmt.Errorf("record: copy the WAL of %s: %w", s.place(), err)
	}
	return nil
}

// connect makes a pool; of readers, or for the one writer.
func (s *store) connect(read bool) (*sql.DB, error) {
	if s.postgres {
		return connectPostgres(s.url, read, &s.warned)
	}
	q := url.Values{"_pragma": {"busy_timeout(5000)", "foreign_keys(1)"}}
	if read {
		q.Set("mode", "ro")
	} else {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return nil, fmt.Errorf("record: make folder: %w", err)
		}
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "cache_size(-65536)")        // 64 MiB: keys are random, so is the page that each one touches
		q.Add("_pragma", "wal_autocheckpoint(16384)") // 64 MiB
	}
	path := (&url.URL{Path: filepath.Join(s.dir, "record.db")}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("record: open database: %w", err)
	}
	if read {
		db.SetMaxOpenConns(8)
	}
	return db, nil
}

// openWriter opens the writing connection, makes the tables if asked, and
// prepares the inserts.
func (s *store) openWriter(ctx context.Context, create bool) (err error) {
	if s.wr, err = s.connect(false); err != nil {
		return err
	}
	s.wr.SetMaxOpenConns(1)
	if s.w, err = s.wr.Conn(ctx); err != nil {
		return fmt.Errorf("record: connect to %s: %w", s.place(), err)
	}
	if create {
		if err := s.createTables(ctx); err != nil {
			return err
		}
	}
	if s.postgres {
		// What an interrupted commit left behind is only local until a standby
		// confirms a later commit: this one.
		err := s.tx(ctx, func() error {
			_, err := s.w.ExecContext(ctx, `UPDATE log_state SET epoch = epoch`)
			return err
		})
		if err != nil {
			return fmt.Errorf("record: a first commit in %s: %w", s.place(), err)
		}
		return nil
	}
	// Whatever a crash left in the WAL is made durable before anything is built on it.
	if _, err := s.w.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("record: sync %s: %w", s.place(), err)
	}
	return s.prepare(ctx)
}

// prepare prepares what every batch runs.
func (s *store) prepare(ctx context.Context) (err error) {
	prepared := func(query string) *sql.Stmt {
		var st *sql.Stmt
		if err == nil {
			st, err = s.w.PrepareContext(ctx, query)
		}
		return st
	}
	s.begin, s.commit, s.move = prepared(beginNow), prepared("COMMIT"), prepared(moveState)
	// OR FAIL leaves half a statement behind, which the caller rolls back: so the
	// engine keeps no journal per statement, which had cost a third of the time.
	for i := range sizes {
		n := 1 << i
		s.entry[i] = prepared(`INSERT OR FAIL INTO entry (idx, key, id, recv_at, hashes, body) VALUES ` + rows(n, 6))
		s.known[i] = prepared(`SELECT idx, key, recv_at, id, hashes FROM (VALUES ` + rows(n, 1) + `) AS k CROSS JOIN entry ON key = k.column1
			UNION ALL SELECT idx, key, recv_at, id, hashes FROM (VALUES ` + rows(2*n, 1) + `) AS k CROSS JOIN entry ON id = k.column1`)
	}
	if err != nil {
		return fmt.Errorf("record: prepare: %w", err)
	}
	return nil
}

// createTables makes what is missing.
func (s *store) createTables(ctx context.Context) error {
	ddl := strings.Split(s.ddl(), ";\n")
	if s.postgres {
		ddl = append([]string{schemaOf(s.url)}, ddl...)
	}
	for _, stmt := range ddl {
		if strings.TrimSpace(stmt) == "" {
			continue
		}
		if _, err := s.w.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("record: make tables in %s: %w", s.place(), err)
		}
	}
	return nil
}

// ddl is the schema in the engine's own types.
func (s *store) ddl() string {
	r := strings.NewReplacer("{int}", "INTEGER", "{blob}", "BLOB", "{strict}", " STRICT")
	if s.postgres {
		r = strings.NewReplacer("{int}", "BIGINT", "{blob}", "BYTEA", "{strict}", "")
	}
	return r.Replace(schema)
}

// rows is the VALUES list of n rows of k parameters.
func rows(n, k int) string {
	row := "(?" + strings.Repeat(",?", k-1) + ")"
	return row + strings.Repeat(","+row, n-1)
}

// place names the store for an error, without a password.
func (s *store) place() string {
	if !s.postgres {
		return filepath.Join(s.dir, "record.db")
	}
	if u, err := url.Parse(s.url); err == nil {
		return u.Redacted()
	}
	return "the PostgreSQL server"
}

// close closes what is open; closing twice does nothing.
func (s *store) close() error {
	err := s.closeWriter()
	if s.copier != nil {
		err = errors.Join(err, s.copier.Close())
	}
	if s.rd != nil {
		err = errors.Join(err, s.rd.Close())
	}
	return err
}

// closeWriter closes the writing connection.
func (s *store) closeWriter() error {
	var errs []error
	for _, st := range slices.Concat(s.entry[:], s.known[:], []*sql.Stmt{s.begin, s.commit, s.move}) {
		if st != nil {
			errs = append(errs, st.Close())
		}
	}
	s.entry, s.known = [sizes]*sql.Stmt{}, [sizes]*sql.Stmt{}
	s.begin, s.commit, s.move = nil, nil, nil
	if s.w != nil {
		if err := s.w.Close(); !errors.Is(err, sql.ErrConnDone) { // the server may have closed it before
			errs = append(errs, err)
		}
	}
	if s.wr != nil {
		errs = append(errs, s.wr.Close())
	}
	s.w, s.wr = nil, nil
	return errors.Join(errs...)
}

// reopenWriter drops the writing connection and makes a new one: after a
// failed commit nothing that the old one remembers can be trusted.
func (s *store) reopenWriter(ctx context.Context) error {
	_ = s.closeWriter() // it failed already; what counts is whether the new one works
	return s.openWriter(ctx, false)
}

// tx runs f in one write transaction. Any error means that the outcome is to
// be read again from the store.
func (s *store) tx(ctx context.Context, f func() error) error {
	begin := beginNow
	if s.postgres {
		begin = "BEGIN"
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxCommitWait)
		defer cancel()
		s.warned.Store(false)
	}
	if _, err := s.exec(ctx, s.begin, begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(); err != nil {
		if _, rollback := s.w.ExecContext(ctx, "ROLLBACK"); rollback != nil {
			return errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
		return err
	}
	if _, err := s.exec(ctx, s.commit, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if s.warned.Load() {
		return errors.New("commit: the server warns that no standby has confirmed it")
	}
	return nil
}

// exec runs query on the writing connection, as st if it is prepared.
func (s *store) exec(ctx context.Context, st *sql.Stmt, query string, args ...any) (sql.Result, error) {
	if st != nil {
		return st.ExecContext(ctx, args...)
	}
	return s.w.ExecContext(ctx, query, args...)
}

// insert writes rows of k values, which lie one after the other in vals, with
// as few statements as their sizes allow.
func insert(ctx context.Context, by [sizes]*sql.Stmt, k int, vals []any) error {
	for i := sizes - 1; len(vals) > 0; {
		n := k << i
		if len(vals) < n {
			i--
			continue
		}
		if _, err := by[i].ExecContext(ctx, vals[:n]...); err != nil {
			return err
		}
		vals = vals[n:]
	}
	return nil
}

// insertBatch writes entries with the nodes that they complete.
func (s *store) insertBatch(ctx context.Context, es []*pending) error {
	if s.postgres {
		return s.insertBatchPostgres(ctx, es)
	}
	vals, bytes := make([]any, 0, 6*len(es)), 0
	for _, e := range es {
		bytes += len(e.body)
		var key any // NULL when it is the id
		if e.key != e.id {
			key = e.key[:]
		}
		vals = append(vals, e.index, key, e.id[:], e.recvAt, e.hashes, e.body)
	}
	if err := insert(ctx, s.entry, 6, vals); err != nil {
		return fmt.Errorf("insert entries: %w", err)
	}
	s.wrote(len(es), bytes)
	return nil
}

// stored reads index, key, receipt time and ID of the entries that have one of
// these keys or IDs, at most manyRows of each.
func (s *store) stored(ctx context.Context, ps []*pending) (*sql.Rows, error) {
	if s.postgres {
		return s.storedPostgres(ctx, ps)
	}
	size := bits.Len(uint(len(ps) - 1))
	n := 1 << size
	vals := make([]any, 3*n)
	for i := range n {
		p := ps[min(i, len(ps)-1)] // the statement has a fixed number of places
		vals[i], vals[n+i], vals[2*n+i] = p.key[:], p.key[:], p.id[:]
	}
	return s.known[size].QueryContext(ctx, vals...)
}

// state is the one row of log_state.
type state struct {
	origin string
	format int64
	size   int64
	root   tlog.Hash
	epoch  int64
	frozen string
}

// A querier is a pool or a connection.
type querier interface {
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
}

// readState reads log_state; ErrNotFound when the store is new.
func readState(ctx context.Context, q querier) (state, error) {
	var st state
	var root []byte
	var frozen sql.NullString
	err := q.QueryRowContext(ctx, `SELECT origin, format, size, root, epoch, frozen_by FROM log_state`).
		Scan(&st.origin, &st.format, &st.size, &root, &st.epoch, &frozen)
	if errors.Is(err, sql.ErrNoRows) {
		return st, ErrNotFound
	}
	if err != nil {
		return st, fmt.Errorf("record: read log_state: %w", err)
	}
	if len(root) != tlog.HashSize {
		return st, fmt.Errorf("%w: root in log_state has %d bytes", ErrDamaged, len(root))
	}
	st.root, st.frozen = tlog.Hash(root), frozen.String
	return st, nil
}

// nodes reads nodes by their stored index; it is a tlog.HashReader of the
// store. A node lies with the entry that completes its subtree.
func nodes(ctx context.Context, q querier) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			level, n := tlog.SplitStoredHashIndex(at)
			var h []byte
			err := q.QueryRowContext(ctx, `SELECT substr(hashes, $1, 32) FROM entry WHERE idx = $2`, 1+level*tlog.HashSize, (n+1)<<level-1).Scan(&h)
			if errors.Is(err, sql.ErrNoRows) || err == nil && len(h) != tlog.HashSize {
				return nil, fmt.Errorf("%w: node %d is missing", ErrDamaged, at)
			}
			if err != nil {
				return nil, fmt.Errorf("read node %d: %w", at, err)
			}
			out[i] = tlog.Hash(h)
		}
		return out, nil
	}
}

// nodesOf reads the nodes that each of n entries from index from on completes.
func nodesOf(ctx context.Context, q querier, from, n int64) ([][]byte, error) {
	rs, err := q.QueryContext(ctx, `SELECT idx, hashes FROM entry WHERE idx >= $1 AND idx < $2 ORDER BY idx`, from, from+n)
	if err != nil {
		return nil, fmt.Errorf("record: read nodes: %w", err)
	}
	defer rs.Close()
	out := make([][]byte, 0, n)
	for rs.Next() {
		var i int64
		var hs []byte
		if err := rs.Scan(&i, &hs); err != nil {
			return nil, fmt.Errorf("record: read nodes: %w", err)
		}
		if want := from + int64(len(out)); i != want || len(hs) < tlog.HashSize {
			return nil, fmt.Errorf("%w: the nodes of entry %d are missing", ErrDamaged, want)
		}
		out = append(out, hs)
	}
	if err := rs.Err(); err != nil {
		return nil, fmt.Errorf("record: read nodes: %w", err)
	}
	if int64(len(out)) != n {
		return nil, fmt.Errorf("%w: the nodes of entry %d are missing", ErrDamaged, from+int64(len(out)))
	}
	return out, nil
}
