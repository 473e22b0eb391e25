package picture

import (
	"github.com/marchday/marchday/truce"
)

// Statement is one entry of the record as read: also one that was refused.
type Statement struct {
	Index   int64
	ID      truce.StatementID
	Kind    truce.Kind
	Group   truce.Group
	Office  truce.OfficeID
	Desk    string
	MadeAt  truce.Instant
	RecvAt  int64 // milliseconds since 1970 UTC
	Marking truce.Marking
	Refused string // why it has no effect
	GoneAt  int64  // index of its withdrawal, -1 if it stands
	Name    string
	Payload string // the JSON that was signed; read it with Body
}

// Body decodes the statement's own part.
func (s Statement) Body() (truce.Body, error) {
	st, err := truce.DecodeBody([]byte(s.Payload))
	return st.Body, err
}

// Received returns the receipt time in seconds.
func (s Statement) Received() truce.Instant { return truce.Instant(s.RecvAt / 1000) }

func (s Statement) write() (string, []any) {
	return `INSERT OR REPLACE INTO statement (idx, id, kind, grp, office, desk, made_at, recv_at, marking, open_at, refused, gone_at, name, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13)`,
		[]any{s.Index, s.ID.String(), string(s.Kind), string(s.Group), string(s.Office), s.Desk, int64(s.MadeAt), s.RecvAt,
			string(s.Marking), s.Refused, s.GoneAt, s.Name, s.Payload}
}

// Gone marks a statement as withdrawn at an index.
type Gone struct {
	ID truce.StatementID
	At int64
}

func (g Gone) write() (string, []any) {
	return "UPDATE statement SET gone_at = $1 WHERE id = $2", []any{g.At, g.ID.String()}
}

// Remark changes who may read a statement and its claims: a release.
type Remark struct {
	ID      truce.StatementID
	Marking truce.Marking
}

func (r Remark) write() (string, []any) {
	return "UPDATE statement SET marking = $1 WHERE id = $2", []any{string(r.Marking), r.ID.String()}
}

// Opens lets everybody read a statement from a time on; zero closes it again, as
// its marking has it.
type Opens struct {
	ID truce.StatementID
	At truce.Instant
}

func (o Opens) write() (string, []any) {
	return "UPDATE statement SET open_at = $1 WHERE id = $2", []any{int64(o.At), o.ID.String()}
}

// Cite says that the statement at Index names Target.
type Cite struct {
	Target  truce.StatementID
	Index   int64
	Marking truce.Marking
}

func (c Cite) write() (string, []any) {
	return "INSERT OR REPLACE INTO cite (target, idx, marking) VALUES ($1, $2, $3)", []any{c.Target.String(), c.Index, string(c.Marking)}
}

// Claim is one claim with what the fold knows of it.
type Claim struct {
	Ref       truce.ClaimRef   `json:"ref"`
	Index     int64            `json:"index"` // of the statement that carries it
	Rests     int64            `json:"rests"`
	Received  truce.Instant    `json:"received"`
	Said      truce.Instant    `json:"said,omitzero"` // of the document, if it says
	Office    truce.OfficeID   `json:"office"`
	Incident  truce.IncidentID `json:"incident,omitzero"`
	Marking   truce.Marking    `json:"marking"`
	Publisher string           `json:"publisher,omitempty"`
	URL       string           `json:"url,omitempty"`
	Speaker   string           `json:"speaker"`
	Lineage   string           `json:"lineage"`
	External  string           `json:"external,omitempty"`
	Machine   bool             `json:"machine,omitempty"` // read from text, not entered
	Replaced  truce.ClaimRef   `json:"replaced,omitzero"` // the claim that this one corrects, as it came
	Reads     int64            `json:"reads,omitempty"`   // index of the report, of a claim that a person corrected
	Read      *truce.Claim     `json:"read,omitempty"`    // what the machine says, of a claim that a person corrected
	Decided   []Decided        `json:"decided,omitempty"` // by whom, field by field
	Quote     string           `json:"quote,omitempty"`   // the clause, of a claim read from text
	Supports  bool             `json:"supports,omitempty"`
	Claim     truce.Claim      `json:"claim"`
	Link      Link             `json:"link,omitzero"`
	Coarse    *truce.Claim     `json:"coarse,omitempty"` // what is read of it below amber, where less than all was released
	Moved     bool             `json:"-"`                // to Fold: its words are as they were written, where it stands may not be
}

// Coarsened returns what is read of the claim below amber.
func (c *Claim) Coarsened() *Claim {
	if c.Coarse == nil {
		return c
	}
	less := *c
	less.Claim, less.Coarse, less.Read, less.Quote, less.URL, less.External, less.Link = *c.Coarse, nil, nil, "", "", "", Link{State: c.Link.State}
	less.Claim.Ref = c.Ref
	return &less
}

