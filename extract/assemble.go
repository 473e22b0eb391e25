package extract

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// backgroundDays is how long before the document's date a claim's time must
// end to count as history told in passing.
const backgroundDays = 60

// fillSentence gives the claims of the sentence just read their times, places
// and tolls.
func (a *analysis) fillSentence(from int, places []placeMention) {
	out := a.t.out[from:]
	a.used = blank(a.used, len(a.times))
	used := a.used
	for n := range out {
		a.timeOf(&out[n], out, used)
	}
	for n := range out {
		a.timeElsewhere(&out[n], len(out))
		a.placesOf(&out[n], out, places)
		a.placedNames(&out[n], places)
	}
	a.tollsOf(from)
	for n := range a.t.out[from:] {
		a.settleTime(&a.t.out[from+n])
	}
	a.remember(places)
}

// placedNames takes from the targets of an act on places the names of places
// that begin like a title: "shelled Sheikh Tolma" hits nobody of that name.
func (a *analysis) placedNames(f *found, places []placeMention) {
	if f.claim.Event == "killing" || f.claim.Event == "abduction" || f.claim.Event == "arrest" {
		return
	}
	f.targetIDs = slices.DeleteFunc(f.targetIDs, func(w who) bool {
		return w.via == "who.titled" && slices.ContainsFunc(places, func(p placeMention) bool {
			return p.cue && p.i < w.i && w.j <= p.j && a.tags(p.i).has(tagTitle)
		})
	})
}

// timeOf takes the time that stands in the claim's own clause, nearest to the
// trigger.
func (a *analysis) timeOf(f *found, all []found, used []bool) {
	best, dist := -1, 1<<30
	for n, m := range a.times {
		if m.i < f.first || m.i >= f.last || m.noDate() && m.kind != "unanchored" || m.kind == "unanchored" {
			continue
		}
		d := distance(f.i, f.j, m.i, m.j)
		for x := range all {
			if o := &all[x]; o != f && o.i != f.i && distance(o.i, o.j, m.i, m.j) < d && between(f.i, o.i, m.i) {
				d += 20 // another act stands nearer
			}
		}
		if d < dist {
			best, dist = n, d
		}
	}
	if best >= 0 {
		a.setTime(f, a.times[best], true)
		used[best] = true
	}
}

func distance(i, j, k, l int) int {
	if k >= j {
		return k - j
	}
	return max(i-l, 0)
}

// between reports whether o stands between f and m.
func between(f, o, m int) bool { return f < o && o < m || m < o && o < f }

// timeElsewhere takes the one time of the sentence, if its clause has none.
func (a *analysis) timeElsewhere(f *found, claims int) {
	if a.derived(f) || f.timed || f.future && f.claim.Stance == truce.Urged {
		return
	}
	best := -1
	for n, m := range a.times {
		if m.noDate() || m.kind == "unanchored" || m.kind == "since" || m.kind == "before" {
			continue
		}
		if a.reportTime(m) || a.relative(m.i) && !a.relative(f.i) {
			continue
		}
		if best >= 0 {
			return
		}
		best = n
	}
	if best >= 0 && (claims == 1 || a.sameStretch(f, a.times[best])) {
		a.setTime(f, a.times[best], true)
	}
}

// relative reports whether token i stands in a relative clause.
func (a *analysis) relative(i int) bool {
	for k := a.chunkAt(i); k >= 0; k-- {
		switch a.kind(k) {
		case chunkWh:
			return true
		case chunkStop, chunkSub, chunkThat:
			return false
		case chunkVG:
			if a.chunks[k].finite() && a.kind(k-1) == chunkComma {
				return false
			}
		}
	}
	return false
}

// reportTime reports whether a time says when somebody spoke, not when it
// happened: it stands with a reporting verb outside what was said.
func (a *analysis) reportTime(m timeMention) bool {
	k := a.chunkAt(m.i)
	if k < 0 {
		return false
	}
	p := a.verbLeft(k)
	return p >= 0 && a.isReport(p) && !a.separated(p, k) && len(a.sources(m.i)) == 0
}

