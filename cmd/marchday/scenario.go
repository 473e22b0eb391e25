package main

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// The limits of a scenario.
const (
	maxScenarioLines = 2000
	maxScenarioBytes = 1 << 20
)

// A stage is what a scenario is played on: who says something gets its ID or
// why it was refused, the Book answers for regime and docket, and incidents are
// whatever stands together. hall is one with a Book alone, whole a real centre.
type stage interface {
	say(office truce.OfficeID, at truce.Instant, b truce.Body) (truce.StatementID, error)
	book() *truce.Book
	// incidents returns all incidents, each as its claims in record order with
	// Ref set and the publisher's name put first of each claim's sources.
	incidents() ([][]told, error)
	close() error
}

// told is a claim as a report brought it.
type told struct {
	truce.Claim
	publisher string
	said      truce.Instant
	index     int64
}

// playAll plays the scenarios of files, or of all .txt files below folders, and
// prints one line each. It returns an error if any failed.
func playAll(paths []string, out io.Writer) error {
	files, err := scenarioFiles(paths)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return usagef("no scenario here: name a .txt file or a folder that holds some")
	}
	failed := 0
	for _, name := range files {
		p, err := playFile(name)
		if err != nil {
			failed++
			fmt.Fprintf(out, "FAIL  %v\n", err)
			continue
		}
		fmt.Fprintf(out, "ok    %s: %s (%d expectations; guards %s)\n", name, p.title, p.expected, p.guards)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d scenarios failed", failed, len(files))
	}
	return nil
}

