package truce

import (
	"slices"
	"strconv"
)

// Instrument is a text that a regime rests on.
type Instrument struct {
	ID       InstrumentID      `json:"id"`
	Name     []Text            `json:"name"`
	When     When              `json:"when"`
	Parties  []ActorID         `json:"parties,omitempty"`
	External map[string]string `json:"external,omitempty"` // ids elsewhere, such as pa-x
	URL      string            `json:"url,omitempty"`
	Note     string            `json:"note,omitempty"`
}

// Kind implements Body.
func (*Instrument) Kind() Kind { return "instrument" }

// Validate implements Body.
func (i *Instrument) Validate() error {
	if i.ID == "" {
		return invalid("id", "an instrument has an id")
	}
	if err := named(i.Name); err != nil {
		return err
	}
	return within("when", i.When.Validate())
}

// Modality says what a term does to an act.
type Modality string

// The modalities of a term. A permit or exempt term gives no verdict of its
// own; it is an exception of others.
const (
	Prohibit Modality = "prohibit"
	Oblige   Modality = "oblige"
	Permit   Modality = "permit"
	Exempt   Modality = "exempt"
)

// The classes of actors that a term may name instead of an actor's id.
const (
	Accepting   ActorID = "accepting"   // every party that accepted
	Excluded    ActorID = "excluded"    // every actor designated
	Controlling ActorID = "controlling" // whoever controls the area
	CoChairs    ActorID = "co-chairs"
	Anyone      ActorID = "anyone"
)

// Exception belongs to its term: satisfied it makes the act exempt, claimed
// but unsigned it makes the facts insufficient, signed as not met it falls.
type Exception struct {
	Term     TermID   `json:"term"`             // the permit or exempt term that it is
	Premises []string `json:"premises"`         // all must be signed
	Target   ActorID  `json:"target,omitempty"` // met only if the act's target is, say, excluded
}

// Term is one rule in an instrument.
type Term struct {
	ID            TermID       `json:"id"`
	Instrument    InstrumentID `json:"instrument"`
	Paragraph     string       `json:"paragraph,omitempty"`
	Verbatim      string       `json:"verbatim,omitempty"`
	Summary       []Text       `json:"summary"`
	Lang          string       `json:"lang,omitempty"` // of the verbatim
	Modality      Modality     `json:"modality"`
	Acts          []string     `json:"acts,omitempty"`    // nodes of the taxonomy
	Weapons       []string     `json:"weapons,omitempty"` // empty is any
	DutyBearers   []ActorID    `json:"duty_bearers"`
	Beneficiaries []ActorID    `json:"beneficiaries,omitempty"` // empty protects all
	Area          Area         `json:"area,omitzero"`           // empty is the area of the span
	Span          string       `json:"span,omitempty"`          // kind of span it lives in: cessation (default) or calm
	When          When         `json:"when,omitzero"`           // empty is the span's time
	Conditions    []string     `json:"conditions,omitempty"`    // premises that must be signed
	Exceptions    []Exception  `json:"exceptions,omitempty"`
	Beside        []string     `json:"beside,omitempty"` // acts that it does not judge and beside which pages name it
	Severity      string       `json:"severity,omitempty"`
	Note          string       `json:"note,omitempty"`
}

// Kind implements Body.
func (*Term) Kind() Kind { return "term" }

// Validate implements Body.
func (t *Term) Validate() error {
	switch {
	case t.ID == "" || t.Instrument == "":
		return invalid("id", "a term has an id and names its instrument")
	case t.Modality != Prohibit && t.Modality != Oblige && t.Modality != Permit && t.Modality != Exempt:
		return invalid("modality", "%q: write prohibit, oblige, permit or exempt", clip(string(t.Modality)))
	case len(t.DutyBearers) == 0:
		return invalid("duty_bearers", "a term says whom it binds: accepting, co-chairs, controlling, anyone, or actors by id")
	case len(t.Summary) == 0 && t.Verbatim == "":
		return invalid("summary", "a term has words: a summary, or its text")
	}
	for i, a := range slices.Concat(t.Acts, t.Weapons, t.Beside) {
		if !taxonomy.Has(a) {
			return invalid("acts."+strconv.Itoa(i), "%q is not in the taxonomy: see the page of terms", clip(a))
		}
	}
	if err := t.Area.Validate(); err != nil {
		return within("area", err)
	}
	return within("when", t.When.Validate())
}