// derived reads "since 2012, a year after E": E is of the year before.
func (a *analysis) derived(f *found) bool {
	if f.subordinat != "after" {
		return false
	}
	k := f.i
	for k > a.s.first && a.t.l.words[a.tok(k).word] != "after" {
		k--
	}
	if k < a.s.first+3 || a.timeWord(k-1).kind != "unit" || max(a.timeWord(k-1).n, -a.timeWord(k-1).n) != unitYear {
		return false
	}
	n := a.num(k - 2)
	if n < 1 && a.timeWord(k-2).kind == "one" {
		n = 1
	}
	for _, m := range a.times {
		if m.j <= k-1 && m.j >= k-5 && m.precision == truce.ToYear && m.lo != noDay && n > 0 {
			y, _, _ := m.lo.date()
			d := yearPart(y-n, "", k)
			d.i, d.kind = m.i, "derived"
			a.setTime(f, d, true)
			return true
		}
	}
	return false
}

// sameStretch reports whether no other verb stands between claim and time.
func (a *analysis) sameStretch(f *found, m timeMention) bool {
	lo, hi := min(f.j, m.j), max(f.i, m.i)
	n := 0
	for i := lo; i < hi; i++ {
		if p := a.posAt(i); p == posVerb || p == posStop {
			n++
		}
	}
	return n <= 1
}

func (a *analysis) setTime(f *found, m timeMention, own bool) {
	m.resolve(a.t.date, f.future)
	s, e := a.t.span(m.i, m.j)
	f.claim.When = a.t.when(m)
	f.claim.When.Wording = a.t.src[s:e]
	f.claim.When.Span = a.t.spans.span(s, e)
	f.claim.Rules = append(f.claim.Rules, a.t.e.rule("time.", m.kind))
	f.timed = own
	if own && f.family != "speech" && m.precision == truce.ToDay {
		a.t.nextTime, a.t.nextSet = m, true
	}
}

// when turns a time into the half-open interval of the engine's zone.
func (t *text) when(m timeMention) truce.When {
	w := truce.When{Kind: m.kind, Precision: m.precision}
	w.From, w.To = t.instants(m.lo, m.hi)
	if m.lo == noDay && m.hi == noDay {
		w.Weekday = m.weekday
	}
	if m.lo != noDay && len(t.e.zone.Rules) > 0 {
		w.Local, w.Zone = m.lo.String()+"T00:00", t.e.zone.Name
	}
	return w
}

// settleTime gives a claim that has no time one: open ahead for what is to
// come, the document's day for what is told in the present, the day of the
// sentence before for what goes on from it.
func (a *analysis) settleTime(f *found) {
	if f.claim.When.Kind != "" {
		a.background(f)
		return
	}
	d := a.t.date
	if d == noDay {
		return
	}
	m := timeMention{lo: d, hi: d, kind: "document-time", precision: truce.ToDay}
	switch {
	case f.future && f.claim.Stance != truce.Urged:
		m = timeMention{lo: d, hi: noDay, kind: "future", precision: truce.Bounded}
	case f.claim.Stance == truce.Urged || f.claim.Stance == truce.Conditional:
	case a.t.hasTime && f.past && f.family != "speech" && f.sent-a.t.timeAt <= 2 && f.sent > a.t.timeAt && a.t.lastTime.hi != noDay && a.t.lastTime.hi+backgroundDays >= d && a.t.lastTime.lo <= d:
		m = a.t.lastTime
		m.kind = "cross-sentence"
	}
	f.claim.When = a.t.when(m)
	f.claim.Rules = append(f.claim.Rules, a.t.e.rule("time.", m.kind))
	a.background(f)
}

