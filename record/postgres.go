package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxCommitWait bounds a transaction on PostgreSQL: with no standby alive its
// commits wait and do not fail.
const maxCommitWait = 15 * time.Second

// plainSchema is what a search_path must be to be made here.
var plainSchema = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// connectPostgres opens a pool of readers, or of the one writer. The store is
// the schema that the URL's search_path names; the writer makes it. warned is
// set when the server says that a commit was not confirmed by a standby.
func connectPostgres(url string, read bool, warned *atomic.Bool) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("record: the postgres:// URL cannot be read") // the error would repeat the password
	}
	if path := cfg.RuntimeParams["search_path"]; path != "" && !plainSchema.MatchString(path) {
		return nil, fmt.Errorf("record: search_path %q: want one plain schema name", path)
	}
	if read {
		cfg.RuntimeParams["default_transaction_read_only"] = "on"
		cfg.RuntimeParams["statement_timeout"] = "30000"
	} else {
		cfg.RuntimeParams["synchronous_commit"] = "on"
		cfg.RuntimeParams["statement_timeout"] = "15000" // a commit that waits longer ends with a warning
		cfg.RuntimeParams["lock_timeout"] = "10000"
		cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			if n.SeverityUnlocalized == "WARNING" {
				warned.Store(true)
			}
		}
	}
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(8)
	return db, nil
}

// schemaOf is the statement that makes the schema of a URL, if it names one.
func schemaOf(url string) string {
	cfg, err := pgx.ParseConfig(url)
	if err != nil || cfg.RuntimeParams["search_path"] == "" {
		return `SELECT 1`
	}
	return `CREATE SCHEMA IF NOT EXISTS ` + cfg.RuntimeParams["search_path"] // checked by connectPostgres
}

// insertBatchPostgres is insertBatch with arrays: one statement a batch.
func (s *store) insertBatchPostgres(ctx context.Context, es []*pending) error {
	idx, recvAt := make([]int64, len(es)), make([]int64, len(es))
	keys, ids, hashes, bodies := make([][]byte, len(es)), make([][]byte, len(es)), make([][]byte, len(es)), make([][]byte, len(es))
	for i, e := range es {
		idx[i], recvAt[i], ids[i], hashes[i], bodies[i] = e.index, e.recvAt, e.id[:], e.hashes, e.body
		if e.key != e.id {
			keys[i] = e.key[:]
		}
	}
	_, err := s.w.ExecContext(ctx, `INSERT INTO entry (idx, key, id, recv_at, hashes, body)
		SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bytea[])`, idx, keys, ids, recvAt, hashes, bodies)
	if err != nil {
		return fmt.Errorf("insert entries: %w", err)
	}
	return nil
}

// storedPostgres is stored.
func (s *store) storedPostgres(ctx context.Context, ps []*pending) (*sql.Rows, error) {
	var keys, ids [][]byte
	for _, p := range ps {
		keys, ids = append(keys, p.key[:]), append(ids, p.key[:], p.id[:])
	}
	return s.w.QueryContext(ctx, `SELECT idx, key, recv_at, id, hashes FROM entry WHERE key = ANY($1)
		UNION ALL SELECT idx, key, recv_at, id, hashes FROM entry WHERE id = ANY($2)`, keys, ids)
}

// Weaknesses lists in sentences what the store's settings take away from the
// promise that an accepted entry survives (receipt level 1); none when all is
// well. An operator looks at start and every minute, and shows them.
func (l *Log) Weaknesses(ctx context.Context) ([]string, error) {
	if l.st.postgres {
		return l.st.weaknessesPostgres(ctx)
	}
	var out []string
	var mode string
	if err := l.st.rd.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return nil, fmt.Errorf("record: read settings: %w", err)
	}
	if mode != "wal" {
		out = append(out, "the database's journal_mode is "+mode+", not wal")
	}
	if l.o.ReadOnly {
		return out, nil
	}
	err := l.submit(ctx, func(s *sequencer) error {
		var full int
		if err := l.st.w.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(&full); err != nil {
			return fmt.Errorf("record: read settings: %w", err)
		}
		if full < 2 {
			out = append(out, "the database's synchronous is not FULL: a loss of power may take the last entries")
		}
		return nil
	})
	return out, err
}

func (s *store) weaknessesPostgres(ctx context.Context) ([]string, error) {
	var out []string
	for _, w := range []struct{ setting, want, why string }{
		{"fsync", "on", "a crash of the machine may destroy the record"},
		{"full_page_writes", "on", "a torn page may destroy the record"},
		{"data_checksums", "on", "a damaged disk may go unseen"},
		{"synchronous_commit", "on remote_apply", "a crash may take the last entries"},
	} {
		var have string
		if err := s.rd.QueryRowContext(ctx, `SELECT current_setting($1)`, w.setting).Scan(&have); err != nil {
			return nil, fmt.Errorf("record: read settings: %w", err)
		}
		if have != w.want && w.want != "on remote_apply" || w.want == "on remote_apply" && have != "on" && have != "remote_apply" {
			out = append(out, w.setting+" is "+have+": "+w.why)
		}
	}
	var names string
	var alive int
	err := s.rd.QueryRowContext(ctx, `SELECT current_setting('synchronous_standby_names'),
		(SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))`).Scan(&names, &alive)
	if err != nil {
		return nil, fmt.Errorf("record: read settings: %w", err)
	}
	if names == "" || alive == 0 {
		out = append(out, fmt.Sprintf("no standby confirms a commit (synchronous_standby_names is %q, %d alive): an accepted entry rests on one node", names, alive))
	}
	return out, nil
}