// TruceSpan is a regime or a calm over an area, from a time to a time, as
// claimed by somebody: an army, a guarantor, a wire. A side that its claimant
// did not state stays not stated.
type TruceSpan struct {
	ID        SpanID `json:"id"`
	Name      []Text `json:"name,omitempty"`
	Sort      string `json:"sort"`             // cessation, calm, local, pause
	Parent    SpanID `json:"parent,omitempty"` // the regime that a calm stands in
	Area      Area   `json:"area"`
	When      When   `json:"when,omitzero"`
	EndFrom   When   `json:"end,omitzero"` // an end that is itself an interval ("midnight 6 May")
	ClaimedBy string `json:"claimed_by"`   // actor, office or outlet
	Act       string `json:"act"`          // announced, proposed, extended, suspended, terminated, rejected
	Extends   SpanID `json:"extends,omitempty"`
	URL       string `json:"url,omitempty"`
	Note      string `json:"note,omitempty"`
}

// Kind implements Body.
func (*TruceSpan) Kind() Kind { return "span" }

// Validate implements Body.
func (s *TruceSpan) Validate() error {
	switch {
	case s.ID == "" || s.ClaimedBy == "":
		return invalid("id", "a span has an id and names who claims it")
	case !slices.Contains([]string{"cessation", "calm", "local", "pause"}, s.Sort):
		return invalid("sort", "%q: write cessation, calm, local or pause", clip(s.Sort))
	case !slices.Contains([]string{"announced", "proposed", "extended", "suspended", "terminated", "rejected"}, s.Act):
		return invalid("act", "%q: write announced, proposed, extended, suspended, terminated or rejected", clip(s.Act))
	case s.Area.IsZero():
		return invalid("area", "a span is over an area")
	case s.Parent == s.ID || s.Extends == s.ID:
		return invalid("parent", "a span is neither its own parent nor its own extension")
	}
	if err := s.Area.Validate(); err != nil {
		return within("area", err)
	}
	if err := s.EndFrom.Validate(); err != nil {
		return within("end", err)
	}
	return within("when", s.When.Validate())
}

// Coverage says what a span takes in, as claimed.
type Coverage struct {
	Span      SpanID `json:"span"`
	Area      Area   `json:"area"`
	ClaimedBy string `json:"claimed_by"`
	HandedTo  string `json:"handed_to,omitempty"`
	When      When   `json:"when,omitzero"`
	Note      string `json:"note,omitempty"`
}

// Kind implements Body.
func (*Coverage) Kind() Kind { return "coverage" }

// Validate implements Body.
func (c *Coverage) Validate() error {
	if c.Span == "" || c.ClaimedBy == "" || c.Area.IsZero() && len(c.Area.Except) == 0 {
		return invalid("", "a coverage names its span, its area and who claims it")
	}
	return within("area", c.Area.Validate())
}

