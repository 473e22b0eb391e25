package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/marchday/marchday/truce"
)

// Reject is the error of one row of a stream: the row itself, for the file of
// rejects, beside what is wrong with it and where. The rows after it are read.
type Reject struct {
	File  string
	Line  int    // counted from 1
	Field string // path within the row; empty for the whole
	Row   string // as it stood, cut after 4,000 bytes
	Err   *truce.Error
}

// Error names file, line and field.
func (r *Reject) Error() string { return r.Err.Error() }

// Unwrap returns the truce.Error.
func (r *Reject) Unwrap() error { return r.Err }

const maxRejectRow = 4000

func reject(file string, line int, field, row string, err error) *Reject {
	located := at(file, line, field, err)
	r := &Reject{File: file, Line: line, Field: field, Row: row}
	if len(row) > maxRejectRow {
		r.Row = row[:maxRejectRow]
	}
	var e *truce.Error
	errors.As(located, &r.Err)
	if errors.As(err, &e) && e.Field != "" {
		r.Field = joined(field, e.Field)
	}
	return r
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}

// ReadReport reads one report in our own JSON, strictly, and validates it.
func ReadReport(b []byte, file string) (truce.Report, error) {
	if len(b) > MaxDocument {
		return truce.Report{}, at(file, 0, "", tooBig(MaxDocument))
	}
	return readReport(b, file, 0)
}

func readReport(b []byte, file string, line int) (truce.Report, error) {
	var r truce.Report
	if err := truce.ReadJSON(b, &r); err != nil {
		return truce.Report{}, reject(file, line, "", string(b), err)
	}
	if err := r.Validate(); err != nil {
		return truce.Report{}, reject(file, line, "", string(b), err)
	}
	return r, nil
}

func tooBig(limit int64) error {
	return &truce.Error{Kind: truce.Invalid, Why: fmt.Sprintf("over the limit of %d bytes: split it", limit)}
}

// JSONL reads reports in our own JSON, one a line; empty lines are skipped. A
// bad line is a *Reject and the next one is read; a line over 1 MiB or a file
// over MaxFile ends the sequence.
func JSONL(r io.Reader, file string) iter.Seq2[truce.Report, error] {
	return func(yield func(truce.Report, error) bool) {
		in := &limited{r: r, left: MaxFile}
		sc := bufio.NewScanner(in)
		sc.Buffer(nil, maxLine)
		line := 0
		for sc.Scan() {
			line++
			b := sc.Bytes()
			if line == 1 {
				b = bytes.TrimPrefix(b, []byte(bom))
			}
			if len(bytes.TrimSpace(b)) == 0 {
				continue
			}
			if !yield(readReport(b, file, line)) {
				return
			}
		}
		if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(truce.Report{}, at(file, line+1, "", tooBig(maxLine)))
		} else if err != nil {
			yield(truce.Report{}, at(file, line+1, "", err))
		}
	}
}

const bom = "\uFEFF"

// limited is a reader that fails, rather than ends, past its limit.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, tooBig(MaxFile)
	}
	return n, err
}
