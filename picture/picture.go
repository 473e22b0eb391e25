// Package picture holds what the record shows, as SQL rows that may be deleted
// at any time: a fold writes them, and View reads them. It never sees the
// record, and nothing in it depends on the present time; overdue, lapsed and in
// force are computed from a row and a time when asked.
//
// Only centre's follower may call Fold. Everybody else reads through View,
// which filters by who reads, so that no query can forget it.
//
// What an attacker with this file can do: read what the record's readers may
// read, and show this machine's visitors a false page until the picture is
// deleted and replayed; they cannot change the record or what others see.
package picture

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // schema
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"modernc.org/sqlite" // the embedded engine

	"github.com/marchday/marchday/truce"
)

//go:embed schema.sql
var schema string

// schemaVersion is raised with schema.sql or with what rows mean: an older
// picture is then deleted and replayed.
const schemaVersion = 4

// Picture is an open picture. Its methods may be called from any goroutine;
// Fold from one at a time.
type Picture struct {
	write *sql.DB // one connection
	read  *sql.DB
	file  string
}

// ErrStale says that the file was made with another schema: delete it, replay.
var ErrStale = errors.New("picture: made by another release: delete it and replay")

// Open opens the picture in a file, and makes it if there is none. A picture of
// another schema gives ErrStale.
func Open(ctx context.Context, file string) (*Picture, error) {
	w, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(5000)&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(4000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open picture: %w", err)
	}
	w.SetMaxOpenConns(1)
	p := &Picture{write: w, file: file}
	if err := p.prepare(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if p.read, err = sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=mmap_size(268435456)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open picture: %w", err), w.Close())
	}
	const maxReaders = 8
	p.read.SetMaxOpenConns(maxReaders)
	return p, nil
}

// OpenReadOnly opens the picture that another process may be writing, and writes
// nothing: Fold fails. A file that is not there is an error that is
// os.ErrNotExist; another schema gives ErrStale.
func OpenReadOnly(ctx context.Context, file string) (*Picture, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("open picture: %w", err)
	}
	r, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		return nil, fmt.Errorf("open picture: %w", err)
	}
	p := &Picture{write: r, read: r, file: file}
	var version int
	err = r.QueryRowContext(ctx, "SELECT schema FROM position").Scan(&version)
	if err != nil || version != schemaVersion {
		return nil, errors.Join(ErrStale, r.Close())
	}
	return p, nil
}

// CopyTo copies the picture as it stands now into a new file.
func (p *Picture) CopyTo(ctx context.Context, file string) error {
	conn, err := p.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("copy picture: %w", err)
	}
	err = conn.Raw(func(c any) error {
		b, err := c.(interface {
			NewBackup(to string) (*sqlite.Backup, error)
		}).NewBackup(file)
		if err != nil {
			return err
		}
		_, err = b.Step(-1) // all pages
		return errors.Join(err, b.Finish())
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("copy picture: %w", err)
	}
	return nil
}

func (p *Picture) prepare(ctx context.Context) error {
	var have int
	if err := p.write.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'position'").Scan(&have); err != nil {
		return fmt.Errorf("read picture %s: %w", p.file, err)
	}
	if have == 0 {
		if _, err := p.write.ExecContext(ctx, schema); err != nil {
			return fmt.Errorf("make picture %s: %w", p.file, err)
		}
		_, err := p.write.ExecContext(ctx, "INSERT INTO position (one, size, root, schema) VALUES (1, 0, '', $1)", schemaVersion)
		return err
	}
	var version int
	if err := p.write.QueryRowContext(ctx, "SELECT schema FROM position").Scan(&version); err != nil {
		return fmt.Errorf("read picture %s: %w", p.file, err)
	}
	if version != schemaVersion {
		return ErrStale
	}
	return nil
}

// Close closes the picture.
func (p *Picture) Close() error { return errors.Join(p.read.Close(), p.write.Close()) }

// Position is how far the fold has come: so many entries of the record, and the
// root of its tree at that size.
type Position struct {
	Size int64
	Root truce.Digest
}

