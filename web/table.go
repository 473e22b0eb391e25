package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

// A page is what a page's data begins with: the frame, and its tables, each of
// which is also served as CSV.
type page struct {
	Frame
	Find   bool // the tables may be searched by ?q=
	Query  string
	tables []*Table
}

func (p *page) csvTables() []*Table { return p.tables }

// Table returns a table of the page by its ID.
func (p *page) Table(id string) *Table {
	for _, t := range p.tables {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// add puts a table on the page.
func (p *page) add(t *Table) *Table {
	t.CSV = p.With("f", "csv")
	if len(p.tables) > 0 || p.Find {
		sep := "?"
		if strings.Contains(t.CSV, "?") {
			sep = "&"
		}
		t.CSV += sep + "table=" + t.ID
	}
	p.tables = append(p.tables, t)
	return t
}

// find keeps, in every table, the rows in which all words of ?q= stand.
func (p *page) find(q string) {
	p.Find, p.Query = true, q
	words := strings.Fields(strings.ToLower(q))
	for _, t := range p.tables {
		t.Rows = slices.DeleteFunc(t.Rows, func(r Row) bool {
			line := strings.ToLower(r.text())
			return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		})
	}
}

// A Table is rows under columns, on the page and as CSV. Empty says what it
// means that there is no row.
type Table struct {
	ID, Caption, Note, Empty string
	Columns                  []Column
	Rows                     []Row
	Foot                     []Cell
	CSV                      string // its address as CSV
	Quiet                    bool   // a heading above says what it is: the caption is for those who do not see it
}

// A Column is a name for the page and one for the CSV.
type Column struct {
	Key, Label string
	Number     bool
}

// A Row is one line of a table. ID is its anchor.
type Row struct {
	ID    string
	Cells []Cell
}

func (r Row) text() string {
	var b strings.Builder
	for _, c := range r.Cells {
		b.WriteString(c.Text + " " + c.Sub + " " + c.Value + " ")
	}
	return b.String()
}

// A Cell shows one of: a text, perhaps as a link; a verdict; a state of a case;
// a clock; or what is missing, a name under "missing.".
type Cell struct {
	Text, Sub, Href string
	Lang            string // of the text, where it is quoted
	Value           string // in the CSV, where it differs from Text
	Missing         string
	Verdict         *Verdict
	Badge           string
	Due             *Deadline
	Tag             string // a note set apart, such as that it is an illustration
	Short           bool   // an id or a time, kept on one line
}

func text(s string) Cell {
	if s == "" {
		return Cell{Missing: "not_stated"}
	}
	return Cell{Text: s}
}

// linked is a short name that leads somewhere: a statement, an incident, a case.
func linked(l Link) Cell { return Cell{Text: l.Label, Href: l.Href, Short: true} }

// value is what stands in the CSV.
func (c Cell) value() string {
	switch {
	case c.Value != "":
		return c.Value
	case c.Verdict != nil:
		if c.Verdict.Why != "" {
			return c.Verdict.Kind + " (" + c.Verdict.Why + ")"
		}
		return c.Verdict.Kind
	case c.Due != nil && !c.Due.Due.IsZero():
		return truce.At(c.Due.Due).String()
	case c.Badge != "":
		return c.Badge
	}
	return c.Text
}

// sendCSV writes the table that ?table= names, else the page's first.
func (v *visit) sendCSV(name string, tables []*Table) error {
	i := 0
	if id := v.q.Get("table"); id != "" {
		i = slices.IndexFunc(tables, func(t *Table) bool { return t.ID == id })
	}
	if i < 0 || i >= len(tables) {
		return &truce.Error{Kind: truce.Unknown, Field: "table", Why: "this page has no such table: leave the parameter out for its first"}
	}
	b := tables[i].csv()
	v.csvHead(name + "-" + tables[i].ID + ".csv")
	v.w.Header().Set("ETag", etag(b))
	v.w.WriteHeader(http.StatusOK)
	_, err := v.w.Write(b)
	return err
}

// csv writes the rows as they are in the picture: a missing value is empty.
// A text that a spreadsheet would take for a formula is led by an apostrophe,
// which our importer takes off.
func (t *Table) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(t.csvHeads()) // a buffer takes everything
	for _, r := range t.Rows {
		_ = w.Write(r.csv())
	}
	w.Flush()
	return b.Bytes()
}

func (t *Table) csvHeads() []string {
	heads := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		heads[i] = c.Key
	}
	return heads
}

func (r Row) csv() []string {
	line := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		line[i] = unformula(c.value())
	}
	return line
}

// csvHead heads an answer that is a file of rows. Rows have no room for a label,
// so the file's name says how far it may be passed on, and that of an exercise
// that it is one.
func (v *visit) csvHead(file string) {
	name := strings.ReplaceAll(string(v.frame.TLP), ":", "_") + "-" + file
	if m := v.notReal(); m != "" {
		name = strings.ToUpper(string(m)) + "-" + name
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.w.Header().Set("Vary", "Cookie")
}

func unformula(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
