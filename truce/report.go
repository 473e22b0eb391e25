package truce

import (
	"slices"
	"strconv"
	"strings"
)

// Report is raw intake: what came in, from whom, by which channel. Its words
// meet the engines; what only some may read is in the vault, and a person
// enters its claims.
type Report struct {
	Channel    string        `json:"channel"` // article, bulletin, hotline, field, dataset, form, letter, social, broadcast
	Publisher  string        `json:"publisher,omitempty"`
	Title      string        `json:"title,omitempty"`
	Text       string        `json:"text,omitempty"`
	Lang       string        `json:"lang,omitempty"`
	Date       Instant       `json:"date,omitzero"` // of the document; a dateline
	URL        string        `json:"url,omitempty"`
	External   string        `json:"external,omitempty"` // the sender's own id, such as I38a or a device's UUID
	Claims     []Claim       `json:"claims,omitempty"`   // entered with the report; empty means that its text is read
	Exhibits   []Digest      `json:"exhibits,omitempty"`
	Pseudonym  string        `json:"pseudonym,omitempty"`  // of the source, who is in the vault
	Commitment Digest        `json:"commitment,omitzero"`  // to what the vault keeps
	Translator string        `json:"translator,omitempty"` // who put the claims in English, if anybody
	Part       int32         `json:"part,omitempty"`       // i of Of, for a long text
	Of         int32         `json:"of,omitempty"`
	Supports   bool          `json:"supports,omitempty"` // a repost: supports an incident, never opens one
	Marking    Marking       `json:"marking,omitempty"`  // who may read it; empty is amber
	Mapping    Digest        `json:"mapping,omitzero"`   // of the column mapping that made it
	Origin     *OriginRef    `json:"origin_ref,omitempty"`
	Counts     []StatedCount `json:"counts,omitempty"` // a bulletin's own figures
}

// OriginRef cites a statement of another centre.
type OriginRef struct {
	Origin string      `json:"origin"`
	ID     StatementID `json:"id"`
}

// StatedCount is a figure that a bulletin states about a period: never an
// incident.
type StatedCount struct {
	What  string `json:"what"` // violations, settlements, groups
	Place string `json:"place,omitempty"`
	N     int32  `json:"n"`
	Span  *Span  `json:"span,omitempty"`
}

// Kind implements Body.
func (*Report) Kind() Kind { return "report" }

// Witness reports whether the report is what a person told: on the telephone,
// by the form without a name, or sealed under a pseudonym. It stays amber,
// whatever its marking says and whatever is released.
func (r *Report) Witness() bool {
	return r.Pseudonym != "" || r.Channel == "hotline" || r.Channel == "form"
}

const (
	maxClaims   = 64
	maxTextSize = 40_000
)

// Validate implements Body.
func (r *Report) Validate() error {
	if !slices.Contains([]string{"article", "bulletin", "hotline", "field", "dataset", "form", "letter", "social", "broadcast"}, r.Channel) {
		return invalid("channel", "%q: write article, bulletin, hotline, field, dataset, form, letter, social or broadcast", clip(r.Channel))
	}
	if strings.TrimSpace(r.Text) == "" && len(r.Claims) == 0 && r.Commitment.IsZero() && len(r.Counts) == 0 {
		return invalid("text", "a report says something: give text, claims, or a commitment to what the vault keeps")
	}
	if len(r.Text) > maxTextSize {
		return invalid("text", "%d bytes are over the limit of %d: send it in parts", len(r.Text), maxTextSize)
	}
	if len(r.Claims) > maxClaims {
		return invalid("claims", "%d claims are over the limit of %d a report", len(r.Claims), maxClaims)
	}
	if r.Part < 0 || r.Of < 0 || r.Part > r.Of {
		return invalid("part", "part %d of %d", r.Part, r.Of)
	}
	if err := r.Marking.Validate(); err != nil {
		return within("marking", err)
	}
	for i, c := range r.Claims {
		if err := c.Validate(taxonomy); err != nil {
			return within("claims."+strconv.Itoa(i), err)
		}
	}
	return nil
}