// Position returns where the fold stands.
func (p *Picture) Position(ctx context.Context) (Position, error) {
	var at Position
	var root string
	if err := p.read.QueryRowContext(ctx, "SELECT size, root FROM position").Scan(&at.Size, &root); err != nil {
		return at, fmt.Errorf("read position: %w", err)
	}
	return at, at.Root.UnmarshalText([]byte(root))
}

// Row is one row that a fold writes: a Statement, Cite, Claim, Incident,
// NoIncident, Reassessed, Alias or Case of this package, or one that Lay made.
type Row interface {
	// write returns the table's statement and its values.
	write() (query string, args []any)
}

// Fold writes rows, as they are or laid, in order, and the new position with
// them, in one transaction. Only centre's follower calls it.
func (p *Picture) Fold(ctx context.Context, rows []Row, to Position) (err error) {
	tx, err := p.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("fold: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	ctx = context.WithoutCancel(ctx) // the transaction itself ends with it: no row needs a watch of its own
	w, err := newWriter(ctx, tx)
	if err != nil {
		return fmt.Errorf("fold to %d: %w", to.Size, err)
	}
	for _, r := range Lay(rows) {
		l := r.(laid)
		if err := w.put(ctx, l); err != nil {
			return fmt.Errorf("fold to %d: %s: %w", to.Size, l.of, err)
		}
	}
	if err := w.words(ctx); err != nil {
		return fmt.Errorf("fold to %d: words: %w", to.Size, err)
	}
	if _, err := w.exec(ctx, "UPDATE position SET size = $1, root = $2", to.Size, to.Root.String()); err != nil {
		return fmt.Errorf("fold to %d: %w", to.Size, err)
	}
	if err := w.close(); err != nil {
		return fmt.Errorf("fold to %d: %w", to.Size, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("fold to %d: commit: %w", to.Size, err)
	}
	return nil
}

// digested lists the tables that Digest covers, each with its key order.
var digested = [][2]string{
	{"position", "one"}, {"house", "one"}, {"statement", "idx"}, {"cite", "target, idx"}, {"claim", "ref"}, {"incident", "id, level"},
	{"reassessed", "idx, incident, level, office"}, {"alias", "old"}, {"docket", "idx"},
}

// Digest returns the SHA-256 over the logical rows of every table in key
// order. Two pictures of one record have one digest, on any machine.
func (p *Picture) Digest(ctx context.Context) (truce.Digest, error) {
	h := sha256.New()
	for _, t := range digested {
		if err := p.digestTable(ctx, h, t[0], t[1]); err != nil {
			return truce.Digest{}, fmt.Errorf("digest %s: %w", t[0], err)
		}
	}
	var d truce.Digest
	h.Sum(d[:0])
	return d, nil
}

func (p *Picture) digestTable(ctx context.Context, w io.Writer, table, key string) error {
	rows, err := p.read.QueryContext(ctx, "SELECT * FROM "+table+" ORDER BY "+key)
	if err != nil {
		return err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	vals, ptrs := make([]any, len(cols)), make([]any, len(cols))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			return err
		}
		var line strings.Builder
		line.WriteString(table)
		for i, v := range vals {
			switch x := v.(type) {
			case int64:
				line.WriteString("\x00" + cols[i] + "=i" + strconv.FormatInt(x, 10))
			case string:
				line.WriteString("\x00" + cols[i] + "=s" + strconv.Itoa(len(x)) + ":" + x)
			case []byte:
				line.WriteString("\x00" + cols[i] + "=b" + hex.EncodeToString(x))
			case nil:
				line.WriteString("\x00" + cols[i] + "=n")
			default:
				return fmt.Errorf("column %s holds a %T", cols[i], v)
			}
		}
		line.WriteByte('\n')
		if _, err := io.WriteString(w, line.String()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// doc writes a row's whole value as JSON; such values always can be.
func doc(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("a row is always JSON: " + err.Error())
	}
	return string(b)
}