// background marks history told in passing.
func (a *analysis) background(f *found) {
	w := f.claim.When
	if a.t.date == noDay || w.To == 0 {
		return
	}
	if end := a.t.e.dayOf(w.To - 1); end != noDay && end+backgroundDays < a.t.date {
		f.claim.Form = truce.Background
	}
}

// placesOf takes the places of the claim's clause that act in no role.
func (a *analysis) placesOf(f *found, all []found, places []placeMention) {
	taken := func(p placeMention) bool {
		if !p.actor {
			return false
		}
		for n := range all {
			who := all[n].actorIDs
			if all[n].claim.Stance == truce.Urged {
				who = append(slices.Clone(who), all[n].targetIDs...)
			}
			for _, w := range who {
				if w.i <= p.i && p.j <= w.j {
					return true
				}
			}
		}
		return false
	}
	mine := a.mine[:0]
	for _, p := range places {
		if taken(p) || p.actor && !p.cue && !a.placedActor(f, p) {
			continue
		}
		if p.i >= f.first && p.i < f.last && !a.nearerTo(f, all, p) {
			mine = append(mine, p)
		}
	}
	if len(mine) == 0 {
		for _, p := range places {
			if !taken(p) && p.cue && p.i < a.s.last && a.sharesPlace(f, p) {
				mine = append(mine, p)
			}
		}
	}
	a.mine = mine
	mine = a.innermost(mine)
	slices.SortStableFunc(mine, func(x, y placeMention) int {
		return cmp.Compare(rolePenalty(x), rolePenalty(y))
	})
	if len(mine) == 0 {
		mine = a.inherited(f)
	}
	mine, n := mine[:min(len(mine), maxPlaces)], 0
	for _, p := range mine {
		n += max(1, min(len(p.cands), maxCandidates))
	}
	if n == 0 {
		return
	}
	f.claim.Where, f.placeToks = a.t.wheres.take(n), a.t.ranges.take(len(mine))
	for _, p := range mine { // the best candidates of all first
		f.claim.Where = a.t.where(f.claim.Where, p, 0, 1)
		f.placeToks = append(f.placeToks, [2]int{p.i, p.j})
		f.claim.Rules = append(f.claim.Rules, a.t.e.rule("place.", p.how()))
	}
	for _, p := range mine {
		f.claim.Where = a.t.where(f.claim.Where, p, 1, maxCandidates)
	}
}

const maxPlaces = 8

// inherited is the place that "the city" or an act without a place takes from
// the sentences before, as a guess that a person is to look at.
func (a *analysis) inherited(f *found) []placeMention {
	if len(a.t.placed) == 0 || f.family == "speech" {
		return nil
	}
	named := false
	for i := f.first; i < f.last; i++ {
		if a.tags(i).has(tagCue) && a.tags(i).has(tagNoun) && i > a.s.first && a.tags(i-1).has(tagDet) {
			named = true
		}
	}
	if !named && (f.family != "violence" || a.at-a.t.placedAt > 1 || !f.claim.Stance.Asserted()) {
		return nil
	}
	for _, p := range a.t.placed {
		if p.best().Class == gazetteer.Country || p.role == "origin" {
			continue
		}
		p.guess = true
		a.inner = append(a.inner[:0], p)
		return a.inner
	}
	return nil
}

func rolePenalty(p placeMention) int {
	if p.role == "origin" {
		return 1
	}
	return 0
}

// placedActor lets a country or town without a preposition be the place where
// it is what the act befell: Turkey's shelling of Syria, Aleppo was divided.
func (a *analysis) placedActor(f *found, p placeMention) bool {
	for _, w := range f.targetIDs {
		if w.i <= p.i && p.j <= w.j {
			return true
		}
	}
	return a.tok(p.i).start > 0 && a.t.l.fills[p.prep] == slotOf && p.i > f.i
}