// Exhibit is a file that a report or case rests on: named by its digest, kept
// beside the record, erasable.
type Exhibit struct {
	Digest    Digest      `json:"digest"`
	MediaType string      `json:"media_type"`
	Bytes     int64       `json:"bytes"`
	Name      string      `json:"name,omitempty"`
	Captured  When        `json:"captured,omitzero"`
	Tool      string      `json:"tool,omitempty"`
	Custody   []Custody   `json:"custody,omitempty"`
	Working   Digest      `json:"working,omitzero"` // of the viewing copy: re-encoded, without metadata
	About     StatementID `json:"about,omitzero"`
	Marking   Marking     `json:"marking,omitempty"`
}

// Custody is one hand that held an exhibit.
type Custody struct {
	By   string  `json:"by"`
	At   Instant `json:"at"`
	Note string  `json:"note,omitempty"`
}

// Kind implements Body.
func (*Exhibit) Kind() Kind { return "exhibit" }

// Validate implements Body.
func (e *Exhibit) Validate() error {
	if e.Digest.IsZero() || e.MediaType == "" || e.Bytes <= 0 {
		return invalid("digest", "an exhibit has digest, media_type and bytes")
	}
	return within("marking", e.Marking.Validate())
}

// Observation is what a monitor saw or heard: a position, a means, a count, a
// bearing and a range. It is an area, not a point, and no violation.
type Observation struct {
	Position  Where   `json:"position"` // of the observer
	Control   ActorID `json:"control,omitempty"`
	Means     string  `json:"means"` // heard, saw, camera, uav, satellite, acoustic
	Count     int32   `json:"count"`
	Sort      string  `json:"sort"` // undetermined-explosion, outgoing, impact, airburst, in-flight, burst, shot, muzzle-flash, tracer, illumination
	Weapon    string  `json:"weapon,omitempty"`
	Direction string  `json:"direction,omitempty"` // of flight, such as W-E
	Sector    *Sector `json:"sector,omitempty"`
	Where     *Where  `json:"where,omitempty"` // if it is known better than by bearing
	When      When    `json:"when"`
	Assessed  string  `json:"assessed,omitempty"` // as live-fire training; as inside the disengagement area
	Note      string  `json:"note,omitempty"`
	Marking   Marking `json:"marking,omitempty"`
}

// Kind implements Body.
func (*Observation) Kind() Kind { return "observation" }

// Validate implements Body.
func (o *Observation) Validate() error {
	if !slices.Contains([]string{"heard", "saw", "camera", "uav", "satellite", "acoustic"}, o.Means) {
		return invalid("means", "%q: write heard, saw, camera, uav, satellite or acoustic", clip(o.Means))
	}
	if !slices.Contains([]string{"undetermined-explosion", "outgoing", "impact", "airburst", "in-flight", "burst", "shot", "muzzle-flash", "tracer", "illumination"}, o.Sort) {
		return invalid("sort", "%q is no sort of observation", clip(o.Sort))
	}
	if o.Count < 0 || o.Count > 100_000 {
		return invalid("count", "%d is out of range", o.Count)
	}
	if o.When.From == 0 {
		return invalid("when.from", "an observation has a time")
	}
	if err := (Where{Sector: o.Sector}).Validate(); err != nil {
		return err
	}
	if o.Where != nil {
		if err := o.Where.Validate(); err != nil {
			return within("where", err)
		}
	}
	if err := o.Position.Validate(); err != nil {
		return within("position", err)
	}
	if err := o.Marking.Validate(); err != nil {
		return within("marking", err)
	}
	return within("when", o.When.Validate())
}

