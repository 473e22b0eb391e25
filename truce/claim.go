package truce

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// Text is words in one language.
type Text struct {
	Lang string `json:"lang"` // BCP 47
	Text string `json:"text"`
}

// Span is a half-open range of bytes of the original text.
type Span struct {
	Start uint32 `json:"start"`
	End   uint32 `json:"end"`
}

// Stance is how far the text, or whom it quotes, stands behind a claim.
type Stance string

// The eight stances, in the order in which the first that fits is taken.
const (
	Denied      Stance = "denied"
	Conditional Stance = "conditional"
	Urged       Stance = "urged"
	Planned     Stance = "planned"
	Expected    Stance = "expected"
	Alleged     Stance = "alleged"
	Stated      Stance = "stated"
	Reported    Stance = "reported"
)

// Asserted reports whether the stance says that the thing happened; a plan, a
// wish, a condition or a denial does not.
func (s Stance) Asserted() bool { return s == Alleged || s == Stated || s == Reported || s == "" }

// Form says what sort of proposition a claim is.
type Form string

// The forms of a claim. The empty form is an event.
const (
	EventClaim  Form = ""
	Attribution Form = "attribution" // who did it, of an event told elsewhere
	Toll        Form = "casualty"    // a figure for an event told elsewhere
	Denial      Form = "denial"      // about attribution; never "0 killed"
	StatusClaim Form = "status"      // about the status of the dead or of an actor
	Aggregate   Form = "aggregate"   // a figure over an area and a period; never joins an incident
	Background  Form = "background"  // history told in passing; opens no incident
)

// Ref is somebody or something a claim names. An ID of "unknown" keeps its
// words; the speaker's own label is words, never an id.
type Ref struct {
	ID   string `json:"id,omitempty"`
	Text string `json:"text,omitempty"`
	Span *Span  `json:"span,omitempty"`
	Via  string `json:"via,omitempty"` // rule that filled it
}

// Source is one link of the chain of those who say a thing.
type Source struct {
	Ref
	Verb string `json:"verb,omitempty"`
	Mode string `json:"mode,omitempty"` // direct, indirect, mixed, presupposed, distanced, nested, passive, adverb, document
}

// CasualtyKind says what befell people.
type CasualtyKind string

// The kinds of casualty.
const (
	Killed          CasualtyKind = "killed"
	Wounded         CasualtyKind = "wounded"
	KilledOrWounded CasualtyKind = "killed-or-wounded"
	Missing         CasualtyKind = "missing"
	Detained        CasualtyKind = "detained"
	Displaced       CasualtyKind = "displaced"
)

// Open is the open end of a casualty range.
const Open int32 = -1

// Casualty is one figure as somebody gave it: a range with its qualifier.
type Casualty struct {
	Kind   CasualtyKind `json:"kind"`
	Low    int32        `json:"low"`              // Open where not stated
	High   int32        `json:"high"`             // Open where not stated
	Qual   string       `json:"qual,omitempty"`   // exact, at-least, up-to, about, range, nearly, hedge (dozens, several)
	Who    string       `json:"who,omitempty"`    // people, civilians, children, women, men, staff, fighters
	Scope  string       `json:"scope,omitempty"`  // strike (default), building, city-day, cumulative
	Status string       `json:"status,omitempty"` // civilian, combatant, mixed; empty is not stated
	Part   bool         `json:"part,omitempty"`   // a subset of another figure of the claim
	Own    bool         `json:"own,omitempty"`    // the speaker counts its own fighters
	Text   string       `json:"text,omitempty"`   // as worded
	Span   *Span        `json:"span,omitempty"`
}

// Side says whether a claim's place is where fire came from or where it fell.
type Side string

// The sides of fire. The empty side is not stated.
const (
	Firing Side = "firing"
	Impact Side = "impact"
)

