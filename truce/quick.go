package truce

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// A quick reads a statement in one pass, where strictJSON and encoding/json take
// five. It reads what is written as Encode writes it, and judges nothing: what
// it cannot read it leaves to the strict way, which then reads it or says why
// not. So what is refused is refused by the strict way alone, and what a quick
// reads the strict way reads alike, which a fuzz test holds.
type quick struct {
	scanner
	head   *wireOf[Body]
	bodies map[Kind]reader
}

// A reader reads one value, at a depth, into a zero v. It reports false for what
// it leaves to the strict way.
type reader func(q *quick, v reflect.Value, depth int) bool

// quickly reads a statement; false leaves it to the strict way. The caller has
// checked that b is UTF-8.
func quickly(b []byte) (Statement, bool) {
	var w wireOf[Body]
	all := readers()
	q := quick{scanner{b: b}, &w, all.bodies}
	if !all.head(&q, reflect.ValueOf(&w).Elem(), 0) || q.i != len(b) || w.Body == nil {
		return Statement{}, false
	}
	return Statement{w.Origin, w.Regime, w.V, w.Office, w.Desk, w.MadeAt, w.Body}, true
}

// readers are those of the head and of the body of each kind, made once.
var readers = sync.OnceValue(func() (all struct {
	head   reader
	bodies map[Kind]reader
}) {
	known := map[reflect.Type]*reader{}
	all.bodies = map[Kind]reader{}
	for k, info := range byKind {
		all.bodies[k] = readerOf(reflect.TypeOf(info.new()).Elem(), known)
	}
	all.head = readerOf(reflect.TypeFor[wireOf[Body]](), known)
	return all
})

// readerOf makes the reader of a type. A type inside itself is read through
// known.
func readerOf(t reflect.Type, known map[reflect.Type]*reader) reader {
	if r := known[t]; r != nil {
		return func(q *quick, v reflect.Value, depth int) bool { return (*r)(q, v, depth) }
	}
	r := new(reader)
	known[t] = r
	switch p := reflect.PointerTo(t); {
	case t == reflect.TypeFor[Body]():
		*r = readBody
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()):
		*r = leave
	case p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		*r = readText
	default:
		*r = readerOfKind(t, known)
	}
	return *r
}

func readerOfKind(t reflect.Type, known map[reflect.Type]*reader) reader {
	switch t.Kind() {
	case reflect.String:
		return readString
	case reflect.Bool:
		return readBool
	case reflect.Int, reflect.Int32, reflect.Int64:
		return readInt
	case reflect.Uint8, reflect.Uint32:
		return readUint
	case reflect.Pointer:
		return readPointer(t.Elem(), readerOf(t.Elem(), known))
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // those are in base64
			return readSlice(t, readerOf(t.Elem(), known))
		}
	case reflect.Struct:
		if fs, ok := fieldsOf(t, known); ok {
			return fs.read
		}
	default:
	}
	return leave
}

// leave leaves everything to the strict way.
func leave(*quick, reflect.Value, int) bool { return false }

// took reports whether c comes next, and goes past it.
func (q *quick) took(c byte) bool {
	if q.i < len(q.b) && q.b[q.i] == c {
		q.i++
		return true
	}
	return false
}

