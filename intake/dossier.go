package intake

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// Line is one statement of a dossier before it is signed. Received is when the
// centre is to have received it; in Body, a string that begins with "@" names
// another line.
type Line struct {
	Name     string          `json:"name"`
	Received truce.Instant   `json:"received"`
	Office   truce.OfficeID  `json:"office"`
	Desk     string          `json:"desk,omitempty"`
	MadeAt   truce.Instant   `json:"made_at"`
	Kind     truce.Kind      `json:"kind"`
	Body     json.RawMessage `json:"body"`
	File     string          `json:"-"` // where it stands
	Row      int             `json:"-"` // counted from 1

	seals *Line // the later text whose hash this line files
}

const (
	foundingFile    = "founding.json"
	maxDossierLines = 100_000
)

// dossierFiles are read in this order, which breaks ties of receipt time.
var dossierFiles = [...]string{"regime.jsonl", "places.jsonl", "territory.jsonl", "talks.jsonl", "reports.jsonl", "analysis.jsonl", "access.jsonl", "docket.jsonl"}

// Dossier reads a regime's folder: the founding first, then every statement in
// the order of receipt. A file that is absent has no statements, but a folder
// without a founding is refused. So are names that stand twice and references
// to what is not said before; the first error ends the sequence.
func Dossier(fsys fs.FS) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		lines, err := readDossier(fsys)
		if err != nil {
			yield(Line{}, err)
			return
		}
		said := make(map[string]bool, len(lines))
		for _, l := range lines {
			if said[l.Name] {
				err = l.fail("name", invalid(strconv.Quote(l.Name)+" stands twice: give each line a name of its own"))
			} else {
				err = l.check(said)
			}
			said[l.Name] = true
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

func readDossier(fsys fs.FS) ([]Line, error) {
	b, err := fs.ReadFile(fsys, foundingFile)
	if err != nil {
		return nil, at(foundingFile, 0, "", fmt.Errorf("a dossier begins with its founding: %w", err))
	}
	first, err := readLine(b, foundingFile, 1)
	if err != nil {
		return nil, err
	}
	if first.Kind != "founding" {
		return nil, first.fail("kind", invalid("the first statement is the founding"))
	}
	var rest []Line
	for _, name := range dossierFiles {
		b, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, at(name, 0, "", err)
		}
		if rest, err = appendLines(rest, b, name); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(rest, func(a, b Line) int { return cmp.Compare(a.Received, b.Received) })
	if err := joinSeals(rest); err != nil {
		return nil, err
	}
	if len(rest) > 0 && rest[0].Received < first.Received {
		return nil, rest[0].fail("received", invalid("received before the founding at "+first.Received.String()))
	}
	return append([]Line{first}, rest...), nil
}

// joinSeals finds, for each line that files the hash of a later one, that one.
func joinSeals(lines []Line) error {
	for i := range lines {
		l := &lines[i]
		if l.Kind != "assessment-sealed" {
			continue
		}
		var b struct{ Hash string }
		if json.Unmarshal(l.Body, &b) != nil {
			continue // its own line says what is wrong
		}
		name, is := strings.CutPrefix(b.Hash, "@seal:")
		if !is {
			continue
		}
		at := slices.IndexFunc(lines, func(o Line) bool { return o.Name == name && o.Kind == "assessment" })
		if at < 0 {
			return l.fail("body.hash", invalid(strconv.Quote(name)+" is no assessment of this dossier"))
		}
		l.seals = &lines[at]
	}
	return nil
}

// sealOf is the hash that seals the text, once its references are known; that
// to the seal itself is no part of it.
func (l Line) sealOf(lookup func(ref string) (string, error)) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(l.Body, &fields); err != nil {
		return "", l.fail("body", err)
	}
	delete(fields, "sealed")
	l.Body, _ = json.Marshal(fields) // it was JSON
	body, err := l.Resolve(lookup)
	if err != nil {
		return "", err
	}
	a, ok := body.(*truce.Assessment)
	if !ok {
		return "", l.fail("kind", invalid("only an assessment is sealed"))
	}
	hash, err := truce.SealOf(*a)
	return hash.String(), err
}