// Claim is one proposition by one speaker. It is never a fact.
type Claim struct {
	Ref        ClaimRef   `json:"-"` // its name; the fold sets it
	ID         string     `json:"id,omitempty"`
	Event      string     `json:"event"` // a node of the taxonomy's acts
	Form       Form       `json:"form,omitempty"`
	Stance     Stance     `json:"stance,omitempty"`
	Negated    bool       `json:"negated,omitempty"`
	Modality   string     `json:"modality,omitempty"` // may, might, could
	Sources    []Source   `json:"sources,omitempty"`  // outermost first; empty is the narrator
	Lineage    string     `json:"lineage,omitempty"`  // whose figure this is, where not the innermost source's own
	Actors     []Ref      `json:"actors,omitempty"`   // alleged by
	Targets    []Ref      `json:"targets,omitempty"`  // alleged against
	Object     string     `json:"object,omitempty"`   // what was hit, a node of the taxonomy's objects
	Weapons    []Ref      `json:"weapons,omitempty"`  // nodes of the taxonomy's weapons
	Side       Side       `json:"side,omitempty"`
	Where      []Where    `json:"where,omitempty"` // best candidate first
	Origin     *Where     `json:"origin,omitempty"`
	When       When       `json:"when,omitzero"`
	Casualties []Casualty `json:"casualties,omitempty"`
	Count      int32      `json:"count,omitempty"`    // number of acts stated
	Victims    []string   `json:"victims,omitempty"`  // names already public, normalised by who entered them
	About      []ClaimRef `json:"about,omitempty"`    // the claims that a denial or attribution is about
	Response   bool       `json:"response,omitempty"` // claimed as an answer to what About names
	Premises   []Premise  `json:"premises,omitempty"` // what the speaker signs: protection, proportion, clearance
	Note       string     `json:"note,omitempty"`
	Plover     string     `json:"plover,omitempty"`
	Cameo      string     `json:"cameo,omitempty"`
	Clause     *Span      `json:"clause,omitempty"`
	Trigger    *Span      `json:"trigger,omitempty"`
	SameAs     string     `json:"same_as,omitempty"`
	CausedBy   string     `json:"caused_by,omitempty"`
	CitedBy    string     `json:"cited_by,omitempty"`
	Trend      string     `json:"trend,omitempty"`        // rising, falling, steady, if the text says so
	Reciprocal bool       `json:"reciprocal,omitempty"`   // between equals, as a clash is
	Crosses    bool       `json:"cross_border,omitempty"` // over a border
	Confidence int32      `json:"confidence,omitempty"`   // per mille, of a machine's claim
	Rules      []string   `json:"rules,omitempty"`
}

// Premise is something a verdict may rest on and somebody signs: that the
// attack was under way, that force was proportionate, that clearance had been
// given, that a target was excluded. Holds says which way.
type Premise struct {
	Name  string  `json:"name"`
	Actor ActorID `json:"actor,omitempty"`
	Holds bool    `json:"holds"`
	Note  string  `json:"note,omitempty"`
}

// Speaker returns who says the claim: its innermost source, or publisher where
// the narrator does.
func (c Claim) Speaker(publisher string) string {
	if n := len(c.Sources); n > 0 && c.Sources[n-1].ID != "" {
		return c.Sources[n-1].ID
	}
	return publisher
}

// LineageOf returns the origin that the claim's figures count under.
func (c Claim) LineageOf(publisher string) string {
	if c.Lineage != "" {
		return c.Lineage
	}
	return c.Speaker(publisher)
}

// Place returns the claim's best place, and the zero Where if it has none.
func (c Claim) Place() Where {
	if len(c.Where) == 0 {
		return Where{}
	}
	return c.Where[0]
}

// ClaimFields returns the parts of a claim that a person decides alone.
func ClaimFields() []string {
	return []string{
		"event", "form", "stance", "speaker", "actor", "target", "object", "weapon", "where", "when",
		string(Killed), string(Wounded), string(KilledOrWounded), string(Missing), string(Detained), string(Displaced),
	}
}