// Decided says who decided a field of a claim, as it stands, and who of another
// office had said otherwise before.
type Decided struct {
	Field     string         `json:"field"` // of truce.ClaimFields
	How       string         `json:"how"`   // accepted, fixed, rejected
	Office    truce.OfficeID `json:"office"`
	Index     int64          `json:"index"`
	Against   truce.OfficeID `json:"against,omitempty"`
	AgainstAt int64          `json:"against_at,omitempty"` // index
}

// Link says how a claim came to its incident.
type Link struct {
	State   string            `json:"state"`             // opened, joined, provisional, pinned, proposed, aside
	Role    string            `json:"role,omitempty"`    // supports, contradicts, proposed
	Weight  int64             `json:"weight,omitempty"`  // millibits
	N       int64             `json:"n,omitempty"`       // representatives that Sum is over
	Sum     int64             `json:"sum,omitempty"`     // millibits
	BoundBy truce.StatementID `json:"bound_by,omitzero"` // the decision that put it there
	CopyOf  truce.ClaimRef    `json:"copy_of,omitzero"`
	Reasons []Reason          `json:"reasons,omitempty"`
	Moved   bool              `json:"moved,omitempty"`  // Reasons are newer than its placement
	Placed  []Reason          `json:"placed,omitempty"` // those of its placement, of one that was moved
	Next    truce.IncidentID  `json:"next,omitzero"`    // the nearest other incident
	NextAt  int64             `json:"next_at,omitempty"`
	NextSum int64             `json:"next_sum,omitempty"` // over NextN claims; NextWhy adds up to it
	NextN   int64             `json:"next_n,omitempty"`
	NextWhy []Reason          `json:"next_why,omitempty"` // where the two may be one: for a person to look at
}

// Reason is one bar of the waterfall: MB and TF of all bars sum exactly to
// Link.Sum.
type Reason struct {
	K     string `json:"k"`
	Level string `json:"level,omitempty"`
	MB    int64  `json:"mb"`
	TF    int64  `json:"tf,omitempty"`
}

// write leaves the last value, the row's number, to the writer.
func (c Claim) write() (string, []any) {
	at := c.Ref.At
	if c.Reads > 0 {
		at = c.Replaced.At
	}
	return `INSERT INTO claim (ref, idx, at, rests, incident, marking, form, event, speaker, lineage, from_at, to_at, adm1, doc, reads, rowid)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (ref) DO UPDATE SET rests = $4, incident = $5, marking = $6, form = $7, event = $8, speaker = $9, lineage = $10,
			from_at = $11, to_at = $12, adm1 = $13, doc = $14`,
		[]any{c.Ref.String(), c.Index, int64(at), c.Rests, c.Incident.String(), string(c.Marking), string(c.Claim.Form), c.Claim.Event,
			c.Speaker, c.Lineage, int64(c.Claim.When.From), int64(c.Claim.When.To), string(Adm1(c.Claim.Place())), doc(c), c.Reads}
}

// NoClaim removes a claim's row: it was rejected, replaced or withdrawn.
type NoClaim struct{ Ref truce.ClaimRef }

func (n NoClaim) write() (string, []any) {
	return "DELETE FROM claim WHERE ref = $1", []any{n.Ref.String()}
}

// Adm1 returns the first-order unit that a place lies in: the ancestor that
// stands just inside the country, which is last; "" where it is not known.
func Adm1(w truce.Where) truce.PlaceID {
	switch n := len(w.Within); {
	case n >= 2:
		return w.Within[n-2]
	case n == 1:
		return w.Place
	}
	return ""
}

// The status of an incident in the counts; each incident has exactly one.
const (
	Confirmed = "confirmed" // a joint finding: violation, by all co-chairs
	Disputed  = "disputed"  // the offices decided apart, or could not decide
	Rejected  = "rejected"  // a joint finding: not a violation, or not confirmed
	Pending   = "pending"
	Outside   = "outside" // of the regime: by a joint finding, or under every reading
)