// word reads a string without escapes.
func (q *quick) word() ([]byte, bool) {
	if !q.took('"') {
		return nil, false
	}
	for i := q.i; i < len(q.b); i++ {
		switch c := q.b[i]; {
		case c == '"':
			w := q.b[q.i:i]
			q.i = i + 1
			return w, true
		case c < 0x20 || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func readString(q *quick, v reflect.Value, _ int) bool {
	start := q.i
	if w, ok := q.word(); ok {
		v.SetString(string(w))
		return true
	}
	if q.i = start; q.i >= len(q.b) || q.b[q.i] != '"' {
		return false
	}
	s, err := q.text("")
	v.SetString(s)
	return err == nil
}

func readText(q *quick, v reflect.Value, _ int) bool {
	w, ok := q.word()
	return ok && v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(w) == nil
}

func readBool(q *quick, v reflect.Value, _ int) bool {
	for _, word := range [...]string{"false", "true"} {
		if rest := q.b[q.i:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			q.i += len(word)
			v.SetBool(word == "true")
			return true
		}
	}
	return false
}

// digits reads a whole number in its one spelling, of at most 18 digits.
func (q *quick) digits() (n int64, ok bool) {
	minus, start := q.took('-'), q.i
	for q.i < len(q.b) && '0' <= q.b[q.i] && q.b[q.i] <= '9' && q.i-start < 18 {
		n = 10*n + int64(q.b[q.i]-'0')
		q.i++
	}
	if q.i == start || q.b[start] == '0' && (minus || q.i > start+1) {
		return 0, false
	}
	if minus {
		n = -n
	}
	return n, true
}

func readInt(q *quick, v reflect.Value, _ int) bool {
	n, ok := q.digits()
	if !ok || v.OverflowInt(n) {
		return false
	}
	v.SetInt(n)
	return true
}

func readUint(q *quick, v reflect.Value, _ int) bool {
	n, ok := q.digits()
	if !ok || n < 0 || v.OverflowUint(uint64(n)) {
		return false
	}
	v.SetUint(uint64(n))
	return true
}

func readPointer(to reflect.Type, of reader) reader {
	return func(q *quick, v reflect.Value, depth int) bool {
		p := reflect.New(to)
		v.Set(p)
		return of(q, p.Elem(), depth)
	}
}

func readSlice(t reflect.Type, of reader) reader {
	return func(q *quick, v reflect.Value, depth int) bool {
		if depth >= maxDepth || !q.took('[') {
			return false
		}
		if q.took(']') {
			v.Set(reflect.MakeSlice(t, 0, 0))
			return true
		}
		for n := 0; ; n++ {
			v.Grow(1)
			v.SetLen(n + 1)
			if !of(q, v.Index(n), depth+1) {
				return false
			}
			if !q.took(',') {
				return q.took(']')
			}
		}
	}
}

// readBody reads the body of the kind that its head has named.
func readBody(q *quick, v reflect.Value, depth int) bool {
	info, ok := byKind[q.head.Kind]
	if !ok || info.Version != q.head.V {
		return false
	}
	b := info.new()
	v.Set(reflect.ValueOf(b))
	return q.bodies[info.Kind](q, reflect.ValueOf(b).Elem(), depth)
}

// fields are those of a struct, with those of structs embedded in it.
type fields []field

type field struct {
	name string
	path []int
	read reader
}

const maxFields = 64 // a bit each

// fieldsOf lists the fields that JSON names. It gives up on what only
// encoding/json's rules decide: two fields of one name, tags other than those
// that say when nothing is written, embedded pointers.
func fieldsOf(t reflect.Type, known map[reflect.Type]*reader) (fs fields, ok bool) {
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		tag, inJSON := f.Tag.Lookup("json")
		name, opts, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous && !inJSON && f.Type.Kind() == reflect.Struct && len(f.Index) == 1:
			continue // its own fields are visible here
		case tag == "-":
			continue
		case f.Anonymous || !f.IsExported() || name == "" || name != strings.ToLower(name) || names[name] || len(fs) == maxFields || len(f.Index) > 2,
			opts != "" && opts != "omitempty" && opts != "omitzero":
			return nil, false
		}
		names[name] = true
		fs = append(fs, field{name, f.Index, readerOf(f.Type, known)})
	}
	return fs, true
}

// find returns the place of a field, looking from where it is likely to stand.
func (fs fields) find(name []byte, from int) int {
	for i := from; i < len(fs); i++ {
		if string(name) == fs[i].name {
			return i
		}
	}
	for i := range from {
		if string(name) == fs[i].name {
			return i
		}
	}
	return -1
}

func (fs fields) read(q *quick, v reflect.Value, depth int) bool {
	if depth >= maxDepth || !q.took('{') {
		return false
	}
	if q.took('}') {
		return true
	}
	for seen, next := uint64(0), 0; ; {
		name, ok := q.word()
		if !ok || !q.took(':') {
			return false
		}
		i := fs.find(name, next)
		if i < 0 || seen&(1<<i) != 0 {
			return false
		}
		seen, next = seen|1<<i, i+1
		at := v.Field(fs[i].path[0])
		if len(fs[i].path) == 2 {
			at = at.Field(fs[i].path[1])
		}
		if !fs[i].read(q, at, depth+1) {
			return false
		}
		if !q.took(',') {
			return q.took('}')
		}
	}
}