// AsClaim returns the observation as a claim by the given speaker: what was
// seen, where in the sector, with no actor and no toll.
func (o *Observation) AsClaim(speaker string) Claim {
	where := o.Position
	where.Point, where.Sector, where.Relation = nil, o.Sector, "near"
	if o.Where != nil {
		where = *o.Where
	}
	c := Claim{
		Event: "observed_explosion", Stance: Stated, When: o.When, Count: o.Count, Where: []Where{where},
		Sources: []Source{{Ref: Ref{ID: speaker}, Mode: "document"}}, Note: o.Note,
	}
	if o.Weapon != "" {
		c.Weapons = []Ref{{ID: o.Weapon}}
	}
	if o.Sort == "outgoing" || o.Sort == "muzzle-flash" {
		c.Side = Firing
	}
	if o.Sort == "impact" {
		c.Side = Impact
	}
	return c
}

// Restriction records that monitors were kept from seeing.
type Restriction struct {
	Sort    string      `json:"sort"` // denied, delayed, jammed, fired-at, mines, condition
	Where   Where       `json:"where"`
	When    When        `json:"when"`
	Minutes int32       `json:"minutes,omitempty"`
	By      ActorID     `json:"by,omitempty"`
	Reason  string      `json:"reason,omitempty"` // as given
	Case    StatementID `json:"case,omitzero"`
	Marking Marking     `json:"marking,omitempty"`
}

// Kind implements Body.
func (*Restriction) Kind() Kind { return "restriction" }

// Validate implements Body.
func (r *Restriction) Validate() error {
	if !slices.Contains([]string{"denied", "delayed", "jammed", "fired-at", "mines", "condition"}, r.Sort) {
		return invalid("sort", "%q: write denied, delayed, jammed, fired-at, mines or condition", clip(r.Sort))
	}
	if r.When.From == 0 || r.Where.Place == "" {
		return invalid("where", "a restriction has a place and a time")
	}
	return within("when", r.When.Validate())
}

// Watch says who watched where and when, so that counts can say how much was
// seen.
type Watch struct {
	Area    Area    `json:"area"`
	When    When    `json:"when"`
	Channel string  `json:"channel"` // post, patrol, camera, uav, network
	Posts   int32   `json:"posts,omitempty"`
	Nothing bool    `json:"nothing,omitempty"` // nothing was seen
	Note    string  `json:"note,omitempty"`
	Marking Marking `json:"marking,omitempty"`
}

// Kind implements Body.
func (*Watch) Kind() Kind { return "watch" }

// Validate implements Body.
func (w *Watch) Validate() error {
	if w.Area.IsZero() || w.When.From == 0 || w.When.To == 0 {
		return invalid("when", "a watch has an area, a beginning and an end")
	}
	if err := w.Area.Validate(); err != nil {
		return within("area", err)
	}
	return within("when", w.When.Validate())
}

// Call is the centre ringing somebody to stop the fire.
type Call struct {
	Case    StatementID `json:"case,omitzero"`
	About   ClaimRef    `json:"about,omitzero"`
	To      ActorID     `json:"to"`
	Through OfficeID    `json:"through,omitempty"`
	Asked   Instant     `json:"asked"`
	Answer  string      `json:"answer,omitempty"` // answered, no-answer, refused, agreed
	Quiet   int32       `json:"quiet_minutes,omitempty"`
	Note    string      `json:"note,omitempty"`
}

// Kind implements Body.
func (*Call) Kind() Kind { return "call" }

// Validate implements Body.
func (c *Call) Validate() error {
	if c.To == "" || c.Asked == 0 {
		return invalid("to", "a call names whom it rang and when")
	}
	if !slices.Contains([]string{"", "answered", "no-answer", "refused", "agreed"}, c.Answer) {
		return invalid("answer", "%q: write answered, no-answer, refused or agreed", clip(c.Answer))
	}
	return nil
}

// ClaimEntry is a claim that a person entered or corrected. It is complete, and
// wins over the machine's: it names the claim it replaces, and a null claim
// rejects that one. With fields it speaks of these alone, and what others said
// of the rest stands; of one field the later statement stands.
type ClaimEntry struct {
	Report   StatementID `json:"report,omitzero"` // the report that it reads
	Replaces ClaimRef    `json:"replaces,omitzero"`
	Claim    *Claim      `json:"claim"`
	Fields   []string    `json:"fields,omitempty"`  // event, form, stance, speaker, actor, target, object, weapon, where, when, or a kind of casualty; empty is the whole claim
	Machine  *Claim      `json:"machine,omitempty"` // what the machine had said
	Why      string      `json:"why,omitempty"`
	Accepts  bool        `json:"accepts,omitempty"` // the machine's claim as it stands
	Marking  Marking     `json:"marking,omitempty"`
}