// Incident is a set of claims about one event, as one level of reader sees it.
type Incident struct {
	ID        truce.IncidentID       `json:"id"`
	Level     truce.Marking          `json:"level"` // the least level of reader that the row is for
	Upto      truce.Marking          `json:"upto"`  // and the widest: they see the same claims
	Index     int64                  `json:"index"` // of the anchor's statement
	Rests     int64                  `json:"rests"`
	Day       string                 `json:"day,omitempty"` // counting day of its beginning
	Event     string                 `json:"event"`
	Object    string                 `json:"object,omitempty"`
	When      truce.When             `json:"when,omitzero"`
	Where     truce.Where            `json:"where,omitzero"`
	Alleged   []Alleged              `json:"alleged,omitempty"` // who is said to have done it, by whom
	Targets   []truce.ActorID        `json:"targets,omitempty"`
	Claims    []truce.ClaimRef       `json:"claims"`
	Proposed  []truce.ClaimRef       `json:"proposed,omitempty"` // additions to a frozen incident
	Lineages  []string               `json:"lineages"`           // independent sources
	Tally     truce.Tally            `json:"tally,omitzero"`
	Finest    []Loose                `json:"finest,omitempty"`     // its toll if every provisional join were undone
	ClaimedBy map[truce.OfficeID]int `json:"claimed_by,omitempty"` // claims by each co-chair's side; "" is others
	Acts      []Judged               `json:"acts,omitempty"`       // one per alleged actor, with every reading's verdict
	Agree     bool                   `json:"agree"`                // all readings agree on every act
	Responses []Response             `json:"responses,omitempty"`
	Aliases   []truce.IncidentID     `json:"aliases,omitempty"`
	Case      int                    `json:"case,omitempty"` // number; 0: none
	CaseID    truce.StatementID      `json:"case_id,omitzero"`
	Status    string                 `json:"status"`
	StatusWhy string                 `json:"status_why,omitempty"` // finding, readings, or empty
	Frozen    bool                   `json:"frozen,omitempty"`
	Suggested []truce.ClaimRef       `json:"suggested,omitempty"` // claims elsewhere that may be of this incident
	MayBe     []int64                `json:"may_be,omitempty"`    // weight of each of them to this incident, millibits
	Conflicts []Conflict             `json:"conflicts,omitempty"` // decisions of people that contradict older ones and have no effect
}

// Loose is the range of one of the incidents that an incident would fall into
// if its provisional joins were undone.
type Loose struct {
	Kind truce.CasualtyKind `json:"kind"`
	truce.Losses
	At int64 `json:"at"` // weight, in millibits, of the provisional join that holds it, or truce.Firm
}

// Toll returns the range that stands for a kind in a total over incidents, with
// those of the finest partition; false if no claim states one.
func (i Incident) Toll(kind truce.CasualtyKind) (truce.Share, bool) {
	r, ok := i.Tally.Headline(kind)
	s := truce.Share{Range: r}
	for _, l := range i.Finest {
		if l.Kind == kind {
			s.Finest, s.Held = append(s.Finest, truce.Range{TollKey: r.TollKey, Losses: l.Losses}), append(s.Held, l.At)
		}
	}
	if len(s.Finest) == 0 {
		s.Finest = []truce.Range{r}
	}
	return s, ok
}

// Killed returns the range of people killed by the strike itself, the first
// that the claims state; false if none does.
func (i Incident) Killed() (truce.Range, bool) { return i.rangeOf(truce.Killed) }

// Wounded is as Killed.
func (i Incident) Wounded() (truce.Range, bool) { return i.rangeOf(truce.Wounded) }

func (i Incident) rangeOf(kind truce.CasualtyKind) (truce.Range, bool) {
	for _, scope := range []string{"strike", "building"} {
		for _, who := range []string{"people", "civilians"} {
			if r, ok := i.Tally.Of(kind, scope, who); ok {
				return r, true
			}
		}
	}
	for _, r := range i.Tally.Ranges {
		if r.Kind == kind && (r.Scope == "strike" || r.Scope == "building") && r.Who != "part" {
			return r, true
		}
	}
	return truce.Range{}, false
}

// Alleged is an actor that claims name, with who named it and who denies it.
type Alleged struct {
	Actor  truce.ActorID `json:"actor"`
	By     []string      `json:"by,omitempty"`     // speakers that allege it
	Denied []string      `json:"denied,omitempty"` // speakers that deny it
	Claims bool          `json:"claims,omitempty"` // it says so itself
}

// Judged is one alleged act with the verdict of each co-chair's reading, in the
// order of their founding.
type Judged struct {
	Act       truce.Act       `json:"act"`
	Verdicts  []truce.Verdict `json:"verdicts"`
	Agreement truce.Agreement `json:"agreement"`
}

// Conflict is a decision that contradicts older ones, and has no effect while
// they stand.
type Conflict struct {
	Decision truce.StatementID   `json:"decision"`
	Office   truce.OfficeID      `json:"office"`
	Against  []truce.StatementID `json:"against"`
}

// Response links an incident to another that it is claimed to answer, or to
// mirror.
type Response struct {
	Incident truce.IncidentID  `json:"incident"`
	Sort     string            `json:"sort"` // exchange, response
	BoundBy  truce.StatementID `json:"bound_by,omitzero"`
	By       []string          `json:"by,omitempty"`
}

