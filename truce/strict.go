package truce

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxDepth = 32

// strictJSON decodes body into v after refusing what encoding/json alone lets
// pass: names that repeat or differ only in case, invalid UTF-8, lone
// surrogates, trailing bytes, numbers other than int64, depth over 32.
// Unknown fields are refused by name. Every error carries the field's path.
func strictJSON(body []byte, v any) error {
	if !utf8.Valid(body) {
		return invalid("", "not valid UTF-8 at byte %d: save the text as UTF-8", firstInvalid(body))
	}
	s := scanner{b: body}
	if err := s.value("", 0); err != nil {
		return err
	}
	s.space()
	if s.i != len(body) {
		return invalid("", "bytes follow the JSON value at byte %d: send one value", s.i)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return typed(err)
	}
	return nil
}

// typed turns an error of encoding/json into one that names the field.
func typed(err error) error {
	if KindOf(err) != "" {
		return err
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid(e.Field, "a JSON %s does not fit here: it should be %s", e.Value, e.Type)
	}
	msg := strings.TrimPrefix(err.Error(), "json: ")
	if name, ok := strings.CutPrefix(msg, "unknown field "); ok {
		return invalid(strings.Trim(name, `"`), "this field is not known here: see docs/statements.md for the kind's fields")
	}
	return invalid("", "%s", msg)
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// A scanner walks JSON once. Its caller has checked that it is UTF-8.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\n' || s.b[s.i] == '\r') {
		s.i++
	}
}

func (s *scanner) fail(path, what string) error {
	return invalid(path, "%s at byte %d", what, s.i)
}

func (s *scanner) value(path string, depth int) error {
	if depth > maxDepth {
		return s.fail(path, "nested over 32 deep")
	}
	s.space()
	if s.i >= len(s.b) {
		return s.fail(path, "the JSON ends early")
	}
	switch c := s.b[s.i]; {
	case c == '{':
		return s.object(path, depth)
	case c == '[':
		return s.array(path, depth)
	case c == '"':
		_, err := s.text(path)
		return err
	case c == '-' || c >= '0' && c <= '9':
		return s.number(path)
	default:
		for _, word := range []string{"true", "false", "null"} {
			if bytes.HasPrefix(s.b[s.i:], []byte(word)) {
				s.i += len(word)
				return nil
			}
		}
		return s.fail(path, "not JSON")
	}
}

func (s *scanner) object(path string, depth int) error {
	s.i++
	var seen []string
	for first := true; ; first = false {
		s.space()
		if s.i < len(s.b) && s.b[s.i] == '}' && first {
			s.i++
			return nil
		}
		if s.i >= len(s.b) || s.b[s.i] != '"' {
			return s.fail(path, "a field's name in quotes was expected")
		}
		name, err := s.text(path)
		if err != nil {
			return err
		}
		field := join(path, name)
		for _, old := range seen {
			if old == name {
				return invalid(field, "this name stands twice in one object: keep one")
			}
			if strings.EqualFold(old, name) {
				return invalid(field, "differs from %q only in case: keep one", old)
			}
		}
		if strings.ToLower(name) != name && isWord(name) {
			return invalid(field, "names are lower case")
		}
		if strings.ContainsAny(name, "\u017f\u212a") { // encoding/json takes them for s and k
			return invalid(field, "names have plain letters: this one has a long s or a Kelvin sign")
		}
		seen = append(seen, name)
		if s.space(); s.i >= len(s.b) || s.b[s.i] != ':' {
			return s.fail(field, "a colon was expected")
		}
		s.i++
		if err := s.value(field, depth+1); err != nil {
			return err
		}
		s.space()
		if s.i < len(s.b) && s.b[s.i] == ',' {
			s.i++
			continue
		}
		if s.i < len(s.b) && s.b[s.i] == '}' {
			s.i++
			return nil
		}
		return s.fail(path, "a comma or closing brace was expected")
	}
}

// isWord reports whether a name is of letters, digits and underscores, as all
// names of ours are; anything else is refused later as unknown.
func isWord(name string) bool {
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

func (s *scanner) array(path string, depth int) error {
	s.i++
	for n := 0; ; n++ {
		s.space()
		if s.i < len(s.b) && s.b[s.i] == ']' && n == 0 {
			s.i++
			return nil
		}
		if err := s.value(join(path, strconv.Itoa(n)), depth+1); err != nil {
			return err
		}
		s.space()
		if s.i < len(s.b) && s.b[s.i] == ',' {
			s.i++
			continue
		}
		if s.i < len(s.b) && s.b[s.i] == ']' {
			s.i++
			return nil
		}
		return s.fail(path, "a comma or closing bracket was expected")
	}
}

// text reads a quoted string and returns its meaning.
func (s *scanner) text(path string) (string, error) {
	start, escaped := s.i, false
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '\\':
			escaped = true
			s.i++
		case c < 0x20:
			return "", s.fail(path, "a control character stands unescaped")
		case c == '"':
			s.i++
			raw := s.b[start:s.i]
			if !escaped {
				return string(raw[1 : len(raw)-1]), nil
			}
			var v string
			if err := json.Unmarshal(raw, &v); err != nil {
				return "", s.fail(path, "a string is not well formed")
			}
			if strings.ContainsRune(v, utf8.RuneError) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) && !bytes.Contains(raw, []byte("\uFFFD")) {
				return "", s.fail(path, "half of a surrogate pair stands alone")
			}
			return v, nil
		}
	}
	return "", s.fail(path, "a string does not end")
}

func (s *scanner) number(path string) error {
	start := s.i
	for s.i < len(s.b) && strings.IndexByte("+-.eE0123456789", s.b[s.i]) >= 0 {
		s.i++
	}
	word := string(s.b[start:s.i])
	if n, err := strconv.ParseInt(word, 10, 64); err != nil || strconv.FormatInt(n, 10) != word {
		return invalid(path, "%s is not a whole number of 64 bits", clip(word))
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// ReadJSON decodes JSON as strictly as a statement's body: no name twice or in
// two cases, no unknown field, whole numbers only, nothing after the value.
// Its errors name the field.
func ReadJSON(b []byte, v any) error { return strictJSON(b, v) }