func scenarioFiles(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		err := filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && (name == p || strings.HasSuffix(name, ".txt")) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func playFile(name string) (*scenario, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return play(name, io.LimitReader(f, maxScenarioBytes), newHall)
}

// A scenario is one file being played.
type scenario struct {
	name, title, guards string
	expected            int
	begun               bool // another file's lines were played first
	founding            *truce.Founding
	build               func(*truce.Founding) (stage, error)
	stage               stage // nil before the founding
	now                 truce.Instant
	places              map[string]truce.Where
	shapes              map[string]truce.Area
	said                map[string]truce.StatementID // by the label a line gave
	claims              map[string]truce.ClaimRef
	sealed              map[string]*truce.Assessment
	saidAt              map[string]int64 // index, by label
}

// play reads a scenario from r and plays it. Every error names file and line.
func play(name string, r io.Reader, build func(*truce.Founding) (stage, error)) (*scenario, error) {
	p := &scenario{
		name: name, build: build, now: parseUTC("2016-05-05T00:00Z"),
		places: map[string]truce.Where{}, shapes: map[string]truce.Area{}, said: map[string]truce.StatementID{},
		claims: map[string]truce.ClaimRef{}, sealed: map[string]*truce.Assessment{}, saidAt: map[string]int64{},
		founding: &truce.Founding{
			Mode: truce.Demo, Name: words("Scenario"), Regime: words("Scenario"), Method: truce.Method{Release: "scenario"},
			Procedure: truce.Procedure{CutOff: "18:00"},
			Offices:   []truce.Office{{ID: "centre", Name: words("centre"), Role: truce.Centre}},
		},
	}
	err := p.lines(name, r)
	if p.stage != nil {
		err = errors.Join(err, p.stage.close())
	}
	switch {
	case err != nil:
		return p, err
	case p.title == "" || p.guards == "":
		return p, fmt.Errorf("%s:1: a scenario begins with scenario: and guards: lines, its name and the rule it guards", name)
	case p.expected == 0:
		return p, fmt.Errorf("%s:1: a scenario expects something: add an expect line", name)
	}
	return p, nil
}

// lines plays the lines of one file.
func (p *scenario) lines(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxScenarioBytes)
	for n := 1; lines.Scan(); n++ {
		if n > maxScenarioLines {
			return fmt.Errorf("%s:%d: over %d lines: split the scenario", name, n, maxScenarioLines)
		}
		l, err := parseLine(lines.Text())
		if err == nil && l.verb != "" {
			err = p.do(l)
		}
		var inner *placed
		if errors.As(err, &inner) {
			return err
		}
		if err != nil {
			return &placed{name, n, err}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// placed is an error at a line of a scenario.
type placed struct {
	file string
	line int
	err  error
}

func (e *placed) Error() string { return fmt.Sprintf("%s:%d: %v", e.file, e.line, e.err) }

func (e *placed) Unwrap() error { return e.err }

// begins plays another file's lines first: a regime that several scenarios
// share. Its name ends in .inc, so that it is not played alone.
func (p *scenario) begins(l *line) error {
	w, err := l.need(1, "a file that ends in .inc")
	if err != nil {
		return err
	}
	if p.begun || p.stage != nil || filepath.Base(w[0]) != w[0] || !strings.HasSuffix(w[0], ".inc") {
		return fmt.Errorf("a scenario begins once, before anything is said, with a file beside it that ends in .inc")
	}
	p.begun = true
	f, err := os.Open(filepath.Join(filepath.Dir(p.name), w[0]))
	if err != nil {
		return err
	}
	defer f.Close()
	return p.lines(f.Name(), io.LimitReader(f, maxScenarioBytes))
}

func words(s string) []truce.Text { return []truce.Text{{Lang: "en", Text: s}} }

// A line is one line of a scenario: who says it, its verb, the words after it
// and its clauses.
type line struct {
	office  truce.OfficeID // "" for a stage direction
	verb    string
	words   []string
	clauses map[string][]string
	rest    string // of a refused line, as it was written
}

func (l *line) has(clause string) bool { _, ok := l.clauses[clause]; return ok }

// one returns a clause's single word, "" if it has none.
func (l *line) one(clause string) string {
	if w := l.clauses[clause]; len(w) > 0 {
		return w[0]
	}
	return ""
}

// need returns n words after the verb.
func (l *line) need(n int, what string) ([]string, error) {
	if len(l.words) < n {
		return nil, fmt.Errorf("%s needs %s", l.verb, what)
	}
	return l.words, nil
}

// clausesOf lists, for every verb, the words that begin a clause.
var clausesOf = map[string]string{
	"office": "for through", "zone": "from", "place": "in point radius", "shape": "ring line metres",
	"actor": "of", "member": "from until left says", "accepts": "from until notified not-notified says doubtful",
	"withdraws": "from until suspends says", "excludes": "by from until", "instrument": "",
	"term": "binds protects weapons over during from until needs unless if against beside", "span": "over except from until end in extends says as",
	"covers": "over except from until says", "reads": "as adopts from until over except valid-from valid-until requires notice also signs denies supersedes",
	"holds": "over from until says", "observes": "from count bearing half range when", "claims": "in when by against hit with killed wounded says lineage form stance signs denies about side who status scope own part publisher marking",
	"same": "because", "different": "because response", "case": "about by", "step": "access of", "asks": "through liaison as",
	"replies": "with", "seals": "as", "opens": "", "assesses": "as", "proposes": "as", "concurs": "", "dissents": "", "reserves": "",
	"refers": "to", "reopens": "with", "notifies": "about as", "acknowledges": "", "remedies": "by", "takes-back": "", "countersigns": "", "procedure": "clock sealing",
	"expect": "missing for at as-of sources who scope cite because as on", "calls": "about answer", "tells": "publisher title", "talks": "by cites when",
}

// parseLine cuts a line in words and clauses. Words in double quotes are one.
func parseLine(s string) (*line, error) {
	l := &line{clauses: map[string][]string{}}
	for _, head := range []string{"scenario:", "guards:"} {
		if rest, ok := strings.CutPrefix(s, head); ok {
			l.verb, l.words = strings.TrimSuffix(head, ":"), []string{strings.TrimSpace(rest)}
			return l, nil
		}
	}
	all, err := cut(s)
	if err != nil || len(all) == 0 {
		return l, err
	}
	if office, ok := strings.CutSuffix(all[0], ":"); ok {
		l.office, all = truce.OfficeID(office), all[1:]
	}
	if len(all) == 0 {
		return nil, errors.New("an office says something: a verb follows the colon")
	}
	l.verb, all = all[0], all[1:]
	starts, known := clausesOf[l.verb]
	if !known && !slices.Contains([]string{"at", "begins", "clock", "sealing", "threshold", "stage", "alarms"}, l.verb) {
		return nil, fmt.Errorf("%q is no verb of a scenario: see docs/scenario.md", l.verb)
	}
	if l.verb == "expect" && len(all) > 2 && all[0] == "refused" {
		i := strings.Index(s, quote(all[1]))
		l.words, l.rest = all[:2], strings.TrimSpace(s[i+len(quote(all[1])):])
		return l, nil
	}
	l.split(all, strings.Fields(starts))
	return l, nil
}

func quote(w string) string { return `"` + w + `"` }

// split puts words under the clause that they follow. A clause that comes
// again begins a new group, marked by an empty word.
func (l *line) split(all, starts []string) {
	clause := ""
	for _, w := range all {
		w = strings.TrimSuffix(w, ",")
		switch {
		case slices.Contains(starts, w):
			if l.has(w) {
				l.clauses[w] = append(l.clauses[w], "")
			} else {
				l.clauses[w] = nil
			}
			if w == "if" || w == "against" && l.verb == "term" { // these belong to the unless before them
				l.clauses["unless"] = append(l.clauses["unless"], w)
			}
			clause = w
		case clause == "":
			l.words = append(l.words, w)
		case (clause == "if" || clause == "against") && l.verb == "term":
			l.clauses["unless"] = append(l.clauses["unless"], w)
		default:
			l.clauses[clause] = append(l.clauses[clause], w)
		}
	}
}

// cut splits a line at blanks, keeps quoted words whole and drops a comment.
func cut(s string) ([]string, error) {
	var all []string
	for s = strings.TrimSpace(s); s != "" && s[0] != '#'; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			end := strings.IndexByte(s[1:], '"')
			if end < 0 {
				return nil, errors.New(`a quotation does not end: close it with "`)
			}
			all, s = append(all, s[1:end+1]), s[end+2:]
			continue
		}
		word, rest, _ := strings.Cut(strings.ReplaceAll(s, "\t", " "), " ")
		all, s = append(all, word), rest
	}
	return all, nil
}

// do plays one line.
func (p *scenario) do(l *line) error {
	if l.office != "" {
		if err := p.found(); err != nil {
			return err
		}
		_, err := p.sayLine(l)
		return err
	}
	switch l.verb {
	case "scenario":
		p.title = l.words[0]
	case "guards":
		p.guards = l.words[0]
	case "office", "zone", "clock", "sealing", "threshold", "stage", "alarms":
		if p.stage != nil {
			return fmt.Errorf("%s comes before anything is said", l.verb)
		}
		return p.prepare(l)
	case "begins":
		return p.begins(l)
	case "at":
		w, err := l.need(1, "a time")
		if err != nil {
			return err
		}
		at, err := p.time(w[0])
		if err != nil {
			return err
		}
		if at < p.now && p.stage != nil {
			return fmt.Errorf("receipt times only go on: it is %s already", p.now)
		}
		p.now = at
	case "place":
		return p.place(l)
	case "shape":
		return p.shape(l)
	case "expect":
		if err := p.found(); err != nil {
			return err
		}
		p.expected++
		return p.expect(l)
	default:
		return fmt.Errorf("%s is said by an office: write its name and a colon first", l.verb)
	}
	return nil
}

// prepare takes a line about who the centre is.
func (p *scenario) prepare(l *line) error {
	proc := &p.founding.Procedure
	switch l.verb {
	case "office":
		w, err := l.need(2, "an id and a role")
		if err != nil {
			return err
		}
		o := truce.Office{ID: truce.OfficeID(w[0]), Name: words(w[0]), Role: truce.Role(w[1]), Party: truce.ActorID(l.one("for")), Through: truce.OfficeID(l.one("through"))}
		if o.Role == truce.Centre {
			p.founding.Offices[0] = o
			return nil
		}
		p.founding.Offices = append(p.founding.Offices, o)
	case "zone":
		w, err := l.need(2, "a name and an offset such as +02:00")
		if err != nil {
			return err
		}
		secs, err := offset(w[1])
		if err != nil {
			return err
		}
		from := truce.Instant(0)
		if f := l.one("from"); f != "" {
			if from = parseUTC(f); from == 0 {
				return fmt.Errorf("%q: a zone changes at a time in UTC, such as 2016-03-24T22:00Z", f)
			}
		}
		proc.Zone.Name = w[0]
		proc.Zone.Rules = append(proc.Zone.Rules, truce.Transition{From: from, OffsetSeconds: secs})
	case "clock":
		w, err := l.need(2, "a name and a limit such as 24h")
		if err != nil {
			return err
		}
		secs, err := duration(w[1])
		if err != nil {
			return err
		}
		proc.Clocks = append(proc.Clocks, truce.Clock{Name: w[0], Seconds: secs})
	case "sealing":
		proc.Sealing = true
	case "stage":
		if len(l.words) != 1 || l.words[0] != "centre" {
			return errors.New("write stage centre, or nothing for a Book alone")
		}
		p.build = newWhole
	case "threshold":
		return p.threshold(l)
	case "alarms":
		for _, w := range l.words {
			h, err := strconv.ParseInt(w, 10, 32)
			if err != nil {
				return fmt.Errorf("%q is no number of hours before a span's end", w)
			}
			proc.AlertHours = append(proc.AlertHours, int32(h))
		}
	}
	return nil
}

func (p *scenario) threshold(l *line) error {
	w, err := l.need(1, "civilians N, protected, or lineages N")
	if err != nil {
		return err
	}
	n := 1
	if len(w) > 1 {
		if n, err = strconv.Atoi(w[1]); err != nil {
			return err
		}
	}
	t := &p.founding.Procedure.Threshold
	switch w[0] {
	case "civilians":
		t.CivilianKilled = int32(n)
	case "protected":
		t.Protected = true
	case "lineages":
		t.Lineages = int32(n)
	default:
		return fmt.Errorf("%q is no threshold: civilians, protected or lineages", w[0])
	}
	return nil
}

// found makes the centre once the first thing is said.
func (p *scenario) found() error {
	if p.stage != nil {
		return nil
	}
	f := p.founding
	if len(f.Procedure.Zone.Rules) == 0 {
		f.Procedure.Zone = truce.Zone{Name: "UTC", Rules: []truce.Transition{{}}}
	}
	for _, o := range f.Offices {
		if o.Role == truce.CoChair || o.Role == truce.Centre {
			f.Keys = append(f.Keys, grantOf(o.ID, truce.RootKey))
		}
		f.Keys = append(f.Keys, grantOf(o.ID, truce.OfficeKey))
	}
	s, err := p.build(f)
	if err != nil {
		return err
	}
	p.stage = s
	return nil
}

// scenarioKey makes a key that anybody can make: a scenario is no record.
func scenarioKey(office truce.OfficeID, class truce.KeyClass) truce.Key {
	seed := truce.DigestOf([]byte("marchday scenario " + string(office) + " " + string(class)))
	return truce.Key(ed25519.NewKeyFromSeed(seed[:]))
}

func grantOf(office truce.OfficeID, class truce.KeyClass) truce.KeyAct {
	public, _ := scenarioKey(office, class).Public().(ed25519.PublicKey)
	return truce.KeyAct{Act: truce.Grant, Office: office, Class: class, Public: public, FromSeed: true}
}

// hall is a stage of a Book alone. What stands together is said by same and
// different: no machine links here.
type hall struct {
	b     *truce.Book
	made  truce.Instant
	telld []told
	ties  []tie
}

// tie is one person's word that claims are, or are not, one incident.
type tie struct {
	claims []truce.ClaimRef
	by     truce.StatementID
}

func newHall(f *truce.Founding) (stage, error) {
	h := &hall{b: truce.NewBook()}
	var keys []truce.Signer
	centre := truce.OfficeID("")
	for _, k := range f.Keys {
		if k.Class == truce.RootKey {
			keys = append(keys, scenarioKey(k.Office, truce.RootKey))
		}
	}
	for _, o := range f.Offices {
		if o.Role == truce.Centre {
			centre = o.ID
		}
	}
	_, err := h.admit(centre, parseUTC("2016-01-01T00:00Z"), f, keys...)
	return h, err
}

func (h *hall) book() *truce.Book { return h.b }

func (h *hall) say(office truce.OfficeID, at truce.Instant, b truce.Body) (truce.StatementID, error) {
	id, err := h.admit(office, at, b, scenarioKey(office, truce.OfficeKey))
	if err != nil {
		return id, err
	}
	switch x := b.(type) {
	case *truce.Report:
		for i, c := range x.Claims {
			c.Ref = truce.ClaimRef{Statement: id, At: uint32(i), Family: c.Event}
			h.telld = append(h.telld, told{c, x.Publisher, at, h.b.Next() - 1})
		}
	case *truce.Observation:
		c := x.AsClaim(string(office))
		c.Ref = truce.ClaimRef{Statement: id, Family: c.Event}
		h.telld = append(h.telld, told{c, string(office), at, h.b.Next() - 1})
	case *truce.Same:
		h.ties = append(h.ties, tie{x.Claims, id})
	}
	return id, nil
}

func (h *hall) admit(office truce.OfficeID, at truce.Instant, b truce.Body, keys ...truce.Signer) (truce.StatementID, error) {
	h.made++
	e, err := truce.Seal(truce.NewStatement("scenario.example", "scenario", office, "", at+h.made, b), keys...)
	if err != nil {
		return truce.StatementID{}, err
	}
	said, err := h.b.Verify(e.Bytes())
	if err != nil {
		return truce.StatementID{}, err
	}
	return said.ID, h.b.Admit(h.b.Next(), at, said)
}

func (h *hall) close() error { return nil }

func (h *hall) incidents() ([][]told, error) {
	group := map[truce.ClaimRef]truce.ClaimRef{}
	for _, c := range h.telld {
		group[c.Ref] = c.Ref
	}
	for _, t := range h.ties {
		if h.b.Gone(t.by) {
			continue
		}
		for _, c := range t.claims[1:] {
			from, to := group[c], group[t.claims[0]]
			for k, g := range group {
				if g == from {
					group[k] = to
				}
			}
		}
	}
	var all [][]told
	at := map[truce.ClaimRef]int{}
	for _, c := range h.telld {
		if c.Form == truce.Aggregate {
			continue
		}
		g := group[c.Ref]
		if i, ok := at[g]; ok {
			all[i] = append(all[i], c)
			continue
		}
		at[g] = len(all)
		all = append(all, []told{c})
	}
	return all, nil
}

// time reads a wall time of the regime's zone, or one in UTC that ends in Z.
func (p *scenario) time(s string) (truce.Instant, error) {
	if strings.HasSuffix(s, "Z") {
		if t := parseUTC(s); t != 0 {
			return t, nil
		}
	}
	z := p.founding.Procedure.Zone
	if len(z.Rules) == 0 {
		z = truce.Zone{Name: "UTC", Rules: []truce.Transition{{}}}
	}
	return z.Instant(s)
}

func parseUTC(s string) truce.Instant {
	var i truce.Instant
	if err := i.UnmarshalText([]byte(strings.TrimSuffix(s, "Z") + ":00Z")); err != nil {
		return 0
	}
	return i
}

func offset(s string) (int32, error) {
	sign, rest := int32(1), strings.TrimPrefix(s, "+")
	if r, ok := strings.CutPrefix(s, "-"); ok {
		sign, rest = -1, r
	}
	h, m, ok := strings.Cut(rest, ":")
	hh, err1 := strconv.Atoi(h)
	mm, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%q is no offset: write +02:00", s)
	}
	return sign * int32(hh*3600+mm*60), nil
}

// duration reads 30m, 24h or 7d as seconds.
func duration(s string) (int64, error) {
	units := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}
	if s != "" {
		if n, err := strconv.ParseInt(s[:len(s)-1], 10, 64); err == nil && units[s[len(s)-1]] > 0 {
			return n * units[s[len(s)-1]], nil
		}
	}
	return 0, fmt.Errorf("%q is no length of time: write 30m, 24h or 7d", s)
}
