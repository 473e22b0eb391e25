package intake

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings of a table or text. Others are converted before they come here.
const (
	UTF8        = "utf-8"
	UTF16       = "utf-16" // either byte order, by its mark
	Windows1251 = "windows-1251"
	Windows1256 = "windows-1256"
)

// assumeEncoding guesses the encoding from the first bytes of a file: by mark,
// else UTF-8 if valid, else by whether high letters look Russian or Arabic.
func assumeEncoding(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16
	case validPrefix(head):
		return UTF8
	}
	small, capital := 0, 0 // in Windows-1251, where words are mostly of small letters
	for _, b := range head {
		if b >= 0xE0 {
			small++
		} else if b >= 0xC0 {
			capital++
		}
	}
	if small > 4*capital {
		return Windows1251
	}
	return Windows1256
}

// validPrefix reports whether b is UTF-8, but for a rune that is cut at its end.
func validPrefix(b []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut <= len(b); cut++ {
		if utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return false
}

func encodingNamed(name string) (encoding.Encoding, bool) {
	switch name {
	case "", UTF8:
		return encoding.Nop, true
	case UTF16:
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.ExpectBOM), true
	case Windows1251:
		return charmap.Windows1251, true
	case Windows1256:
		return charmap.Windows1256, true
	}
	return nil, false
}

// decodeText returns a document as UTF-8 without a mark, and the encoding that
// it was taken to be in.
func decodeText(b []byte, name string) (string, string, error) {
	if name == "" {
		name = assumeEncoding(b)
	}
	enc, ok := encodingNamed(name)
	if !ok {
		return "", name, invalid(name + " is no encoding that is read here: write utf-8, utf-16, windows-1251 or windows-1256")
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil || !utf8.Valid(out) {
		return "", name, invalid("not valid " + name + ": save the text as UTF-8")
	}
	return strings.TrimPrefix(string(out), bom), name, nil
}

// table is an open CSV file: what was assumed about it, its header, and the
// rows that are left.
type table struct {
	file      string
	encoding  string
	delimiter rune
	header    []string
	tags      []string // of an HXL row, empty if there is none
	csv       *csv.Reader
	rest      *rowLimit
	first     *pending // read while looking for a row of tags
	line      int      // where the last record began
	dead      bool     // what follows cannot be read
}

type pending struct {
	row
	err error
}

// row is one record and the line that it begins on.
type row struct {
	line   int
	fields []string
}

func (r row) text() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if w.Write(r.fields) != nil {
		return strings.Join(r.fields, ",")
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// rowLimit fails a record of over maxLine bytes, so that one open quote does
// not take a whole file into memory.
type rowLimit struct {
	r    io.Reader
	used int
}

func (l *rowLimit) Read(p []byte) (int, error) {
	if l.used > maxLine {
		return 0, tooBig(maxLine)
	}
	n, err := l.r.Read(p)
	l.used += n
	return n, err
}

const maxColumns = 512

// openTable reads the header of a CSV file. Empty assumptions are guessed.
func openTable(r io.Reader, file, enc string, delimiter rune) (*table, error) {
	in := bufio.NewReaderSize(&limited{r: r, left: MaxFile}, 1<<16)
	head, err := in.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return nil, at(file, 1, "", err)
	}
	t := &table{file: file, encoding: enc, delimiter: delimiter}
	if t.encoding == "" {
		t.encoding = assumeEncoding(head)
	}
	e, ok := encodingNamed(t.encoding)
	if !ok {
		return nil, at(file, 1, "", invalid(t.encoding+" is no encoding that is read here: write utf-8, utf-16, windows-1251 or windows-1256"))
	}
	text := bufio.NewReaderSize(transform.NewReader(in, e.NewDecoder()), 1<<16)
	if mark, _ := text.Peek(len(bom)); string(mark) == bom {
		_, _ = text.Discard(len(bom)) // it was just peeked
	}
	if t.delimiter == 0 {
		start, _ := text.Peek(1 << 15)
		t.delimiter = assumeDelimiter(start)
	}
	t.rest = &rowLimit{r: text}
	t.csv = csv.NewReader(t.rest)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.LazyQuotes = t.delimiter, -1, false
	names, err := t.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = at(file, 1, "", invalid("the file is empty: its first row names the columns"))
		}
		return nil, err
	}
	if len(names.fields) > maxColumns {
		return nil, at(file, 1, "", invalid("over 512 columns: is the delimiter right?"))
	}
	t.header = names.fields
	if second, err := t.next(); err == nil && isTagRow(second.fields) {
		t.tags = second.fields
	} else {
		t.first = &pending{second, err}
	}
	return t, nil
}

// assumeDelimiter takes the commonest of comma, semicolon and tab in the first
// line.
func assumeDelimiter(start []byte) rune {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t'} {
		if n := strings.Count(string(line), string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

// isTagRow reports whether a row is of HXL hashtags.
func isTagRow(fields []string) bool {
	n := 0
	for _, f := range fields {
		f = strings.TrimSpace(f)
		if f != "" && !strings.HasPrefix(f, "#") {
			return false
		}
		if f != "" {
			n++
		}
	}
	return n > 0
}

// next returns the next record; its errors name file and line.
func (t *table) next() (row, error) {
	if p := t.first; p != nil {
		t.first = nil
		return p.row, p.err
	}
	t.rest.used = 0
	fields, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return row{}, io.EOF
	}
	var p *csv.ParseError
	if errors.As(err, &p) {
		return row{p.StartLine, fields}, at(t.file, p.StartLine, "", invalid("the row is not well formed: "+p.Err.Error()))
	}
	if err != nil {
		t.dead = true
		return row{}, at(t.file, t.line+1, "", err)
	}
	t.line, _ = t.csv.FieldPos(0)
	r := row{t.line, fields}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			return r, at(t.file, t.line, t.columnName(i), invalid("not valid UTF-8: save the file as UTF-8, or name its encoding"))
		}
		fields[i] = unguard(strings.TrimSpace(f))
	}
	return r, nil
}

func (t *table) columnName(i int) string {
	if i < len(t.header) {
		return t.header[i]
	}
	return ""
}

// unguard takes off the apostrophe that our own export puts before a cell that
// a spreadsheet would take for a formula.
func unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && rest != "" && strings.ContainsRune("=+-@\t\r", rune(rest[0])) {
		return rest
	}
	return s
}

// rows yields the records that are left, with an error in place of each that
// is not well formed; one that cannot be got past ends them.
func (t *table) rows() iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for t.first != nil || !t.dead {
			r, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && slices.IndexFunc(r.fields, func(f string) bool { return f != "" }) < 0 {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// columns finds columns by name, whatever their case.
func (t *table) columns() map[string]int {
	m := make(map[string]int, len(t.header))
	for i, name := range t.header {
		name = strings.ToLower(name)
		if _, twice := m[name]; !twice {
			m[name] = i
		}
	}
	return m
}

// missing refuses a layout that lacks one of its columns.
func (t *table) missing(layout string, need []string) error {
	have := t.columns()
	for _, name := range need {
		if _, ok := have[name]; !ok {
			return at(t.file, 1, name, invalid("this column is missing for the layout of "+layout+": name another layout, or map the columns"))
		}
	}
	return nil
}