// nearerTo reports whether a place belongs to another claim of the sentence,
// whose trigger stands between, or which follows the place directly.
func (a *analysis) nearerTo(f *found, all []found, p placeMention) bool {
	for n := range all {
		o := &all[n]
		if o.i == f.i || o.first == f.first && o.last == f.last {
			continue
		}
		if p.i >= o.first && p.i < o.last && between(f.i, o.i, p.i) && o.first > f.first {
			return true
		}
	}
	return false
}

// sharesPlace lets a claim without a place take one from another clause of its
// sentence, if no claim there has a better right.
func (a *analysis) sharesPlace(f *found, p placeMention) bool {
	if p.role != "" && p.role != "destination" || f.family == "speech" {
		return false
	}
	for i := min(f.j, p.j); i < max(f.i, p.i); i++ {
		if a.posAt(i) == posStop {
			return false
		}
	}
	return true
}

// innermost drops a place that another one of the list names the parent of:
// Geneva, Switzerland.
func (a *analysis) innermost(ps []placeMention) []placeMention {
	out := a.inner[:0]
	for n, p := range ps {
		outer := false
		for m, q := range ps {
			if m == n {
				continue
			}
			if !q.same(p) && a.t.liesIn(q, p) || m < n && q.same(p) {
				outer = true
			}
		}
		if !outer {
			out = append(out, p)
		}
	}
	a.inner = out
	return out
}

// remember keeps what later sentences may refer to.
func (a *analysis) remember(places []placeMention) {
	if a.t.nextSet {
		a.t.lastTime, a.t.hasTime, a.t.timeAt, a.t.nextSet = a.t.nextTime, true, a.at, false
	}
	a.t.keepPlaces(places, a.at)
	for k := range a.chunks {
		if a.kind(k) != chunkVG {
			continue
		}
		s := a.subject(k)
		if s < 0 {
			continue
		}
		w := a.whoAt(s)
		if w.id == "" || a.posAt(a.chunks[s].head) == posPron {
			continue
		}
		switch {
		case isPerson(w):
			a.t.lastPerson = w
		case isMany(w):
			a.t.lastGroup, a.t.lastBody = w, w
		default:
			a.t.lastBody = w
		}
	}
}

// keepPlaces keeps the places of a sentence, if it names any, for those behind it.
func (t *text) keepPlaces(places []placeMention, at int) {
	if len(places) > 0 {
		t.placed, t.placedAt = append(t.placed[:0], places...), at
	}
}

// finish turns what was found into claims: ids, spans, codes, repeats, links.
func (t *text) finish() []truce.Claim {
	out := t.out
	for n := range out {
		t.dress(&out[n], n)
		t.speakForSelf(&out[n])
	}
	t.echoes(out)
	t.repeats(out)
	t.causes(out)
	claims := make([]truce.Claim, 0, len(out))
	for n := range out {
		claims = append(claims, out[n].claim)
	}
	return claims
}

// claimIDs are the ids of the first claims of a text.
var claimIDs = func() (ids [256]string) {
	for n := range ids {
		ids[n] = "c" + strconv.Itoa(n+1)
	}
	return ids
}()

// dress fills in names, spans and codes.
func (t *text) dress(f *found, n int) {
	c := &f.claim
	if n < len(claimIDs) {
		c.ID = claimIDs[n]
	} else {
		c.ID = "c" + strconv.Itoa(n+1)
	}
	s, e := t.span(f.i, f.j)
	c.Trigger = t.spans.span(s, e)
	cs, ce := t.clauseSpan(f)
	c.Clause = t.spans.span(min(cs, s), max(ce, e))
	ev := t.e.dict.events[c.Event]
	f.family = ev.family
	c.Plover, c.Cameo = codes(ev, c.Stance)
	c.Actors, c.Targets = t.refs(f.actorIDs), t.refs(f.targetIDs)
	if f.frame.reciprocal {
		c.Reciprocal = true
	}
	if f.family == "violence" {
		c.Crosses = f.frame.crosses || crosses(c)
		if len(c.Actors) == 0 {
			c.Actors = t.names.one(truce.Ref{ID: unknownID})
		}
	}
	if f.frame.trend != "" {
		c.Trend = f.frame.trend
	}
	c.Confidence = t.confidence(f)
}

