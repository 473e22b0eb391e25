package truce

import (
	"errors"
	"fmt"
)

// ErrorKind says what sort of refusal an Error is; web maps each to one
// problem type.
type ErrorKind string

// The kinds of refusal.
const (
	Invalid     ErrorKind = "invalid"     // the words themselves are wrong: mend and send again
	Forbidden   ErrorKind = "forbidden"   // this office may not say this now
	Unknown     ErrorKind = "unknown"     // what it names is not there
	Conflict    ErrorKind = "conflict"    // it contradicts what stands
	Unavailable ErrorKind = "unavailable" // try again later
)

// Error is the one domain error: what was refused, where, and why. Why ends
// with what to do.
type Error struct {
	Kind  ErrorKind
	Field string // path of the field, such as body.span.from; empty for the whole
	Why   string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Field == "" {
		return string(e.Kind) + ": " + e.Why
	}
	return string(e.Kind) + ": " + e.Field + ": " + e.Why
}

// KindOf returns the kind of the first Error in err's chain, and "" for a
// foreign error, of which a reader sees nothing.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func invalid(field, format string, args ...any) *Error {
	return &Error{Invalid, field, fmt.Sprintf(format, args...)}
}

func forbidden(field, format string, args ...any) *Error {
	return &Error{Forbidden, field, fmt.Sprintf(format, args...)}
}

func conflict(field, format string, args ...any) *Error {
	return &Error{Conflict, field, fmt.Sprintf(format, args...)}
}

func unknown(field, format string, args ...any) *Error {
	return &Error{Unknown, field, fmt.Sprintf(format, args...)}
}

// within puts a parent before the field of a domain error.
func within(parent string, err error) error {
	var e *Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	field := parent
	if e.Field != "" {
		field += "." + e.Field
	}
	return &Error{e.Kind, field, e.Why}
}
