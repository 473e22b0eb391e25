package truce

import "slices"

// Control says who held an area, as claimed.
type Control struct {
	Area      Area    `json:"area"`
	Actor     ActorID `json:"actor"`
	When      When    `json:"when,omitzero"`
	ClaimedBy string  `json:"claimed_by"`
	URL       string  `json:"url,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// Kind implements Body.
func (*Control) Kind() Kind { return "control" }

// Validate implements Body.
func (c *Control) Validate() error {
	if c.Area.IsZero() || c.Actor == "" || c.ClaimedBy == "" {
		return invalid("", "a control names area, actor and claimed_by")
	}
	if err := c.Area.Validate(); err != nil {
		return within("area", err)
	}
	return within("when", c.When.Validate())
}

// Crossing says whether a crossing was open, as claimed.
type Crossing struct {
	Place       Where    `json:"place"`
	State       string   `json:"state"` // open, closed, restricted
	Commodities []string `json:"commodities,omitempty"`
	When        When     `json:"when,omitzero"`
	ClaimedBy   string   `json:"claimed_by"`
	Note        string   `json:"note,omitempty"`
}

// Kind implements Body.
func (*Crossing) Kind() Kind { return "crossing" }

// Validate implements Body.
func (c *Crossing) Validate() error {
	if c.Place.Place == "" || c.ClaimedBy == "" || !slices.Contains([]string{"open", "closed", "restricted"}, c.State) {
		return invalid("state", "a crossing names place, claimed_by and open, closed or restricted")
	}
	return within("when", c.When.Validate())
}

// AccessRequest asks for the passage of a convoy.
type AccessRequest struct {
	ID    string   `json:"id"`
	To    Where    `json:"to"`
	From  *Where   `json:"from,omitempty"`
	When  When     `json:"when,omitzero"`
	Cargo []string `json:"cargo,omitempty"`
	Asked []string `json:"asked"` // of whom approval is asked
	Note  string   `json:"note,omitempty"`
}

// Kind implements Body.
func (*AccessRequest) Kind() Kind { return "request" }

// Validate implements Body.
func (r *AccessRequest) Validate() error {
	if r.ID == "" || r.To.Place == "" || len(r.Asked) == 0 {
		return invalid("id", "a request has id, to and whom it asks")
	}
	return within("when", r.When.Validate())
}

// AccessAnswer approves, in part or not, or refuses a request.
type AccessAnswer struct {
	Request    string   `json:"request"`
	By         string   `json:"by"`
	Answer     string   `json:"answer"` // approved, partly, denied
	Conditions []string `json:"conditions,omitempty"`
	Refused    []string `json:"refused,omitempty"` // items
	ClaimedBy  string   `json:"claimed_by,omitempty"`
}

// Kind implements Body.
func (*AccessAnswer) Kind() Kind { return "answer" }

// Validate implements Body.
func (a *AccessAnswer) Validate() error {
	if a.Request == "" || a.By == "" || !slices.Contains([]string{"approved", "partly", "denied"}, a.Answer) {
		return invalid("answer", "an answer names request, by and approved, partly or denied")
	}
	return nil
}

// Convoy is one thing that happened to a convoy.
type Convoy struct {
	Request   string   `json:"request"`
	State     string   `json:"state"` // loaded, departed, checkpoint, turned-back, items-removed, delivered, verified
	Where     *Where   `json:"where,omitempty"`
	When      When     `json:"when"`
	By        string   `json:"by,omitempty"` // who turned it back or removed items
	Items     []string `json:"items,omitempty"`
	ClaimedBy string   `json:"claimed_by"`
	Note      string   `json:"note,omitempty"`
}

// Kind implements Body.
func (*Convoy) Kind() Kind { return "convoy" }

// Validate implements Body.
func (c *Convoy) Validate() error {
	if c.Request == "" || c.ClaimedBy == "" || !slices.Contains([]string{"loaded", "departed", "checkpoint", "turned-back", "items-removed", "delivered", "verified"}, c.State) {
		return invalid("state", "a convoy's step names request, claimed_by and loaded, departed, checkpoint, turned-back, items-removed, delivered or verified")
	}
	return within("when", c.When.Validate())
}

// Corridor is an agreed way through.
type Corridor struct {
	ID   string `json:"id"`
	Area Area   `json:"area"`
	When When   `json:"when,omitzero"`
	Note string `json:"note,omitempty"`
}

// Kind implements Body.
func (*Corridor) Kind() Kind { return "corridor" }

// Validate implements Body.
func (c *Corridor) Validate() error {
	if c.ID == "" || c.Area.IsZero() {
		return invalid("id", "a corridor has an id and an area")
	}
	return within("area", c.Area.Validate())
}

// Window is an agreed time of passage.
type Window struct {
	Request string   `json:"request"`
	When    When     `json:"when"`
	Agreed  []string `json:"agreed"`
	Note    string   `json:"note,omitempty"`
}

// Kind implements Body.
func (*Window) Kind() Kind { return "window" }

// Validate implements Body.
func (w *Window) Validate() error {
	if w.Request == "" || w.When.From == 0 || w.When.To == 0 {
		return invalid("when", "a window names its request, a beginning and an end")
	}
	return within("when", w.When.Validate())
}

// Round is a round of talks.
type Round struct {
	ID    string `json:"id"`
	Name  []Text `json:"name"`
	Where Where  `json:"where,omitzero"`
	When  When   `json:"when"`
	URL   string `json:"url,omitempty"`
}

// Kind implements Body.
func (*Round) Kind() Kind { return "round" }

// Validate implements Body.
func (r *Round) Validate() error {
	if r.ID == "" {
		return invalid("id", "a round has an id")
	}
	if err := named(r.Name); err != nil {
		return err
	}
	return within("when", r.When.Validate())
}

// Session is one sitting of a round.
type Session struct {
	Round  string `json:"round"`
	When   When   `json:"when"`
	Format string `json:"format,omitempty"` // indirect, direct, plenary
	Note   string `json:"note,omitempty"`
}

// Kind implements Body.
func (*Session) Kind() Kind { return "session" }

// Validate implements Body.
func (s *Session) Validate() error {
	if s.Round == "" || s.When.From == 0 {
		return invalid("round", "a session names its round and its time")
	}
	return within("when", s.When.Validate())
}

// TalksStatement is what a delegation said or did about the talks; it may cite
// incidents and cases.
type TalksStatement struct {
	Round     string        `json:"round,omitempty"`
	Sort      string        `json:"sort"` // walkout, suspension, demand, acceptance, announcement, praise, concern
	By        string        `json:"by"`
	Text      []Text        `json:"text"`
	When      When          `json:"when"`
	Incidents []ClaimRef    `json:"incidents,omitempty"`
	Cases     []StatementID `json:"cases,omitempty"`
	Reports   []StatementID `json:"reports,omitempty"`
	URL       string        `json:"url,omitempty"`
}

// CitedAt is the last moment that the statement may speak of: of the time that
// it gives itself, else its receipt. What it cites stood as it did then.
func (t *TalksStatement) CitedAt(received Instant) Instant {
	if _, to := t.When.Bounds(); to != 0 {
		return to - 1
	}
	return received
}

// Kind implements Body.
func (*TalksStatement) Kind() Kind { return "talks-statement" }

// Validate implements Body.
func (t *TalksStatement) Validate() error {
	if t.By == "" || len(t.Text) == 0 || !slices.Contains([]string{"walkout", "suspension", "demand", "acceptance", "announcement", "praise", "concern"}, t.Sort) {
		return invalid("sort", "a talks statement has by, text, and a sort: walkout, suspension, demand, acceptance, announcement, praise or concern")
	}
	return within("when", t.When.Validate())
}

// Condition is what somebody makes the talks depend on.
type Condition struct {
	ID    string `json:"id"`
	By    string `json:"by"`
	Text  []Text `json:"text"`
	When  When   `json:"when,omitzero"`
	State string `json:"state,omitempty"` // open, met, dropped
}

// Kind implements Body.
func (*Condition) Kind() Kind { return "condition" }

// Validate implements Body.
func (c *Condition) Validate() error {
	if c.ID == "" || c.By == "" || len(c.Text) == 0 {
		return invalid("id", "a condition has id, by and text")
	}
	return within("when", c.When.Validate())
}

// Meeting is a meeting about the regime or the talks.
type Meeting struct {
	Who   []string `json:"who"`
	Where Where    `json:"where,omitzero"`
	When  When     `json:"when"`
	State string   `json:"state"` // planned, held, cancelled
	Text  []Text   `json:"text,omitempty"`
	URL   string   `json:"url,omitempty"`
}

// Kind implements Body.
func (*Meeting) Kind() Kind { return "meeting" }

// Validate implements Body.
func (m *Meeting) Validate() error {
	if len(m.Who) == 0 || !slices.Contains([]string{"planned", "held", "cancelled"}, m.State) {
		return invalid("state", "a meeting names who, and planned, held or cancelled")
	}
	return within("when", m.When.Validate())
}

// Edition is one format and language of a bulletin.
type Edition struct {
	Format string `json:"format"` // json, html, csv, geojson
	Lang   string `json:"lang"`
	Digest Digest `json:"digest"`
	Bytes  int64  `json:"bytes"`
}

// Bulletin records what was published about a day: the digests of its
// editions, which are kept as blobs and served for ever as recorded.
type Bulletin struct {
	Sort     string      `json:"sort"` // daily, reviewed, flash
	Day      string      `json:"day"`  // the counting day: 2016-05-05
	From     Instant     `json:"from"`
	To       Instant     `json:"to"`
	Size     int64       `json:"size"` // the picture is of this many entries
	Root     Digest      `json:"root"`
	Audience string      `json:"audience"`
	Editions []Edition   `json:"editions"`
	Errata   StatementID `json:"errata,omitzero"` // the bulletin that this one corrects
	Why      string      `json:"why,omitempty"`
}

// Kind implements Body.
func (*Bulletin) Kind() Kind { return "bulletin" }

// Validate implements Body.
func (b *Bulletin) Validate() error {
	if b.Day == "" || b.To <= b.From || len(b.Editions) == 0 {
		return invalid("day", "a bulletin has a day, a period and editions")
	}
	for _, e := range b.Editions {
		if e.Digest.IsZero() || e.Format == "pdf" {
			return invalid("editions", "each edition has a digest, and a PDF is never digested")
		}
	}
	return nil
}

// Release lets an audience read what was marked for fewer.
type Release struct {
	Of      StatementID `json:"of"`
	Marking Marking     `json:"marking"`
	Coarsen string      `json:"coarsen,omitempty"` // exact, 1km, district, governorate; no release gives more than a district and a day unless it is exact
	Why     string      `json:"why,omitempty"`
}

// Kind implements Body.
func (*Release) Kind() Kind { return "release" }

// Validate implements Body.
func (r *Release) Validate() error {
	if r.Of.IsZero() || r.Marking == "" {
		return invalid("of", "a release names the statement and the new marking")
	}
	return within("marking", r.Marking.Validate())
}
