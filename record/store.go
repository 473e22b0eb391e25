package record

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"
	_ "modernc.org/sqlite" // the embedded engine
)

//go:embed schema.sql
var schema string

const manyRows = 32 // rows of one INSERT; the rest go one by one

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

	entry1, entryN, node1, nodeN, known *sql.Stmt // on w; SQLite only
}

// openStore connects and, unless read-only, creates what is missing.
func openStore(ctx context.Context, rawURL string, readOnly bool) (*store, error) {
	s := &store{url: rawURL, readOnly: readOnly}
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
	return s, nil
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
		q.Add("_pragma", "cache_size(-65536)")       // 64 MiB: keys are random, so is the page that each one touches
		q.Add("_pragma", "wal_autocheckpoint(8192)") // 32 MiB
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
	// OR FAIL leaves half a statement behind, which the caller rolls back: so the
	// engine keeps no journal per statement, which had cost a third of the time.
	for _, p := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&s.entry1, `INSERT OR FAIL INTO entry (idx, key, id, recv_at, body) VALUES ` + rows(1, 5)},
		{&s.entryN, `INSERT OR FAIL INTO entry (idx, key, id, recv_at, body) VALUES ` + rows(manyRows, 5)},
		{&s.node1, `INSERT OR FAIL INTO node (i, h) VALUES ` + rows(1, 2)},
		{&s.nodeN, `INSERT OR FAIL INTO node (i, h) VALUES ` + rows(manyRows, 2)},
		{&s.known, `SELECT idx, key, recv_at, id FROM entry WHERE key IN ` + rows(1, manyRows) +
			` UNION ALL SELECT idx, key, recv_at, id FROM entry WHERE id IN ` + rows(1, 2*manyRows)},
	} {
		if *p.to, err = s.w.PrepareContext(ctx, p.sql); err != nil {
			return fmt.Errorf("record: prepare: %w", err)
		}
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
	if s.rd != nil {
		err = errors.Join(err, s.rd.Close())
	}
	return err
}

// closeWriter closes the writing connection.
func (s *store) closeWriter() error {
	var errs []error
	for _, st := range []*sql.Stmt{s.entry1, s.entryN, s.node1, s.nodeN, s.known} {
		if st != nil {
			errs = append(errs, st.Close())
		}
	}
	s.entry1, s.entryN, s.node1, s.nodeN, s.known = nil, nil, nil, nil, nil
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
	begin := "BEGIN IMMEDIATE"
	if s.postgres {
		begin = "BEGIN"
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxCommitWait)
		defer cancel()
		s.warned.Store(false)
	}
	if _, err := s.w.ExecContext(ctx, begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(); err != nil {
		if _, rollback := s.w.ExecContext(ctx, "ROLLBACK"); rollback != nil {
			return errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
		return err
	}
	if _, err := s.w.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if s.warned.Load() {
		return errors.New("commit: the server warns that no standby has confirmed it")
	}
	return nil
}

// insert writes rows of k values, which lie one after the other in vals.
func insert(ctx context.Context, one, many *sql.Stmt, k int, vals []any) error {
	for len(vals) >= manyRows*k {
		if _, err := many.ExecContext(ctx, vals[:manyRows*k]...); err != nil {
			return err
		}
		vals = vals[manyRows*k:]
	}
	for ; len(vals) > 0; vals = vals[k:] {
		if _, err := one.ExecContext(ctx, vals[:k]...); err != nil {
			return err
		}
	}
	return nil
}

// insertBatch writes entries and the nodes that they complete.
func (s *store) insertBatch(ctx context.Context, es []*pending, firstNode int64, nodes []tlog.Hash) error {
	if s.postgres {
		return s.insertBatchPostgres(ctx, es, firstNode, nodes)
	}
	vals := make([]any, 0, 5*len(es))
	for _, e := range es {
		var key any // NULL when it is the id
		if e.key != e.id {
			key = e.key[:]
		}
		vals = append(vals, e.index, key, e.id[:], e.recvAt, e.body)
	}
	if err := insert(ctx, s.entry1, s.entryN, 5, vals); err != nil {
		return fmt.Errorf("insert entries: %w", err)
	}
	vals = make([]any, 0, 2*len(nodes))
	for i := range nodes {
		vals = append(vals, firstNode+int64(i), nodes[i][:])
	}
	if err := insert(ctx, s.node1, s.nodeN, 2, vals); err != nil {
		return fmt.Errorf("insert nodes: %w", err)
	}
	return nil
}

// stored reads index, key, receipt time and ID of the entries that have one of
// these keys or IDs, at most manyRows of each.
func (s *store) stored(ctx context.Context, ps []*pending) (*sql.Rows, error) {
	if s.postgres {
		return s.storedPostgres(ctx, ps)
	}
	vals := make([]any, 3*manyRows)
	for i := range manyRows {
		p := ps[min(i, len(ps)-1)] // the statement has a fixed number of places
		vals[i], vals[manyRows+i], vals[2*manyRows+i] = p.key[:], p.key[:], p.id[:]
	}
	return s.known.QueryContext(ctx, vals...)
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

// nodes reads stored hashes by index; it is a tlog.HashReader of the store.
func nodes(ctx context.Context, q querier) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			var h []byte
			err := q.QueryRowContext(ctx, `SELECT h FROM node WHERE i = $1`, at).Scan(&h)
			if errors.Is(err, sql.ErrNoRows) {
				return nil, fmt.Errorf("%w: node %d is missing", ErrDamaged, at)
			}
			if err != nil {
				return nil, fmt.Errorf("read node %d: %w", at, err)
			}
			if len(h) != tlog.HashSize {
				return nil, fmt.Errorf("%w: node %d has %d bytes", ErrDamaged, at, len(h))
			}
			out[i] = tlog.Hash(h)
		}
		return out, nil
	}
}

// nodeRange reads the stored hashes with index lo <= i < hi.
func nodeRange(ctx context.Context, q querier, lo, hi int64) ([]tlog.Hash, error) {
	rs, err := q.QueryContext(ctx, `SELECT i, h FROM node WHERE i >= $1 AND i < $2 ORDER BY i`, lo, hi)
	if err != nil {
		return nil, fmt.Errorf("record: read nodes: %w", err)
	}
	defer rs.Close()
	out := make([]tlog.Hash, 0, hi-lo)
	for rs.Next() {
		var i int64
		var h []byte
		if err := rs.Scan(&i, &h); err != nil {
			return nil, fmt.Errorf("record: read nodes: %w", err)
		}
		if i != lo+int64(len(out)) || len(h) != tlog.HashSize {
			return nil, fmt.Errorf("%w: node %d is missing or misshapen", ErrDamaged, lo+int64(len(out)))
		}
		out = append(out, tlog.Hash(h))
	}
	if err := rs.Err(); err != nil {
		return nil, fmt.Errorf("record: read nodes: %w", err)
	}
	if int64(len(out)) != hi-lo {
		return nil, fmt.Errorf("%w: node %d is missing", ErrDamaged, lo+int64(len(out)))
	}
	return out, nil
}