// Reading is one guarantor's interpretation: of a term, a span, a coverage or
// an actor's status. It belongs to the office that signs it and to no other.
// What it does not state stays not stated.
type Reading struct {
	ID           string    `json:"id"`
	About        string    `json:"about"` // span, coverage, actor, term
	Span         SpanID    `json:"span,omitempty"`
	Adopts       SpanID    `json:"adopts,omitempty"` // a claimed span taken over whole
	Term         TermID    `json:"term,omitempty"`
	Actor        ActorID   `json:"actor,omitempty"`
	Status       string    `json:"status,omitempty"` // of the actor: accepted, accepted-notified, excluded, unprotected, not-party, withdrawn, suspended, unknown
	Area         Area      `json:"area,omitzero"`
	When         When      `json:"when,omitzero"`     // start and end of the span in this reading
	Validity     When      `json:"validity,omitzero"` // when the reading itself holds; empty is always
	Acts         []string  `json:"acts,omitempty"`    // meaning of a term: acts it takes in beside its own
	NeedsNotice  bool      `json:"needs_notice,omitempty"`
	Requires     []string  `json:"requires,omitempty"` // meaning of a term: further premises it asks for
	Premises     []Premise `json:"premises,omitempty"` // what this office signs
	Supersedes   string    `json:"supersedes,omitempty"`
	Illustration bool      `json:"illustration,omitempty"` // made up to show the machinery; never a state's position
	Text         []Text    `json:"text,omitempty"`
}

// Kind implements Body.
func (*Reading) Kind() Kind { return "reading" }

// Validate implements Body.
func (r *Reading) Validate() error {
	if r.ID == "" {
		return invalid("id", "a reading has an id of its office's own")
	}
	switch r.About {
	case "span", "coverage":
		if r.Span == "" && r.Adopts == "" {
			return invalid("span", "name the span that is read, or the claimed span that is adopted")
		}
	case "actor":
		if r.Actor == "" || !slices.Contains([]string{StatusAccepted, StatusNotified, StatusExcluded, StatusUnprotected, StatusNotParty, StatusWithdrawn, StatusSuspended, StatusUnknown}, r.Status) {
			return invalid("actor", "name the actor and its status: accepted, accepted-notified, excluded, unprotected, not-party, withdrawn, suspended or unknown")
		}
	case "term":
		if r.Term == "" {
			return invalid("term", "name the term that is read")
		}
	default:
		return invalid("about", "%q: write span, coverage, actor or term", clip(r.About))
	}
	if err := r.Area.Validate(); err != nil {
		return within("area", err)
	}
	if err := r.Validity.Validate(); err != nil {
		return within("validity", err)
	}
	return within("when", r.When.Validate())
}

// Actor is who acts on the ground, vouches or speaks. Its id is neutral.
type Actor struct {
	ID     ActorID   `json:"id"`
	Name   []Text    `json:"name"`
	Sort   string    `json:"sort"`             // state, armed-force, armed-group, coalition, political-body, monitor-group, outlet, organisation, label
	Of     []ActorID `json:"of,omitempty"`     // successor of, or split from
	Parent ActorID   `json:"parent,omitempty"` // the force it belongs to
	Labels []string  `json:"labels,omitempty"` // other names, as speakers use them
	Side   ActorID   `json:"side,omitempty"`   // the guarantor whose side it reports from, if it says so itself
	Note   string    `json:"note,omitempty"`
}

// Kind implements Body.
func (*Actor) Kind() Kind { return "actor" }

// Validate implements Body.
func (a *Actor) Validate() error {
	if a.ID == "" || slices.Contains([]ActorID{Accepting, Excluded, Controlling, CoChairs, Anyone}, a.ID) {
		return invalid("id", "%q cannot be an actor's id", a.ID)
	}
	if a.Parent == a.ID || slices.Contains(a.Of, a.ID) {
		return invalid("parent", "an actor is not its own parent")
	}
	return named(a.Name)
}

