package extract

import (
	"io/fs"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// Engine extracts claims. It never changes after New, but for a memory of names
// sought that changes no answer.
type Engine struct {
	dict   *dictionaries
	places *gazetteer.Gazetteer
	zone   truce.Zone
	pool   *sync.Pool // of *work; holds nothing that outlives a document
	memo   *gazetteer.Memo
	names  *memory[glance]
	looks  map[string]looks // by language
	slugs  *memory[string]
	rules  *memory[struct{}]
}

// work is what one document needs while it is read.
type work struct {
	t      text
	a      analysis
	places []placeMention

	waiting []waiting
	poses   []pos    // of the sentences that wait
	b       analysis // of one of them
	short   shortWords
}

// waiting is a sentence that claims nothing and whose places were not yet sought.
type waiting struct{ at, ment, lastMent, pos int }

// New loads the dictionaries. It refuses frames without tests, and runs the
// tests of the dictionaries that are laid over the embedded ones; those of the
// embedded ones are run by Test.
func New(o Options) (*Engine, error) {
	base, err := fs.Sub(embedded, "dict")
	if err != nil {
		return nil, err
	}
	folders := append([]fs.FS{base}, o.Dictionaries...)
	d, err := load(folders)
	if err != nil {
		return nil, err
	}
	e := engineOf(d, o)
	if err := e.runTests(1); err != nil {
		return nil, err
	}
	return e, nil
}

// engineOf makes an engine whose dictionaries' tests were not run.
func engineOf(d *dictionaries, o Options) *Engine {
	e := &Engine{dict: d, places: o.Gazetteer, zone: o.Zone, pool: &sync.Pool{New: func() any { return new(work) }}, memo: &gazetteer.Memo{}, names: newMemory[glance](1 << 16), slugs: newMemory[string](1 << 12), rules: newMemory[struct{}](1 << 12)}
	e.looks = map[string]looks{}
	for code, l := range d.langs {
		if l.latin && l.cased {
			e.looks[code] = make(looks, len(l.words))
		}
	}
	if e.places == nil {
		e.places = gazetteer.New(nil, nil, nil)
	}
	return e
}

// Test runs every test line of all dictionaries and returns what failed, by
// file and line.
func (e *Engine) Test() error { return e.runTests(0) }

// Digest names the dictionaries: equal digests, equal versions and equal
// gazetteers give equal claims.
func (e *Engine) Digest() truce.Digest { return e.dict.digest }

// Languages lists the languages that the dictionaries can read claims in.
func (e *Engine) Languages() []string { return e.dict.codes() }

// Language tells the language of a text.
func (e *Engine) Language(s string) string { return e.dict.detect(s) }

const (
	maxClaims = 10_000 // of one document
	minWords  = 3
)

// Claims returns what the text claims, in the order of the text. A text in a
// language that no dictionary speaks, and one without words, yields none.
func (e *Engine) Claims(d Doc) []truce.Claim {
	w := e.pool.Get().(*work)
	defer e.pool.Put(w)
	if !w.begin(e, d) {
		return nil
	}
	w.read()
	return w.t.finish()
}

// begin prepares the work for a document; false where nothing can be read.
func (w *work) begin(e *Engine, d Doc) bool {
	t := &w.t
	*t = text{parts: t.parts, helps: t.helps, e: e, doc: d, src: d.Text, date: e.dayOf(d.Date), counts: t.counts[:0], cands: t.cands[:0], toks: t.toks[:0], sents: t.sents[:0], ments: t.ments[:0], placed: t.placed[:0], out: t.out[:0]}
	t.people.reset()
	t.groups.reset()
	t.ranges.reset()
	code := d.Lang
	if code == "" {
		code = e.dict.detect(d.Text)
	}
	code, _, _ = strings.Cut(code, "-")
	t.l = e.dict.langs[code]
	if t.l == nil || len(t.l.frames) == 0 || len(d.Text) > maxText {
		return false
	}
	t.looks, t.mixed = e.looks[code], mixedCase(d.Text)
	t.toks = t.l.tokenise(d.Text, t.toks, w.short.shortOf(t.l))
	if len(t.toks) < minWords {
		return false
	}
	t.dateline()
	t.sents = t.sentences(t.sents)
	for _, s := range t.sents { // no phrase reaches over the end of a sentence
		t.ments = t.match(s.first, s.last, t.ments)
	}
	for _, m := range t.ments {
		if m.cat == catActor || m.cat == catDemonym {
			t.count(e.dict.actors[m.ref].country)
		}
	}
	return true
}

const maxText = 64 << 20

// mixedCase reports whether a text uses capitals and small letters as usual.
func mixedCase(s string) bool {
	const sample = 3000
	upper, lower := 0, 0
	for i := 0; i < len(s) && i < sample; {
		if i+8 <= min(len(s), sample) {
			if w := eightBytes(s[i:]); w&eachByte(0x80) == 0 {
				upper += between8(w, 'A', 'Z')
				lower += between8(w, 'a', 'z')
				i += 8
				continue
			}
		}
		if c := s[i]; c < utf8.RuneSelf {
			upper += int(runeClasses[c] & upperRune / upperRune)
			lower += int(runeClasses[c] & lowerRune / lowerRune)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case 'А' <= r && r <= 'Я':
			upper++
		case 'а' <= r && r <= 'я':
			lower++
		}
		i += n
	}
	return upper > 0 && lower > 0 && upper*100 > lower && lower*3 > upper
}

// eightBytes are the first eight bytes of a text as a number.
func eightBytes(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func eachByte(c byte) uint64 { return uint64(c) * 0x0101010101010101 }

// between8 counts which of eight bytes of ASCII lie between two.
func between8(w uint64, lo, hi byte) int {
	return bits.OnesCount64((w + eachByte(0x80-lo)) &^ (w + eachByte(0x7f-hi)) & eachByte(0x80))
}

// read goes through the sentences. Only those that name an act or report
// speech are taken apart.
func (w *work) read() {
	t, a := &w.t, &w.a
	w.waiting, w.poses = w.waiting[:0], w.poses[:0]
	next := 0
	for n := range t.sents {
		s := t.sents[n]
		for next < len(t.ments) && t.ments[next].i < s.first {
			next++
		}
		end := next
		for end < len(t.ments) && t.ments[end].i < s.last {
			end++
		}
		a.open(t, n)
		a.take(t.ments[next:end])
		if !a.hot() {
			a.skip()
			continue
		}
		a.parse()
		a.findCovers()
		from := len(t.out)
		a.events()
		t.inOrder(from)
		t.unique(from)
		t.dropWishes(from)
		t.mergeActs(from)
		if len(t.out) == from { // its places matter only if something is claimed behind it
			w.wait(next, end)
			a.fillSentence(from, nil)
			continue
		}
		w.waited()
		w.places = a.findPlaces(w.places[:0])
		a.fillSentence(from, w.places)
		a.onlyTolls(from)
		t.oneHarm(from)
		t.moveTolls(from)
		if len(t.out) > maxClaims {
			return
		}
	}
	w.placeless()
}

// wait puts off the places of the sentence in work, whose mentions are given.
func (w *work) wait(ment, last int) {
	w.waiting = append(w.waiting, waiting{w.a.at, ment, last, len(w.poses)})
	w.poses = append(w.poses, w.a.pos...)
}

// waited finds the places of the sentences that wait, for those behind them.
func (w *work) waited() {
	t, b := &w.t, &w.b
	for _, x := range w.waiting {
		b.t, b.s, b.at, b.headAt = t, t.sents[x.at], x.at, -1
		b.ments, b.pos = t.ments[x.ment:x.lastMent], w.poses[x.pos:x.pos+b.s.last-b.s.first]
		w.places = b.findPlaces(w.places[:0])
		t.keepPlaces(w.places, x.at)
	}
	w.waiting, w.poses = w.waiting[:0], w.poses[:0]
}

// inOrder sorts the claims from one on by their triggers. They are few and
// large, and most stand in order.
func (t *text) inOrder(from int) {
	for n := from + 1; n < len(t.out); n++ {
		for m := n; m > from && t.out[m].i < t.out[m-1].i; m-- {
			t.out[m], t.out[m-1] = t.out[m-1], t.out[m]
		}
	}
}

// unique keeps, of frames opened on overlapping words, the one with more of
// them.
func (t *text) unique(from int) {
	n := from // claims kept
	for k := from; k < len(t.out); k++ {
		f := &t.out[k]
		at := n
		if n > from && t.out[n-1].i < f.j && f.i < t.out[n-1].j {
			if f.j-f.i <= t.out[n-1].j-t.out[n-1].i {
				continue
			}
			at = n - 1
		}
		if at != k {
			t.out[at] = *f
		}
		n = at + 1
	}
	t.out = t.out[:n]
}

// dropWishes drops the bare wish for a truce where another claim of the
// sentence says more exactly what is wished of it.
func (t *text) dropWishes(from int) {
	wished := false
	for n := from; n < len(t.out); n++ {
		wished = wished || t.out[n].frame.only != ""
	}
	if !wished {
		return
	}
	out := t.out[from:]
	t.drop = blank(t.drop, len(out))
	drop := t.drop
	for n := range out {
		f := &out[n]
		for m := 0; m < len(out) && f.frame.only != "" && !drop[n]; m++ {
			o := &out[m]
			drop[n] = o.i != f.i && o.family == f.family && o.claim.Stance == f.claim.Stance
		}
	}
	t.keep(from, drop)
}

// vague are acts that another word in the same clause may say more exactly.
var vague = map[string]int{"violence_unspecified": 3, "ground_attack": 2, "killing": 2, "casualties_unspecified": 3, "gunfire": 1, "clash": 1, "bombing": 1}

// mergeActs makes one claim of a verb and the noun that is its subject or
// object where both name the same act: an air strike hit, the attack killed.
func (t *text) mergeActs(from int) {
	out := t.out[from:]
	if len(out) < 2 {
		return
	}
	t.drop = blank(t.drop, len(out))
	drop := t.drop
	for n := range out {
		for m := range out {
			v, s := &out[n], &out[m]
			if !drop[m] && !drop[n] && ofOneWeapon(v, s) && v.family == "violence" && s.family == "violence" {
				v.take(s)
				drop[m] = true
				continue
			}
			if v.np >= 0 || s.np < 0 || !slices.Contains(v.args, s.np) || drop[m] || v.family != "violence" || s.family != "violence" {
				continue
			}
			if vague[v.claim.Event] > vague[s.claim.Event] {
				v.claim.Event, v.claim.Rules[0] = s.claim.Event, s.claim.Rules[0]
			}
			v.take(s)
			drop[m] = true
		}
	}
	t.keep(from, drop)
}

// keep drops of the claims from one on those that are marked.
func (t *text) keep(from int, drop []bool) {
	n := from
	for k, dropped := range drop {
		if dropped {
			continue
		}
		if n != from+k {
			t.out[n] = t.out[from+k]
		}
		n++
	}
	t.out = t.out[:n]
}

// take gives an act what another word for it says.
func (f *found) take(o *found) {
	if len(f.actorIDs) == 0 || f.actorIDs[0].id == unknownID {
		f.actorIDs = o.actorIDs
	}
	if len(f.targetIDs) == 0 {
		f.targetIDs = o.targetIDs
	}
	if len(f.claim.Weapons) == 0 {
		f.claim.Weapons = o.claim.Weapons
	}
}

// ofOneWeapon reports whether two verbs say one act of one weapon: shells fired by
// X killed Y; rockets hit X, killing Y.
func ofOneWeapon(v, s *found) bool {
	if v.np >= 0 || s.np >= 0 || v.part || v.ing || len(v.args) == 0 || len(s.args) == 0 || len(v.claim.Weapons) == 0 || v.i == s.i {
		return false
	}
	if s.part {
		return v.i > s.i && slices.Contains(s.args, v.args[0])
	}
	return s.harm && v.i < s.i && s.args[0] == v.args[0] && v.claim.Event == s.claim.Event
}

// hot reports whether the sentence has a word that can open a frame or report.
func (a *analysis) hot() bool {
	return a.t.openQuote || a.has&(1<<catTrigger|1<<catToll) != 0 || a.heat&heatOpens != 0
}

// skip keeps of a sentence that is not taken apart who was named in it.
func (a *analysis) skip() {
	if !a.has.has(catActor) {
		return
	}
	for _, m := range a.ments {
		if m.cat != catActor {
			continue
		}
		switch x := &a.t.e.dict.actors[m.ref]; x.kind {
		case "person":
			a.t.lastPerson = who{id: x.id, i: m.i, j: m.j, kind: "person"}
		case "org", "group", "coalition", "media":
			a.t.lastBody = who{id: x.id, i: m.i, j: m.j, kind: x.kind}
		}
	}
}

// onlyTolls drops claims of deaths that found no figure and no victim of their
// own while another act of the sentence took the toll.
func (a *analysis) onlyTolls(from int) {
	acts := 0
	for n := from; n < len(a.t.out); n++ {
		f := &a.t.out[n]
		if f.family == "violence" && !isDeaths(f.claim.Event) && f.claim.Stance.Asserted() {
			acts++
		}
	}
	if acts == 0 {
		return
	}
	a.t.drop = blank(a.t.drop, len(a.t.out)-from)
	drop := a.t.drop
	for n := range drop {
		c := &a.t.out[from+n].claim
		drop[n] = isDeaths(c.Event) && len(c.Casualties) == 0 && c.Stance.Asserted()
	}
	a.t.keep(from, drop)
}

// oneHarm makes one claim of the deaths and wounds that a sentence tells beside
// each other without naming an act: two were killed and five wounded.
func (t *text) oneHarm(from int) {
	n := from // claims kept
	for k := from; k < len(t.out); k++ {
		f := &t.out[k]
		if n == from || !beside(&t.out[n-1], f) {
			if n != k {
				t.out[n] = *f
			}
			n++
			continue
		}
		o := &t.out[n-1]
		o.claim.Casualties = append(o.claim.Casualties, f.claim.Casualties...)
		o.claim.Rules = append(o.claim.Rules, "toll.beside")
		if f.timed {
			o.claim.When, o.timed = f.claim.When, true
		}
		if len(o.placeToks) == 0 {
			o.claim.Where, o.placeToks = f.claim.Where, f.placeToks
		}
	}
	t.out = t.out[:n]
}

// beside reports whether two claims of harm are of one act: they have one voice
// and stance, tolls of two kinds, and no two times or places.
func beside(x, y *found) bool {
	a, b := &x.claim, &y.claim
	return isDeaths(a.Event) && isDeaths(b.Event) && a.Stance == b.Stance && speakerOf(a) == speakerOf(b) &&
		len(a.Casualties) > 0 && len(b.Casualties) > 0 && a.Casualties[0].Kind != b.Casualties[0].Kind &&
		(!x.timed || !y.timed) && (len(x.placeToks) == 0 || len(y.placeToks) == 0 || x.placeToks[0] == y.placeToks[0])
}

// moveTolls gives the toll of a sentence that names no act of its own to the
// act of the sentence before, if the same voice tells both and the act has no
// toll of that kind yet.
func (t *text) moveTolls(from int) {
	if from == 0 || from == len(t.out) {
		return
	}
	act := &t.out[from-1]
	if act.family != "violence" || isDeaths(act.claim.Event) || !act.claim.Stance.Asserted() || act.sent != t.out[from].sent-1 {
		return
	}
	for n := from; n < len(t.out); n++ {
		f := &t.out[n]
		told := len(f.claim.Sources) == 0 || speakerOf(&f.claim) == speakerOf(&act.claim)
		if !isDeaths(f.claim.Event) || f.timed || len(f.placeToks) > 0 && f.claim.Where[0].Score >= minLoose || !told || !f.claim.Stance.Asserted() || len(f.claim.Casualties) == 0 || shareKind(&act.claim, &f.claim) {
			return
		}
	}
	for n := from; n < len(t.out); n++ {
		f := &t.out[n]
		act.claim.Casualties = append(act.claim.Casualties, f.claim.Casualties...)
		act.claim.Rules = append(act.claim.Rules, "toll.next-sentence")
	}
	t.out = t.out[:from]
}

// shareKind reports whether both claims have a toll of one kind.
func shareKind(a, b *truce.Claim) bool {
	return slices.ContainsFunc(a.Casualties, func(x truce.Casualty) bool {
		return slices.ContainsFunc(b.Casualties, func(y truce.Casualty) bool { return x.Kind == y.Kind })
	})
}

// dateline reads a date from the head of a text that came without one: "TOLMA, 16
// September 2031 (Wire) -". Where the head has none, a text whose full dates lie
// within days of each other is of the last of them.
func (t *text) dateline() {
	if t.date != noDay {
		return
	}
	const head, apart = 24, 3
	a := analysis{t: t, s: sentence{first: 0, last: min(head, len(t.toks))}}
	first, last := noDay, noDay
	for range 2 {
		a.findTimes()
		for _, m := range a.times {
			if m.kind != "exact" || m.lo != m.hi || m.noYear {
				continue
			}
			if a.s.last <= head {
				t.date = m.lo
				return
			}
			if first == noDay || m.lo < first {
				first = m.lo
			}
			last = max(last, m.lo)
		}
		if len(t.toks) > maxUndated {
			return
		}
		a.times, a.s = a.times[:0], sentence{first: 0, last: len(t.toks)}
	}
	if first != noDay && last-first <= apart {
		t.date = last
	}
}

// maxUndated is how many tokens are searched for a text's date.
const maxUndated = 2000

// Explain writes the rules that filled a claim as one line.
func Explain(c truce.Claim) string {
	return strings.Join(c.Rules, "; ") + " (" + strconv.Itoa(int(c.Confidence)) + ")"
}