func (i Incident) write() (string, []any) {
	agree := 0
	if i.Agree {
		agree = 1
	}
	var lon, lat int32
	if i.Where.Point != nil {
		lon, lat = i.Where.Point.Lon, i.Where.Point.Lat
	}
	killed := int32(-1)
	if r, ok := i.Killed(); ok {
		killed = r.High
	}
	return `INSERT OR REPLACE INTO incident (id, level, upto, idx, at, rests, day, from_at, adm1, event, status, agree, lon, lat, killed, case_no, doc)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		[]any{i.ID.String(), rank(i.Level), rank(i.Upto), i.Index, int64(i.ID.At), i.Rests, i.Day, int64(i.When.From), string(Adm1(i.Where)), i.Event,
			i.Status, agree, lon, lat, killed, i.Case, doc(i)}
}

// rank orders the levels of readers as the tables keep them.
func rank(m truce.Marking) int {
	switch m.Level() {
	case truce.Clear:
		return 0
	case truce.Green:
		return 1
	case truce.Amber:
	}
	return 2
}

// NoIncident removes an incident's row at one level.
type NoIncident struct {
	ID    truce.IncidentID
	Level truce.Marking
}

func (n NoIncident) write() (string, []any) {
	return "DELETE FROM incident WHERE id = $1 AND level = $2", []any{n.ID.String(), rank(n.Level)}
}

// Reassessed says that a statement changed the verdict on an older incident.
type Reassessed struct {
	Index    int64            `json:"index"`
	Incident truce.IncidentID `json:"incident"`
	Level    truce.Marking    `json:"-"`
	Upto     truce.Marking    `json:"-"`
	Office   truce.OfficeID   `json:"office"`
	Before   truce.Answer     `json:"before"`
	After    truce.Answer     `json:"after"`
}

func (r Reassessed) write() (string, []any) {
	return `INSERT OR REPLACE INTO reassessed (idx, incident, level, upto, office, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		[]any{r.Index, r.Incident.String(), rank(r.Level), rank(r.Upto), string(r.Office), string(r.Before), string(r.After)}
}

// Alias makes an incident's old name resolve for ever; New is zero where all
// its claims were retracted and a tombstone stays.
type Alias struct {
	Old, New truce.IncidentID
	Rests    int64
}

func (a Alias) write() (string, []any) {
	return "INSERT OR REPLACE INTO alias (old, new, rests) VALUES ($1, $2, $3)", []any{a.Old.String(), a.New.String(), a.Rests}
}

// NoAlias removes an alias: the incident stands again under its own name.
type NoAlias struct{ Old truce.IncidentID }

func (n NoAlias) write() (string, []any) {
	return "DELETE FROM alias WHERE old = $1", []any{n.Old.String()}
}

// Case is a docket case with its whole file.
type Case struct {
	Index int64
	ID    truce.StatementID
	Rests int64
	File  truce.CaseFile // whole in the table; View gives it as its reader may read it
}

func (c Case) write() (string, []any) {
	return `INSERT OR REPLACE INTO docket (idx, id, number, incident, state, rests, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		[]any{c.Index, c.ID.String(), c.File.Number, c.File.Incident.String(), string(c.File.State), c.Rests, doc(c.File)}
}

// House is who the centre is at this index: offices, procedure, method, policy.
type House struct {
	Origin    string          `json:"origin"`
	Regime    truce.RegimeID  `json:"regime"`
	Mode      truce.Mode      `json:"mode"`
	Name      []truce.Text    `json:"name"`
	About     []truce.Text    `json:"about"` // the regime's name
	Offices   []truce.Office  `json:"offices"`
	Procedure truce.Procedure `json:"procedure"`
	Method    truce.Method    `json:"method"`
	Policy    truce.Policy    `json:"policy"`
	Rests     int64           `json:"rests"`
}

func (h House) write() (string, []any) {
	return "INSERT OR REPLACE INTO house (one, rests, doc) VALUES (1, $1, $2)", []any{h.Rests, doc(h)}
}

// CoChairs returns the co-chairs' offices in the order of their founding.
func (h House) CoChairs() []truce.Office {
	var all []truce.Office
	for _, o := range h.Offices {
		if o.Role == truce.CoChair {
			all = append(all, o)
		}
	}
	return all
}

// Office returns an office by its id.
func (h House) Office(id truce.OfficeID) (truce.Office, bool) {
	for _, o := range h.Offices {
		if o.ID == id {
			return o, true
		}
	}
	return truce.Office{}, false
}

// words are what a claim is found by in the full text: its own, with tokens for
// its day and its unit.
func (c Claim) words() string {
	c = *c.Coarsened() // a search may not find what it does not show
	text := c.Quote + " " + c.Claim.Note + " " + c.Claim.Place().Name + " " + c.Speaker + " " + c.External + " " + c.Claim.Event
	if w := c.Claim.When; w.From != 0 {
		text += " d" + w.From.Time().Format("20060102")
	}
	if a := Adm1(c.Claim.Place()); a != "" {
		text += " a" + string(a)
	}
	return text
}