// speakForSelf names the speaker of praise, concern and the like as its own
// source: whoever condemns says so.
func (t *text) speakForSelf(f *found) {
	c := &f.claim
	if f.family != "speech" || len(c.Sources) > 0 || len(c.Actors) == 0 || c.Actors[0].ID == unknownID || c.Stance == truce.Expected || c.Stance == truce.Planned {
		return
	}
	c.Sources = []truce.Source{{Ref: c.Actors[0], Verb: t.wording(f.i, f.j), Mode: "indirect"}}
	if c.Stance == truce.Reported {
		c.Stance = truce.Stated
	}
}

// clauseSpan is the clause with marks at its edges cut.
func (t *text) clauseSpan(f *found) (uint32, uint32) {
	i, j := f.first, f.last
	edge := func(k int) bool {
		m := t.toks[k].mark
		return m != 0 && m != '<' && m != '"' && m != '>' && t.toks[k].word == 0 || m == ',' || m == '.'
	}
	for i < f.i && edge(i) {
		i++
	}
	for j > f.j && edge(j-1) {
		j--
	}
	return t.span(i, j)
}

// crosses reports whether actor and target are of two countries.
func crosses(c *truce.Claim) bool {
	for _, x := range c.Actors {
		for _, y := range c.Targets {
			a, b := stateOf(x.ID), stateOf(y.ID)
			if a != "" && b != "" && a != b {
				return true
			}
		}
	}
	return false
}

func stateOf(id string) string {
	kind, code, ok := strings.Cut(id, ":")
	if ok && len(code) == 2 && (kind == "country" || kind == "gov" || kind == "mil") {
		return code
	}
	return ""
}

// codes gives PLOVER and CAMEO: a wish, a plan and a threat of an act have
// codes of their own.
func codes(ev event, s truce.Stance) (plover, cameo string) {
	if ev.plover == "NONE" || ev.plover == "" {
		return "NONE", ev.cameo
	}
	switch s {
	case truce.Urged:
		if ev.family == "truce" || ev.family == "violence" {
			return "REQUEST", "1056"
		}
		return "REQUEST", ev.cameo
	case truce.Planned, truce.Expected:
		if ev.family == "violence" {
			return "THREATEN", ev.cameo
		}
		return "AGREE", ev.cameo
	}
	return ev.plover, ev.cameo
}

// confidence is the product of what was sure and what was guessed, per mille.
func (t *text) confidence(f *found) int32 {
	c := f.frame.prior
	c1 := &f.claim
	if len(c1.Actors) == 0 || c1.Actors[0].ID == unknownID {
		c = c * 900 / 1000
	}
	if c1.When.Kind == "document-time" || c1.When.Kind == "cross-sentence" {
		c = c * 950 / 1000
	}
	if c1.Modality == "may" {
		c = c * 700 / 1000
	}
	if len(c1.Where) > 0 && c1.Where[0].Score < minLoose {
		c = c * 800 / 1000
	}
	return c
}

// echoes gives a denial whose words only say "firing" the act that it denies,
// and denials the place and day of what they deny.
func (t *text) echoes(out []found) {
	for n := range out {
		f := &out[n]
		if f.frame.name != "echo" && f.claim.Stance != truce.Denied {
			continue
		}
		for m := n - 1; m >= 0; m-- {
			p := &out[m]
			if p.family != "violence" || p.claim.Stance == truce.Denied || !p.claim.Stance.Asserted() {
				continue
			}
			if f.frame.name == "echo" {
				f.claim.Event, f.family = p.claim.Event, p.family
				f.claim.Plover, f.claim.Cameo = p.claim.Plover, p.claim.Cameo
			} else if f.family != "violence" {
				break
			}
			if len(f.claim.Where) == 0 {
				for _, w := range p.claim.Where {
					w.Span = nil
					f.claim.Where = append(f.claim.Where, w)
				}
			}
			if f.claim.When.Span == nil && p.claim.When.Kind != "" {
				f.claim.When = p.claim.When
				f.claim.When.Kind, f.claim.When.Span = "cross-sentence", nil
			}
			break
		}
	}
}

