package intake

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// Preview is what a table would become: the mapping with everything that was
// assumed filled in, what must be asked before it is imported, per column how
// it is filled, and the first rows with the report or the error each becomes.
// Nothing in it is decided: every assumption can be changed.
type Preview struct {
	Mapping   Mapping
	Questions []string // that only a person can answer
	Columns   []ColumnUse
	Rows      []PreviewRow
}

// ColumnUse says how a column is filled in the sample.
type ColumnUse struct {
	Column   string
	Field    string
	Filled   int
	Distinct int
	Failed   int
	Example  string
}

// PreviewRow is one row of the sample.
type PreviewRow struct {
	Line   int
	Cells  []string
	Report truce.Report
	Err    error
}

const (
	maxPreview = 20
	maxSample  = 1000
)

// PreviewCSV reads the beginning of a table and shows what would become of it.
// A mapping without columns is proposed from the header's names; other empty
// fields are assumed from the file.
func PreviewCSV(r io.Reader, file string, m Mapping) (Preview, error) {
	delimiter := rune(0)
	for _, c := range m.Delimiter {
		delimiter = c
	}
	t, err := openTable(r, file, m.Encoding, delimiter)
	if err != nil {
		return Preview{}, err
	}
	m.Encoding, m.Delimiter = t.encoding, string(t.delimiter)
	if len(m.Columns) == 0 {
		m.Columns = proposeColumns(t)
	}
	p := Preview{}
	var sample []row
	for row, err := range t.rows() {
		if len(sample) == maxSample {
			break
		}
		if err != nil {
			p.Rows = append(p.Rows, PreviewRow{Line: row.line, Cells: row.fields, Err: err})
			continue
		}
		sample = append(sample, row)
	}
	p.ask(&m, t, sample)
	p.Mapping = m
	valid := m.validate()
	for _, row := range sample[:min(len(sample), maxPreview)] {
		shown := PreviewRow{Line: row.line, Cells: row.fields, Err: valid}
		if valid == nil {
			shown.Report, shown.Err = m.report(t, row)
		}
		p.Rows = append(p.Rows, shown)
	}
	p.count(&m, t, sample, valid == nil)
	return p, nil
}

// proposeColumns maps columns by their names or tags; each field once, the
// rest is ignored.
func proposeColumns(t *table) []Column {
	var all []Column
	taken := map[string]bool{}
	for i, name := range t.header {
		if name == "" {
			continue
		}
		field := "ignore"
		tag := ""
		if i < len(t.tags) {
			tag = t.tags[i]
		}
		for _, f := range fieldNames {
			if !taken[f.field] && (tag != "" && slices.Contains(f.names, plainName(tag)) || slices.Contains(f.names, plainName(name))) {
				field, taken[f.field] = f.field, true
				break
			}
		}
		all = append(all, Column{name, field})
	}
	return all
}

// plainName is a column's name as the table of names has it.
func plainName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '_' || r == '-' || r == ' ' || r == '.' }), " ")
}

// ask collects what only a person can answer.
func (p *Preview) ask(m *Mapping, t *table, sample []row) {
	if m.Publisher == "" {
		p.Questions = append(p.Questions, "Whose table is it? Its publisher is the speaker of every row that names none.")
	}
	if m.Zone.Name == "" {
		p.Questions = append(p.Questions, "In which zone are its local times?")
	}
	either, only := 0, map[string]int{}
	swapped, outside, points := 0, 0, 0
	for _, r := range sample {
		c, _ := m.cells(t, r)
		if f := plainDate.FindStringSubmatch(strings.TrimSpace(digits.Replace(c["date"]))); f != nil {
			a, _ := strconv.Atoi(f[1])
			b, _ := strconv.Atoi(f[2])
			switch {
			case a > 12:
				only["dmy"] = r.line
			case b > 12:
				only["mdy"] = r.line
			case a != b:
				either++
			}
		}
		lat, lon := c["lat"], c["lon"]
		if m.Swapped {
			lat, lon = lon, lat
		}
		if q, _, err := m.point(lat, lon); err == nil && lat != "" && m.Box != nil {
			points++
			if !m.Box.holds(q) {
				outside++
				if m.Box.holds(truce.Point{Lon: q.Lat, Lat: q.Lon}) {
					swapped++
				}
			}
		}
	}
	if m.DateOrder == "" && either > 0 {
		q := strconv.Itoa(either) + " dates can be read with the day or the month first. Which is it?"
		for _, order := range []string{"dmy", "mdy"} {
			if line := only[order]; line > 0 {
				q += " Line " + strconv.Itoa(line) + " can only be " + order + "."
			}
		}
		p.Questions = append(p.Questions, q)
	}
	if swapped > 0 && !m.Swapped {
		p.Questions = append(p.Questions, strconv.Itoa(swapped)+" of "+strconv.Itoa(points)+" points lie outside the box and inside it when longitude and latitude are swapped. Are the columns swapped?")
	} else if outside > 0 {
		p.Questions = append(p.Questions, strconv.Itoa(outside)+" of "+strconv.Itoa(points)+" points lie outside the box. Are they meant?")
	}
}

// count fills the table of columns.
func (p *Preview) count(m *Mapping, t *table, sample []row, usable bool) {
	failed := map[string]int{}
	for _, r := range sample {
		var bad *Reject
		if !usable {
			break
		}
		if _, err := m.report(t, r); errors.As(err, &bad) {
			failed[bad.Field]++
		}
	}
	for i, name := range t.header {
		use := ColumnUse{Column: name, Field: m.fieldOf(name), Failed: failed[name]}
		distinct := map[string]bool{}
		for _, r := range sample {
			if i < len(r.fields) && r.fields[i] != "" {
				use.Filled++
				distinct[r.fields[i]] = true
				if use.Example == "" {
					use.Example = r.fields[i]
				}
			}
		}
		use.Distinct = len(distinct)
		p.Columns = append(p.Columns, use)
	}
}
