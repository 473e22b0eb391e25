// Package intake turns what comes in from outside into reports, one file per
// format. A decoder reads and returns; it decides nothing, stores nothing and
// merges nothing, so that whose words they are is never lost. Whatever it does
// not understand is an error that names file, line and field, and what to do.
//
//	for report, err := range intake.JSONL(r, "reports.jsonl") {
//		...
//	}
package intake

import (
	"errors"
	"strconv"

	"github.com/marchday/marchday/truce"
)

// The limits of what is read, in bytes.
const (
	MaxFile     = 512 << 20 // one file of a stream of rows
	MaxDocument = 8 << 20   // one article or bulletin, which is read whole
	maxLine     = 1 << 20   // one line of JSON or one row of a table
)

// at puts file, line and field before an error, and keeps its kind; a foreign
// error is one of the input.
func at(file string, line int, field string, err error) error {
	where := file
	if line > 0 {
		where += ":" + strconv.Itoa(line)
	}
	var e *truce.Error
	if !errors.As(err, &e) {
		e = &truce.Error{Kind: truce.Invalid, Why: err.Error()}
	}
	if field != "" && e.Field != "" {
		field += "."
	}
	if field += e.Field; field != "" {
		where += ":" + field
	}
	return &truce.Error{Kind: e.Kind, Field: where, Why: e.Why}
}

func invalid(why string) error { return &truce.Error{Kind: truce.Invalid, Why: why} }
