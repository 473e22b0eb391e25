package truce

import "slices"

// Answer is the verdict on one act under one term or reading.
type Answer string

// The answers of a check. For an obligation, Prohibited reads "contrary to the
// obligation". Mixed is a coalition's alone: its members' answers differ.
const (
	Prohibited   Answer = "prohibited"
	IsExempt     Answer = "exempt"
	OutsideAct   Answer = "outside-act"
	OutsideActor Answer = "outside-actor"
	OutsideArea  Answer = "outside-area"
	OutsideTime  Answer = "outside-time"
	Insufficient Answer = "insufficient"
	Mixed        Answer = "mixed"
)

// Outside reports whether the answer puts the act outside the regime.
func (a Answer) Outside() bool {
	return a == OutsideAct || a == OutsideActor || a == OutsideArea || a == OutsideTime
}

// rank orders the answers of terms: the first is the reading's own. Among the
// outside ones, the one that got furthest along the order of questions goes
// first: it says most.
func (a Answer) rank() int {
	return slices.Index(ranked[:], a)
}

var ranked = [...]Answer{Prohibited, Insufficient, IsExempt, OutsideActor, OutsideArea, OutsideTime, OutsideAct}

// TermVerdict is the answer of one term, with the premises it rests on.
type TermVerdict struct {
	Term       TermID       `json:"term"`
	Statement  StatementID  `json:"statement"` // that the term's text stands in
	Instrument InstrumentID `json:"instrument"`
	Paragraph  string       `json:"paragraph,omitempty"`
	Modality   Modality     `json:"modality"`
	Answer     Answer       `json:"answer"`
	Exception  TermID       `json:"exception,omitempty"` // satisfied, or claimed and not signed
	Fallen     TermID       `json:"fallen,omitempty"`    // an exception that was claimed and is not met
	Span       SpanID       `json:"span,omitempty"`      // the span whose clock was used
	Clock      SpanClock    `json:"clock,omitzero"`      // of that span in this reading
	ClockBy    StatementID  `json:"clock_by,omitzero"`   // that states it
	Beside     bool         `json:"beside,omitempty"`    // the term does not judge the act, and is named beside it
	Grounds    []Ground     `json:"grounds,omitempty"`
}

// Missing returns the premises that nobody signed or that are not known well
// enough.
func (v TermVerdict) Missing() []Ground { return missing(v.Grounds) }

func missing(grounds []Ground) []Ground {
	var all []Ground
	for _, g := range grounds {
		if g.Holds == Unsure && !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// Verdict is the answer of one office's reading on one act of one actor. It is
// computed as of an index and never recorded.
type Verdict struct {
	Office  OfficeID      `json:"office"`
	Actor   ActorID       `json:"actor,omitempty"` // empty where nobody is alleged
	Answer  Answer        `json:"answer"`
	Terms   []TermVerdict `json:"terms,omitempty"`   // every term that judges, in order of the record
	Members []Verdict     `json:"members,omitempty"` // of a coalition, each judged alone
	Grounds []Ground      `json:"grounds,omitempty"` // who is said to have done it; of a member, that it was one
}

// Deciding returns the terms whose answer is the reading's own.
func (v Verdict) Deciding() []TermVerdict {
	var all []TermVerdict
	for _, t := range v.Terms {
		if t.Answer == v.Answer {
			all = append(all, t)
		}
	}
	return all
}

// Missing returns what an insufficient verdict lacks, each once.
func (v Verdict) Missing() []Ground {
	if v.Answer != Insufficient {
		return nil
	}
	var all []Ground
	for _, t := range v.Deciding() {
		all = append(all, t.Grounds...)
	}
	return missing(all)
}

// Assess answers whether an act breaks the terms in the reading of an office,
// as known at index n. For many acts make one Lens with Under.
func Assess(reg *Regime, act Act, office OfficeID, n int64) Verdict {
	return reg.Under(office, n).Assess(act)
}

// Lens is one office's reading of the regime as known at an index, worked out
// once for many acts. It is good until the regime takes in the next statement.
type Lens struct {
	Office   OfficeID
	N        int64
	g        *Regime
	readings []Row[Reading]
	spans    []*spanGroup
	terms    []termRead
}

// termRead is a term with what the office reads into it.
type termRead struct {
	row      *Row[Term]
	readings []*Row[Reading]
}

// Under returns an office's reading of the regime as known at n.
func (g *Regime) Under(office OfficeID, n int64) *Lens {
	l := &Lens{Office: office, N: n, g: g, readings: g.Readings(office, n), spans: g.readSpans(office, n)}
	for i := range g.terms.rows {
		r := &g.terms.rows[i]
		if !r.Stands(n) {
			continue
		}
		t := termRead{row: r}
		for k := range l.readings {
			if b := l.readings[k].Body; b.About == "term" && b.Term == r.Body.ID {
				t.readings = append(t.readings, &l.readings[k])
			}
		}
		l.terms = append(l.terms, t)
	}
	return l
}

// meaning returns the newest reading of the term that holds at a time within
// [from, to), nil if the office reads nothing into it.
func (t *termRead) meaning(from, to Instant) *Row[Reading] {
	for i := len(t.readings) - 1; i >= 0; i-- {
		if t.readings[i].Body.Validity.Meets(from, to) {
			return t.readings[i]
		}
	}
	return nil
}

const everywhen = Instant(1) << 61

// Assess judges an act: per term, and from these the reading's own answer, the
// first of prohibited, insufficient, exempt, outside. A coalition is judged
// per member.
func (l *Lens) Assess(act Act) Verdict {
	from, to := act.When.Bounds()
	at := from
	if at == 0 {
		at = max(to-1, 0)
	}
	if at == 0 {
		at = everywhen
	}
	return l.assess(&act, at, from, to, maxNesting)
}

func (l *Lens) assess(act *Act, at, from, to Instant, depth int) Verdict {
	v := Verdict{Office: l.Office, Actor: act.Actor.ID}
	if act.Actor.ID != "" {
		v.Grounds = []Ground{{AboutActor, string(act.Actor.ID), signedBy(act.Actor.By), act.Actor.By}}
		if members := l.g.Members(act.Actor.ID, at, l.N); len(members) > 0 && depth > 0 {
			return l.assessMembers(v, act, members, at, from, to, depth-1)
		}
	}
	p := probe{l: l, act: act, at: at, from: from, to: to}
	v.Terms = make([]TermVerdict, 0, len(l.terms))
	v.Answer = OutsideAct
	for i := range l.terms {
		t := &l.terms[i]
		if m := t.row.Body.Modality; m == Permit || m == Exempt {
			continue
		}
		v.Terms = append(v.Terms, TermVerdict{})
		tv := &v.Terms[len(v.Terms)-1]
		tv.Answer = p.judge(t, tv)
		if tv.Answer.rank() < v.Answer.rank() {
			v.Answer = tv.Answer
		}
	}
	return v
}

func (l *Lens) assessMembers(v Verdict, act *Act, members []Ground, at, from, to Instant, depth int) Verdict {
	for _, m := range members {
		one := *act
		one.Actor.ID = ActorID(m.Of)
		mv := l.assess(&one, at, from, to, depth)
		mv.Grounds = append(mv.Grounds, m)
		v.Members = append(v.Members, mv)
		if v.Answer == "" {
			v.Answer = mv.Answer
		} else if v.Answer != mv.Answer {
			v.Answer = Mixed
		}
	}
	return v
}

func signedBy(id StatementID) Tri {
	if id.IsZero() {
		return Unsure
	}
	return Yes
}
