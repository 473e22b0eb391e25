package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// maxCatalogueBytes bounds one language's file.
const maxCatalogueBytes = 1 << 20

// maxMessageDepth bounds how deep a plural may stand inside a select.
const maxMessageDepth = 4

// Pseudo is the language in which every message is accented, longer and in
// brackets: what stays plain on a page was never in the catalogue.
const Pseudo = "qps"

// A Catalogue holds the words of the pages in every language. It is read once
// and never changes, so it may be shared.
type Catalogue struct {
	tongues map[string]*Tongue
	order   []string
}

// A Tongue is one language of the catalogue: its messages, and how it writes
// numbers and dates. Numbers and dates come from tables of our own, so a page
// has the same bytes on every machine.
type Tongue struct {
	// Code is the language's tag, as in the lang attribute.
	Code string
	// Dir is "ltr" or "rtl", as in the dir attribute.
	Dir string
	// Own is the language's name in itself.
	Own string

	tag      language.Tag
	writing  writing
	messages map[string]message
}

// Load reads every NAME.json of the folder, each one flat object of key to
// message, and adds the pseudo-language. English must be among them: it is the
// language that all others are compared with. An error names file and key.
func Load(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{tongues: map[string]*Tongue{}}
	for _, name := range names {
		code := strings.TrimSuffix(path.Base(name), ".json")
		texts, err := readTexts(files, name)
		if err != nil {
			return nil, err
		}
		t, err := newTongue(code, texts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.tongues[code] = t
		if code == "en" {
			if c.tongues[Pseudo], err = newTongue(Pseudo, texts); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if c.tongues["en"] == nil {
		return nil, errors.New("the catalogue has no en.json: add it, it is the language the others follow")
	}
	for _, code := range []string{"en", "fr", "ar", "ru"} {
		if c.tongues[code] != nil {
			c.order = append(c.order, code)
		}
	}
	return c, nil
}

// In returns a language, or English when the catalogue lacks it.
func (c *Catalogue) In(code string) *Tongue {
	if t := c.tongues[code]; t != nil {
		return t
	}
	return c.tongues["en"]
}

// Has reports whether pages exist in a language; the pseudo-language counts.
func (c *Catalogue) Has(code string) bool { return c.tongues[code] != nil }

// Codes lists the languages a reader may choose, in the order of the switch.
func (c *Catalogue) Codes() []string { return slices.Clone(c.order) }

// T returns a message with its placeholders filled. Arguments are pairs of
// name and value: T("pages.range", "from", 1, "to", 50). Whole numbers are
// written as the language writes them. An unknown key or a missing argument
// shows itself on the page in double braces; the tests refuse both.
func (t *Tongue) T(key string, args ...any) string {
	m, known := t.messages[key]
	if !known {
		return "{{" + key + "}}"
	}
	var b strings.Builder
	m.write(&b, t, pairs(args), "", func(s string) string { return s })
	return b.String()
}

// TH is T for text between tags. What is filled in is escaped and isolated in
// <bdi>, so a name of another script breaks no line; HTML made elsewhere (a
// link) is taken as it is.
func (t *Tongue) TH(key string, args ...any) template.HTML {
	m, known := t.messages[key]
	if !known {
		return template.HTML("{{" + html.EscapeString(key) + "}}") //nolint:gosec // escaped above
	}
	named := pairs(args)
	for name, v := range named {
		if made, ok := v.(template.HTML); ok {
			named[name] = string(made)
		} else if _, ok := whole(v); !ok {
			named[name] = "<bdi>" + html.EscapeString(fmt.Sprint(v)) + "</bdi>"
		}
	}
	var b strings.Builder
	m.write(&b, t, named, "", html.EscapeString)
	return template.HTML(b.String()) //nolint:gosec // text escaped by write, arguments above
}

func readTexts(files fs.FS, name string) (map[string]string, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	if info, err := f.Stat(); err != nil || info.Size() > maxCatalogueBytes {
		return nil, errors.Join(err, fmt.Errorf("%s: over %d bytes: split the catalogue", name, maxCatalogueBytes))
	}
	d := json.NewDecoder(f)
	texts := map[string]string{}
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.Join(err, fmt.Errorf("%s: want one flat object of key to message", name))
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		var text string
		if err := d.Decode(&text); err != nil {
			return nil, fmt.Errorf("%s: %v: %w", name, key, err)
		}
		if _, twice := texts[key.(string)]; twice {
			return nil, fmt.Errorf("%s: %v stands twice: remove one", name, key)
		}
		texts[key.(string)] = text
	}
	return texts, nil
}

func newTongue(code string, texts map[string]string) (*Tongue, error) {
	tag, err := language.Parse(code)
	w, known := writingOf(code)
	if err != nil || !known {
		return nil, errors.Join(err, fmt.Errorf("language %q has no table of dates: add one to writing.go", code))
	}
	if code == Pseudo {
		tag = language.English
	}
	t := &Tongue{Code: code, Dir: w.dir, Own: w.own, tag: tag, writing: w, messages: make(map[string]message, len(texts))}
	for key, text := range texts {
		m, err := parseMessage(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if code == Pseudo {
			m = message{{text: "["}, {inner: pseudo(m)}, {text: strings.Repeat("~", utf8.RuneCountInString(text)*2/5) + "]"}}
		}
		t.messages[key] = m
	}
	return t, nil
}

// pairs turns name, value, name, value into a map; a wrong list is a fault of
// the template's author and shows as missing arguments.
func pairs(args []any) map[string]any {
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			m[name] = args[i+1]
		}
	}
	return m
}

// A message is a sequence of pieces.
type message []piece

// A piece is exactly one of: a text, a placeholder, a choice, a group, or the
// number sign of a plural.
type piece struct {
	text    string
	name    string             // placeholder, or what the choice looks at
	kind    string             // "", "plural", "select"
	choices map[string]message // of a choice
	inner   message            // of a group
	number  bool               // "#"
}

func (m message) write(b *strings.Builder, t *Tongue, args map[string]any, number string, esc func(string) string) {
	for _, p := range m {
		switch {
		case p.number:
			b.WriteString(number)
		case p.inner != nil:
			p.inner.write(b, t, args, number, esc)
		case p.kind == "plural":
			n, _ := whole(args[p.name])
			chosen, exact := p.choices["="+strconv.FormatInt(n, 10)]
			if !exact {
				if chosen = p.choices[t.form(n)]; chosen == nil {
					chosen = p.choices["other"]
				}
			}
			chosen.write(b, t, args, t.Number(n), esc)
		case p.kind == "select":
			chosen, known := p.choices[fmt.Sprint(args[p.name])]
			if !known {
				chosen = p.choices["other"]
			}
			chosen.write(b, t, args, number, esc)
		case p.name != "":
			v, given := args[p.name]
			if !given {
				b.WriteString("{{" + p.name + "}}")
			} else if n, ok := whole(v); ok {
				b.WriteString(t.Number(n))
			} else {
				fmt.Fprint(b, v)
			}
		default:
			b.WriteString(esc(p.text))
		}
	}
}

func whole(v any) (int64, bool) {
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return r.Int(), true
	case r.CanUint():
		return int64(r.Uint()), true // a count; the record's indexes stay far below
	}
	return 0, false
}

