package picture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/marchday/marchday/truce"
)

// Lay writes the values of rows out, and leaves away each row that a later one
// of its slot overrules. What it returns shares nothing with the rows, so that
// it may be folded while whoever made them goes on.
func Lay(rows []Row) []Row {
	last := map[any]int{}
	worded := map[any]bool{} // claims whose words a row that falls away would have written
	for i, r := range rows {
		s, ok := r.(slotted)
		if !ok {
			continue
		}
		slot := s.slot()
		last[slot] = i
		switch c := r.(type) {
		case Claim:
			worded[slot] = worded[slot] || !c.Moved
		case NoClaim:
			delete(worded, slot)
		}
	}
	kept := make([]Row, 0, len(rows))
	for i, r := range rows {
		if s, ok := r.(slotted); ok {
			slot := s.slot()
			if last[slot] != i {
				continue
			}
			if c, ok := r.(Claim); ok && worded[slot] {
				c.Moved = false
				r = c
			}
		}
		kept = append(kept, r)
	}
	workers := min(runtime.GOMAXPROCS(0), len(kept))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(kept); i += workers {
				kept[i] = lay(kept[i])
			}
		})
	}
	wg.Wait()
	return kept
}

// slotted rows are the whole of what the picture holds in a place of theirs:
// the last one written counts.
type slotted interface{ slot() any }

type (
	claimSlot    struct{ truce.ClaimRef }
	incidentSlot struct {
		id    truce.IncidentID
		level int
	}
	aliasSlot struct{ truce.IncidentID }
	caseSlot  int64
	houseSlot struct{}
)

func (c Claim) slot() any      { return claimSlot{c.Ref} }
func (n NoClaim) slot() any    { return claimSlot{n.Ref} }
func (i Incident) slot() any   { return incidentSlot{i.ID, rank(i.Level)} }
func (n NoIncident) slot() any { return incidentSlot{n.ID, rank(n.Level)} }
func (a Alias) slot() any      { return aliasSlot{a.Old} }
func (n NoAlias) slot() any    { return aliasSlot{n.Old} }
func (c Case) slot() any       { return caseSlot(c.Index) }
func (House) slot() any        { return houseSlot{} }

// laid is a row as values.
type laid struct {
	of    string // the row's type, for errors
	query string
	args  []any
	claim string // ref of the claim that it writes or takes away; empty: of another table
	words string // of the claim, for the full text; empty: as they were
	mark  truce.Marking
	goes  bool
}

func (l laid) write() (string, []any) { return l.query, l.args }

func lay(r Row) laid {
	if l, ok := r.(laid); ok {
		return l
	}
	l := laid{of: fmt.Sprintf("%T", r)}
	l.query, l.args = r.write()
	switch c := r.(type) {
	case Claim:
		l.claim, l.mark = c.Ref.String(), c.Marking
		if !c.Moved {
			l.words = c.words()
		}
	case NoClaim:
		l.claim, l.goes = c.Ref.String(), true
	}
	return l
}

// writer writes laid rows in one transaction. Words are written after all else:
// the full text index puts what it gathered on the disk whenever another table
// opens a savepoint.
type writer struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
	next     int64 // row number of the next new claim
	later    []laid
}

// firstClaim is the number of the first claim's row. No other table counts so
// far: a claim was new if its number is the last that was given.
const firstClaim = 1 << 40

func newWriter(ctx context.Context, tx *sql.Tx) (*writer, error) {
	w := &writer{tx: tx, prepared: map[string]*sql.Stmt{}}
	err := tx.QueryRowContext(ctx, "SELECT coalesce(max(rowid) + 1, $1) FROM claim", int64(firstClaim)).Scan(&w.next)
	return w, err
}

func (w *writer) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st := w.prepared[query]
	if st == nil {
		var err error
		if st, err = w.tx.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		w.prepared[query] = st
	}
	return st.ExecContext(ctx, args...)
}

const dropWords = "DELETE FROM words WHERE rowid = (SELECT rowid FROM claim WHERE ref = $1)"

func (w *writer) put(ctx context.Context, l laid) error {
	if l.goes {
		if _, err := w.exec(ctx, dropWords, l.claim); err != nil {
			return err
		}
	}
	if l.claim == "" || l.goes {
		_, err := w.exec(ctx, l.query, l.args...)
		return err
	}
	row := w.next
	w.next++
	res, err := w.exec(ctx, l.query, append(l.args, row)...)
	if err != nil || l.words == "" {
		return err
	}
	last, err := res.LastInsertId()
	if err != nil {
		return err
	}
	if last != row {
		row = 0 // it was there
	}
	l.args = []any{row, l.words, l.claim, string(l.mark)}
	w.later = append(w.later, l)
	return nil
}

// words writes what put kept back: a new claim's words under its row, an older
// one's in place of what they were.
func (w *writer) words(ctx context.Context) error {
	for _, l := range w.later {
		if l.args[0] != int64(0) {
			if _, err := w.exec(ctx, "INSERT INTO words (rowid, text, ref, marking) VALUES ($1, $2, $3, $4)", l.args...); err != nil {
				return err
			}
			continue
		}
		if _, err := w.exec(ctx, dropWords, l.claim); err != nil {
			return err
		}
		if _, err := w.exec(ctx, "INSERT INTO words (rowid, text, ref, marking) SELECT rowid, $1, $2, $3 FROM claim WHERE ref = $2", l.args[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) close() error {
	var err error
	for _, st := range w.prepared {
		err = errors.Join(err, st.Close())
	}
	return err
}