// Kind implements Body.
func (*ClaimEntry) Kind() Kind { return "claim" }

// Validate implements Body.
func (c *ClaimEntry) Validate() error {
	if c.Claim == nil {
		if c.Replaces.IsZero() {
			return invalid("replaces", "a rejection names the claim that it rejects")
		}
		if len(c.Fields) > 0 {
			return invalid("fields", "a field is rejected by a claim that leaves it out, and not by none")
		}
		return nil
	}
	for i, f := range c.Fields {
		if !slices.Contains(ClaimFields(), f) || slices.Contains(c.Fields[:i], f) {
			return invalid("fields."+strconv.Itoa(i), "%q is no field of a claim, or stands twice: write any of %s", clip(f), strings.Join(ClaimFields(), ", "))
		}
	}
	if len(c.Fields) > 0 && c.Replaces.IsZero() {
		return invalid("replaces", "what speaks of fields alone names the claim that they are of")
	}
	return within("claim", c.Claim.Validate(taxonomy))
}

// Over returns a claim as it is once the entry, which has one, is laid over it.
func (c *ClaimEntry) Over(base Claim) Claim {
	if len(c.Fields) == 0 {
		return *c.Claim
	}
	for _, f := range c.Fields {
		if !base.SameIn(f, *c.Claim) {
			base = base.with(f, *c.Claim)
		}
	}
	return base
}

// Same says that claims are about one incident. It binds the linker until it
// is withdrawn.
type Same struct {
	Claims []ClaimRef `json:"claims"`
	Why    string     `json:"why"`
}

// Kind implements Body.
func (*Same) Kind() Kind { return "same" }

// Validate implements Body.
func (s *Same) Validate() error { return severalClaims(s.Claims, s.Why) }

// Different says that claims are not about one incident.
type Different struct {
	Claims   []ClaimRef `json:"claims"`
	Response bool       `json:"response,omitempty"` // they are claimed act and answer
	Why      string     `json:"why"`
}

// Kind implements Body.
func (*Different) Kind() Kind { return "different" }

// Validate implements Body.
func (d *Different) Validate() error { return severalClaims(d.Claims, d.Why) }

func severalClaims(claims []ClaimRef, why string) error {
	if len(claims) < 2 || len(claims) > maxListed {
		return invalid("claims", "name 2 to %d claims, not %d", maxListed, len(claims))
	}
	for i, c := range claims {
		if c.IsZero() || slices.Index(claims, c) != i {
			return invalid("claims."+strconv.Itoa(i), "name each claim once")
		}
	}
	if why == "" {
		return invalid("why", "say why")
	}
	return nil
}

// Grade is one grader's opinion of a source and of what it said, judged apart:
// A to F and 1 to 6, where F and 6 mean that it cannot be judged.
type Grade struct {
	About       ClaimRef `json:"about"`
	Source      string   `json:"source"`
	Information string   `json:"information"`
	Scope       string   `json:"scope,omitempty"`
	Why         string   `json:"why,omitempty"`
}

// Kind implements Body.
func (*Grade) Kind() Kind { return "grade" }

// Validate implements Body.
func (g *Grade) Validate() error {
	if g.About.IsZero() {
		return invalid("about", "name the claim")
	}
	if len(g.Source) != 1 || g.Source < "A" || g.Source > "F" {
		return invalid("source", "%q: write A to F", clip(g.Source))
	}
	if len(g.Information) != 1 || g.Information < "1" || g.Information > "6" {
		return invalid("information", "%q: write 1 to 6", clip(g.Information))
	}
	return nil
}