// Membership says that an actor was member of a coalition, as claimed.
type Membership struct {
	Actor     ActorID `json:"actor"`
	Coalition ActorID `json:"coalition"`
	When      When    `json:"when,omitzero"`
	Left      bool    `json:"left,omitempty"`
	Leads     bool    `json:"leads,omitempty"`
	ClaimedBy string  `json:"claimed_by"`
	URL       string  `json:"url,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// Kind implements Body.
func (*Membership) Kind() Kind { return "membership" }

// Validate implements Body.
func (m *Membership) Validate() error {
	if m.Actor == "" || m.Coalition == "" || m.ClaimedBy == "" {
		return invalid("", "a membership names actor, coalition and who claims it")
	}
	if m.Actor == m.Coalition {
		return invalid("coalition", "a coalition cannot contain itself")
	}
	return within("when", m.When.Validate())
}

// Acceptance says that an actor accepted the terms.
type Acceptance struct {
	Actor     ActorID      `json:"actor,omitempty"` // empty where only a number of unnamed groups is claimed
	Number    int32        `json:"number,omitempty"`
	Under     InstrumentID `json:"under"`
	Through   OfficeID     `json:"through,omitempty"` // the guarantor's office
	When      When         `json:"when,omitzero"`
	Notified  Tri          `json:"notified,omitempty"` // location told: 1 yes, -1 no, 0 not stated
	ClaimedBy string       `json:"claimed_by"`
	Doubtful  bool         `json:"doubtful,omitempty"` // claimed, and not established
	URL       string       `json:"url,omitempty"`
	Note      string       `json:"note,omitempty"`
}

// Kind implements Body.
func (*Acceptance) Kind() Kind { return "acceptance" }

// Validate implements Body.
func (a *Acceptance) Validate() error {
	if a.Under == "" || a.ClaimedBy == "" || (a.Actor == "") == (a.Number == 0) {
		return invalid("", "an acceptance names under, claimed_by, and an actor or a number of groups")
	}
	return within("when", a.When.Validate())
}

// Withdrawal ends an acceptance, or a guarantor's part in the regime.
type Withdrawal struct {
	Actor     ActorID      `json:"actor"`
	Under     InstrumentID `json:"under"`
	When      When         `json:"when"`
	ClaimedBy string       `json:"claimed_by"`
	Suspends  bool         `json:"suspends,omitempty"`
	Note      string       `json:"note,omitempty"`
}

// Kind implements Body.
func (*Withdrawal) Kind() Kind { return "withdrawal" }

// Validate implements Body.
func (w *Withdrawal) Validate() error {
	if w.Actor == "" || w.Under == "" || w.When.From == 0 || w.ClaimedBy == "" {
		return invalid("", "a withdrawal names actor, under, when.from and claimed_by")
	}
	return within("when", w.When.Validate())
}

// Designation says that an actor is excluded from the regime.
type Designation struct {
	Actor ActorID      `json:"actor"`
	By    string       `json:"by"`
	Under InstrumentID `json:"under,omitempty"`
	When  When         `json:"when,omitzero"`
	Note  string       `json:"note,omitempty"`
}

// Kind implements Body.
func (*Designation) Kind() Kind { return "designation" }

// Validate implements Body.
func (d *Designation) Validate() error {
	if d.Actor == "" || d.By == "" {
		return invalid("", "a designation names the actor and who designated it")
	}
	return within("when", d.When.Validate())
}

const (
	maxRings  = 64
	maxCorner = 4096
)

// Validate refuses a polygon with fewer than three corners, or that crosses
// itself, and a line without a distance.
func (a Area) Validate() error {
	if len(a.Polygons) > maxRings {
		return invalid("polygons", "%d rings are over the limit of %d", len(a.Polygons), maxRings)
	}
	for i, ring := range a.Polygons {
		if err := validRing(ring); err != nil {
			return within("polygons."+strconv.Itoa(i), err)
		}
	}
	if len(a.Line) == 1 || len(a.Line) > 1 && a.Metres <= 0 {
		return invalid("line", "a line has at least two points and a distance in metres")
	}
	for i, w := range append(slices.Clone(a.Places), a.Except...) {
		if w.Place == "" {
			return invalid("places."+strconv.Itoa(i), "a place of an area is named by its id")
		}
	}
	return nil
}