func appendLines(to []Line, b []byte, name string) ([]Line, error) {
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, maxLine)
	row := 0
	for sc.Scan() {
		row++
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		if len(to) == maxDossierLines {
			return nil, at(name, row, "", invalid("over the limit of "+strconv.Itoa(maxDossierLines)+" statements: split the dossier"))
		}
		l, err := readLine(bytes.Clone(sc.Bytes()), name, row)
		if err != nil {
			return nil, err
		}
		to = append(to, l)
	}
	if err := sc.Err(); err != nil {
		return nil, at(name, row+1, "", fmt.Errorf("a line is over %d bytes: %w", maxLine, err))
	}
	return to, nil
}

func readLine(b []byte, file string, row int) (Line, error) {
	var l Line
	if err := truce.ReadJSON(b, &l); err != nil {
		return Line{}, at(file, row, "", err)
	}
	l.File, l.Row = file, row
	switch {
	case l.Name == "" || strings.ContainsAny(l.Name, "@#: "):
		return Line{}, l.fail("name", invalid("a name is a word without @ # : or space"))
	case l.Received == 0:
		return Line{}, l.fail("received", invalid("say when the centre received it: 2016-04-28T20:00:00+03:00"))
	case l.MadeAt == 0:
		return Line{}, l.fail("made_at", invalid("say when it was made: 2016-04-28T20:00:00+03:00"))
	case l.Office == "":
		return Line{}, l.fail("office", invalid("name the office that says it"))
	case len(l.Body) == 0:
		return Line{}, l.fail("body", invalid("a statement has a body"))
	}
	if _, known := truce.InfoOf(l.Kind); !known {
		return Line{}, l.fail("kind", invalid(strconv.Quote(string(l.Kind))+" is no kind of statement"))
	}
	return l, nil
}

func (l Line) fail(field string, err error) error { return at(l.File, l.Row, field, err) }

// check resolves the line with made-up values, so that a dossier is known to
// be whole before its first statement is said.
func (l Line) check(said map[string]bool) error {
	_, err := l.Resolve(func(ref string) (string, error) {
		r, err := parseRef(ref)
		if err != nil {
			return "", err
		}
		if !said[r.name] {
			return "", invalid(strconv.Quote(r.name) + " is not said before this line: mend the name or the receipt time")
		}
		id := truce.DigestOf([]byte(r.name))
		switch {
		case r.index:
			return "1", nil
		case r.claim >= 0 && !r.caseOf:
			return truce.ClaimRef{Statement: id, At: uint32(r.claim), Family: "violence"}.String(), nil
		}
		return id.String(), nil
	})
	return err
}

