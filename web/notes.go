package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// The limits of private notes.
const (
	maxNote  = 16 << 10 // bytes of one
	maxNotes = 500      // that a list shows, the newest
)

// Notes are what an office writes for itself beside incidents and entries, on
// its own mirror: a database of its own, which nothing reads that copies,
// exports or serves the record. Who reads this folder reads the notes.
type Notes struct {
	db  *sql.DB
	now func() time.Time
}

// Note is one private note.
type Note struct {
	ID    int64         `json:"id"`
	About string        `json:"about"` // S1042@132, an incident as it was called then; S1042, an entry; empty: nothing in particular
	Text  string        `json:"text"`
	By    string        `json:"by,omitempty"`
	At    truce.Instant `json:"at"`
}

// NotesFile is the name of the database in a mirror's folder.
const NotesFile = "notes.db"

// OpenNotes opens or makes the notes of a mirror's folder, readable by their
// owner alone. What is erased is overwritten.
func OpenNotes(ctx context.Context, dir string, now func() time.Time) (*Notes, error) {
	file := filepath.Join(dir, NotesFile)
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open notes: %w", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("open notes: %w", err)
	}
	where := (&url.URL{Path: file}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+where+"?_pragma=journal_mode(DELETE)&_pragma=secure_delete(1)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open notes: %w", err)
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY AUTOINCREMENT, about TEXT NOT NULL, text TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS note_about ON note (about)`)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make notes in %s: %w", file, err), db.Close())
	}
	return &Notes{db, now}, nil
}

// Close closes the file.
func (n *Notes) Close() error { return n.db.Close() }

// Add writes a note down. About is empty, S1042 or S1042@132.
func (n *Notes) Add(ctx context.Context, about, text, by string) (Note, error) {
	x := Note{About: strings.TrimSpace(about), Text: strings.TrimSpace(text), By: by, At: truce.At(n.now())}
	if x.About != "" && !isAbout(x.About) {
		return x, &truce.Error{Kind: truce.Invalid, Field: "about", Why: "write an entry as S1042 or an incident as S1042@132, or leave it out"}
	}
	if x.Text == "" || len(x.Text) > maxNote {
		return x, &truce.Error{Kind: truce.Invalid, Field: "text", Why: fmt.Sprintf("a note has 1 to %d bytes, this has %d", maxNote, len(x.Text))}
	}
	r, err := n.db.ExecContext(ctx, "INSERT INTO note (about, text, by, at) VALUES ($1, $2, $3, $4)", x.About, x.Text, x.By, int64(x.At))
	if err != nil {
		return x, fmt.Errorf("keep note: %w", err)
	}
	x.ID, err = r.LastInsertId()
	return x, err
}

// isAbout reports whether a name is S1042 or S1042@132.
func isAbout(s string) bool {
	index, at, incident := strings.Cut(strings.TrimPrefix(s, "S"), "@")
	_, err := strconv.ParseUint(index, 10, 62)
	if incident && err == nil {
		_, err = strconv.ParseUint(at, 10, 32)
	}
	return strings.HasPrefix(s, "S") && err == nil
}

// List returns the notes about any of the names, of all where none is given,
// newest first.
func (n *Notes) List(ctx context.Context, about ...string) ([]Note, error) {
	cond, args := "1 = 1", []any{}
	for i, a := range about {
		cond = map[bool]string{true: "about = $1", false: cond + " OR about = $" + strconv.Itoa(i+1)}[i == 0]
		args = append(args, a)
	}
	rows, err := n.db.QueryContext(ctx, "SELECT id, about, text, by, at FROM note WHERE "+cond+" ORDER BY id DESC LIMIT "+strconv.Itoa(maxNotes), args...)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	defer rows.Close()
	var all []Note
	for rows.Next() {
		var x Note
		var at int64
		if err := rows.Scan(&x.ID, &x.About, &x.Text, &x.By, &at); err != nil {
			return nil, fmt.Errorf("read notes: %w", err)
		}
		x.At = truce.Instant(at)
		all = append(all, x)
	}
	return all, rows.Err()
}

// Erase overwrites a note.
func (n *Notes) Erase(ctx context.Context, id int64) error {
	r, err := n.db.ExecContext(ctx, "DELETE FROM note WHERE id = $1", id)
	if err != nil {
		return fmt.Errorf("erase note: %w", err)
	}
	if gone, err := r.RowsAffected(); gone == 0 {
		return errors.Join(err, &truce.Error{Kind: truce.Unknown, Field: "id", Why: "no note has this number"})
	}
	return nil
}

// notesPart is the notes beside something, with the form for another.
type notesPart struct {
	On    bool // there are notes here, and the reader is the office whose they are
	About string
	Notes []noteLine
	Text  Field
}

type noteLine struct {
	Note
	Link Link
	When string
}

// hasNotes reports whether the reader may read and write notes here: on a mirror
// that is opened as the office that it belongs to, and nowhere else.
func (v *visit) hasNotes() bool {
	return v.s.o.Notes != nil && v.s.o.Reader != "" && v.s.o.Centre.Copy()
}

// notes reads the notes beside something. A page that may hold any is its
// office's alone, and says so.
func (v *visit) notes(p *page, about ...string) (notesPart, error) {
	if !v.hasNotes() {
		return notesPart{}, nil
	}
	v.tlp(truce.TLPAmberStrict)
	p.TLP = truce.TLPAmberStrict
	n := notesPart{On: true, Text: Field{Name: "note", Label: v.t.T("notes.text"), Long: true, Required: true}}
	if len(about) > 0 {
		n.About = about[0]
	}
	all, err := v.s.o.Notes.List(v.ctx(), about...)
	for _, x := range all {
		line := noteLine{x, Link{x.About, ""}, v.moment(v.local(x.At), true)}
		switch {
		case strings.Contains(x.About, "@"):
			line.Link.Href = "/incidents/" + x.About
		case x.About != "":
			line.Link.Href = "/record/" + strings.TrimPrefix(x.About, "S")
		}
		n.Notes = append(n.Notes, line)
	}
	return n, err
}

// incidentNotes are the notes about an incident, under any name that it has had.
func (v *visit) incidentNotes(p *page, i picture.Incident) (notesPart, error) {
	names := []string{incidentID(i).Label}
	for _, a := range i.Aliases {
		names = append(names, v.refName(a))
	}
	return v.notes(p, names...)
}

type notesPage struct {
	page
	Notes notesPart
}

var errNoNotes = &truce.Error{Kind: truce.Unknown, Why: "private notes live on an office's own mirror, opened as that office: marchday mirror --addr 127.0.0.1:8081 --as OFFICE"}

// noteList shows all private notes.
func (s *site) noteList(v *visit) error {
	if !v.hasNotes() {
		return errNoNotes
	}
	p := &notesPage{page: v.page(Link{v.t.T("notes.title"), ""})}
	var err error
	if p.Notes, err = v.notes(&p.page); err != nil {
		return err
	}
	return v.show("notes", p)
}

// takeNote keeps a note, or erases one.
func (s *site) takeNote(v *visit) error {
	if !v.hasNotes() {
		return errNoNotes
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if id, err := number(form.Get("erase")); err != nil || id > 0 {
		if err == nil {
			err = s.o.Notes.Erase(v.ctx(), id)
		}
		if err != nil {
			return err
		}
		return v.see("/notes")
	}
	x, err := s.o.Notes.Add(v.ctx(), form.Get("about"), form.Get("note"), string(s.o.Reader))
	if err != nil {
		return err
	}
	return v.see("/notes#note-" + strconv.FormatInt(x.ID, 10))
}