// form names the plural form that the language uses for a whole number.
func (t *Tongue) form(n int64) string {
	if n < 0 {
		n = -n
	}
	return formNames()[plural.Cardinal.MatchPlural(t.tag, int(n%10_000_000), 0, 0, 0, 0)]
}

func formNames() map[plural.Form]string {
	return map[plural.Form]string{
		plural.Other: "other", plural.Zero: "zero", plural.One: "one",
		plural.Two: "two", plural.Few: "few", plural.Many: "many",
	}
}

// parseMessage reads {name}, {name, plural, one {...} =0 {...} other {...}}
// and {name, select, word {...} other {...}}; "#" inside a plural is its
// number. There is no way to write a brace itself: no text of ours needs one.
func parseMessage(text string) (message, error) {
	p := parser{rest: text}
	m, err := p.message(0, false)
	if err != nil {
		return nil, fmt.Errorf("%w, at %q", err, p.rest)
	}
	return m, nil
}

type parser struct{ rest string }

func (p *parser) message(depth int, inPlural bool) (message, error) {
	if depth > maxMessageDepth {
		return nil, fmt.Errorf("choices nested over %d deep", maxMessageDepth)
	}
	m := message{}
	for p.rest != "" && p.rest[0] != '}' {
		stop := strings.IndexAny(p.rest, "{}#")
		if !inPlural {
			stop = strings.IndexAny(p.rest, "{}")
		}
		switch {
		case stop < 0:
			stop = len(p.rest)
			fallthrough
		case stop > 0:
			m = append(m, piece{text: p.rest[:stop]})
			p.rest = p.rest[stop:]
		case p.rest[0] == '#':
			m = append(m, piece{number: true})
			p.rest = p.rest[1:]
		default:
			one, err := p.placeholder(depth)
			if err != nil {
				return nil, err
			}
			m = append(m, one)
		}
	}
	if depth == 0 && p.rest != "" {
		return nil, errors.New("a brace closes nothing")
	}
	return m, nil
}

func (p *parser) placeholder(depth int) (piece, error) {
	stop := strings.IndexAny(p.rest[1:], ",{}")
	if stop < 0 {
		return piece{}, errors.New("a brace is not closed")
	}
	one := piece{name: strings.TrimSpace(p.rest[1 : 1+stop])}
	if one.name == "" {
		return one, errors.New("a placeholder has no name")
	}
	end := p.rest[1+stop]
	p.rest = p.rest[2+stop:]
	if end == '}' {
		return one, nil
	}
	kind, rest, found := strings.Cut(p.rest, ",")
	one.kind = strings.TrimSpace(kind)
	if end != ',' || !found || one.kind != "plural" && one.kind != "select" {
		return one, fmt.Errorf("{%s: want {name}, {name, plural, ...} or {name, select, ...}", one.name)
	}
	p.rest = rest
	one.choices = map[string]message{}
	for {
		p.rest = strings.TrimLeft(p.rest, " \n")
		if strings.HasPrefix(p.rest, "}") {
			p.rest = p.rest[1:]
			break
		}
		name, rest, found := strings.Cut(p.rest, "{")
		if !found {
			return one, fmt.Errorf("the choice of %s is not closed", one.name)
		}
		p.rest = rest
		inner, err := p.message(depth+1, one.kind == "plural")
		if err != nil {
			return one, err
		}
		if p.rest == "" {
			return one, fmt.Errorf("the choice of %s is not closed", one.name)
		}
		p.rest = p.rest[1:]
		one.choices[strings.TrimSpace(name)] = inner
	}
	if one.choices["other"] == nil {
		return one, fmt.Errorf("the choice of %s has no other", one.name)
	}
	return one, nil
}

// pseudo accents the texts of a message and leaves its placeholders alone.
func pseudo(m message) message {
	accents := strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú", "A", "Á", "E", "É", "I", "Í", "O", "Ó", "U", "Ú", "n", "ñ", "c", "ç")
	out := make(message, len(m))
	for i, p := range m {
		p.text = accents.Replace(p.text)
		if p.choices != nil {
			choices := make(map[string]message, len(p.choices))
			for name, inner := range p.choices {
				choices[name] = pseudo(inner)
			}
			p.choices = choices
		}
		out[i] = p
	}
	return out
}