// Resolve returns the line's body with every reference replaced by what lookup
// answers for it, strictly decoded and validated. A reference is given to
// lookup without its "@": "I38a" is the ID of that line's statement, "I38a#0"
// the ClaimRef of the claim at position 0, "case:I38a#0" the ID of the docket
// case about the incident that holds it, and "index:I38a" its index in the
// record, which stands as a number; "seal:K1a" is the hash that seals that later
// assessment. "@@" is a plain "@".
func (l Line) Resolve(lookup func(ref string) (string, error)) (truce.Body, error) {
	dec := json.NewDecoder(bytes.NewReader(l.Body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, l.fail("body", err)
	}
	v, err := resolve(v, "body", l.unsealed(lookup))
	if err != nil {
		return nil, l.fail("", err)
	}
	if fields, ok := v.(map[string]any); ok && l.seals != nil {
		if fields["hash"], err = l.seals.sealOf(lookup); err != nil {
			return nil, err
		}
	}
	info, _ := truce.InfoOf(l.Kind)
	head, err := json.Marshal(map[string]any{
		"origin": "dossier", "regime": "dossier", "kind": l.Kind, "v": info.Version,
		"office": l.Office, "desk": l.Desk, "made_at": l.MadeAt, "body": v,
	})
	if err != nil {
		return nil, l.fail("body", err)
	}
	s, err := truce.DecodeBody(head)
	if err != nil {
		return nil, l.fail("", err)
	}
	return s.Body, nil
}

// unsealed answers the reference to a text that is not said yet with nothing:
// its hash takes that place.
func (l Line) unsealed(lookup func(ref string) (string, error)) func(string) (string, error) {
	if l.seals == nil {
		return lookup
	}
	return func(ref string) (string, error) {
		if strings.HasPrefix(ref, "seal:") {
			return "", nil
		}
		return lookup(ref)
	}
}

// resolve walks a JSON value and replaces the strings that refer.
func resolve(v any, field string, lookup func(string) (string, error)) (any, error) {
	var err error
	switch x := v.(type) {
	case map[string]any:
		for name := range x {
			if x[name], err = resolve(x[name], field+"."+name, lookup); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range x {
			if x[i], err = resolve(x[i], field+"."+strconv.Itoa(i), lookup); err != nil {
				return nil, err
			}
		}
	case string:
		ref, is := strings.CutPrefix(x, "@")
		if !is || strings.HasPrefix(ref, "@") {
			return strings.TrimPrefix(x, "@"), nil
		}
		got, err := lookup(ref)
		if err != nil {
			return nil, at(field, 0, "", err)
		}
		if strings.HasPrefix(ref, "index:") {
			return json.Number(got), nil
		}
		return got, nil
	}
	return v, nil
}

// ref is a parsed reference; claim is -1 where a whole statement is meant.
type ref struct {
	name          string
	claim         int
	caseOf, index bool
}

func parseRef(s string) (ref, error) {
	r := ref{name: s, claim: -1}
	r.name, r.caseOf = strings.CutPrefix(r.name, "case:")
	if !r.caseOf {
		r.name, r.index = strings.CutPrefix(r.name, "index:")
	}
	name, at, claim := strings.Cut(r.name, "#")
	if claim {
		n, err := strconv.ParseUint(at, 10, 16)
		if err != nil {
			return ref{}, invalid(strconv.Quote(s) + ": after # stands the claim's position, counted from 0")
		}
		r.name, r.claim = name, int(n)
	}
	if r.name == "" || r.caseOf && !claim || r.index && claim {
		return ref{}, invalid(strconv.Quote(s) + " is no reference: write @NAME, @NAME#0, @case:NAME#0 or @index:NAME, and @@ for a plain @")
	}
	return r, nil
}

// Names answers the references of a dossier while its lines are said, in
// order. The zero value is empty; it is not safe for several goroutines.
type Names struct{ said map[string]named }

type named struct {
	id    truce.StatementID
	index int64
	body  truce.Body
}

// Add notes that the line of that name was said as statement id at an index.
func (n *Names) Add(name string, id truce.StatementID, index int64, body truce.Body) {
	if n.said == nil {
		n.said = map[string]named{}
	}
	n.said[name] = named{id, index, body}
}

// Lookup returns the function that Line.Resolve asks. caseOf finds the docket
// case about the incident that holds a claim, which the centre may have opened
// by rule.
func (n *Names) Lookup(caseOf func(truce.ClaimRef) (truce.StatementID, error)) func(string) (string, error) {
	return func(s string) (string, error) {
		r, err := parseRef(s)
		if err != nil {
			return "", err
		}
		x, ok := n.said[r.name]
		if !ok {
			return "", &truce.Error{Kind: truce.Unknown, Why: strconv.Quote(r.name) + " was not said yet"}
		}
		switch {
		case r.index:
			return strconv.FormatInt(x.index, 10), nil
		case r.claim < 0:
			return x.id.String(), nil
		}
		claim, err := x.claim(r.claim)
		if err != nil || !r.caseOf {
			return claim.String(), err
		}
		id, err := caseOf(claim)
		return id.String(), err
	}
}

// claim names the claim at a position of a statement, as the fold does.
func (x named) claim(at int) (truce.ClaimRef, error) {
	switch b := x.body.(type) {
	case *truce.Report:
		if at < len(b.Claims) {
			return truce.ClaimRef{Statement: x.id, At: uint32(at), Family: b.Claims[at].Event}, nil
		}
	case *truce.ClaimEntry:
		if at == 0 {
			return truce.ClaimRef{Statement: x.id}, nil
		}
	}
	return truce.ClaimRef{}, &truce.Error{Kind: truce.Unknown, Why: fmt.Sprintf("statement %s has no claim at position %d", x.id.Short(), at)}
}