// with returns the claim with a field of another put in its place.
func (c Claim) with(field string, from Claim) Claim {
	switch field {
	case "event":
		c.Event = from.Event
	case "form":
		c.Form = from.Form
	case "stance":
		c.Stance, c.Modality, c.Negated = from.Stance, from.Modality, from.Negated
	case "speaker":
		c.Sources, c.Lineage = from.Sources, from.Lineage
	case "actor":
		c.Actors = from.Actors
	case "target":
		c.Targets = from.Targets
	case "object":
		c.Object = from.Object
	case "weapon":
		c.Weapons = from.Weapons
	case "where":
		c.Where = from.Where
	case "when":
		c.When = from.When
	default:
		other := func(k Casualty) bool { return string(k.Kind) != field }
		rest := slices.DeleteFunc(slices.Clone(c.Casualties), func(k Casualty) bool { return !other(k) })
		c.Casualties = append(rest, slices.DeleteFunc(slices.Clone(from.Casualties), other)...)
	}
	return c
}

// States reports whether the claim says anything in a field.
func (c Claim) States(field string) bool { return !Claim{}.SameIn(field, c) }

// SameIn reports whether two claims say the same in a field.
func (c Claim) SameIn(field string, other Claim) bool {
	one, err := json.Marshal(Claim{}.with(field, c))
	two, failed := json.Marshal(Claim{}.with(field, other))
	return err == nil && failed == nil && bytes.Equal(one, two)
}

// The limits of one claim.
const (
	maxListed = 64
	maxNote   = 4000
	maxToll   = 100_000_000
)

// Validate refuses a claim that cannot mean anything: an unknown event, a
// stance that is none, a range upside down, lists over 64.
func (c Claim) Validate(tree Tree) error {
	if !tree.Has(c.Event) {
		return invalid("event", "%q is not in the taxonomy: see the page of terms", clip(c.Event))
	}
	switch c.Stance {
	case "", Denied, Conditional, Urged, Planned, Expected, Alleged, Stated, Reported:
	default:
		return invalid("stance", "%q is not one of the eight stances", clip(string(c.Stance)))
	}
	switch c.Form {
	case EventClaim, Attribution, Toll, Denial, StatusClaim, Aggregate, Background:
	default:
		return invalid("form", "%q is not a form of claim", clip(string(c.Form)))
	}
	if c.Side != "" && c.Side != Firing && c.Side != Impact {
		return invalid("side", "%q: write firing or impact, or leave it out", clip(string(c.Side)))
	}
	if c.Object != "" && !tree.Has(c.Object) {
		return invalid("object", "%q is not in the taxonomy", clip(c.Object))
	}
	for i, w := range c.Weapons {
		if w.ID != "" && w.ID != "unknown" && !tree.Has(w.ID) {
			return invalid("weapons."+strconv.Itoa(i), "%q is not in the taxonomy", clip(w.ID))
		}
	}
	if n := max(len(c.Sources), len(c.Actors), len(c.Targets), len(c.Where), len(c.Casualties), len(c.Victims), len(c.About)); n > maxListed {
		return invalid("", "a list of %d is over the limit of %d: split the claim", n, maxListed)
	}
	if len(c.Note) > maxNote {
		return invalid("note", "%d bytes are over the limit of %d", len(c.Note), maxNote)
	}
	for i, w := range c.Where {
		if err := w.Validate(); err != nil {
			return within("where."+strconv.Itoa(i), err)
		}
	}
	for i, k := range c.Casualties {
		if err := k.Validate(); err != nil {
			return within("casualties."+strconv.Itoa(i), err)
		}
	}
	return within("when", c.When.Validate())
}

// Validate refuses an unknown kind, a range upside down and a figure beyond
// belief.
func (k Casualty) Validate() error {
	switch k.Kind {
	case Killed, Wounded, KilledOrWounded, Missing, Detained, Displaced:
	default:
		return invalid("kind", "%q is not a kind of casualty", clip(string(k.Kind)))
	}
	if k.Low < Open || k.High < Open || k.Low > maxToll || k.High > maxToll {
		return invalid("low", "a figure is 0 to %d, or -1 where that end is open", maxToll)
	}
	if k.Low != Open && k.High != Open && k.High < k.Low {
		return invalid("high", "%d is below the low of %d", k.High, k.Low)
	}
	return nil
}