// repeats finds claims that say the same thing twice in one text.
func (t *text) repeats(out []found) {
	for n := range out {
		for m := range n {
			if out[m].claim.Event == out[n].claim.Event && out[m].claim.SameAs == "" && same(&out[n], &out[m]) {
				out[n].claim.SameAs = out[m].claim.ID
				break
			}
		}
	}
}

// same reports whether b repeats a: the same event, from compatible speakers,
// with compatible actors, places, times and tolls.
func same(b, a *found) bool {
	x, y := &a.claim, &b.claim
	if x.Event != y.Event || (x.Stance == truce.Denied) != (y.Stance == truce.Denied) || x.Stance.Asserted() != y.Stance.Asserted() {
		return false
	}
	if !compatible(firstID(x.Actors), firstID(y.Actors)) || !compatible(firstID(x.Targets), firstID(y.Targets)) {
		return false
	}
	if sx, sy := speakerOf(x), speakerOf(y); sx != sy && sx != "" && sy != "" {
		return false
	}
	if len(x.Where) > 0 && len(y.Where) > 0 && (x.Where[0].Place != y.Where[0].Place || x.Where[0].Place == "" && x.Where[0].Name != y.Where[0].Name) && !x.Where[0].IsIn(y.Where[0].Place) && !y.Where[0].IsIn(x.Where[0].Place) {
		return false
	}
	if !x.When.Meets(y.When.From, y.When.To) {
		return false
	}
	for _, c := range x.Casualties {
		for _, d := range y.Casualties {
			if c.Kind == d.Kind && !c.Part && !d.Part && (c.High != truce.Open && d.Low > c.High || d.High != truce.Open && c.Low > d.High) {
				return false
			}
		}
	}
	if a.family == "violence" && (len(x.Where) == 0 || len(y.Where) == 0) && len(y.Casualties) == 0 && b.sent != a.sent {
		return false
	}
	return a.sent != b.sent || a.family != "violence"
}

func firstID(refs []truce.Ref) string {
	if len(refs) == 0 {
		return unknownID
	}
	return refs[0].ID
}

func speakerOf(c *truce.Claim) string {
	if n := len(c.Sources); n > 0 {
		return c.Sources[n-1].ID
	}
	return ""
}

func compatible(a, b string) bool {
	return a == b || a == unknownID || b == unknownID || stateOf(a) != "" && stateOf(a) == stateOf(b)
}

// causes links a claim to the one its sentence says it came of, and what a
// walkout was over to the walkout.
func (t *text) causes(out []found) {
	first := 0 // claim of the sentence
	for n := range out {
		f := &out[n]
		if f.sent != out[first].sent {
			first = n
		}
		for m := first; m < len(out) && out[m].sent == f.sent; m++ {
			o := &out[m]
			if m == n || o.i == f.i {
				continue
			}
			walkout := f.claim.Event == "talks_walkout" || f.claim.Event == "talks_halted" && f.frame.name == "talks_walkout"
			if walkout && o.i > f.i && o.claim.CitedBy == "" && (o.family == "truce" || o.family == "violence" || o.family == "aid") {
				o.claim.CitedBy = f.claim.ID
			}
			if o.subordinat == "after" && o.i > f.i && f.claim.CausedBy == "" && f.subordinat == "" && !f.relative && (f.family == "talks" || f.family == "truce") && (o.claim.Event == "talks_walkout" || o.family == "violence") {
				f.claim.CausedBy = o.claim.ID
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
